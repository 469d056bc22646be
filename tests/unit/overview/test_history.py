"""Samples in the store: kept once a minute, thinned, read by range, and unharmed by clocks and crashes."""

import time
from itertools import pairwise
from pathlib import Path

import pytest

from bamsd.core.store import Statement, Store
from bamsd.errors import InvalidArgument, NotFound
from bamsd.overview import history
from bamsd.overview.history import DAY_S, HOUR_S, MINUTE_S, MOST_SAMPLES, History, resolution
from bamsd.overview.models import Point, Sample, Series

START_S = 1_800_000_000 // DAY_S * DAY_S
USED = Series("repository/u/used", "/org/bams/Disk/repositories/lvm/x", "bytes", "used")


class Clock:
    def __init__(self, now_s: int = START_S) -> None:
        self.now_s = now_s

    def __call__(self) -> int:
        return self.now_s * 1_000_000 + 123_456


def sample(value: float, series: Series = USED) -> Sample:
    return Sample(series, value)


async def opened(store: Store, clock: Clock) -> History:
    found = History(store, clock=clock)
    await found.open()
    return found


async def read(found: History, since_s: int, until_s: int, points: int = 300) -> list[Point]:
    [curve] = await found.read([USED.name], since_s * 1_000_000, until_s * 1_000_000, points)
    return list(curve.points)


async def minutes(found: History, clock: Clock, *values: float) -> None:
    """One sample a minute."""
    for value in values:
        await found.record([sample(value)])
        clock.now_s += MINUTE_S


async def test_what_was_sampled_is_read_back(store: Store) -> None:
    clock = Clock()
    found = await opened(store, clock)
    await minutes(found, clock, 1.0, 2.0, 4.0)
    points = await read(found, START_S, clock.now_s)
    assert points == [Point(START_S + 60 * n, value, value, value) for n, value in enumerate((1.0, 2.0, 4.0))]
    [curve] = await found.read([USED.name], START_S * 1_000_000, clock() + 1, 2)
    assert curve.step_s == 120
    assert list(curve.points) == [Point(START_S, 1.0, 1.5, 2.0), Point(START_S + 120, 4.0, 4.0, 4.0)]
    assert (curve.name, curve.unit) == (USED.name, "bytes")


async def test_an_unknown_series_and_a_time_that_is_none_are_refused(store: Store) -> None:
    found = await opened(store, Clock())
    with pytest.raises(NotFound, match="'nothing'"):
        await found.read(["nothing"], 0, 1_000_000, 10)
    with pytest.raises(InvalidArgument, match="before"):
        await found.read([], 5_000_000, 5_000_000, 10)


async def test_two_samples_of_one_minute_are_one(store: Store) -> None:
    clock = Clock()
    found = await opened(store, clock)
    await found.record([sample(1.0)])
    clock.now_s += 30
    await found.record([sample(9.0)])
    assert await read(found, START_S, START_S + 60) == [Point(START_S, 9.0, 9.0, 9.0)]


async def test_an_hour_is_condensed_when_the_next_one_begins(store: Store) -> None:
    clock = Clock()
    found = await opened(store, clock)
    await minutes(found, clock, *map(float, range(60)))
    assert await store.query("SELECT * FROM history_hours") == []
    await minutes(found, clock, 100.0)
    [hour] = await store.query("SELECT low, mean, high, samples FROM history_hours")
    assert hour == {"low": 0.0, "mean": 29.5, "high": 59.0, "samples": 60}
    [day] = await store.query("SELECT low, mean, high, samples FROM history_days")
    assert day == hour
    # Over a month hours are read; the hour that runs comes from its minutes.
    points = await read(found, START_S - 20 * DAY_S, START_S + DAY_S, 600)
    assert points == [Point(START_S, 0.0, 29.5, 59.0), Point(START_S + HOUR_S, 100.0, 100.0, 100.0)]


