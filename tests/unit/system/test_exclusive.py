"""The exclusive open: answers, errors, and a device that hangs."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from bamsd.errors import TimedOut, ToolFailed
from bamsd.system import open_exclusively
from bamsd.system.exclusive import is_exclusive
from bamsd.system.run import still_running


async def test_nobody_has_it(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    assert not await is_exclusive(str(file))
    assert not await is_exclusive(str(tmp_path / "none"))


async def test_what_cannot_be_opened_is_not_taken_for_free(tmp_path: Path) -> None:
    os.symlink("loop", tmp_path / "loop")
    with pytest.raises(ToolFailed, match=r"loop cannot be opened: Too many levels of symbolic links\.$"):
        await is_exclusive(str(tmp_path / "loop"))


async def test_what_does_not_answer_is_left_behind_and_not_asked_again(tmp_path: Path) -> None:
    device = str(tmp_path / "a")
    with pytest.raises(TimedOut, match=f"^{device} did not answer within 0 s"):
        await is_exclusive(device, timeout_s=0)
    (line,) = still_running()
    assert line.endswith(f"open_exclusively.py {device}")
    with pytest.raises(TimedOut, match=f"^{device} still has not answered"):
        await is_exclusive(device)
    async with asyncio.timeout(60):
        while still_running():
            await asyncio.sleep(0.01)
    assert not await is_exclusive(device)


def test_the_program_says_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, flags: int) -> int:
        assert flags & os.O_EXCL
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(os, "open", refuse)
    assert open_exclusively.main("/dev/sda") == open_exclusively.BUSY
