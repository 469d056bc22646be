"""Which backups failed and whether one is missing."""

from bamsd.bacula import backups
from bamsd.bacula.models import SdJob
from bamsd.bacula.views import CatalogJob

HOUR = 3_600_000_000
NOW = 2_000_000 * HOUR // 1000


def job(jobid: int, status: str, ago_h: int, name: str = "nightly", kind: str = "B") -> SdJob:
    return SdJob(jobid, name, f"{name}.x", "F", kind, status, 1, 1, 2, ended_us=NOW - ago_h * HOUR)


def catalog(jobid: int, status: str, ago_h: int, name: str = "nightly") -> CatalogJob:
    return CatalogJob(jobid, name, "B", "F", status, "Fatal Error", "fd", 1, 1, 1, 0, NOW - ago_h * HOUR, "")


def failed(*jobs: SdJob | CatalogJob) -> list[str]:
    return [backup.failure for backup in backups.failed(backups.latest(jobs, {}), NOW).values()]


def test_the_latest_end_counts_whoever_tells_it() -> None:
    assert failed(job(1, "T", 5), catalog(2, "f", 4)) == ["Backup nightly (JobId 2) failed: Fatal Error."]
    assert failed(catalog(2, "f", 4), job(1, "T", 5)) == ["Backup nightly (JobId 2) failed: Fatal Error."]
    assert failed(catalog(2, "f", 4), job(3, "W", 3)) == []
    assert failed(job(1, "E", 5)) == ["Backup nightly (JobId 1) failed: 2 errors."]


def test_what_runs_was_cancelled_or_is_no_backup_says_nothing() -> None:
    assert failed(job(1, "f", 5), job(2, "R", 0), job(3, "A", 1), job(4, "T", 1, kind="R")) == failed(job(1, "f", 5))
    assert failed(job(1, "f", 5, kind="R"), job(2, "A", 5), job(3, "f", 5, name="")) == []
    assert failed(SdJob(1, "nightly", "x", "F", "B", "f", 1, 1, 1)) == [], "it has no end"


def test_a_job_that_nobody_runs_any_more_is_forgotten() -> None:
    assert failed(job(1, "f", 29 * 24)) != []
    assert failed(job(1, "f", 31 * 24)) == []


def test_memory_is_bounded_and_keeps_the_newest() -> None:
    found = backups.latest([job(n, "f", n, name=f"job{n}") for n in range(1, 1000)], {})
    assert len(found) == 200
    assert "job1" in found


def test_a_backup_is_missing_only_after_it_was_expected_for_so_long() -> None:
    assert backups.overdue_h(0, NOW - 25 * HOUR, 26, NOW) == 0
    assert backups.overdue_h(0, NOW - 27 * HOUR, 26, NOW) == 27
    assert backups.overdue_h(NOW - 2 * HOUR, NOW - 99 * HOUR, 26, NOW) == 0
    assert backups.overdue_h(NOW - 99 * HOUR, NOW - 99 * HOUR, 0, NOW) == 0
