"""Export on one appliance, import on a fresh one with the same disks and library: the shipped daemon on the fakes."""

import asyncio
import signal
import stat
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bamsd.errors import AlreadyExists, BamsError, InvalidArgument, NotAuthorized, NotFound, NotReady, NotSupported
from bamsd.rebuild import document, sealing
from tests.bus.ctl import appliance
from tests.bus.rebuilding import MANAGER, MUTUAL, PASSPHRASE, SECRET, Machine
from tests.bus.stack import Stack
from tests.bus.tapes import LIB
from tests.bus.targets import HOST, A, B

OWN = "iqn.2026-01.org.example:own"


@pytest.fixture
async def machine(stack: Stack) -> AsyncIterator[Machine]:
    stack.config["log_level"] = "debug"
    async with appliance(stack) as found:
        machine = Machine(found)
        await machine.fill()
        yield machine
        stack.end(stack.processes[-1])


async def exchanged(machine: Machine, meanwhile: Callable[[], None] = lambda: None) -> str:
    """The machine is a fresh one, and the export lies on it. Its name."""
    name = await machine.export()
    kept = (machine.exports / f"{name}.bams").read_bytes()
    await machine.exchange()
    machine.stack.config.pop("log_level", None)
    meanwhile()
    await machine.start()
    await machine.bring(name, kept)
    return name


async def test_the_same_appliance_on_other_hardware(machine: Machine) -> None:
    before, moves = await machine.seen(), await machine.moves("BAM004L8")
    name = await machine.export()
    path = machine.exports / f"{name}.bams"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750
    kept = path.read_bytes()
    for secret in (SECRET, MUTUAL, PASSPHRASE, "raw", "bacula"):
        assert secret.encode() not in kept
    assert not any(secret in machine.told() for secret in (SECRET, MUTUAL, PASSPHRASE))

    await machine.exchange()
    machine.stack.config.pop("log_level")
    await machine.start()
    assert machine.side.iqns() == []
    await machine.bring(name, kept)
    [listed] = await machine.client.call("/org/bams", f"{MANAGER}.ListExports", "a{sv}", {})
    assert (listed["name"], listed["size"]) == (name, len(kept))
    result = await machine.import_(name)
    assert "bacula" in result["restored"], result
    assert result["restored"] == ["config", "repositories", "cartridges", "targets", "bacula"]
    assert result["warnings"] == [
        f"Target {B} is kept, and not in force: it was not in force where the export was made either. Apply it when it "
        "is wanted."
    ]
    after = await machine.seen()
    for part, value in before.items():
        assert after[part] == value, part
    assert (await machine.targets.state(A), await machine.targets.state(B)) == ("in-sync", "pending")
    found = await machine.moves("BAM004L8")
    assert [move for move in found if move in moves] == moves
    assert "fresh-" in Path(machine.world.bacula.etc / "bams.d/previous.json").read_text()
    assert "log_level" not in (machine.stack.directory / "config.yaml.before-import").read_text()
    assert not any(secret in machine.told() for secret in (SECRET, MUTUAL, PASSPHRASE))
    [applied] = [one for one in (await machine.jobs()).values() if one["Operation"] == "bacula-apply"]
    assert applied["Result"]["devices"] == sorted(["files-0", "files-1", f"{LIB}-drive-0", f"{LIB}-drive-1"])
    # Once more changes nothing.
    restarts = machine.world.bacula.get("restarts")
    assert (await machine.import_(name))["restored"] == result["restored"]
    assert await machine.seen() == after
    assert machine.world.bacula.get("restarts") == restarts
    assert not machine.side.log_in(A, HOST, "joe", "another-secret")
    assert machine.side.log_in(A, HOST, "joe", SECRET)
    await machine.client.call("/org/bams", f"{MANAGER}.DeleteExport", "sa{sv}", name, {})
    assert list(machine.exports.iterdir()) == []


