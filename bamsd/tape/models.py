"""What robots, drives and cartridges report, as frozen values.

Everything here comes from a device, so every text is hostile: ``clean_text`` is the one place that makes it safe to
keep and to show. ``None`` always means "not reported by this device". Plain dataclasses with slots, because a large
library has 10,000 slots and is read again after every move.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bamsd.errors import InvalidArgument

BARCODE_LIMIT = 36
"""A SCSI volume tag holds 32 characters of identifier; mtx copies up to 36 bytes of it."""

Severity = Literal["critical", "warning", "info"]

FailureReason = Literal[
    "bad_argument",
    "becoming_ready",
    "cleaning_ejected",
    "destination_full",
    "device_busy",
    "drive_empty",
    "drive_full",
    "eject_failed",
    "incompatible_media",
    "inventory_failed",
    "library_offline",
    "magazine",
    "move_failed",
    "needs_offline",
    "no_device",
    "no_source",
    "not_a_changer",
    "permission_denied",
    "removal_prevented",
    "source_empty",
    "unit_attention",
    "unknown",
    "unsupported",
]


def clean_text(raw: str, limit: int = BARCODE_LIMIT) -> str | None:
    """Keep the printable ASCII at the start of ``raw``, without the blanks that pad its end; nothing left is ``None``.

    A control character or anything outside ASCII ends the text, as in mtx. Blanks inside and in front stay: a barcode
    may hold them.
    """
    text = raw[:limit]
    if not (text.isascii() and text.isprintable()):
        end = next(at for at, char in enumerate(text) if not " " <= char <= "~")
        text = text[:end]
    return text.rstrip(" ") or None


def check_barcode(text: str) -> str:
    """Return a barcode that a person or a program gave, or refuse it with ``InvalidArgument``."""
    if not text or clean_text(text) != text:
        shown = ascii(text[: 2 * BARCODE_LIMIT])
        raise InvalidArgument(
            f"{shown} is not a barcode: use 1 to {BARCODE_LIMIT} printable ASCII characters without a blank at the end"
        )
    return text


@dataclass(frozen=True, slots=True)
class Slot:
    """A storage or import/export element. ``number`` is mtx's, from 1; import/export slots come last."""

    number: int
    import_export: bool
    full: bool
    barcode: str | None
    alternate_barcode: str | None


@dataclass(frozen=True, slots=True)
class DriveElement:
    """A drive as the robot sees it. ``index`` is mtx's, from 0. ``source_slot`` is a hint: mtx may have guessed it."""

    index: int
    full: bool
    source_slot: int | None
    barcode: str | None
    alternate_barcode: str | None


