"""Drive health: TapeAlert flags become alerts, counters and the cartridge's memory become properties.

Reading TapeAlert clears some flags in the drive, so this is the one place that reads it. A drive that another program
has open is left alone: it is at work, and the next round will find it free.
"""

import asyncio
import logging
from dataclasses import replace
from typing import Protocol

from bamsd.core.alerts import Alerts
from bamsd.core.names import drive_path
from bamsd.errors import BamsError, InUse, NotReady, NotSupported
from bamsd.tape import sg, stenc
from bamsd.tape.library import Library
from bamsd.tape.models import CartridgeMemory, DriveHealth, TapeAlertFlag
from bamsd.tape.views import DriveView

log = logging.getLogger(__name__)

CLEAN_NOW, CLEAN_PERIODIC = 20, 21
"""TapeAlert flags that ask for a cleaning (SSC-5, TapeAlert flag definitions)."""
SILENT, GONE, CLEANING = "tape-drive/", "tape-drive-gone/", "tape-cleaning/"


def needs_cleaning(health: DriveHealth | None) -> bool:
    if health is None:
        return False
    flags = {flag.number for flag in health.alerts or ()}
    return bool(flags & {CLEAN_NOW, CLEAN_PERIODIC} or health.cleaning_required)


class Libraries(Protocol):
    """What a drive's answer needs of those who keep the libraries; ``service.Tape``."""

    def is_here(self, library: Library) -> bool: ...
    def announce(self, library: Library) -> None: ...


class DriveHealthPoll:
    """Asks the drives of a library, one after the other, as long as the library is there."""

    def __init__(self, alerts: Alerts, libraries: Libraries) -> None:
        self._alerts = alerts
        self._libraries = libraries
        self._asking = asyncio.Lock()
        self._silent: set[str] = set()
        self._seen: set[str] = set()

    def ask_silent_drives_again(self) -> None:
        """A drive that reported nothing is not asked after every move, only once an interval."""
        self._silent.clear()

    async def ask(self, library: Library) -> None:
        async with self._asking:
            for drive in library.view.drives:
                if self._libraries.is_here(library):
                    await self._ask_drive(library, drive)

    async def _ask_drive(self, library: Library, drive: DriveView) -> None:
        matched = library.matched_drive(drive.index)
        await self._judge_presence(library, drive, matched is not None and matched.device is not None)
        if matched is None or matched.device is None or not matched.device.sg or drive.held_by:
            return
        if matched.device.sg in self._silent:
            return
        try:
            health = await sg.drive_health(matched.device.sg)
            memory = await self._memory(matched.device.sg, drive, health)
            encryption = await stenc.status(matched.device.sg) if health.reports_anything else "unknown"
        except BamsError as error:
            log.warning("%s drive %d: health cannot be read: %s", library.name, drive.index, error.message)
            if self._libraries.is_here(library) and not isinstance(error, InUse | NotReady | NotSupported):
                await self._raise_silent(library, drive, error)
            return
        if not self._libraries.is_here(library):
            return
        await self._alerts.clear(f"{SILENT}{_key(library, drive)}")
        if not health.reports_anything:
            self._silent.add(matched.device.sg)
        self._publish(library, drive, replace(drive, health=health, memory=memory, encryption=encryption))
        await self._raise_flags(library, drive, health)
        await self._raise_cleaning(library, drive, health)

    @staticmethod
    async def _memory(device: str, drive: DriveView, health: DriveHealth) -> CartridgeMemory | None:
        """The chip is read once for each cartridge that comes, and only where the drive reports at all."""
        if drive.state != "loaded" or not health.reports_anything:
            return None
        return drive.memory or await sg.cartridge_memory(device)

    def _publish(self, library: Library, asked: DriveView, answer: DriveView) -> None:
        """Put the answer into the view as it is now: the cartridge may have changed while the drive answered."""
        drives = []
        for drive in library.view.drives:
            if drive.index == asked.index and drive.serial == asked.serial:
                still = drive.barcode == asked.barcode and drive.state == asked.state
                memory = answer.memory if still else None
                drive = replace(drive, health=answer.health, encryption=answer.encryption, memory=memory)
            drives.append(drive)
        library.view = replace(library.view, drives=tuple(drives))
        self._libraries.announce(library)

    async def _raise_flags(self, library: Library, drive: DriveView, health: DriveHealth) -> None:
        if health.alerts is None:
            return
        prefix = f"tape-alert/{_key(library, drive)}/"
        raised = {prefix + str(flag.number): flag for flag in health.alerts}
        for alert in self._alerts.list():
            if alert.id.startswith(prefix) and alert.id not in raised:
                await self._alerts.clear(alert.id)
        for name, flag in raised.items():
            await self._alerts.raise_alert(
                name,
                flag.severity,
                f"Drive {drive.index} of {library.name} reports: {flag.name} (TapeAlert {flag.number}).",
                _advice(flag, drive.index),
                drive_path(library.serial, drive.index, drive.serial),
            )

    async def _raise_cleaning(self, library: Library, drive: DriveView, health: DriveHealth) -> None:
        """A drive may ask in its status page alone, without a TapeAlert flag."""
        alert = f"{CLEANING}{_key(library, drive)}"
        flags = {flag.number for flag in health.alerts or ()}
        if not needs_cleaning(health) or flags & {CLEAN_NOW, CLEAN_PERIODIC}:
            await self._alerts.clear(alert)
            return
        path = drive_path(library.serial, drive.index, drive.serial)
        summary = f"Drive {drive.index} of {library.name} asks to be cleaned."
        await self._alerts.raise_alert(alert, "warning", summary, f"Clean drive {drive.index}.", path)

    async def _judge_presence(self, library: Library, drive: DriveView, is_there: bool) -> None:
        """A drive that this host has seen once must not go: the library moves tapes into it all the same."""
        key = _key(library, drive)
        if is_there:
            self._seen.add(key)
            await self._alerts.clear(f"{GONE}{key}")
        elif key in self._seen:
            await self._alerts.raise_alert(
                f"{GONE}{key}",
                "critical",
                f"Drive {drive.index} of {library.name} is gone: this host does not see it any more.",
                "Look whether it is on, and at its cable. Until then, disable its device in Bacula.",
                drive_path(library.serial, drive.index, drive.serial),
            )

    async def _raise_silent(self, library: Library, drive: DriveView, error: BamsError) -> None:
        await self._alerts.raise_alert(
            f"{SILENT}{_key(library, drive)}",
            "critical",
            f"Drive {drive.index} of {library.name} does not answer: {error.message}",
            "Look at the drive's own display, and at its cable. Until then, disable its device in Bacula.",
            drive_path(library.serial, drive.index, drive.serial),
        )


def _key(library: Library, drive: DriveView) -> str:
    return drive.serial or f"{library.serial}-{drive.index}"


def _advice(flag: TapeAlertFlag, drive: int) -> str:
    if flag.number in (CLEAN_NOW, CLEAN_PERIODIC):
        return f"Clean drive {drive}."
    if flag.severity == "critical":
        return "Stop using the drive or the cartridge until the cause is found. The drive's manual explains the flag."
    return "The drive's manual explains the flag."
