"""One robot, several programs: who moves a tape holds a lock on the changer's device node (flock(2)).

The configuration that BAMS generates for Bacula puts flock(1) before mtx-changer, on the same node, so the two never
move at once. A program that knows nothing of the lock, such as mtx by hand, is not held up by it.
"""

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import AsyncIterator

from bamsd.errors import Busy

WAIT_S = 120.0
"""mtx-changer holds the lock for one move or one question; a large robot needs some two minutes for a move."""
POLL_S = 0.25


@contextlib.asynccontextmanager
async def held(device: str, library: str, *, wait_s: float | None = None) -> AsyncIterator[tuple[int, ...]]:
    """Hold the robot. Yields the descriptor to be left open for the program that moves it, which keeps the lock for as
    long as it lives, also when bamsd is gone before it.

    Nothing is locked when the device cannot be opened: the program that is about to use it says why. Raises Busy.
    """
    fd = await asyncio.to_thread(_open, device)
    if fd is None:
        yield ()
        return
    try:
        await _lock(fd, library, WAIT_S if wait_s is None else wait_s)
        yield (fd,)
    finally:
        os.close(fd)


def _open(device: str) -> int | None:
    try:
        return os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return None


async def _lock(fd: int, library: str, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Busy(
                    f"Another program moves the robot of library {library} and has not finished within {wait_s:g} s; "
                    "most likely it is Bacula's mtx-changer. Try again when it has."
                ) from None
            await asyncio.sleep(POLL_S)
        else:
            return
