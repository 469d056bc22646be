"""Puts the parts of org.bams.Bacula together."""

import asyncio
from collections.abc import Sequence

from bamsd.bacula.applying import Applying
from bamsd.bacula.config_files import Places
from bamsd.bacula.console import Console
from bamsd.bacula.daemon import Limits, StorageDaemon
from bamsd.bacula.drafts import Drafts, Libraries, Repositories
from bamsd.bacula.models import SdJob
from bamsd.bacula.operating import LookAgain, Operating, Registered, Slots
from bamsd.bacula.portable import BaculaFiles
from bamsd.bacula.quiet_status import QuietStatus
from bamsd.bacula.reader import Reader
from bamsd.bacula.service import Bacula
from bamsd.bacula.views import CatalogJob
from bamsd.bacula.watch import BackupWatch
from bamsd.config import BaculaSettings, Config
from bamsd.core.alerts import Alerts
from bamsd.core.jobs import Job, Jobs
from bamsd.core.store import Store

_MOST_JOBS = 500


class BaculaArea:
    """The running area. The narrow functions come from the areas of tapes and disks."""

    def __init__(
        self,
        settings: Config,
        store: Store,
        jobs: Jobs,
        alerts: Alerts,
        reader: Reader,
        *,
        libraries: Libraries,
        repositories: Repositories,
        slots: Slots,
        registered: Registered,
        look_again: LookAgain,
    ) -> None:
        paths = settings.paths
        places = Places(paths.etc / "bacula", paths.units, paths.state / "bacula")
        self._jobs = jobs
        self._daemon = StorageDaemon(places, reader, _limits(settings.bacula))
        self.quiet_status = QuietStatus(self._daemon)
        self._applying = Applying(places, self._daemon, store, alerts)
        scripts, user = str(settings.bacula.scripts), settings.bacula.user
        drafts = Drafts(places, reader, libraries, repositories, scripts=scripts, user=user)
        operating = Operating(Console(places.console), jobs, slots=slots, registered=registered, look_again=look_again)
        self._operating = operating
        self._console = places.console
        self._watch = BackupWatch([self._ended_in_storage, self._ended_in_catalog], store, alerts)
        rules = paths.etc / "udev" / "rules.d"
        self.service = Bacula(drafts, self._daemon, self._applying, operating, jobs, rules)
        self.portable = BaculaFiles(self.service, drafts, self._daemon, rules)
        self._set_watch(settings.bacula)

    async def start(self, interrupted: Sequence[Job]) -> None:
        """What a crash cut off is settled before anything else is done to the daemon."""
        async with self.service.turn.read():
            await self._applying.recover(self._jobs, interrupted)
        self._watch.start()

    async def stop(self) -> None:
        await self._watch.stop()

    def configure(self, settings: BaculaSettings) -> None:
        """Take new settings at a reload. The user and the scripts count from the next start on."""
        self._daemon.limits = _limits(settings)
        self._set_watch(settings)
        self._watch.look()

    def _set_watch(self, settings: BaculaSettings) -> None:
        self._watch.interval_s, self._watch.expected_h = settings.poll_interval_s, settings.backup_expected_h

    async def _ended_in_storage(self) -> Sequence[SdJob]:
        return (await self._daemon.status()).ended

    async def _ended_in_catalog(self) -> Sequence[CatalogJob]:
        if not await asyncio.to_thread(self._console.exists):
            return ()
        return await self._operating.jobs(_MOST_JOBS)


def _limits(settings: BaculaSettings) -> Limits:
    return Limits(settings.start_timeout_s, settings.idle_interval_s, settings.status_timeout_s)
