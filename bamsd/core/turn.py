"""One device does one thing at a time. The lock knows what it is held for, so a refusal can say it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bamsd.errors import Busy


class Turn:
    """The lock of one device or pool. A person's call waits for a reading that BAMS began by itself, and is not Busy.

    ``subject`` is what is locked, for the refusal: "robot of LIB1", "volume group vg0".
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._lock = asyncio.Lock()
        self._doing: list[str] = []

    @property
    def is_taken(self) -> bool:
        """Whether a person's operation runs or waits."""
        return bool(self._doing)

    @asynccontextmanager
    async def held(self, doing: str, *, queue: bool = False) -> AsyncIterator[None]:
        """Hold it for a person's operation. Without ``queue`` a second one is refused as Busy."""
        if self._doing and not queue:
            raise Busy(
                f"The {self._subject} is busy: {self._doing[0]}. "
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
        """Hold it for a reading that nobody asked for."""
        async with self._lock:
            yield
