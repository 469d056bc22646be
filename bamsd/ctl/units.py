"""Sizes and times as people write and read them.

A size is a number with an optional unit. K, M, G, T, P and E, also with iB behind them, are powers of 1024, as LVM and
ZFS take them. KB, MB, GB, TB, PB and EB are powers of 1000, as on the label of a disk. No unit and B are bytes. Case
does not matter. A fraction of a byte is rounded up: 1.5T is 1649267441664.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from bamsd.errors import InvalidArgument

MAX_SIZE = 2**63 - 1
_LETTERS = "KMGTPE"
_SIZE = re.compile(rf"(\d{{1,20}}(?:\.\d{{1,20}})?) ?(?:([{_LETTERS}])(I?B)?|B)?", re.IGNORECASE | re.ASCII)
_AGO = re.compile(r"(\d{1,6}) ?(s|min|h|d|w)", re.ASCII)
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_size(text: str) -> int:
    """Bytes. Raises InvalidArgument."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise InvalidArgument(f"{text!r} is no size. Write a number with a unit, such as 500M, 10GiB or 1.5T.")
    number, letter, ending = found.groups()
    base = 1000 if (ending or "").upper() == "B" else 1024
    factor = base ** (_LETTERS.index(letter.upper()) + 1) if letter else 1
    size = math.ceil(Fraction(number) * factor)
    if not 0 < size <= MAX_SIZE:
        raise InvalidArgument(f"The size {text!r} is out of range: 1 byte to 8 EiB less one byte.")
    return size


def show_size(size: float) -> str:
    """Three digits and a unit, for people: 1.50 TiB."""
    value, unit = float(size), "B"
    for letter in _LETTERS:
        if abs(value) < 1023.995:
            break
        value, unit = value / 1024, f"{letter}iB"
    if unit == "B":
        return f"{value:.0f} B"
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f} {unit}"


def parse_time(text: str, now: datetime | None = None) -> int:
    """Microseconds since the epoch. Takes today, yesterday, now, 90min, 2h, 3d (ago), and dates as 2026-01-31T12:00.

    A time without a zone is local. Raises InvalidArgument.
    """
    moment, word = (now or datetime.now(UTC)).astimezone(), text.strip().lower().removesuffix("ago").strip()
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if word in ("now", "today", "yesterday"):
        found = {"now": moment, "today": midnight, "yesterday": midnight - timedelta(days=1)}[word]
    elif ago := _AGO.fullmatch(word):
        found = moment - timedelta(seconds=int(ago[1]) * _SECONDS[ago[2]])
    else:
        try:
            found = datetime.fromisoformat(text.strip())
        except ValueError:
            hint = "Write it as 2026-01-31 12:00, as 90min, 2h or 3d (ago), or as today or yesterday."
            raise InvalidArgument(f"{text!r} is no time. {hint}") from None
    try:
        return max(0, int(found.timestamp() * 1_000_000))
    except (OverflowError, OSError, ValueError):
        raise InvalidArgument(f"The time {text!r} is out of range.") from None


def show_time(us: int) -> str:
    """Local time; a dash for 0, which stands for never or unknown."""
    if not us:
        return "-"
    try:
        return datetime.fromtimestamp(us / 1_000_000).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return str(us)


def show_duration(seconds: float) -> str:
    """Two figures: 45 s, 2 min 05 s, 3 h 10 min, 2 d 4 h."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
