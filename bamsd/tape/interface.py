"""org.bams.Tape on D-Bus: declarations, and the objects of libraries and drives."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar

from pydantic import Field

from bamsd.bus import caller
from bamsd.bus.export import Interface, JobOptions, Options, Property, method
from bamsd.bus.objects import ObjectTree
from bamsd.bus.wire import ObjectPath
from bamsd.core.jobs import Job
from bamsd.core.names import ROOT, drive_path, job_path, library_path
from bamsd.tape import lto
from bamsd.tape.health import needs_cleaning
from bamsd.tape.models import CartridgeMemory, DriveHealth, ErrorCounters, Slot
from bamsd.tape.service import OPERATE, SLOTS_PER_PAGE, Tape
from bamsd.tape.views import Cartridge, DriveView, LibraryView, kind_of

PATH = f"{ROOT}/Tape"


class DriveOptions(JobOptions):
    release: bool = False


class UnloadOptions(DriveOptions):
    slot: int | None = Field(None, ge=1)


class RefreshOptions(Options):
    pass


class ListSlotsOptions(Options):
    first: int = Field(1, ge=1)
    count: int = Field(500, ge=1, le=SLOTS_PER_PAGE)
    filter: str = Field("", max_length=64)


class ListCartridgesOptions(Options):
    limit: int = Field(100, ge=1, le=500)
    cursor: str = Field("", max_length=64)
    library: str = Field("", max_length=64)
    filter: str = Field("", max_length=64)


class TapeInterface(Interface, name="org.bams.Tape"):
    signals: ClassVar[dict[str, str]] = {"SlotsChanged": "sa(usbssu)"}

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    @method("sa{sv}", "o", options=JobOptions, action=OPERATE, audit="run an inventory of {library}")
    async def inventory(self, library: str, options: JobOptions) -> str:
        return _path(await self._tape.inventory(library, caller.starter(), **options.how))

    @method(
        "suua{sv}", "o", options=DriveOptions, action=OPERATE, audit="load slot {slot} into drive {drive} of {library}"
    )
    async def load(self, library: str, slot: int, drive: int, options: DriveOptions) -> str:
        starter = caller.starter()
        return _path(await self._tape.load(library, slot, drive, starter, release=options.release, **options.how))

    @method("sua{sv}", "o", options=UnloadOptions, action=OPERATE, audit="unload drive {drive} of {library}")
    async def unload(self, library: str, drive: int, options: UnloadOptions) -> str:
        job = await self._tape.unload(
            library, drive, options.slot, caller.starter(), release=options.release, **options.how
        )
        return _path(job)

    @method(
        "suua{sv}",
        "o",
        options=JobOptions,
        action=OPERATE,
        audit="transfer slot {source} to slot {target} of {library}",
    )
    async def transfer(self, library: str, source: int, target: int, options: JobOptions) -> str:
        return _path(await self._tape.transfer(library, source, target, caller.starter(), **options.how))

    @method("sua{sv}", "o", options=UnloadOptions, action=OPERATE, audit="clean drive {drive} of {library}")
    async def clean(self, library: str, drive: int, options: UnloadOptions) -> str:
        job = await self._tape.clean(
            library, drive, options.slot, caller.starter(), release=options.release, **options.how
        )
        return _path(job)

    @method("sa{sv}", "a(usbssu)", options=ListSlotsOptions)
    async def list_slots(self, library: str, options: ListSlotsOptions) -> list[tuple[Any, ...]]:
        return [_slot(slot) for slot in self._tape.slots(library, options.first, options.count, options.filter)]

    @method("a{sv}", "aa{sv}s", options=ListCartridgesOptions)
    async def list_cartridges(self, options: ListCartridgesOptions) -> tuple[list[dict[str, Any]], str]:
        library = self._tape.find(options.library).serial if options.library else ""
        page, cursor = await self._tape.register.page(
            limit=options.limit, cursor=options.cursor, library=library, text=options.filter
        )
        return [_cartridge(cartridge) for cartridge in page], cursor

    @method("s", "a{sv}")
    async def get_cartridge(self, barcode: str) -> dict[str, Any]:
        cartridge = await self._tape.register.get(barcode)
        return _cartridge(cartridge) | {"moves": [dict(move) for move in cartridge.moves]}

    @method("a{sv}", "", options=RefreshOptions, action=OPERATE, audit="look for tape libraries")
    async def refresh(self, options: RefreshOptions) -> None:
        if not options.dry_run:
            await self._tape.refresh()


class LibraryInterface(Interface, name="org.bams.Tape.Library"):
    properties: ClassVar[dict[str, Property]] = {
        "Name": Property("s", lambda self: self.view.name),
        "Serial": Property("s", lambda self: self.view.serial),
        "Vendor": Property("s", lambda self: self.view.vendor),
        "Product": Property("s", lambda self: self.view.product),
        "Revision": Property("s", lambda self: self.view.revision),
        "Device": Property("s", lambda self: self.view.device),
        "SlotCount": Property("u", lambda self: len(self.view.slots)),
        "ImportExportCount": Property("u", lambda self: self.view.import_export_count),
        "DriveCount": Property("u", lambda self: len(self.view.drives)),
        "FullCount": Property("u", lambda self: self.view.full_count),
        "State": Property("s", lambda self: self.view.state),
        "LastInventory": Property("t", lambda self: self.view.last_inventory_us),
        "Error": Property("s", lambda self: self.view.error),
        "Drives": Property("ao", lambda self: [_drive_path(drive) for drive in self.view.drives]),
        "DriveMatching": Property("s", lambda self: self.view.matching),
        "Quirks": Property("as", lambda self: list(self.view.quirks)),
    }

    def __init__(self, view: LibraryView) -> None:
        self.view = view


class DriveInterface(Interface, name="org.bams.Tape.Drive"):
    properties: ClassVar[dict[str, Property]] = {
        "Library": Property("s", lambda self: self.view.library),
        "Index": Property("u", lambda self: self.view.index),
        "Serial": Property("s", lambda self: self.view.serial),
        "Vendor": Property("s", lambda self: self.view.vendor),
        "Product": Property("s", lambda self: self.view.product),
        "Revision": Property("s", lambda self: self.view.revision),
        "Device": Property("s", lambda self: self.view.device),
        "ScsiGeneric": Property("s", lambda self: self.view.generic),
        "State": Property("s", lambda self: self.view.state),
        "Barcode": Property("s", lambda self: self.view.barcode),
        "SourceSlot": Property("u", lambda self: self.view.source_slot),
        "Generation": Property("u", lambda self: self.view.generation),
        "Matching": Property("s", lambda self: self.view.matching),
        "HeldBy": Property("s", lambda self: self.view.held_by),
        "HealthReported": Property("b", lambda self: bool(self.view.health and self.view.health.reports_anything)),
        "Alerts": Property("as", lambda self: _flags(self.view.health)),
        "NeedsCleaning": Property("b", lambda self: needs_cleaning(self.view.health)),
        "Encryption": Property("s", lambda self: self.view.encryption),
        "Health": Property("a{sv}", lambda self: _reported(self.view.health)),
        "Cartridge": Property("a{sv}", lambda self: _reported(self.view.memory)),
    }

    def __init__(self, view: DriveView) -> None:
        self.view = view


class TapeObjects:
    """Keeps the D-Bus objects of libraries and drives equal to what the service says."""

    def __init__(self, tree: ObjectTree) -> None:
        self._tree = tree
        self.entry: TapeInterface | None = None
        self._libraries: dict[str, LibraryInterface] = {}
        self._drives: dict[str, dict[str, DriveInterface]] = {}

    def library_changed(self, view: LibraryView) -> None:
        drives = self._drives.setdefault(view.serial, {})
        wanted = {_drive_path(drive): drive for drive in view.drives}
        for path in drives.keys() - wanted.keys():
            del drives[path]
            self._tree.remove(path)
        for path, drive in wanted.items():
            if path in drives:
                drives[path].view = drive
                drives[path].touch()
            else:
                drives[path] = DriveInterface(drive)
                self._tree.add(path, drives[path])
        if view.serial in self._libraries:
            self._libraries[view.serial].view = view
            self._libraries[view.serial].touch()
        else:
            self._libraries[view.serial] = LibraryInterface(view)
            self._tree.add(library_path(view.serial), self._libraries[view.serial])

    def library_removed(self, view: LibraryView) -> None:
        for path in self._drives.pop(view.serial, {}):
            self._tree.remove(path)
        del self._libraries[view.serial]
        self._tree.remove(library_path(view.serial))

    def slots_changed(self, serial: str, slots: Sequence[Slot]) -> None:
        if self.entry:
            self.entry.emit("SlotsChanged", serial, [_slot(slot) for slot in slots])


def _path(job: Job) -> str:
    return job_path(job.id)


def _slot(slot: Slot) -> tuple[Any, ...]:
    state = "full" if slot.full else "empty"
    barcode = slot.barcode or ""
    return slot.number, state, slot.import_export, barcode, kind_of(barcode), lto.generation(barcode) or 0


def _drive_path(drive: DriveView) -> ObjectPath:
    return ObjectPath(drive_path(drive.library, drive.index, drive.serial))


def _flags(health: DriveHealth | None) -> list[str]:
    return [flag.name for flag in (health.alerts if health else None) or ()]


def _reported(values: DriveHealth | CartridgeMemory | None) -> dict[str, Any]:
    """The numbers and texts that the device reports. What it does not report is left out."""
    found: dict[str, Any] = {}
    for field in fields(values) if values else ():
        value = getattr(values, field.name)
        match value:
            case int() | float() | str():
                found[field.name] = value
            case ErrorCounters():
                found |= {
                    f"{field.name}_{name}": number
                    for name in ("corrected", "uncorrected", "bytes_processed")
                    if (number := getattr(value, name)) is not None
                }
            case Mapping() if field.name == "volume_statistics":
                found[field.name] = dict(value)
    return found


def _cartridge(cartridge: Cartridge) -> dict[str, Any]:
    return {
        "barcode": cartridge.barcode,
        "kind": cartridge.kind,
        "generation": cartridge.generation,
        "library": cartridge.library,
        "place": cartridge.place.kind,
        "number": cartridge.place.number,
        "home_slot": cartridge.home_slot,
        "loads": cartridge.loads,
        "first_seen": cartridge.first_seen_us,
        "last_seen": cartridge.last_seen_us,
    }
