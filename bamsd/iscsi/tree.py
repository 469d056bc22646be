"""The kernel's tree of a target stack: sysfs of SCST, configfs of LIO. Functions for a thread: a write can block."""

import errno
import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bamsd.errors import BamsError, Busy, HardwareFailed, InUse, NotReady, OutOfSpace, TimedOut, ToolFailed
from bamsd.iscsi.objects import AwaitEmpty, Link, MakeFolder, Op, RemoveFolder, Unlink, Write, in_words

_POLL_S = 0.05
_CHUNK = 1 << 16


class Tree(Protocol):
    """A tree of folders, attributes and links. Paths are relative to its root; "" is the root itself.

    The reading functions raise ``FileNotFoundError`` for what is not there and other ``OSError`` as the kernel says it.
    """

    def read(self, path: str) -> str: ...
    def list(self, path: str) -> Sequence[str]: ...
    def is_folder(self, path: str) -> bool: ...
    def link(self, path: str) -> str: ...
    def write(self, path: str, text: str) -> None: ...
    def make_folder(self, path: str) -> None: ...
    def remove_folder(self, path: str) -> None: ...
    def make_link(self, path: str, to: str) -> None: ...
    def unlink(self, path: str) -> None: ...


class Files:
    """The real tree, below a folder such as /sys/kernel/scst_tgt."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else str(self._root)

    def read(self, path: str) -> str:
        """By plain calls: thousands are read in a row, and a file object costs twice as many."""
        descriptor = os.open(self._at(path), os.O_RDONLY | os.O_CLOEXEC)
        try:
            parts = []
            while part := os.read(descriptor, _CHUNK):
                parts.append(part)
        finally:
            os.close(descriptor)
        return b"".join(parts).decode("utf-8", "surrogateescape")

    def list(self, path: str) -> Sequence[str]:
        return os.listdir(self._at(path))

    def is_folder(self, path: str) -> bool:
        try:
            return stat.S_ISDIR(os.lstat(self._at(path)).st_mode)
        except OSError:
            return False

    def link(self, path: str) -> str:
        """Where a link leads, as it is written there."""
        return os.readlink(self._at(path))

    def write(self, path: str, text: str) -> None:
        """One write call: the kernel takes an attribute as a whole. The file is never created."""
        descriptor = os.open(self._at(path), os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, text.encode("utf-8", "surrogateescape"))
        finally:
            os.close(descriptor)

    def make_folder(self, path: str) -> None:
        os.mkdir(self._at(path))

    def remove_folder(self, path: str) -> None:
        os.rmdir(self._at(path))

    def make_link(self, path: str, to: str) -> None:
        os.symlink(self._at(to), self._at(path))

    def unlink(self, path: str) -> None:
        os.unlink(self._at(path))


def perform(tree: Tree, op: Op) -> None:
    """Touch the kernel once. Raises ``OSError`` as the kernel says it, ``TimedOut`` for a wait without end."""
    match op:
        case Write(path, text, _):
            tree.write(path, text)
        case MakeFolder(path):
            tree.make_folder(path)
        case RemoveFolder(path):
            tree.remove_folder(path)
        case Link(path, to):
            tree.make_link(path, to)
        case Unlink(path):
            tree.unlink(path)
        case AwaitEmpty(path, limit_s):
            await_empty(tree, path, limit_s)


def await_empty(tree: Tree, path: str, limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while True:
        try:
            if not any(tree.is_folder(f"{path}/{name}") for name in tree.list(path)):
                return
        except FileNotFoundError:
            return
        if time.monotonic() > deadline:
            raise TimedOut(f"{path} did not become empty within {limit_s:g} s.")
        time.sleep(_POLL_S)


_MEANINGS: dict[int, type[BamsError]] = {
    errno.EBUSY: InUse,
    errno.EAGAIN: Busy,
    errno.ENOSPC: OutOfSpace,
    errno.ENOMEM: OutOfSpace,
    errno.EIO: HardwareFailed,
    errno.ENODEV: NotReady,
    errno.ENXIO: NotReady,
    errno.ETIMEDOUT: TimedOut,
}


def refused(op: Op, doing: str, error: OSError) -> BamsError:
    """What the kernel's refusal means, in one sentence. ``doing`` is the step without its full stop."""
    kind = _MEANINGS.get(error.errno or 0, ToolFailed)
    name = errno.errorcode.get(error.errno or 0, "unknown error")
    return kind(f"The kernel refused: {doing} ({in_words(op)}: {name}, {os.strerror(error.errno or 0)}).")
