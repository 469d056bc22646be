from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bus.stack import Stack, running


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """A private bus with a polkit that says yes. The daemon is started by the test."""
    async with running(tmp_path) as found:
        found.start_polkit()
        yield found
