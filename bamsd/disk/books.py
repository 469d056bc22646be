"""What is known of disks: the stacks' readings and the store's rows, kept together and told to everybody."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Protocol

from bamsd.core.alerts import Alerts
from bamsd.core.names import pool_path
from bamsd.disk import views
from bamsd.disk.conditions import PREFIX, Condition, conditions
from bamsd.disk.models import Pool, Reading, Stack, Volume
from bamsd.disk.outcome import Outcome, judge
from bamsd.disk.register import Intent, Register, Row, row_of
from bamsd.disk.views import Picture, PoolView, RepositoryView
from bamsd.errors import BamsError

log = logging.getLogger(__name__)

Reader = Callable[[], Awaitable[Reading]]


class Listener(Protocol):
    """Who is told of changes (the D-Bus objects). Called on the loop, before the change is answered."""

    def pool_changed(self, view: PoolView) -> None: ...
    def pool_removed(self, path: str) -> None: ...
    def repository_changed(self, view: RepositoryView) -> None: ...
    def repository_removed(self, path: str) -> None: ...


class Books:
    """One reading of a stack at a time; each ends with the store, the objects and the alerts in agreement with it."""

    def __init__(
        self,
        register: Register,
        readers: Mapping[Stack, Reader],
        mounts: Callable[[], Awaitable[Set[str]]],
        alerts: Alerts,
        listener: Listener,
        picture: Picture,
    ) -> None:
        self._register = register
        self._readers = readers
        self._mounts = mounts
        self._alerts = alerts
        self._listener = listener
        self._turns = {stack: asyncio.Lock() for stack in readers}
        self._telling = asyncio.Lock()
        self._changes = dict.fromkeys(readers, 0)
        self._calm = {stack: asyncio.Event() for stack in readers}
        for calm in self._calm.values():
            calm.set()
        self.read_at: dict[Stack, float] = {}
        """When the latest reading of a stack began, by the monotonic clock."""
        self.picture = picture
        self.pools: dict[str, PoolView] = {}
        self.repositories: dict[str, RepositoryView] = {}
        self._conditions: dict[str, Condition] = {}
        self._under_way: dict[int, Intent] = {}
        """Changes whose end is not known: they run, or their pool does not answer."""

    async def open(self) -> None:
        await self._register.open()
        self.picture = replace(self.picture, rows=dict(self._register.rows))
        standing = (alert.id for alert in self._alerts.list() if alert.id.startswith(PREFIX))
        self._conditions = {id: Condition(id, "info", "", "") for id in standing}

    async def take_up(self) -> list[Intent]:
        """The changes whose end an earlier bamsd did not see. Nothing of theirs counts as found by chance."""
        intents = await self._register.intents()
        self._under_way = {intent.job_id: intent for intent in intents}
        return intents

    async def observe(self, stack: Stack) -> Picture:
        """Read a stack and publish what differs. What cannot be read says so in the picture.

        A stack that hangs lets nobody wait but its own callers.
        """
        async with self._turns[stack]:
            return await self._observe(stack)

    async def catch_up(self, stack: Stack, since_s: float, within_s: float) -> None:
        """Read a stack as ``observe`` does, unless a reading began after this moment of the monotonic clock.

        While a change of ours is under way, which reads the stack at its end, that is waited for up to ``within_s``.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._calm[stack].wait(), within_s)
        async with self._turns[stack]:
            if self.read_at.get(stack, -math.inf) < since_s:
                await self._observe(stack)

    @contextmanager
    def changing(self, stack: Stack) -> Iterator[None]:
        """A change of ours is under way in this stack, and ends with a reading."""
        self._changes[stack] += 1
        self._calm[stack].clear()
        try:
            yield
        finally:
            self._changes[stack] -= 1
            if not self._changes[stack]:
                self._calm[stack].set()

    async def _observe(self, stack: Stack) -> Picture:
        self.read_at[stack] = time.monotonic()
        fresh = await self._read(stack)
        async with self._telling:
            readings = dict(self.picture.readings)
            readings[stack] = merged(readings.get(stack, Reading()), fresh)
            self.picture = replace(self.picture, readings=readings, mounted=await self._mounts())
            await self._match_rows()
            await self._settle_unknown()
            await self._publish()
            return self.picture

    async def observe_all(self) -> None:
        await asyncio.gather(*(self.observe(stack) for stack in self._readers))

    async def begin(self, intent: Intent) -> None:
        """Write down what is about to happen."""
        await self._register.begin(intent)
        self._under_way[intent.job_id] = intent

    async def reach(self, intent: Intent, stage: int) -> None:
        if stage > 1:  # ``begin`` has said already that the first step comes
            await self._register.reach(intent.job_id, stage)
        self._under_way[intent.job_id] = replace(intent, stage=stage)

    async def conclude(self, intent: Intent, outcome: Outcome) -> None:
        """Keep what a change came to. An unknown end stays written down until the pool answers again."""
        self._under_way[intent.job_id] = replace(intent, ended=True)
        if outcome.end != "unknown":
            async with self._telling:
                await self._conclude(intent, outcome)
                await self._publish()

    async def forget(self, intent: Intent) -> None:
        await self._register.end(intent.job_id)
        self._under_way.pop(intent.job_id, None)

    def objects_of(self, stack: Stack, group: str) -> tuple[str, ...]:
        path = pool_path(stack, group)
        return (path,) if path in self.pools else ()

    async def _read(self, stack: Stack) -> Reading:
        try:
            return await self._readers[stack]()
        except BamsError as error:
            return Reading(problems={"": error.message})

    async def _conclude(self, intent: Intent, outcome: Outcome) -> None:
        await self._register.end(intent.job_id, saved=outcome.saved, forgotten=outcome.forgotten)
        self._under_way.pop(intent.job_id, None)
        self.picture = replace(self.picture, rows=dict(self._register.rows))

    async def _settle_unknown(self) -> None:
        """Changes that ended while their pool did not answer: look again."""
        for intent in [i for i in self._under_way.values() if i.ended]:
            outcome = judge(self.picture, intent, finished=False)
            if outcome.end != "unknown":
                log.warning("job %d, %s of %s: %s", intent.job_id, intent.operation, intent.name, outcome.text)
                await self._conclude(intent, outcome)

    async def _match_rows(self) -> None:
        """Bring the rows up to date with the volumes, and take in a volume with our mark that no row knows."""
        for row in list(self._register.rows.values()):
            volume = self.picture.volume_of(row)
            if volume and (seen := seen_as(row, volume)) != row:
                log.info("repository %s is %s with %d bytes now", row.name, seen.full_name, seen.size_bytes)
                await self._register.keep(seen)
        busy = {intent.repository for intent in self._under_way.values()}
        for volume in strangers(self.picture, self._register.rows.keys() | busy):
            name = volume.name if not self._register.named(volume.name) else f"{volume.name}-{volume.repository[:8]}"
            log.warning("repository %s was found by the mark on %s", name, volume.full_name)
            await self._register.keep(row_of(volume, name, ""))
        going = {i.repository for i in self._under_way.values() if i.operation == "disk-delete" and not i.ended}
        # A repository that is being deleted is gone with its volume, not missing.
        rows = {u: row for u, row in self._register.rows.items() if u not in going or self.picture.volumes_of(u)}
        self.picture = replace(self.picture, rows=rows)

    async def _publish(self) -> None:
        pools, repositories = views.pools(self.picture), views.repositories(self.picture)
        for path in self.pools.keys() - pools.keys():
            self._listener.pool_removed(path)
        for path in self.repositories.keys() - repositories.keys():
            self._listener.repository_removed(path)
        for path, pool in pools.items():
            if self.pools.get(path) != pool:
                self._listener.pool_changed(pool)
        for number, (path, repository) in enumerate(repositories.items()):
            if self.repositories.get(path) != repository:
                self._listener.repository_changed(repository)
                if number % 50 == 49:
                    await asyncio.sleep(0)  # other calls get their turn while a large pool is told
        self.pools, self.repositories = pools, repositories
        await self._alert()

    async def _alert(self) -> None:
        wanted = conditions(self.picture, self.repositories)
        for id in self._conditions.keys() - wanted.keys():
            await self._alerts.clear(id)
        for id, condition in wanted.items():
            if self._conditions.get(id) != condition:
                await self._alerts.raise_alert(
                    id, condition.severity, condition.summary, condition.advice, condition.object
                )
        self._conditions = wanted


