"""The storage daemon of this host: how it is, what it runs, and how it is restarted without hurting a job."""

import asyncio
import time
from collections.abc import Set
from dataclasses import dataclass, replace

from bamsd.bacula import bsdjson, reach, sd_client, systemctl
from bamsd.bacula.config_files import Places
from bamsd.bacula.models import Login, SdJob, SdStatus
from bamsd.bacula.reader import Reader
from bamsd.bacula.resources import SdConfig
from bamsd.core.jobs import Progress
from bamsd.errors import BamsError, InUse, NotReady, TimedOut, ToolFailed

_POLL_S = 0.5
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """``start_s``: until a restarted daemon must answer. ``idle_poll_s``: between two looks at running jobs."""

    start_s: float = 180.0
    idle_poll_s: float = 10.0
    status_s: float = sd_client.TIMEOUT_S


class StorageDaemon:
    def __init__(self, places: Places, reader: Reader, limits: Limits) -> None:
        self.places = places
        self._reader = reader
        self.limits = limits

    async def login(self) -> Login:
        """From the configuration on the disk. Raises ``NotReady`` when that names no monitor, ``ToolFailed``."""
        return reach.login_of(await self._config())

    async def status(self) -> SdStatus:
        config = await self._config()
        found = await sd_client.status(reach.login_of(config), self.limits.status_s)
        numbers = reach.drive_numbers(config)
        devices = tuple(replace(device, drive=numbers.get(device.name, 0)) for device in found.devices)
        return replace(found, devices=devices)

    async def _config(self) -> SdConfig:
        if not await asyncio.to_thread(self.places.main.exists):
            raise NotReady(f"There is no {self.places.main}: install bacula-sd, then call ApplyConfig.")
        return await bsdjson.read(self.places.main, {}, await self._reader.storage())

    async def running(self) -> tuple[SdJob, ...]:
        """Jobs that a restart would kill. A daemon that is not active has none."""
        if not (await systemctl.look(systemctl.STORAGE)).is_active:
            return ()
        return (await self.status()).running

    async def until_idle(self, *, force: bool, wait_for_jobs: bool, progress: Progress) -> None:
        """Return when a restart hurts nobody. Raises ``InUse`` with the names of the jobs that run.

        ``force`` returns at once. With ``wait_for_jobs`` it waits, however long they run.
        """
        if force:
            return
        while running := await self._known_running():
            if not wait_for_jobs:
                raise InUse(
                    f"A restart of bacula-sd would kill {names(running)}. Call again with wait_for_jobs to wait for "
                    "the end, or with force."
                )
            progress.describe(f"wait for {names(running)}")
            await asyncio.sleep(self.limits.idle_poll_s)

    async def _known_running(self) -> tuple[SdJob, ...]:
        try:
            return await self.running()
        except BamsError as error:
            raise NotReady(
                f"Whether jobs run in bacula-sd is not known: {error.message} Call again with force if none runs."
            ) from error

    async def restart(self, devices: Set[str] = frozenset()) -> SdStatus | None:
        """Restart and wait until it shows these devices.

        Without a monitor in its configuration nobody can ask it, and that the unit is active must do; then ``None``.
        """
        await systemctl.restart(systemctl.STORAGE)
        deadline = time.monotonic() + self.limits.start_s
        while True:
            try:
                return await self._came_back(devices)
            except BamsError as error:
                if time.monotonic() > deadline or not await self._may_come():
                    raise ToolFailed(f"bacula-sd did not come back: {error.message}") from error
            await asyncio.sleep(_POLL_S)

    async def _came_back(self, devices: Set[str]) -> SdStatus | None:
        if not devices:
            try:
                await self.login()
            except NotReady:
                await self._demand_active()
                return None
        found = await self.status()
        missing = devices - {device.name for device in found.devices}
        if missing:
            raise NotReady(f"it does not show the device {min(missing)}")
        return found

    async def _demand_active(self) -> None:
        if not (await systemctl.look(systemctl.STORAGE)).is_active:
            raise TimedOut("its unit is not active")

    async def _may_come(self) -> bool:
        """systemd tries again after a failure (Restart=on-failure); the same configuration would fail again."""
        unit = await systemctl.look(systemctl.STORAGE)
        return unit.active not in ("failed", "inactive") and unit.sub != "auto-restart"


def names(jobs: tuple[SdJob, ...]) -> str:
    shown = ", ".join(job.called for job in jobs[:_NAMED])
    more = len(jobs) - _NAMED
    return f"the job {shown}" if len(jobs) == 1 else f"the jobs {shown}" + (f" and {more} more" if more > 0 else "")
