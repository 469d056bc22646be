"""The storage daemon's state for who asks again and again: no program runs while its configuration is the same."""

import asyncio
import os
from pathlib import Path

from bamsd.bacula import sd_client
from bamsd.bacula.daemon import StorageDaemon
from bamsd.bacula.models import Login, SdStatus
from bamsd.errors import BamsError

Stamp = tuple[tuple[str, int, int], ...]


class QuietStatus:
    def __init__(self, daemon: StorageDaemon) -> None:
        self._daemon = daemon
        self._stamp: Stamp | None = None
        self._login: Login | BamsError | None = None

    async def ask(self) -> SdStatus:
        """Raises what ``StorageDaemon.status`` raises."""
        stamp = await asyncio.to_thread(_stamp, self._daemon.places.main.parent)
        if self._login is None or stamp != self._stamp:
            self._stamp = stamp
            try:
                self._login = await self._daemon.login()
            except BamsError as error:
                self._login = error
        if isinstance(self._login, BamsError):
            raise self._login
        return await sd_client.status(self._login, self._daemon.limits.status_s)


def _stamp(folder: Path) -> Stamp:
    """Names, times and sizes of all files of the configuration, two levels deep."""
    found = []
    for home in (folder, *_folders(folder)):
        found += [(entry.path, status.st_mtime_ns, status.st_size) for entry, status in _files(home)]
    return tuple(sorted(found))


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in sorted(folder.iterdir()) if path.is_dir()]
    except OSError:
        return []


def _files(folder: Path) -> list[tuple["os.DirEntry[str]", os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            return [(entry, entry.stat()) for entry in entries if entry.is_file()]
    except OSError:
        return []
