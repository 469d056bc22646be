"""The jobs that bamsd remembers: in memory, in the store, and for how long."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bamsd.core.clock import Clock
from bamsd.core.job import SAVE, Job, from_row, to_row
from bamsd.core.store import Statement, Store
from bamsd.errors import BamsError, NotFound, unexpected

log = logging.getLogger(__name__)

KEEP_S = 3600
KEEP_COUNT = 100
"""An ended job is forgotten after an hour, or when a hundred younger ones have ended."""

Listener = Callable[[Job, bool], None]
RemovedListener = Callable[[Job], None]
BeforeEnd = Callable[[Job], Awaitable[None]]


class JobHistory:
    def __init__(self, store: Store, clock: Clock, before_end: BeforeEnd | None = None) -> None:
        self.listeners: list[Listener] = []
        self.removed_listeners: list[RemovedListener] = []
        self.jobs: dict[int, Job] = {}
        self._store = store
        self._clock = clock
        self._before_end = before_end
        self._last_id = 0
        self._unsaved: dict[int, list[Statement]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._pruning: set[asyncio.Task[None]] = set()
        self._closed = False

    async def open(self) -> None:
        highest = await self._store.query("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'")
        self._last_id = highest[0]["seq"] if highest else 0
        rows = await self._store.query("SELECT * FROM jobs ORDER BY id")
        self.jobs = {row["id"]: from_row(row) for row in rows}
        await self.prune()

    async def close(self) -> None:
        self._closed = True
        if self._timer:
            self._timer.cancel()
        await asyncio.gather(*self._pruning)
        await self._save_ends()

    def get(self, number: int) -> Job:
        try:
            return self.jobs[number]
        except KeyError:
            raise NotFound(f"There is no job {number}; ended jobs are forgotten after an hour.") from None

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    async def add(self, job: Job) -> None:
        """Store a new job, then show it. Raises what the store raises, and then shows nothing."""
        await self._store.execute(SAVE, to_row(job))
        self.show(job, new=True)
        self._prune_soon()

    async def end(self, job: Job, also: Sequence[Statement] = ()) -> None:
        """Record and store how a job ended, then show it. The work is done, so a full disk does not change the answer.

        The record comes first: a kill in between leaves a job that the next start ends once more, never an end without
        a record. ``also`` is stored in the same transaction.
        """
        await self._record_end(job)
        self._unsaved[job.id] = [(SAVE, to_row(job)), *also]
        await self._save_ends()
        self.show(job, new=False)
        self._prune_soon()

    async def _record_end(self, job: Job) -> None:
        if self._before_end is None:
            return
        try:
            await self._before_end(job)
        except Exception as error:
            log.critical("the end of job %d (%s) was not written to the audit: %s", job.id, job.state, error)

    def show(self, job: Job, *, new: bool) -> None:
        self.jobs[job.id] = job
        _call_all(self.listeners, job, new)

    async def _save_ends(self) -> None:
        ends = dict(self._unsaved)
        try:
            await self._store.transaction([statement for statements in ends.values() for statement in statements])
        except BamsError as error:
            numbers = ", ".join(map(str, ends))
            log.error("the end of job %s was not stored and is tried again later: %s", numbers, error.message)
        else:
            for number in ends:
                self._unsaved.pop(number, None)

    async def prune(self) -> None:
        """Forget the ended jobs that are too old or too many, and come back when the next one is too old."""
        if self._timer:
            self._timer.cancel()
        ended = sorted(
            (job for job in self.jobs.values() if job.state != "running"), key=lambda job: (job.end_us, job.id)
        )
        oldest_us = self._clock() - KEEP_S * 1_000_000
        too_many = len(ended) - KEEP_COUNT
        gone = [job for place, job in enumerate(ended) if job.end_us <= oldest_us or place < too_many]
        for job in gone:
            del self.jobs[job.id]
            self._unsaved.pop(job.id, None)
            _call_all(self.removed_listeners, job)
        if not self._closed and len(ended) > len(gone):
            due_s = (ended[len(gone)].end_us - oldest_us) / 1_000_000
            self._timer = asyncio.get_running_loop().call_later(due_s + 1, self._prune_soon)
        if gone:
            await self._delete(gone)

    async def _delete(self, jobs: Sequence[Job]) -> None:
        try:
            await self._store.transaction([("DELETE FROM jobs WHERE id = ?", (job.id,)) for job in jobs])
        except BamsError as error:
            log.warning("old jobs were not removed from the store: %s", error.message)

    def _prune_soon(self) -> None:
        if not self._closed:
            task = asyncio.create_task(self.prune())
            self._pruning.add(task)
            task.add_done_callback(self._pruning.discard)


def plain(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result as the next start will read it from the store."""
    return dict(json.loads(json.dumps(result, default=str)))


def _call_all(listeners: Sequence[Callable[..., None]], *arguments: Any) -> None:
    """A listener with a fault must not change how a job ends."""
    for listener in listeners:
        try:
            listener(*arguments)
        except Exception as error:
            unexpected(error, f"telling of job {arguments[0].id}")
