"""bsdjson: the configuration of Bacula's storage daemon, as Bacula itself reads it."""

import asyncio
import errno
import re
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from bamsd.bacula import config_error, resources
from bamsd.bacula.archive_text import ArchiveDevice, includes, parse_bsdjson, search
from bamsd.bacula.resources import SdConfig
from bamsd.errors import NotFound, NotSupported, ToolFailed
from bamsd.system.run import CommandFailed, Rights, run

TIMEOUT_S = 30.0
CONFIGURATIONS = (Path("/etc/bacula/bacula-sd.conf"), Path("/opt/bacula/etc/bacula-sd.conf"))
_MOST_FILES = 200

AskRights = Callable[[], Awaitable[Rights]]
"""With whose rights bacula-sd reads its configuration. Raises ``NotFound`` when there is no such account."""

_MISSING = re.compile(r"No (\w+) resource defined")


class ConfigUnreadable(ToolFailed):
    """Bacula cannot read a configuration. ``missing`` are the kinds of resources that it lacks."""

    def __init__(self, message: str, missing: frozenset[str]) -> None:
        super().__init__(message)
        self.missing = missing


# Clients know this failure as ToolFailed.
ConfigUnreadable.dbus_name = ToolFailed.dbus_name


async def archive_devices(
    ask: AskRights, configurations: Sequence[Path] = CONFIGURATIONS, timeout_s: float = TIMEOUT_S
) -> tuple[ArchiveDevice, ...]:
    """The Archive Devices of every configuration that is there; none when Bacula is not installed.

    A file that Bacula refuses or may not read, or that cannot be given to bsdjson because that is not installed, is
    searched as text. Only the Device resources are asked for, so no password comes out. Raises ``ToolFailed``,
    ``TimedOut``.
    """
    found: list[ArchiveDevice] = []
    for path in configurations:
        if await asyncio.to_thread(path.exists):
            found += await _of_file(path, ask, timeout_s)
    return tuple(dict.fromkeys(found))


async def read(path: Path, really: Mapping[str, str], rights: Rights) -> SdConfig:
    """A whole configuration, with its passwords. ``really`` gives the true names of trial copies.

    Raises ``ConfigUnreadable`` with Bacula's reason, ``NotSupported`` without bsdjson, ``ToolFailed``, ``TimedOut``.
    """
    result = await run(["bsdjson", "-c", str(path)], timeout_s=TIMEOUT_S, rights=rights, allowed_exits=(0, 1))
    if result.code:
        said = result.stdout + result.stderr
        raise ConfigUnreadable(
            config_error.sentence("bsdjson", config_error.parse(said, str(path), really)),
            frozenset(_MISSING.findall(said)),
        )
    return resources.parse(result.stdout)


async def _of_file(path: Path, ask: AskRights, timeout_s: float) -> tuple[ArchiveDevice, ...]:
    try:
        rights = await ask()
        result = await run(["bsdjson", "-r", "Device", "-D", "-c", str(path)], timeout_s=timeout_s, rights=rights)
    except (CommandFailed, NotFound, NotSupported):
        return await asyncio.to_thread(_searched, path)
    return parse_bsdjson(result.stdout)


def _searched(path: Path) -> tuple[ArchiveDevice, ...]:
    """The file and all that it includes. What a command would print cannot be known, so it is an error."""
    found: list[ArchiveDevice] = []
    waiting, seen = [path], set[Path]()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        text = _text(file, path)
        found += search(text)
        for name in includes(text):
            if name.startswith("|") or len(seen) > _MOST_FILES:
                raise ToolFailed(
                    f"Bacula refuses {path}, and {file} includes what cannot be followed: "
                    f"its devices are not known. Run bacula-sd -t -c {path} and correct the file."
                )
            waiting.append(file.parent / name)
    return tuple(found)


def _text(file: Path, path: Path) -> str:
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # who reads a pipe waits, and the user bacula can put one there
            raise OSError(errno.EINVAL, "it is no regular file")
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise ToolFailed(
            f"{file} cannot be read, so which devices Bacula uses is not known: {error.strerror}. "
            f"Run bacula-sd -t -c {path} and correct the file."
        ) from error
