"""A running daemon on fake disks, LVM and ZFS, and the words of org.bams.Disk."""

import asyncio
import time
from typing import Any, Literal

from bamsd.core.names import pool_path, repository_path
from bamsd.errors import BamsError
from tests.bus.stack import LIMIT_S, Client, Stack
from tests.fakes.disks_lvm import GIB, FakeLvm
from tests.fakes.host import FakeHost
from tests.fakes.zfs_pools import FakeZfs

DISK = "/org/bams/Disk"
MANAGER = "org.bams.Manager"
POOLS = ("vg0", "vg0/tp0", "tank")


def stack_of(pool: str) -> Literal["lvm", "zfs"]:
    return "zfs" if pool == "tank" else "lvm"


def volume_of(pool: str, name: str) -> str:
    return f"{pool.split('/')[0]}/{name}"


class Disks:
    """The fakes, and org.bams.Disk as a client sees it."""

    def __init__(self, stack: Stack, client: Client) -> None:
        self.stack, self.client = stack, client
        self.host: FakeHost = stack.host
        self.lvm: FakeLvm = stack.lvm
        self.zfs: FakeZfs = stack.zfs

    async def job(self, member: str, signature: str, *words: Any, **options: Any) -> dict[str, Any]:
        """Call a changing method and wait for its end; the properties of the job."""
        path = await self.client.call(DISK, f"org.bams.Disk.{member}", f"{signature}a{{sv}}", *words, options)
        return await self.client.job(path)

    async def done(self, member: str, signature: str, *words: Any, **options: Any) -> dict[str, Any]:
        job = await self.job(member, signature, *words, **options)
        assert job["State"] == "succeeded", job
        result: dict[str, Any] = job["Result"]
        return result

    async def refused(self, member: str, signature: str, *words: Any, **options: Any) -> BamsError:
        given = {"wait": True} | options
        return await self.client.fails(DISK, f"org.bams.Disk.{member}", f"{signature}a{{sv}}", *words, given)

    async def create(self, name: str, pool: str, size: int = GIB, **options: Any) -> dict[str, Any]:
        return await self.done("CreateRepository", "sst", name, pool, size, **options)

    async def repository(self, pool: str, name: str) -> dict[str, Any]:
        path = repository_path(stack_of(pool), volume_of(pool, name))
        return await self.client.get(path, "org.bams.Disk.Repository")

    async def pool(self, name: str) -> dict[str, Any]:
        return await self.client.get(pool_path(stack_of(name), name), "org.bams.Disk.Pool")

    async def repositories(self) -> dict[str, dict[str, Any]]:
        """Every repository and foreign volume by its Name."""
        found = [o["org.bams.Disk.Repository"] for o in (await self.client.objects()).values() if _is_one(o)]
        return {repository["Name"]: repository for repository in found}

    async def knows(self, *names: str) -> None:
        """Wait until these pools are seen."""
        deadline = time.monotonic() + LIMIT_S
        while not set(names) <= await self._pools():
            assert time.monotonic() < deadline, self.stack.log.read_text()
            await asyncio.sleep(0.02)

    async def _pools(self) -> set[str]:
        objects = (await self.client.objects()).values()
        return {o["org.bams.Disk.Pool"]["Name"] for o in objects if "org.bams.Disk.Pool" in o}

    async def alerts(self) -> dict[str, str]:
        found = await self.client.get("/org/bams", MANAGER)
        return {alert["id"]: alert["summary"] for alert in found["Alerts"]}

    async def refresh(self) -> None:
        """Have everything read again. What the answer came after, an alert of it included, stands."""
        await self.client.call(DISK, "org.bams.Disk.Refresh", "a{sv}", {})

    async def until_alerts(self, *kinds: str) -> None:
        """Look again until exactly these kinds of alerts stand.

        An object is told first and its alert follows, when it is on the disk; so nobody who has only seen the
        object may ask for the alert at once.
        """
        deadline = time.monotonic() + LIMIT_S
        while {id.partition("/")[0] for id in await self.alerts()} != set(kinds):
            assert time.monotonic() < deadline, await self.alerts()
            await self.refresh()

    def volumes(self) -> set[str]:
        """What the fakes really have."""
        lvm = {f"vg0/{name}" for name in self.lvm.volumes("vg0")}
        return lvm - {"vg0/tp0"} | set(self.zfs.datasets("tank"))


def _is_one(interfaces: dict[str, Any]) -> bool:
    return "org.bams.Disk.Repository" in interfaces


def prepare(stack: Stack) -> None:
    """A volume group with a thin pool, a zpool, and two empty disks."""
    directory = stack.directory
    stack.config["paths"] |= {name: str(directory / name) for name in ("proc", "etc", "units", "var_lib")}
    stack.config["disk"] = {"mount_root": str(directory / "srv"), "mount_owner": "root"}
    (directory / "etc").mkdir(exist_ok=True)
    stack.lvm.add_group("vg0", sizes=(100 * GIB,))
    stack.lvm.add_thin_pool("vg0", "tp0", 20 * GIB)
    stack.zfs.add_pool("tank", devices={"/dev/disk/by-id/fake-tank": 100 * GIB})
    for name in ("vdb", "vdc"):
        stack.host.add_disk(name, 10 * GIB, serial=f"S{name}")
        stack.lvm.add_device(str(stack.host.dev / name), 10 * GIB)


async def connected(stack: Stack) -> Disks:
    client = await stack.client()
    await client.listen()
    disks = Disks(stack, client)
    await disks.knows("vg0", "tank")
    return disks


async def started(stack: Stack) -> Disks:
    prepare(stack)
    await stack.daemon()
    return await connected(stack)
