"""Finds records of the audit log without reading it: what can be searched for, and each line's place, in the store.

The files are the truth. The index is made from them again where it lacks something, and a line that is not where the
index says (somebody edited the file) is looked for in its file; whether it is genuine is for ``Audit.verify`` to say.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bamsd.core.audit_check import AuditFile
from bamsd.core.store import Statement, Store
from bamsd.errors import InvalidArgument

SAME = ("person", "action", "method", "outcome", "job")
FILTERS = frozenset((*SAME, "object", "text", "since_us", "until_us"))

_ADD = (
    "INSERT OR REPLACE INTO audit_index (seq, time_us, person, action, object, method, outcome, job, text, at, size)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FIND = "SELECT seq, at, size FROM audit_index WHERE seq > ? AND seq < ?"
_WINDOW = 20_000
"""So many records are searched for words at a time: other users of the store wait no longer than some milliseconds."""
_BATCH = 1000
_MOST_TEXT = 4000
_MAX_INT = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A record with its place in the file that holds its number: offset and length in bytes."""

    record: Mapping[str, Any]
    at: int
    size: int


class AuditIndex:
    def __init__(self, store: Store, *, window: int = _WINDOW) -> None:
        self._store = store
        self._window = window

    def adding(self, placed: Iterable[Placed], dropped_seq: int) -> list[Statement]:
        """For the transaction that keeps the head of the chain: all of it is in the store, or none."""
        added: list[Statement] = [(_ADD, _row(one)) for one in placed]
        return [*added, ("DELETE FROM audit_index WHERE seq <= ?", (dropped_seq,))]

    async def last_seq(self) -> int:
        rows = await self._store.query("SELECT max(seq) AS last FROM audit_index")
        return int(rows[0]["last"] or 0)

    async def cut(self, head_seq: int) -> None:
        """Forget records that nobody knows any more: the store may be an older copy than the log, or the other way."""
        await self._store.execute("DELETE FROM audit_index WHERE seq > ?", (head_seq,))

    async def catch_up(self, placed: Sequence[Placed]) -> None:
        """Take in what a crash, or a bamsd without index, left out, the oldest first."""
        for start in range(0, len(placed), _BATCH):
            await self._store.transaction([(_ADD, _row(one)) for one in placed[start : start + _BATCH]])

    async def find(
        self, after_seq: int, before_seq: int, limit: int, filters: Mapping[str, Any]
    ) -> list[tuple[int, int, int]]:
        """Number, offset and length of the newest matching records between the two numbers, the newest first."""
        if unknown := filters.keys() - FILTERS:
            raise InvalidArgument(f"The audit log cannot be filtered by {', '.join(sorted(unknown))}.")
        where, values = _conditions(filters)
        found: list[tuple[int, int, int]] = []
        upper = before_seq
        while upper > after_seq + 1 and len(found) < limit:
            lower = max(after_seq, upper - self._window) if filters.get("text") else after_seq
            sql = f"{_FIND}{where} ORDER BY seq DESC LIMIT ?"
            rows = await self._store.query(sql, (lower, upper, *values, limit - len(found)))
            found += [(row["seq"], row["at"], row["size"]) for row in rows]
            upper = lower + 1
        return found


def _conditions(filters: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The rest of a WHERE, made of constants alone, and its values."""
    parts, values = [], []
    for name in SAME:
        if name in filters:
            parts.append(f"{name} = ?")
            values.append(filters[name])
    if "object" in filters:  # "0" is the character after "/": everything below the object
        parts.append("(object = ? OR (object > ? AND object < ?))")
        values += [filters["object"], f"{filters['object']}/", f"{filters['object']}0"]
    if "since_us" in filters:
        parts.append("time_us >= ?")
        values.append(min(filters["since_us"], _MAX_INT))
    if "until_us" in filters:
        parts.append("time_us <= ?")
        values.append(min(filters["until_us"], _MAX_INT))
    if filters.get("text"):
        parts.append("instr(text, ?) > 0")
        values.append(str(filters["text"]).casefold())
    return "".join(f" AND {part}" for part in parts), values


def _row(placed: Placed) -> tuple[Any, ...]:
    record = placed.record
    words = (_text(record, name) for name in ("description", "error", "person", "object", "method"))
    text = "\n".join([*words, json.dumps(record.get("arguments"), ensure_ascii=False)])[:_MOST_TEXT].casefold()
    known = (_text(record, name) for name in ("person", "action", "object", "method", "outcome"))
    return (
        record["seq"],
        _number(record, "time_us"),
        *known,
        _number(record, "job"),
        text.encode("utf-8", "replace").decode(),
        placed.at,
        placed.size,
    )


def _text(record: Mapping[str, Any], name: str) -> str:
    return str(record.get(name, "")).encode("utf-8", "replace").decode()


def _number(record: Mapping[str, Any], name: str) -> int:
    value = record.get(name, 0)
    return min(value, _MAX_INT) if type(value) is int and value > 0 else 0


def read_all(file: AuditFile, after_seq: int) -> list[Placed]:
    """Every record of a file with a higher number, with its place. For a thread."""
    return [placed for placed in _records(file) if placed.record["seq"] > after_seq]


def read_at(files: Sequence[AuditFile], places: Iterable[tuple[int, int, int]]) -> list[dict[str, Any]]:
    """The records at these places. One that is not there is looked for in its file. For a thread."""
    found = []
    whole: dict[str, dict[int, Mapping[str, Any]]] = {}
    for seq, at, size in places:
        file = next((f for f in files if f.last_seq is None or f.last_seq >= seq), None)
        if file is None:
            continue
        record = _loaded(os.pread(file.content.fileno(), size, at)) if size <= file.size_bytes else None
        if record is None or record["seq"] != seq:
            if file.name not in whole:
                whole[file.name] = {p.record["seq"]: p.record for p in _records(file)}
            record = dict(whole[file.name].get(seq, {}))
        if record:
            found.append(record)
    return found


def _records(file: AuditFile) -> Iterator[Placed]:
    at = 0
    content = os.pread(file.content.fileno(), file.size_bytes, 0)
    for line in content.splitlines(keepends=True):
        record = _loaded(line)
        if record is not None:
            yield Placed(record, at, len(line))
        at += len(line)


def _loaded(line: bytes) -> dict[str, Any] | None:
    """A record to show, from whoever wrote it."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or type(record.get("seq")) is not int or not 0 < record["seq"] <= _MAX_INT:
        return None
    return record
