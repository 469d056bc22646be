"""LTO: what a barcode and a drive's name tell of generations, and which cartridge goes with which drive.

An LTO label has eight characters: six free ones and the media identifier (IBM LTO Ultrium cartridge label
specification). Labels of another length are not judged. Compatibility follows the LTO consortium: a drive reads two
generations back up to LTO-7, one back for LTO-8 and LTO-9, none for LTO-10; it writes one back up to LTO-9. Type M is
an LTO-7 cartridge that an LTO-8 drive formatted to 9 TB: only LTO-8 drives can use it.

An unknown generation is always allowed: the drive itself refuses what it cannot use, and harms nothing.
"""

import re

_DATA = {f"L{n}": n for n in range(1, 10)} | {"LA": 10}
_WORM = {"LT": 3, "LU": 4, "LV": 5, "LW": 6, "LX": 7, "LY": 8, "LZ": 9}
_TYPE_M = "M8"
_GENERATIONS = _DATA | _WORM | {_TYPE_M: 7}

_DENSITIES = {
    0x40: 1,
    0x42: 2,
    0x44: 3,
    0x46: 4,
    0x58: 5,
    0x5A: 6,
    0x5C: 7,
    0x5D: 7,  # type M
    0x5E: 8,
    0x60: 9,
    0x62: 10,
    0x63: 10,
}

_PRODUCTS = (
    # IBM and its OEM names: ULT3580-TD8, ULT3580-HH8, ULTRIUM-TD5, ULTRIUM-HH7; A is LTO-10.
    re.compile(r"ULT(?:3580|RIUM)-(?:TD|HH|S)([1-9A])(?![0-9A-Z])", re.IGNORECASE),
    # HP and HPE: Ultrium 5-SCSI; Quantum, Certance and Dell: ULTRIUM 4.
    re.compile(r"ULTRIUM (10|[1-9])(?![0-9])", re.IGNORECASE),
    # Tandberg, Overland and emulators: LTO-5 HH, LTO 6.
    re.compile(r"\bLTO[- ]?(10|[1-9])(?![0-9])", re.IGNORECASE),
)


def _identifier(barcode: str) -> str:
    return barcode[6:] if len(barcode) == 8 else ""


def generation(barcode: str) -> int | None:
    """LTO generation of a data cartridge from its barcode, 7 for type M; ``None`` for anything else."""
    return None if is_cleaning(barcode) else _GENERATIONS.get(_identifier(barcode))


def is_type_m(barcode: str) -> bool:
    return not is_cleaning(barcode) and _identifier(barcode) == _TYPE_M


def is_worm(barcode: str) -> bool:
    """Write once, read many: its data can never be overwritten."""
    return not is_cleaning(barcode) and _identifier(barcode) in _WORM


def is_cleaning(barcode: str) -> bool:
    """Cleaning cartridges begin with CLN by all makers' rules; CU is the identifier of the universal one."""
    return barcode.startswith("CLN") or _identifier(barcode) == "CU"


def describe(barcode: str) -> str:
    """Words for a table: ``LTO-8``, ``LTO-8 WORM``, ``LTO-7 type M``, ``cleaning``; empty when it is unknown."""
    if is_cleaning(barcode):
        return "cleaning"
    number = generation(barcode)
    if number is None:
        return ""
    return f"LTO-{number}" + (" WORM" if is_worm(barcode) else " type M" if is_type_m(barcode) else "")


def drive_generation(vendor: str, product: str) -> int | None:
    """LTO generation of a drive from its INQUIRY strings; ``None`` for other drives."""
    for pattern in _PRODUCTS:
        if (found := pattern.search(product)) is not None:
            return 10 if found[1] in "Aa" else int(found[1])
    if vendor.strip().upper() == "SEAGATE" and product.upper().startswith("ULTRIUM06242"):
        return 1
    return None


def density_generation(density_code: int) -> int | None:
    """LTO generation behind a density code (SSC-5, LTO reference); ``None`` when it is not LTO."""
    return _DENSITIES.get(density_code)


def can_read(drive: int | None, cartridge: int | None, *, type_m: bool = False) -> bool:
    """Whether a drive generation reads a cartridge generation. ``type_m``: the LTO-7 cartridge is of type M."""
    if drive is None or cartridge is None:
        return True
    if type_m:
        return drive == 8
    back = 2 if drive <= 7 else 1 if drive <= 9 else 0
    return drive - back <= cartridge <= drive


def can_write(drive: int | None, cartridge: int | None, *, type_m: bool = False) -> bool:
    """Whether a drive generation writes a cartridge generation. A WORM cartridge counts as its generation."""
    if drive is None or cartridge is None:
        return True
    if type_m:
        return drive == 8
    back = 1 if drive <= 9 else 0
    return drive - back <= cartridge <= drive


def reads(drive: int | None, barcode: str) -> bool:
    """``can_read`` for a barcode, with type M told apart from plain LTO-7."""
    return can_read(drive, generation(barcode), type_m=is_type_m(barcode))


def writes(drive: int | None, barcode: str) -> bool:
    """``can_write`` for a barcode, with type M told apart from plain LTO-7."""
    return can_write(drive, generation(barcode), type_m=is_type_m(barcode))