async def test_what_is_refused_changes_nothing(machine: Machine) -> None:
    name = await exchanged(machine)
    before, path = await machine.seen_here(), machine.exports / f"{name}.bams"
    kept = path.read_bytes()
    for error, options in (
        (InvalidArgument, {"passphrase": "correct horse batterY"}),
        (InvalidArgument, {"passphrase": "elevenchars"}),
        (InvalidArgument, {"confirm": ""}),
        (InvalidArgument, {"confirm": "another", "dry_run": True}),
    ):
        refused = await machine.refused("ImportState", "s", name, **{"confirm": name} | options)
        assert type(refused) is error, refused
        assert "horse" not in str(refused)
    assert type(await machine.refused("ExportState", "", passphrase="elevenchars")) is InvalidArgument
    missing = await machine.client.fails("/org/bams", f"{MANAGER}.ExportState", "a{sv}", {})
    assert "passphrase" in str(missing)
    gone = "bams-x-20260101-000000"
    assert type(await machine.refused("ImportState", "s", gone, confirm=gone)) is NotFound
    assert type(await machine.refused("ImportState", "s", "../x", confirm="../x")) is InvalidArgument
    files: tuple[tuple[bytes, type[BamsError]], ...] = (
        (kept[:-1], InvalidArgument),
        (kept[:100] + bytes([kept[100] ^ 1]) + kept[101:], InvalidArgument),
        (kept.replace(b"export 1", b"export 7", 1), NotSupported),
        (sealing.seal(b'{"format": 7, "version": "9.9"}', PASSPHRASE), NotSupported),
        (sealing.seal(b'{"format": 1}', PASSPHRASE), InvalidArgument),
        (sealed(targets={"targets": 1}), InvalidArgument),
        (sealed(cartridges={"cartridges": [["x"]], "moves": []}), InvalidArgument),
        (sealed(repositories=[{"name": "../x"}]), InvalidArgument),
        (sealed(bacula={"texts": {"main": "x", "own": "y", "more": "z"}, "permissions": False}), InvalidArgument),
        (sealed(config=7), InvalidArgument),
    )
    for content, kind in files:
        path.write_bytes(content)
        refused = await machine.refused("ImportState", "s", name, confirm=name)
        assert type(refused) is kind, refused
    path.write_bytes(kept)
    path.chmod(0o666)
    assert type(await machine.refused("ImportState", "s", name, confirm=name)) is NotReady
    path.chmod(0o640)
    machine.stack.polkit(manage="no", logs_read="no")
    for member, signature, *words in (("ExportState", ""), ("ImportState", "s", name), ("DeleteExport", "s", name)):
        call = machine.client.fails("/org/bams", f"{MANAGER}.{member}", f"{signature}a{{sv}}", *words, {})
        assert type(await call) in (NotAuthorized, InvalidArgument), member
    assert type(await machine.refused("ExportState", "")) is NotAuthorized
    assert type(await machine.refused("ImportState", "s", name, confirm=name)) is NotAuthorized
    assert type(await machine.client.fails("/org/bams", f"{MANAGER}.ListExports", "a{sv}", {})) is NotAuthorized
    machine.stack.polkit()

    job = await machine.job("ImportState", "s", name, confirm=name, dry_run=True)
    assert job["State"] == "planned"
    said = "\n".join(step["summary"] for step in job["Result"]["plan"])
    for part in ("config.yaml", "Mount repository files", "cartridges", f"Make target {A} with 1 LUN", f"target {B}"):
        assert part in said
    assert {step["effect"] for step in job["Result"]["plan"]} == {"safe", "disconnect"}
    assert await machine.seen_here() == before

    await machine.targets.done("CreateTarget", "s", OWN)
    own = await machine.refused("ImportState", "s", name, confirm=name)
    assert type(own) is AlreadyExists
    assert OWN in str(own)
    await machine.targets.done("DeleteTarget", "s", OWN, confirm=OWN, apply=True)
    await machine.world.done("ApplyConfig", repositories=[])
    own = await machine.refused("ImportState", "s", name, confirm=name)
    assert type(own) is AlreadyExists
    assert "storage-daemon.conf" in str(own)
    assert not any(secret in machine.told() for secret in (SECRET, MUTUAL, PASSPHRASE))


