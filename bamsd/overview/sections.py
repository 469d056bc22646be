"""The sections of the overview as a client gets them: frozen values in, plain values out. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bamsd.core.alerts import Alert, plain
from bamsd.core.job import Job
from bamsd.core.names import job_path
from bamsd.overview.forecast import Forecast
from bamsd.overview.models import Bacula, BaculaJob, Health, Iscsi, Library, Rates, Space, Target, UnitState
from bamsd.overview.units import UNITS, Watched

ALL, WORST = 50, 25
"""Up to so many things are all listed; of more, those that need a look first. A client has the objects for the rest."""
_SEVERITIES: tuple[Health, ...] = ("critical", "warning", "info")
_TARGET_ORDER = ("failed", "drifted", "unknown", "pending", "foreign", "in-sync")

Section = dict[str, Any]


def health(alerts: Iterable[Alert]) -> Health:
    """The severity of the worst alert, also of one that a person has seen: its condition still holds."""
    found = {alert.severity for alert in alerts}
    return next((severity for severity in _SEVERITIES if severity in found), "ok")


def alerts(found: Sequence[Alert]) -> Section:
    worst = sorted(found, key=lambda alert: (_SEVERITIES.index(alert.severity), -alert.since_us))[:ALL]
    return {"health": health(found), "alerts": [plain(alert) for alert in worst], "alert_count": len(found)}


def pools(spaces: Sequence[Space], forecasts: Mapping[str, Forecast]) -> Section:
    found = [space for space in spaces if space.kind == "pool"]
    return {"pools": [_space(s, forecasts) for s in first(found, forecasts)], "pool_count": len(found)}


def repositories(spaces: Sequence[Space], forecasts: Mapping[str, Forecast]) -> Section:
    found = [space for space in spaces if space.kind == "repository"]
    return {
        "repositories": [
            _space(s, forecasts) | {"pool": s.pool, "use": s.use, "state_text": s.state_text}
            for s in first(found, forecasts)
        ],
        "repository_count": len(found),
        "repository_states": dict(Counter(space.state for space in found)),
    }


def first(spaces: Sequence[Space], forecasts: Mapping[str, Forecast]) -> Sequence[Space]:
    """All by name, or those that need a look first: not well, full soonest, fullest."""
    if len(spaces) <= ALL:
        return sorted(spaces, key=lambda space: space.name)

    def need(space: Space) -> tuple[bool, float, float, str]:
        forecast = forecasts.get(space.series)
        days = math.inf if forecast is None or forecast.days is None else forecast.days
        share = (space.used_bytes or 0) / space.size_bytes if space.size_bytes else 0.0
        return space.is_well, days, -share, space.name

    return sorted(spaces, key=need)[:WORST]


def _space(space: Space, forecasts: Mapping[str, Forecast]) -> dict[str, Any]:
    found = forecasts.get(space.series)
    return known(
        {
            "path": space.path,
            "name": space.name,
            "kind": space.type,
            "state": space.state,
            "size": space.size_bytes,
            "used": space.used_bytes,
            "free": space.free_bytes,
            "growth_per_day": found.growth_per_day if found else None,
            "forecast": forecast_entry(found) if found else None,
        }
    )


def forecast_entry(found: Forecast) -> dict[str, Any]:
    return known(
        {
            "state": found.state,
            "text": found.text,
            "days": found.days,
            "days_low": found.days_low,
            "days_high": found.days_high,
        }
    )


def libraries(found: Sequence[Library]) -> Section:
    return {"libraries": [_library(library) for library in found]}


def _library(library: Library) -> dict[str, Any]:
    return {
        "path": library.path,
        "name": library.name,
        "state": library.state,
        "error": library.error,
        "slots": library.slots,
        "full": library.full,
        "free": library.slots - library.full,
        "import_export": library.import_export,
        "cleaning": library.cleaning,
        "drives": [
            {
                "path": drive.path,
                "index": drive.index,
                "state": drive.state,
                "barcode": drive.barcode,
                "held_by": drive.held_by,
                "needs_cleaning": drive.needs_cleaning,
            }
            for drive in library.drives
        ],
    }


def iscsi(found: Iscsi, rates: Rates | None) -> Section:
    listed: Sequence[Target] = found.targets
    if len(listed) > ALL:
        listed = sorted(listed, key=lambda target: (_order(target), target.iqn))[:WORST]
    section = {
        "stack": found.stack,
        "problem": found.problem,
        "target_count": len(found.targets),
        "session_count": sum(target.sessions for target in found.targets),
        "read_rate": rates.read if rates else None,
        "write_rate": rates.written if rates else None,
        "states": dict(Counter(target.state for target in found.targets)),
        "targets": [_target(target) for target in listed],
    }
    return {"iscsi": known(section)}


def _order(target: Target) -> int:
    return _TARGET_ORDER.index(target.state) if target.state in _TARGET_ORDER else 0


def _target(target: Target) -> dict[str, Any]:
    return {
        "path": target.path,
        "iqn": target.iqn,
        "alias": target.alias,
        "state": target.state,
        "state_text": target.state_text,
        "session_count": target.sessions,
    }


def bacula(found: Bacula) -> Section:
    section = {
        "known": found.is_known,
        "problem": found.problem,
        "running": [_bacula_job(job) for job in found.running[:ALL]],
        "last_failed": _bacula_job(found.last_failed) if found.last_failed else {},
    }
    return {"bacula": section}


def _bacula_job(job: BaculaJob) -> dict[str, Any]:
    return {
        "jobid": job.jobid,
        "name": job.name,
        "level": job.level,
        "status": job.status,
        "bytes": job.bytes,
        "files": job.files,
        "errors": job.errors,
        "started": job.started_us,
        "ended": job.ended_us,
    }


def units(states: Mapping[str, UnitState]) -> Section:
    return {"units": [_unit(watched, states) for watched in UNITS]}


def _unit(watched: Watched, states: Mapping[str, UnitState]) -> dict[str, Any]:
    unit, found = watched.of(states)
    return {
        "name": watched.name,
        "unit": unit,
        "description": watched.description,
        "load": found.load,
        "state": found.state,
        "sub": found.sub,
    }


def jobs(found: Iterable[Job]) -> Section:
    running = [job for job in found if job.state == "running"][-ALL:]
    return {"jobs": [_job(job) for job in running]}


def _job(job: Job) -> dict[str, Any]:
    return {
        "path": job_path(job.id),
        "operation": job.operation,
        "description": job.description,
        "progress": job.progress,
        "progress_valid": job.progress_valid,
        "started_by": job.started_by,
        "start": job.start_us,
    }


def known(values: dict[str, Any]) -> dict[str, Any]:
    """What is not known is left out."""
    return {name: value for name, value in values.items() if value is not None}
