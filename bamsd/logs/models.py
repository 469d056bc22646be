"""What is asked of the logs."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """What people call one service. ``units`` are looked at for its state.

    An entry of the journal belongs to it when all fields of one of ``terms`` hold. ``words`` narrow that for a source
    without a unit of its own: one of them must stand in the text.
    """

    name: str
    description: str
    units: tuple[str, ...]
    terms: tuple[Mapping[str, str], ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceState:
    """``state`` is that of its first unit that is installed (active, failed, ...); empty without one."""

    source: Source
    state: str
    present: bool


@dataclass(frozen=True, slots=True)
class Query:
    """Which entries of a source. Times are microseconds since 1970, 0 for no bound."""

    source: Source
    since_us: int = 0
    until_us: int = 0
    priority: int | None = None
    """0 (emergency) to 7 (debug): this and worse; None for all, also those that have none."""
    text: str = ""
    """Stands somewhere in the message, in capitals or not."""

    def takes(self, message: str) -> bool:
        """Whether an entry with this message belongs to the answer."""
        if not self.text and not self.source.words:
            return True
        small = message.casefold()
        return self.text.casefold() in small and (
            not self.source.words or any(word in small for word in self.source.words)
        )
