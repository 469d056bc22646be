"""Block devices as the kernel tells of them: numbers, mounts, swap, stacking, partitions.

Functions that read are meant for a thread: a file of sysfs can wait for a driver. Formats: proc(5), section
/proc/pid/mountinfo and /proc/swaps; Documentation/ABI/stable/sysfs-block and testing/sysfs-block-dm of the kernel.
"""

import asyncio
import contextlib
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bamsd.errors import TimedOut
from bamsd.system.run import run

_OCTAL = re.compile(r"\\([0-7]{3})")
_NUMBER = re.compile(r"(\d{1,6}):(\d{1,8})")
_LOOK_S = 0.05
_GRACE_S = 5.0
_KERNEL_NAME = re.compile(r"[A-Za-z0-9!_.:+-]{1,64}")

Number = tuple[int, int]
"""Major and minor."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Where proc, sysfs and the device nodes are. Only tests change them."""

    proc: Path = Path("/proc")
    sysfs: Path = Path("/sys")
    dev: Path = Path("/dev")


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of mountinfo. ``source`` is a device's path, or whatever the file system calls its source."""

    point: str
    source: str
    filesystem: str
    number: Number


@dataclass(frozen=True, slots=True)
class Node:
    """A device by its path. ``name`` is the kernel's (``dm-3``), ``number`` is None for what is no block device."""

    path: str
    real_path: str
    number: Number | None
    name: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """What device-mapper says of a node: ``uuid`` begins with who made it (``LVM-``, ``mpath-``, ``CRYPT-``)."""

    name: str
    uuid: str


# Pure functions of text


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """Turn /proc/PID/mountinfo into mounts. A line that is none is passed over."""
    return tuple(mount for line in text.split("\n") if (mount := _mount(line)) is not None)


def _mount(line: str) -> Mount | None:
    before, separator, after = line.partition(" - ")
    fields, rest = before.split(" "), after.split(" ")
    if not separator or len(fields) < 6 or len(rest) < 2 or not (number := parse_number(fields[2])):
        return None
    return Mount(unescape(fields[4]), unescape(rest[1]), unescape(rest[0]), number)


def parse_number(text: str) -> Number | None:
    """``8:16`` as two numbers."""
    found = _NUMBER.fullmatch(text.strip())
    return (int(found[1]), int(found[2])) if found else None


