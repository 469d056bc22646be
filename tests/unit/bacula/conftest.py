import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.storage_daemon import FakeStorageDaemon


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[FakeStorageDaemon]:
    """A storage daemon that knows the monitor "mon" with the password "secret" and one tape drive."""
    state = tmp_path / "bacula.json"
    drive = {"Name": "drive-0", "ArchiveDevice": "/dev/nst0", "MediaType": "LTO-8"}
    known = {"version": "15.0.3 (25 March 2025)", "active": True, "running": [], "ended": [], "now": {}}
    known |= {"directors": [{"Name": "mon", "Password": "secret", "Monitor": True}], "devices": [drive]}
    state.write_text(json.dumps(known | {"autochangers": [{"Name": "lib", "Device": ["drive-0"]}]}))
    found = FakeStorageDaemon(state)
    await found.start()
    yield found
    await found.stop()
