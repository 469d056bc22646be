"""The end of a job as the audit record has it."""

from collections.abc import Mapping

from bamsd.core.audit import Entry, Outcome
from bamsd.core.job import Job
from bamsd.core.names import job_path

_OUTCOMES: Mapping[str, Outcome] = {"succeeded": "done", "cancelled": "cancelled"}


def ended(job: Job) -> Entry:
    return Entry(
        action=job.action,
        method="org.bams.Job",
        object=job_path(job.id),
        description=job.description,
        arguments={},
        person=job.started_by,
        login_uid=None,
        uid=job.started_by_uid,
        pid=0,
        outcome=_OUTCOMES.get(job.state, "failed"),
        error=f"{job.error_name}: {job.error_message}" if job.error_name else "",
        duration_us=max(0, job.end_us - job.start_us),
        job=job.id,
    )
