"""The program that ``exclusive`` runs: open one block device exclusively and tell by the exit code how it went.

It is started by its path, without the rest of BAMS, and takes some 15 ms.
"""

import errno
import os
import sys

FREE, BUSY, GONE = 0, 10, 11
_GONE_ERRORS = (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM)


def main(path: str) -> int | str | None:
    try:
        os.open(path, os.O_RDONLY | os.O_EXCL | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.EBUSY:
            return BUSY
        return GONE if error.errno in _GONE_ERRORS else error.strerror
    return FREE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
