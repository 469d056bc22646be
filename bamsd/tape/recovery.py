"""After a crash or a restart in mid-move: find out what became of the cartridge, and end the job with the truth."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bamsd.core.jobs import Job, Jobs
from bamsd.errors import BamsError, Cancelled, NotFound, OutOfSync, TimedOut
from bamsd.tape.library import Library
from bamsd.tape.moves import is_at
from bamsd.tape.register import places
from bamsd.tape.service import Tape
from bamsd.tape.views import Move, Place

log = logging.getLogger(__name__)

POLL_S = 1.0


async def start(tape: Tape, jobs: Jobs, interrupted: Sequence[Job]) -> None:
    """Find and read the libraries, and end every tape job that the last daemon left running.

    The robots concerned are held from the first moment on, so no new move can come before the truth about the old one
    is known.
    """
    intents = {intent["job_id"]: intent for intent in await tape.mover.intents()}
    ours = [job for job in interrupted if job.operation.startswith("tape-")]
    await tape.discover()
    await asyncio.gather(*(_recover_one(tape, jobs, job, intents.get(job.id)) for job in ours), tape.read_all())
    for stale in intents.keys() - {job.id for job in ours}:
        await tape.mover.forget_intent(stale)


async def _recover_one(tape: Tape, jobs: Jobs, job: Job, intent: Mapping[str, Any] | None) -> None:
    try:
        if intent is None:
            raise Cancelled(f"bamsd ended before {job.description} began. No cartridge was moved.")
        result = await _what_happened(tape, job, intent)
    except BamsError as error:
        log.warning("job %d: %s: %s", job.id, job.description, error.message)
        await jobs.finish(job.id, state="failed", error=error)
    else:
        log.info("job %d: %s: was done while bamsd was away", job.id, job.description)
        await jobs.finish(job.id, state="succeeded", result=result)
    await tape.mover.forget_intent(job.id)


async def _what_happened(tape: Tape, job: Job, intent: Mapping[str, Any]) -> dict[str, Any]:
    move = Move(
        intent["operation"],
        intent["library_serial"],
        Place(intent["from_kind"], intent["from_number"]),
        Place(intent["to_kind"], intent["to_number"]),
        intent["barcode"],
    )
    try:
        library = tape.find(intent["library_serial"])
    except NotFound:
        raise NotFound(
            f"Library {intent['library_serial']} is not connected, so nobody knows how {job.description} ended. "
            "Connect it and run an inventory."
        ) from None
    async with library.robot.held(f"finding out how job {job.id} ended", queue=True):
        await _until_robot_rests(library)
        await tape.acquaint(library)
        status = await tape.observe(library, move=move, person=job.started_by)
    if is_at(status, move.target, move.barcode):
        if move.operation == "tape-clean":
            raise OutOfSync(
                f"bamsd ended while drive {move.target.number} of {library.name} was being cleaned. "
                f"The cleaning cartridge {move.barcode} is still in it: unload the drive."
            )
        return {"library": library.serial, "barcode": move.barcode, "from": str(move.source), "to": str(move.target)}
    where = places(status).get(move.barcode)
    raise OutOfSync(
        f"bamsd ended while it tried to {job.description}. Cartridge {move.barcode or 'without barcode'} "
        + (f"is in {where} now." if where else "is in no slot and no drive now: look into the library.")
    )


async def _until_robot_rests(library: Library) -> None:
    """The mtx of the last daemon was left to finish its move. Wait for it, up to the limit of a move."""
    deadline = time.monotonic() + (library.settings.move_timeout_s or 0.0)
    library.move_may_run_on = True
    while any(opener.path == library.changer.sg for opener in await library.openers()):
        if time.monotonic() > deadline:
            raise TimedOut(
                f"A program that was started before still moves the robot of {library.name}. "
                "Look at the library's panel; run an inventory when it has stopped."
            )
        await asyncio.sleep(POLL_S)
    library.move_may_run_on = False
