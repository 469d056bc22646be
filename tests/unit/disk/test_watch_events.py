"""Which events of udev lead to a reading, and of what."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bamsd.disk.models import Member, Reading
from bamsd.disk.watch import DiskWatch
from tests.unit.disk.pictures import THICK, VG
from tests.unit.disk.test_books import Host

ON_VDB = Reading((replace(VG, members=(Member("/dev/vdb", 1, "online"),)),), (THICK,))
VDB, DM = "/devices/pci0000:00/0000:00:02.0/virtio1/block/vdb", "/devices/virtual/block/dm-3"


class Counted(Host):
    """Counts the readings of each stack; one of LVM can be held up."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.read: dict[str, int] = {"lvm": 0, "zfs": 0}
        self.answers["lvm"] = ON_VDB
        self.lvm_gate = asyncio.Event()
        self.lvm_gate.set()
        self.told = asyncio.Event()

    async def lvm(self) -> Reading:
        self._count("lvm")
        await self.lvm_gate.wait()
        return await super().lvm()

    async def zfs(self) -> Reading:
        self._count("zfs")
        return await super().zfs()

    def _count(self, stack: str) -> None:
        self.read[stack] += 1
        self.told.set()

    async def until(self, **read: int) -> None:
        """Wait until so many readings were begun."""
        async with asyncio.timeout(10):
            while self.read != read:
                self.told.clear()
                await self.told.wait()


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Counted]:
    host = Counted(tmp_path)
    await host.open()
    await host.books.observe_all()
    yield host
    await host.store.close()


@pytest.fixture
async def watch(host: Counted) -> AsyncIterator[DiskWatch]:
    watch = DiskWatch(host.books, 3600, settle_s=0, hold_off_s=3600)
    await watch.start()
    yield watch
    await watch.stop()


async def test_a_disk_may_be_of_either_stack(host: Counted, watch: DiskWatch) -> None:
    watch.noticed("add", VDB)
    await host.until(lvm=2, zfs=2)


async def test_what_lvm_writes_to_its_own_disk_is_no_news_of_zfs(host: Counted, watch: DiskWatch) -> None:
    watch.noticed("change", VDB)
    await host.until(lvm=2, zfs=1)
    watch.noticed("change", VDB.replace("vdb", "vdc"))
    await host.until(lvm=3, zfs=2)


async def test_a_disk_that_lvm_gave_up_may_be_of_zfs(host: Counted, watch: DiskWatch) -> None:
    host.answers["lvm"] = Reading()
    watch.noticed("change", VDB)
    await host.until(lvm=2, zfs=2)


async def test_events_wait_for_the_change_that_makes_them(host: Counted, watch: DiskWatch) -> None:
    """The change reads the stack at its end, so that nothing else need."""
    with host.books.changing("lvm"):
        watch.noticed("add", VDB)
        await host.until(lvm=1, zfs=2)
        await host.books.observe("lvm")
    watch.noticed("add", "/devices/virtual/block/zd0")
    await host.until(lvm=2, zfs=3)


async def test_an_event_after_the_last_reading_began_is_read(host: Counted, watch: DiskWatch) -> None:
    with host.books.changing("lvm"), host.books.changing("lvm"):
        await host.books.observe("lvm")
        watch.noticed("change", DM)
    await host.until(lvm=3, zfs=1)


async def test_a_long_change_holds_no_event_up(host: Counted) -> None:
    watch = DiskWatch(host.books, 3600, settle_s=0, hold_off_s=0.01)
    await watch.start()
    with host.books.changing("lvm"):
        watch.noticed("change", DM)
        await host.until(lvm=2, zfs=1)
    await watch.stop()


async def test_events_during_a_reading_lead_to_one_more(host: Counted) -> None:
    """Both wait for the reading that runs; one reading serves both."""
    host.lvm_gate.clear()
    first = asyncio.create_task(host.books.observe("lvm"))
    await host.until(lvm=2, zfs=1)
    now = time.monotonic()
    later = [asyncio.create_task(host.books.catch_up("lvm", now, 0)) for _ in range(3)]
    host.lvm_gate.set()
    await asyncio.gather(first, *later)
    assert host.read["lvm"] == 3
