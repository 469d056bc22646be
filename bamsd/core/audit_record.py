"""One record of the audit log: a line of JSON that carries the hash of itself and of the record before it.

The hash is SHA-256 over the hash of the record before, a line feed, and the record as JSON without its own hash: keys
sorted, no spaces, ASCII only. The first record ever follows a hash of 64 zeros.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from bamsd.errors import BamsError

Outcome = Literal["allowed", "denied", "done", "failed", "cancelled", "recovered"]

_MAX_TEXT_CHARS = 2000
_MAX_ARGUMENTS_BYTES = 32 * 1024
_MAX_DEPTH = 16
_MAX_INT = 2**64


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened. ``ref`` is the number of the record that this one answers, ``job`` the job it started; 0 is none.

    ``person`` is who clicked, ``uid`` and ``pid`` are of the connection, ``login_uid`` is None where nobody logged in.
    """

    action: str
    method: str
    object: str
    description: str
    arguments: Mapping[str, Any]
    person: str
    login_uid: int | None
    uid: int
    pid: int
    outcome: Outcome
    error: str = ""
    duration_us: int = 0
    job: int = 0
    ref: int = 0


FIELDS = tuple(field.name for field in fields(Entry))


@dataclass(frozen=True, slots=True)
class Head:
    """The record that the next one follows."""

    seq: int = 0
    hash: str = "0" * 64


class NotARecord(BamsError):
    """A line that no bamsd wrote like this. The message says what is wrong; ``seq`` is the number it claims, or 0."""

    def __init__(self, message: str, seq: int = 0) -> None:
        super().__init__(message)
        self.seq = seq


def seal(entry: Entry, after: Head, time_us: int) -> tuple[bytes, dict[str, Any]]:
    """The line for an entry, with its line feed, and the record in it. Hostile text stays inside the line."""
    record = {name: _plain(getattr(entry, name)) for name in FIELDS}
    arguments = _canonical(record["arguments"])
    if len(arguments) > _MAX_ARGUMENTS_BYTES:
        digest = hashlib.sha256(arguments).hexdigest()
        record["arguments"] = {"omitted": f"{len(arguments)} bytes", "sha256": digest}
    record |= {"seq": after.seq + 1, "time_us": time_us, "prev": after.hash}
    record["hash"] = _hash(record)
    return _canonical(record) + b"\n", record


def read(line: bytes) -> dict[str, Any]:
    """The record in a line. Raises NotARecord unless it is byte for byte what ``seal`` made."""
    try:
        record = json.loads(line)
        seq = record["seq"]
        if not line.endswith(b"\n") or type(seq) is not int or _canonical(record) + b"\n" != line:
            raise NotARecord("is not in the form that bamsd writes", seq if type(seq) is int else 0)
        if record["hash"] != _hash(record):
            raise NotARecord("was changed", seq)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotARecord("is no record") from None
    return dict(record)


def head_of(record: Mapping[str, Any]) -> Head:
    return Head(record["seq"], record["hash"])


def before(record: Mapping[str, Any]) -> Head:
    return Head(record["seq"] - 1, record["prev"])


def _hash(record: Mapping[str, Any]) -> str:
    body = {key: value for key, value in record.items() if key != "hash"}
    return hashlib.sha256(record["prev"].encode() + b"\n" + _canonical(body)).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _plain(value: Any, depth: int = 0) -> Any:
    """Any value as JSON that comes back equal when it is read: bounded, and with text keys only."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) < _MAX_INT else hex(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return value[:_MAX_TEXT_CHARS].hex()
    if depth < _MAX_DEPTH and isinstance(value, Mapping):
        return {_text(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if depth < _MAX_DEPTH and isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner, depth + 1) for inner in value]
    return _text(value)


def _text(value: object) -> str:
    """Half of a surrogate pair would not come back as it was, so it is replaced."""
    text = str(value)
    if len(text) > _MAX_TEXT_CHARS:
        text = text[:_MAX_TEXT_CHARS] + "…"
    return text.encode("utf-8", "replace").decode()
