"""smartctl: does a disk call itself healthy?"""

import json
from typing import Literal

from bamsd.errors import BamsError
from bamsd.system.run import run

Verdict = Literal["passed", "failed", "unknown"]
TIMEOUT_S = 20.0


async def health(device: str, timeout_s: float = TIMEOUT_S) -> Verdict:
    """The disk's own verdict. ``unknown`` when it gives none, does not answer in time, or smartctl is not installed.

    A disk that sleeps is left asleep.
    """
    argv = ["smartctl", "--json", "--health", "--nocheck=standby", device]
    try:
        # The exit status is a set of bits: 3 (value 8) means that the disk is failing, the others are of no use here.
        result = await run(argv, timeout_s=timeout_s, allowed_exits=range(256))
    except BamsError:
        return "unknown"
    return parse_health(result.stdout)


def parse_health(text: str) -> Verdict:
    """``smart_status.passed`` in the JSON of smartctl 7.0 and newer. Anything else is ``unknown``."""
    try:
        passed = json.loads(text)["smart_status"]["passed"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return "unknown"
    if not isinstance(passed, bool):
        return "unknown"
    return "passed" if passed else "failed"
