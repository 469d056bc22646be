"""org.bams.Disk of the shipped daemon on fake LVM, ZFS and disks."""

import asyncio
import contextlib
from typing import Any

import pytest

from bamsd.core.names import repository_path
from bamsd.errors import (
    AlreadyExists,
    Busy,
    InUse,
    InvalidArgument,
    NotAuthorized,
    NotFound,
    NotReady,
    NotSupported,
    OutOfSpace,
)
from tests.bus.disks import DISK, POOLS, connected, prepare, stack_of, started, volume_of
from tests.bus.stack import Stack
from tests.fakes.disks_lvm import GIB, MIB
from tests.unit.disk.test_rules import HOSTILE

EACH = pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool.replace("/", "-"))


@EACH
async def test_the_life_of_a_repository(stack: Stack, pool: str) -> None:
    disks = await started(stack)
    result = await disks.create("life", pool)
    assert result["repository"] == repository_path(stack_of(pool), volume_of(pool, "life"))
    made = await disks.repository(pool, "life")
    assert (made["Owned"], made["State"], made["Size"], made["Use"]) == (True, "ready", GIB, "block")
    await disks.done("ResizeRepository", "st", "life", 2 * GIB)
    assert (await disks.repository(pool, "life"))["Size"] == 2 * GIB
    await disks.done("CreateSnapshot", "ss", "life", "monday")
    [snapshot] = (await disks.repository(pool, "life"))["Snapshots"]
    assert (snapshot["name"], snapshot["owned"], snapshot["valid"]) == ("monday", True, True)
    assert isinstance(await disks.refused("DeleteRepository", "s", "life", confirm="life"), InUse)
    await disks.done("RollbackSnapshot", "ss", "life", "monday", confirm="life")
    if pool == "tank":
        await disks.done("DeleteSnapshot", "ss", "life", "monday", confirm="monday")
    await disks.done("DeleteRepository", "s", "life", confirm="life")
    assert disks.volumes() == set()
    assert await disks.repositories() == {}
    assert await disks.alerts() == {}


@EACH
async def test_signals_tell_of_a_change_before_its_reply(stack: Stack, pool: str) -> None:
    disks = await started(stack)
    path = repository_path(stack_of(pool), volume_of(pool, "told"))
    await disks.client.call(DISK, "org.bams.Disk.CreateRepository", "ssta{sv}", "told", pool, GIB, {"wait": True})
    added = [m for m in disks.client.seen if m.member == "InterfacesAdded" and m.body[0] == path]
    assert len(added) == 1
    replies = [m for m in disks.client.seen if m.message_type.name == "METHOD_RETURN"]
    assert disks.client.seen.index(added[0]) < disks.client.seen.index(replies[-1])
    await disks.client.call(DISK, "org.bams.Disk.DeleteRepository", "sa{sv}", "told", {"confirm": "told", "wait": True})
    assert [s[1][0] for s in disks.client.signals("InterfacesRemoved")] == [path]
    changed = [body for where, body in disks.client.signals("PropertiesChanged") if where == path]
    assert not [body for body in changed if body[1].get("State") == "missing"]


@EACH
@pytest.mark.parametrize("kind", ["xfs", "ext4"])
async def test_a_file_system_is_made_mounted_grown_and_taken_away(stack: Stack, pool: str, kind: str) -> None:
    disks = await started(stack)
    await disks.create("files", pool, use="filesystem", filesystem=kind)
    made = await disks.repository(pool, "files")
    point = str(stack.directory / "srv" / "files")
    assert (made["Filesystem"], made["MountPoint"], made["Mounted"]) == (kind, point, True)
    assert point in disks.host.mounts()
    assert disks.host.filesystem(made["Device"])["uuid"] == made["Uuid"]
    await disks.done("ResizeRepository", "st", "files", 2 * GIB)
    assert ["xfs_growfs", "-d", point] in disks.host.calls() or ["resize2fs", made["Device"]] in disks.host.calls()
    held = await disks.refused("DeleteRepository", "s", "files", confirm="files")
    assert isinstance(held, InUse)
    assert "call UnmountRepository" in held.message
    await disks.done("UnmountRepository", "s", "files")
    assert not (await disks.repository(pool, "files"))["Mounted"]
    not_mounted = await disks.refused("ResizeRepository", "st", "files", 3 * GIB)
    assert isinstance(not_mounted, NotReady)
    await disks.done("MountRepository", "s", "files")
    await disks.done("UnmountRepository", "s", "files")
    await disks.done("DeleteRepository", "s", "files", confirm="files")
    assert list(disks.host.units.glob("*.mount")) == []
    assert disks.volumes() == set()


