"""One look at everything that is counted: capacities, throughput, drives, sessions.

Nothing here starts a program: capacities come from what the areas know already, the rest from files of the kernel.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bamsd.core.clock import Clock, now_us
from bamsd.errors import BamsError
from bamsd.overview.counters import Traffic, block_traffic, filling, tape_traffic
from bamsd.overview.models import Drive, Filling, Iscsi, Library, Rates, Sample, Series, Session, Space, Unit
from bamsd.overview.rates import Deltas
from bamsd.system.block import Roots
from bamsd.system.patience import Patience

log = logging.getLogger(__name__)

READ_LIMIT_S = 20.0
LATE_ROUNDS = 3.0
"""A rate over more than so many rounds would paint over a gap."""

Sessions = Callable[[], Awaitable[Sequence[Session]]]
Loads = Callable[[int, int], Awaitable[Mapping[tuple[str, int], int]]]
"""How often each drive (serial of its library, number) was loaded from one time in microseconds up to another."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the other areas tell. The plain ones answer from what is known; none starts a program."""

    spaces: Callable[[], Sequence[Space]]
    libraries: Callable[[], Sequence[Library]]
    iscsi: Callable[[], Iscsi]
    sessions: Sessions
    loads: Loads


@dataclass
class Counted:
    """What the latest round found, for the overview and for OpenMetrics. Counts begin with bamsd or with the device."""

    at_us: int = 0
    fillings: dict[str, Filling] = field(default_factory=dict)
    """By the series of a repository: its file system."""
    rates: Rates | None = None
    traffic: dict[str, Traffic] = field(default_factory=dict)
    """By ``repository/UUID`` or ``drive/ID``."""
    targets: dict[str, Traffic] = field(default_factory=dict)
    """By IQN: what all its sessions moved since bamsd was started."""
    loads: dict[str, int] = field(default_factory=dict)
    """By ``drive/ID``."""


