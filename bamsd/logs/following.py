"""Follows one log for one caller: a few batches a second, and a count of what did not fit in.

Nothing is kept for later. What the journal took in since the last batch is read to its end each time; a batch takes so
many entries of it, and the rest is counted and passed over. So a flood costs the same memory as a trickle.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from bamsd.logs.models import Query
from bamsd.system.journal import Entry, Reader

PAUSE_S = 0.1
"""Between two batches: at most ten a second."""
MOST_ENTRIES = 200
MOST_BYTES = 128 << 10
"""Of one batch."""
TURN_S = 0.05
"""Longest reading for one batch, so that followers share the processor with everybody else."""
LOOK_ANYWAY_S = 5.0
"""inotify can be out of watches; then the journal is looked at this often."""

Tell = Callable[[tuple[Entry, ...], int], None]
"""Takes entries, oldest first, and how many more there were."""


@dataclass(slots=True)
class Batch:
    entries: tuple[Entry, ...]
    dropped: int
    has_more: bool


class Follower:
    """``run`` goes on until it is cancelled, or raises OSError when the journal cannot be read."""

    def __init__(self, query: Query, tell: Tell, threads: Executor, folder: Path | None = None) -> None:
        self._query = query
        self._tell = tell
        self._threads = threads
        self._folder = folder

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        reader = await loop.run_in_executor(self._threads, self._open)
        work: asyncio.Future[Batch] | None = None
        try:
            while True:
                work = loop.run_in_executor(self._threads, self._read, reader)
                batch = await asyncio.shield(work)
                if batch.entries or batch.dropped:
                    self._tell(batch.entries, batch.dropped)
                if not batch.has_more:
                    await _readable(reader.fileno())
                await asyncio.sleep(PAUSE_S)
        finally:
            if work:  # a thread may stand in the reader; closing it under its feet would crash the process
                await asyncio.wait([work])
            reader.close()

    def _open(self) -> Reader:
        reader = Reader(self._query.source.terms, self._query.priority, self._folder)
        if self._query.since_us:
            reader.to_time(self._query.since_us)
            if reader.back():
                return reader
            reader.to_head()
            return reader
        # Stand on the newest entry: libsystemd forgets a tail that it was only pointed at.
        reader.to_tail()
        if not reader.back():
            reader.to_head()
        return reader

    def _read(self, reader: Reader) -> Batch:
        reader.process()
        deadline = time.monotonic() + TURN_S
        found: list[Entry] = []
        size = dropped = 0
        while reader.forward():
            if time.monotonic() > deadline:
                return Batch(tuple(found), dropped + self._counts(reader), True)
            if not self._counts(reader):
                continue
            if len(found) < MOST_ENTRIES and size < MOST_BYTES:
                entry = reader.entry()
                found.append(entry)
                size += len(entry.message.encode())
            else:
                dropped += 1
        return Batch(tuple(found), dropped, False)

    def _counts(self, reader: Reader) -> bool:
        return self._query.takes(reader.message()) and reader.time_us() >= self._query.since_us


async def _readable(number: int) -> None:
    """Wait until the journal says that something happened, but not for ever."""
    loop = asyncio.get_running_loop()
    news = asyncio.Event()
    loop.add_reader(number, news.set)
    try:
        async with asyncio.timeout(LOOK_ANYWAY_S):
            await news.wait()
    except TimeoutError:
        pass
    finally:
        loop.remove_reader(number)
