"""The robots and tape drives of this host, as the kernel lists them.

Everything is read from sysfs, so no device is opened: opening an empty /dev/nstN blocks for about two minutes. Which
drive of a library a device is cannot be seen here; the number in nstN is only the order in which the kernel found it.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from bamsd.tape.models import clean_text

_TAPE, _CHANGER = "1", "8"  # SCSI peripheral device types, SPC-5 table 145
_HCTL = re.compile(r"\d{1,5}:\d{1,5}:\d{1,5}:\d{1,20}")
_NODE = re.compile(r"(?:sg|st|nst)\d{1,5}")
_SERIAL_LIMIT = 128


@dataclass(frozen=True, slots=True)
class ChangerDevice:
    """A medium changer. ``by_id`` is a stable path to the same node, when udev made one; ``serial`` may be empty."""

    hctl: str
    vendor: str
    product: str
    revision: str
    serial: str
    sg: str
    by_id: str | None


@dataclass(frozen=True, slots=True)
class DriveDevice:
    """A tape drive. ``st``, ``nst`` and ``sg`` are empty when the kernel module for them is not loaded."""

    hctl: str
    vendor: str
    product: str
    revision: str
    serial: str
    wwn: str
    st: str
    nst: str
    sg: str
    by_id_nst: str | None
    by_id_sg: str | None


@dataclass(frozen=True, slots=True)
class Found:
    changers: tuple[ChangerDevice, ...]
    drives: tuple[DriveDevice, ...]


def find(sysfs: Path, dev: Path) -> Found:
    """List changers and drives below ``sysfs`` (normally /sys) in the order of their SCSI address.

    Node paths begin with ``dev`` (normally /dev). A device that vanishes while it is read is left out. A changer
    without an sg node is left out too: nothing can talk to it. Reads files, so it belongs in a thread. Never raises.
    """
    links = _links(dev / "tape" / "by-id")
    changers: list[ChangerDevice] = []
    drives: list[DriveDevice] = []
    for device in _scsi_devices(sysfs):
        kind = _text(device / "type")
        if kind == _CHANGER and (changer := _changer(device, dev, links)) is not None:
            changers.append(changer)
        elif kind == _TAPE:
            drives.append(_drive(device, dev, links))
    return Found(tuple(changers), tuple(drives))


def _scsi_devices(sysfs: Path) -> list[Path]:
    names: list[str] = []
    with contextlib.suppress(OSError):
        names = [name for name in os.listdir(sysfs / "bus" / "scsi" / "devices") if _HCTL.fullmatch(name)]
    names.sort(key=lambda name: tuple(int(part) for part in name.split(":")))
    return [sysfs / "bus" / "scsi" / "devices" / name for name in names]


def _changer(device: Path, dev: Path, links: dict[str, list[str]]) -> ChangerDevice | None:
    serial = _serial(device)
    sg = _node(device / "scsi_generic", dev, "sg")
    if not sg:
        return None
    return ChangerDevice(
        device.name,
        _text(device / "vendor"),
        _text(device / "model"),
        _text(device / "rev"),
        serial,
        sg,
        _by_id(links, sg, serial),
    )


def _drive(device: Path, dev: Path, links: dict[str, list[str]]) -> DriveDevice:
    serial = _serial(device)
    sg = _node(device / "scsi_generic", dev, "sg")
    nst = _node(device / "scsi_tape", dev, "nst")
    return DriveDevice(
        device.name,
        _text(device / "vendor"),
        _text(device / "model"),
        _text(device / "rev"),
        serial,
        naa(_bytes(device / "vpd_pg83")),
        _node(device / "scsi_tape", dev, "st"),
        nst,
        sg,
        _by_id(links, nst, serial),
        _by_id(links, sg, serial),
    )


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(65536)
    except OSError:
        return b""


def _text(path: Path) -> str:
    return clean_text(_bytes(path).decode("ascii", "replace").strip(), _SERIAL_LIMIT) or ""


def _serial(device: Path) -> str:
    """Unit serial number, VPD page 80h. Some devices pad it in front, some behind, some with zero bytes."""
    page = _bytes(device / "vpd_pg80")
    if len(page) < 4 or page[1] != 0x80:
        return ""
    raw = page[4 : 4 + int.from_bytes(page[2:4])]
    return clean_text(raw.decode("ascii", "replace").strip(" \0"), _SERIAL_LIMIT) or ""


def naa(page: bytes) -> str:
    """The logical unit's NAA name in VPD page 83h as ``0x...``, or empty. SPC-5, chapter 7.7.6."""
    if len(page) < 4 or page[1] != 0x83:
        return ""
    for association, kind, name in _designators(page[4 : 4 + int.from_bytes(page[2:4])]):
        if association == 0 and kind == 3 and len(name) in (8, 16):
            return f"0x{name.hex()}"
    return ""


def _designators(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        end = at + 4 + data[at + 3]
        if end > len(data):
            return
        yield (data[at + 1] >> 4) & 3, data[at + 1] & 0x0F, data[at + 4 : end]
        at = end


def _node(folder: Path, dev: Path, prefix: str) -> str:
    """The device node of a class folder such as scsi_tape, which lists st0, nst0, st0a and more."""
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(folder)):
            if _NODE.fullmatch(name) and name.rstrip("0123456789") == prefix:
                return str(dev / name)
    return ""


def _links(folder: Path) -> dict[str, list[str]]:
    """Node name to the paths of the links that point to it."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    with contextlib.suppress(OSError):
        names = sorted(name for name in os.listdir(folder) if clean_text(name, 255) == name)
    for name in names:
        with contextlib.suppress(OSError):
            found.setdefault(PurePath(os.readlink(folder / name)).name, []).append(str(folder / name))
    return found


def _by_id(links: dict[str, list[str]], node: str, serial: str) -> str | None:
    """The link to a node, the one with the serial number first: people know it, and it is printed on the device."""
    if not node:
        return None
    paths = links.get(PurePath(node).name, [])
    # udev replaces what it does not allow in a link name.
    wanted = re.sub(r"[^A-Za-z0-9#+.:=@_-]+", "_", serial)
    named = [path for path in paths if wanted and wanted in PurePath(path).name]
    return next(iter(named or paths), None)
