"""A fake kernel tree as a real folder, so that the shipped daemon finds it where sysfs or configfs would be (FUSE)."""

import errno
import os
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import mfusepy

from bamsd.iscsi.tree import Tree

LIMIT_S = 20.0


Before = Callable[[], None]
"""Called before every operation that changes something."""


class _Operations(mfusepy.Operations):  # type: ignore[misc]  # it has no types
    """Passes every file operation on to a tree. One at a time, as the kernel's own locks make them."""

    use_ns = True

    def __init__(self, tree: Tree, root: str, before: Before) -> None:
        self._tree = tree
        self._root = root
        self._before = before

    def _asked(self, call: Any, *args: Any) -> Any:
        try:
            return call(*args)
        except OSError as error:
            raise mfusepy.FuseOSError(error.errno or errno.EIO) from None

    @staticmethod
    def _inner(path: str) -> str:
        return path.strip("/")

    def _kind(self, path: str) -> int:
        if not path or self._tree.is_folder(path):
            return stat.S_IFDIR | 0o755
        with suppress(OSError):
            self._tree.link(path)
            return stat.S_IFLNK | 0o777
        try:
            self._tree.read(path)
        except OSError as error:
            if error.errno == errno.ENOENT:
                raise
            # There, and only to be written, or not to be read now.
        return stat.S_IFREG | 0o600

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        mode = self._asked(self._kind, self._inner(path))
        return {"st_mode": mode, "st_nlink": 1, "st_size": 4096, "st_uid": os.getuid(), "st_gid": os.getgid()}

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", *self._asked(self._tree.list, self._inner(path))]

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        text: str = self._asked(self._tree.read, self._inner(path))
        return text.encode("utf-8", "surrogateescape")[offset : offset + size]

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        self._before()
        self._asked(self._tree.write, self._inner(path), data.decode("utf-8", "surrogateescape"))
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        """sysfs takes it and does nothing."""

    def readlink(self, path: str) -> str:
        return str(self._asked(self._tree.link, self._inner(path)))

    def mkdir(self, path: str, mode: int) -> None:
        self._before()
        self._asked(self._tree.make_folder, self._inner(path))

    def rmdir(self, path: str) -> None:
        self._before()
        self._asked(self._tree.remove_folder, self._inner(path))

    def symlink(self, target: str, source: str) -> None:
        """``target`` is the new link, ``source`` where it leads, as mfusepy calls them."""
        self._before()
        self._asked(self._tree.make_link, self._inner(target), source.removeprefix(self._root).strip("/"))

    def unlink(self, path: str) -> None:
        self._before()
        self._asked(self._tree.unlink, self._inner(path))


@contextmanager
def mounted(tree: Tree, folder: Path, before: Before = lambda: None) -> Iterator[None]:
    """Show the tree at a folder. Changes made to the fake are seen at once: nothing is cached."""
    folder.mkdir(parents=True, exist_ok=True)
    before_it = os.getcwd()
    problem: list[BaseException] = []

    def serve() -> None:
        try:
            mfusepy.FUSE(
                _Operations(tree, str(folder), before),
                str(folder),
                foreground=True,
                nothreads=True,
                direct_io=True,
                attr_timeout=0,
                entry_timeout=0,
                negative_timeout=0,
                fsname="fake-kernel",
            )
        except BaseException as error:
            problem.append(error)

    thread = threading.Thread(target=serve, name=f"fuse {folder}", daemon=True)
    thread.start()
    deadline = time.monotonic() + LIMIT_S
    while not os.path.ismount(folder):
        assert not problem, f"FUSE cannot be used here: {problem[0]}"
        assert time.monotonic() < deadline, f"{folder} was not mounted"
        thread.join(0.01)
    os.chdir(before_it)  # libfuse goes to / before it serves, and takes this whole process along
    try:
        yield
    finally:
        argv = ["umount", "--lazy", str(folder)] if os.getuid() == 0 else ["fusermount3", "-u", "-z", str(folder)]
        subprocess.run(argv, check=True)
        thread.join(LIMIT_S)
