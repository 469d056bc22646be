"""kill -9 of bamsd in the middle of every step of every change of a disk: the next start tells the truth about it.

A step is cut short in three ways (MOMENTS). Changes of different pools are cut short together, as they are independent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bamsd.disk.lvm_marks import POOL_TAG
from tests.bus.crash_world import MOMENTS, POOLS, THICK, THIN, ZFS, Words, World, filesystem
from tests.bus.disks import stack_of
from tests.bus.stack import Stack
from tests.fakes.disks_lvm import GIB
from tests.fakes.tape_robot import locked

pytestmark = pytest.mark.slow


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
    "finish, mount": Cut(one_word("FinishRepository"), ("systemctl enable",), "mount", "mount", FILES, "format-left"),
}


async def leave_format(world: World, names: list[tuple[str, str]]) -> None:
    """Repositories whose file system could not be made."""
    for pool, name in names:
        world.stack.host.fail_next(f"mkfs.{filesystem(pool)}", "Input/output error\n")
        job = await world.disks.job("CreateRepository", "sst", name, pool, GIB, **create_files(pool, name)[3])
        assert job["State"] == "failed"


Cell = tuple[str, str, str]
"""Pool, name of the repository, moment."""


def rounds(cut: Cut, number: int) -> list[list[Cell]]:
    """What is cut short together. File systems take long, so each of their pools sees one moment, in turns."""
    if len(cut.pools) == 2 and cut.given != "snapshot":
        return [[(pool, f"cell{at}", MOMENTS[(number + at) % 2]) for at, pool in enumerate(cut.pools)]]
    found = [[(pool, f"cell{n}{at}", MOMENTS[n]) for at, pool in enumerate(cut.pools)] for n in range(2)]
    done = [(pool, f"cell2{at}", MOMENTS[2]) for at, pool in enumerate(cut.pools) if stack_of(pool) == "lvm"]
    return [*found, done] if cut.call is create else found


def hanging(cut: Cut, pool: str) -> str:
    """The command for this pool: the first is for LVM and xfs, the last for ZFS and ext4."""
    return cut.hangs_in[0 if stack_of(pool) == "lvm" else -1]


@pytest.mark.parametrize("name", CUTS)
async def test_killed_in_a_change_of_a_repository(stack: Stack, name: str) -> None:
    world, cut = World(stack), CUTS[name]
    all_rounds = rounds(cut, list(CUTS).index(name))
    every = [(pool, name) for cells in all_rounds for pool, name, _ in cells]
    for pool, repository in every if not cut.given.endswith("-left") else ():
        world.give(pool, repository, cut.given)
    await world.start()
    if cut.given == "format-left":
        await leave_format(world, every)
    for cells in all_rounds:
        changes = [(cut.call(pool, repository), hanging(cut, pool), moment) for pool, repository, moment in cells]
        jobs = await world.cut(changes)
        await world.invariants()
        for at, (job, (words, _, moment)) in enumerate(zip(jobs, changes, strict=True)):
            await world.check(job, cut.fails if moment == MOMENTS[1] else cut.works, words, finish=at == 0)
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
        jobs = await world.cut([(one, command, moment) for one, command in zip(words, hangs_in, strict=True)])
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
