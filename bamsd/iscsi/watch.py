"""Look at the target stack again and again: drift, sessions, a stack that was started anew, and devices that grew."""

import asyncio

from bamsd.core.rounds import Rounds, woken
from bamsd.core.turn import Turn
from bamsd.iscsi.books import Books


class IscsiWatch:
    """Every ``interval_s``, and soon after ``look``."""

    def __init__(self, books: Books, turn: Turn, interval_s: float) -> None:
        self.interval_s = interval_s
        self._books = books
        self._turn = turn
        self._wanted = asyncio.Event()
        self._rounds = Rounds(self._round)

    def start(self) -> None:
        self._rounds.start()

    def look(self) -> None:
        """Something may have changed, such as the size of a repository."""
        self._wanted.set()

    async def stop(self) -> None:
        await self._rounds.stop()

    async def _round(self) -> None:
        await woken(self._wanted, self.interval_s)
        # A change that runs looks at its end by itself, and must not be mixed with a repair.
        async with self._turn.read():
            await self._books.observe(cheaply=True)
            await self._books.restore(always=False)
            await self._books.announce_growth()
