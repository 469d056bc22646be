"""Look again and again at the backups that ended, and raise an alert for one that failed or is missing.

The storage daemon is asked, and the Director where there is one: it alone knows of jobs that never reached a storage.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bamsd.bacula import backups
from bamsd.bacula.backups import Backup
from bamsd.bacula.models import SdJob
from bamsd.bacula.views import CatalogJob
from bamsd.core.alerts import Alerts
from bamsd.core.clock import Clock, now_us
from bamsd.core.rounds import Rounds, woken
from bamsd.core.store import Store
from bamsd.errors import BamsError

FAILED, MISSING = "bacula-job/", "bacula-backup-missing"
_LAST_GOOD, _SINCE = "bacula_last_good_us", "bacula_expected_since_us"

Ended = Callable[[], Awaitable[Sequence[SdJob | CatalogJob]]]
"""The jobs that a daemon knows. Raises an error of ``BamsError`` when it does not answer."""


class BackupWatch:
    """``interval_s`` and ``expected_h`` (0: none is expected) are those of the configuration."""

    def __init__(self, sources: Sequence[Ended], store: Store, alerts: Alerts, clock: Clock = now_us) -> None:
        self.interval_s = 300.0
        self.expected_h = 0
        self._sources = sources
        self._store, self._alerts, self._clock = store, alerts, clock
        self._backups: dict[str, Backup] = {}
        self._wanted = asyncio.Event()
        self._rounds = Rounds(self._round)

    def start(self) -> None:
        self._wanted.set()
        self._rounds.start()

    def look(self) -> None:
        self._wanted.set()

    async def stop(self) -> None:
        await self._rounds.stop()

    async def _round(self) -> None:
        await woken(self._wanted, self.interval_s)
        for source in self._sources:
            try:
                self._backups = backups.latest(await source(), self._backups)
            except BamsError:
                continue  # that it does not run is an alert of its unit; what is known stays
        await self._judge_failed()
        await self._judge_missing()

    async def _judge_failed(self) -> None:
        now = self._clock()
        failed = backups.failed(self._backups, now)
        for alert in self._alerts.list():
            name = alert.id.removeprefix(FAILED)
            known = name in self._backups or alert.since_us < now - backups.FORGET_US
            if alert.id.startswith(FAILED) and known and name not in failed:
                await self._alerts.clear(alert.id)
        for name, backup in failed.items():
            await self._alerts.raise_alert(
                f"{FAILED}{name}",
                "warning",
                backup.failure,
                "Look at its log (list joblog in bconsole) and run it again. The alert ends with its next good run.",
                name,
            )

    async def _judge_missing(self) -> None:
        now = self._clock()
        good_us = max(backups.last_good_us(self._backups), await self._number(_LAST_GOOD))
        await self._keep(_LAST_GOOD, good_us)
        since_us = await self._number(_SINCE)
        if bool(since_us) != bool(self.expected_h):
            since_us = now if self.expected_h else 0
            await self._keep(_SINCE, since_us)
        hours = backups.overdue_h(good_us, since_us, self.expected_h, now)
        if not hours:
            await self._alerts.clear(MISSING)
            return
        await self._alerts.raise_alert(
            MISSING,
            "critical",
            f"No backup has ended well for more than {self.expected_h} hours.",
            "Look whether Bacula's daemons run and what GetStatus and ListJobs say of the latest jobs.",
        )

    async def _number(self, key: str) -> int:
        text = await self._store.recall(key)
        return int(text) if text.isdecimal() else 0

    async def _keep(self, key: str, value: int) -> None:
        if value != await self._number(key):
            await self._store.remember(key, str(value))