@EACH
async def test_a_dry_run_shows_what_would_run_and_changes_nothing(stack: Stack, pool: str) -> None:
    disks = await started(stack)
    job = await disks.job("CreateRepository", "sst", "dry", pool, GIB, use="filesystem", dry_run=True)
    assert job["State"] == "planned"
    plan = job["Result"]["plan"]
    assert [step["effect"] for step in plan] == ["safe"] * len(plan)
    assert "dry" in plan[0]["command"]
    assert disks.volumes() == set()
    await disks.create("kept", pool)
    job = await disks.job("DeleteRepository", "s", "kept", confirm="kept", dry_run=True)
    assert [step["effect"] for step in job["Result"]["plan"]] == ["destroy"]
    assert disks.volumes() == {volume_of(pool, "kept")}


async def test_hostile_names_are_refused_and_no_program_sees_them(stack: Stack) -> None:
    disks = await started(stack)
    lvm, zfs = len(disks.lvm.calls("lvcreate")), len(disks.zfs.calls("zfs create -o"))
    for name in (name for name in HOSTILE if "\0" not in name):
        for pool in POOLS:
            assert isinstance(await disks.refused("CreateRepository", "sst", name, pool, GIB), InvalidArgument), name
        assert isinstance(await disks.refused("CreateRepository", "sst", "good", name, GIB), NotFound), name
        assert isinstance(await disks.refused("CreateSnapshot", "ss", "x", name), InvalidArgument), name
        assert isinstance(await disks.refused("DeleteRepository", "s", name, confirm=name), NotFound), name
    assert (len(disks.lvm.calls("lvcreate")), len(disks.zfs.calls("zfs create -o"))) == (lvm, zfs)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"use": "tape"}, "'use'"),
        ({"filesystem": "ntfs"}, "'filesystem'"),
        ({"force": True}, "no option 'force'"),
        ({"sparse": 1}, "'sparse'"),
        ({"sparse": True}, "ZFS"),
        ({"filesystem": "xfs"}, "use 'filesystem'"),
    ],
)
async def test_wrong_options_are_refused_by_name(stack: Stack, options: dict[str, Any], said: str) -> None:
    disks = await started(stack)
    refusal = await disks.refused("CreateRepository", "sst", "x", "vg0", GIB, **options)
    assert isinstance(refusal, InvalidArgument)
    assert said in refusal.message
    assert disks.volumes() == set()


async def test_nobody_changes_or_destroys_without_permission(stack: Stack) -> None:
    disks = await started(stack)
    await disks.create("kept", "vg0")
    stack.polkit(disk_destroy="no")
    for member, signature, words in (
        ("DeleteRepository", "s", ("kept",)),
        ("RollbackSnapshot", "ss", ("kept", "monday")),
        ("DeleteSnapshot", "ss", ("kept", "monday")),
        ("DeletePool", "s", ("vg0",)),
    ):
        assert isinstance(await disks.refused(member, signature, *words, confirm=words[-1]), NotAuthorized), member
    await disks.create("other", "vg0")
    stack.polkit(disk_manage="no")
    assert isinstance(await disks.refused("CreateRepository", "sst", "x", "vg0", GIB), NotAuthorized)
    assert disks.volumes() == {"vg0/kept", "vg0/other"}


async def test_a_strangers_volume_is_shown_and_never_changed(stack: Stack) -> None:
    prepare(stack)
    stack.lvm.add_volume("vg0", "theirs", GIB)
    await stack.daemon()
    disks = await connected(stack)
    assert (await disks.repositories())["vg0/theirs"]["Owned"] is False
    for member, signature, words in (
        ("DeleteRepository", "s", ("vg0/theirs",)),
        ("ResizeRepository", "st", ("vg0/theirs", 2 * GIB)),
        ("CreateSnapshot", "ss", ("vg0/theirs", "monday")),
        ("UnmountRepository", "s", ("vg0/theirs",)),
    ):
        refusal = await disks.refused(
            member, signature, *words, **({"confirm": "vg0/theirs"} if "Del" in member else {})
        )
        assert "not made by BAMS" in refusal.message, member
    assert disks.volumes() == {"vg0/theirs"}


