"""The exports on this host: one folder of sealed files. The functions block; they are called in threads."""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bamsd.errors import InvalidArgument, NotFound, NotReady, OutOfSpace, ToolFailed
from bamsd.rebuild.sealing import MOST_BYTES
from bamsd.system.files import group_number, replace_file, sync_folder

SUFFIX = ".bams"
GROUP = "bams-admin"
_NAME = re.compile(r"bams-[A-Za-z0-9.-]{1,64}-\d{8}-\d{6}")


@dataclass(frozen=True, slots=True)
class Export:
    """A file in the folder. ``name`` is without the suffix."""

    name: str
    path: Path
    size_bytes: int
    created_us: int


class ExportFiles:
    """``folder`` is made at the first export. Administrators may read it, root alone writes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: bytes) -> Export:
        """Raises OutOfSpace, ToolFailed; then nothing is left."""
        path = self._path(name)
        group = group_number(GROUP)
        with self._said():
            self.folder.mkdir(mode=0o750, exist_ok=True)
            os.chown(self.folder, -1, group)
            try:
                replace_file(path, content, 0o640, group=group)
            except OSError:
                self.clear()
                raise
            return _export(path)

    def read(self, name: str) -> bytes:
        """Raises NotFound, NotReady for a file that others than root could have written, ToolFailed."""
        path = self._path(name)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            raise self._missing(name) from None
        except OSError as error:
            raise ToolFailed(f"The export {path} cannot be opened: {error.strerror}.") from None
        try:
            found = os.fstat(descriptor)
            # What is in it becomes units of systemd and programs of Bacula, so it comes from root or not at all.
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
                raise NotReady(
                    f"{path} is no file that root alone has written: check where it comes from, then chown root and "
                    "chmod 640 it."
                )
            if found.st_size > MOST_BYTES:
                raise InvalidArgument(f"{path} is larger than {MOST_BYTES >> 20} MiB, so it is no export of BAMS.")
            with open(descriptor, "rb", closefd=False) as file, self._said():
                return file.read()
        finally:
            os.close(descriptor)

    def delete(self, name: str) -> None:
        path = self._path(name)
        try:
            path.unlink()
            sync_folder(self.folder)
        except FileNotFoundError:
            raise self._missing(name) from None
        except OSError as error:
            raise ToolFailed(f"The export {path} cannot be deleted: {error.strerror}.") from None

    def list(self) -> tuple[Export, ...]:
        """The newest first."""
        try:
            found = [_export(path) for path in self.folder.iterdir() if _is_export(path)]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ToolFailed(f"{self.folder} cannot be read: {error.strerror}.") from None
        return tuple(sorted(found, key=lambda one: (one.created_us, one.name), reverse=True))

    def clear(self) -> None:
        """Remove what a crash or a full disk left half written."""
        for left in self.folder.glob(".*.new"):
            left.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InvalidArgument(f"{name[:100]!a} is no name of an export; ListExports has them.")
        return self.folder / f"{name}{SUFFIX}"

    def _missing(self, name: str) -> NotFound:
        return NotFound(f"There is no export {name} in {self.folder}; copy it there, or look with ListExports.")

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise OutOfSpace(f"The disk of {self.folder} is full: make room there, then try again.") from error
            raise ToolFailed(f"{error.filename or self.folder}: {error.strerror}.") from error


def _is_export(path: Path) -> bool:
    return (
        path.name.endswith(SUFFIX)
        and bool(_NAME.fullmatch(path.name.removesuffix(SUFFIX)))
        and path.is_file()
        and not path.is_symlink()
    )


def _export(path: Path) -> Export:
    found = path.stat()
    return Export(path.name.removesuffix(SUFFIX), path, found.st_size, found.st_mtime_ns // 1000)
