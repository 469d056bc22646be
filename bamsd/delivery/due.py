"""What a way has to be told now, and when to look again. Pure.

There is no queue: what is to be told is the difference between the alerts that stand and what the way was last told.
So nothing is lost by a crash, nothing grows while a mail system is down, and a condition that came and went meanwhile
makes no noise.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bamsd.core.alerts import Alert
from bamsd.delivery.models import SEVERITIES, Change, Severity, Told

NEVER_US = 1 << 62


@dataclass(frozen=True, slots=True)
class Pace:
    """``settle_us``: a change must stand so long. ``quiet_us``: a condition that came back waits so long."""

    settle_us: int
    quiet_us: int
    least: Severity


@dataclass(frozen=True, slots=True)
class Due:
    """``changes`` are to be told now, the worst first. ``next_us`` is when the next one will be, if nothing happens."""

    changes: tuple[Change, ...]
    next_us: int


def due(
    alerts: Iterable[Alert],
    told: Mapping[str, Told],
    changed_us: Mapping[str, int],
    came_back: Mapping[str, int],
    pace: Pace,
    now_us: int,
) -> Due:
    """``changed_us`` says when a condition last began, ended or changed its severity; one not in there: long ago."""
    standing = {alert.id: alert for alert in alerts if _rank(alert.severity) >= _rank(pace.least)}

    def settled(id: str) -> int:
        changed = changed_us.get(id, 0)
        return changed + pace.settle_us if changed <= now_us else 0  # the clock was set back

    times = [(_raised_at(a, told.get(a.id), settled(a.id), pace, now_us), a.id) for a in standing.values()]
    times += [(settled(id), id) for id, known in told.items() if not known.is_over]
    found, next_us = [], NEVER_US
    for time_us, id in times:
        change = _change(standing.get(id), told.get(id), came_back.get(id, 0))
        if change is None:
            continue
        if time_us <= now_us:
            found.append(change)
        else:
            next_us = min(next_us, time_us)
    unique = {change.id: change for change in found}
    ordered = sorted(unique.values(), key=lambda c: (c.event != "raised", -_rank(c.severity), c.since_us, c.id))
    return Due(tuple(ordered), next_us)


def _raised_at(alert: Alert, told: Told | None, settled: int, pace: Pace, now_us: int) -> int:
    """When it may be told that a condition stands. One that became worse does not wait for the quiet time."""
    if told is None or not told.is_over or _rank(alert.severity) > _rank(told.severity) or told.told_us > now_us:
        return settled
    return max(settled, told.told_us + pace.quiet_us)


def _change(alert: Alert | None, told: Told | None, came_back: int) -> Change | None:
    """The difference between what stands and what was told; None when there is none worth telling."""
    if alert is None:
        if told is None or told.is_over:
            return None
        return Change("cleared", told.id, told.severity, told.summary, told.advice, told.object, told.since_us)
    if told is None or told.is_over or _rank(alert.severity) > _rank(told.severity):
        again = came_back if told and told.is_over else 0
        known = (alert.id, alert.severity, alert.summary, alert.advice, alert.object, alert.since_us)
        return Change("raised", *known, again)
    return None


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)
