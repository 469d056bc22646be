"""After a crash in the middle of a change: find out what became of it, and end the job with the truth.

Nothing is taken back or finished by itself here. What is left over is said in an alert, and a person chooses. Only a
mark that ZFS had no time to give is given, so that no volume of ours is unknown.
"""

import asyncio
import logging
import time
from collections.abc import Sequence

from bamsd.core.jobs import Job, Jobs
from bamsd.disk import zfs
from bamsd.disk.books import Books
from bamsd.disk.changes import Changes
from bamsd.disk.models import Mark
from bamsd.disk.outcome import Outcome, judge, unmarked
from bamsd.disk.register import POOL_OPERATIONS, Intent
from bamsd.disk.views import Picture
from bamsd.errors import BamsError, Cancelled, OutOfSync, TimedOut
from bamsd.system.at_work import at_work

log = logging.getLogger(__name__)

POLL_S = 0.1
POOL_LIMIT_S = 120.0
"""After a start of the machine a pool can come later than bamsd: its disks are slow, or it is imported after it."""
POOL_POLL_S = 0.5


async def start(books: Books, changes: Changes, jobs: Jobs, interrupted: Sequence[Job]) -> None:
    """Read all pools, and end every disk job that the last daemon left running.

    The pools concerned are held from the first moment on, so no new change comes before the truth about the old one.
    """
    intents = await books.take_up()
    ours = {job.id: job for job in interrupted if job.operation.startswith("disk-")}
    recovering = [_recover(books, changes, jobs, ours.get(intent.job_id), intent) for intent in intents]
    written = {intent.job_id for intent in intents}
    unbegun = [_never_began(jobs, job) for job in ours.values() if job.id not in written]
    # A program of an old change may go on for long, and pools are to be seen meanwhile.
    await asyncio.gather(books.observe_all(), *recovering, *unbegun)


async def _never_began(jobs: Jobs, job: Job) -> None:
    error = Cancelled(f"bamsd ended before it began to {job.description}. Nothing was changed.")
    await jobs.finish(job.id, state="failed", error=error)


async def _recover(books: Books, changes: Changes, jobs: Jobs, job: Job | None, intent: Intent) -> None:
    doing = f"finding out how job {intent.job_id} ended"
    async with changes.turn(intent.stack, intent.group).held(doing, queue=True):
        program = await _until_rest(intent.mark, changes.limit_s)
        if program:
            outcome = Outcome("unknown", f"Its program {program} goes on; how it ends will be seen when it has ended.")
        else:
            outcome = await _judged(books, intent)
        await books.conclude(intent, outcome)
    log.warning("job %d, %s of %s: %s", intent.job_id, intent.operation, intent.name, outcome.text)
    if job is None:
        return
    if outcome.end == "done":
        result = {"warning": f"It was done while bamsd was away. {outcome.text}"}
        await jobs.finish(job.id, state="succeeded", result=result)
        return
    kind = TimedOut if program else OutOfSync
    error = kind(f"bamsd ended while it tried to {job.description}. {outcome.text}")
    await jobs.finish(job.id, state="failed", error=error)


async def _judged(books: Books, intent: Intent) -> Outcome:
    picture = await _when_pool_is_there(books, intent)
    if volume := unmarked(picture, intent):
        mark = Mark(intent.repository, intent.use, intent.filesystem)
        try:
            await zfs.change(zfs.complete(volume.full_name, mark))
        except BamsError as error:
            log.error("job %d: %s cannot be marked: %s", intent.job_id, volume.full_name, error.message)
        picture = await books.observe(intent.stack, intent.group)
    return judge(picture, intent, finished=False)


async def _when_pool_is_there(books: Books, intent: Intent) -> Picture:
    """The first picture with the pool, or the last one without. A volume is not gone because its pool is not there."""
    deadline = time.monotonic() + POOL_LIMIT_S
    picture = await books.observe(intent.stack, intent.group)
    while not (intent.operation in POOL_OPERATIONS or picture.has_group(intent.stack, intent.group)):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(POOL_POLL_S)
        picture = await books.observe(intent.stack)
    return picture


async def _until_rest(mark: str, limit_s: float) -> str:
    """What the last daemon started goes on, because it is never killed. The program that did so for too long."""
    deadline = time.monotonic() + limit_s
    # Another process's end cannot be awaited, so it is looked for.
    while (program := await at_work(mark)) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(POLL_S)
    return program
