"""Find out whether a series of audit files is still what bamsd wrote."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bamsd.core.audit_record import Head, NotARecord, head_of, read

_MAX_LINE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class AuditFile:
    """One file, open for reading, of which ``size_bytes`` count. ``last_seq`` is set for a file that was rotated."""

    name: str
    content: BinaryIO
    size_bytes: int
    last_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """``records`` counts the intact ones. ``problem`` is a sentence about the first fault, empty when ``ok``."""

    ok: bool
    records: int
    problem: str


class _Broken(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the chain goes in a file: up to ``head``, through ``intact_bytes``. ``problem`` says what stops it."""

    head: Head
    intact_bytes: int
    problem: str


def check(files: Iterable[AuditFile], start: Head, end: Head) -> Report:
    """Follow the chain from the record after ``start`` up to ``end``, which must be the last one."""
    at, problem = start, ""
    for file in files:
        followed = follow_file(file, at)
        at, problem = followed.head, followed.problem
        if not problem and file.last_seq is not None and at.seq < file.last_seq:
            problem = f"{file.name}: {_numbers(at.seq + 1, file.last_seq)} removed from its end."
        if problem:
            break
    problem = problem or _wrong_end(at, end)
    return Report(not problem, at.seq - start.seq, problem)


def follow_file(file: AuditFile, start: Head) -> Followed:
    """Follow the chain through one file as far as it goes."""
    at, intact_bytes = start, 0
    try:
        for number, line in enumerate(_lines(file), start=1):
            at = _step(file.name, number, line, at)
            intact_bytes += len(line)
    except _Broken as broken:
        return Followed(at, intact_bytes, str(broken))
    return Followed(at, intact_bytes, "")


def _wrong_end(at: Head, end: Head) -> str:
    if at.seq < end.seq:
        return f"{_numbers(at.seq + 1, end.seq)} removed from the end of the log."
    if at.seq > end.seq:
        return f"{_numbers(end.seq + 1, at.seq)} added; the last one that bamsd wrote is {end.seq}."
    return f"Record {at.seq}, the last one, was replaced by another one." if at != end else ""


def _step(name: str, number: int, line: bytes, at: Head) -> Head:
    due = at.seq + 1
    try:
        record = read(line)
    except NotARecord as error:
        if error.seq == due:
            raise _Broken(f"{name}: record {due} in line {number} {error.message}.") from None
        raise _Broken(f"{name}: line {number} {error.message}; record {due} belongs there.") from None
    seq = record["seq"]
    if seq > due:
        raise _Broken(f"{name}: {_numbers(due, seq - 1)} removed before record {seq} in line {number}.")
    if seq < due:
        raise _Broken(f"{name}: line {number} holds record {seq} again, where record {due} belongs.")
    if record["prev"] != at.hash:
        raise _Broken(f"{name}: record {seq} in line {number} does not follow record {at.seq}; one was replaced.")
    return head_of(record)


def _lines(file: AuditFile) -> Iterator[bytes]:
    left = file.size_bytes
    while left > 0 and (line := file.content.readline(min(left, _MAX_LINE_BYTES))):
        left -= len(line)
        yield line


def _numbers(first: int, last: int) -> str:
    return f"Record {first} was" if first == last else f"Records {first} to {last} were"
