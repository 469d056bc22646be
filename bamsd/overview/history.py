"""Samples over time: minutes for two days, hours for three months, days for ten years.

Every sample goes into the minute of its time, so that no minute has two: a clock that is set back writes its minutes
again. When the hour changes, the hour before is condensed to lowest, mean and highest, and so is its day. That can be
done again at any time and comes to the same, so a crash loses nothing but the minute it happened in.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from bamsd.core.clock import Clock, now_us
from bamsd.core.store import Statement, Store
from bamsd.errors import InvalidArgument, NotFound
from bamsd.overview.models import Curve, Point, Sample, Series

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
KEPT_S = {MINUTE_S: 2 * DAY_S, HOUR_S: 90 * DAY_S, DAY_S: 3650 * DAY_S}
"""How long samples of a width are kept."""
MOST_SAMPLES = 500
"""Of one minute. A host with thousands of repositories would fill the disk of the store with their history."""
MOST_CATCH_UP_H = 24
"""How far the end of what is kept moves in an hour: a clock that goes wrong for an hour must not cost ten years."""
_PRUNED = "history_pruned"
_LATEST_S = 1 << 33
"""Year 2242: what a person may ask for."""

_KEEP = "INSERT INTO history_series (id, name, object, unit, description) VALUES (?, ?, ?, ?, ?)"
_RENAME = "UPDATE history_series SET object = ?, unit = ?, description = ? WHERE id = ?"
_SAMPLE = "INSERT OR REPLACE INTO history_minutes (series, minute, value) VALUES (?, ?, ?)"
# CROSS JOIN makes SQLite go series by series, where the index tells the range at once. What has more samples stays:
# minutes that are gone already must not make an old hour poorer.
_HOUR = """
INSERT INTO history_hours (series, hour, low, mean, high, samples)
SELECT s.id, m.minute / 60, MIN(m.value), AVG(m.value), MAX(m.value), COUNT(*)
FROM history_series s CROSS JOIN history_minutes m ON m.series = s.id AND m.minute >= :hour * 60
    AND m.minute < :hour * 60 + 60
WHERE true GROUP BY s.id, m.minute / 60
ON CONFLICT (series, hour) DO UPDATE SET low = excluded.low, mean = excluded.mean, high = excluded.high,
    samples = excluded.samples WHERE excluded.samples >= history_hours.samples
"""
_DAY = """
INSERT INTO history_days (series, day, low, mean, high, samples)
SELECT s.id, h.hour / 24, MIN(h.low), SUM(h.mean * h.samples) / SUM(h.samples), MAX(h.high), SUM(h.samples)
FROM history_series s CROSS JOIN history_hours h ON h.series = s.id AND h.hour >= :day * 24 AND h.hour < :day * 24 + 24
WHERE true GROUP BY s.id, h.hour / 24
ON CONFLICT (series, day) DO UPDATE SET low = excluded.low, mean = excluded.mean, high = excluded.high,
    samples = excluded.samples WHERE excluded.samples >= history_days.samples
"""
_FORGET = (
    (MINUTE_S, "DELETE FROM history_minutes WHERE series IN (SELECT id FROM history_series) AND minute < ?"),
    (HOUR_S, "DELETE FROM history_hours WHERE series IN (SELECT id FROM history_series) AND hour < ?"),
    (DAY_S, "DELETE FROM history_days WHERE series IN (SELECT id FROM history_series) AND day < ?"),
)
_FORGET_SERIES = """
DELETE FROM history_series WHERE NOT EXISTS (SELECT 1 FROM history_minutes WHERE series = id)
    AND NOT EXISTS (SELECT 1 FROM history_hours WHERE series = id)
    AND NOT EXISTS (SELECT 1 FROM history_days WHERE series = id)
"""
_LAST = """
SELECT MAX(last) AS last FROM
    (SELECT (SELECT MAX(minute) FROM history_minutes WHERE series = s.id) AS last FROM history_series s)
"""
_MINUTES = """
SELECT minute * 60 AS time, value AS low, value AS mean, value AS high, 1 AS samples FROM history_minutes
WHERE series = :id AND minute >= :first / 60 AND minute < :end / 60
"""
# The hour that runs is not condensed yet: its minutes stand in for it.
_RUNNING = """
UNION ALL SELECT minute * 60, value, value, value, 1 FROM history_minutes
WHERE series = :id AND minute >= MAX(:hour * 60, :first / 60) AND minute < MIN(:hour * 60 + 60, :end / 60)
"""
_HOURS = f"""
SELECT hour * 3600 AS time, low, mean, high, samples FROM history_hours
WHERE series = :id AND hour >= :first / 3600 AND hour < :end / 3600 AND hour != :hour {_RUNNING}
"""  # noqa: S608
_DAYS = f"""
SELECT day * 86400 AS time, low, mean, high, samples FROM history_days
WHERE series = :id AND day >= :first / 86400 AND day < :end / 86400 {_RUNNING}
"""  # noqa: S608
_FROM = {MINUTE_S: _MINUTES, HOUR_S: _HOURS, DAY_S: _DAYS}
_WINDOWS = """
SELECT (:now - hour) / 24 AS age, AVG(hour) + 0.5 AS hour, SUM(mean * samples) / SUM(samples) AS mean,
    COUNT(*) AS hours