def unescape(text: str) -> str:
    """The kernel writes blank, tab, line feed and backslash as a backslash with three octal digits."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def parse_swaps(text: str) -> tuple[str, ...]:
    """Paths of the devices and files in /proc/swaps; the first line is its heading."""
    found = (re.match(r"(.+?)\s+(?:partition|file)\s", line) for line in text.split("\n")[1:])
    return tuple(unescape(line[1]).removesuffix(" (deleted)") for line in found if line)


# Reading


def node(path: str, roots: Roots = Roots()) -> Node | None:
    """The device behind a path, or None when there is none (the volume is inactive, or the disk was pulled).

    The number decides, never the name: every link to a node is the same device. Raises OSError when it cannot be told.
    """
    real = os.path.realpath(path)
    try:
        status = os.stat(real)
    except (FileNotFoundError, NotADirectoryError):
        return None
    number = _number_of(status)
    name = ""
    if number is not None:
        with contextlib.suppress(OSError):
            name = os.path.basename(os.readlink(roots.sysfs / "dev" / "block" / f"{number[0]}:{number[1]}"))
    elif real.startswith(f"{os.path.realpath(roots.dev)}/"):
        # No device node, but it stands where nodes stand: a tree of a test.
        name = _known_name(os.path.basename(real), roots)
        number = number_of_name(name, roots) if name else None
    return Node(path, real, number, name)


def _number_of(status: os.stat_result) -> Number | None:
    if not stat.S_ISBLK(status.st_mode):
        return None
    return os.major(status.st_rdev), os.minor(status.st_rdev)


def _known_name(name: str, roots: Roots) -> str:
    return name if os.path.isdir(roots.sysfs / "class" / "block" / name) else ""


def number_of_name(name: str, roots: Roots) -> Number | None:
    """The number of a device by its kernel name."""
    return parse_number(_text(roots.sysfs / "class" / "block" / name / "dev"))


async def appear(path: str, timeout_s: float, sysfs: Path = Path("/sys")) -> None:
    """Wait until the lasting node of a new zvol is there. Raises TimedOut.

    For volmode=dev ZFS makes the kernel's device, takes it away and makes it again, all of it after ``zfs create`` has
    ended (seen with 2.3.9: uevents add, remove, add). Who opens the first one soon finds nothing. The last one has no
    minor numbers for partitions. The link may still be that of the first one, until udev has seen all events.
    """
    deadline = time.monotonic() + timeout_s
    if await _lasting(path, timeout_s, deadline, sysfs):
        await run(
            ["udevadm", "settle", f"--timeout={timeout_s:.0f}"], timeout_s=timeout_s + _GRACE_S, allowed_exits=(0, 1)
        )
        await _lasting(path, timeout_s, deadline, sysfs)


async def _lasting(path: str, timeout_s: float, deadline: float, sysfs: Path) -> bool:
    """Wait for the node. True when the kernel says that it takes no partitions, False when it says nothing."""
    # udev tells nobody in particular, so it is looked for.
    while (minors := await asyncio.to_thread(_minors, path, sysfs)) not in ("", "1"):
        if time.monotonic() > deadline:
            raise TimedOut(f"The device {path} did not appear within {timeout_s:g} s. Look at udev: udevadm monitor.")
        await asyncio.sleep(_LOOK_S)
    return minors == "1"


def _minors(path: str, sysfs: Path) -> str | None:
    """How many minor numbers a device and its partitions have; None without a node, "" where sysfs does not tell."""
    try:
        is_device = stat.S_ISBLK(os.stat(path).st_mode)
    except OSError:
        return None
    minors = _text(sysfs / "class" / "block" / os.path.basename(os.path.realpath(path)) / "range")
    return minors or (None if is_device else "")


def mounts(roots: Roots, process: str = "self") -> tuple[Mount, ...]:
    """What a process sees mounted. Raises OSError when the list cannot be read."""
    with open(roots.proc / process / "mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return parse_mountinfo(file.read())


def mounts_of(device: Node, listed: Iterable[Mount]) -> tuple[Mount, ...]:
    """The mounts whose file system is on the device itself.

    Compared by number and by source: btrfs mounts under a number of its own and names one of its devices as source.
    """
    return tuple(mount for mount in listed if mount.number == device.number or _same_path(mount.source, device))


def swaps_of(device: Node, roots: Roots) -> bool:
    """Whether the device itself is swap space in use."""
    paths = parse_swaps(_text(roots.proc / "swaps"))
    return any(_same_path(path, device) for path in paths)


def _same_path(path: str, device: Node) -> bool:
    if not path.startswith("/"):
        return False
    if path in (device.path, device.real_path) or os.path.realpath(path) == device.real_path:
        return True
    if device.number is None:
        return False
    try:
        return _number_of(os.stat(path)) == device.number
    except OSError:
        return False


def stacked_on(name: str, roots: Roots) -> tuple[str, ...]:
    """Kernel names of the devices that are built on this one (``holders``)."""
    return _listing(roots.sysfs / "class" / "block" / name / "holders")


def built_of(name: str, roots: Roots) -> tuple[str, ...]:
    """Kernel names of the devices that this one is built of (``slaves``)."""
    return _listing(roots.sysfs / "class" / "block" / name / "slaves")


def partitions(name: str, roots: Roots) -> tuple[str, ...]:
    """Kernel names of the partitions of a whole device."""
    home = roots.sysfs / "class" / "block" / name
    return tuple(child for child in _listing(home) if os.path.exists(home / child / "partition"))


def mapping(name: str, roots: Roots) -> Mapping | None:
    """What device-mapper says of it, None for another kind of device."""
    home = roots.sysfs / "class" / "block" / name / "dm"
    if not os.path.isdir(home):
        return None
    return Mapping(_text(home / "name"), _text(home / "uuid"))


def is_raid(name: str, roots: Roots) -> bool:
    """Whether this is a software RAID (md) that runs."""
    return os.path.isdir(roots.sysfs / "class" / "block" / name / "md")


def loops(roots: Roots) -> Iterator[tuple[str, str]]:
    """Kernel name and backing file of every loop device in use."""
    for name in _listing(roots.sysfs / "class" / "block"):
        if name.startswith("loop"):
            backing = _text(roots.sysfs / "class" / "block" / name / "loop" / "backing_file")
            if backing:
                yield name, backing.removesuffix(" (deleted)")


def scsi_address(name: str, roots: Roots) -> str:
    """Host, channel, target and LUN of a SCSI disk (``6:0:0:0``), else the name of whatever device it belongs to."""
    try:
        return os.path.basename(os.readlink(roots.sysfs / "class" / "block" / name / "device"))
    except OSError:
        return ""


def is_device(path: str, device: Node) -> bool:
    """Whether a path given in a configuration means this device: the same path, link or number."""
    return _same_path(path, device)


def node_path(name: str, roots: Roots) -> str:
    """The path of a device by its kernel name, which has ! for a slash (``cciss!c0d0``)."""
    return str(roots.dev / name.replace("!", "/"))


def size_bytes(name: str, roots: Roots) -> int | None:
    """The kernel counts in sectors of 512 bytes, whatever the device's own are."""
    text = _text(roots.sysfs / "class" / "block" / name / "size")
    return int(text) * 512 if text.isascii() and text.isdecimal() else None


def _listing(folder: Path) -> tuple[str, ...]:
    try:
        names = os.listdir(folder)
    except OSError:
        return ()
    return tuple(sorted(name for name in names if _KERNEL_NAME.fullmatch(name)))


def _text(file: Path) -> str:
    """The content of a small file without the line's end, empty when it cannot be read."""
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            return opened.read().rstrip("\n")
    except OSError:
        return ""
