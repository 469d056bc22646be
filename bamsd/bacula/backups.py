"""Which backups went wrong, and is one missing? Pure.

The status letters are those of Bacula's catalog (JobStatus): T and W ended well, E, e, f and I did not, A was cancelled
by a person, all others run or wait.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bamsd.bacula.models import SdJob
from bamsd.bacula.views import CatalogJob

BACKUP = "B"
GOOD, BAD = frozenset("TW"), frozenset("EefI")
FORGET_US = 30 * 86400 * 1_000_000
"""A job that nobody runs any more stays failed; after a month it says nothing."""
_MOST_NAMES = 200
_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup that ended, for good or bad."""

    name: str
    jobid: int
    is_good: bool
    text: str
    ended_us: int

    @property
    def failure(self) -> str:
        said = f": {self.text}" if self.text else ""
        return f"Backup {self.name} (JobId {self.jobid}) failed{said}."


def latest(jobs: Iterable[SdJob | CatalogJob], known: Mapping[str, Backup]) -> dict[str, Backup]:
    """The newest ended backup of each name, ``known`` ones included."""
    found = dict(known)
    for job in jobs:
        if job.kind != BACKUP or job.status not in GOOD | BAD or not job.ended_us or not job.name:
            continue
        before = found.get(job.name)
        if before is None or (job.ended_us, job.jobid) >= (before.ended_us, before.jobid):
            text = job.status_text if isinstance(job, CatalogJob) else f"{job.errors} errors" if job.errors else ""
            found[job.name] = Backup(job.name, job.jobid, job.status in GOOD, text, job.ended_us)
    newest = sorted(found.values(), key=lambda backup: -backup.ended_us)[:_MOST_NAMES]
    return {backup.name: backup for backup in newest}


def failed(backups: Mapping[str, Backup], now_us: int) -> dict[str, Backup]:
    return {name: b for name, b in backups.items() if not b.is_good and b.ended_us > now_us - FORGET_US}


def last_good_us(backups: Mapping[str, Backup]) -> int:
    """0 when there is none."""
    return max((backup.ended_us for backup in backups.values() if backup.is_good), default=0)


def overdue_h(good_us: int, since_us: int, expected_h: int, now_us: int) -> int:
    """Hours since the last good backup, or since one has been expected; 0 while it is not overdue."""
    passed_us = now_us - max(good_us, since_us)
    return passed_us // _HOUR_US if expected_h and passed_us > expected_h * _HOUR_US else 0
