"""Whether a drive encrypts, from stenc (1.0.7 of Debian 12 and 13). Only asked, never changed."""

import re
from typing import Literal, cast

from bamsd.errors import BamsError
from bamsd.system.run import run

QUERY_TIMEOUT_S = 30.0

Encryption = Literal["on", "off", "mixed", "rawread", "unknown"]

_STATE = re.compile(r"^Drive Encryption:\s*(on|off|mixed|rawread)\s*$", re.MULTILINE)


def parse_status(text: str) -> Encryption:
    """The state in stenc's answer. A drive that knows no encryption answers with sense data and exit code 0."""
    found = _STATE.search(text)
    return cast(Encryption, found[1]) if found else "unknown"


async def status(drive: str, timeout_s: float = QUERY_TIMEOUT_S) -> Encryption:
    """The drive's state; ``unknown`` when the drive does not tell, or stenc is not installed."""
    if not drive.startswith("/"):
        return "unknown"
    try:
        result = await run(["stenc", "-f", drive], timeout_s=timeout_s, allowed_exits=range(256))
    except BamsError:
        return "unknown"
    return parse_status(result.stdout)
