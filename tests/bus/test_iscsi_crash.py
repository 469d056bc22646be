"""What remains of a change of targets when bamsd, the target stack or the machine goes away in its middle."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

import pytest

from bamsd.errors import AlreadyExists, BamsError, InUse, NotReady, OutOfSync
from tests.bus.disks import Disks, connected
from tests.bus.stack import Stack, until
from tests.bus.targets import HOST, ISCSI, OTHER, SIDES, A, B, Lio, Scst, Side, Targets, kernel_of, ready, until_ready

SECRET = "First-Secret.1"


@pytest.fixture(params=SIDES, ids=lambda side: side.name)
async def side(stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    found: Side = request.param()
    with kernel_of(stack, found):
        yield found
        for process in reversed(stack.processes[2:]):
            await asyncio.to_thread(stack.end, process)


async def restarted(targets: Targets) -> Targets:
    """Start a new bamsd on what the old one left."""
    await targets.stack.daemon()
    disks = await connected(targets.stack)
    await until_ready(disks.client)
    return Targets(disks, targets.side)


async def whole(targets: Targets) -> None:
    """Bring everything into force, and see that the kernel has it and nothing else."""
    await targets.done("Apply", "s", "")
    assert await targets.drift() == []
    assert await targets.alerts() == {}
    for iqn in await targets.targets():
        found = await targets.target(iqn)
        assert (found["State"], found["Pending"]) == ("in-sync", [])
    assert set(targets.side.iqns()) == await targets.targets()
    if isinstance(targets.side, Scst):
        assert targets.side.kernel.suspended == 0


@pytest.mark.slow
async def test_a_kill_at_every_step_leaves_something_that_apply_finishes(stack: Stack, side: Side) -> None:
    targets = await ready(stack, side)
    await targets.repository("repo1")
    step = 0
    while True:
        step += 1
        iqn = f"{A}{step}"
        process = stack.processes[-1]
        await targets.done("CreateTarget", "s", iqn, initiators=[HOST, OTHER], portals=["192.0.2.10"])
        await targets.done("SetCredentials", "s", iqn, user="joe", secret=SECRET)
        await targets.done("AddLun", "ss", iqn, "repo1")
        side.reached.at(step, lambda: process.send_signal(signal.SIGKILL))  # noqa: B023
        with contextlib.suppress(BamsError, asyncio.TimeoutError):
            async with asyncio.timeout(20):
                await targets.done("Apply", "s", iqn, wait=True)
        if not side.reached.fired:
            break
        await asyncio.to_thread(process.wait, 20)
        targets = await restarted(targets)
        if isinstance(side, Scst):
            assert side.kernel.suspended == 0, f"all I/O is held back after a kill at step {step}"
        assert not side.log_in(iqn, HOST), f"open without a secret after a kill at step {step}"
        for path, interfaces in (await targets.client.objects()).items():
            if interfaces.get("org.bams.Job", {}).get("State") == "running":
                await targets.client.job(path)  # the cut-off one is being judged
        await whole(targets)
        assert side.log_in(iqn, HOST, "joe", SECRET)
        await targets.done("DeleteTarget", "s", iqn, confirm=iqn, apply=True, force=True)
        assert iqn not in side.iqns()
    print(f"{step - 1} kills")
    assert step > 10
    await whole(targets)


@pytest.mark.slow
async def test_a_kill_at_every_step_of_a_removal(stack: Stack, side: Side) -> None:
    targets = await ready(stack, side)
    await targets.repository("repo1")
    step = 0
    while True:
        step += 1
        process = stack.processes[-1]
        await targets.done("CreateTarget", "s", A, initiators=[HOST])
        await targets.done("AddLun", "ss", A, "repo1", apply=True)
        side.reached.at(step, lambda: process.send_signal(signal.SIGKILL))  # noqa: B023
        with contextlib.suppress(BamsError, asyncio.TimeoutError):
            async with asyncio.timeout(20):
                await targets.done("DeleteTarget", "s", A, confirm=A, apply=True, wait=True)
        if not side.reached.fired:
            break
        await asyncio.to_thread(process.wait, 20)
        targets = await restarted(targets)
        await whole(targets)
        assert await targets.targets() == set()
    assert step > 3
    assert await targets.targets() == set()


async def test_a_step_that_the_kernel_refuses_is_named_and_finished_later(stack: Stack, side: Side) -> None:
    targets = await ready(stack, side)
    device = await targets.repository("repo1")
    await targets.repository("repo2")
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("AddLun", "ss", A, "repo1")
    await targets.done("CreateTarget", "s", B, initiators=[HOST])
    await targets.done("AddLun", "ss", B, "repo2")
    size = side.backing.pop(device)  # as if the disk had gone
    refused = await targets.refused("Apply", "s", "")
    assert isinstance(refused, OutOfSync)
    assert "repo1" in refused.message
    assert await targets.state(B) == "in-sync"
    assert await targets.state(A) == "failed"
    assert f"iscsi-target/{A}" in await targets.alerts()
    side.backing[device] = size
    await whole(targets)


async def test_targets_come_back_when_the_stack_was_started_anew(stack: Stack, side: Side) -> None:
    targets = await ready(stack, side)
    await targets.repository("repo1")
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("SetCredentials", "s", A, user="joe", secret=SECRET)
    await targets.done("AddLun", "ss", A, "repo1", apply=True)
    await targets.done("UpdateTarget", "s", A, alias="pending")
    before = await targets.target(A)
    side.forget_everything()
    process = stack.processes[-1]
    stack.end(process)
    targets = await restarted(targets)
    await until(lambda: A in side.iqns() and side.log_in(A, HOST, "joe", SECRET), "the target to be back")
    assert side.sees(A, HOST) == [0]
    assert (await targets.target(A))["LunIdentities"] == before["LunIdentities"]
    assert await targets.state(A) == "pending", "what was not applied is not applied by a restart"


async def test_a_running_bamsd_notices_that_the_stack_was_started_anew(stack: Stack, side: Side) -> None:
    stack.config["iscsi"] = {"poll_interval_s": 0.5}
    targets = await ready(stack, side)
    await targets.repository("repo1")
    for iqn in (A, B):
        await targets.done("CreateTarget", "s", iqn, initiators=[HOST], apply=True)
    await targets.done("AddLun", "ss", A, "repo1", apply=True)
    side.forget_everything()
    await until(lambda: {A, B} <= set(side.iqns()) and side.log_in(A, HOST), "the targets to be back")
    await until(lambda: side.sees(A, HOST) == [0], "the LUN to be back")
    await whole(targets)


async def test_one_target_that_vanished_is_drift_and_not_put_back_unasked(stack: Stack, side: Side) -> None:
    targets = await ready(stack, side)
    for iqn in (A, B):
        await targets.done("CreateTarget", "s", iqn, initiators=[HOST], apply=True)
    if isinstance(side, Scst):
        side.kernel.write("targets/iscsi/mgmt", f"del_target {A}")
    else:
        group = f"iscsi/{A}/tpgt_1"
        side.kernel.write(f"{group}/enable", "0")
        for portal in side.kernel.list(f"{group}/np"):
            side.kernel.remove_folder(f"{group}/np/{portal}")
        side.kernel.remove_folder(f"{group}/acls/{HOST}")
        for folder in (group, f"iscsi/{A}"):
            side.kernel.remove_folder(folder)
    assert {entry["targets"][0] for entry in await targets.drift()} == {A}
    assert (await targets.state(A), await targets.state(B)) == ("drifted", "in-sync")
    assert A not in side.iqns()
    await whole(targets)


async def test_right_after_a_start_no_target_is_taken_for_one_that_is_not_there(stack: Stack, side: Side) -> None:
    """A zpool that hangs holds the first look up for long. What the store knows of targets counts meanwhile."""
    targets = await ready(stack, side)
    await targets.repository("repo1")
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("AddLun", "ss", A, "repo1")  # only wished for: no kernel and no file of a stack has it
    stack.end(stack.processes[-1])
    gate = stack.zfs.hang("tank")
    await stack.daemon()
    disks = Disks(stack, await stack.client())
    targets = Targets(disks, side)
    await disks.knows("vg0")
    for call in (
        targets.refused("CreateTarget", "s", A),
        targets.refused("Apply", "s", A),
        targets.client.fails(ISCSI, "org.bams.Iscsi.GetDrift"),
        targets.client.fails(ISCSI, "org.bams.Iscsi.ListSessions", "s", A),
    ):
        refused = await call
        assert isinstance(refused, NotReady)
        assert "still looks at the disks and targets" in refused.message
    refused = await disks.refused("DeleteRepository", "s", "repo1", confirm="repo1")
    assert isinstance(refused, InUse)
    assert f"LUN 0 of {A}" in refused.message
    gate.open()
    await until_ready(disks.client)
    assert isinstance(await targets.refused("CreateTarget", "s", A), AlreadyExists)
    assert (await targets.target(A))["Luns"] != []
    await whole(targets)


async def test_a_host_without_any_stack_says_so_and_keeps_what_is_wanted(stack: Stack) -> None:
    lonely = Lio()
    with kernel_of(stack, lonely):
        pass  # a host of which the tree is gone again
    targets = await ready(stack, lonely)
    found = await targets.client.get("/org/bams/Iscsi", "org.bams.Iscsi")
    assert found["BackendState"] == "unavailable"
    assert "modprobe" in found["BackendText"]
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    assert await targets.state(A) == "unknown"
    assert isinstance(await targets.refused("Apply", "s", A), NotReady)
    assert "iscsi-stack" in await targets.alerts()


async def test_lost_secrets_lock_their_target(stack: Stack, side: Side) -> None:
    targets = await ready(stack, side)
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("SetCredentials", "s", A, user="joe", secret=SECRET, apply=True)
    stack.end(stack.processes[-1])
    (stack.directory / "state" / "iscsi-secrets.cred").unlink()
    targets = await restarted(targets)
    assert await targets.state(A) == "failed"
    assert isinstance(await targets.refused("Apply", "s", A), NotReady)
    assert side.log_in(A, HOST, "joe", SECRET), "what runs is left alone"
    await targets.done("SetCredentials", "s", A, user="joe", secret="Other-Secret-9", apply=True)
    assert not side.log_in(A, HOST, "joe", SECRET)
    assert side.log_in(A, HOST, "joe", "Other-Secret-9")
    await whole(targets)


async def test_secrets_of_another_machine_stop_every_change_until_somebody_decides(stack: Stack, side: Side) -> None:
    targets = await ready(stack, side)
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("SetCredentials", "s", A, user="joe", secret=SECRET, apply=True)
    await targets.repository("repo1")
    await targets.done("AddLun", "ss", A, "repo1")
    stack.end(stack.processes[-1])
    file = stack.directory / "state" / "iscsi-secrets.cred"
    sealed = file.read_bytes()
    file.write_text("sealed elsewhere")
    targets = await restarted(targets)
    assert isinstance(await targets.refused("CreateTarget", "s", B), NotReady)
    await targets.until_alert("iscsi-stack")
    assert await targets.state(A) == "unknown"
    refused = await targets.disks.refused("DeleteRepository", "s", "repo1", confirm="repo1")
    assert f"LUN 0 of {A}" in refused.message, "what it uses stays protected"
    assert file.read_text() == "sealed elsewhere"
    assert side.log_in(A, HOST, "joe", SECRET)
    stack.end(stack.processes[-1])
    file.write_bytes(sealed)
    targets = await restarted(targets)
    await whole(targets)


async def test_scstadmin_does_what_it_can_and_sysfs_the_rest(stack: Stack) -> None:
    """With it, scstadmin gets the whole file, its secrets show nowhere, and what it leaves is done all the same."""
    scst = Scst()
    stack.config["iscsi"] = {"apply_with": "scstadmin"}
    with kernel_of(stack, scst):
        targets = await ready(stack, scst)
        await targets.done("CreateTarget", "s", A, initiators=[HOST])
        await targets.done("SetCredentials", "s", A, user="joe", secret=SECRET, apply=True)
        await whole(targets)
        assert "scstadmin" in stack.log.read_text()
        assert SECRET not in stack.log.read_text()
        assert not (stack.directory / "state" / "scst-apply.conf").exists()
        stack.end(stack.processes[-1])
