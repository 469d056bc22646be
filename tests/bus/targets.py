"""A running daemon with fake disks and a fake target stack, and the words of org.bams.Iscsi."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bamsd.core.names import target_path
from bamsd.errors import BamsError
from tests.bus.disks import Disks, connected, prepare
from tests.bus.stack import LIMIT_S, Client, Stack, until
from tests.fakes.disks_lvm import MIB
from tests.fakes.lio_kernel import LioKernel
from tests.fakes.scst_kernel import LoginRefused, ScstKernel
from tests.fakes.tree_fs import mounted

ISCSI = "/org/bams/Iscsi"
A, B = "iqn.2026-01.org.example:a", "iqn.2026-01.org.example:b"
HOST, OTHER = "iqn.1993-08.org.debian:01:host", "iqn.1993-08.org.debian:01:other"


class Interrupter:
    """Calls something when the kernel is about to be changed for the n-th time."""

    def __init__(self) -> None:
        self._left = 0
        self._then: Callable[[], None] = lambda: None
        self.fired = False

    def at(self, count: int, then: Callable[[], None]) -> None:
        self._left, self._then, self.fired = count, then, False

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            self.fired = True
            self._then()


class Scst:
    """A fake SCST, and what initiators and other administrators do with it."""

    name = "scst"
    place = "kernel/scst_tgt"
    boot_file = "scst.conf"

    def __init__(self, backing: dict[str, int] | None = None) -> None:
        """``backing``: the block devices that there are, with their sizes; else a test fills it."""
        self.backing: dict[str, int] = {} if backing is None else backing
        self.kernel = ScstKernel(self.backing)
        self.reached = Interrupter()

    @property
    def touches(self) -> int:
        return len(self.kernel.touched)

    def iqns(self) -> list[str]:
        return self.kernel.iqns()

    def log_in(self, iqn: str, initiator: str, user: str = "", secret: str = "") -> bool:
        """Whether it is let in."""
        try:
            self.kernel.login(iqn, initiator, user=user, secret=secret, portal="192.0.2.10")
        except LoginRefused:
            return False
        return True

    def log_out(self, iqn: str, initiator: str) -> None:
        self.kernel.logout(next(s for s in self.kernel.live if (s.iqn, s.initiator) == (iqn, initiator)))

    def is_in(self, iqn: str, initiator: str) -> bool:
        return any((s.iqn, s.initiator) == (iqn, initiator) for s in self.kernel.live)

    def sees(self, iqn: str, initiator: str) -> list[int]:
        """The LUNs of a live session."""
        return self.kernel.luns_of(next(s for s in self.kernel.live if (s.iqn, s.initiator) == (iqn, initiator)))

    def let_in(self, iqn: str, initiator: str) -> None:
        self.kernel.write(f"targets/iscsi/{iqn}/ini_groups/default/initiators/mgmt", f"add {initiator}")

    def make_by_hand(self, iqn: str, device: str, initiator: str) -> None:
        """A target with the device as LUN 3."""
        self.kernel.write("handlers/vdisk_blockio/mgmt", f"add_device byhand filename={device}")
        self.kernel.write("targets/iscsi/mgmt", f"add_target {iqn}")
        self.kernel.write(f"targets/iscsi/{iqn}/ini_groups/mgmt", "create hosts")
        self.kernel.write(f"targets/iscsi/{iqn}/ini_groups/hosts/initiators/mgmt", f"add {initiator}")
        self.kernel.write(f"targets/iscsi/{iqn}/ini_groups/hosts/luns/mgmt", "add byhand 3")
        self.kernel.write(f"targets/iscsi/{iqn}/rel_tgt_id", "9")
        self.kernel.write(f"targets/iscsi/{iqn}/enabled", "1")
        self.kernel.write("targets/iscsi/enabled", "1")

    def snapshot(self, iqn: str) -> str:
        return self.kernel.snapshot(f"targets/iscsi/{iqn}")

    def forget_everything(self) -> None:
        """As when iscsi-scstd ended and was started again."""
        self.kernel.kill_daemon()
        self.kernel.start_daemon()


class Lio:
    """A fake LIO, and what initiators and other administrators do with it."""

    name = "lio"
    place = "kernel/config/target"
    boot_file = "rtslib-fb-target/saveconfig.json"

    def __init__(self, backing: dict[str, int] | None = None) -> None:
        """``backing``: the block devices that there are, with their sizes; else a test fills it."""
        self.backing: dict[str, int] = {} if backing is None else backing
        self.kernel = LioKernel(self.backing)
        self.reached = Interrupter()

    @property
    def touches(self) -> int:
        return len(self.kernel.touched)

    def iqns(self) -> list[str]:
        return [name for name in self.kernel.list("iscsi") if ":" in name] if "iscsi" in self.kernel.list("") else []

    def log_in(self, iqn: str, initiator: str, user: str = "", secret: str = "") -> bool:
        return self.kernel.log_in(iqn, initiator, user, secret)

    def log_out(self, iqn: str, initiator: str) -> None:
        self.kernel.log_out(iqn, initiator)

    def is_in(self, iqn: str, initiator: str) -> bool:
        return self.kernel.is_logged_in(iqn, initiator)

    def sees(self, iqn: str, initiator: str) -> list[int]:
        names = self.kernel.list(f"iscsi/{iqn}/tpgt_1/acls/{initiator}")
        return sorted(int(name.removeprefix("lun_")) for name in names if name.startswith("lun_"))

    def let_in(self, iqn: str, initiator: str) -> None:
        self.kernel.make_folder(f"iscsi/{iqn}/tpgt_1/acls/{initiator}")

    def make_by_hand(self, iqn: str, device: str, initiator: str) -> None:
        """A target with the device as LUN 3."""
        kernel, group = self.kernel, f"iscsi/{iqn}/tpgt_1"
        kernel.make_folder("core/iblock_77")
        kernel.make_folder("core/iblock_77/byhand")
        kernel.write("core/iblock_77/byhand/control", f"udev_path={device}")
        kernel.write("core/iblock_77/byhand/udev_path", device)
        kernel.write("core/iblock_77/byhand/wwn/vpd_unit_serial", "b4bf7380-c191-4336-a943-601a09ebbd95")
        kernel.write("core/iblock_77/byhand/enable", "1")
        if "iscsi" not in kernel.list(""):
            kernel.make_folder("iscsi")
        for folder in (f"iscsi/{iqn}", group, f"{group}/lun/lun_3", f"{group}/acls/{initiator}"):
            kernel.make_folder(folder)
        kernel.write(f"{group}/attrib/authentication", "0")
        kernel.make_link(f"{group}/lun/lun_3/byhand", "core/iblock_77/byhand")
        kernel.make_folder(f"{group}/acls/{initiator}/lun_3")
        kernel.make_link(f"{group}/acls/{initiator}/lun_3/lun", f"{group}/lun/lun_3")
        kernel.make_folder(f"{group}/np/0.0.0.0:3260")
        kernel.write(f"{group}/enable", "1")

    def snapshot(self, iqn: str) -> str:
        return repr(sorted(self._below(f"iscsi/{iqn}")))

    def _below(self, path: str) -> Iterator[tuple[str, str]]:
        for name in self.kernel.list(path):
            inner = f"{path}/{name}"
            if self.kernel.is_folder(inner):
                yield from self._below(inner)
                continue
            try:
                yield inner, self.kernel.read(inner)
            except OSError:
                yield inner, ""

    def forget_everything(self) -> None:
        """As when its modules were loaded again."""
        fresh = LioKernel(self.backing)
        self.kernel.__dict__.update(fresh.__dict__)


Side = Scst | Lio
SIDES: tuple[type[Scst] | type[Lio], ...] = (Scst, Lio)


@contextmanager
def kernel_of(stack: Stack, side: Side) -> Iterator[None]:
    """Disks, and a target stack where sysfs or configfs shows it. It outlives the daemon, as a kernel does."""
    prepare(stack)
    with shown(stack, side):
        yield


@contextmanager
def shown(stack: Stack, side: Side) -> Iterator[None]:
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("there is no FUSE here, which shows the daemon a fake kernel")
    with mounted(side.kernel, stack.directory / "sys" / side.place, side.reached):
        yield


class Targets:
    """org.bams.Iscsi as a client sees it."""

    def __init__(self, disks: Disks, side: Side) -> None:
        self.disks, self.side = disks, side
        self.stack: Stack = disks.stack
        self.client: Client = disks.client

    async def job(self, member: str, signature: str, *words: Any, **options: Any) -> dict[str, Any]:
        """Call a changing method and wait for its end; the properties of the job."""
        answer = await self.client.call(ISCSI, f"org.bams.Iscsi.{member}", f"{signature}a{{sv}}", *words, options)
        return await self.client.job(answer[0] if isinstance(answer, list) else answer)

    async def done(self, member: str, signature: str, *words: Any, **options: Any) -> dict[str, Any]:
        job = await self.job(member, signature, *words, **options)
        assert job["State"] == "succeeded", job
        result: dict[str, Any] = job["Result"]
        return result

    async def refused(self, member: str, signature: str, *words: Any, **options: Any) -> BamsError:
        given = {"wait": True} | options
        return await self.client.fails(ISCSI, f"org.bams.Iscsi.{member}", f"{signature}a{{sv}}", *words, given)

    async def plan(self, member: str, signature: str, *words: Any, **options: Any) -> list[dict[str, Any]]:
        job = await self.job(member, signature, *words, dry_run=True, **options)
        assert job["State"] == "planned"
        plan: list[dict[str, Any]] = job["Result"]["plan"]
        return plan

    async def target(self, iqn: str) -> dict[str, Any]:
        return await self.client.get(target_path(iqn), "org.bams.Iscsi.Target")

    async def state(self, iqn: str) -> str:
        return str((await self.target(iqn))["State"])

    async def targets(self) -> set[str]:
        found = (await self.client.objects()).values()
        return {o["org.bams.Iscsi.Target"]["Iqn"] for o in found if "org.bams.Iscsi.Target" in o}

    async def drift(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.client.call(ISCSI, "org.bams.Iscsi.GetDrift")
        return found

    async def sessions(self, iqn: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.client.call(ISCSI, "org.bams.Iscsi.ListSessions", "s", iqn)
        return found

    async def repository(self, name: str, pool: str = "vg0", size: int = 64 * MIB) -> str:
        """Make a repository that the kernel can open; its device."""
        await self.disks.create(name, pool, size)
        device = str((await self.disks.repository(pool, name))["Device"])
        self.side.backing[device] = size
        return device

    async def alerts(self) -> dict[str, str]:
        return {id: text for id, text in (await self.disks.alerts()).items() if id.startswith("iscsi-")}

    async def until_alert(self, id: str) -> None:
        """At a start the target stack is told first; its alert follows, when it is on the disk."""
        async with asyncio.timeout(LIMIT_S):
            while id not in await self.alerts():
                await asyncio.sleep(0.02)


async def ready(stack: Stack, side: Side) -> Targets:
    """Start the daemon and wait until it has looked at the target stack."""
    await stack.daemon()
    disks = await connected(stack)
    for client in [disks.client]:
        await until_ready(client)
    return Targets(disks, side)


async def until_ready(client: Client) -> None:
    for _ in range(1000):
        if (await client.get(ISCSI, "org.bams.Iscsi"))["BackendText"] != "It was not read yet.":
            return
        await until(lambda: True, "a turn of the loop")
    raise AssertionError("bamsd did not look at the target stack")
