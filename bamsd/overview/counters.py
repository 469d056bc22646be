"""Counters of the kernel, read from sysfs and by statvfs. Reading functions block, so they belong in a thread.

Formats: Documentation/block/stat.rst and Documentation/scsi/st.rst ("stats") of the kernel.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from bamsd.overview.models import Filling
from bamsd.system.block import Roots, node

SECTOR_BYTES = 512
"""stat counts in sectors of 512 bytes, whatever the device's own size is."""
_SECTORS_READ, _SECTORS_WRITTEN = 2, 6
_FILE_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes since the device came."""

    read_bytes: int
    written_bytes: int


def parse_block_stat(text: str) -> Traffic | None:
    """The line of /sys/block/NAME/stat; None for what is none."""
    fields = text.split()
    if len(fields) <= _SECTORS_WRITTEN or not all(_is_number(field) for field in fields):
        return None
    return Traffic(int(fields[_SECTORS_READ]) * SECTOR_BYTES, int(fields[_SECTORS_WRITTEN]) * SECTOR_BYTES)


def block_traffic(device: str, roots: Roots) -> Traffic | None:
    """What went through a block device, by its path. None when it is not there."""
    found = node(device, roots) if device else None
    if found is None or not found.name:
        return None
    return parse_block_stat(_text(roots.sysfs / "class" / "block" / found.name / "stat"))


def tape_traffic(name: str, sysfs: Path) -> Traffic | None:
    """What went through a tape drive (``st0``). The kernel counts it when a command ends."""
    stats = sysfs / "class" / "scsi_tape" / name / "stats"
    read, written = _text(stats / "read_byte_cnt").strip(), _text(stats / "write_byte_cnt").strip()
    if not (_is_number(read) and _is_number(written)):
        return None
    return Traffic(int(read), int(written))


def filling(mount_point: str) -> Filling | None:
    """How full the file system is that is mounted there; None when none can be asked.

    ``used`` counts like df: what is reserved for root is neither used nor free, so size is used and free together.
    """
    try:
        found = os.statvfs(mount_point)
    except OSError:
        return None
    used = max(found.f_blocks - found.f_bfree, 0) * found.f_frsize
    free = found.f_bavail * found.f_frsize
    return Filling(used + free, used, free) if found.f_blocks else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 20


def _text(path: Path) -> str:
    """Empty for what cannot be read: a device may vanish at any moment."""
    try:
        with path.open("rb") as file:
            return file.read(_FILE_LIMIT).decode("ascii", "replace")
    except OSError:
        return ""
