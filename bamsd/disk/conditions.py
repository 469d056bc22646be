"""Which conditions of disks need a person? Pure: a picture in, alerts out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bamsd.core.alerts import Severity
from bamsd.core.names import job_path, pool_path
from bamsd.disk.models import Pool, Volume
from bamsd.disk.register import Intent
from bamsd.disk.views import LEFTOVERS, Picture, RepositoryView

PREFIX = "disk-"

LEVELS: tuple[tuple[float, Severity], ...] = ((95.0, "critical"), (90.0, "warning"), (80.0, "info"))
"""From how many percent on which severity."""


@dataclass(frozen=True, slots=True)
class Condition:
    """An alert that should stand. The id begins with ``PREFIX``."""

    id: str
    severity: Severity
    summary: str
    advice: str
    object: str = ""


def conditions(picture: Picture, repositories: dict[str, RepositoryView]) -> dict[str, Condition]:
    """Every alert of disks by its id."""
    found = [*_unreadable(picture), *_pools(picture), *_repositories(picture, repositories), *_volumes(picture)]
    return {condition.id: condition for condition in found}


def unsettled(intents: Iterable[Intent]) -> dict[str, Condition]:
    """Changes that ended without anybody knowing how: their program goes on, or their pool does not answer."""
    found = (
        Condition(
            f"{PREFIX}unsettled/{intent.job_id}",
            "warning",
            f"It is not known yet how job {intent.job_id} ended: {intent.operation} of {intent.name}.",
            f"Its program still runs, or {intent.pool} does not answer. Nothing else of it is changed until that ends.",
            job_path(intent.job_id),
        )
        for intent in intents
        if intent.ended
    )
    return {condition.id: condition for condition in found}


def level(percent: float | None) -> Severity | None:
    if percent is None:
        return None
    return next((severity for least, severity in LEVELS if percent >= least), None)


def _unreadable(picture: Picture) -> Iterator[Condition]:
    for stack, reading in picture.readings.items():
        for group, problem in reading.problems.items():
            what = f"Pool {group}" if group else f"The {stack.upper()} of this host"
            yield Condition(
                f"{PREFIX}unresponsive/{stack}:{group}",
                "critical",
                f"{what} does not answer: {problem}",
                "Look at its disks and at the kernel's log. What BAMS shows of it is what was known last.",
                pool_path(stack, group) if group else "",
            )


def _pools(picture: Picture) -> Iterator[Condition]:
    for pool in picture.pools:
        path = pool_path(pool.stack, pool.name)
        if pool.health not in ("online", "unresponsive"):
            yield Condition(
                f"{PREFIX}health/{pool.stack}:{pool.name}",
                "warning" if pool.health == "degraded" else "critical",
                f"Pool {pool.name} is {pool.health}.{f' {pool.health_text}' if pool.health_text else ''}"
                f"{_bad_members(pool)}",
                "Replace or reconnect the disks that are named, before another one fails.",
                path,
            )
        for what, percent in (("space", pool.data_percent), ("metadata", pool.metadata_percent)):
            severity = level(percent)
            if severity:
                yield Condition(
                    f"{PREFIX}{what}/{pool.stack}:{pool.name}",
                    severity,
                    f"The {'data' if what == 'space' else what} of pool {pool.name} is {percent:.0f} % full.",
                    "Extend the pool, or delete snapshots and repositories that nobody needs. "
                    "A full pool stops every repository in it.",
                    path,
                )


def _bad_members(pool: Pool) -> str:
    bad = [f"{m.path} is {m.state}{f' ({m.reason})' if m.reason else ''}" for m in pool.members if m.state != "online"]
    return f" {'; '.join(bad)}." if bad else ""


def _repositories(picture: Picture, repositories: dict[str, RepositoryView]) -> Iterator[Condition]:
    for view in repositories.values():
        if not view.owned:
            continue
        if view.state == "missing":
            yield Condition(
                f"{PREFIX}missing/{view.uuid}",
                "critical",
                f"Repository {view.name} is missing: {view.state_text}.",
                "Connect its disks. If it is gone for good, delete the repository to forget it.",
                view.path,
            )
        elif leftover := picture.rows[view.uuid].leftover:
            yield Condition(
                f"{PREFIX}leftover/{view.uuid}",
                "warning",
                f"Repository {view.name} is incomplete: {LEFTOVERS[leftover]}.",
                "FinishRepository completes it; DeleteRepository takes it back.",
                view.path,
            )
        elif view.state == "faulted":
            yield Condition(
                f"{PREFIX}faulted/{view.uuid}",
                "critical",
                f"Repository {view.name} is damaged: {view.state_text}.",
                "Look at the disks of its pool.",
                view.path,
            )


def _volumes(picture: Picture) -> Iterator[Condition]:
    for volume in picture.volumes:
        yield from _snapshots(volume)
        if volume.repository and len(picture.volumes_of(volume.repository)) > 1:
            row = picture.rows.get(volume.repository)
            names = ", ".join(v.full_name for v in picture.volumes_of(volume.repository))
            yield Condition(
                f"{PREFIX}copy/{volume.repository}",
                "warning",
                f"Several volumes carry the mark of repository {row.name if row else volume.repository}: {names}.",
                "One is a copy made outside BAMS. Remove the mark from the copy, or the copy.",
            )


def _snapshots(volume: Volume) -> Iterator[Condition]:
    for snapshot in volume.snapshots:
        severity = level(snapshot.used_percent)
        if not snapshot.valid:
            severity = "critical"
        if severity and snapshot.owned:
            state = f"is {snapshot.used_percent:.0f} % full" if snapshot.valid else "ran full and has lost its content"
            yield Condition(
                f"{PREFIX}snapshot/{volume.stack}:{volume.full_name}.{snapshot.name}",
                severity,
                f"Snapshot {snapshot.name} of {volume.full_name} {state}.",
                "Delete it. A thick LVM snapshot that runs full is lost; take the next one with a larger size.",
            )
