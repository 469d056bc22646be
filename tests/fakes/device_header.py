"""What stands on a fake device: a regular file whose first bytes name its signatures.

Every fake program that writes or reads a device goes through here, so that a snapshot or a rollback that copies the
file also copies its file system.
"""

import json
import os
from typing import Any

MAGIC = b"BAMSFAKE"
HEADER_BYTES = 4096

Json = dict[str, Any]


def read(device: str) -> list[Json]:
    """The signatures: type, uuid, label, offset, and what the file system knows of itself (size, owner, mode)."""
    with open(device, "rb") as file:
        header = file.read(HEADER_BYTES)
    if not header.startswith(MAGIC):
        return []
    found: list[Json] = json.loads(header[len(MAGIC) :].rstrip(b"\0"))
    return found


def write(device: str, signatures: list[Json]) -> None:
    content = MAGIC + json.dumps(signatures).encode() if signatures else b""
    assert len(content) <= HEADER_BYTES
    with open(device, "r+b") as file:
        file.write(content.ljust(HEADER_BYTES, b"\0"))


def signature(kind: str, uuid: str = "", label: str = "", **more: object) -> Json:
    offset = {"ext4": "0x438", "LVM2_member": "0x218", "zfs_member": "0x4000", "gpt": "0x200"}.get(kind, "0x0")
    return {"type": kind, "uuid": uuid or None, "label": label or None, "offset": offset, **more}


def size(device: str) -> int:
    return os.path.getsize(device)


def mount_line(device: str, point: str, filesystem: str, number: str) -> str:
    """A line of mountinfo as Linux 6.12 writes it."""
    octal = "".join(f"\\{ord(char):03o}" if char in " \t\n\\" else char for char in point)
    return f"132 28 {number} / {octal} rw,nosuid,nodev,noexec,relatime shared:188 - {filesystem} {device} rw\n"
