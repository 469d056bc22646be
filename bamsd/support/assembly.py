"""Puts the parts of support bundles together."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bamsd.config import Config
from bamsd.core.clock import now_us
from bamsd.core.jobs import Jobs
from bamsd.support import items
from bamsd.support.items import Robot
from bamsd.support.models import Document, Item
from bamsd.support.service import Secrets, Support

_DAY_US = 86_400_000_000


class SupportArea:
    """The running area. The narrow functions come from the other areas."""

    def __init__(
        self,
        settings: Config,
        config_path: Path,
        jobs: Jobs,
        *,
        version: str,
        robots: Callable[[], Sequence[Robot]],
        logs: Callable[[tuple[str, ...]], Mapping[str, Sequence[str]]],
        documents: Sequence[Document],
        secrets: Secrets,
    ) -> None:
        """``logs`` gives the units of services, of the usual ones for none; it raises NotFound."""
        paths = settings.paths
        self._places = items.Places(config_path, paths.sysfs, paths.etc, paths.proc)
        self._robots, self._logs, self._documents = robots, logs, documents
        self.service = Support(settings.bundles, paths.state, jobs, self._items, secrets, version)

    async def _items(self, services: tuple[str, ...], since_us: int) -> Sequence[Item]:
        since_us = since_us or now_us() - self.service.settings.journal_days * _DAY_US
        return items.everything(self._places, self._robots(), self._logs(services), since_us, self._documents)
