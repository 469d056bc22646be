"""kill -9 of bamsd in the middle of every step of every change of a disk: the next start tells the truth about it.

A step is cut short in three ways (MOMENTS). Each test does so on all its pools at once, because they are independent.
"""

import json
import os
import signal
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bamsd.disk.lvm_marks import POOL_TAG, snapshot_tag, tags_of
from bamsd.disk.models import Filesystem, Mark
from bamsd.disk.mount_unit import unit_name, unit_text
from bamsd.disk.views import device_path
from tests.bus.disks import DISK, Disks, connected, stack_of
from tests.bus.stack import Stack, until
from tests.fakes.disks_lvm import GIB, MIB
from tests.fakes.tape_robot import locked

THICK, THIN, ZFS = POOLS = ("vg0", "vg1/tp0", "tank")
MOMENTS = ("its program goes on", "its program is killed too", "its program had done its work")
"""The last one is for lvm, which waits for udev when all is done."""

Words = tuple[str, str, tuple[Any, ...], dict[str, Any]]
"""Method, signature, arguments, options."""


@dataclass(frozen=True)
class Cut:
    """A change and the command it hangs in; what it comes to when that command works, and when it does not.

    ``done`` and ``undone``: the new state and the old one. Else what is left over, or a part of the job's sentence.
    """

    call: Callable[[str, str], Words]
    hangs_in: tuple[str, ...]
    works: str = "done"
    fails: str = "undone"
    pools: tuple[str, ...] = POOLS
    given: str = "nothing"
    """What there is before: nothing, block, snapshot, made (a file system), mounted, mount-left, format-left."""


def create(pool: str, name: str) -> Words:
    return "CreateRepository", "sst", (name, pool, GIB), {}


def create_files(pool: str, name: str) -> Words:
    return "CreateRepository", "sst", (name, pool, GIB), {"use": "filesystem", "filesystem": filesystem(pool)}


def resize(_pool: str, name: str) -> Words:
    return "ResizeRepository", "st", (name, 2 * GIB), {}


def delete(_pool: str, name: str) -> Words:
    return "DeleteRepository", "s", (name,), {"confirm": name}


def snapshot(_pool: str, name: str) -> Words:
    return "CreateSnapshot", "ss", (name, "new"), {}


def delete_snapshot(_pool: str, name: str) -> Words:
    return "DeleteSnapshot", "ss", (name, "old"), {"confirm": "old"}


def rollback(_pool: str, name: str) -> Words:
    return "RollbackSnapshot", "ss", (name, "old"), {"confirm": name}


def one_word(method: str) -> Callable[[str, str], Words]:
    return lambda _pool, name: (method, "s", (name,), {})


VOLUME = ("lvm lvcreate", "zfs create -o")
FILES = (THICK, ZFS)

# systemctl, which nobody must spare, dies of its lost standard error before it mounts.
CUTS = {
    "create": Cut(create, VOLUME),
    "resize": Cut(resize, ("lvm lvextend", "zfs set"), given="block"),
    "delete": Cut(delete, ("lvm lvremove", "zfs program"), given="block"),
    "snapshot": Cut(snapshot, ("lvm lvcreate", "zfs snapshot"), given="block"),
    "delete-snapshot": Cut(delete_snapshot, ("lvm lvremove", "zfs program"), given="snapshot"),
    "rollback-lvm": Cut(rollback, ("lvm lvconvert",), pools=(THICK, THIN), given="snapshot"),
    "rollback-zfs": Cut(
        rollback, ("zfs rollback",), "roll it back again", "roll it back again", pools=(ZFS,), given="snapshot"
    ),
    "create-files, volume": Cut(create_files, VOLUME, "format", "undone", FILES),
    "create-files, mkfs": Cut(create_files, ("mkfs.xfs", "mkfs.ext4"), "format", "format", FILES),
    "create-files, mount": Cut(create_files, ("systemctl enable",), "mount", "mount", (THIN, ZFS)),
    "resize-files, volume": Cut(resize, ("lvm lvextend", "zfs set"), "grow", "undone", FILES, "mounted"),
    "resize-files, grow": Cut(resize, ("xfs_growfs", "resize2fs"), "grow", "grow", FILES, "mounted"),
    "delete-files, unit": Cut(delete, ("systemctl disable",), "mount", "mount", FILES, "made"),
    "delete-files, volume": Cut(delete, ("lvm lvremove", "zfs program"), "done", "mount", FILES, "made"),
    "mount": Cut(one_word("MountRepository"), ("systemctl enable",), "undone", "undone", FILES, "made"),
    "unmount": Cut(
        one_word("UnmountRepository"), ("systemctl stop",), "unmount it once more", "undone", FILES, "mounted"
    ),
    "finish, mount": Cut(one_word("FinishRepository"), ("systemctl enable",), "format", "format", FILES, "format-left"),
}


