"""Has somebody a block device for himself alone?

The question is put by a process of its own. An ``open`` of a device whose pool is suspended waits in the kernel and
cannot be killed; a thread that did it would keep the whole daemon from ever ending.
"""

import shlex
import sys

from bamsd.errors import TimedOut, ToolFailed
from bamsd.system import open_exclusively
from bamsd.system.open_exclusively import BUSY, FREE, GONE
from bamsd.system.run import CommandFailed, run, still_running

TIMEOUT_S = 15.0


async def is_exclusive(path: str, timeout_s: float = TIMEOUT_S) -> bool:
    """Whether the device is mounted, part of something, or opened exclusively (open(2), O_EXCL without O_CREAT).

    A device that is gone or empty is not. The device is opened for reading only, so udev takes no notice. For that
    moment nobody else can open it exclusively. Raises ``ToolFailed``, and ``TimedOut`` when the question had to be
    stopped at the limit. One that waits in the kernel cannot be; some seconds later it is left behind.
    """
    argv = [sys.executable, "-I", "-S", open_exclusively.__file__, path]
    if shlex.join(argv) in still_running():
        raise TimedOut(
            f"{path} still has not answered an earlier question: check the device and its pool, then try again."
        )
    try:
        result = await run(argv, timeout_s=timeout_s, allowed_exits=(FREE, BUSY, GONE))
    except TimedOut as slow:
        raise TimedOut(
            f"{path} did not answer within {timeout_s:g} s: check the device and its pool, then try again."
        ) from slow
    except CommandFailed as failed:
        raise ToolFailed(f"{path} cannot be opened: {failed.result.stderr.strip()[-200:]}.") from failed
    return result.code == BUSY
