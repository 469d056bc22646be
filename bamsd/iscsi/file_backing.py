"""A file as what lies under a LUN."""

import os
import stat
from pathlib import Path

from bamsd.errors import InvalidArgument, NotFound
from bamsd.iscsi.models import Backing

_BLOCK_BYTES = 512
_UNSAFE = set(" \t\r\n\"'#{}\\,;=")
"""What the control files and configurations of the stacks would read as something else."""


def file_backing(path: str, mount_root: Path) -> Backing:
    """A regular file below the folder where repositories are mounted. For a thread.

    Raises NotFound and InvalidArgument. A file anywhere else could be part of this host, such as its store.
    """
    if os.path.normpath(path) != path or not path.startswith(f"{mount_root}/") or not _UNSAFE.isdisjoint(path):
        raise InvalidArgument(
            f"The file {path[:200]!a} cannot become a LUN: it must lie below {mount_root}, in plain letters."
        )
    if os.path.realpath(path) != path:
        raise InvalidArgument(f"The file {path!a} cannot become a LUN: a link leads to it. Name the file itself.")
    try:
        found = os.stat(path)
    except OSError as error:
        raise NotFound(f"The file {path!a} cannot be found: {error.strerror}.") from None
    if not stat.S_ISREG(found.st_mode):
        raise InvalidArgument(f"{path!a} cannot become a LUN: it is no regular file.")
    refusal = ""
    if not found.st_size or found.st_size % _BLOCK_BYTES:
        refusal = (
            f"its size of {found.st_size} bytes is no multiple of {_BLOCK_BYTES}. Make it a full number of blocks."
        )
    return Backing(os.path.basename(path), "", "file", path, found.st_size, refusal)