@dataclass(frozen=True, slots=True)
class ChangerStatus:
    """One reading of a library. ``declared_slots`` counts the import/export slots too.

    Drives and slots are in order of their number.
    """

    changer: str
    declared_drives: int
    declared_slots: int
    declared_import_export: int
    drives: tuple[DriveElement, ...]
    slots: tuple[Slot, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inquiry:
    product_type: str
    vendor: str
    product: str
    revision: str

    @property
    def is_changer(self) -> bool:
        return self.product_type == "Medium Changer"


@dataclass(frozen=True, slots=True)
class AnnouncedMove:
    """A movement that mtx announced: load is slot to drive, unload is drive to slot. ``done`` is what its text says."""

    action: Literal["load", "unload"]
    slot: int
    drive: int
    done: bool


@dataclass(frozen=True, slots=True)
class RobotFailure:
    """Why mtx failed.

    ``slot`` and ``drive`` are mtx's numbers; the two addresses are SCSI element addresses, never slot numbers.
    """

    reason: FailureReason
    text: str
    sense: tuple[int, int, int] | None = None
    slot: int | None = None
    drive: int | None = None
    source_address: int | None = None
    target_address: int | None = None
    device: str | None = None
    action: Literal["load", "unload"] | None = None


@dataclass(frozen=True, slots=True)
class DriveIdentity:
    """A drive element with the identity its library reports (READ ELEMENT STATUS with DVCID).

    ``serial`` is empty when the library did not tell. ``exception`` with ``asc``/``ascq`` is the element's own state,
    not the command's. ``source_address`` is the true source element where the library marks it valid (SVALID).
    """

    element_address: int
    vendor: str
    product: str
    serial: str
    full: bool
    exception: bool
    asc: int
    ascq: int
    source_address: int | None = None
    barcode: str | None = None
    alternate_barcode: str | None = None

    @property
    def installed(self) -> bool:
        """Exabyte and ATL libraries list drives that are not there with 83/04; mtx leaves those out when it counts."""
        return (self.asc, self.ascq) != (0x83, 0x04)


@dataclass(frozen=True, slots=True)
class DriveIdentities:
    """``reason`` says why there is no identity, as a plain sentence; it is empty when there is one."""

    drives: tuple[DriveIdentity, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TapeAlertFlag:
    """A raised TapeAlert flag, 1 to 64, with the name and severity of the standard."""

    number: int
    name: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class ErrorCounters:
    """Log pages 02h and 03h: errors that the drive could and could not correct since the counters were cleared."""

    corrected: int | None
    uncorrected: int | None
    bytes_processed: int | None


@dataclass(frozen=True, slots=True)
class DriveHealth:
    """What a drive says of itself. Each part is ``None`` when the drive does not report it.

    ``alerts`` is empty when no flag is raised. A drive without any log page has ``supported_pages`` empty.
    ``page_errors`` names the log pages that the drive lists but did not give, with the tool's reason.
    """

    supported_pages: tuple[int, ...] | None = None
    alerts: tuple[TapeAlertFlag, ...] | None = None
    temperature_celsius: int | None = None
    write_errors: ErrorCounters | None = None
    read_errors: ErrorCounters | None = None
    power_on_hours: int | None = None
    motion_hours: int | None = None
    loads: int | None = None
    cleanings: int | None = None
    activity: str | None = None
    medium_present: bool | None = None
    cleaning_requested: bool | None = None
    cleaning_required: bool | None = None
    volume_statistics: Mapping[str, int | str] | None = None
    page_errors: Mapping[int, str] | None = None

    @property
    def reports_anything(self) -> bool:
        return bool(self.supported_pages)


@dataclass(frozen=True, slots=True)
class DriveReadiness:
    """The answer to TEST UNIT READY. ``sense`` is (0, 0, 0) when the drive is ready; ``reason`` is a plain sentence."""

    ready: bool
    sense: tuple[int, int, int]
    reason: str

    @property
    def medium_present(self) -> bool | None:
        """``None`` when the answer does not tell, for example after a reset."""
        if self.ready:
            return True
        return False if self.sense[1] == 0x3A else None


@dataclass(frozen=True, slots=True)
class CartridgeMemory:
    """The memory chip in a cartridge (READ ATTRIBUTE). Sizes are MiB as the drive counts; dates are text as found."""

    load_count: int | None = None
    remaining_mib: int | None = None
    maximum_mib: int | None = None
    written_mib: int | None = None
    read_mib: int | None = None
    manufacturer: str | None = None
    serial: str | None = None
    manufacture_date: str | None = None
    density_code: int | None = None
    barcode: str | None = None
    medium_type: int | None = None
    media_pool: str | None = None
    owner: str | None = None
    last_written: str | None = None
    last_drive: str | None = None
    initializations: int | None = None
    tape_alert_flags: int | None = None

    @property
    def is_cleaning(self) -> bool | None:
        """Medium type 01h is a cleaning cartridge (SPC-5, attribute 0408h)."""
        return None if self.medium_type is None else self.medium_type == 0x01

    @property
    def is_worm(self) -> bool | None:
        """Medium type 80h is WORM (SPC-5, attribute 0408h)."""
        return None if self.medium_type is None else self.medium_type == 0x80
