"""A fake host for the tests of the disk area."""

from pathlib import Path

import pytest

from tests.fakes.host import FakeHost


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """Its programs are on PATH of this process."""
    found = FakeHost(tmp_path)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found
