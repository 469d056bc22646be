"""The program bamsd itself, for the check of a configuration file, which needs no running daemon."""

import os
import shutil
from pathlib import Path

from bamsd.errors import InvalidArgument, NotSupported
from bamsd.system.run import run

PLACES = "/usr/local/sbin:/usr/sbin:/sbin"
TIMEOUT_S = 60.0
EX_CONFIG = 78


async def check_config(path: Path) -> str:
    """What bamsd says of a good file. Raises InvalidArgument with the sentence about a bad one."""
    program = shutil.which("bamsd", path=f"{os.environ.get('PATH', '')}:{PLACES}")
    if not program:
        raise NotSupported("The program bamsd is not installed here. Check the file on the host where it is.")
    done = await run((program, "--check-config", str(path)), timeout_s=TIMEOUT_S, allowed_exits=(0, EX_CONFIG))
    if done.code:
        raise InvalidArgument(done.stderr.strip())
    return done.stdout.strip()
