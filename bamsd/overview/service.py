"""The overview as it is now: every section kept until something touches it, and told of when it reads differently."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bamsd.core.alerts import Alert
from bamsd.core.clock import Clock, now_us
from bamsd.core.job import Job
from bamsd.errors import InvalidArgument
from bamsd.overview import sections
from bamsd.overview.forecast import Forecast
from bamsd.overview.history import DAY_S, History
from bamsd.overview.metrics import Known
from bamsd.overview.models import Bacula, Curve, Series, Space, UnitState
from bamsd.overview.sampling import Counted, Sources, filled

MOST_VALUES = 6000
"""Names times points of one GetHistory: some 200 KiB, and a few hundredths of a second to pack."""
MOST_SERIES = 4000
TELL_S = 1.0
SETTLE_S = 0.2
"""An area tells of each object before it has finished with all of them: what is read meanwhile is not kept."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known here at any moment without asking: alerts and jobs of the core."""

    alerts: Callable[[], Sequence[Alert]]
    jobs: Callable[[], Sequence[Job]]


class Overview:
    """``tell`` is called with the names of sections that changed, at most once in ``TELL_S``."""

    def __init__(
        self,
        sources: Sources,
        standing: Standing,
        history: History,
        tell: Callable[[list[str]], None],
        *,
        clock: Clock = now_us,
    ) -> None:
        self._sources = sources
        self._standing = standing
        self._history = history
        self._tell = tell
        self._clock = clock
        self.bacula = Bacula()
        self.units: Mapping[str, UnitState] = {}
        self.forecasts: dict[str, Forecast] = {}
        self.counted = Counted()
        self._builders: dict[str, Callable[[], sections.Section]] = {
            "alerts": lambda: sections.alerts(standing.alerts()),
            "pools": lambda: sections.pools(self.spaces(), self.forecasts),
            "repositories": lambda: sections.repositories(self.spaces(), self.forecasts),
            "libraries": lambda: sections.libraries(sources.libraries()),
            "iscsi": lambda: sections.iscsi(sources.iscsi(), self.counted.rates),
            "bacula": lambda: sections.bacula(self.bacula),
            "units": lambda: sections.units(self.units),
            "jobs": lambda: sections.jobs(standing.jobs()),
        }
        self._built: dict[str, sections.Section] = {}
        self._told: dict[str, sections.Section] = {}
        self._touched: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._told_at = 0.0

    def spaces(self) -> list[Space]:
        """Pools and repositories, with the figures of the latest sample of their file systems."""
        return [filled(space, self.counted.fillings) for space in self._sources.spaces()]

    def read(self) -> dict[str, Any]:
        """Every section but the audit. Only what was touched since the last time is put together again."""
        found: dict[str, Any] = {"time": self._clock()}
        for name in self._builders:
            found |= self._section(name)
        return found

    def touch(self, *names: str) -> None:
        """Something in these sections may read differently now."""
        for name in names:
            self._built.pop(name, None)
        if not self._told:
            return
        self._touched.update(names)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(SETTLE_S, self._told_at + TELL_S - loop.time()), self._look)

    def open(self) -> None:
        """Begin to tell: what is there now is no news."""
        self._told = {name: build() for name, build in self._builders.items()}

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._told, self._touched = {}, set()

    def _look(self) -> None:
        self._timer = None
        touched, self._touched = self._touched, set()
        changed = [name for name in self._builders if name in touched and self._section(name) != self._told.get(name)]
        if changed:
            self._told_at = asyncio.get_running_loop().time()
            self._told |= {name: self._section(name) for name in changed}
            self._tell(changed)

    def _section(self, name: str) -> sections.Section:
        found = self._built.get(name)
        if found is None:
            found = self._builders[name]()
            if self._told and name not in self._touched:
                self._built[name] = found
        return found

    def known(self) -> Known:
        """All that the metrics are made of."""
        return Known(
            self.spaces(),
            self._sources.libraries(),
            self._sources.iscsi(),
            self.bacula,
            self.units,
            self._standing.alerts(),
            self.forecasts,
            self.counted,
        )

    def series(self, object: str) -> list[Series]:
        found = [series for series in self._history.known() if object in ("", series.object)]
        return found[:MOST_SERIES]

    async def curves(
        self, names: Sequence[str], since_us: int | None, until_us: int | None, points: int
    ) -> list[Curve]:
        """What series were like. Raises InvalidArgument for too much at once, NotFound for an unknown one."""
        if len(names) * points > MOST_VALUES:
            raise InvalidArgument(
                f"{len(names)} series of {points} points are more than {MOST_VALUES} points: ask for fewer points, "
                "or in several calls."
            )
        until = self._clock() if until_us is None else until_us
        since = max(until - DAY_S * 1_000_000, 0) if since_us is None else since_us
        return await self._history.read(names, since, until, points)
