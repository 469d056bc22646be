"""One library: how it is read, and what the latest reading says."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bamsd.config import LibrarySettings
from bamsd.core.turn import Turn
from bamsd.system.open_files import OpenBy, who_has_open
from bamsd.tape import lto, mtx, sg
from bamsd.tape.devices import ChangerDevice, DriveDevice
from bamsd.tape.matching import Matched, match, weakest
from bamsd.tape.models import ChangerStatus, DriveElement, DriveIdentities
from bamsd.tape.views import DriveView, LibraryView, Place

STATUS_TIMEOUT_S = 300.0
"""A reading that is answered from the library's memory takes seconds. mtx itself gives up later than this."""


class Library:
    """What BAMS knows of one library. The service alone changes it, with the robot held."""

    def __init__(self, changer: ChangerDevice, settings: LibrarySettings) -> None:
        self.changer = changer
        self.settings = settings
        self.robot = Turn(f"robot of {self.name}")
        self.status: ChangerStatus | None = None
        self.identities = DriveIdentities(())
        self.matched: tuple[Matched, ...] = ()
        self.devices: tuple[DriveDevice, ...] = ()
        self.latest_openers: tuple[OpenBy, ...] = ()
        self.places: dict[str, Place] = {}
        self.homes: dict[str, int] = {}
        self.move_may_run_on = False
        """A move of ours went over its limit. It is never killed, so it may still go on."""
        self.view = LibraryView(
            self.name, self.serial, changer.vendor, changer.product, changer.revision, self.device, quirks=self.quirks
        )

    @property
    def serial(self) -> str:
        """The changer's serial; its SCSI address when it has none."""
        return self.changer.serial or f"scsi-{self.changer.hctl}"

    @property
    def name(self) -> str:
        return self.settings.alias or self.serial

    @property
    def device(self) -> str:
        return self.changer.by_id or self.changer.sg

    @property
    def quirks(self) -> tuple[str, ...]:
        found = [] if self.settings.offline_before_unload else ["no offline before unload"]
        if self.settings.import_export_slots:
            found.append("import/export slots " + ", ".join(map(str, self.settings.import_export_slots)))
        if self.settings.settle_s:
            found.append(f"settles {self.settings.settle_s:g} s")
        return tuple(found)

    async def read(self) -> ChangerStatus:
        """Ask the robot. The answer is not kept here: the service compares it with the last one first."""
        status = await mtx.status(self.changer.sg, STATUS_TIMEOUT_S, library=self.name)
        declared = self.settings.import_export_slots
        if not declared:
            return status
        slots = tuple(replace(s, import_export=s.import_export or s.number in declared) for s in status.slots)
        return replace(status, slots=slots)

    async def identify_drives(self) -> None:
        """Ask the library for the serials of its drives. One that cannot tell says so in ``identities.reason``."""
        self.identities = await sg.drive_identities(self.changer.sg, STATUS_TIMEOUT_S)

    def adopt(self, status: ChangerStatus, openers: Sequence[OpenBy]) -> None:
        """Take a reading as the truth and match its drives to the devices of this host."""
        self.status = status
        self.latest_openers = tuple(openers)
        indexes = [drive.index for drive in status.drives]
        self.matched = match(indexes, self.identities.drives, self.devices, self.settings.drives, self.changer)
        old = {drive.index: drive for drive in self.view.drives}
        drives = [
            self._drive_view(element, matched, openers, old.get(element.index))
            for element, matched in zip(status.drives, self.matched, strict=True)
        ]
        self.view = replace(
            self.view, slots=status.slots, drives=tuple(drives), matching=weakest(self.matched), device=self.device
        )

    async def openers(self) -> tuple[OpenBy, ...]:
        """Other programs that have the robot or one of its drives open. Our own tools count only after a stuck move."""
        paths = [self.changer.sg, *(node for device in self._own_devices() for node in nodes(device))]
        return await who_has_open(paths, children=self.move_may_run_on)

    def matched_drive(self, index: int) -> Matched | None:
        return next((m for m in self.matched if m.index == index), None)

    def home_of(self, barcode: str | None) -> int | None:
        return self.homes.get(barcode) if barcode else None

    def _own_devices(self) -> list[DriveDevice]:
        return [m.device for m in self.matched if m.device] or list(self.devices)

    def _drive_view(
        self, element: DriveElement, matched: Matched, openers: Sequence[OpenBy], old: DriveView | None
    ) -> DriveView:
        device = matched.device
        barcode = element.barcode or ""
        same = old is not None and old.barcode == barcode and old.serial == matched.serial
        return DriveView(
            library=self.serial,
            index=element.index,
            serial=matched.serial,
            vendor=device.vendor if device else "",
            product=device.product if device else "",
            revision=device.revision if device else "",
            device=(device.by_id_nst or device.nst) if device else "",
            generic=(device.by_id_sg or device.sg) if device else "",
            state="loaded" if element.full else "empty",
            barcode=barcode,
            source_slot=self._source_slot(element),
            generation=drive_generation(device) or 0,
            matching=matched.how,
            held_by=holder_text(openers, device),
            encryption=old.encryption if old and old.serial == matched.serial else "unknown",
            health=old.health if old and old.serial == matched.serial else None,
            memory=old.memory if old and same else None,
        )

    def _source_slot(self, element: DriveElement) -> int:
        """Our own memory first; the library's hint only where no other drive claims the same slot."""
        if not element.full or self.status is None:
            return 0
        home = self.home_of(element.barcode)
        if home:
            return home
        claims = [drive.source_slot for drive in self.status.drives if drive.full]
        return element.source_slot if element.source_slot and claims.count(element.source_slot) == 1 else 0


def nodes(device: DriveDevice) -> tuple[str, ...]:
    return tuple(node for node in (device.nst, device.st, device.sg) if node)


def drive_generation(device: DriveDevice | None) -> int | None:
    return lto.drive_generation(device.vendor, device.product) if device else None


def holder_text(openers: Sequence[OpenBy], device: DriveDevice | None) -> str:
    """The programs that have a drive open, as "bacula-sd (pid 123)"."""
    if device is None:
        return ""
    wanted: Mapping[str, None] = dict.fromkeys(nodes(device))
    return ", ".join(dict.fromkeys(f"{o.command} (pid {o.pid})" for o in openers if o.path in wanted))


async def reading_with_openers(library: Library) -> tuple[ChangerStatus, tuple[OpenBy, ...]]:
    """A fresh reading and who has the devices open, at the same time: each takes a moment."""
    if library.move_may_run_on:
        return await library.read(), await library.openers()
    return await asyncio.gather(library.read(), library.openers())
