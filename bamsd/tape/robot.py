"""One robot does one thing at a time. The lock knows what it is held for, so a refusal can say it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bamsd.errors import Busy


class Robot:
    """The lock of one library. A person's call waits for a reading that BAMS began by itself; it is not Busy then."""

    def __init__(self, library: str) -> None:
        self._library = library
        self._lock = asyncio.Lock()
        self._doing: list[str] = []

    @property
    def is_moving(self) -> bool:
        """Whether a person's operation runs or waits."""
        return bool(self._doing)

    @asynccontextmanager
    async def held(self, doing: str, *, queue: bool = False) -> AsyncIterator[None]:
        """Hold the robot for a person's operation. Without ``queue`` a second one is refused as Busy."""
        if self._doing and not queue:
            raise Busy(
                f"The robot of {self._library} is busy: {self._doing[0]}. "
                "Try again when it has ended, or call with the option queue."
            )
        self._doing.append(doing)
        try:
            async with self._lock:
                yield
        finally:
            self._doing.remove(doing)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[None]:
        """Hold the robot for a reading that nobody asked for."""
        async with self._lock:
            yield
