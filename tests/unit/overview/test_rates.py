"""From counters to rates: resets, gaps, sleep."""

from hypothesis import given
from hypothesis import strategies as st

from bamsd.overview.rates import Deltas

LONGEST_S = 180.0


def test_a_rate_is_what_was_counted_a_second() -> None:
    found = Deltas()
    found.begin(1000.0, LONGEST_S)
    assert found.rate("x", 100) is None
    found.begin(1060.0, LONGEST_S)
    assert found.rate("x", 6100) == 100.0
    assert found.rate("y", 5) is None, "it was not there before"


def test_a_counter_that_goes_back_has_no_rate_for_that_round() -> None:
    found = Deltas()
    for now, count, rate in ((0.0, 1000, None), (60.0, 10, None), (120.0, 70, 1.0)):
        found.begin(now, LONGEST_S)
        assert found.rate("x", count) == rate


def test_a_round_that_comes_late_has_no_rate() -> None:
    found = Deltas()
    for now, rate in ((0.0, None), (181.0, None), (241.0, 1.0)):
        found.begin(now, LONGEST_S)
        assert found.rate("x", int(now)) == rate


def test_what_is_missing_in_a_round_begins_anew() -> None:
    found = Deltas()
    found.begin(0.0, LONGEST_S)
    found.rate("x", 5)
    found.begin(60.0, LONGEST_S)
    assert found.rate("x", None) is None
    found.begin(120.0, LONGEST_S)
    assert found.rate("x", 500) is None


def test_what_is_new_may_begin_at_zero() -> None:
    found = Deltas()
    found.begin(0.0, LONGEST_S)
    assert found.of("s", 700, new_is_zero=True) is None, "nobody knows when that was counted"
    found.begin(60.0, LONGEST_S)
    assert found.of("t", 700, new_is_zero=True) == 700
    assert found.of("s", 710, new_is_zero=True) == 10


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.integers(0, 2**64)), max_size=30))
def test_no_rate_is_below_zero(rounds: list[tuple[float, int]]) -> None:
    found = Deltas()
    for now, count in rounds:
        found.begin(now, LONGEST_S)
        rate = found.rate("x", count)
        assert rate is None or rate >= 0
