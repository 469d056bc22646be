"""The Device resources of a bacula-sd configuration. Pure functions of text."""

import json
import re
from dataclasses import dataclass

from bamsd.errors import ToolFailed

_ARCHIVE_DEVICE = re.compile(
    r"[ \t_-]*".join("archivedevice") + r"\s*=\s*(\"(?:[^\"\\\n]|\\.)*\"|[^;{}#\n]*)", re.IGNORECASE
)
_INCLUDE = re.compile(r"^(?![ \t]*#)(?:.*?[\s{};=,])?@\s*(\S.*)$", re.MULTILINE)
"""Bacula takes an include wherever a word may begin (15.0.3). What follows it on its line is taken for its name, and an
@ in a text for an include: then there is no such file, which is an error, and nothing is overlooked."""


@dataclass(frozen=True, slots=True)
class ArchiveDevice:
    """``path`` is a device node or a directory. ``name`` is empty where only the text was searched."""

    name: str
    path: str


def parse_bsdjson(text: str) -> tuple[ArchiveDevice, ...]:
    """Turn the output of ``bsdjson -r Device -D`` (Bacula 15.0.3) into devices.

    Raises ``ToolFailed`` for anything else, also for nothing at all: bsdjson refuses a file without a Device.
    """
    try:
        found = [_device(row["Name"], row["ArchiveDevice"]) for row in json.loads(text)]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ToolFailed("bsdjson printed no list of devices: run bsdjson -r Device by hand and look at it.") from None
    return tuple(found)


def _device(name: object, path: object) -> ArchiveDevice:
    if not isinstance(name, str) or not isinstance(path, str):
        raise TypeError(path)
    return ArchiveDevice(name, path)


def search(text: str) -> tuple[ArchiveDevice, ...]:
    """Everything that could be an Archive Device in a file that Bacula itself cannot read.

    Bacula passes over case, blanks, hyphens and underscores in the name of a directive. Too much is found rather than
    too little: also what stands in a comment.
    """
    values = (found.strip() for found in _ARCHIVE_DEVICE.findall(text))
    paths = (re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value for value in values)
    return tuple(dict.fromkeys(ArchiveDevice("", path) for path in paths if path))


def includes(text: str) -> tuple[str, ...]:
    """What the file includes: paths, or a command behind a | character."""
    return tuple(found.strip().strip('"') for found in _INCLUDE.findall(text))
