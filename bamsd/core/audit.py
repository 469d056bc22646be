"""The record of every change: append-only, hash-chained, and on the disk before anyone is told.

Records that come while the disk is busy with others share the next write (group commit). The head of the chain is kept
in the store after each write, so that a cut-off end is found; docs of the chain itself are in audit_record.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

from bamsd.core.audit_check import AuditFile, Report, check
from bamsd.core.audit_index import AuditIndex, read_all, read_at
from bamsd.core.audit_record import Entry, Head, Outcome
from bamsd.core.audit_writer import AuditWriter
from bamsd.core.store import Store
from bamsd.errors import BamsError, Internal, unexpected

__all__ = ["Audit", "Entry", "Outcome", "Report"]

log = logging.getLogger(__name__)
_T = TypeVar("_T")
Journal = Callable[[Mapping[str, str]], None]

_KEEP_HEAD = "INSERT OR REPLACE INTO audit_head (id, seq, hash, dropped_seq, dropped_hash) VALUES (1, ?, ?, ?, ?)"
_MESSAGE_ID = "7b4a6d0c3f1e4c5a9d2b8e6f01a3c5d7"


class Audit:
    """``keep`` is how many full files of about ``max_bytes`` stay beside the growing one.

    ``journal`` gets each record as journal fields, on a thread, after it is on the disk.
    """

    def __init__(self, directory: Path, store: Store, *, max_bytes: int, keep: int, journal: Journal) -> None:
        self._writer = AuditWriter(directory, max_bytes=max_bytes, keep=keep)
        self._store = store
        self._index = AuditIndex(store)
        self._journal = journal
        self._directory = directory
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")
        self._one_at_a_time = asyncio.Lock()
        self._pending: list[tuple[Entry, asyncio.Future[int]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._is_open = False

    async def open(self) -> Report:
        """Take up the chain where the last daemon left it.

        An unfinished line at the end is moved aside, and a record says so. A chain that was cut or edited is left as it
        is, and new records follow the last known one: the report says so, and so will ``verify`` from then on.
        """
        kept = await self._kept()
        found = await self._on_thread(lambda: self._writer.open(kept))
        await self._catch_up()
        self._is_open = True
        if found.problem:
            log.error("%s", found.problem)
        for note in found.notes:
            await self.record(note)
        return Report(not found.problem, self._writer.head.seq - self._writer.dropped.seq, found.problem)

    async def close(self) -> None:
        """Write what is waiting, then stop."""
        self._is_open = False
        if self._writing:
            await asyncio.wait((self._writing,))
        await self._on_thread(self._writer.files.close)
        self._thread.shutdown(wait=False)

    async def record(self, entry: Entry) -> int:
        """Write one record and return its number once it is on the disk.

        A cancelled caller does not take its record back. Raises OutOfSpace or Internal when it is not written.
        """
        if not self._is_open:
            raise Internal(f"The audit log in {self._directory} is not open.")
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._pending.append((entry, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_pending())
        return await future

    async def verify(self) -> Report:
        """Check the whole chain and its ends. The first fault is named with its file and record number."""
        with ExitStack() as stack:
            async with self._one_at_a_time:
                start, end = self._writer.dropped, self._writer.head
                files = await self._files(stack)
                kept = await self._kept()
            report = await asyncio.to_thread(check, files, start, end)
        if report.ok and end.seq and (kept is None or kept[0] != end):
            return Report(False, report.records, f"The store does not name record {end.seq} as the last one.")
        return report

    async def entries(self, *, before_seq: int | None = None, limit: int = 100, **filters: Any) -> list[dict[str, Any]]:
        """The newest records first: all fields of Entry, with ``seq``, ``time_us``, ``prev`` and ``hash``.

        ``filters``: ``person``, ``action``, ``method``, ``outcome``, ``job`` and the value it must have; ``object``,
        with what is below it; ``text``, in any case, of the description, error, arguments and names; ``since_us`` and
        ``until_us`` for the time. Raises InvalidArgument for another filter.
        """
        with ExitStack() as stack:
            async with self._one_at_a_time:
                files = await self._files(stack)
                after, head = self._writer.dropped.seq, self._writer.head.seq
            before = head + 1 if before_seq is None else min(before_seq, head + 1)
            places = await self._index.find(after, before, limit, filters)
            return await asyncio.to_thread(read_at, files, places)

    async def _catch_up(self) -> None:
        """File by file, because a record takes ten times as much memory as it has letters."""
        head = self._writer.head.seq
        await self._index.cut(head)
        last = max(await self._index.last_seq(), self._writer.dropped.seq)
        with ExitStack() as stack:
            for file in await self._files(stack, after_seq=last) if last < head else []:
                await self._index.catch_up(await asyncio.to_thread(read_all, file, last))

    async def _files(self, stack: ExitStack, after_seq: int = 0) -> list[AuditFile]:
        reading = self._writer.files.reading(max(after_seq, self._writer.dropped.seq))
        try:
            return await self._on_thread(lambda: stack.enter_context(reading))
        except OSError as error:
            raise Internal(f"The audit log in {self._directory} cannot be read: {error.strerror}.") from error

    async def _kept(self) -> tuple[Head, Head] | None:
        rows = await self._store.query("SELECT * FROM audit_head")
        if not rows:
            return None
        return Head(rows[0]["seq"], rows[0]["hash"]), Head(rows[0]["dropped_seq"], rows[0]["dropped_hash"])

    async def _write_pending(self) -> None:
        while self._pending:
            batch, self._pending = self._pending, []
            try:
                records = await self._write([entry for entry, _ in batch])
            except Exception as error:
                failure = error if isinstance(error, BamsError) else unexpected(error, "writing the audit log")
                for _, future in batch:
                    if not future.done():
                        future.set_exception(failure)
            else:
                for (_, future), record in zip(batch, records, strict=True):
                    if not future.done():
                        future.set_result(record["seq"])

    async def _write(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        async with self._one_at_a_time:
            dropped_before = self._writer.dropped
            records = await self._on_thread(lambda: self._write_and_tell(entries))
            head, dropped = self._writer.head, self._writer.dropped
            keep_head = (_KEEP_HEAD, (head.seq, head.hash, dropped.seq, dropped.hash))
            await self._store.transaction([keep_head, *self._index.adding(self._writer.latest, dropped.seq)])
            if dropped != dropped_before:
                await self._on_thread(self._writer.drop)
        return records

    def _write_and_tell(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        records = self._writer.write(entries)
        try:
            for record in records:
                self._journal(_journal_fields(record))
        except Exception as error:
            log.warning("the journal did not take an audit record: %r", error)
        return records

    async def _on_thread(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def _journal_fields(record: Mapping[str, Any]) -> dict[str, str]:
    shown = {name: value for name, value in record.items() if name not in ("prev", "time_us")}
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in shown.items()}
    failed = record["outcome"] in ("denied", "failed", "recovered")
    return {
        "MESSAGE": f"{record['person']}: {record['description']}: {record['outcome']}",
        "MESSAGE_ID": _MESSAGE_ID,
        "PRIORITY": "4" if failed else "5",
        **{f"BAMS_{name.upper()}": value for name, value in values.items()},
    }
