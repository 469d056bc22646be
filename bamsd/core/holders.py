"""Who uses a device? Every area registers what it holds; a destructive step asks all of them first."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holder:
    """``kind`` is what holds (a mount, a LUN, a process), ``name`` which one, ``release`` how a person ends it."""

    kind: str
    name: str
    release: str


Source = Callable[[str], Awaitable[Sequence[Holder]]]


class Holders:
    def __init__(self) -> None:
        self._sources: list[Source] = []

    def register(self, source: Source) -> None:
        """``source(device)`` returns who holds the device with this path, as far as one area knows."""
        self._sources.append(source)

    async def of(self, device: str) -> tuple[Holder, ...]:
        """Everyone who holds the device, in the order of registration. Who is named by two sources is named once.

        The error of a source is raised: not knowing who holds a device must stop what would destroy it.
        """
        answers = await asyncio.gather(*(source(device) for source in self._sources))
        found: dict[tuple[str, str], Holder] = {}
        for answer in answers:
            for holder in answer:
                found.setdefault((holder.kind, holder.name), holder)
        return tuple(found.values())
