"""After a crash in the middle of a change: find out what became of it, and end the job with the truth.

Nothing is taken back or finished by itself here. What is left over is said in an alert, and a person chooses. Only a
mark that ZFS had no time to give is given, so that no volume of ours is unknown.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from bamsd.core.jobs import Job, Jobs
from bamsd.disk import zfs
from bamsd.disk.books import Books
from bamsd.disk.changes import Changes
from bamsd.disk.models import Mark
from bamsd.disk.outcome import FORMAT_STAGE, Outcome, judge, unmarked
from bamsd.disk.register import POOL_OPERATIONS, Intent
from bamsd.disk.views import Picture, device_path
from bamsd.errors import BamsError, Cancelled, OutOfSync
from bamsd.system.open_files import who_has_open

log = logging.getLogger(__name__)

POLL_S = 0.5
POOL_LIMIT_S = 120.0
"""After a start of the machine a pool can come later than bamsd: its disks are slow, or it is imported after it."""
FORMAT_LIMIT_S = 600.0
"""mkfs of a large volume takes minutes. It outlives bamsd, because it is never killed."""


async def start(books: Books, changes: Changes, jobs: Jobs, interrupted: Sequence[Job]) -> None:
    """Read all pools, and end every disk job that the last daemon left running.

    The pools concerned are held from the first moment on, so no new change comes before the truth about the old one.
    """
    intents = await books.take_up()
    ours = {job.id: job for job in interrupted if job.operation.startswith("disk-")}
    recovering = [_recover(books, changes, jobs, ours.get(intent.job_id), intent) for intent in intents]
    written = {intent.job_id for intent in intents}
    unbegun = [_never_began(jobs, job) for job in ours.values() if job.id not in written]
    await asyncio.gather(*recovering, *unbegun)
    await books.observe_all()


async def _never_began(jobs: Jobs, job: Job) -> None:
    error = Cancelled(f"bamsd ended before it began to {job.description}. Nothing was changed.")
    await jobs.finish(job.id, state="failed", error=error)


async def _recover(books: Books, changes: Changes, jobs: Jobs, job: Job | None, intent: Intent) -> None:
    doing = f"finding out how job {intent.job_id} ended"
    async with changes.turn(intent.stack, intent.group).held(doing, queue=True):
        await _until_mkfs_rests(intent)
        outcome = await _judged(books, intent)
        await books.conclude(intent, outcome)
    log.warning("job %d, %s of %s: %s", intent.job_id, intent.operation, intent.name, outcome.text)
    if job is None:
        return
    if outcome.end == "done":
        await jobs.finish(job.id, state="succeeded", result={"warning": "It was done while bamsd was away."})
        return
    error: BamsError = OutOfSync(f"bamsd ended while it tried to {job.description}. {outcome.text}")
    await jobs.finish(job.id, state="failed", error=error)


async def _judged(books: Books, intent: Intent) -> Outcome:
    picture = await _when_pool_is_there(books, intent)
    if volume := unmarked(picture, intent):
        mark = Mark(intent.repository, intent.use, intent.filesystem)
        try:
            await zfs.change(zfs.complete(volume.full_name, mark))
        except BamsError as error:
            log.error("job %d: %s cannot be marked: %s", intent.job_id, volume.full_name, error.message)
        picture = await books.observe(intent.stack)
    return judge(picture, intent, finished=False)


async def _when_pool_is_there(books: Books, intent: Intent) -> Picture:
    """The first picture with the pool, or the last one without. A volume is not gone because its pool is not there."""
    deadline = time.monotonic() + POOL_LIMIT_S
    picture = await books.observe(intent.stack)
    while not (intent.operation in POOL_OPERATIONS or picture.has_group(intent.stack, intent.group)):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(POLL_S)
        picture = await books.observe(intent.stack)
    return picture


async def _until_mkfs_rests(intent: Intent) -> None:
    """A mkfs of the last daemon goes on; wait until it lets go of the volume."""
    if intent.operation != "disk-create" or intent.use != "filesystem" or intent.stage != FORMAT_STAGE:
        return
    device = device_path(Path("/dev"), intent.stack, f"{intent.group}/{intent.volume}")
    deadline = time.monotonic() + FORMAT_LIMIT_S
    # Another process's end cannot be awaited, so it is looked for.
    while time.monotonic() < deadline and await who_has_open([device], children=True):  # noqa: ASYNC110
        await asyncio.sleep(POLL_S)
