"""READ ELEMENT STATUS data (SMC-3, chapter 6.11) with device identifiers (DVCID): which drive is in which bay.

The data comes from a library, and libraries are known to send wrong lengths, so nothing of it is trusted.
"""

from collections.abc import Iterator

from bamsd.errors import ToolFailed
from bamsd.tape.models import DriveIdentity, clean_text

_DRIVE = 4  # element type code of a data transfer element
_TAG_BYTES = 36  # 32 characters, 2 reserved, 2 sequence number
_PLAIN_BYTES = 12  # a descriptor without tags and identifier
_SERIAL_LIMIT = 128


def byte_count(data: bytes) -> int:
    """How long the library says its whole answer is, header included; more than was received means it was cut off."""
    return 8 + int.from_bytes(data[5:8]) if len(data) >= 8 else 0


def parse_elements(data: bytes) -> tuple[DriveIdentity, ...]:
    """The drive elements in the answer, in its order. Raises ``ToolFailed`` when it is too short to be one.

    Pages of other element types are passed over. What follows a page that makes no sense is not read.
    """
    if len(data) < 8:
        raise ToolFailed("The library's element status is too short: ask again, then look at the library's firmware.")
    found: list[DriveIdentity] = []
    for flags, length, body in _drive_pages(data[8 : min(len(data), byte_count(data))]):
        # A library that miscounts cuts the last descriptor off (tgt drops 8 bytes); what is left of it still tells.
        parts = (body[at : at + length] for at in range(0, len(body), length))
        found += [_descriptor(part, flags) for part in parts if len(part) >= _PLAIN_BYTES]
    return tuple(found)


def _drive_pages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 8 <= len(data):
        kind, flags = data[at], data[at + 1]
        length = int.from_bytes(data[at + 2 : at + 4])
        end = at + 8 + int.from_bytes(data[at + 5 : at + 8])
        if not 1 <= kind <= _DRIVE or length < _PLAIN_BYTES:
            return
        if kind == _DRIVE:
            yield flags, length, data[at + 8 : end]
        at = end


def _descriptor(data: bytes, flags: int) -> DriveIdentity:
    at = _PLAIN_BYTES
    tags: list[str | None] = []
    for bit in (0x80, 0x40):  # PVOLTAG, AVOLTAG
        present = flags & bit and len(data) >= at + _TAG_BYTES
        tags.append(_text(data[at : at + 32], 32) if present else None)
        at += _TAG_BYTES if present else 0
    vendor, product, serial = _identifier(data[at:])
    return DriveIdentity(
        element_address=int.from_bytes(data[0:2]),
        vendor=vendor,
        product=product,
        serial=serial,
        full=bool(data[2] & 0x01),
        exception=bool(data[2] & 0x04),
        asc=data[4],
        ascq=data[5],
        source_address=int.from_bytes(data[10:12]) if data[9] & 0x80 else None,
        barcode=tags[0],
        alternate_barcode=tags[1],
    )


def _identifier(data: bytes) -> tuple[str, str, str]:
    """Vendor, product and serial number of an identifier: only ASCII ones name a serial number.

    Type 0 is the serial number alone. Type 1 begins with 8 bytes of vendor; 16 of product follow when the whole is
    long enough for a serial number behind them (34 bytes in the standard form, 32 and others occur). A serial longer
    than the 10 bytes of the standard form is cut by the library, and so is one at the end of a cut answer.
    """
    if len(data) < 4 or data[0] & 0x0F != 2:
        return "", "", ""
    kind, value = data[1] & 0x0F, data[4 : 4 + data[3]]
    if kind == 0:
        return "", "", _text(value, _SERIAL_LIMIT) or ""
    if kind != 1:
        return "", "", ""
    cut = 24 if len(value) > 24 else 8
    return _text(value[:8], 8) or "", _text(value[8:cut], 16) or "", _text(value[cut:], _SERIAL_LIMIT) or ""


def _text(raw: bytes, limit: int) -> str | None:
    return clean_text(raw.decode("ascii", "replace").strip(" \0"), limit)
