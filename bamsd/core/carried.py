"""What an area hands to an export, and takes back on another host. Areas know their parts, ``rebuild`` the file."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bamsd.core.jobs import Starter
from bamsd.errors import InvalidArgument

Step = Mapping[str, str]
"""One step of a plan: summary, effect, object, command."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a part. ``is_there``: something of it is in force now, by this import or before it."""

    is_there: bool
    warnings: tuple[str, ...] = ()


class Part(Protocol):
    """One area's part of an export. What ``kept`` returns is plain JSON, and may hold secrets."""

    title: str
    """Its key in the file."""

    async def kept(self) -> Any: ...

    async def plan(self, kept: Any) -> list[Step]:
        """What ``restore`` would do here, and what it would leave out. Changes nothing.

        Raises AlreadyExists when this host has something of its own in the place, InvalidArgument for a part that is
        not understood.
        """
        ...

    async def restore(self, kept: Any, starter: Starter) -> Restored:
        """Bring it back. Doing it again does no harm: what is there already is left as it is."""
        ...


def step(summary: str, *, object: str = "", command: str = "", effect: str = "safe") -> Step:
    return {"summary": summary, "effect": effect, "object": object, "command": command}


@contextlib.contextmanager
def understood(title: str) -> Iterator[None]:
    """Around the reading of a part: whatever is not as it should be there is one refusal, without a word of it."""
    try:
        yield
    except (TypeError, KeyError, ValueError, AttributeError, IndexError):
        raise InvalidArgument(
            f"The part {title} of the export is not as this bamsd writes it; nothing was done."
        ) from None
