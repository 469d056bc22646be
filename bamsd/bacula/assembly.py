"""Puts the parts of org.bams.Bacula together."""

from collections.abc import Sequence

from bamsd.bacula.applying import Applying
from bamsd.bacula.config_files import Places
from bamsd.bacula.console import Console
from bamsd.bacula.daemon import Limits, StorageDaemon
from bamsd.bacula.drafts import Drafts, Libraries, Repositories
from bamsd.bacula.operating import LookAgain, Operating, Registered, Slots
from bamsd.bacula.quiet_status import QuietStatus
from bamsd.bacula.service import Bacula
from bamsd.config import BaculaSettings, Config
from bamsd.core.alerts import Alerts
from bamsd.core.jobs import Job, Jobs
from bamsd.core.store import Store


class BaculaArea:
    """The running area. The narrow functions come from the areas of tapes and disks."""

    def __init__(
        self,
        settings: Config,
        store: Store,
        jobs: Jobs,
        alerts: Alerts,
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
        self._daemon = StorageDaemon(places, _limits(settings.bacula))
        self.quiet_status = QuietStatus(self._daemon)
        self._applying = Applying(places, self._daemon, store, alerts)
        drafts = Drafts(
            places, libraries, repositories, scripts=str(settings.bacula.scripts), user=settings.bacula.user
        )
        operating = Operating(Console(places.console), jobs, slots=slots, registered=registered, look_again=look_again)
        self.service = Bacula(drafts, self._daemon, self._applying, operating, jobs, paths.etc / "udev" / "rules.d")

    async def start(self, interrupted: Sequence[Job]) -> None:
        await self._applying.recover(self._jobs, interrupted)

    def configure(self, settings: BaculaSettings) -> None:
        """Take new settings at a reload. The user and the scripts count from the next start on."""
        self._daemon.limits = _limits(settings)


def _limits(settings: BaculaSettings) -> Limits:
    return Limits(settings.start_timeout_s, settings.idle_interval_s, settings.status_timeout_s)
