"""What keeps the picture of pools and volumes current: udev events, and a slow poll."""

import asyncio
import time
from collections.abc import Mapping

from bamsd.core.rounds import Rounds
from bamsd.disk.books import Books
from bamsd.disk.models import Reading, Stack
from bamsd.disk.views import STACKS
from bamsd.system.udev import UdevWatch

EMPTY_ROUNDS = 10
SETTLE_S = 0.3
"""One change makes several events, one after the other."""
HOLD_OFF_S = 1.0
"""How long events wait for the end of a change of ours. It reads the stack then, and holds LVM's lock until then."""


class DiskWatch:
    def __init__(
        self, books: Books, poll_interval_s: float, *, settle_s: float = SETTLE_S, hold_off_s: float = HOLD_OFF_S
    ) -> None:
        self._books = books
        self.poll_interval_s = poll_interval_s
        self._round = 0
        self._settle_s = settle_s
        self._hold_off_s = hold_off_s
        self._changed: dict[Stack, float] = {}
        self._written: set[str] = set()
        """Disks of LVM that were written to."""
        self._event = asyncio.Event()
        self._udev = UdevWatch(("block",), self.noticed)
        self._rounds = Rounds(self._follow, self._poll)

    async def start(self) -> None:
        self._udev.start()
        self._rounds.start()

    async def stop(self) -> None:
        self._udev.stop()
        await self._rounds.stop()

    def noticed(self, action: str, device: str) -> None:
        """Take up an event of udev: what happened to which device, a path below /sys."""
        for stack in self._stacks_of(action, device):
            self._changed[stack] = time.monotonic()
        self._event.set()

    def _stacks_of(self, action: str, device: str) -> tuple[Stack, ...]:
        """LVM writes to its disks at each change, which is no reason to ask ZFS."""
        path = f"/dev/{device.rpartition('/')[2]}"
        if action == "change" and path in self._lvm_members():
            self._written.add(path)
            return ("lvm",)
        return stacks_of(device)

    def _lvm_members(self) -> set[str]:
        lvm = self._books.picture.readings.get("lvm", Reading())
        return {member.path for pool in lvm.pools for member in pool.members}

    async def _follow(self) -> None:
        await self._event.wait()
        while self._event.is_set():
            self._event.clear()
            await asyncio.sleep(self._settle_s)
        changed, self._changed = self._changed, {}
        written, self._written = self._written, set()
        await asyncio.gather(*(self._books.catch_up(stack, at, self._hold_off_s) for stack, at in changed.items()))
        if written - self._lvm_members():  # LVM gave it up, and ZFS may have it now
            await self._books.catch_up("zfs", max(changed.values()), self._hold_off_s)

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