def merged(before: Reading, now: Reading) -> Reading:
    """The new reading, with the old knowledge of what does not answer now."""
    if not now.problems:
        return now

    def lost(group: str) -> bool:
        return "" in now.problems or group in now.problems

    told_pools = {pool.name for pool in now.pools}
    told_volumes = {volume.full_name for volume in now.volumes}
    pools: list[Pool] = [replace(p, health="unresponsive") if lost(p.group) else p for p in now.pools]
    pools += [replace(p, health="unresponsive") for p in before.pools if lost(p.group) and p.name not in told_pools]
    volumes = [*now.volumes, *(v for v in before.volumes if lost(v.group) and v.full_name not in told_volumes)]
    return Reading(tuple(pools), tuple(volumes), now.problems)


def seen_as(row: Row, volume: Volume) -> Row:
    """The row with what is to be seen of its volume. The name, the use and the maker are BAMS's own memory."""
    return replace(row, pool=volume.pool, volume=volume.name, kind=volume.kind, size_bytes=volume.size_bytes)


def strangers(picture: Picture, known: Iterable[str]) -> list[Volume]:
    """Volumes with a mark that nobody knows. Several with the same mark stay strangers: a person must choose."""
    known = set(known)
    marked = (volume for volume in picture.volumes if volume.repository and volume.repository not in known)
    return [volume for volume in marked if len(picture.volumes_of(volume.repository)) == 1]
