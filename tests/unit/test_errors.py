"""Hostile text in a sentence."""

from hypothesis import given
from hypothesis import strategies as st

from bamsd.errors import LINE_CHARS, shown


@given(st.text(st.characters()), st.integers(1, 400))
def test_whatever_is_shown_is_one_line_that_can_be_written(text: str, limit: int) -> None:
    line = shown(text, limit)
    assert line.isprintable()
    assert len(line) == min(len(text), limit)
    line.encode()


def test_what_is_harmless_stays_and_what_is_long_says_so() -> None:
    assert shown("Größe 5 µm") == "Größe 5 µm"
    assert shown("a\x1b[2J\nb\ud800") == "a\ufffd[2J\ufffdb\ufffd"
    assert shown("x" * LINE_CHARS) == "x" * LINE_CHARS
    assert shown("x" * (LINE_CHARS + 1)) == "x" * (LINE_CHARS - 1) + "…"
