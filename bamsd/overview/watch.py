"""What keeps the overview current: a sample every minute, and a look at the services and at Bacula."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from bamsd.config import OverviewSettings
from bamsd.core.alerts import Alerts
from bamsd.core.clock import Clock, now_us
from bamsd.core.rounds import Rounds
from bamsd.errors import BamsError
from bamsd.overview import openmetrics
from bamsd.overview.conditions import PREFIX, over, will_be_full
from bamsd.overview.forecast import forecast
from bamsd.overview.history import History
from bamsd.overview.metrics import Known, families
from bamsd.overview.models import Bacula, Space, UnitState
from bamsd.overview.sampling import Sampler
from bamsd.overview.service import Overview
from bamsd.overview.units import NAMES, UNITS
from bamsd.system.files import replace_file

log = logging.getLogger(__name__)

METRICS_ALERT = "metrics-file"
BACULA_ROUNDS = 4
"""Bacula is asked in every fourth look at the services, and at once when its unit changed."""

AskUnits = Callable[[Sequence[str]], Awaitable[Mapping[str, UnitState]]]
AskBacula = Callable[[], Awaitable[Bacula]]


class OverviewWatch:
    def __init__(
        self,
        overview: Overview,
        sampler: Sampler,
        history: History,
        alerts: Alerts,
        settings: OverviewSettings,
        units: AskUnits,
        bacula: AskBacula,
        *,
        clock: Clock = now_us,
    ) -> None:
        self.settings = settings
        self._overview = overview
        self._sampler = sampler
        self._history = history
        self._alerts = alerts
        self._units = units
        self._bacula = bacula
        self._clock = clock
        self._round = 0
        self._hour = 0
        self._sizes: dict[str, int | None] = {}
        self._rounds = Rounds(self._sample, self._look)

    def start(self) -> None:
        self._rounds.start()

    async def stop(self) -> None:
        await self._rounds.stop()
        self._overview.close()

    async def _sample(self) -> None:
        await self.sample()
        await asyncio.sleep(self._until_next_s())

    def _until_next_s(self) -> float:
        """Samples stand at whole minutes. One that would come too soon after this one is left out."""
        interval = self.settings.sample_interval_s
        left = interval - self._clock() / 1_000_000 % interval
        return left if left > interval / 4 else left + interval

    async def sample(self) -> None:
        """Look at everything that is counted, keep it, and draw the conclusions."""
        samples = await self._sampler.look(self.settings.sample_interval_s)
        await self._history.record(samples)
        self._overview.counted = self._sampler.counted
        spaces = self._overview.spaces()
        await self._forecast(spaces)
        await self._warn(spaces)
        self._overview.touch("pools", "repositories", "iscsi")
        await self._write_metrics()

    async def _forecast(self, spaces: Sequence[Space]) -> None:
        """Once an hour, because that is how often the past changes, and for what has another size now."""
        now_s = self._clock() / 1_000_000
        hour = int(now_s // 3600)
        forecasts = dict(self._overview.forecasts) if hour == self._hour else {}
        for space in spaces:
            if space.used_bytes is None:
                forecasts.pop(space.series, None)
                continue
            known = forecasts.get(space.series)
            if known and self._sizes.get(space.series) == space.size_bytes:
                continue
            daily = await self._history.daily(f"{space.series}/used", self.settings.forecast_days)
            forecasts[space.series] = forecast(space, daily, now_s)
        self._hour = hour
        self._sizes = {space.series: space.size_bytes for space in spaces}
        self._overview.forecasts = {name: found for name, found in forecasts.items() if name in self._sizes}

    async def _warn(self, spaces: Sequence[Space]) -> None:
        standing = {alert.id for alert in self._alerts.list() if alert.id.startswith(PREFIX)}
        wanted = will_be_full(spaces, self._overview.forecasts, self.settings.full_within_days, standing)
        for id in over(standing, wanted, spaces):
            await self._alerts.clear(id)
        for found in wanted.values():
            await self._alerts.raise_alert(found.id, "warning", found.summary, found.advice, found.object)

    async def _write_metrics(self) -> None:
        if not self.settings.metrics_file:
            await self._alerts.clear(METRICS_ALERT)
            return
        path, known = Path(self.settings.metrics_file), self._overview.known()
        try:
            await asyncio.to_thread(_write, path, known)
        except OSError as error:
            await self._alerts.raise_alert(
                METRICS_ALERT,
                "warning",
                f"The metrics cannot be written to {path}: {error.strerror}.",
                "Make the folder, and let bamsd.service write there (ReadWritePaths= in a drop-in).",
            )
        else:
            await self._alerts.clear(METRICS_ALERT)

    async def _look(self) -> None:
        before = self._overview.units
        try:
            self._overview.units = await self._units(NAMES)
        except BamsError as error:
            log.debug("systemd does not tell of units: %s", error.message)
            self._overview.units = {}
        self._overview.touch("units")
        changed = _storage(before) != _storage(self._overview.units)
        if changed or self._round % BACULA_ROUNDS == 0:
            self._overview.bacula = await self._bacula_now()
            self._overview.touch("bacula")
        self._round += 1
        await asyncio.sleep(self.settings.unit_interval_s)

    async def _bacula_now(self) -> Bacula:
        unit, found = _storage(self._overview.units)
        if found.state == "absent":
            return Bacula(problem="bacula-sd is not installed: install the package bacula-sd.")
        if found.state in ("inactive", "failed"):
            return Bacula(problem=f"{unit} is {found.state}: start it, or look at its log.")
        try:
            return await self._bacula()
        except BamsError as error:
            return Bacula(problem=error.message)


def _storage(units: Mapping[str, UnitState]) -> tuple[str, UnitState]:
    watched = next(watched for watched in UNITS if watched.name == "bacula-sd")
    return watched.of(units)


def _write(path: Path, known: Known) -> None:
    replace_file(path, openmetrics.render(families(known)).encode(), 0o644)