class Sampler:
    def __init__(self, sources: Sources, roots: Roots, *, clock: Clock = now_us) -> None:
        self._sources = sources
        self._roots = roots
        self._clock = clock
        self._deltas = Deltas()
        self._patience = Patience(READ_LIMIT_S)
        self._loaded: dict[tuple[str, int], int] = {}
        self._loaded_us = 0
        self.counted = Counted()

    async def look(self, interval_s: float) -> list[Sample]:
        """Samples of this moment, the most wanted ones first."""
        spaces, libraries = self._sources.spaces(), self._sources.libraries()
        drives = [drive for library in libraries for drive in library.drives]
        fresh = Counted(self._clock(), targets=dict(self.counted.targets))
        fresh.fillings = await self._fillings(spaces)
        fresh.traffic = await asyncio.to_thread(self._traffic, spaces, drives, self._roots)
        sessions = await self._sessions()
        fresh.loads = await self._loads(libraries)
        self._deltas.begin(boot_time_s(), interval_s * LATE_ROUNDS)
        self.counted = fresh
        return [
            *_pools(spaces, fresh),
            *self._iscsi(sessions, fresh),
            *self._drives(libraries, fresh),
            *self._repositories(spaces, fresh),
            *self._targets(fresh),
        ]

    async def _fillings(self, spaces: Sequence[Space]) -> dict[str, Filling]:
        """Asked pool by pool: where one does not answer, the others do."""
        pools: dict[str, list[Space]] = {}
        for space in spaces:
            if space.mount_point and space.is_read:
                pools.setdefault(space.pool, []).append(space)
        found: dict[str, Filling] = {}
        for pool, members in pools.items():
            try:
                found |= await self._patience.call(f"pool {pool}", partial(_fillings, members))
            except BamsError as error:
                log.debug("no sample of the file systems in %s: %s", pool, error.message)
        return found

    @staticmethod
    def _traffic(spaces: Sequence[Space], drives: Sequence[Drive], roots: Roots) -> dict[str, Traffic]:
        found = {s.series: block_traffic(s.device, roots) for s in spaces if s.kind == "repository" and s.device}
        found |= {f"drive/{d.id}": tape_traffic(d.node, roots.sysfs) for d in drives if d.node}
        return {name: traffic for name, traffic in found.items() if traffic}

    async def _sessions(self) -> Sequence[Session] | None:
        try:
            return await self._sources.sessions()
        except BamsError:
            return None  # there is no target stack, or it does not answer; the overview says which

    async def _loads(self, libraries: Sequence[Library]) -> dict[str, int]:
        now = self._clock()
        for key, count in (await self._sources.loads(self._loaded_us, now)).items():
            self._loaded[key] = self._loaded.get(key, 0) + count
        self._loaded_us = now
        return {f"drive/{d.id}": self._loaded.get((library.serial, d.index), 0) for library, d in _drives(libraries)}

    def _repositories(self, spaces: Sequence[Space], counted: Counted) -> Iterator[Sample]:
        ours = [space for space in spaces if space.kind == "repository"]
        for space in ours:
            if space.is_read:
                yield from _capacity(space, counted)
        for space in ours:
            yield from self._both(space.series, space.path, space.title, counted.traffic.get(space.series))

    def _iscsi(self, sessions: Sequence[Session] | None, counted: Counted) -> Iterator[Sample]:
        if sessions is None:
            return
        yield _sample("iscsi/sessions", "", "count", "iSCSI sessions", len(sessions))
        read = written = 0
        for session in sessions:
            key = f"session/{session.target}/{session.id}"
            # A session that is new since the last round moved all its bytes since then.
            moved = Traffic(
                self._deltas.of(f"{key}/read", session.read_bytes, new_is_zero=True) or 0,
                self._deltas.of(f"{key}/written", session.written_bytes, new_is_zero=True) or 0,
            )
            read, written = read + moved.read_bytes, written + moved.written_bytes
            known = counted.targets.get(session.target, Traffic(0, 0))
            counted.targets[session.target] = Traffic(
                known.read_bytes + moved.read_bytes, known.written_bytes + moved.written_bytes
            )
        elapsed = self._deltas.elapsed_s
        if elapsed is None:
            return
        counted.rates = Rates(read / elapsed, written / elapsed)
        yield _sample("iscsi/read", "", "bytes_per_second", "read by iSCSI initiators", counted.rates.read)
        yield _sample("iscsi/written", "", "bytes_per_second", "written by iSCSI initiators", counted.rates.written)

    def _targets(self, counted: Counted) -> Iterator[Sample]:
        """Those that anybody was logged in to: an idle one has no curve."""
        for target in self._sources.iscsi().targets:
            name = f"target/{target.iqn}"
            yield from self._both(name, target.path, f"target {target.iqn}", counted.targets.get(target.iqn))

    def _drives(self, libraries: Sequence[Library], counted: Counted) -> Iterator[Sample]:
        for library, drive in _drives(libraries):
            name = f"drive/{drive.id}"
            title = f"drive {drive.index} of {library.name}"
            yield from self._both(name, drive.path, title, counted.traffic.get(name))
            yield _sample(f"{name}/loads", drive.path, "count", f"loads of {title}", counted.loads[name])

    def _both(self, name: str, path: str, title: str, traffic: Traffic | None) -> Iterator[Sample]:
        """Both directions of something, as rates."""
        if traffic is None:
            return
        for way, count in (("read", traffic.read_bytes), ("written", traffic.written_bytes)):
            rate = self._deltas.rate(f"{name}/{way}", count)
            if rate is not None:
                direction = "from" if way == "read" else "to"
                yield _sample(f"{name}/{way}", path, "bytes_per_second", f"{way} {direction} {title}", rate)


def boot_time_s() -> float:
    """Nobody sets this clock, and it counts while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _sample(name: str, path: str, unit: Unit, description: str, value: float) -> Sample:
    return Sample(Series(name, path, unit, description), float(value))


def _fillings(spaces: Sequence[Space]) -> dict[str, Filling]:
    found = ((space.series, filling(space.mount_point)) for space in spaces)
    return {name: one for name, one in found if one}


def _drives(libraries: Sequence[Library]) -> Iterator[tuple[Library, Drive]]:
    return ((library, drive) for library in libraries for drive in library.drives)


def _pools(spaces: Sequence[Space], counted: Counted) -> Iterator[Sample]:
    for space in spaces:
        if space.kind == "pool" and space.is_read:
            yield from _capacity(space, counted)


def _capacity(space: Space, counted: Counted) -> Iterator[Sample]:
    held = filled(space, counted.fillings)
    for what, value in (("used", held.used_bytes), ("size", held.size_bytes)):
        if value is not None:
            words = f"{what} of {space.kind} {space.name}"
            yield _sample(f"{space.series}/{what}", space.path, "bytes", words, value)


def filled(space: Space, fillings: Mapping[str, Filling]) -> Space:
    """With the figures of its file system, where it has one: those are what fills up."""
    found = fillings.get(space.series)
    if found is None:
        return space
    return replace(space, size_bytes=found.size_bytes, used_bytes=found.used_bytes, free_bytes=found.free_bytes)