async def test_points_over_several_hours_weigh_each_sample_alike(store: Store) -> None:
    clock = Clock()
    found = await opened(store, clock)
    await minutes(found, clock, *[10.0] * 60, 70.0)
    clock.now_s += 2 * HOUR_S
    await minutes(found, clock, 1.0)
    [day] = await read(found, START_S - 300 * DAY_S, clock.now_s, 100)
    assert day.high == 70.0
    assert day.low == 1.0
    assert day.mean == pytest.approx((60 * 10 + 70 + 1) / 62)


async def test_a_gap_stays_a_gap(store: Store) -> None:
    clock = Clock()
    found = await opened(store, clock)
    await minutes(found, clock, 5.0)
    clock.now_s = START_S + 3 * HOUR_S
    found = await opened(store, clock)  # the daemon was off
    await minutes(found, clock, 6.0)
    points = await read(found, START_S, clock.now_s)
    assert [point.time for point in points] == [START_S, START_S + 3 * HOUR_S]
    [hour] = await store.query("SELECT hour, samples FROM history_hours")
    assert hour == {"hour": START_S // HOUR_S, "samples": 1}, "the hour before the stop was condensed by the next start"


async def test_a_clock_that_goes_back_writes_its_minutes_again(store: Store) -> None:
    clock = Clock()
    found = await opened(store, clock)
    await minutes(found, clock, *[1.0] * 90)
    clock.now_s = START_S + 30 * MINUTE_S
    await minutes(found, clock, *[3.0] * 40)
    rows = await store.query("SELECT COUNT(*) AS n, COUNT(DISTINCT minute) AS m FROM history_minutes")
    assert rows == [{"n": 90, "m": 90}]
    [hour] = await store.query("SELECT mean, samples FROM history_hours WHERE hour = ?", (START_S // HOUR_S,))
    assert hour == {"mean": 2.0, "samples": 60}


async def test_a_clock_that_jumps_ahead_for_an_hour_does_not_cost_the_history(store: Store) -> None:
    clock = Clock()
    found = await opened(store, clock)
    await minutes(found, clock, *[1.0] * 120)
    clock.now_s = START_S + 5000 * DAY_S
    await minutes(found, clock, *[7.0] * 60)
    clock.now_s = START_S + 3 * HOUR_S
    await minutes(found, clock, *[1.0] * 61)
    points = await read(found, START_S, clock.now_s)
    assert len(points) == 120 + 61
    assert {point.mean for point in points} == {1.0}
    days = await store.query("SELECT day FROM history_days ORDER BY day")
    assert days[0]["day"] == START_S // DAY_S


async def test_old_samples_go_and_their_hours_stay(store: Store) -> None:
    clock = Clock()
    found = await opened(store, clock)
    for _ in range(4 * 24):
        await found.record([sample(1.0)])
        clock.now_s += HOUR_S
    [kept] = await store.query("SELECT COUNT(*) AS n, MIN(minute) AS first FROM history_minutes")
    assert kept["first"] == (clock.now_s - HOUR_S - 2 * DAY_S) // 60
    [hours] = await store.query("SELECT COUNT(*) AS n FROM history_hours")
    assert hours["n"] == 95
    assert len(await read(found, START_S, clock.now_s, 300)) == 96, "what is too old for minutes is read from hours"


async def test_a_poorer_hour_does_not_replace_a_richer_one(store: Store) -> None:
    clock = Clock()
    found = await opened(store, clock)
    await minutes(found, clock, *[1.0] * 60, 1.0)
    await store.execute("DELETE FROM history_minutes")
    clock.now_s = START_S
    await minutes(found, clock, 50.0)
    clock.now_s = START_S + 2 * HOUR_S
    await minutes(found, clock, 1.0)
    [hour] = await store.query("SELECT mean, samples FROM history_hours WHERE hour = ?", (START_S // HOUR_S,))
    assert hour == {"mean": 1.0, "samples": 60}


async def test_there_is_a_limit_to_what_is_kept_of_a_minute(store: Store) -> None:
    found = await opened(store, Clock())
    many = [sample(1.0, Series(f"s{n}", "", "count", "")) for n in range(MOST_SAMPLES + 50)]
    await found.record(many)
    assert len(found.known()) == MOST_SAMPLES
    assert found.known()[0].name == "s0"


async def test_a_renamed_repository_keeps_its_curve_under_its_new_words(store: Store) -> None:
    clock = Clock()
    found = await opened(store, clock)
    await minutes(found, clock, 1.0)
    other = Series(USED.name, "/org/bams/other", "bytes", "other words")
    await found.record([Sample(other, 2.0)])
    assert found.known() == (other,)
    assert (await opened(store, clock)).known() == (other,)
    assert len(await read(found, START_S, clock.now_s + 1)) == 2


async def test_days_of_a_forecast_end_now_and_not_at_midnight(store: Store) -> None:
    clock = Clock(START_S + 5 * HOUR_S)
    found = await opened(store, clock)
    for hour in range(3 * 24 + 1):
        await found.record([sample(float(hour // 24))])
        clock.now_s += HOUR_S
    clock.now_s -= HOUR_S
    daily = await found.daily(USED.name, 14)
    assert [(mean, hours) for _, mean, hours in daily] == [(0.0, 24), (1.0, 24), (2.0, 24)]
    assert [later[0] - earlier[0] for earlier, later in pairwise(daily)] == [DAY_S, DAY_S]
    assert daily[-1][0] == clock.now_s - 12 * HOUR_S
    assert await found.daily("nothing", 14) == []


@pytest.mark.parametrize("points", [2, 7, 300, 2000])
@pytest.mark.parametrize("span", [60, 3600, 2 * DAY_S, 40 * DAY_S, 800 * DAY_S, 9000 * DAY_S])
@pytest.mark.parametrize("offset", [0, 1, 59, 3599])
def test_never_more_points_than_asked_for(points: int, span: int, offset: int) -> None:
    since, until = START_S + offset, START_S + offset + span
    base, step = resolution(since, until, points, until)
    assert step % base == 0
    assert until // step - since // step + 1 <= points
    assert since >= until - history.KEPT_S[base] or base == DAY_S, "the samples are kept so long"


async def year(path: Path, count: int, days: int) -> tuple[int, float]:
    """Size of a store with so many days of some series, and how long the last day took to write."""
    store, clock = Store(path / "bams.db"), Clock()
    await store.open()
    found = await opened(store, clock)
    series = [Series(f"repository/{n:04}/used", "", "bytes", "used bytes") for n in range(count)]
    await found.record([Sample(one, 1.0) for one in series])
    # What a year leaves behind: its days, three months of hours, two days of minutes. Values that compress to nothing
    # would be a lie, so each is another one.
    first_day, first_hour, last = START_S // DAY_S, (START_S + (days - 90) * DAY_S) // HOUR_S, START_S + days * DAY_S
    statements: list[Statement] = [
        (
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT OR REPLACE INTO "
            f"history_{table} SELECT s.id, ? + n.i, {columns} FROM history_series s, n",
            (length - 1, begin),
        )
        for table, length, begin, columns in (
            ("days", days, first_day, "n.i * 1.1e9 + s.id, n.i * 1.2e9 + s.id, n.i * 1.3e9 + s.id, 1440"),
            ("hours", 90 * 24, first_hour, "n.i * 1.1e9 + s.id, n.i * 1.2e9 + s.id, n.i * 1.3e9 + s.id, 60"),
            ("minutes", 2 * 1440, last // 60 - 2880, "n.i * 1.1e9 + s.id"),
        )
    ]
    await store.transaction(statements)
    clock.now_s = last
    began = time.monotonic()
    for _ in range(60):
        await found.record([Sample(one, float(clock.now_s)) for one in series])
        clock.now_s += MINUTE_S
    took = time.monotonic() - began
    await store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = store.path.stat().st_size
    points = await found.read([series[0].name], START_S * 1_000_000, clock(), 2000)
    assert len(points[0].points) > 360
    await store.close()
    return size, took


async def test_a_year_of_fifty_series_is_small(tmp_path: Path) -> None:
    size, took = await year(tmp_path, 50, 365)
    print(f"a year of 50 series: {size / 1e6:.1f} MB; a minute is written in {took / 60 * 1000:.1f} ms")
    assert size < 20_000_000
