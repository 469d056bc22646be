"""Tables for people: aligned, as wide as the terminal, and nothing in them is obeyed by it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bamsd.ctl.text import cut, pad, printable, width
from bamsd.ctl.units import show_size, show_time

GAP = 2
MIN_COLUMN = 8
GOOD = frozenset(
    ("ready", "online", "in-sync", "active", "succeeded", "passed", "done", "allowed", "yes", "ok", "running")
)
BAD = frozenset(
    ("faulted", "missing", "failed", "offline", "suspended", "critical", "denied", "no", "error", "destroy")
)
ODD = frozenset(
    (
        "degraded",
        "drifted",
        "pending",
        "warning",
        "incomplete",
        "unresponsive",
        "busy",
        "cancelled",
        "challenge",
        "disconnect",
    )
)
COLOURS = {"good": "32", "bad": "31", "odd": "33", "head": "1"}


def plain(value: Any) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.1f}"
        case list() | tuple():
            return ", ".join(plain(item) for item in value) or "-"
        case dict():
            return ", ".join(f"{key} {plain(item)}" for key, item in value.items()) or "-"
    return str(value)


def size(value: Any) -> str:
    return show_size(value) if value else "-"


def time(value: Any) -> str:
    return show_time(value or 0)


def percent(value: Any) -> str:
    return "-" if value is None or value < 0 else f"{value:.0f} %"


@dataclass(frozen=True, slots=True)
class Column:
    """``key`` of the rows; ``state``: coloured by its word; ``right``: numbers."""

    key: str
    title: str
    show: Callable[[Any], str] = plain
    right: bool = False
    state: bool = False


def number(key: str, title: str, show: Callable[[Any], str] = plain) -> Column:
    return Column(key, title, show, right=True)


def state(key: str = "state", title: str = "STATE") -> Column:
    return Column(key, title, state=True)


def render(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], total: int | None = None, colour: bool = False
) -> list[str]:
    """Lines without the end. ``total``: columns of the terminal; None leaves everything whole."""
    cells = [[printable(column.show(row.get(column.key))) for column in columns] for row in rows]
    heads = [column.title for column in columns]
    widths = [max(width(text) for text in texts) for texts in zip(heads, *cells, strict=True)]
    if total is not None:
        widths = _fitted(widths, [width(head) for head in heads], total)
    lines = [_line(heads, columns, widths, colour, head=True)]
    return lines + [_line(line, columns, widths, colour) for line in cells]


def _fitted(widths: list[int], heads: list[int], total: int) -> list[int]:
    """Narrower where they are widest, until they fit or nothing can give way."""
    found = list(widths)
    while sum(found) + GAP * (len(found) - 1) > total:
        spare = [w - max(h, MIN_COLUMN) for w, h in zip(found, heads, strict=True)]
        widest = max(range(len(found)), key=lambda i: (spare[i] > 0, found[i]))
        if spare[widest] <= 0:
            break
        over = sum(found) + GAP * (len(found) - 1) - total
        found[widest] -= min(over, spare[widest])
    return found


def _line(
    texts: Sequence[str], columns: Sequence[Column], widths: Sequence[int], colour: bool, head: bool = False
) -> str:
    shown = []
    for text, column, room in zip(texts, columns, widths, strict=True):
        cell = pad(cut(text, room), room, column.right)
        name = "head" if head else mood(text) if column.state else ""
        shown.append(paint(cell, name, colour))
    return (" " * GAP).join(shown).rstrip()


def mood(word: str) -> str:
    return "good" if word in GOOD else "bad" if word in BAD else "odd" if word in ODD else ""


def paint(text: str, name: str, colour: bool) -> str:
    return f"\x1b[{COLOURS[name]}m{text}\x1b[0m" if colour and name else text


def facts(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """One fact a line, the names aligned."""
    room = max((width(name) for name, _ in pairs), default=0) + 1
    return [f"{pad(f'{name}:', room)} {printable(text)}" for name, text in pairs]
