"""One page of a log. Blocks, so it runs in a thread; it ends within its limits however large the journal is."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bamsd.errors import InvalidArgument, NotReady
from bamsd.logs.models import Query
from bamsd.system.journal import Entry, Reader

LIMIT_S = 2.0
"""A search that finds little ends its page then; the cursor goes on from there."""
MOST_BYTES = 512 << 10
"""Text of one page: a reply on the bus stays under 1 MiB."""
_ENTRY_BYTES = 300
"""What an entry costs on the bus beside its message."""
_SLACK_US = 2_000_000
"""Entries lie in the order in which they were written, and a clock that is put right makes times jump a little."""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in the order of reading. ``cursor`` goes on after the last one that was looked at; empty at the end."""

    entries: tuple[Entry, ...]
    cursor: str


def read(query: Query, *, limit: int, cursor: str = "", backwards: bool = True, folder: Path | None = None) -> Page:
    """Up to ``limit`` entries, the newest first when ``backwards``.

    Raises InvalidArgument for a cursor that is none, NotReady when the journal cannot be read.
    """
    try:
        with closing(Reader(query.source.terms, query.priority, folder)) as reader:
            return _collect(_steps(reader, query, cursor, backwards), reader, query, limit)
    except OSError as error:
        raise NotReady(f"The journal cannot be read: {error.strerror or error}.") from None


def _collect(steps: Iterator[int], reader: Reader, query: Query, limit: int) -> Page:
    deadline = time.monotonic() + LIMIT_S
    found: list[Entry] = []
    size = 0
    for _ in steps:
        if query.takes(reader.message()):
            entry = reader.entry()
            found.append(entry)
            size += _ENTRY_BYTES + len(entry.message.encode())
        if len(found) >= limit or size >= MOST_BYTES or time.monotonic() > deadline:
            return Page(tuple(found), reader.cursor())
    return Page(tuple(found), "")


def _steps(reader: Reader, query: Query, cursor: str, backwards: bool) -> Iterator[int]:
    """Stand on each entry within the bounds of time, one after the other; yields its time."""
    _start(reader, query, cursor, backwards)
    step = reader.back if backwards else reader.forward
    while step():
        if cursor and reader.is_at(cursor):
            continue
        now_us = reader.time_us()
        if backwards and query.since_us and now_us < query.since_us - _SLACK_US:
            return
        if not backwards and query.until_us and now_us > query.until_us + _SLACK_US:
            return
        if now_us >= query.since_us and (not query.until_us or now_us <= query.until_us):
            yield now_us


def _start(reader: Reader, query: Query, cursor: str, backwards: bool) -> None:
    if cursor:
        try:
            reader.to_cursor(cursor)
        except ValueError:
            raise InvalidArgument("This cursor is none of the journal; begin without one.") from None
    elif backwards:
        if query.until_us:
            reader.to_time(query.until_us + _SLACK_US)
        else:
            reader.to_tail()
    elif query.since_us:
        reader.to_time(query.since_us - _SLACK_US)
    else:
        reader.to_head()
