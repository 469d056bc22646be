"""After a start: give back what a crash left held, restore what a reboot took away, and end jobs that were cut off."""

import logging
from collections.abc import Iterable

from bamsd.core.jobs import Job, Jobs
from bamsd.errors import NotReady, OutOfSync
from bamsd.iscsi.books import Books

log = logging.getLogger(__name__)


async def start(books: Books, jobs: Jobs, interrupted: Iterable[Job], *, rebooted: bool) -> None:
    """``rebooted``: the machine was started anew since BAMS last looked, so that the kernel forgot everything."""
    if said := await books.settle():
        log.warning("iSCSI: %s", said)
    await books.observe()
    await books.restore(always=rebooted)
    if rebooted:
        await books.repair()
    for job in interrupted:
        if job.operation.startswith("iscsi-"):
            await _finish(books, jobs, job)


async def _finish(books: Books, jobs: Jobs, job: Job) -> None:
    """What is wanted was kept before the kernel was touched, so an Apply finishes every change."""
    if books.found.problem:
        error = NotReady(f"bamsd ended during this, and how far it came is not known: {books.found.problem}")
        await jobs.finish(job.id, state="failed", error=error)
        return
    left = [view for view in books.views.values() if view.path in job.objects and view.state != "in-sync"]
    if left:
        text = f"bamsd ended during this. Target {left[0].target.iqn} is {left[0].state}; Apply brings it into force."
        await jobs.finish(job.id, state="failed", error=OutOfSync(text))
    else:
        await jobs.finish(job.id, state="succeeded", result={"recovered": True})
