"""Who has a device open? Read from /proc/PID/fd, which needs CAP_SYS_PTRACE for other users' processes."""

import asyncio
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OpenBy:
    """``path`` is the one that was asked about, also when the process opened the device by another name."""

    pid: int
    command: str
    path: str


async def who_has_open(
    paths: Sequence[str], proc: Path = Path("/proc"), *, children: bool = False
) -> tuple[OpenBy, ...]:
    """Processes that have one of the paths open. This process is left out, and its children unless ``children``.

    Devices are compared by number, so every link to a node counts. A process that ends meanwhile is skipped.
    """
    return await asyncio.to_thread(_scan, paths, str(proc), children)


def _scan(paths: Sequence[str], proc: str, children: bool) -> tuple[OpenBy, ...]:
    names = {os.path.realpath(path): path for path in paths}
    devices = dict(_device_numbers(paths))
    found = []
    for pid in filter(str.isdecimal, _listing(proc)):
        if int(pid) == os.getpid():
            continue
        held = set(_open_paths(f"{proc}/{pid}/fd", names, devices))
        if held and (children or _parent(proc, pid) != os.getpid()):
            command = _command(proc, pid)
            found += [OpenBy(int(pid), command, path) for path in paths if path in held]
    return tuple(found)


def _device_numbers(paths: Sequence[str]) -> Iterable[tuple[int, str]]:
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            continue
        if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
            yield status.st_rdev, path


def _open_paths(folder: str, names: dict[str, str], devices: dict[int, str]) -> Iterable[str]:
    for fd in _listing(folder):
        try:
            target = os.readlink(f"{folder}/{fd}")
            if target in names:
                yield names[target]
            elif devices and target.startswith("/dev/") and (number := os.stat(f"{folder}/{fd}").st_rdev) in devices:
                yield devices[number]
        except OSError:
            continue


def _listing(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _parent(proc: str, pid: str) -> int:
    """Field 4 of /proc/PID/stat; field 2, the name, may itself hold blanks and brackets."""
    try:
        with open(f"{proc}/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _command(proc: str, pid: str) -> str:
    try:
        with open(f"{proc}/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip() or "?"
    except OSError:
        return "?"
