"""The journal, read through libsystemd. Everything here blocks: call it in a thread, one thread at a time a reader.

Field names are those of systemd.journal-fields(7). Only fields that journald itself sets (with a leading underscore)
say who wrote an entry; SYSLOG_IDENTIFIER is whatever the writer claims.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from systemd import journal

MOST_FIELD_BYTES = 8192
"""Longer texts are cut. libsystemd unpacks no more of a compressed field, and every long one is compressed."""

Term = Mapping[str, str]
"""Fields that must all have these values. An entry is taken when one of several terms holds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. ``priority`` is 0 (emergency) to 7 (debug); 6 where the writer gave none.

    ``message`` may hold line feeds. It is text of a stranger: only control characters were taken out.
    """

    cursor: str
    time_us: int
    priority: int
    unit: str
    identifier: str
    pid: int
    message: str


class Reader:
    """A place in the journal, among the entries that match.

    ``folder`` is a folder of journal files; without it the journal of this machine. Raises OSError when it cannot be
    read.
    """

    def __init__(self, terms: Iterable[Term], most_priority: int | None = None, folder: Path | None = None) -> None:
        self._reader = journal.Reader(path=str(folder)) if folder else journal.Reader(flags=journal.LOCAL_ONLY)
        self._reader.data_threshold = MOST_FIELD_BYTES
        for number, term in enumerate(terms):
            if number:
                self._reader.add_disjunction()
            self._reader.add_match(**term)
        if most_priority is not None:
            self._reader.add_conjunction()
            self._reader.add_match(*(f"PRIORITY={level}" for level in range(most_priority + 1)))

    def close(self) -> None:
        self._reader.close()

    def to_head(self) -> None:
        self._reader.seek_head()

    def to_tail(self) -> None:
        self._reader.seek_tail()

    def to_time(self, time_us: int) -> None:
        """Near a time: a step leads to an entry of it, or to one a little before or after."""
        self._reader.seek_realtime(max(0, time_us) / 1_000_000)

    def to_cursor(self, cursor: str) -> None:
        """To an entry, or to where it was when it is gone. Raises ValueError for a text that is no cursor."""
        self._reader.seek_cursor(cursor)

    # The steps and getters of one field are what systemd-python's own Reader is made of. Its get_next() converts every
    # field of every entry, some hundred times slower than what is needed under a flood of entries.

    def forward(self) -> bool:
        return bool(self._reader._next())

    def back(self) -> bool:
        return bool(self._reader._previous())

    def is_at(self, cursor: str) -> bool:
        return bool(self._reader.test_cursor(cursor))

    def cursor(self) -> str:
        return str(self._reader._get_cursor())

    def time_us(self) -> int:
        return int(self._reader._get_realtime())

    def message(self) -> str:
        return readable(self._field("MESSAGE"))

    def entry(self) -> Entry:
        pid = self._field("_PID")
        # What the service manager says of a unit belongs to that unit; from others the field is a claim.
        unit = self._field("UNIT") if pid == b"1" else b""
        return Entry(
            cursor=self.cursor(),
            time_us=self.time_us(),
            priority=_number(self._field("PRIORITY"), 6, most=7),
            unit=readable(unit or self._field("_SYSTEMD_UNIT")),
            identifier=readable(self._field("SYSLOG_IDENTIFIER") or self._field("_COMM")),
            pid=_number(pid, 0, most=1 << 31),
            message=self.message(),
        )

    def fileno(self) -> int:
        """Readable when the journal may have more."""
        return int(self._reader.fileno())

    def process(self) -> None:
        """Take note of what happened to the files: more entries, new files, files that are gone."""
        self._reader.process()

    def _field(self, name: str) -> bytes:
        try:
            return bytes(self._reader._get(name))
        except KeyError:
            return b""


def readable(raw: bytes) -> str:
    """Text without control characters but for line feed and tab; a cut field ends with a mark."""
    text = raw[:MOST_FIELD_BYTES].decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)
    return f"{text} … (cut)" if len(raw) >= MOST_FIELD_BYTES else text


def _number(raw: bytes, otherwise: int, *, most: int) -> int:
    return int(raw) if raw.isdigit() and len(raw) < 11 and int(raw) <= most else otherwise
