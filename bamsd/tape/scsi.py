"""SCSI sense data in plain words, and how mtx and sg3_utils print it.

Names of additional sense codes follow the T10 list (SPC-5, annex F) in the spelling that sg3_utils prints.
"""

import re
from typing import NamedTuple


class Sense(NamedTuple):
    """Sense key, additional sense code and its qualifier, each 0 to 255."""

    key: int
    asc: int
    ascq: int

    @property
    def code(self) -> str:
        return f"{self.asc:02X}/{self.ascq:02X}"


NOT_READY, MEDIUM_ERROR, HARDWARE_ERROR, ILLEGAL_REQUEST, UNIT_ATTENTION = 2, 3, 4, 5, 6

KEY_NAMES = (
    "No Sense",
    "Recovered Error",
    "Not Ready",
    "Medium Error",
    "Hardware Error",
    "Illegal Request",
    "Unit Attention",
    "Data Protect",
    "Blank Check",
    "Vendor Specific",
    "Copy Aborted",
    "Aborted Command",
    "Reserved",
    "Volume Overflow",
    "Miscompare",
    "Completed",
)
_KEYS = {name.lower(): key for key, name in enumerate(KEY_NAMES)} | {
    # mtx prints keys it has no name for this way.
    f"0x{key:02x}": key
    for key in range(16)
}

_CODES: dict[tuple[int, int], tuple[str, str]] = {
    (0x00, 0x00): ("No additional sense information", "the device gave no reason"),
    (0x04, 0x00): ("Logical unit not ready, cause not reportable", "the device is not ready and does not say why"),
    (0x04, 0x01): ("Logical unit is in process of becoming ready", "the device is becoming ready; wait and try again"),
    (0x04, 0x02): (
        "Logical unit not ready, initializing command required",
        "the device waits for an initialising command",
    ),
    (0x04, 0x03): (
        "Logical unit not ready, manual intervention required",
        "the device needs a person: look at its panel, clear the fault there, then run an inventory",
    ),
    (0x04, 0x07): (
        "Logical unit not ready, operation in progress",
        "the device is busy with another operation; wait and try again",
    ),
    (0x04, 0x12): (
        "Logical unit not ready, offline",
        "the device is offline or its door is open; set it online at its panel",
    ),
    (0x15, 0x01): ("Mechanical positioning error", "the robot could not reach the position; look at its panel"),
    (0x20, 0x00): ("Invalid command operation code", "the device does not know this command"),
    (0x21, 0x01): ("Invalid element address", "the library has no element at this address; run an inventory"),
    (0x24, 0x00): ("Invalid field in cdb", "the device does not support this form of the command"),
    (0x26, 0x00): ("Invalid field in parameter list", "the device does not support these parameters"),
    (0x28, 0x00): (
        "Not ready to ready change, medium may have changed",
        "the contents may have changed; read the state again",
    ),
    (0x28, 0x01): ("Import or export element accessed", "the import/export station was opened; run an inventory"),
    (0x29, 0x00): (
        "Power on, reset, or bus device reset occurred",
        "the device was switched on or reset; read the state again",
    ),
    (0x2A, 0x01): ("Mode parameters changed", "the device's settings were changed; read the state again"),
    (0x30, 0x00): (
        "Incompatible medium installed",
        "the cartridge does not fit this drive; use a cartridge generation the drive supports",
    ),
    (0x30, 0x01): ("Cannot read medium - unknown format", "the drive cannot read the format of this cartridge"),
    (0x30, 0x02): ("Cannot read medium - incompatible format", "the drive cannot read this cartridge generation"),
    (0x30, 0x03): ("Cleaning cartridge installed", "a cleaning cartridge is in the drive"),
    (0x30, 0x05): ("Cannot write medium - incompatible format", "the drive cannot write this cartridge generation"),
    (0x30, 0x07): ("Cleaning failure", "the cleaning failed; the cleaning cartridge may be used up"),
    (0x30, 0x0D): (
        "WORM medium - integrity check",
        "the write-once cartridge failed its integrity check; take it out of use",
    ),
    (0x3A, 0x00): ("Medium not present", "no cartridge is in the drive"),
    (0x3A, 0x01): ("Medium not present - tray closed", "no cartridge is in the drive"),
    (0x3A, 0x02): ("Medium not present - tray open", "no cartridge is in the drive"),
    (0x3B, 0x0D): ("Medium destination element full", "the target is already full; run an inventory"),
    (0x3B, 0x0E): ("Medium source element empty", "the source is empty; run an inventory"),
    (0x3B, 0x11): ("Medium magazine not accessible", "the magazine cannot be reached; close it and the door"),
    (0x3B, 0x12): ("Medium magazine removed", "the magazine was taken out; put it back"),
    (0x3B, 0x13): ("Medium magazine inserted", "a magazine was put in; run an inventory"),
    (0x3B, 0x15): ("Medium magazine unlocked", "the magazine is unlocked; lock it"),
    (0x3B, 0x18): ("Element disabled", "this slot or drive is disabled; enable it at the library's panel"),
    (0x3F, 0x01): ("Microcode has been changed", "the firmware was changed; read the state again"),
    (0x3F, 0x0E): ("Reported luns data has changed", "the device's logical units changed; read the state again"),
    (0x44, 0x00): ("Internal target failure", "the device has an internal fault; look at its panel"),
    (0x52, 0x00): ("Cartridge fault", "the cartridge is faulty; take it out of use"),
    (0x53, 0x00): ("Media load or eject failed", "the cartridge could not be loaded or ejected; look at the drive"),
    (0x53, 0x01): ("Unload tape failure", "the drive could not unload the tape; look at the drive"),
    (0x53, 0x02): ("Medium removal prevented", "a program keeps the cartridge in the drive; unmount it there first"),
    (0x53, 0x04): ("Medium thread or unthread failure", "the drive could not thread the tape; look at the drive"),
    (0x5A, 0x01): ("Operator medium removal request", "somebody asked at the panel for the cartridge"),
    (0x83, 0x02): ("", "the library says this slot is not installed"),
    (0x83, 0x04): ("", "the library says this drive is not installed"),
}
_BY_NAME = {name.lower(): code for code, (name, _) in _CODES.items() if name}


