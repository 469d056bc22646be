"""Sizes and times as people write them."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.ctl.units import MAX_SIZE, parse_size, parse_time, show_duration, show_size, show_time
from bamsd.errors import InvalidArgument

NOW = datetime(2026, 3, 5, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("512B", 512),
        ("10G", 10 * 1024**3),
        ("10GiB", 10 * 1024**3),
        ("10 gib", 10 * 1024**3),
        ("10GB", 10 * 1000**3),
        ("1.5T", 1649267441664),
        ("0.5k", 512),
        ("1.1K", 1127),
        ("7E", 7 * 1024**6),
        (" 3m ", 3 * 1024**2),
    ],
)
def test_a_size_has_an_exact_meaning(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "G", "-1G", "+1G", "1,5G", "1e3", "10Gi", "10GG", "10iB", "\u0661G", "0", "0.0G", "8E", "nan"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_size(text)


@given(st.integers(1, 10**6), st.sampled_from("KMGTP"), st.sampled_from(["", "iB", "B"]))
def test_units_are_powers(number: int, letter: str, ending: str) -> None:
    base = 1000 if ending == "B" else 1024
    size = number * base ** ("KMGTP".index(letter) + 1)
    if size <= MAX_SIZE:
        assert parse_size(f"{number}{letter}{ending}") == size


@given(st.integers(0, 7 * 1024**6))
def test_a_shown_size_is_near_and_short(size: int) -> None:
    shown = show_size(size)
    assert len(shown) <= 8
    if size >= 1024:
        assert abs(Fraction(parse_size(shown)) / size - 1) < Fraction(1, 100)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("today", "2026-03-05T00:00"),
        ("yesterday", "2026-03-04T00:00"),
        ("90min ago", "2026-03-05T13:00"),
        ("2h", "2026-03-05T12:30"),
        ("3d", "2026-03-02T14:30"),
        ("2026-01-31T12:00:00+00:00", "2026-01-31T12:00"),
        ("2026-01-31 12:00", "2026-01-31T12:00"),
        ("2026-01-31", "2026-01-31T00:00"),
    ],
)
def test_a_time_is_understood(text: str, shown: str) -> None:
    moment = datetime.fromtimestamp(parse_time(text, NOW) / 1_000_000, UTC)
    offset = NOW.astimezone().utcoffset()
    expected = datetime.fromisoformat(shown).replace(tzinfo=UTC)
    local = not text.endswith(("+00:00", "ago", "2h", "3d"))
    assert moment == expected - offset if local and offset else moment == expected


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01", "3 years", "999999d" + "9"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_time(text, NOW)


def test_times_and_durations_are_shown() -> None:
    assert show_time(0) == "-"
    assert show_time(2**64 - 1)
    shown = [show_duration(seconds) for seconds in (0, 59.6, 125, 11_400, 187_200, -3)]
    assert shown == ["0 s", "1 min 00 s", "2 min 05 s", "3 h 10 min", "2 d 4 h", "0 s"]
