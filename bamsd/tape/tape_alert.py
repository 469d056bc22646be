"""The 64 TapeAlert flags with the names and severities of SSC-5 (TapeAlert log page) and the LTO references.

Flags 40 to 46 belonged to autoloaders and are obsolete, but old libraries still raise them through their drives.
"""

import re

from bamsd.tape.models import Severity, TapeAlertFlag

CLEAN_NOW, CLEAN_PERIODIC, EXPIRED_CLEANING = 20, 21, 22
MEDIA_LIFE, NEARING_MEDIA_LIFE = 7, 19

_TABLE: tuple[tuple[str, Severity], ...] = (
    ("Read warning", "warning"),
    ("Write warning", "warning"),
    ("Hard error", "warning"),
    ("Media", "critical"),
    ("Read failure", "critical"),
    ("Write failure", "critical"),
    ("Media life", "warning"),
    ("Not data grade", "warning"),
    ("Write protect", "critical"),
    ("No removal", "info"),
    ("Cleaning media", "info"),
    ("Unsupported format", "info"),
    ("Recoverable mechanical cartridge failure", "critical"),
    ("Unrecoverable mechanical cartridge failure", "critical"),
    ("Memory chip in cartridge failure", "warning"),
    ("Forced eject", "critical"),
    ("Read only format", "warning"),
    ("Tape directory corrupted on load", "warning"),
    ("Nearing media life", "info"),
    ("Cleaning required", "critical"),
    ("Cleaning requested", "warning"),
    ("Expired cleaning media", "critical"),
    ("Invalid cleaning tape", "critical"),
    ("Retension requested", "warning"),
    ("Dual port interface error", "warning"),
    ("Cooling fan failing", "warning"),
    ("Power supply failure", "warning"),
    ("Power consumption", "warning"),
    ("Drive maintenance", "warning"),
    ("Hardware A", "critical"),
    ("Hardware B", "critical"),
    ("Interface", "warning"),
    ("Eject media", "critical"),
    ("Microcode update fail", "warning"),
    ("Drive humidity", "warning"),
    ("Drive temperature", "warning"),
    ("Drive voltage", "warning"),
    ("Predictive failure", "critical"),
    ("Diagnostics required", "warning"),
    ("Loader hardware A", "critical"),
    ("Loader stray tape", "critical"),
    ("Loader hardware B", "warning"),
    ("Loader door", "critical"),
    ("Loader hardware C", "critical"),
    ("Loader magazine", "critical"),
    ("Loader predictive failure", "warning"),
    ("External data encryption control - communications failure", "warning"),
    ("External data encryption control - key manager returned error", "warning"),
    ("Diminished native capacity", "info"),
    ("Lost statistics", "warning"),
    ("Tape directory invalid at unload", "warning"),
    ("Tape system area write failure", "critical"),
    ("Tape system area read failure", "critical"),
    ("No start of data", "critical"),
    ("Loading failure", "critical"),
    ("Unrecoverable unload failure", "critical"),
    ("Automation interface failure", "critical"),
    ("Firmware failure", "warning"),
    ("WORM medium - integrity check failed", "warning"),
    ("WORM medium - overwrite attempted", "warning"),
    ("Encryption policy violation", "warning"),
    ("Reserved flag 62", "info"),
    ("Reserved flag 63", "info"),
    ("Reserved flag 64", "info"),
)

FLAGS = {number: TapeAlertFlag(number, name, severity) for number, (name, severity) in enumerate(_TABLE, 1)}

_NUMBERS = {flag.name.lower(): flag.number for flag in FLAGS.values()}


_NUMBERED = re.compile(r"(?:reserved|obsolete) \(([0-9a-f]{2})h\)|reserved parameter code 0x([0-9a-f]{1,2}), flag")


def by_tool_name(name: str) -> TapeAlertFlag | None:
    """The flag that sg_logs prints under ``name``; ``Reserved (2Fh)`` and its like carry their number."""
    text = name.strip().lower()
    if (numbered := _NUMBERED.fullmatch(text)) is not None:
        return FLAGS.get(int(numbered[1] or numbered[2], 16))
    return FLAGS.get(_NUMBERS.get(text, 0))