FROM history_hours WHERE series = :id AND hour <= :now AND hour > :now - :days * 24 GROUP BY age ORDER BY age DESC
"""


class History:
    """All series of this host. Errors of the store come out of every method that waits."""

    def __init__(self, store: Store, *, clock: Clock = now_us) -> None:
        self._store = store
        self._clock = clock
        self._series: dict[str, Series] = {}
        self._ids: dict[str, int] = {}
        self._hour = 0
        """The hour that is being filled; 0 before the first sample ever."""
        self._pruned = 0

    async def open(self) -> None:
        await self._store.execute(_FORGET_SERIES)
        rows = await self._store.query("SELECT * FROM history_series ORDER BY id")
        self._ids = {row["name"]: row["id"] for row in rows}
        self._series = {
            row["name"]: Series(row["name"], row["object"], row["unit"], row["description"]) for row in rows
        }
        [found] = await self._store.query(_LAST)
        self._hour = (found["last"] or 0) // 60
        kept = await self._store.recall(_PRUNED)
        self._pruned = int(kept) if kept.isdecimal() else self._hour

    def known(self) -> tuple[Series, ...]:
        """Every series of which something is kept, also those of things that are gone."""
        return tuple(self._series.values())

    async def record(self, samples: Sequence[Sample]) -> None:
        """Keep the samples of this minute. The first ones count when there are more than ``MOST_SAMPLES``."""
        samples = samples[:MOST_SAMPLES]
        minute = self._clock() // 1_000_000 // MINUTE_S
        statements = [*self._named(sample.series for sample in samples)]
        statements += [(_SAMPLE, (self._ids[s.series.name], minute, s.value)) for s in samples]
        hour = minute // 60
        ended, self._hour = self._hour, hour
        if ended != hour:
            statements += self._condensed(ended)
            statements += self._forgotten(hour)
        if not statements:
            return
        await self._store.transaction(statements)
        if ended != hour:
            await self._store.remember(_PRUNED, str(self._pruned))

    def _named(self, series: Iterable[Series]) -> Iterable[Statement]:
        """Learn new names, and take over what reads differently now: a repository may have been renamed."""
        for one in series:
            known = self._series.get(one.name)
            if known == one:
                continue
            if known is None:
                self._ids[one.name] = max(self._ids.values(), default=0) + 1
                yield _KEEP, (self._ids[one.name], one.name, one.object, one.unit, one.description)
            else:
                yield _RENAME, (one.object, one.unit, one.description, self._ids[one.name])
            self._series[one.name] = one

    @staticmethod
    def _condensed(hour: int) -> list[Statement]:
        return [(_HOUR, {"hour": hour}), (_DAY, {"day": hour // 24})] if hour else []

    def _forgotten(self, hour: int) -> list[Statement]:
        self._pruned = min(hour, (self._pruned or hour) + MOST_CATCH_UP_H)
        now_s = self._pruned * HOUR_S
        return [(sql, ((now_s - KEPT_S[width_s]) // width_s,)) for width_s, sql in _FORGET]

    async def read(self, names: Sequence[str], since_us: int, until_us: int, points: int) -> list[Curve]:
        """The curves of some series in a time, each with at most so many points.

        Raises NotFound for an unknown series and InvalidArgument when there is no time between the two.
        """
        since_s, until_s = since_us // 1_000_000, min(until_us // 1_000_000, _LATEST_S)
        if since_s >= until_s:
            raise InvalidArgument("The time since is not before the time until: give one that is.")
        unknown = next((name for name in names if name not in self._ids), None)
        if unknown is not None:
            raise NotFound(f"There is no series {unknown[:128]!a}: see ListSeries for those that there are.")
        base_s, step_s = resolution(since_s, until_s, points, self._clock() // 1_000_000)
        return [await self._curve(name, base_s, step_s, since_s, until_s) for name in names]

    async def _curve(self, name: str, base_s: int, step_s: int, since_s: int, until_s: int) -> Curve:
        first = since_s // step_s * step_s
        end = (until_s // step_s + 1) * step_s
        sql = (
            "SELECT time / :step AS bucket, MIN(low) AS low, SUM(mean * samples) / SUM(samples) AS mean, "  # noqa: S608
            f"MAX(high) AS high FROM ({_FROM[base_s]}) GROUP BY bucket ORDER BY bucket"
        )
        params: dict[str, Any] = {"id": self._ids[name], "first": first, "end": end, "hour": self._hour, "step": step_s}
        rows = await self._store.query(sql, params)
        found = (Point(row["bucket"] * step_s, row["low"], row["mean"], row["high"]) for row in rows)
        return Curve(name, self._series[name].unit, step_s, tuple(found))

    async def daily(self, name: str, days: int) -> list[tuple[float, float, int]]:
        """Means of the last days of a series, the oldest first: time in seconds, mean, hours behind it.

        A day is 24 hours before now, and the ones before that, so that none is cut off by midnight.
        """
        if name not in self._ids:
            return []
        now = self._clock() // 1_000_000 // HOUR_S - 1
        rows = await self._store.query(_WINDOWS, {"id": self._ids[name], "now": now, "days": days})
        return [(row["hour"] * HOUR_S, row["mean"], row["hours"]) for row in rows]


def resolution(since_s: int, until_s: int, points: int, now_s: int) -> tuple[int, int]:
    """Which samples to read (their width in seconds), and how wide a point is: a multiple of that."""
    needed = (until_s - since_s) / points
    base = DAY_S if needed >= DAY_S else HOUR_S if needed >= HOUR_S else MINUTE_S
    for wider in (HOUR_S, DAY_S):
        if base < wider and since_s < now_s - KEPT_S[base]:
            base = wider
    step = base * max(1, -int(-needed // base))
    while until_s // step - since_s // step + 1 > points:
        step += base
    return base, step