def key_name(key: int) -> str:
    return KEY_NAMES[key & 0x0F]


def explain(sense: tuple[int, int, int]) -> str:
    """A plain clause without a full stop that ends in the code: ``no cartridge is in the drive (ASC/ASCQ 3A/00)``."""
    key, asc, ascq = sense
    known = _CODES.get((asc, ascq))
    if known is not None and (asc, ascq) != (0, 0):
        words = known[1]
    elif asc >= 0x80 or ascq >= 0x80:
        words = f"the device reports the vendor's own code ({key_name(key)}); look it up in the maker's manual"
    else:
        words = f"the device reports {key_name(key)}"
    return f"{words} (ASC/ASCQ {asc:02X}/{ascq:02X})"


_MTX_KEY = re.compile(r"Request Sense: Sense Key=([^\n]{1,40})")
_MTX_ASC = re.compile(r"Request Sense: Additional Sense Code = ([0-9A-Fa-f]{2})\b")
_MTX_ASCQ = re.compile(r"Request Sense: Additional Sense Qualifier = ([0-9A-Fa-f]{2})\b")


def mtx_sense(text: str) -> Sense | None:
    """The last sense block that mtx printed, or ``None``. Earlier blocks belong to commands that mtx got over."""
    last = text.rfind("Request Sense: Long Report")
    block = text[last:] if last >= 0 else ""
    key, asc, ascq = _MTX_KEY.search(block), _MTX_ASC.search(block), _MTX_ASCQ.search(block)
    if key is None or asc is None or ascq is None:
        return None
    return Sense(_KEYS.get(key[1].strip().lower(), 0), int(asc[1], 16), int(ascq[1], 16))


_SG_RAW_HEX = re.compile(r"Raw sense data \(in hex\)[^\n]*\n((?:[ \t]+(?:[0-9a-f]{2}[ \t]*)+\n?)+)")
_SG_KEY = re.compile(r"Sense key: ([A-Za-z ]{1,40})")
_SG_NAME = re.compile(r"Additional sense: ([^\n]{1,120})")
_SG_VENDOR = re.compile(r"\bASC=([0-9a-f]{2}), (?:vendor specific qualification )?ASCQ=([0-9a-f]{2})\b")

EXIT_KEYS = {2: NOT_READY, 3: MEDIUM_ERROR, 5: ILLEGAL_REQUEST, 6: UNIT_ATTENTION, 7: 7, 9: ILLEGAL_REQUEST, 11: 11}
"""Exit status of the sg3_utils programs to sense key (their manual page, section EXIT STATUS); 9 also means 20/00."""


def sg_sense(text: str) -> Sense | None:
    """Sense data that a sg3_utils program printed: from its hex dump, else from the names it used, else ``None``."""
    dump = _SG_RAW_HEX.search(text)
    if dump is not None and (found := decode_sense(bytes.fromhex("".join(dump[1].split())))) is not None:
        return found
    key = _SG_KEY.search(text)
    if key is None:
        return None
    number = _KEYS.get(key[1].strip().lower(), 0)
    if (vendor := _SG_VENDOR.search(text)) is not None:
        return Sense(number, int(vendor[1], 16), int(vendor[2], 16))
    name = _SG_NAME.search(text)
    asc, ascq = _BY_NAME.get(name[1].strip().lower(), (0, 0)) if name is not None else (0, 0)
    return Sense(number, asc, ascq)


def decode_sense(data: bytes) -> Sense | None:
    """Fixed (70h, 71h) or descriptor (72h, 73h) sense data, SPC-5 chapter 4.4; ``None`` for anything else."""
    form = data[0] & 0x7F if data else 0
    if form in (0x70, 0x71) and len(data) >= 14:
        return Sense(data[2] & 0x0F, data[12], data[13])
    if form in (0x72, 0x73) and len(data) >= 4:
        return Sense(data[1] & 0x0F, data[2], data[3])
    return None
