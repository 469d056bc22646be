"""Write a file so that a crash leaves the old content or the new one, never a part of it."""

import grp
import os
from pathlib import Path


def replace_file(path: Path, content: bytes, mode: int, *, owner: int = -1, group: int = -1) -> None:
    """Put ``content`` in place at once, on the disk when it returns. Nobody else can open it before mode, owner and
    group are right; -1 leaves what root's files have.

    Raises ``OSError``. For a thread.
    """
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        os.fchown(descriptor, owner, group)
        os.fchmod(descriptor, mode)
        file.flush()
        os.fsync(descriptor)
    os.replace(unfinished, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk: a rename or an unlink is lost in a power cut without this."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def group_number(name: str) -> int:
    """The number of a group, for ``replace_file``; -1 where the group was not made."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return -1
