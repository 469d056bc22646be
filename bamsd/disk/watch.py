"""What keeps the picture of pools and volumes current: udev events, and a slow poll."""

import asyncio
import time
from collections.abc import Mapping

from bamsd.core.rounds import forever
from bamsd.disk.books import Books
from bamsd.disk.models import Reading, Stack
from bamsd.disk.views import STACKS
from bamsd.system.udev import UdevWatch

EMPTY_ROUNDS = 10
SETTLE_S = 0.3
"""One change makes several events, one after the other."""


class DiskWatch:
    def __init__(self, books: Books, poll_interval_s: float) -> None:
        self._books = books
        self.poll_interval_s = poll_interval_s
        self._round = 0
        self._changed: dict[Stack, float] = {}
        self._event = asyncio.Event()
        self._udev = UdevWatch(("block",), self._noticed)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._udev.start()
        self._tasks = [asyncio.create_task(forever(task)) for task in (self._follow, self._poll)]

    async def stop(self) -> None:
        self._udev.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _noticed(self, action: str, device: str) -> None:
        for stack in stacks_of(device):
            self._changed[stack] = time.monotonic()
        self._event.set()

    async def _follow(self) -> None:
        await self._event.wait()
        while self._event.is_set():
            self._event.clear()
            await asyncio.sleep(SETTLE_S)
        changed, self._changed = self._changed, {}
        # What a change of our own has read since needs no second look.
        news = [stack for stack, at in changed.items() if self._books.read_at.get(stack, 0.0) < at]
        await asyncio.gather(*(self._books.observe(stack) for stack in news))

    async def _poll(self) -> None:
        await asyncio.sleep(self.poll_interval_s)
        self._round += 1
        stacks = due(self._books.picture.readings, self._round)
        await asyncio.gather(*(self._books.observe(stack) for stack in stacks))


def due(readings: Mapping[Stack, Reading], number: int) -> tuple[Stack, ...]:
    """Which stacks to look at in poll ``number``, from 1.

    A stack without any pool costs as much to read as another one, and a first pool comes with udev events. So it is
    looked at in every tenth poll only.
    """

    def is_empty(stack: Stack) -> bool:
        reading = readings.get(stack)
        return reading is not None and not reading.pools and not reading.problems

    return tuple(stack for stack in STACKS if not is_empty(stack) or number % EMPTY_ROUNDS == 0)


def stacks_of(device: str) -> tuple[Stack, ...]:
    """Whose volumes an event of a device can be about: dm-N is of LVM, zdN of ZFS, a disk may be of either."""
    name = device.rpartition("/")[2]
    if name.startswith("dm-"):
        return ("lvm",)
    if name.startswith("zd"):
        return ("zfs",)
    return () if name.startswith(("loop", "ram", "sr", "fd")) else ("lvm", "zfs")
