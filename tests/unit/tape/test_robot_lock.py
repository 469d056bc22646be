"""One robot at a time: the lock that BAMS and Bacula's mtx-changer share."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bamsd.errors import Busy
from bamsd.system.run import run
from bamsd.tape import robot_lock


@contextmanager
def locked(device: Path) -> Iterator[None]:
    """As flock(1) before mtx-changer does."""
    fd = os.open(device, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(fd)


@pytest.fixture
def changer(tmp_path: Path) -> Path:
    device = tmp_path / "sg3"
    device.touch()
    return device


async def test_a_robot_that_bacula_moves_is_not_moved(changer: Path) -> None:
    with locked(changer), pytest.raises(Busy, match=r"robot of library lib .* mtx-changer"):
        async with robot_lock.held(str(changer), "lib", wait_s=0):
            raise AssertionError("moved at once")
    async with robot_lock.held(str(changer), "lib", wait_s=0) as lock:
        assert len(lock) == 1
        with pytest.raises(BlockingIOError), locked(changer):
            pass


async def test_it_waits_for_the_end(changer: Path) -> None:
    async def move() -> str:
        async with robot_lock.held(str(changer), "lib", wait_s=30):
            return "moved"

    with locked(changer):
        waiting = asyncio.create_task(move())
        await asyncio.sleep(0)
        assert not waiting.done()
    assert await waiting == "moved"


async def test_the_lock_lasts_as_long_as_the_program_that_moves(changer: Path, tmp_path: Path) -> None:
    """bamsd may be gone before mtx is."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    async with robot_lock.held(str(changer), "lib") as lock:
        task = asyncio.create_task(run(["cat", str(gate)], timeout_s=30, keep_open=lock))
        writer = await asyncio.to_thread(os.open, gate, os.O_WRONLY)  # returns when cat has opened the other end
    with pytest.raises(BlockingIOError), locked(changer):
        pass
    os.close(writer)
    await task
    with locked(changer):
        pass


async def test_a_device_that_is_gone_is_left_to_the_program_and_not_made(tmp_path: Path) -> None:
    async with robot_lock.held(str(tmp_path / "sg9"), "lib") as lock:
        assert lock == ()
    assert not (tmp_path / "sg9").exists()
