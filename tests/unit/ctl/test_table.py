"""Tables for people: aligned, no wider than the terminal, and harmless."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bamsd.ctl.table import Column, facts, number, render, size, state
from bamsd.ctl.text import cut, printable, width

COLUMNS = (Column("name", "NAME"), number("size", "SIZE", size), state())
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_a_table_is_aligned() -> None:
    rows = [{"name": "weekly", "size": 1024**3, "state": "ready"}, {"name": "x", "size": 0, "state": "missing"}]
    assert render(rows, COLUMNS) == [
        "NAME        SIZE  STATE",
        "weekly  1.00 GiB  ready",
        "x              -  missing",
    ]
    assert facts([("name", "x"), ("mount point", "/srv")]) == ["name:        x", "mount point: /srv"]


def test_colours_do_not_move_anything() -> None:
    rows = [{"name": "a", "state": "ready"}, {"name": "b", "state": "failed"}, {"name": "c", "state": "unheard-of"}]
    coloured = render(rows, COLUMNS, colour=True)
    assert [COLOUR.sub("", line).rstrip() for line in coloured] == render(rows, COLUMNS)
    assert "\x1b[32mready" in coloured[1]
    assert "\x1b[31mfailed" in coloured[2]
    assert "\x1b[3" not in coloured[3]


def test_wide_letters_count_twice() -> None:
    rows = [{"name": "日本", "size": 1}, {"name": "abcd", "size": 1}]
    first, second = render(rows, COLUMNS)[1:]
    assert (width(first), width(second)) == (width(first), width(first))
    assert cut("日本語", 4) == "日…"


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert printable(text).isprintable()
    if text.isprintable():
        assert printable(text) == text


ROWS = st.fixed_dictionaries({"name": st.text(max_size=60), "state": st.text(max_size=60)})


@given(st.lists(ROWS, min_size=1, max_size=5), st.integers(40, 120))
def test_a_table_is_no_wider_than_the_terminal(rows: list[dict[str, str]], total: int) -> None:
    for line in render(rows, COLUMNS, total, colour=True):
        bare = COLOUR.sub("", line)
        assert width(bare) <= total
        assert bare.isprintable()


@given(st.text(max_size=30), st.integers(1, 40))
def test_a_cut_text_fits(text: str, columns: int) -> None:
    assert width(cut(text, columns)) <= max(columns, 1)
