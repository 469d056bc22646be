"""scstadmin: let it apply a configuration file, for those who want that.

It prints CHAP secrets, on standard output, so nothing of what it prints is passed on unredacted. Its exit code proves
nothing either way: read the kernel again.
"""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

from bamsd.errors import InvalidArgument
from bamsd.system.run import redact, run

log = logging.getLogger(__name__)

TIMEOUT_S = 3600.0
"""It talks to the kernel one attribute at a time: 50 new targets took it 76 s."""
_USER = re.compile(r"((?:Incoming|Outgoing)User\d*'? (?:with|to) value ').*'( for )")
_LINES = 40


async def config(file: Path, *, secrets: Sequence[str] = (), timeout_s: float = TIMEOUT_S) -> str:
    """Run ``scstadmin -noprompt -config FILE``. Returns the last lines it printed, without secrets.

    Whether it worked must be read from the kernel: it ends with 0 when it did nothing, and half way with 1. It is not
    killed at the limit, for it may wait for the kernel. Raises ``NotSupported`` when it is not there, ``TimedOut``.
    """
    if not file.is_absolute():
        raise InvalidArgument(f"{file} is not the path of a file: it must start with a slash.")
    result = await run(
        ["scstadmin", "-noprompt", "-config", str(file)],
        timeout_s=timeout_s,
        allowed_exits=range(-64, 256),
        secrets=secrets,
        kill_on_timeout=False,
    )
    said = redacted(redact(result.stdout, secrets))
    if result.code:
        log.warning("scstadmin ended with %d: %s", result.code, said.strip().split("\n")[-1])
    return said


def redacted(text: str) -> str:
    """The last lines of what scstadmin printed, with every credential blanked."""
    return "\n".join(_USER.sub(r"\1***'\2", line) for line in text.split("\n")[-_LINES:])
