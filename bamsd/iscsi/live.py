"""What SCST, LIO and the NVMe target export right now, read from sysfs and configfs. Functions for a thread.

SCST: scst_sysfs.c of SCST 3.11; LIO and nvmet: /sys/kernel/config, as Linux 6.12 shows it. A stack that is not loaded
exports nothing. What is there but cannot be read raises ``ToolFailed``: it must not pass for "nothing is exported".
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bamsd.errors import ToolFailed

_KERNEL_TARGET = "copy_manager"
"""SCST makes it for itself, with a LUN for every device."""
_SCSI_ADDRESS = re.compile(r"\d{1,5}:\d{1,5}:\d{1,5}:\d{1,20}")
_LIO_FILE = re.compile(r"\bFile: (.*?)  Size: \d+")
_LIO_NUMBER = re.compile(r"\bMajor: (\d{1,6}) Minor: (\d{1,8})")


@dataclass(frozen=True, slots=True)
class Export:
    """A backing device in the kernel. ``stack`` is scst, lio or nvmet; ``luns`` may be empty: held all the same.

    ``paths`` are the names it was given; ``number`` is the device's own where the kernel tells it. ``scsi`` is the SCSI
    address of a disk that is passed through as it is.
    """

    stack: str
    name: str
    paths: tuple[str, ...]
    number: tuple[int, int] | None = None
    luns: tuple[str, ...] = ()
    scsi: str = ""


def scst(sysfs: Path) -> Iterator[Export]:
    """Devices of SCST with a file name, also those with ``active`` 0 or without a LUN, and exported SCSI disks.

    SCST lists every SCSI device of the host, so without a LUN that means nothing.
    """
    devices = sysfs / "kernel" / "scst_tgt" / "devices"
    for name in _listing(devices):
        path = _first_line(devices / name / "filename")
        luns = tuple(_scst_luns(devices / name / "exported"))
        if path:
            yield Export("scst", name, (path,), luns=luns)
        elif luns and _SCSI_ADDRESS.fullmatch(name):
            yield Export("scst", name, (), luns=luns, scsi=name)


def _scst_luns(folder: Path) -> Iterator[str]:
    """A link leads to targets/DRIVER/TARGET/luns/N or targets/DRIVER/TARGET/ini_groups/GROUP/luns/N."""
    for name in _listing(folder):
        parts = _link(folder / name).split("/")
        if "targets" not in parts:
            continue
        driver, target = (*parts[parts.index("targets") + 1 :], "", "")[:2]
        if driver != _KERNEL_TARGET:
            yield f"LUN {parts[-1]} of {target}"


def lio(sysfs: Path) -> Iterator[Export]:
    """Storage objects of LIO that have a device or a file, also those that are not enabled or without a LUN."""
    home = sysfs / "kernel" / "config" / "target"
    luns: dict[str, list[str]] = {}
    for key, lun in _lio_luns(home):
        luns.setdefault(key, []).append(lun)
    for adapter in _listing(home / "core"):
        for name in _folders(home / "core" / adapter):
            place = home / "core" / adapter / name
            told = _text(place / "info")
            number = _LIO_NUMBER.search(told)
            file = _LIO_FILE.search(told)
            paths = dict.fromkeys(path for path in (_first_line(place / "udev_path"), file[1] if file else "") if path)
            device = (int(number[1]), int(number[2])) if number else None
            if paths or device:
                yield Export("lio", name, tuple(paths), device, tuple(luns.get(f"{adapter}/{name}", ())))


def _lio_luns(home: Path) -> Iterator[tuple[str, str]]:
    """ADAPTER/OBJECT and the LUN. FABRIC/TARGET/tpgt_N/lun/lun_M/ holds a link to core/ADAPTER/OBJECT."""
    for fabric in _listing(home):
        if fabric == "core":
            continue
        for target in _folders(home / fabric):
            for group in _folders(home / fabric / target):
                folder = home / fabric / target / group / "lun"
                for lun in _listing(folder):
                    for name in _links(folder / lun):
                        parts = _link(folder / lun / name).split("/")
                        yield "/".join(parts[-2:]), f"LUN {lun.removeprefix('lun_')} of {target}"


def nvmet(sysfs: Path) -> Iterator[Export]:
    """Namespaces of the kernel's NVMe target."""
    home = sysfs / "kernel" / "config" / "nvmet" / "subsystems"
    for subsystem in _listing(home):
        for namespace in _listing(home / subsystem / "namespaces"):
            path = _first_line(home / subsystem / "namespaces" / namespace / "device_path")
            if path and path != "(null)":
                where = f"namespace {namespace} of {subsystem}"
                yield Export("nvmet", where, (path,), luns=(where,))


def _listing(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(folder, error) from error


def _folders(folder: Path) -> list[str]:
    return list(_entries(folder, links=False))


def _links(folder: Path) -> list[str]:
    return list(_entries(folder, links=True))


def _entries(folder: Path, *, links: bool) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_symlink() if links else entry.is_dir(follow_symlinks=False):
                    yield entry.name
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise _unreadable(folder, error) from error


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _unreadable(path, error) from error


def _text(file: Path) -> str:
    """Empty for a file that is not there: the object has no such attribute, or vanished meanwhile."""
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            return opened.read()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise _unreadable(file, error) from error


def _first_line(file: Path) -> str:
    return _text(file).split("\n", 1)[0].strip()


def _unreadable(path: Path, error: OSError) -> ToolFailed:
    return ToolFailed(
        f"{path} cannot be read, so which devices are exported is not known: {error.strerror}. Try again as root."
    )