def filesystem(pool: str) -> Filesystem:
    return "ext4" if pool == ZFS else "xfs"


def group_of(pool: str) -> str:
    return pool.partition("/")[0]


class World:
    """The fakes, what stands on them, and a bamsd that is killed again and again."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        stack.config["paths"] |= {name: str(stack.directory / name) for name in ("proc", "etc", "units")}
        stack.config["disk"] = {"mount_root": str(stack.directory / "srv"), "mount_owner": "root"}
        (stack.directory / "etc").mkdir(exist_ok=True)
        stack.lvm.add_group("vg0", sizes=(100 * GIB,))
        stack.lvm.add_group("vg1", sizes=(100 * GIB,))
        stack.lvm.add_thin_pool("vg1", "tp0", 50 * GIB)
        stack.zfs.add_pool("tank", devices={"/dev/disk/by-id/fake-tank": 100 * GIB})
        self.disks: Disks

    async def start(self) -> None:
        self.process = await self.stack.daemon()
        self.disks = await connected(self.stack)

    # What there is before

    def give(self, pool: str, name: str, given: str) -> None:
        if given == "nothing":
            return
        files = given in ("made", "mounted")
        mark = Mark(str(uuid.uuid4()), *(("filesystem", filesystem(pool)) if files else ("block", "")))
        self._volume(pool, name, mark)
        if given == "snapshot":
            self._snapshot(pool, name, mark.repository)
        if files:
            self._files(pool, name, mark.repository, mounted=given == "mounted")

    def _volume(self, pool: str, name: str, mark: Mark) -> None:
        if pool == ZFS:
            marks = {"repository": mark.repository, "use": mark.use, "filesystem": mark.filesystem}
            self.stack.zfs.add_volume(f"tank/{name}", GIB, **marks)  # type: ignore[arg-type]
        else:
            thin = pool.partition("/")[2]
            self.stack.lvm.add_volume(group_of(pool), name, GIB, tags=tags_of(mark), pool=thin)

    def _snapshot(self, pool: str, name: str, repository: str) -> None:
        if pool == ZFS:
            self.stack.zfs.add_snapshot(f"tank/{name}@old", repository=repository)
        else:
            tags = [snapshot_tag(repository)]
            self.stack.lvm.add_snapshot(group_of(pool), name, f"{name}.old", 100 * MIB, tags=tags)

    def _files(self, pool: str, name: str, repository: str, *, mounted: bool) -> None:
        device, point = self.device(pool, name), f"{self.stack.directory}/srv/{name}"
        self.stack.host.set_signature(device, filesystem(pool), repository)
        unit = self.stack.host.units / unit_name(point)
        unit.write_text(unit_text(device, point, filesystem(pool), f"BAMS repository {name}"))
        if mounted:
            Path(point).mkdir(parents=True)
            self.stack.host.mount(device, point, filesystem(pool))

    def device(self, pool: str, name: str) -> str:
        return device_path(self.stack.host.dev, stack_of(pool), f"{group_of(pool)}/{name}")

    # Hanging and killing

    def hang(self, command: str, *, done: bool) -> Any:
        program, _, rest = command.partition(" ")
        if program == "lvm":
            return self.stack.lvm.hang_next(rest, done=done)
        return (self.stack.zfs if program in ("zfs", "zpool") else self.stack.host).hang_next(command)

    def to_hang(self) -> int:
        """How many programs have not come to their hanging yet."""
        directory = self.stack.directory
        states = (("lvm", "hangs"), ("zfs", "scripted"), ("host", "failures"))
        return sum(len(json.loads((directory / f"{name}.json").read_text())[key]) for name, key in states)

    def kill_programs(self) -> None:
        for log in self.stack.directory.glob("*.json.calls"):
            for line in log.read_text().splitlines():
                pid = json.loads(line)["pid"]
                with suppress(OSError):
                    if str(self.stack.directory).encode() in Path(f"/proc/{pid}/environ").read_bytes():
                        os.kill(pid, signal.SIGKILL)

    async def cut(self, hangs_in: tuple[str, ...], calls: list[Words], moment: str) -> list[dict[str, Any]]:
        """Begin the changes, kill bamsd while each hangs, start it again: the jobs as it ended them."""
        done = moment == MOMENTS[2]
        gates = [self.hang(command, done=done) for command in hangs_in]
        paths = []
        for member, signature, words, options in calls:
            full = f"org.bams.Disk.{member}"
            paths.append(await self.disks.client.call(DISK, full, f"{signature}a{{sv}}", *words, options))
        await until(lambda: not self.to_hang(), f"{hangs_in} hang")
        self.process.kill()
        self.process.wait()
        if moment != MOMENTS[0]:
            self.kill_programs()
        await self.start()
        if moment == MOMENTS[0]:
            states = [(await self.disks.client.get(path, "org.bams.Job"))["State"] for path in paths]
            assert set(states) == {"running"}, "the end of a job waits for its program"
            for gate in gates:
                gate.open()
        return [await self.disks.client.job(path) for path in paths]

    # What must hold

    async def invariants(self) -> None:
        disks = self.disks
        repositories, alerts = await disks.repositories(), await disks.alerts()
        volumes = self.marks()
        owned = {r["Uuid"]: r for r in repositories.values() if r["Owned"]}
        for one in owned.values():
            if one["State"] == "ready":
                assert one["Uuid"] in volumes.values(), f"{one['Name']} is said to be ready without a volume"
            leftover = f"disk-leftover/{one['Uuid']}"
            assert (one["State"] == "incomplete") == (leftover in alerts), one
            assert one["Name"] in alerts.get(leftover, one["Name"])
        for volume, mark in volumes.items():
            assert mark in owned or f"disk-copy/{mark}" in alerts, f"{volume} carries our mark and is unknown"
        assert not [id for id in alerts if id.startswith(("disk-unsettled/", "disk-missing/"))]
        manager = disks.client
        assert (await manager.call("/org/bams", "org.bams.Manager.VerifyAudit"))[0] is True
        entries, _ = await manager.call("/org/bams", "org.bams.Manager.ListAudit", "a{sv}", {})
        ends = {entry["job"]: entry["outcome"] for entry in entries if entry["method"] == "org.bams.Job"}
        for path, interfaces in (await manager.objects()).items():
            if job := interfaces.get("org.bams.Job"):
                wanted = "done" if job["State"] == "succeeded" else "failed"
                assert ends[int(path.rpartition("/")[2])] == wanted, job

    def marks(self) -> dict[str, str]:
        """Volume to mark, of every volume that carries one, by what the fakes really have."""
        found: dict[str, str] = {}
        for group in ("vg0", "vg1"):
            for name in self.stack.lvm.volumes(group):
                tags = self.stack.lvm.volume(group, name)["tags"]
                found |= {f"{group}/{name}": t.removeprefix("bams.repo.") for t in tags if t.startswith("bams.repo.")}
        for name, dataset in self.stack.zfs.datasets("tank").items():
            if "org.bams:repo" in dataset["properties"]:
                found[name] = dataset["properties"]["org.bams:repo"][0]
        return found

    async def is_new(self, method: str, name: str) -> bool:
        """Whether the change happened, as its kind shows it."""
        one = (await self.disks.repositories()).get(name)
        if method in ("CreateRepository", "DeleteRepository"):
            return (one is not None) == (method == "CreateRepository")
        assert one is not None, name
        shown = {
            "ResizeRepository": one["Size"] == 2 * GIB,
            "CreateSnapshot": "new" in [s["name"] for s in one["Snapshots"]],
            "DeleteSnapshot": not one["Snapshots"],
            "RollbackSnapshot": not one["Snapshots"],
            "MountRepository": one["Mounted"],
            "UnmountRepository": not one["Mounted"],
            "FinishRepository": one["State"] == "ready",
        }
        return bool(shown[method])

    async def check(self, job: dict[str, Any], end: str, words: Words, pool: str, *, finish: bool) -> None:
        method, _, (name, *_), _ = words
        if end == "done":
            assert job["State"] == "succeeded", job
            assert await self.is_new(method, name), job
            return
        assert (job["State"], job["Error"][0]) == ("failed", "org.bams.Error.OutOfSync"), job
        assert "bamsd ended while it tried to" in job["Error"][1]
        if end == "undone":
            assert not await self.is_new(method, name), job
        elif end in ("format", "mount", "grow"):
            await self.settle(name, end, finish=finish)
        else:
            assert end in job["Error"][1]
            await self.disks.done(method, *words[1:2], *words[2], **words[3])

    async def settle(self, name: str, leftover: str, *, finish: bool) -> None:
        """What is left over is finished, or taken back."""
        one = (await self.disks.repositories())[name]
        said = {"format": "not made", "mount": "not set up to be mounted", "grow": "did not grow"}
        assert (one["State"], said[leftover] in one["StateText"]) == ("incomplete", True), one
        if finish:
            await self.disks.done("FinishRepository", "s", name)
            one = (await self.disks.repositories())[name]
            assert (one["State"], one["Mounted"]) == ("ready", True)
            assert self.disks.host.filesystem(one["Device"])["uuid"] == one["Uuid"]
        else:
            if one["Mounted"]:
                await self.disks.done("UnmountRepository", "s", name)
            await self.disks.done("DeleteRepository", "s", name, confirm=name)
            assert name not in await self.disks.repositories()
            assert one["Uuid"] not in self.marks().values()


async def leave_format(world: World, names: list[tuple[str, str]]) -> None:
    """Repositories whose file system could not be made."""
    for pool, name in names:
        world.stack.host.fail_next(f"mkfs.{filesystem(pool)}", "Input/output error\n")
        job = await world.disks.job("CreateRepository", "sst", name, pool, GIB, **create_files(pool, name)[3])
        assert job["State"] == "failed"


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())
async def test_killed_in_a_change_of_a_repository(stack: Stack, cut: Cut) -> None:
    world = World(stack)
    moments = MOMENTS if cut is CUTS["create"] else MOMENTS[:2]
    pools_of = {moment: cut.pools if moment != MOMENTS[2] else cut.pools[:2] for moment in moments}
    cells = {
        moment: [(pool, f"r{at}-{n}") for n, pool in enumerate(pools_of[moment])] for at, moment in enumerate(moments)
    }
    every = [cell for moment in moments for cell in cells[moment]]
    for pool, name in every:
        if not cut.given.endswith("-left"):
            world.give(pool, name, cut.given)
    await world.start()
    if cut.given == "format-left":
        await leave_format(world, every)
    for at, moment in enumerate(moments):
        here = cells[moment]
        calls = [cut.call(pool, name) for pool, name in here]
        hangs = [command for command in cut.hangs_in if moment != MOMENTS[2] or command.startswith("lvm")]
        # One command for each pool; two pools of one stack hang in the same one.
        hangs_in = tuple(hangs[0] if len(hangs) == 1 or stack_of(pool) == "lvm" else hangs[1] for pool, _ in here)
        jobs = await world.cut(hangs_in, calls, moment)
        await world.invariants()
        end = cut.fails if moment == MOMENTS[1] else cut.works
        for job, words, (pool, _name) in zip(jobs, calls, here, strict=True):
            await world.check(job, end, words, pool, finish=at == 0)
        await world.invariants()


def owned_pools(world: World) -> None:
    """Empty pools of ours, to be grown and removed, and empty disks."""
    stack = world.stack
    for name in ("vdb", "vdc", "vdd", "vde"):
        stack.host.add_disk(name, 10 * GIB, serial=f"S{name}")
        stack.lvm.add_device(str(stack.host.dev / name), 10 * GIB)
    for at in range(2):
        stack.lvm.add_group(f"ours{at}", sizes=(10 * GIB,))
        stack.lvm.set_group(f"ours{at}", tags=[POOL_TAG])
        stack.lvm.add_thin_pool(f"vg{at}", f"thin{at}", GIB)
        stack.lvm.set(f"vg{at}", f"thin{at}", tags=[POOL_TAG])
        stack.zfs.add_pool(f"zours{at}", devices={f"/dev/disk/by-id/fake-z{at}": 10 * GIB})
        with locked(str(stack.zfs.state)) as state:
            state["pools"][f"zours{at}"]["properties"] = {"org.bams:pool": ["bams", "local"]}


POOL_CUTS: dict[str, tuple[tuple[str, ...], Callable[[int, str], list[Words]]]] = {
    "create": (
        ("lvm vgcreate", "lvm lvcreate"),
        lambda n, disk: [
            ("CreatePool", "ssas", (f"vgnew{n}", "lvm", [disk]), {}),
            ("CreatePool", "ssas", (f"vg{n}/tpnew", "lvm-thin", []), {"size": GIB}),
        ],
    ),
    "create-zfs": (("zpool create",), lambda n, disk: [("CreatePool", "ssas", (f"znew{n}", "zfs", [disk]), {})]),
    "extend": (
        ("lvm vgextend", "lvm lvextend"),
        lambda n, disk: [
            ("ExtendPool", "sas", (f"ours{n}", [disk]), {}),
            ("ExtendPool", "sas", (f"vg{n}/thin{n}", []), {"size": 2 * GIB}),
        ],
    ),
    "extend-zfs": (("zpool add",), lambda n, disk: [("ExtendPool", "sas", (f"zours{n}", [disk]), {})]),
    "delete": (
        ("lvm vgremove", "lvm lvremove", "zpool destroy"),
        lambda n, _disk: [
            ("DeletePool", "s", (name,), {"confirm": name}) for name in (f"ours{n}", f"vg{n}/thin{n}", f"zours{n}")
        ],
    ),
    "delete, labels": (
        ("lvm pvremove",),
        lambda n, _disk: [("DeletePool", "s", (f"ours{n}",), {"confirm": f"ours{n}"})],
    ),
}


@pytest.mark.parametrize("step", POOL_CUTS)
async def test_killed_in_a_change_of_a_pool(stack: Stack, step: str) -> None:
    world = World(stack)
    owned_pools(world)
    await world.start()
    hangs_in, calls = POOL_CUTS[step]
    for at, moment in enumerate(MOMENTS[:2]):
        words = calls(at, str(stack.host.dev / ("vdb", "vdc")[at]))
        jobs = await world.cut(hangs_in, words, moment)
        await world.invariants()
        for job, (method, _, (name, *_), _) in zip(jobs, words, strict=True):
            done = moment == MOMENTS[0] or step == "delete, labels"
            assert job["State"] == ("succeeded" if done else "failed"), job
            if step == "delete, labels":
                assert "LVM's label may still be on /dev/disk" in job["Result"]["warning"]
            found = await pools(world)
            if method == "ExtendPool":
                grown = len(found[name]["Devices"]) == 2 or found[name]["Size"] == 2 * GIB
                assert grown == done, found[name]
            else:
                assert (name in found) == (done == (method == "CreatePool"))


async def pools(world: World) -> dict[str, dict[str, Any]]:
    objects = (await world.disks.client.objects()).values()
    found = [o["org.bams.Disk.Pool"] for o in objects if "org.bams.Disk.Pool" in o]
    return {pool["Name"]: pool for pool in found}
