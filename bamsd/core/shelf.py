"""Files that bamsd makes for administrators to take away: bundles and exports, a folder of each.

Root writes the folder, the group bams-admin reads what is in it. A file is made beside its place under a name that no
list shows, and moved in when it is complete. The functions block; they are called in threads.
"""

import contextlib
import errno
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bamsd.core.names import host_in_names
from bamsd.errors import InvalidArgument, NotFound, OutOfSpace, ToolFailed
from bamsd.system.files import group_number, sync_folder

GROUP = "bams-admin"
MODE = 0o640
_NAME = re.compile(r"bams-[A-Za-z0-9.-]{1,64}-\d{8}-\d{6}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the folder. ``name`` is without the suffix."""

    name: str
    path: Path
    size_bytes: int
    created_us: int

    @property
    def shown(self) -> Mapping[str, Any]:
        """As it goes out on the bus."""
        return {"name": self.name, "path": str(self.path), "size": self.size_bytes, "created": self.created_us}


class Shelf:
    def __init__(self, folder: Path, suffix: str, a_kind: str, lister: str) -> None:
        """``a_kind`` is what stands there, "a bundle"; ``lister`` the method that names what there is."""
        self.folder = folder
        self._suffix = suffix
        self._a_kind, self._kind, self._lister = a_kind, a_kind.split()[-1], lister

    def path(self, name: str) -> Path:
        """Where a file is or would be. Raises InvalidArgument."""
        if not _NAME.fullmatch(name):
            raise InvalidArgument(f"{name[:100]!a} is no name of {self._a_kind}; {self._lister} has them.")
        return self.folder / f"{name}{self._suffix}"

    def open(self) -> None:
        """Make the folder, as its first file needs it. Raises OSError."""
        self.folder.mkdir(mode=0o750, exist_ok=True)
        os.chown(self.folder, -1, group_number(GROUP))

    def list(self) -> tuple[Kept, ...]:
        """The newest first. Raises ToolFailed."""
        try:
            found = [self.about(path) for path in self.folder.iterdir() if self._is_ours(path)]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ToolFailed(f"{self.folder} cannot be read: {error.strerror}.") from None
        return tuple(sorted(found, key=lambda one: (one.created_us, one.name), reverse=True))

    def about(self, path: Path) -> Kept:
        found = path.stat()
        return Kept(path.name.removesuffix(self._suffix), path, found.st_size, found.st_mtime_ns // 1000)

    def delete(self, name: str) -> None:
        """Raises InvalidArgument, NotFound, ToolFailed."""
        path = self.path(name)
        try:
            path.unlink()
            sync_folder(self.folder)
        except FileNotFoundError:
            raise NotFound(
                f"There is no {self._kind} {name} in {self.folder}; {self._lister} has those that are there."
            ) from None
        except OSError as error:
            raise ToolFailed(f"The {self._kind} {path} cannot be deleted: {error.strerror}.") from None

    def clear(self) -> None:
        """Remove what a crash or a full disk left half made. Raises OSError."""
        for left in self.folder.glob(".*.new"):
            left.unlink(missing_ok=True)

    def full(self) -> OutOfSpace:
        return OutOfSpace(
            f"The disk of {self.folder} is full, so the {self._kind} was not made. Make room there, then try again."
        )

    @contextlib.contextmanager
    def making(self) -> Iterator[None]:
        """Around what writes a file: an OSError becomes OutOfSpace or ToolFailed."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self.full() from error
            where = error.filename or self.folder
            raise ToolFailed(f"The {self._kind} was not made: {where}: {error.strerror}.") from error

    def _is_ours(self, path: Path) -> bool:
        name = path.name.removesuffix(self._suffix)
        return name != path.name and bool(_NAME.fullmatch(name)) and path.is_file() and not path.is_symlink()


def new_name() -> str:
    """Of a file that is made now, on this host."""
    return f"bams-{host_in_names()}-{time.strftime('%Y%m%d-%H%M%S')}"
