"""systemd mount units of repositories: their text, their name, and writing them.

``What=`` is the path of the volume, not its UUID: a snapshot carries the same file system UUID, and /dev/disk/by-uuid
then points at whichever of the two udev saw last.
"""

import asyncio
import os
from pathlib import Path

from bamsd.disk.models import Filesystem
from bamsd.errors import InvalidArgument, ToolFailed
from bamsd.system.files import replace_file, sync_folder

FOLDER = Path("/etc/systemd/system")
OPTIONS = ("nofail", "nosuid", "nodev", "noexec")
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.")
_MAX_UNIT_NAME = 255
_FIRST_LINE = "# Written by bamsd, which writes it again and removes it: use the repository's own methods."


def escape_path(path: str) -> str:
    """What ``systemd-escape --path`` prints (systemd.unit(5), "STRING ESCAPING FOR INCLUSION IN UNIT NAMES")."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not path.startswith("/") or ".." in parts or "\0" in path:
        raise InvalidArgument(f"{path!r} is no absolute path: give one that starts with a slash and has no '..'.")
    if not parts:
        return "-"
    text = b"/".join(os.fsencode(part) for part in parts)
    return "".join(_escaped(byte, first=index == 0) for index, byte in enumerate(text))


def _escaped(byte: int, *, first: bool) -> str:
    if byte == ord("/"):
        return "-"
    if byte in _PLAIN and not (first and byte == ord(".")):
        return chr(byte)
    return f"\\x{byte:02x}"


def unescape_path(name: str) -> str:
    """The path behind an escaped name. Raises ``InvalidArgument`` for what ``escape_path`` never makes."""
    if name == "-":
        return "/"
    text = bytearray()
    rest = name
    while rest:
        if rest.startswith("\\x") and len(rest) >= 4:
            try:
                text.append(int(rest[2:4], 16))
            except ValueError:
                raise InvalidArgument(f"{name!r} is no escaped path: \\x needs two hexadecimal digits.") from None
            rest = rest[4:]
            continue
        text += b"/" if rest[0] == "-" else os.fsencode(rest[0])
        rest = rest[1:]
    return "/" + os.fsdecode(bytes(text))


def unit_name(point: str) -> str:
    """The unit's name, which systemd derives from the mount point. Raises ``InvalidArgument`` when it is too long."""
    name = f"{escape_path(point)}.mount"
    if len(name) > _MAX_UNIT_NAME:
        raise InvalidArgument(f"The mount point {point!r} is too long for a unit of systemd: choose a shorter one.")
    return name


def unit_text(device: str, point: str, filesystem: Filesystem, description: str) -> str:
    """The unit's content. ``device`` is the volume's lasting path (/dev/VG/LV, /dev/zvol/...).

    ``nofail`` and WantedBy (not RequiredBy) let the machine boot without the device. A unit with
    RequiresMountsFor=POINT (Bacula's) finds this one by its name and is then bound to it. A zvol's link is there only
    after zfs-volumes.target; an LV comes with its udev event, which systemd waits for by itself. ``nouuid`` lets xfs be
    mounted although one of its snapshots is: both carry one UUID.
    """
    is_zvol = device.startswith("/dev/zvol/")
    options = ",".join((*OPTIONS, *(("nouuid",) if filesystem == "xfs" else ())))
    lines = [
        _FIRST_LINE,
        "[Unit]",
        f"Description={_value(description)}",
        *(["After=zfs-volumes.target"] if is_zvol else []),
        "",
        "[Mount]",
        f"What={_value(device)}",
        f"Where={_value(point)}",
        f"Type={filesystem}",
        f"Options={options}",
        "",
        "[Install]",
        "WantedBy=local-fs.target",
        "",
    ]
    return "\n".join(lines)


def _value(text: str) -> str:
    """A value for a unit file: one line, and no specifier of systemd in it."""
    if any(not char.isprintable() for char in text) or text.endswith("\\") or text != text.strip():
        raise InvalidArgument(f"{text!r} cannot stand in a mount unit: use printable characters only.")
    return text.replace("%", "%%")


async def write(point: str, text: str, folder: Path = FOLDER) -> Path:
    """Put the unit in place at once and wholly, readable by all. Returns its path; a daemon-reload must follow."""
    return await asyncio.to_thread(_write, folder / unit_name(point), text)


def _write(path: Path, text: str) -> Path:
    try:
        replace_file(path, text.encode(), 0o644)
    except OSError as error:
        raise ToolFailed(f"The mount unit {path} cannot be written: {error.strerror}.") from error
    return path


async def remove(point: str, folder: Path = FOLDER) -> bool:
    """Take the unit away; False when there was none. Only a unit that BAMS wrote is removed."""
    return await asyncio.to_thread(_remove, folder / unit_name(point))


def _remove(path: Path) -> bool:
    if not _is_ours(path):
        if path.exists():
            raise ToolFailed(f"The mount unit {path} was not written by BAMS: remove it by hand if it is not needed.")
        return False
    try:
        path.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise ToolFailed(f"The mount unit {path} cannot be removed: {error.strerror}.") from error
    return True


def _is_ours(path: Path) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline().rstrip("\n") == _FIRST_LINE
    except OSError:
        return False


async def exists(point: str, folder: Path = FOLDER) -> bool:
    """Whether a unit of ours for this mount point is in the folder."""
    return await asyncio.to_thread(_is_ours, folder / unit_name(point))
