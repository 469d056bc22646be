"""Work that repeats as long as the daemon runs."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)

RETRY_S = 30.0
"""After a fault, and for a device that could not be read: it may be becoming ready."""


async def forever(step: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Repeat a step. A fault in one round is logged, and the next round comes."""
    while True:
        try:
            await step()
        except Exception:
            log.exception("a background step failed: %s", step.__qualname__)
            await asyncio.sleep(RETRY_S)
