"""The agent of polkit that asks for a password on this terminal."""

import os
import select
from collections.abc import Callable

from bamsd.errors import BamsError
from bamsd.system.run import Beside

READY_TIMEOUT_S = 5.0


def start() -> Callable[[], int] | None:
    """Have the agent ready to ask; what ends it. None where it is not installed, and then polkit asks nobody.

    It answers for this process. With --fallback an agent of the desktop goes first.
    """
    ready, notify = os.pipe()
    try:
        argv = ("pkttyagent", "--process", str(os.getpid()), "--notify-fd", str(notify), "--fallback")
        agent = Beside(argv, keep=(notify,))
    except BamsError:
        os.close(ready)
        return None
    finally:
        os.close(notify)
    # It closes the pipe when it is registered, and also when it ends.
    select.select([ready], [], [], READY_TIMEOUT_S)
    os.close(ready)
    return agent.end
