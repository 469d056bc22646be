"""kill -9, a robot that hangs, a power cut: the next start tells the truth about the tape, the job and the audit."""

import os
import signal
import subprocess
from typing import Any

from bamsd.core.names import job_path
from bamsd.errors import Busy, TimedOut
from tests.bus.stack import Stack, until
from tests.bus.tapes import LIB, TAPE, Library, prepare, started
from tests.fakes.tape_library import FakeTapes, Gate


async def in_mid_load(stack: Stack) -> tuple[FakeTapes, Gate, subprocess.Popen[bytes]]:
    """A daemon whose robot holds BAM001L8 on its way from slot 1 into drive 0."""
    tapes = prepare(stack)
    process = await stack.daemon()
    library = Library(await stack.client())
    await library.is_in("ready")
    gate = tapes.hold_moves(LIB)
    assert await library.do("Load", 1, 0) == job_path(1)
    await until(lambda: tapes.barcode_moving(LIB) == "BAM001L8", "the robot holds the cartridge")
    return tapes, gate, process


async def crash_and_restart(stack: Stack, process: subprocess.Popen[bytes]) -> Library:
    process.kill()
    process.wait()
    await stack.daemon()
    library = Library(await stack.client())
    await library.is_found()
    return library


async def truth(library: Library) -> dict[str, Any]:
    """The job after it ended; and the audit must be whole and know of its end."""
    job = await library.client.job(job_path(1))
    manager = library.client
    assert (await manager.call("/org/bams", "org.bams.Manager.VerifyAudit"))[0] is True
    entries, _ = await manager.call("/org/bams", "org.bams.Manager.ListAudit", "a{sv}", {})
    ends = [entry["outcome"] for entry in entries if entry["job"] == 1 and entry["method"] == "org.bams.Job"]
    assert ends == ["done" if job["State"] == "succeeded" else "failed"]
    return job


async def test_killed_in_mid_load_the_robot_goes_on_and_the_job_is_found_done(stack: Stack) -> None:
    _, gate, process = await in_mid_load(stack)
    library = await crash_and_restart(stack, process)
    assert (await library.client.get(job_path(1), "org.bams.Job"))["State"] == "running"
    assert isinstance(await library.refused("Load", 2, 1), Busy)
    gate.open()
    job = await truth(library)
    assert job["State"] == "succeeded"
    assert job["Result"]["barcode"] == "BAM001L8"
    assert (await library.drive(0))["Barcode"] == "BAM001L8"
    cartridge = await library.client.call(TAPE, "org.bams.Tape.GetCartridge", "s", "BAM001L8")
    assert cartridge["moves"][0]["cause"] == "bams"
    assert (await library.done("Unload", 0))["to"] == "slot 1"


async def test_killed_together_with_the_robots_program_the_tape_is_said_to_be_nowhere(stack: Stack) -> None:
    tapes, _gate, process = await in_mid_load(stack)
    os.kill(tapes.changer(LIB)["moving"]["pid"], signal.SIGKILL)
    library = await crash_and_restart(stack, process)
    job = await truth(library)
    assert job["State"] == "failed"
    assert job["Error"][0] == "org.bams.Error.OutOfSync"
    assert "BAM001L8 is in no slot and no drive now" in job["Error"][1]
    assert (await library.drive(0))["State"] == "empty"


async def test_killed_and_the_tape_went_back_it_is_said_to_be_in_its_slot(stack: Stack) -> None:
    tapes, _gate, process = await in_mid_load(stack)
    os.kill(tapes.changer(LIB)["moving"]["pid"], signal.SIGKILL)
    tapes.put(LIB, 1, "BAM001L8")
    library = await crash_and_restart(stack, process)
    job = await truth(library)
    assert job["State"] == "failed"
    assert "BAM001L8 is in slot 1 now" in job["Error"][1]


async def test_a_refused_or_unstarted_job_leaves_nothing(stack: Stack) -> None:
    tapes = prepare(stack)
    process = await stack.daemon()
    client = await stack.client()
    library = Library(client)
    await library.is_in("ready")
    tapes.hang_next(LIB, "status")
    before = len(tapes.calls("mtx"))
    client.send_call(TAPE, "org.bams.Tape.Load", "suua{sv}", LIB, 1, 0, {})
    await until(lambda: len(tapes.calls("mtx")) > before, "the reading before the move began")
    library = await crash_and_restart(stack, process)
    await library.is_in("ready")
    assert not [path for path in await library.client.objects() if "/jobs/" in path]
    assert tapes.barcode_in_slot(LIB, 1) == "BAM001L8"


async def test_a_move_over_its_limit_is_never_killed_and_keeps_the_robot_until_it_ends(stack: Stack) -> None:
    stack.config["tape"] = {"move_timeout_s": 0.5}
    tapes, library = await started(stack)
    gate = tapes.hold_moves(LIB)
    refusal = await library.refused("Load", 1, 0, wait=True)
    assert isinstance(refusal, TimedOut)
    assert "did not finish load" in refusal.message
    manager = "org.bams.Manager"
    assert [a["id"] for a in (await library.client.get("/org/bams", manager))["Alerts"]] == [
        f"tape-move-unfinished/{LIB}"
    ]
    again = await library.refused("Load", 2, 1)
    assert isinstance(again, Busy)
    assert "Another program uses the robot" in again.message
    gate.open()
    await until(lambda: tapes.barcode_in_drive(LIB, 0) == "BAM001L8", "the robot ends by itself")
    await until(lambda: tapes.barcode_moving(LIB) is None, "the robot rests")
    await library.done("Inventory")
    assert (await library.client.get("/org/bams", manager))["Alerts"] == []
    assert (await library.drive(0))["Barcode"] == "BAM001L8"


async def test_stopped_in_order_during_a_move_the_robot_goes_on(stack: Stack) -> None:
    tapes, gate, process = await in_mid_load(stack)
    process.send_signal(signal.SIGTERM)
    gate.open()
    assert process.wait(30) == 0
    assert tapes.barcode_in_drive(LIB, 0) == "BAM001L8"
    await stack.daemon()
    job = await truth(Library(await stack.client()))
    assert job["State"] == "succeeded"
