"""What the programs of sg3_utils print, as values. Pure functions of text.

Their text form is read because JSON exists only from sg3_utils 1.48 on. Names of pages differ a little between 1.46 and
1.48, names of parameters do not; both were recorded (tests/recordings/sg). Where a name occurs twice the first counts.
"""

import re
from collections.abc import Mapping

from bamsd.errors import ToolFailed
from bamsd.tape import tape_alert
from bamsd.tape.models import CartridgeMemory, ErrorCounters, TapeAlertFlag, clean_text

_RECEIVED = re.compile(r"^Received (\d{1,7}) bytes of data:[ \t]*\n", re.MULTILINE)
_DUMP_LINE = re.compile(r" ([0-9a-f]{2,6}) ")
_FIRST_COLUMN = 8  # sg3_utils print " 00     01 f4 ...": 16 bytes a line, two blanks in the middle
_LISTED_PAGE = re.compile(r"^ +0x([0-9a-f]{2})(?:,0x([0-9a-f]{2}))? +\S", re.MULTILINE)
_FLAG = re.compile(r"^  (\S[^:\n]{0,80}): ([01])[ \t]*$", re.MULTILINE)
_CURRENT = re.compile(r"^ *Current temperature = (\d{1,3}) C[ \t]*$", re.MULTILINE)
_COUNTER = re.compile(r"^  (\S[^=\n]{0,80}) = (\d{1,20})[ \t]*$", re.MULTILINE)
_NUMBER = re.compile(r"^  (\S[^:\n]{0,90}): (\d{1,20})[ \t]*$", re.MULTILINE)
_PAIR = re.compile(r"^  (\S[^:\n]{0,90}):[ \t]?([^\n]{0,200})$", re.MULTILINE)
_ACTIVITY = re.compile(r"^  DT device activity: ([^\n]{1,80})$", re.MULTILINE)
_BIT = re.compile(r"\b([A-Z]{2,8})=([01])\b")
_AMOUNT = re.compile(r"(\d{1,20})(?: (?:megabytes|milliseconds|%))?")
_HEX = re.compile(r"0x([0-9a-fA-F]{1,8})")
_UNKNOWN_NUMBERS = {2**32 - 1, 2**64 - 1}  # all ones: the device does not know


def hex_dump_bytes(text: str) -> bytes:
    """The bytes that sg_raw received, from its hex dump. sg_raw writes the dump to standard error.

    No dump is no bytes. Raises ``ToolFailed`` when there are fewer bytes than sg_raw announced.
    """
    start = _RECEIVED.search(text)
    if start is None:
        return b""
    data = bytearray()
    for line in text[start.end() :].split("\n"):
        offset = _DUMP_LINE.match(line)
        if offset is None or int(offset[1], 16) != len(data):
            break
        data += _dump_line(line)
    if len(data) != int(start[1]):
        raise ToolFailed(
            f"sg_raw announced {start[1]} bytes but printed {len(data)}: run it by hand to see its output."
        )
    return bytes(data)


def _dump_line(line: str) -> bytes:
    found = bytearray()
    for index in range(16):
        at = _FIRST_COLUMN + 3 * index + (index >= 8)
        try:
            found.append(int(line[at : at + 2].replace(" ", "x") or "x", 16))
        except ValueError:
            break
    return bytes(found)


def parse_supported_pages(text: str) -> tuple[int, ...]:
    """Log pages that ``sg_logs DEVICE`` lists, without subpages."""
    pages = {int(page, 16) for page, subpage in _LISTED_PAGE.findall(text) if subpage in ("", "00")}
    return tuple(sorted(pages))


def parse_tape_alerts(text: str) -> tuple[TapeAlertFlag, ...]:
    """The flags that are raised, in order of their number (page 2Eh)."""
    raised = {flag for name, state in _FLAG.findall(text) if state == "1" and (flag := tape_alert.by_tool_name(name))}
    return tuple(sorted(raised, key=lambda flag: flag.number))


def parse_temperature(text: str) -> int | None:
    """Degrees Celsius (page 0Dh). ``0 C (or less)`` is what a drive without a sensor sends, so it counts as unknown."""
    found = _CURRENT.search(text)
    return int(found[1]) if found else None


