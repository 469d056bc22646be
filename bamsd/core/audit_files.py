"""The files of the audit log: appended to, rotated, dropped, and repaired after a power cut. All calls block.

``audit.log`` grows. A full one is renamed to ``audit.log.`` and the number of its last record in twelve digits.
"""

import contextlib
import logging
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bamsd.core.audit_check import AuditFile
from bamsd.system.files import sync_folder

log = logging.getLogger(__name__)

CURRENT = "audit.log"
_ROTATED = re.compile(r"audit\.log\.(\d{12,18})")
_MODE = 0o640


class AuditFiles:
    """``OSError`` comes out of every method. Call ``open`` before each ``append``; a failed one leaves no half line."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._fd = -1
        self._undo_to: int | None = None

    def open(self) -> None:
        """Open the growing file, or make it. It is opened anew when somebody moved it away."""
        if not self.directory.exists():
            self.directory.mkdir(parents=True)
            self.directory.chmod(0o750)
        if self._fd >= 0 and not self._is_in_place():
            log.error("%s was moved away or replaced by someone else", self.directory / CURRENT)
            self.close()
        if self._fd >= 0 and self._undo_to is not None:
            self._undo(self._undo_to)
        if self._fd < 0:
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            self._fd = os.open(self.directory / CURRENT, flags, _MODE)
            self._undo_to = None
            os.fchmod(self._fd, _MODE)
            sync_folder(self.directory)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @property
    def size_bytes(self) -> int:
        return os.fstat(self._fd).st_size

    def append(self, data: bytes) -> None:
        """Add whole lines. They are on the disk when this returns; when it raises, none of them is in the file."""
        start = self.size_bytes
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
            os.fsync(self._fd)
        except OSError:
            self._undo_to = start
            with contextlib.suppress(OSError):
                self._undo(start)
            raise

    def _undo(self, size_bytes: int) -> None:
        """Take back what a full disk left of a line, which was never acknowledged."""
        os.ftruncate(self._fd, size_bytes)
        os.fsync(self._fd)
        self._undo_to = None

    def rotate(self, last_seq: int) -> None:
        target = self.directory / f"{CURRENT}.{last_seq:012}"
        if target.exists():
            log.error("%s is in the way, so the audit log is not rotated; move it away", target)
            return
        os.rename(self.directory / CURRENT, target)
        self.close()
        self.open()

    def rotated(self) -> list[tuple[int, str]]:
        """Number of the last record, and name, of each rotated file; the oldest first."""
        matches = (_ROTATED.fullmatch(name) for name in os.listdir(self.directory))
        return sorted((int(match[1]), match[0]) for match in matches if match)

    def drop(self, up_to_seq: int) -> None:
        """Remove the rotated files whose records all have numbers up to this."""
        for last_seq, name in self.rotated():
            if last_seq <= up_to_seq:
                (self.directory / name).unlink()
                sync_folder(self.directory)

    @contextlib.contextmanager
    def reading(self, after_seq: int) -> Iterator[list[AuditFile]]:
        """All files with records after this number, open for reading, the oldest first."""
        with ExitStack() as stack:
            files = []
            for last_seq, name in [*self.rotated(), (None, CURRENT)]:
                if last_seq is None or last_seq > after_seq:
                    with contextlib.suppress(FileNotFoundError):
                        content = stack.enter_context(open(self.directory / name, "rb"))
                        files.append(AuditFile(name, content, os.fstat(content.fileno()).st_size, last_seq))
            yield files

    def content(self) -> bytes:
        return (self.directory / CURRENT).read_bytes()

    def move_aside(self, good_bytes: int, tail: bytes, name: str) -> None:
        """Put what follows the last whole record into a file of its own, then cut it off."""
        fd = os.open(self.directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE)
        with open(fd, "wb") as file:
            os.fchmod(fd, _MODE)
            file.write(tail)
            file.flush()
            os.fsync(fd)
        sync_folder(self.directory)
        os.ftruncate(self._fd, good_bytes)
        os.fsync(self._fd)

    def _is_in_place(self) -> bool:
        try:
            found = os.stat(self.directory / CURRENT, follow_symlinks=False)
        except FileNotFoundError:
            return False
        own = os.fstat(self._fd)
        return (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino)
