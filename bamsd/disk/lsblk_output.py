"""What ``lsblk --json`` prints (util-linux 2.38 and newer), as values. Pure functions of text."""

import json
from dataclasses import dataclass
from typing import Any

from bamsd.errors import ToolFailed, shown

COLUMNS = ("NAME", "KNAME", "PATH", "TYPE", "SIZE", "RO", "RM", "ROTA", "MODEL", "SERIAL", "WWN", "FSTYPE", "PTTYPE")


@dataclass(frozen=True, slots=True)
class Row:
    """A block device. ``kind`` is disk, part, lvm, loop, rom, mpath, raid1, ...; sizes are in bytes.

    ``model``, ``serial`` and ``wwn`` are what the disk says of itself and may be empty or chosen by anybody.
    """

    name: str
    path: str
    kind: str
    size_bytes: int
    read_only: bool
    removable: bool
    rotational: bool | None
    model: str
    serial: str
    wwn: str
    signature: str


def parse(text: str) -> tuple[Row, ...]:
    """Every device once; one that hangs under several others is printed several times. Raises ``ToolFailed``."""
    try:
        rows = [_row(row) for row in json.loads(text)["blockdevices"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ToolFailed("lsblk printed no list of devices: run lsblk --json by hand and look at it.") from None
    return tuple({row.name: row for row in reversed(rows)}.values())[::-1]


def _row(row: dict[str, Any]) -> Row:
    rotational = row.get("rota")
    return Row(
        name=_word(row["kname"]),
        path=_word(row["path"]),
        kind=_word(row["type"]),
        size_bytes=int(row["size"] or 0),
        read_only=_flag(row.get("ro")),
        removable=_flag(row.get("rm")),
        rotational=None if rotational is None else _flag(rotational),
        model=_word(row.get("model")),
        serial=_word(row.get("serial")),
        wwn=_word(row.get("wwn")),
        signature=_word(row.get("fstype")) or _word(row.get("pttype")),
    )


def _word(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise TypeError(value)
    return shown((value or "").strip())


def _flag(value: Any) -> bool:
    """A boolean; lsblk before 2.33 printed "0" and "1"."""
    return value in (True, 1, "1")
