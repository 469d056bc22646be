"""The logs of the services of this machine: which there are, pages of them, and followers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from bamsd.errors import BamsError, Busy, NotFound, unexpected
from bamsd.logs import catalogue, pages
from bamsd.logs.following import Follower
from bamsd.logs.models import Query, SourceState
from bamsd.logs.pages import Page
from bamsd.system.journal import Entry

log = logging.getLogger(__name__)

MOST_FOLLOWERS = 32
MOST_OF_ONE_CALLER = 8
MOST_WAITING = 16
_THREADS = 4

UnitStates = Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
"""Units to the state of each that is installed."""


class Listener(Protocol):
    """The one who follows."""

    def entries(self, number: int, entries: tuple[Entry, ...], dropped: int) -> None: ...

    def ended(self, number: int, reason: str) -> None: ...


class Departures(Protocol):
    """Tells when a caller has left the bus."""

    async def watch(self, name: str, gone: Callable[[], None]) -> bool: ...

    async def forget(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Following:
    owner: str
    task: asyncio.Task[None]


class Logs:
    """Reads in threads of its own: a search through a large journal keeps nobody else waiting."""

    def __init__(self, unit_states: UnitStates, departures: Departures, folder: Path | None = None) -> None:
        self._unit_states = unit_states
        self._departures = departures
        self._folder = folder
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="logs")
        self._followers_threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="follow")
        self._following: dict[int, _Following] = {}
        self._last = 0
        self._waiting = 0

    async def services(self) -> list[SourceState]:
        """Every service that is known, also those that are not installed."""
        units = [unit for source in catalogue.SOURCES for unit in source.units]
        try:
            states = await self._unit_states(units)
        except BamsError as error:
            log.warning("the states of services are not known: %s", error.message)
            states = {}
        found = []
        for source in catalogue.SOURCES:
            installed = [unit for unit in source.units if unit in states]
            state = states[installed[0]] if installed else ""
            found.append(SourceState(source, state, bool(installed) or not source.units))
        return found

    async def page(self, query: Query, *, limit: int, cursor: str, backwards: bool) -> Page:
        """Raises Busy when many wait already, and what ``pages.read`` raises."""
        if self._waiting >= MOST_WAITING:
            raise Busy("Many logs are being read at this moment; try again in some seconds.")
        read = partial(pages.read, query, limit=limit, cursor=cursor, backwards=backwards, folder=self._folder)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, read)
        finally:
            self._waiting -= 1

    async def follow(self, query: Query, owner: str, listener: Listener) -> int:
        """Send new entries to the listener until the owner stops it or leaves. Returns its number."""
        own = sum(1 for following in self._following.values() if following.owner == owner)
        if own >= MOST_OF_ONE_CALLER or len(self._following) >= MOST_FOLLOWERS:
            raise Busy(f"Too many logs are being followed ({own} of them by you); stop one first.")
        if not await self._departures.watch(owner, partial(self._left, owner)):
            raise NotFound("The caller has left the bus.")
        self._last += 1
        number = self._last
        follower = Follower(query, partial(listener.entries, number), self._followers_threads, self._folder)
        # Nothing is awaited between here and the reply, so the number is known before the first entries come.
        task = asyncio.get_running_loop().create_task(self._run(number, follower, listener))
        self._following[number] = _Following(owner, task)
        return number

    async def stop_following(self, number: int, owner: str) -> None:
        """Raises NotFound for a number that is not the owner's."""
        following = self._following.get(number)
        if following is None or following.owner != owner:
            raise NotFound(f"You follow no log with the number {number}; it may have ended.")
        await self._end(number)

    async def close(self) -> None:
        for number in list(self._following):
            await self._end(number)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._followers_threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, number: int, follower: Follower, listener: Listener) -> None:
        reason = "It was stopped."
        try:
            await follower.run()
        except OSError as error:
            reason = f"The journal cannot be read: {error.strerror or error}."
        except BamsError as error:
            reason = error.message
        except Exception as error:
            reason = unexpected(error, "following a log").message
        finally:
            following = self._following.pop(number, None)
            listener.ended(number, reason)
            if following and not any(f.owner == following.owner for f in self._following.values()):
                await self._departures.forget(following.owner)

    async def _end(self, number: int) -> None:
        following = self._following.get(number)
        if following:
            following.task.cancel()
            with suppress(asyncio.CancelledError):
                await following.task

    def _left(self, owner: str) -> None:
        for following in list(self._following.values()):
            if following.owner == owner:
                following.task.cancel()
