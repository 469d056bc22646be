"""What BAMS says of libraries and drives: frozen pictures that the bus and the page show."""

from dataclasses import dataclass, field
from typing import Any, Literal

from bamsd.tape import lto
from bamsd.tape.models import CartridgeMemory, DriveHealth, Slot
from bamsd.tape.stenc import Encryption

LibraryState = Literal["ready", "busy", "offline", "unknown"]
DriveState = Literal["empty", "loaded", "absent", "unknown"]
Matching = Literal["serial", "configured", "order", "none"]
CartridgeKind = Literal["data", "cleaning", "worm", ""]


@dataclass(frozen=True, slots=True)
class DriveView:
    """One drive of a library. ``device`` and ``generic`` are empty when this host does not see the drive."""

    library: str
    index: int
    serial: str = ""
    vendor: str = ""
    product: str = ""
    revision: str = ""
    device: str = ""
    generic: str = ""
    state: DriveState = "unknown"
    barcode: str = ""
    source_slot: int = 0
    """Slot the cartridge came from; 0 is unknown."""
    generation: int = 0
    """LTO generation; 0 is unknown or no LTO drive."""
    matching: Matching = "none"
    held_by: str = ""
    encryption: Encryption = "unknown"
    health: DriveHealth | None = None
    memory: CartridgeMemory | None = None


@dataclass(frozen=True, slots=True)
class LibraryView:
    name: str
    serial: str
    vendor: str
    product: str
    revision: str
    device: str
    state: LibraryState = "unknown"
    slots: tuple[Slot, ...] = ()
    drives: tuple[DriveView, ...] = ()
    matching: Matching = "none"
    last_inventory_us: int = 0
    error: str = ""
    quirks: tuple[str, ...] = ()

    @property
    def full_count(self) -> int:
        return sum(slot.full for slot in self.slots)

    @property
    def import_export_count(self) -> int:
        return sum(slot.import_export for slot in self.slots)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cartridge is. ``number`` is a slot or drive number; a cartridge outside has 0."""

    kind: Literal["slot", "import-export", "drive", "outside"]
    number: int = 0

    def __str__(self) -> str:
        return "outside" if self.kind == "outside" else f"{self.kind.replace('-', '/')} {self.number}"


@dataclass(frozen=True, slots=True)
class Move:
    """A planned move of one cartridge."""

    operation: Literal["tape-load", "tape-unload", "tape-transfer", "tape-clean"]
    library: str
    source: Place
    target: Place
    barcode: str
    note: str = ""
    """What the person should know, such as "read only in this drive"."""

    @property
    def summary(self) -> str:
        what = f"cartridge {self.barcode}" if self.barcode else "the cartridge"
        verb = "Clean with" if self.operation == "tape-clean" else "Move"
        return f"{verb} {what} from {self.source} to {self.target} of {self.library}." + (
            f" {self.note}" if self.note else ""
        )


@dataclass(frozen=True, slots=True)
class Cartridge:
    """One line of the cartridge register."""

    barcode: str
    kind: CartridgeKind
    generation: int
    library: str
    place: Place
    loads: int
    first_seen_us: int
    last_seen_us: int
    home_slot: int = 0
    moves: tuple[dict[str, Any], ...] = field(default=())


def kind_of(barcode: str | None) -> CartridgeKind:
    if not barcode:
        return ""
    if lto.is_cleaning(barcode):
        return "cleaning"
    return "worm" if lto.is_worm(barcode) else "data"
