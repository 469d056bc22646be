"""The blocking half of the audit log: it knows the head of the chain and moves it on. It runs on one thread."""

import errno
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from bamsd.core.audit_check import AuditFile, Followed, follow_file
from bamsd.core.audit_files import CURRENT, AuditFiles
from bamsd.core.audit_index import Placed
from bamsd.core.audit_record import Entry, Head, NotARecord, before, head_of, read, seal
from bamsd.errors import Internal, OutOfSpace

log = logging.getLogger(__name__)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Found:
    """What the files of the last daemon look like. ``notes`` become records of their own."""

    problem: str
    notes: tuple[Entry, ...]


class AuditWriter:
    """Errors: OutOfSpace when the disk is full, Internal when the file cannot be written for another reason."""

    def __init__(self, directory: Path, *, max_bytes: int, keep: int) -> None:
        self.files = AuditFiles(directory)
        self.head = Head()
        self.dropped = Head()
        self.latest: Sequence[Placed] = ()
        """The records of the last write, with those about the log itself."""
        self._max_bytes = max_bytes
        self._keep = max(keep, 1)

    def open(self, kept: tuple[Head, Head] | None) -> Found:
        """Take up the chain. ``kept`` are the head and the last dropped record of the store, None if it has none."""
        try:
            return self._open(kept)
        except OSError as error:
            raise self._failed(error) from error

    def write(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        """Write entries to the disk, all or none. Returns their records. A full file is rotated before."""
        try:
            self.files.open()
            gone: list[Entry] = []
            dropped = self.dropped
            if self.files.size_bytes >= self._max_bytes:
                self.files.rotate(self.head.seq)
            for last_seq, name in self._too_many():
                entry, dropped = self._about_drop(last_seq, name, dropped)
                gone.append(entry)
            lines, records = self._seal([*gone, *entries])
            at = self.files.size_bytes
            self.files.append(b"".join(lines))
        except OSError as error:
            raise self._failed(error) from error
        self.head, self.dropped = head_of(records[-1]), dropped
        self.latest = _placed(lines, records, at)
        return records[len(gone) :]

    def drop(self) -> None:
        """Remove the files that were reported as dropped. A failure leaves them to the next call."""
        try:
            self.files.drop(self.dropped.seq)
        except OSError as error:
            log.warning("an old audit file was not removed: %s", error)

    def _open(self, kept: tuple[Head, Head] | None) -> Found:
        self.files.open()
        content = self.files.content()
        notes: list[Entry] = []
        problem = ""
        if kept is None:
            good, what = self._adopt()
            if self.head.seq:
                notes.append(_note("take up an audit log that the store does not know", what, last=self.head.seq))
        else:
            self.head, self.dropped = kept
            self.files.drop(self.dropped.seq)
            followed = self._continue(content, notes)
            if followed:
                good, what = followed
            else:
                problem = f"Record {self.head.seq}, the last one that bamsd wrote, is not at the end of the audit log."
                notes.append(_note("take up the audit log", problem))
                good, what = content.rfind(b"\n") + 1, "The last line has no end."
        if good < len(content):
            notes.append(self._move_aside(content, good, what))
        return Found(problem, tuple(notes))

    def _adopt(self) -> tuple[int, str]:
        """Find the head in the files alone: the store is new. Returns what is intact of the growing file."""
        followed = Followed(Head(), 0, "")
        with self.files.reading(0) as files:
            if files and (first := _first_record(files[0])):
                followed = Followed(before(first), 0, "")
            self.dropped = followed.head
            for file in files:
                followed = follow_file(file, followed.head)
        self.head = followed.head
        return followed.intact_bytes, followed.problem

    def _continue(self, content: bytes, notes: list[Entry]) -> tuple[int, str] | None:
        """Find the records after the known head: a kill can come between the file and the store.

        Returns how much of the growing file is intact and what is wrong behind it. None when the head is not there:
        the log was cut, emptied or edited.
        """
        rotated = self.files.rotated()
        if self.head == self.dropped or (rotated and rotated[-1][0] == self.head.seq):
            start = 0
        else:
            found = content.rfind(b'"hash":"%s"' % self.head.hash.encode())
            start = content.find(b"\n", found) + 1 if found >= 0 else 0
            if start == 0:
                return None
        tail = content[start:]
        followed = follow_file(AuditFile(CURRENT, BytesIO(tail), len(tail)), self.head)
        if followed.head != self.head:
            first, self.head = self.head.seq + 1, followed.head
            notes.append(_note("take up records that nobody was told of", "", first=first, last=self.head.seq))
        return start + followed.intact_bytes, followed.problem

    def _move_aside(self, content: bytes, good: int, what: str) -> Entry:
        """What stands after the last whole record was never acknowledged: a kill or a power cut left it."""
        name = f"{CURRENT}.torn-{time.time_ns()}"
        self.files.move_aside(good, content[good:], name)
        log.warning("%d bytes at the end of the audit log were moved to %s: %s", len(content) - good, name, what)
        return _note("move an unfinished record aside", what, bytes=len(content) - good, file=name)

    def _too_many(self) -> list[tuple[int, str]]:
        rotated = [(last_seq, name) for last_seq, name in self.files.rotated() if last_seq > self.dropped.seq]
        return rotated[: -self._keep]

    def _about_drop(self, last_seq: int, name: str, start: Head) -> tuple[Entry, Head]:
        """The record of a dropped file says what was in it, and whether it was intact when it went."""
        with self.files.reading(last_seq - 1) as files:
            followed = follow_file(files[0], start)
            following = _first_record(files[1]) if len(files) > 1 else None
        what, end = followed.problem, followed.head
        if end.seq != last_seq:
            what = what or f"{name}: records after {end.seq} are missing."
            end = Head(last_seq, following["prev"] if following else "")
        entry = _note("drop the oldest audit file", what, file=name, first=start.seq + 1, last=last_seq, hash=end.hash)
        return entry, end

    def _seal(self, entries: Sequence[Entry]) -> tuple[list[bytes], list[dict[str, Any]]]:
        lines, records, at = [], [], self.head
        for entry in entries:
            line, record = seal(entry, at, time.time_ns() // 1000)
            lines.append(line)
            records.append(record)
            at = head_of(record)
        return lines, records

    def _failed(self, error: OSError) -> OutOfSpace | Internal:
        where = self.files.directory / CURRENT
        if error.errno in _FULL:
            return OutOfSpace(f"There is no room for the audit log {where}; free some space on its disk.")
        return Internal(f"The audit log {where} cannot be used: {error.strerror}.")


def _placed(lines: Sequence[bytes], records: Sequence[Mapping[str, Any]], at: int) -> list[Placed]:
    found = []
    for line, record in zip(lines, records, strict=True):
        found.append(Placed(record, at, len(line)))
        at += len(line)
    return found


def _first_record(file: AuditFile) -> dict[str, Any] | None:
    try:
        return read(file.content.readline())
    except NotARecord:
        return None
    finally:
        file.content.seek(0)


def _note(description: str, problem: str, **arguments: Any) -> Entry:
    """A record about the log itself."""
    return Entry(
        action="org.bams.manage",
        method="",
        object="",
        description=description,
        arguments=arguments,
        person="bamsd",
        login_uid=None,
        uid=os.getuid(),
        pid=os.getpid(),
        outcome="recovered" if problem else "done",
        error=problem,
    )