async def test_a_pool_is_made_from_empty_disks_and_given_back(stack: Stack) -> None:
    disks = await started(stack)
    found = {d["path"]: d for d in await disks.client.call(DISK, "org.bams.Disk.ListCandidates", "a{sv}", {})}
    vdb, vdc = (str(disks.host.dev / name) for name in ("vdb", "vdc"))
    assert (found[vdb]["candidate"], found[vdb]["serial"]) == (True, "Svdb")
    await disks.done("CreatePool", "ssas", "vg1", "lvm", [vdb])
    assert (await disks.pool("vg1"))["Owned"]
    again = await disks.refused("CreatePool", "ssas", "vg2", "lvm", [vdb])
    assert isinstance(again, InUse)
    assert "vg1" in again.message
    await disks.done("ExtendPool", "sas", "vg1", [found[vdc]["id"]])
    assert len((await disks.pool("vg1"))["Devices"]) == 2
    await disks.done("DeletePool", "s", "vg1", confirm="vg1")
    assert disks.lvm.group("vg1") is None
    not_ours = await disks.refused("DeletePool", "s", "tank", confirm="tank")
    assert isinstance(not_ours, InvalidArgument)


async def test_an_old_signature_goes_only_with_consent(stack: Stack) -> None:
    disks = await started(stack)
    vdb = str(disks.host.dev / "vdb")
    disks.host.set_signature(vdb, "ext4")
    refusal = await disks.refused("CreatePool", "ssas", "vg1", "lvm", [vdb])
    assert "holds ext4" in refusal.message
    assert disks.host.signatures(vdb) == ["ext4"]
    job = await disks.job("CreatePool", "ssas", "vg1", "lvm", [vdb], wipe=True, dry_run=True)
    assert [step["effect"] for step in job["Result"]["plan"]] == ["destroy", "safe"]
    await disks.done("CreatePool", "ssas", "vg1", "lvm", [vdb], wipe=True)


async def test_what_the_tools_refuse_comes_back_as_our_error(stack: Stack) -> None:
    disks = await started(stack)
    disks.lvm.fail_next("lvcreate", 'Volume group "vg0" has insufficient free space (1 extents): 256 required.')
    assert isinstance(await disks.refused("CreateRepository", "sst", "x", "vg0", GIB), OutOfSpace)
    assert isinstance(await disks.refused("CreateRepository", "sst", "x", "vg0", 1 << 45), OutOfSpace)
    await disks.create("x", "vg0")
    assert isinstance(await disks.refused("CreateRepository", "sst", "x", "tank", GIB), AlreadyExists)
    assert isinstance(await disks.refused("ResizeRepository", "st", "x", MIB * 8), NotSupported)


async def test_changes_of_one_group_come_one_by_one_and_groups_do_not_wait_for_each_other(stack: Stack) -> None:
    disks = await started(stack)
    gate = disks.lvm.hang_next("lvcreate")
    slow = await disks.client.call(DISK, "org.bams.Disk.CreateRepository", "ssta{sv}", "slow", "vg0", GIB, {})
    busy = await disks.refused("CreateRepository", "sst", "second", "vg0", GIB)
    assert isinstance(busy, Busy)
    assert "create repository slow" in busy.message
    same_name = await disks.refused("CreateRepository", "sst", "slow", "tank", GIB)
    assert isinstance(same_name, Busy)
    await disks.create("other", "tank")
    queued = asyncio.create_task(disks.create("queued", "vg0", queue=True))
    gate.open()
    assert (await disks.client.job(slow))["State"] == "succeeded"
    await queued
    assert disks.volumes() == {"vg0/slow", "vg0/queued", "tank/other"}


async def test_a_thin_pool_that_fills_and_a_lost_disk_raise_alerts_that_end(stack: Stack) -> None:
    disks = await started(stack)
    disks.lvm.fill_pool("vg0", "tp0", 91.0)
    await disks.refresh()
    assert list(await disks.alerts()) == ["disk-space/lvm:vg0/tp0"]
    disks.lvm.fill_pool("vg0", "tp0", 50.0)
    [member] = (await disks.pool("vg0"))["Devices"]
    disks.lvm.lose_member("vg0", member["path"])
    await disks.refresh()
    assert "disk-health/lvm:vg0" in await disks.alerts()
    assert isinstance(await disks.refused("CreateRepository", "sst", "x", "vg0", GIB), NotReady)
    disks.lvm.lose_member("vg0", member["path"], lost=False)
    await disks.refresh()
    assert await disks.alerts() == {}


