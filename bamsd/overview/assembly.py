"""Puts the parts of the overview together: sampler, history, service, watch."""

from collections.abc import Callable

from bamsd.config import Config, OverviewSettings
from bamsd.core.alerts import Alerts
from bamsd.core.jobs import Jobs
from bamsd.core.names import ROOT
from bamsd.core.store import Store
from bamsd.overview.history import History
from bamsd.overview.sampling import Sampler, Sources
from bamsd.overview.service import Overview, Standing
from bamsd.overview.watch import AskBacula, AskUnits, OverviewWatch
from bamsd.system.block import Roots

_SECTIONS = (
    (f"{ROOT}/Disk/pools/", ("pools",)),
    (f"{ROOT}/Disk/repositories/", ("repositories",)),
    (f"{ROOT}/Tape", ("libraries",)),
    (f"{ROOT}/Iscsi", ("iscsi",)),
    (f"{ROOT}/jobs/", ("jobs",)),
)
"""Whose objects are behind which section."""


class OverviewArea:
    """The running area. ``units`` and ``bacula`` ask somebody outside, so they are asked now and then only."""

    def __init__(
        self,
        settings: Config,
        store: Store,
        jobs: Jobs,
        alerts: Alerts,
        sources: Sources,
        units: AskUnits,
        bacula: AskBacula,
        tell: Callable[[list[str]], None],
    ) -> None:
        paths = settings.paths
        self._history = History(store)
        self.service = Overview(sources, Standing(alerts.list, jobs.list), self._history, tell)
        sampler = Sampler(sources, Roots(paths.proc, paths.sysfs, paths.dev))
        self._watch = OverviewWatch(self.service, sampler, self._history, alerts, settings.overview, units, bacula)
        alerts.subscribe(lambda _: self.service.touch("alerts"))

    def object_changed(self, path: str) -> None:
        """An object on the bus came, went, or reads differently."""
        for beginning, names in _SECTIONS:
            if path.startswith(beginning):
                self.service.touch(*names)

    async def open(self) -> None:
        """Read what is kept, so that calls can be answered."""
        await self._history.open()

    def start(self) -> None:
        """Begin to sample: the other areas know by now what there is."""
        self.service.open()
        self._watch.start()

    def configure(self, settings: OverviewSettings) -> None:
        """Take new settings at a reload; they count from the next round on."""
        self._watch.settings = settings

    async def stop(self) -> None:
        await self._watch.stop()
