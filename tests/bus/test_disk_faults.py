"""Programs that hang, two clients at once, and hostile names: org.bams.Disk goes on, and says what is so."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from bamsd.core.names import job_path
from bamsd.errors import BamsError, Busy, InUse, NotReady, TimedOut
from tests.bus.disks import DISK, MANAGER, Disks, connected, prepare, started
from tests.bus.stack import Stack, until
from tests.fakes.disks_lvm import GIB, MIB

pytestmark = pytest.mark.slow

QUICK_S = 10.0
"""Far below the limits that a call would wait for if it waited for what hangs, on a busy machine too."""


async def quickly(call: Any) -> Any:
    async with asyncio.timeout(QUICK_S):
        return await call


async def test_lvm_that_hangs_is_unresponsive_and_stops_nothing_else(stack: Stack) -> None:
    prepare(stack)
    stack.config["disk"] |= {"read_timeout_s": 3}
    await stack.daemon()
    disks = await connected(stack)
    await disks.create("here", "vg0")
    stack.lvm.hang_next("fullreport")
    hanging = asyncio.create_task(disks.refused("ResizeRepository", "st", "here", 2 * GIB))
    await until(stack.lvm.hangs, "lvm hangs")
    await quickly(disks.create("other", "tank"))
    await quickly(disks.client.call("/org/bams/Tape", "org.bams.Tape.ListCartridges", "a{sv}", {}))
    assert isinstance(await hanging, NotReady)
    assert list(await disks.alerts()) == ["disk-unresponsive/lvm:"]
    found = await disks.repositories()
    assert (found["here"]["State"], found["other"]["State"]) == ("unresponsive", "ready")
    assert (await disks.pool("vg0"))["Health"] == "unresponsive"
    await disks.refresh()
    assert await disks.alerts() == {}
    assert (await disks.repositories())["here"]["State"] == "ready"
    await disks.done("ResizeRepository", "st", "here", 2 * GIB)


async def test_a_disk_of_a_volume_group_is_not_free_while_lvm_does_not_answer(stack: Stack) -> None:
    """No volume of the group is active, so only LVM knows that the disk is its."""
    prepare(stack)
    process = await stack.daemon()
    disks = await connected(stack)
    disk = str(stack.host.dev / "vdb")
    await disks.done("CreatePool", "ssas", "own", "lvm", [disk])
    stack.end(process)
    gate = stack.lvm.hang_next("fullreport")
    await stack.daemon()
    client = await stack.client()
    disks = Disks(stack, client)
    assert "disk" in (await client.get("/org/bams", MANAGER))["Discovering"]
    for device, free in (("vdb", False), ("vdc", True)):
        found = await client.call("/org/bams/Disk", "org.bams.Disk.ListCandidates", "a{sv}", {})
        shown = next(one for one in found if one["path"].endswith(device))
        assert (shown["refusals"] == []) is free, shown
    refusal = await disks.refused("CreatePool", "ssas", "taken", "zfs", [disk], layout="single", wipe=True)
    assert isinstance(refusal, InUse)
    assert "may be part of a pool, which cannot be told now: LVM: it was not read yet" in refusal.message
    gate.open()
    disks = await connected(stack)
    await client.knows_all()
    refusal = await disks.refused("CreatePool", "ssas", "taken", "zfs", [disk], layout="single", wipe=True)
    assert "is part of volume group own" in refusal.message


async def test_a_zpool_that_hangs_does_not_hang_the_one_beside_it(stack: Stack) -> None:
    prepare(stack)
    stack.config["disk"] |= {"read_timeout_s": 4}
    stack.zfs.add_pool("dead", devices={"/dev/disk/by-id/fake-dead": 100 * GIB})
    await stack.daemon()
    disks = await connected(stack)
    await disks.create("kept", "dead")
    asked = len(stack.zfs.calls("dead")) + 1
    gate = stack.zfs.hang("dead")
    looking = asyncio.create_task(disks.refresh())
    await until(lambda: len(stack.zfs.calls("dead")) == asked, "dead is asked")
    await disks.create("here", "tank")
    await disks.done("ResizeRepository", "st", "here", 2 * GIB)
    assert len(stack.zfs.calls("dead")) == asked, "a change of one pool asks another one nothing"
    await looking
    assert list(await disks.alerts()) == ["disk-unresponsive/zfs:dead"]
    assert isinstance(await disks.refused("CreateRepository", "sst", "x", "dead", GIB), NotReady)
    assert isinstance(await disks.refused("DeleteRepository", "s", "kept", confirm="kept"), NotReady)
    found = await disks.repositories()
    assert (found["kept"]["State"], found["here"]["State"], found["here"]["Size"]) == (
        "unresponsive",
        "ready",
        2 * GIB,
    )
    gate.open()
    await disks.until_alerts()
    await disks.done("DeleteRepository", "s", "kept", confirm="kept")


async def test_a_suspended_zpool_takes_no_changes_until_it_is_well(stack: Stack) -> None:
    disks = await started(stack)
    await disks.create("kept", "tank")
    stack.zfs.suspend("tank")
    await disks.refresh()
    assert (await disks.repositories())["kept"]["State"] != "ready"
    assert isinstance(await disks.refused("ResizeRepository", "st", "kept", 2 * GIB), NotReady)
    stack.zfs.resume("tank")
    await disks.refresh()
    assert (await disks.repositories())["kept"]["State"] == "ready"


@pytest.mark.parametrize("does", ["it", "nothing"])
async def test_a_change_over_its_limit_is_never_killed_and_settled_when_its_program_ends(
    stack: Stack, does: str
) -> None:
    prepare(stack)
    stack.config["disk"] |= {"change_timeout_s": 1.5}
    await stack.daemon()
    disks = await connected(stack)
    if does == "nothing":
        stack.lvm.fail_next("lvcreate", "Input/output error")
    gate = stack.lvm.hang_next("lvcreate")
    late = await disks.refused("CreateRepository", "sst", "late", "vg0", GIB, use="filesystem")
    assert isinstance(late, TimedOut)
    assert "will be seen when the program has ended" in late.message
    assert "disk-unsettled/1" in await disks.alerts()
    assert "late" not in await disks.repositories()
    for member, signature, words in (
        ("CreateRepository", "sst", ("late", "vg0", GIB)),
        ("CreateRepository", "sst", ("x", "vg0", GIB)),
    ):
        busy = await disks.refused(member, signature, *words)
        assert isinstance(busy, Busy)
        assert "job 1, disk-create of late" in busy.message
    await disks.create("other", "tank")
    gate.open()
    if does == "nothing":
        await disks.until_alerts()
        assert "late" not in await disks.repositories()
        return
    await disks.until_alerts("disk-leftover")
    assert (await disks.repositories())["late"]["State"] == "incomplete"
    await disks.done("DeleteRepository", "s", "late", confirm="late")
    assert await disks.alerts() == {}


async def test_what_hung_and_outlived_bamsd_is_waited_for_no_longer_than_the_limit(stack: Stack) -> None:
    prepare(stack)
    stack.config["disk"] |= {"change_timeout_s": 2}
    process = await stack.daemon()
    disks = await connected(stack)
    gate = stack.lvm.hang_next("lvcreate", done=True)
    await disks.client.call(DISK, "org.bams.Disk.CreateRepository", "ssta{sv}", "late", "vg0", GIB, {})
    await until(lambda: "late" in stack.lvm.volumes("vg0"), "the volume is there")
    process.kill()
    process.wait()
    await stack.daemon()
    disks = await connected(stack)
    job = await disks.client.job(job_path(1))
    assert (job["State"], job["Error"][0]) == ("failed", "org.bams.Error.TimedOut")
    assert "Its program lvm goes on" in job["Error"][1]
    assert list(await disks.alerts()) == ["disk-unsettled/1"]
    gate.open()
    await disks.until_alerts()
    assert (await disks.repositories())["late"]["State"] == "ready"


# Several at once


async def outcomes(*calls: Any) -> list[Any]:
    return list(await asyncio.gather(*calls, return_exceptions=True))


async def test_of_two_that_make_the_same_name_or_pool_one_wins(stack: Stack) -> None:
    disks = await started(stack)
    second = Disks(stack, await stack.client())
    ends = await outcomes(
        disks.create("same", "vg0", wait=True, queue=True), second.create("same", "tank", wait=True, queue=True)
    )
    assert sorted(isinstance(end, BamsError) for end in ends) == [False, True]
    assert len([r for r in (await disks.repositories()).values() if r["Name"] == "same"]) == 1
    vdb = str(disks.host.dev / "vdb")
    ends = await outcomes(
        disks.done("CreatePool", "ssas", "vg1", "lvm", [vdb], wait=True, queue=True),
        second.done("CreatePool", "ssas", "vg2", "lvm", [vdb], wait=True, queue=True),
    )
    assert sorted(isinstance(end, BamsError) for end in ends) == [False, True]
    made = "vg1" if stack.lvm.group("vg1") else "vg2"
    ends = await outcomes(
        disks.done("DeletePool", "s", made, confirm=made, queue=True),
        second.create("in-it", made, queue=True),
        disks.done("CreatePool", "ssas", made, "lvm", [str(disks.host.dev / "vdc")], queue=True),
    )
    there = stack.lvm.group(made)
    volumes = there["volumes"] if there else {}
    assert ("in-it" in volumes) == ("in-it" in await disks.repositories())
    assert await disks.alerts() == {}


async def test_many_that_wait_are_all_done(stack: Stack) -> None:
    disks = await started(stack)
    names = [f"q{n}" for n in range(20)]
    await asyncio.gather(*(disks.create(name, "vg0", 8 * MIB, queue=True) for name in names))
    assert disks.volumes() == {f"vg0/{name}" for name in names} == {f"vg0/{n}" for n in await disks.repositories()}


async def test_a_client_that_goes_away_stops_nothing(stack: Stack) -> None:
    disks = await started(stack)
    gone = await stack.client()
    gate = stack.lvm.hang_next("lvcreate")
    gone.send_call(DISK, "org.bams.Disk.CreateRepository", "ssta{sv}", "x", "vg0", GIB, {"wait": True})
    await until(lambda: stack.lvm.calls("lvcreate"), "the volume is being made")
    await gone.close()
    stack.clients.remove(gone)
    gate.open()
    assert (await disks.client.job(job_path(1)))["State"] == "succeeded"
    assert (await disks.repositories())["x"]["State"] == "ready"


HOSTILE = ('a"b', "a'b;$(reboot)", "a\nb\x1b[31m", "%s{0}", "\udcff\udc80", "a" * 200, "--force", "x\u202ey", "a\\b")


async def test_hostile_names_from_the_tools_are_shown_safely(stack: Stack) -> None:
    prepare(stack)
    for at, name in enumerate(HOSTILE):
        stack.lvm.add_volume("vg0", name.replace("/", "_"), 8 * MIB, tags=[name, f"bams.repo.{name}", "bams.use.block"])
        if "\n" not in name:
            stack.zfs.add_volume(f"tank/{at}{name}", 16 * MIB, repository=name, use=name)
    await stack.daemon()
    disks = await connected(stack)
    found = await disks.repositories()
    assert len(found) >= len(HOSTILE)
    assert not [one for one in found.values() if one["Owned"]]
    assert [text for one in found.values() for text in (one["Name"], one["Device"]) if not text.isprintable()] == []
    for name in found:
        with suppress(UnicodeEncodeError):
            refusal = await disks.refused("ResizeRepository", "st", name, GIB)
            assert "not made by BAMS" in refusal.message
    await disks.create("good", "tank")
    await disks.create("fine", "vg0")
    assert "internal error" not in stack.log.read_text()
