"""What is told of a condition, and to whom."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning", "info"]
Way = Literal["mail", "hook"]
Event = Literal["raised", "cleared", "test"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
"""From the least to the worst."""


TEXT_CHARS = 500
"""Most of a summary or an advice. It stands alone, so it may be longer than a part of a sentence."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a way was last told of a condition. ``is_over``: that it had ended. ``told_us`` is when that was."""

    way: Way
    id: str
    severity: Severity
    summary: str
    advice: str
    object: str
    since_us: int
    is_over: bool
    told_us: int


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to tell. ``came_back`` counts how often the condition began since the way was last told of it."""

    event: Event
    id: str
    severity: Severity
    summary: str
    advice: str
    object: str
    since_us: int
    came_back: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test of one way went, in one sentence."""

    way: Way
    ok: bool
    text: str
