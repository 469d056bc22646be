"""org.bams.Iscsi of the shipped daemon on a fake target stack behind real files."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bamsd.errors import AlreadyExists, Busy, InUse, InvalidArgument, NotAuthorized, NotFound, NotReady, NotSupported
from tests.bus.stack import Stack, until
from tests.bus.targets import HOST, ISCSI, OTHER, SIDES, A, B, Side, Targets, kernel_of, ready
from tests.fakes.disks_lvm import GIB, MIB

CANNOT: dict[str, dict[str, Any]] = {
    "scst": {"portals": ["192.0.2.10:3261"]},
    "lio": {"initiators": ["iqn.2026-01.org.example:*"]},
}
SECRET, NEW = "First-Secret.1", "Second-Secret2"


@pytest.fixture(params=SIDES, ids=lambda side: side.name)
async def targets(stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Targets]:
    side: Side = request.param()
    with kernel_of(stack, side):
        yield await ready(stack, side)
        await stack_down(stack)


async def stack_down(stack: Stack) -> None:
    """The daemon ends before its kernel does."""
    for process in reversed(stack.processes[2:]):
        await asyncio.to_thread(stack.end, process)


async def test_the_life_of_a_target(targets: Targets) -> None:
    device = await targets.repository("repo1")
    await targets.done("CreateTarget", "s", A, initiators=[HOST], alias="first")
    assert await targets.state(A) == "pending"
    assert targets.side.touches == 0
    await targets.done("AddLun", "ss", A, "repo1")
    assert (await targets.target(A))["Luns"] == [[0, "repo1", device, False]]
    await targets.done("Apply", "s", A)
    assert await targets.state(A) == "in-sync"
    assert (await targets.target(A))["Pending"] == []
    assert not targets.side.log_in(A, OTHER) or targets.side.sees(A, OTHER) == []
    assert targets.side.log_in(A, HOST)
    assert targets.side.sees(A, HOST) == [0]
    [seen] = [session for session in await targets.sessions(A) if session["initiator"] == HOST]
    assert (seen["initiator"], seen["luns"], seen["target"]) == (HOST, [0], A)
    refused = await targets.disks.refused("DeleteRepository", "s", "repo1", confirm="repo1")
    assert isinstance(refused, InUse)
    assert f"LUN 0 of {A}" in refused.message
    refused = await targets.refused("RemoveLun", "su", A, 0, apply=True)
    assert isinstance(refused, InUse)
    assert HOST in refused.message
    assert (await targets.target(A))["Luns"] != []
    await targets.done("RemoveLun", "su", A, 0, apply=True, force=True)
    assert targets.side.sees(A, HOST) == []
    await targets.done("DeleteTarget", "s", A, confirm=A, apply=True, force=True)
    assert await targets.targets() == set()
    assert targets.side.iqns() == []
    await targets.disks.done("DeleteRepository", "s", "repo1", confirm="repo1")
    assert await targets.alerts() == {}


async def test_the_fake_kernel_leaves_this_process_where_it_was(targets: Targets) -> None:
    assert targets.side.iqns() == []
    assert (Path.cwd() / "bamsd" / "daemon.py").exists()


async def test_applying_twice_writes_nothing(targets: Targets) -> None:
    await targets.repository("repo1")
    await targets.done("CreateTarget", "s", A, initiators=[HOST], portals=["192.0.2.10"])
    await targets.done("SetCredentials", "s", A, user="joe", secret=SECRET)
    await targets.done("AddLun", "ss", A, "repo1", apply=True)
    touched = targets.side.touches
    await targets.done("Apply", "s", "")
    await targets.done("UpdateTarget", "s", A, initiators=[HOST], apply=True)
    assert targets.side.touches == touched


async def test_a_dry_run_shows_the_steps_and_changes_nothing(targets: Targets) -> None:
    await targets.repository("repo1")
    plan = await targets.plan("CreateTarget", "s", A, initiators=[HOST])
    assert any(A in step["summary"] for step in plan)
    assert {step["effect"] for step in plan} <= {"safe", "pause"}
    assert await targets.targets() == set()
    await targets.done("CreateTarget", "s", A, initiators=[HOST], apply=True)
    touched = targets.side.touches
    plan = await targets.plan("AddLun", "ss", A, "repo1")
    assert any("LUN 0" in step["summary"] for step in plan)
    assert targets.side.touches == touched
    assert (await targets.target(A))["Luns"] == []


async def test_what_is_refused_leaves_no_wish_behind(targets: Targets) -> None:
    await targets.repository("repo1")
    await targets.repository("files", size=GIB)
    await targets.done("CreateTarget", "s", A, initiators=[HOST], apply=True)
    cases: list[tuple[type[Exception], str, str, tuple[Any, ...], dict[str, Any]]] = [
        (AlreadyExists, "CreateTarget", "s", (A,), {}),
        (InvalidArgument, "CreateTarget", "s", ("iqn.2026-01.org.Example:A",), {}),
        (InvalidArgument, "CreateTarget", "s", (B,), {"portals": ["0.0.0.0"]}),
        (InvalidArgument, "CreateTarget", "s", (B,), {"colour": "red"}),
        (NotSupported, "CreateTarget", "s", (B,), CANNOT[targets.side.name]),
        (NotFound, "AddLun", "ss", (B, "repo1"), {}),
        (NotFound, "AddLun", "ss", (A, "none"), {}),
        (InvalidArgument, "AddLun", "ss", (A, "/etc/passwd"), {}),
        (InvalidArgument, "AddLun", "ss", (A, "repo1"), {"lun": 16383}),
        (InvalidArgument, "DeleteTarget", "s", (A,), {"confirm": B}),
        (InvalidArgument, "SetCredentials", "s", (A,), {"user": "joe", "secret": "short"}),
        (NotFound, "ImportTargets", "as", ([B],), {}),
        (NotFound, "RemoveLun", "su", (A, 3), {}),
    ]
    before = await targets.target(A)
    for error, member, signature, words, options in cases:
        refused = await targets.refused(member, signature, *words, **options)
        assert isinstance(refused, error), (member, words, refused)
        assert "short" not in refused.message
    assert await targets.target(A) == before
    assert await targets.targets() == {A}


async def test_one_repository_is_one_lun_unless_shared(targets: Targets) -> None:
    await targets.repository("repo1")
    for iqn in (A, B):
        await targets.done("CreateTarget", "s", iqn, initiators=[HOST])
    await targets.done("AddLun", "ss", A, "repo1")
    assert isinstance(await targets.refused("AddLun", "ss", B, "repo1"), InUse)
    await targets.done("AddLun", "ss", B, "repo1", shared=True)
    await targets.done("Apply", "s", "")
    identities = [(await targets.target(iqn))["LunIdentities"] for iqn in (A, B)]
    assert identities[0] == identities[1]
    await targets.done("RemoveLun", "su", A, 0, apply=True)
    assert targets.side.log_in(B, HOST)
    assert await targets.state(B) == "in-sync"


async def test_a_repository_in_use_cannot_become_a_lun(targets: Targets) -> None:
    await targets.done("CreateTarget", "s", A)
    await targets.disks.create("files", "vg0", GIB, use="filesystem", filesystem="ext4")
    refused = await targets.refused("AddLun", "ss", A, "files")
    assert isinstance(refused, NotReady)
    assert "file system" in refused.message


async def test_a_grown_repository_is_announced(targets: Targets) -> None:
    device = await targets.repository("repo1")
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("AddLun", "ss", A, "repo1", apply=True)
    targets.side.backing[device] = 128 * MIB
    await targets.disks.done("ResizeRepository", "st", "repo1", 128 * MIB)

    def told() -> str:
        kernel = targets.side.kernel
        names = [f"devices/{name}/size" for name in kernel.list("devices") if "repo1" in name]
        return kernel.read(names[0]).split("\n")[0]

    if targets.side.name == "scst":  # LIO asks the block device itself, whenever an initiator does
        await until(lambda: told() == str(128 * MIB), "the new size to be announced")
    assert await targets.drift() == []


async def test_drift_is_named_shown_and_repaired(targets: Targets) -> None:
    await targets.repository("repo1")
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("AddLun", "ss", A, "repo1", apply=True)
    targets.side.let_in(A, OTHER)
    [found] = await targets.drift()
    assert found["targets"] == [A]
    assert OTHER in found["difference"]
    assert await targets.state(A) == "drifted"
    assert f"iscsi-target/{A}" in await targets.alerts()
    await targets.done("Apply", "s", A)
    assert await targets.drift() == []
    assert await targets.alerts() == {}


async def test_foreign_targets_are_shown_left_alone_and_imported(targets: Targets) -> None:
    device = await targets.repository("repo1")
    targets.side.make_by_hand(B, device, HOST)
    await targets.drift()
    found = await targets.target(B)
    assert (found["Owned"], found["State"]) == (False, "foreign")
    assert isinstance(await targets.refused("CreateTarget", "s", B), NotSupported)
    assert isinstance(await targets.refused("UpdateTarget", "s", B, alias="x"), NotFound)
    before = targets.side.snapshot(B)
    await targets.done("CreateTarget", "s", A, apply=True)
    await targets.done("Apply", "s", "")
    assert targets.side.snapshot(B) == before
    refused = await targets.refused("AddLun", "ss", A, "repo1")
    assert isinstance(refused, InUse)
    await targets.done("ImportTargets", "as", [B])
    found = await targets.target(B)
    assert (found["Owned"], found["StateText"], found["State"]) == (True, "", "in-sync")
    assert found["Luns"] == [[3, "repo1", device, False]]
    touched = targets.side.touches
    assert await targets.drift() == []
    await targets.done("Apply", "s", B)
    assert targets.side.touches == touched
    assert targets.side.log_in(B, HOST)
    assert targets.side.sees(B, HOST) == [3]
    await targets.done("DeleteTarget", "s", B, confirm=B, apply=True, force=True)
    targets.side.make_by_hand(B, device, HOST)  # once more the same names, and nothing of it is ours
    assert await targets.drift() == []
    await targets.done("Apply", "s", "")
    assert (await targets.target(B))["State"] == "foreign"
    await targets.done("ImportTargets", "as", [B])
    assert await targets.state(B) == "in-sync"


async def test_targets_of_a_cluster_are_shown_and_left_to_it(targets: Targets) -> None:
    device = await targets.repository("repo1")
    cib = targets.stack.directory / "var_lib" / "pacemaker" / "cib" / "cib.xml"
    cib.parent.mkdir(parents=True)
    cib.write_text(
        '<cib><primitive id="t" type="iSCSITarget"><instance_attributes>'
        f'<nvpair name="iqn" value="{B}"/></instance_attributes></primitive></cib>'
    )
    targets.side.make_by_hand(B, device, HOST)
    await targets.drift()
    found = await targets.target(B)
    assert (found["Owned"], found["State"]) == (False, "foreign")
    assert "Pacemaker" in found["StateText"]
    for member, signature, words in (("CreateTarget", "s", (B,)), ("ImportTargets", "as", ([B],))):
        refused = await targets.refused(member, signature, *words)
        assert isinstance(refused, NotSupported)
        assert "luster" in refused.message


async def test_a_file_becomes_a_lun(targets: Targets) -> None:
    folder = targets.stack.directory / "srv" / "files"
    folder.mkdir(parents=True)
    file = folder / "disk.img"
    file.write_bytes(bytes(MIB))
    targets.side.backing[str(file)] = MIB
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("AddLun", "ss", A, str(file), apply=True, write_through=True)
    assert targets.side.log_in(A, HOST)
    assert (await targets.target(A))["Luns"] == [[0, str(file), str(file), False]]
    (folder / "odd.img").write_bytes(b"x" * 513)
    (folder / "link.img").symlink_to("/etc/passwd")
    for name, error in (("odd.img", NotReady), ("link.img", InvalidArgument), ("none.img", NotFound)):
        assert isinstance(await targets.refused("AddLun", "ss", A, str(folder / name)), error)
    for path in (f"{folder}/../../state/bams.db", str(targets.stack.directory / "state" / "bams.db"), str(folder)):
        assert isinstance(await targets.refused("AddLun", "ss", A, path), InvalidArgument)


async def test_a_secret_is_rotated_in_place_and_never_shown(targets: Targets) -> None:
    await targets.repository("repo1")
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("AddLun", "ss", A, "repo1")
    await targets.done("SetCredentials", "s", A, user="joe", secret=SECRET, apply=True)
    assert targets.side.log_in(A, HOST, user="joe", secret=SECRET)
    plan = await targets.plan("SetCredentials", "s", A, user="joe", secret=NEW)
    assert {step["effect"] for step in plan} == {"safe"}
    await targets.done("SetCredentials", "s", A, user="joe", secret=NEW, apply=True)
    assert targets.side.is_in(A, HOST)
    assert targets.side.sees(A, HOST) == [0]
    assert not targets.side.log_in(A, HOST, user="joe", secret=SECRET)
    assert targets.side.log_in(A, HOST, user="joe", secret=NEW)
    everything = [str(await targets.client.objects()), targets.stack.log.read_text(), str(plan)]
    for folder in ("state", "log"):
        files = [f for f in (targets.stack.directory / folder).rglob("*") if f.is_file()]
        everything += [file.read_bytes().decode("latin-1") for file in files]
    for secret in (SECRET, NEW):
        assert not [text for text in everything if secret in text]
    assert [r for r in targets.stack.audit() if r.get("method", "").endswith("SetCredentials")]


async def test_the_boot_file_has_what_was_applied_for_root_alone(targets: Targets) -> None:
    await targets.repository("repo1")
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("SetCredentials", "s", A, user="joe", secret=SECRET)
    await targets.done("AddLun", "ss", A, "repo1", apply=True)
    await targets.done("CreateTarget", "s", B)
    file = targets.stack.directory / "etc" / targets.side.boot_file
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert A in text
    assert SECRET in text
    assert B not in text


async def test_changes_wait_their_turn_or_are_busy(targets: Targets) -> None:
    calls = [
        targets.client.call(ISCSI, "org.bams.Iscsi.CreateTarget", "sa{sv}", f"{A}{n}", {"apply": True, "wait": True})
        for n in range(4)
    ]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert any(isinstance(answer, Busy) for answer in answers)
    assert not any(isinstance(answer, BaseException) and not isinstance(answer, Busy) for answer in answers)
    queued = [targets.done("CreateTarget", "s", f"{B}{n}", apply=True, queue=True) for n in range(4)]
    await asyncio.gather(*queued)
    assert {f"{B}{n}" for n in range(4)} <= set(targets.side.iqns())
    assert await targets.drift() == []


async def test_a_wished_lun_protects_its_repository_also_after_a_rename(targets: Targets) -> None:
    await targets.repository("repo1")
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("AddLun", "ss", A, "repo1")
    with targets.disks.lvm.changing() as state:
        volumes = state["groups"]["vg0"]["volumes"]
        volumes["renamed"] = volumes.pop("repo1")
    await targets.disks.refresh()
    refused = await targets.disks.refused("DeleteRepository", "s", "repo1", confirm="repo1")
    assert isinstance(refused, InUse)
    assert f"LUN 0 of {A}" in refused.message
    await targets.drift()
    assert (await targets.target(A))["Luns"][0][2].endswith("/vg0/renamed")


async def test_a_lun_that_waits_for_its_turn_still_tells_its_number(targets: Targets) -> None:
    for name in ("repo1", "repo2"):
        await targets.repository(name)
    await targets.done("CreateTarget", "s", A, initiators=[HOST])
    await targets.done("AddLun", "ss", A, "repo1")
    touched: list[float] = []

    def slow() -> None:
        """Every touch takes its time, so that the change takes longer than a job waits to be shown."""
        touched.append(time.monotonic())
        time.sleep(0.5)
        targets.side.reached.at(1, slow)

    targets.side.reached.at(1, slow)
    applying = asyncio.create_task(targets.done("Apply", "s", A))
    await until(lambda: touched, "the Apply to reach the kernel")
    path, lun = await targets.client.call(ISCSI, "org.bams.Iscsi.AddLun", "ssa{sv}", A, "repo2", {"queue": True})
    assert lun == 1
    assert (await targets.client.job(path))["Result"]["lun"] == 1
    targets.side.reached.at(0, lambda: None)
    await applying
    assert touched[-1] - touched[0] > 3
    assert [entry[:2] for entry in (await targets.target(A))["Luns"]] == [[0, "repo1"], [1, "repo2"]]


async def test_only_who_may_changes_and_force_needs_more(targets: Targets, stack: Stack) -> None:
    await targets.done("CreateTarget", "s", A, initiators=[HOST], apply=True)
    stack.polkit(iscsi_destroy="no")
    await targets.done("UpdateTarget", "s", A, alias="x", apply=True)
    assert isinstance(await targets.refused("UpdateTarget", "s", A, alias="y", force=True), NotAuthorized)
    assert isinstance(await targets.refused("DeleteTarget", "s", A, confirm=A), NotAuthorized)
    stack.polkit(iscsi_manage="no")
    assert isinstance(await targets.refused("UpdateTarget", "s", A, alias="y"), NotAuthorized)
    assert (await targets.target(A))["Alias"] == "x"
    stack.polkit()