async def test_a_lost_store_is_filled_again_from_the_marks(stack: Stack) -> None:
    prepare(stack)
    process = await stack.daemon()
    disks = await connected(stack)
    for pool in POOLS:
        await disks.create(f"kept-{stack_of(pool)}-{len(pool)}", pool)
    await disks.create("files", "vg0", use="filesystem")
    before = await disks.repositories()
    stack.end(process)
    for file in (stack.directory / "state").glob("bams.db*"):
        file.unlink()
    await stack.daemon()
    disks = await connected(stack)
    after = await disks.repositories()
    assert after.keys() == before.keys()
    for name, repository in after.items():
        same = ("Uuid", "Owned", "Use", "Filesystem", "State", "Mounted", "Size")
        assert {key: repository[key] for key in same} == {key: before[name][key] for key in same}
    await disks.refresh()
    assert await disks.alerts() == {}


@pytest.mark.parametrize("pool", ["vg0", "tank"])
async def test_a_lost_store_and_a_file_system_that_was_never_made_is_finished_all_the_same(
    stack: Stack, pool: str
) -> None:
    prepare(stack)
    process = await stack.daemon()
    disks = await connected(stack)
    stack.host.fail_next("mkfs.xfs", "Input/output error\n")
    await disks.refused("CreateRepository", "sst", "bare", pool, GIB, use="filesystem", filesystem="xfs")
    stack.end(process)
    for file in (stack.directory / "state").glob("bams.db*"):
        file.unlink()
    await stack.daemon()
    disks = await connected(stack)
    found = (await disks.repositories())["bare"]
    assert (found["State"], found["StateText"]) == ("incomplete", "its file system was not made")
    await disks.until_alerts("disk-leftover")
    assert isinstance(await disks.refused("MountRepository", "s", "bare"), NotReady)
    await disks.done("FinishRepository", "s", "bare")
    found = (await disks.repositories())["bare"]
    assert (found["State"], found["Mounted"]) == ("ready", True)
    assert await disks.alerts() == {}


async def test_a_file_system_that_is_not_there_after_all_is_made_by_finishing(stack: Stack) -> None:
    disks = await started(stack)
    stack.host.lie_next("mkfs.xfs")
    stack.host.fail_next("systemctl enable", "Job failed.\n")
    await disks.refused("CreateRepository", "sst", "bare", "vg0", GIB, use="filesystem", filesystem="xfs")
    assert "set up to be mounted" in (await disks.repositories())["bare"]["StateText"]
    await disks.done("FinishRepository", "s", "bare")
    found = (await disks.repositories())["bare"]
    assert (found["State"], found["Mounted"]) == ("ready", True)
    assert stack.host.filesystem(found["Device"])["uuid"] == found["Uuid"]


async def test_a_volume_that_vanished_is_missing_until_it_is_forgotten(stack: Stack) -> None:
    disks = await started(stack)
    await disks.create("gone", "tank")
    disks.zfs.remove("tank/gone")
    await disks.refresh()
    found = (await disks.repositories())["gone"]
    assert (found["State"], found["Device"]) == ("missing", "")
    assert [id.split("/")[0] for id in await disks.alerts()] == ["disk-missing"]
    assert isinstance(await disks.refused("ResizeRepository", "st", "gone", 2 * GIB), NotFound)
    await disks.done("DeleteRepository", "s", "gone", confirm="gone")
    assert await disks.repositories() == {}
    assert await disks.alerts() == {}


async def test_a_thousand_repositories_are_served_in_one_answer(stack: Stack) -> None:
    prepare(stack)
    stack.lvm.add_volumes("vg0", 1000, 8 * MIB, pool="tp0")
    await stack.daemon()
    disks = await connected(stack)
    with contextlib.suppress(asyncio.TimeoutError):
        async with asyncio.timeout(30):
            while len(await disks.repositories()) < 1000:
                await asyncio.sleep(0)
    assert len(await disks.repositories()) == 1000