async def test_what_is_missing_here_is_named_and_the_rest_comes_back(machine: Machine) -> None:
    lvm, away = machine.stack.lvm, []

    def lose() -> None:
        with lvm.changing() as state:
            away.append(state["groups"]["vg0"]["volumes"].pop("raw"))

    name = await exchanged(machine, lose)
    later = (await machine.world.disks.repositories())["later"]
    machine.side.make_by_hand(B, later["Device"], HOST)
    (machine.stack.directory / "bacula.json").rename(machine.stack.directory / "bacula.away")
    result = await machine.import_(name)
    assert result["restored"] == ["config", "repositories", "cartridges", "targets"]
    said = "\n".join(result["warnings"])
    assert "Repository raw is missing here: no volume of this host has its mark; it was vg0/raw." in said
    assert f"Target {A} is kept, and not in force: the repository of its device raw is missing here" in said
    assert "bacula-sd is not installed here. Install it, then import again." in said
    assert f"Target {B} was left out: there is one of this name that others made." in said
    assert machine.side.iqns() == [B]
    assert set(await machine.targets.targets()) == {A, B}
    # They come later, and the same import completes it.
    with lvm.changing() as state:
        state["groups"]["vg0"]["volumes"]["raw"] = away[0]
    (machine.stack.directory / "bacula.away").rename(machine.stack.directory / "bacula.json")
    result = await machine.import_(name)
    assert result["restored"] == ["config", "repositories", "cartridges", "targets", "bacula"]
    assert len(result["warnings"]) == 1
    assert machine.side.log_in(A, HOST, "joe", SECRET)


async def test_a_kill_in_the_middle_leaves_it_to_be_repeated(machine: Machine) -> None:
    before = await machine.seen()
    name = await exchanged(machine)
    daemon = machine.stack.processes[-1]
    machine.side.reached.at(5, lambda: daemon.send_signal(signal.SIGKILL))
    machine.client.send_call(
        "/org/bams", f"{MANAGER}.ImportState", "sa{sv}", name, {"passphrase": PASSPHRASE, "confirm": name}
    )
    await asyncio.to_thread(daemon.wait, 60)
    assert machine.side.reached.fired
    await machine.start()
    [path] = [path for path, one in (await machine.jobs()).items() if one["Operation"] == "import"]
    cut_off = await machine.client.job(path)
    assert cut_off["State"] == "failed"
    assert "import again to finish it" in cut_off["Error"][1]
    result = await machine.import_(name)
    assert result["restored"][-1] == "bacula"
    assert len(result["warnings"]) == 1, result
    assert await machine.seen() == before


async def test_a_configuration_that_does_not_fit_stays_out(machine: Machine) -> None:
    """Another place for repositories counts after a restart; nothing is brought back before it."""
    name = await machine.export()
    kept = (machine.exports / f"{name}.bams").read_bytes()
    held = document.read(sealing.unseal(kept, PASSPHRASE, name), name)
    await machine.exchange()
    await machine.start()
    machine.exports.mkdir()
    text = yaml.safe_load(held.parts["config"])
    here = (machine.stack.directory / "config.yaml").read_text()
    for changes, said in (
        ({"log_level": "loud"}, "log_level"),
        ({"paths": text["paths"] | {"dev": "/elsewhere"}}, "has other paths"),
    ):
        await machine.bring(name, sealed(config=yaml.safe_dump(text | changes), cartridges=held.parts["cartridges"]))
        result = await machine.import_(name)
        assert said in result["warnings"][0]
        assert result["restored"] == ["cartridges"]
        assert (machine.stack.directory / "config.yaml").read_text() == here
    # That is in the plan too.
    moved = text | {"disk": text["disk"] | {"mount_root": str(machine.stack.directory / "srv2")}}
    await machine.bring(name, sealed(**dict(held.parts) | {"config": yaml.safe_dump(moved)}))
    planned = await machine.job("ImportState", "s", name, confirm=name, dry_run=True)
    assert "Stop there: disk.mount_root" in planned["Result"]["plan"][1]["summary"]
    result = await machine.import_(name)
    assert result["restored"] == ["config"]
    assert "disk.mount_root of the configuration count after a restart" in result["warnings"][0]
    machine.stack.config = moved
    machine.stack.end(machine.stack.processes[-1])
    await machine.start()
    assert len((await machine.import_(name))["restored"]) == 5
    assert str(machine.stack.directory / "srv2/files") in machine.stack.host.mounts()


async def test_an_export_that_finds_no_room_leaves_nothing(machine: Machine) -> None:
    machine.exports.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(machine.exports)]
    if subprocess.run(argv, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        (machine.exports / "filler").write_bytes(b"x" * 4096)
        job = await machine.job("ExportState", wait=False)
        assert (job["State"], job["Error"][0]) == ("failed", "org.bams.Error.OutOfSpace")
        assert [path.name for path in machine.exports.iterdir()] == ["filler"]
    finally:
        subprocess.run(["umount", str(machine.exports)], check=True)


def sealed(**parts: Any) -> bytes:
    return sealing.seal(document.write(document.Document("0.1.0", "old", 1, parts)), PASSPHRASE)
