"""Alerts about a library as a whole: it is gone, its robot does not answer, or it has no room."""

from bamsd.config import TapeSettings
from bamsd.core.alerts import Alerts
from bamsd.core.names import library_path
from bamsd.errors import BamsError
from bamsd.tape import rules
from bamsd.tape.library import Library
from bamsd.tape.models import ChangerStatus

SILENT, FULL = "tape-library/", "tape-no-free-slot/"


class Conditions:
    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts

    async def gone(self, library: Library) -> None:
        """Its device went away. The alert ends when it comes back, or is ignored."""
        await self._raise_silent(
            library,
            f"Tape library {library.name} is gone: this host does not see its robot any more.",
            "Switch it on and check its cable. If it is gone for good, set ignore: true for its serial number in "
            "/etc/bams/config.yaml and reload bamsd.",
        )

    async def silent(self, library: Library, error: BamsError) -> None:
        """The robot was asked and did not tell its state."""
        await self._raise_silent(
            library,
            f"The robot of tape library {library.name} does not work: {error.message}",
            "Look at the library's own panel: it may be off, open, or wait for a person. BAMS looks again by itself.",
        )

    async def answers(self, library: Library, status: ChangerStatus) -> None:
        await self._alerts.clear(f"{SILENT}{library.serial}")
        await self._check_room(library, status)

    async def forget_ignored(self, settings: TapeSettings) -> None:
        for alert in self._alerts.list():
            prefix, slash, serial = alert.id.partition("/")
            if f"{prefix}{slash}" in (SILENT, FULL) and settings.of(serial).ignore:
                await self._alerts.clear(alert.id)

    async def _raise_silent(self, library: Library, summary: str, advice: str) -> None:
        path = library_path(library.serial)
        await self._alerts.raise_alert(f"{SILENT}{library.serial}", "critical", summary, advice, path)

    async def _check_room(self, library: Library, status: ChangerStatus) -> None:
        """Bacula's mtx-changer cannot unload in a library without a free slot, so a person should know early."""
        alert = f"{FULL}{library.serial}"
        if rules.has_free_slot(status) or not status.slots:
            await self._alerts.clear(alert)
            return
        await self._alerts.raise_alert(
            alert,
            "warning",
            f"Library {library.name} has no free slot.",
            "Take a cartridge out. Bacula cannot unload a drive whose slot was given away.",
            library_path(library.serial),
        )
