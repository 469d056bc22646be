"""What mtx 1.3.12 prints when it works, as values. Pure functions of text.

The grammar was taken from recordings (tests/recordings/mtx) and from what mtx 1.3.12 prints.
"""

import re

from bamsd.errors import ToolFailed
from bamsd.tape.models import AnnouncedMove, ChangerStatus, DriveElement, Inquiry, Slot, clean_text

_HEADER = re.compile(
    r"^ *Storage Changer ([^\n]*):(\d{1,6}) Drives, (\d{1,6}) Slots \( *(\d{1,6}) Import/Export *\)", re.MULTILINE
)
_DRIVE = re.compile(
    r"^Data Transfer Element(?: (\d{1,6}))?: ?(Empty|Full)"
    r"(?: \((?:Storage Element (\d{1,6})|Unknown Storage Element) Loaded\))?([^\n]*)",
    re.MULTILINE,
)
_SLOT = re.compile(r"^ *Storage Element (\d{1,6})( IMPORT/EXPORT)?:(Full|Empty) ?([^\n]*)", re.MULTILINE)
_TAG = re.compile(r"(?::VolumeTag( ?)=\1(.*?))?(?::AlternateVolumeTag( ?)=\3(.*))?\s*", re.DOTALL)


def _tags(text: str) -> tuple[str | None, str | None]:
    if not text:
        return None, None
    found = _TAG.fullmatch(text)
    if found is None:
        return None, None
    return clean_text(found[2] or ""), clean_text(found[4] or "")


def parse_status(text: str) -> ChangerStatus:
    """Turn the output of ``mtx status`` into a ``ChangerStatus``. Pure, so a thread may run it.

    Slots are keyed by the printed number. A full element without a readable label has no barcode. Lines of another kind
    (sense blocks of a unit attention) are passed over. Raises ``ToolFailed`` when the text is no status at all.
    """
    header = _HEADER.search(text)
    if header is None:
        raise ToolFailed("mtx status printed no line about the changer: run it by hand and look at what it prints")
    drives: dict[int, DriveElement] = {}
    repeated: list[str] = []
    for found in _DRIVE.finditer(text):
        number, state, source, rest = found.groups()
        index = int(number or 0)
        full = state == "Full"
        barcode, alternate = _tags(rest) if full else (None, None)
        if index in drives:
            repeated.append(f"drive {index} was reported twice")
        else:
            drives[index] = DriveElement(index, full, int(source or 0) or None, barcode, alternate)
    slots: dict[int, Slot] = {}
    # One match at a time: a single search for all would keep the event loop's thread waiting for its whole length.
    for found in _SLOT.finditer(text):
        number, station, state, rest = found.groups()
        at = int(number)
        full = state == "Full"
        barcode, alternate = _tags(rest) if full else (None, None)
        if at in slots:
            repeated.append(f"slot {at} was reported twice")
        else:
            slots[at] = Slot(at, bool(station), full, barcode, alternate)
    status = ChangerStatus(
        changer=header[1],
        declared_drives=int(header[2]),
        declared_slots=int(header[3]),
        declared_import_export=int(header[4]),
        drives=tuple(drives[index] for index in sorted(drives)),
        slots=tuple(slots[number] for number in sorted(slots)),
        warnings=(),
    )
    return _with_warnings(status, text, repeated)


def _with_warnings(status: ChangerStatus, text: str, repeated: list[str]) -> ChangerStatus:
    warnings = repeated[:10]
    if "Warning:Too Many Storage Elements Reported" in text:
        warnings.append("library reported more storage elements than its mode page")
    for kind, seen, declared in (
        ("drive", len(status.drives), status.declared_drives),
        ("slot", len(status.slots), status.declared_slots),
    ):
        if seen != declared:
            warnings.append(f"{seen} {kind} lines seen but {declared} {kind}s declared")
    claims: dict[int, list[int]] = {}
    for drive in status.drives:
        if drive.source_slot is not None:
            claims.setdefault(drive.source_slot, []).append(drive.index)
    for slot, indexes in claims.items():
        if len(indexes) > 1:
            who = " and ".join(str(index) for index in indexes)
            warnings.append(f"drives {who} both claim slot {slot} as the source of their cartridge")
    if not warnings:
        return status
    return ChangerStatus(
        status.changer,
        status.declared_drives,
        status.declared_slots,
        status.declared_import_export,
        status.drives,
        status.slots,
        tuple(warnings),
    )


_INQUIRY = re.compile(r"^(Product Type|Vendor ID|Product ID|Revision): '?([^'\n]*)'?[^\n]*$", re.MULTILINE)
_VERSION = re.compile(r"^mtx version (\S{1,40})$", re.MULTILINE)
_LOADING = re.compile(r"Loading media from Storage Element (\d{1,6}) into drive (\d{1,6})\.\.\.(done)?")
_UNLOADING = re.compile(r"Unloading drive (\d{1,6}) into Storage Element (\d{1,6})\.\.\.(done)?")


def parse_inquiry(text: str) -> Inquiry:
    """Turn the output of ``mtx inquiry`` into an ``Inquiry``; raises ``ToolFailed`` when a line is missing."""
    lines: dict[str, str] = {}
    for name, value in _INQUIRY.findall(text):
        lines.setdefault(name, clean_text(value) or "")
    try:
        return Inquiry(lines["Product Type"], lines["Vendor ID"], lines["Product ID"], lines["Revision"])
    except KeyError as missing:
        raise ToolFailed(f"mtx inquiry printed no line {missing}: run it by hand and look at what it prints") from None


def parse_version(text: str) -> str | None:
    """The version in what ``mtx --version`` prints (on stderr, exit status 1)."""
    found = _VERSION.search(text)
    return found[1] if found else None


def parse_moves(stdout: str) -> tuple[AnnouncedMove, ...]:
    """The movements that mtx announced, in order. An announced one that failed is there with ``done`` false."""
    found = [
        (at.start(), AnnouncedMove("load", int(at[1]), int(at[2]), bool(at[3]))) for at in _LOADING.finditer(stdout)
    ]
    found += [
        (at.start(), AnnouncedMove("unload", int(at[2]), int(at[1]), bool(at[3]))) for at in _UNLOADING.finditer(stdout)
    ]
    return tuple(move for _, move in sorted(found, key=lambda pair: pair[0]))
