from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bamsd.core.store import Store


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(tmp_path / "bams" / "bams.db")
    await store.open()
    yield store
    await store.close()
