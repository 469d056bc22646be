"""The exports on this host: one folder of sealed files. The functions block; they are called in threads."""

import os
import stat
from pathlib import Path

from bamsd.core.shelf import GROUP, MODE, Kept, Shelf
from bamsd.errors import InvalidArgument, NotFound, NotReady, ToolFailed
from bamsd.rebuild.sealing import MOST_BYTES
from bamsd.system.files import group_number, replace_file


class ExportFiles(Shelf):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ".bams", "an export", "ListExports")

    def write(self, name: str, content: bytes) -> Kept:
        """Raises OutOfSpace, ToolFailed; then nothing is left."""
        path = self.path(name)
        with self.making():
            self.open()
            try:
                replace_file(path, content, MODE, group=group_number(GROUP))
            except OSError:
                self.clear()
                raise
            return self.about(path)

    def read(self, name: str) -> bytes:
        """Raises NotFound, NotReady for a file that others than root could have written, ToolFailed."""
        path = self.path(name)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFound(
                f"There is no export {name} in {self.folder}; copy it there, or look with ListExports."
            ) from None
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
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()
        except OSError as error:
            raise ToolFailed(f"The export {path} cannot be read: {error.strerror}.") from error
        finally:
            os.close(descriptor)
