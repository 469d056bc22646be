"""One step of a plan together with what carries it out, so that what dry_run shows is what runs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from bamsd.disk.models import Effect, Step

Tool = Callable[[tuple[str, ...], float], Awaitable[object]]
"""Runs one command line within a limit in seconds, and turns its failure into an error of ours."""


@dataclass(frozen=True, slots=True)
class Act:
    """``perform`` is given the limit of one command in seconds."""

    step: Step
    perform: Callable[[float], Awaitable[object]]


def act(tool: Tool, argv: tuple[str, ...], summary: str, path: str, effect: Effect = "safe") -> Act:
    """A step that is one command."""
    return Act(Step(summary, effect, path, argv), partial(tool, argv))