def parse_error_counters(text: str) -> ErrorCounters | None:
    """Pages 02h and 03h; ``None`` when the page holds none of the three counters."""
    found = _first(_COUNTER, text)
    numbers = [found.get(n) for n in ("Total errors corrected", "Total uncorrected errors", "Total bytes processed")]
    if not any(numbers):
        return None
    corrected, uncorrected, processed = (_whole(number) for number in numbers)
    return ErrorCounters(corrected, uncorrected, processed)


def parse_device_statistics(text: str) -> dict[str, int]:
    """Page 14h: ``loads``, ``cleanings``, ``power_on_hours`` and ``motion_hours``, each only if the drive has it."""
    names = {
        "Lifetime media loads": "loads",
        "Lifetime cleaning operations": "cleanings",
        "Lifetime power on hours": "power_on_hours",
        "Lifetime media motion (head) hours": "motion_hours",
    }
    found = _first(_NUMBER, text)
    values = {key: _whole(found.get(name)) for name, key in names.items()}
    return {key: value for key, value in values.items() if value is not None}


def parse_device_status(text: str) -> tuple[str | None, dict[str, bool]]:
    """Page 11h: what the drive does, in words, and its bits by their SSC names (MPRSNT, CRQST, CRQRD, ...)."""
    activity = _ACTIVITY.search(text)
    bits: dict[str, bool] = {}
    for name, value in _BIT.findall(text):
        bits.setdefault(name, value == "1")
    return (clean_text(activity[1], 80) if activity else None), bits


def parse_volume_statistics(text: str) -> dict[str, int | str]:
    """Page 17h by names such as ``lifetime_megabytes_written``: numbers without their unit, texts without blanks."""
    found: dict[str, int | str] = {}
    for name, raw in _first(_PAIR, text).items():
        value = (clean_text(raw.strip(), 80) or "").rstrip()
        amount = _AMOUNT.fullmatch(value)
        kept = _whole(amount[1]) if amount else value
        if kept is not None and kept != "":
            found[_key(name)] = kept
    return found


def parse_attributes(text: str) -> CartridgeMemory:
    """What ``sg_read_attr DEVICE`` prints of the chip in the cartridge."""
    found = {_key(name): value.strip() for name, value in _first(_PAIR, text).items()}

    def words(name: str) -> str | None:
        return clean_text(found.get(name, ""), 160)

    def number(name: str) -> int | None:
        return _whole(found.get(name))

    return CartridgeMemory(
        load_count=number("load_count"),
        remaining_mib=number("remaining_capacity_in_partition"),
        maximum_mib=number("maximum_capacity_in_partition"),
        written_mib=number("total_mib_written_in_medium_life"),
        read_mib=number("total_mib_read_in_medium_life"),
        manufacturer=words("medium_manufacturer"),
        serial=words("medium_serial_number"),
        manufacture_date=words("medium_manufacture_date"),
        density_code=_first_known(number("medium_density_code"), number("format_density_code")),
        barcode=words("barcode"),
        medium_type=number("medium_type"),
        media_pool=words("media_pool"),
        owner=words("owning_host_textual_name"),
        last_written=words("date_and_time_last_written"),
        last_drive=words("density_vendor_serial_number_at_last_load"),
        initializations=number("initialization_count"),
        tape_alert_flags=number("tapealert_flags"),
    )


def _first(pattern: re.Pattern[str], text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in pattern.findall(text):
        found.setdefault(name.strip(), value)
    return found


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"\[[^\]]*\]", "", name).lower()).strip("_")


def _whole(text: str | None) -> int | None:
    """A decimal or 0x number of at most 64 bits; ``None`` for anything else and for "all ones"."""
    if text is None:
        return None
    if (hexadecimal := _HEX.fullmatch(text)) is not None:
        return int(hexadecimal[1], 16)
    if not re.fullmatch(r"[0-9]{1,20}", text) or int(text) >= 2**64:
        return None
    value = int(text)
    return None if value in _UNKNOWN_NUMBERS else value


def _first_known(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)
