"""Questions to the kernel that are answered, that fail, and that hang."""

import asyncio
import threading

import pytest

from bamsd.errors import TimedOut, ToolFailed
from bamsd.system.patience import Patience


async def test_an_answer() -> None:
    assert await Patience(10).call("/dev/a", lambda: 7) == 7


async def test_a_failure_is_the_callers() -> None:
    def fail() -> None:
        raise ToolFailed("no")

    with pytest.raises(ToolFailed, match="no"):
        await Patience(10).call("/dev/a", fail)


async def test_what_hangs_is_left_behind_and_not_asked_again() -> None:
    gate = threading.Event()
    patience = Patience(0.05)
    with pytest.raises(TimedOut, match=r"^/dev/a did not answer within 0\.05 s"):
        await patience.call("/dev/a", gate.wait)
    with pytest.raises(TimedOut, match=r"^/dev/a still has not answered"):
        await patience.call("/dev/a", lambda: 1)
    assert await patience.call("/dev/b", lambda: 2) == 2
    gate.set()
    async with asyncio.timeout(20):
        while True:
            try:
                assert await patience.call("/dev/a", lambda: 3) == 3
            except TimedOut:
                await asyncio.sleep(0.01)
            else:
                break
