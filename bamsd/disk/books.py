"""What is known of disks: the stacks' readings and the store's rows, kept together and told to everybody."""

import asyncio
import logging
import math
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Protocol

from bamsd.core.alerts import Alerts
from bamsd.core.names import pool_path
from bamsd.disk import views
from bamsd.disk.conditions import PREFIX, Condition, conditions, unsettled
from bamsd.disk.models import KNOWN_ILL, NAME_LIMIT, Reading, Stack, Volume, check_name
from bamsd.disk.outcome import Outcome, judge
from bamsd.disk.register import Intent, Register, Row, row_of
from bamsd.disk.views import Picture, PoolView, RepositoryView
from bamsd.errors import BamsError, InvalidArgument
from bamsd.system.at_work import at_work

log = logging.getLogger(__name__)

Reader = Callable[[], Awaitable[Reading]]
GroupReader = Callable[[str], Awaitable[Reading]]
"""Reads one group alone, where the stack can do that."""
Look = Callable[[str], Awaitable[bool]]
"""Whether a device is known to hold nothing."""


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
        group_readers: Mapping[Stack, GroupReader],
        is_blank: Look,
    ) -> None:
        self._register = register
        self._readers = readers
        self._group_readers = group_readers
        self._is_blank = is_blank
        self._mounts = mounts
        self._alerts = alerts
        self._listener = listener
        self._turns: defaultdict[tuple[Stack, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._telling = asyncio.Lock()
        self._changes = dict.fromkeys(readers, 0)
        self._calm = {stack: asyncio.Event() for stack in readers}
        for calm in self._calm.values():
            calm.set()
        self.read_at: dict[Stack, float] = {}
        """When the latest reading of a whole stack began, by the monotonic clock."""
        self._group_read_at: dict[tuple[Stack, str], float] = {}
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

    async def observe(self, stack: Stack, group: str = "") -> Picture:
        """Read a stack, or one group of it, and publish what differs. What cannot be read says so in the picture.

        A stack that hangs lets nobody wait but its own callers; so does a group, where it can be read alone.
        """
        group = group if self._reads_alone(stack, group) else ""
        async with self._turns[stack, group]:
            return await self._observe(stack, group)

    async def catch_up(self, stack: Stack, since_s: float, within_s: float) -> None:
        """Read a stack as ``observe`` does, unless a reading began after this moment of the monotonic clock.

        While a change of ours is under way, which reads the stack at its end, that is waited for up to ``within_s``.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._calm[stack].wait()
        async with self._turns[stack, ""]:
            if self.read_at.get(stack, -math.inf) < since_s:
                await self._observe(stack, "")

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

    async def _observe(self, stack: Stack, group: str) -> Picture:
        began = time.monotonic()
        if group:
            self._group_read_at[stack, group] = began
        else:
            self.read_at[stack] = began
        fresh = await self._read(stack, group)
        blank = {v.repository for v in finds(fresh, self._known()) if await self._is_blank(v.device)}
        async with self._telling:
            readings = dict(self.picture.readings)
            readings[stack] = self._joined(readings.get(stack, Reading()), fresh, stack, group, began)
            self.picture = replace(self.picture, readings=readings, mounted=await self._mounts())
            await self._match_rows(blank)
            await self._settle_unknown()
            await self._publish()
            return self.picture

    def _reads_alone(self, stack: Stack, group: str) -> bool:
        """Not worth it without other groups; and only who has read the list of groups knows whether one is there."""
        others = any(pool.group != group for pool in self.picture.pools if pool.stack == stack)
        return bool(group) and stack in self._group_readers and others

    def _joined(self, known: Reading, fresh: Reading, stack: Stack, group: str, began: float) -> Reading:
        if group:
            return with_group(known, group, merged(part(known, group), fresh))
        whole = merged(known, fresh)
        # A group that was read by itself since this reading began is known better than this reading knows it.
        newer = [g for (s, g), at in self._group_read_at.items() if s == stack and at > began]
        for one in newer:
            whole = with_group(whole, one, part(known, one))
        return whole

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
        async with self._telling:
            if outcome.end == "unknown":
                self.leave(intent)
            else:
                await self._conclude(intent, outcome)
            await self._publish()

    async def remember(self, rows: Iterable[Row]) -> None:
        """Keep what another host knew of repositories that are here now."""
        async with self._telling:
            for row in rows:
                await self._register.keep(row)
            self._show_rows()
            await self._publish()

    def leave(self, intent: Intent) -> None:
        """Nobody waits for the end of this change any more; a later look at its pool settles it."""
        self._under_way[intent.job_id] = replace(intent, ended=True)

    def unsettled(self, stack: Stack, group: str) -> Intent | None:
        """A change of this group of which nobody could tell yet how it ended."""
        left = (i for i in self._under_way.values() if i.ended and (i.stack, i.group) == (stack, group))
        return next(left, None)

    def objects_of(self, stack: Stack, group: str) -> tuple[str, ...]:
        path = pool_path(stack, group)
        return (path,) if path in self.pools else ()

    async def _read(self, stack: Stack, group: str) -> Reading:
        try:
            return await (self._group_readers[stack](group) if group else self._readers[stack]())
        except BamsError as error:
            return Reading(problems={group: error.message})

    async def _conclude(self, intent: Intent, outcome: Outcome) -> None:
        await self._register.end(intent.job_id, saved=outcome.saved, forgotten=outcome.forgotten)
        self._under_way.pop(intent.job_id, None)
        self._show_rows()

    async def _settle_unknown(self) -> None:
        """Changes that ended while their pool did not answer, or before their program did: look again."""
        for intent in [i for i in self._under_way.values() if i.ended]:
            if await at_work(intent.mark):
                continue
            outcome = judge(self.picture, intent, finished=False)
            if outcome.end != "unknown":
                log.warning("job %d, %s of %s: %s", intent.job_id, intent.operation, intent.name, outcome.text)
                await self._conclude(intent, outcome)

    def _known(self) -> Set[str]:
        """The repositories that the store knows, and those that are being made."""
        return self._register.rows.keys() | {intent.repository for intent in self._under_way.values()}

    async def _match_rows(self, blank: Set[str]) -> None:
        """Bring the rows up to date with the volumes, and take in a volume with our mark that no row knows.

        ``blank`` are repositories that no row knows and whose volume holds nothing.
        """
        for row in list(self._register.rows.values()):
            volume = self.picture.volume_of(row)
            if volume and (seen := seen_as(row, volume, mounted=self.picture.is_mounted(row))) != row:
                log.info("repository %s is %s with %d bytes now", row.name, seen.full_name, seen.size_bytes)
                await self._register.keep(seen)
        for volume in strangers(self.picture, self._known()):
            name = found_name(volume, lambda name: self._register.named(name) is not None)
            log.warning("repository %s was found by the mark on %s", name, volume.full_name)
            found = row_of(volume, name, "")
            if found.use == "filesystem" and not self.picture.is_mounted(found):
                found = replace(found, leftover="format" if volume.repository in blank else "mount")
            await self._register.keep(found)
        self._show_rows()

    def _show_rows(self) -> None:
        """A repository that is being deleted is gone with its volume, not missing."""
        going = {i.repository for i in self._under_way.values() if i.operation == "disk-delete" and not i.ended}
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
        wanted = conditions(self.picture, self.repositories) | unsettled(self._under_way.values())
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
    silent = [p for p in now.pools if lost(p.group) and p.health not in KNOWN_ILL]
    pools = [replace(p, health="unresponsive") if p in silent else p for p in now.pools]
    pools += [replace(p, health="unresponsive") for p in before.pools if lost(p.group) and p.name not in told_pools]
    volumes = [*now.volumes, *(v for v in before.volumes if lost(v.group) and v.full_name not in told_volumes)]
    return Reading(tuple(pools), tuple(volumes), now.problems)


def part(reading: Reading, group: str) -> Reading:
    """What a reading says of one group."""
    return Reading(
        tuple(pool for pool in reading.pools if pool.group == group),
        tuple(volume for volume in reading.volumes if volume.group == group),
        {group: reading.problems[group]} if group in reading.problems else {},
    )


def with_group(whole: Reading, group: str, fresh: Reading) -> Reading:
    """The reading with one group as a reading of it alone says."""
    return Reading(
        (*(pool for pool in whole.pools if pool.group != group), *fresh.pools),
        (*(volume for volume in whole.volumes if volume.group != group), *fresh.volumes),
        {name: text for name, text in whole.problems.items() if name != group} | dict(fresh.problems),
    )


def found_name(volume: Volume, is_taken: Callable[[str], bool]) -> str:
    """What a repository is called that only its volume tells of: like the volume, if that is a name and is free."""
    try:
        name = check_name(volume.name, "repository")
    except InvalidArgument:
        return f"found-{volume.repository[:8]}"
    return f"{name[: NAME_LIMIT - 9]}-{volume.repository[:8]}" if is_taken(name) else name


def seen_as(row: Row, volume: Volume, *, mounted: bool) -> Row:
    """The row with what is to be seen of its volume. The name, the use and the maker are BAMS's own memory.

    After a reset of the machine systemd may mount it after its change was judged; then nothing is left to be done.
    """
    leftover = "" if mounted and row.leftover == "mount" else row.leftover
    seen = replace(row, pool=volume.pool, volume=volume.name, kind=volume.kind, size_bytes=volume.size_bytes)
    return replace(seen, leftover=leftover)


def finds(reading: Reading, known: Set[str]) -> list[Volume]:
    """Volumes for file systems with a mark that nobody knows, each of another mark, whose content can be looked at."""
    marks = Counter(volume.repository for volume in reading.volumes)
    new = (v for v in reading.volumes if v.repository and v.repository not in known and marks[v.repository] == 1)
    return [v for v in new if v.use == "filesystem" and v.active and v.health == "online"]


def strangers(picture: Picture, known: Iterable[str]) -> list[Volume]:
    """Volumes with a mark that nobody knows. Several with the same mark stay strangers: a person must choose."""
    known = set(known)
    marked = (volume for volume in picture.volumes if volume.repository and volume.repository not in known)
    return [volume for volume in marked if len(picture.volumes_of(volume.repository)) == 1]
