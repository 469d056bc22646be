"""Is a program that the configuration names safe to run? It runs as root, or with what root knows."""

import os
import stat
from pathlib import Path

from bamsd.errors import NotAuthorized, NotFound


def demand_safe(program: str) -> None:
    """Raises NotFound when there is no such program, NotAuthorized when others than root can change it.

    Looked at are the program and every folder above it, on the way of the links too. In a folder like /tmp (sticky) a
    file of root's is safe. For a thread.
    """
    path = Path(program)
    if not path.is_file() or not os.access(path, os.X_OK):
        raise NotFound(f"There is no program {program}: install it, or correct its path in the configuration.")
    real = path.resolve()
    for part in dict.fromkeys((real, *real.parents, *path.parents)):
        found = part.stat()
        mode = found.st_mode
        is_shared = mode & (stat.S_IWGRP | stat.S_IWOTH) and not (stat.S_ISDIR(mode) and mode & stat.S_ISVTX)
        if found.st_uid not in (0, os.geteuid()) or is_shared:
            raise NotAuthorized(
                f"{program} is not run, because others than root can change {part}: give it to root and take the right "
                "to write away from group and others (chown root, chmod go-w)."
            )
