"""When will it be full: the line, its limits, and the words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.overview.conditions import PREFIX, over, will_be_full
from bamsd.overview.forecast import DAY_S, FARTHEST_DAYS, Forecast, fit, forecast, reaches
from bamsd.overview.models import Space

GB = 1e9
SPACE = Space(
    "repository",
    "u",
    "weekly",
    "/org/bams/r",
    "lvm-thin",
    "ready",
    "",
    True,
    int(1000 * GB),
    int(500 * GB),
    int(500 * GB),
)
NOW = 20_000 * DAY_S


def days(*used_gb: float, hours: int = 24) -> list[tuple[float, float, int]]:
    """One mean a day, the last one half a day ago."""
    return [(NOW - (len(used_gb) - n - 0.5) * DAY_S, used * GB, hours) for n, used in enumerate(used_gb)]


def test_an_even_growth_gives_the_day() -> None:
    found = forecast(SPACE, days(*[10.0 * n for n in range(40, 54)]), NOW)
    assert found.state == "growing"
    assert found.growth_per_day == pytest.approx(10 * GB)
    assert found.days == pytest.approx((1000 - 535) / 10)
    assert found.days_low == pytest.approx(found.days)
    assert found.text == ("Repository weekly will be full in about 46 days if it grows on like this (46 to 46 days).")


def test_an_uneven_growth_gives_limits_on_both_sides() -> None:
    found = forecast(SPACE, days(400, 414, 418, 433, 438, 452, 459, 471, 478, 492, 499, 512, 517, 533), NOW)
    assert found.state == "growing"
    assert found.days is not None
    assert found.days_low is not None
    assert found.days_high is not None
    assert found.days_low < found.days < found.days_high
    assert found.days_low > 40
    assert found.days_high < 55


# Sum of (x - 4.5) y is 81.8, that of (x - 4.5)² is 82.5. Student's t for 95 %, two-sided, and 8 degrees of freedom is
# 2.306 (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
def test_the_limits_are_those_of_the_formula() -> None:
    points = [(float(x), y) for x, y in enumerate((1.1, 1.9, 3.2, 3.8, 5.1, 5.9, 7.2, 7.8, 9.1, 9.9))]
    line = fit(points)
    assert line.slope == pytest.approx(81.8 / 82.5)
    assert line.certainty == 2.306
    found = reaches(line, 20.0)
    assert found is not None
    low, likely, high = found
    for time, sign in ((low, 1), (high, -1)):
        width = line.certainty * line.error * math.sqrt(1 + 1 / 10 + (time - line.mean_time) ** 2 / line.spread)
        assert line.at(time) + sign * width == pytest.approx(20.0)
    assert line.at(likely) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("daily", "state", "words"),
    [
        (days(1, 2, 3), "too-short", "was not watched for 4 days yet"),
        (days(1, 2, 3, 4, 5, hours=5), "too-short", "was not watched"),
        (days(5, 5, 5, 5, 5), "steady", "did not grow"),
        (days(9, 8, 7, 6, 5), "steady", "did not grow"),
        (days(5, 5.1, 5, 5.1, 5, 5.1), "steady", "did not grow"),
        (days(100, 500, 50, 600, 90, 580), "too-noisy", "too unevenly"),
        (days(500, 500.1, 500.2, 500.3, 500.4), "far", "not be full within a year"),
    ],
)
def test_it_says_when_it_cannot_tell(daily: list[tuple[float, float, int]], state: str, words: str) -> None:
    found = forecast(SPACE, daily, NOW)
    assert (found.state, found.days) == (state, None)
    assert words in found.text
    assert found.text.startswith("Repository weekly ")


def test_what_is_full_is_not_forecast() -> None:
    full = forecast(Space("pool", "p", "p", "/p", "lvm", "online", "", True, 10, 10, 0), days(1, 2, 3, 4), NOW)
    assert (full.state, full.text) == ("full", "Pool p is full.")


@given(
    st.lists(st.floats(0, 1e15), min_size=3, max_size=90).map(lambda values: list(enumerate(values))),
    st.floats(0, 1e16),
)
def test_limits_enclose_the_likely_day(points: list[tuple[float, float]], size: float) -> None:
    found = reaches(fit(points), size)
    if found is not None:
        low, likely, high = found
        slack = 1e-6 * (1 + abs(low) + abs(high))
        assert low - slack <= likely <= high + slack
        assert all(map(math.isfinite, found))


@given(st.floats(1e6, 1e12), st.floats(0, 1e13), st.integers(4, 60))
def test_an_exact_line_is_found_again(growth: float, start: float, count: int) -> None:
    line = fit([(float(n), start + growth * n) for n in range(count)])
    assert line.slope == pytest.approx(growth, rel=1e-6)
    assert line.at(0) == pytest.approx(start, abs=growth)


PAST = st.tuples(st.integers(0, 10**10), st.floats(0, 1e18), st.integers(0, 24))


@given(st.lists(PAST, max_size=40, unique_by=lambda point: point[0]))
def test_any_past_gives_an_answer(daily: list[tuple[float, float, int]]) -> None:
    found = forecast(SPACE, daily, 1e10)
    assert found.text.endswith(".")
    assert (found.days is not None) == (found.state == "growing")
    if found.days is not None:
        assert 0 <= found.days <= FARTHEST_DAYS


def growing(days: float) -> dict[str, Forecast]:
    return {SPACE.series: Forecast("growing", f"full in {days}", 1.0, days, days, days)}


def test_an_alert_is_raised_in_time_and_ends_with_some_distance() -> None:
    id = PREFIX + SPACE.series
    assert will_be_full([SPACE], growing(14.1), 14, set()) == {}
    raised = will_be_full([SPACE], growing(13.9), 14, set())
    assert raised[id].summary == "full in 13.9"
    assert raised[id].object == SPACE.path
    assert will_be_full([SPACE], growing(16), 14, {id}).keys() == {id}, "it must not come and go every hour"
    assert will_be_full([SPACE], growing(17), 14, {id}) == {}
    assert will_be_full([SPACE], growing(0), 0, {id}) == {}, "0 turns it off"


def test_an_alert_stays_while_nobody_can_tell() -> None:
    id = PREFIX + SPACE.series
    silent = Space("repository", "u", "weekly", "/r", "zvol", "unresponsive", "", False, 1, 1, 0, is_read=False)
    assert over([id], {}, [silent]) == []
    assert over([id], {}, [SPACE]) == [id]
    assert over([id], {}, []) == [id], "it is gone"
