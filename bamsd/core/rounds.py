"""Work that repeats as long as the daemon runs."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)

RETRY_S = 30.0
"""After a fault, and for a device that could not be read: it may be becoming ready."""


Step = Callable[[], Coroutine[Any, Any, None]]


class Rounds:
    """Steps that repeat beside each other from ``start`` to ``stop``."""

    def __init__(self, *steps: Step) -> None:
        self._steps = steps
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(forever(step)) for step in self._steps]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def woken(event: asyncio.Event, limit_s: float) -> bool:
    """Wait for an event, and clear it, but no longer than the limit. Whether it came."""
    came = True
    try:
        # Not wait_for: in Python 3.11 it can swallow a cancellation that comes together with the event.
        async with asyncio.timeout(limit_s):
            await event.wait()
    except TimeoutError:
        came = False
    event.clear()
    return came


async def forever(step: Step) -> None:
    """Repeat a step. A fault in one round is logged, and the next round comes."""
    while True:
        try:
            await step()
        except Exception:
            log.exception("a background step failed: %s", step.__qualname__)
            await asyncio.sleep(RETRY_S)
