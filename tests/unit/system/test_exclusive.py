"""The exclusive open: answers, errors, and a device that hangs."""

import asyncio
import errno
import logging
import os
from pathlib import Path

import pytest

from bamsd.errors import TimedOut, ToolFailed
from bamsd.system import open_exclusively
from bamsd.system import run as runner
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


async def test_what_does_not_answer_is_left_behind_and_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "TERM_GRACE_S", 0.0)
    monkeypatch.setattr(runner, "KILL_GRACE_S", 0.0)
    monkeypatch.setattr(os, "killpg", lambda pid, number: None)  # as while it waits in the kernel
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


async def test_a_question_whose_asker_is_gone_is_stopped_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """So it is when the daemon ends while it looks at a device."""
    task = asyncio.create_task(is_exclusive(str(tmp_path / "a"), timeout_s=1000))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert still_running() == ()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_the_program_says_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, flags: int) -> int:
        assert flags & os.O_EXCL
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(os, "open", refuse)
    assert open_exclusively.main("/dev/sda") == open_exclusively.BUSY
