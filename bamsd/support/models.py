"""What goes into a support bundle, and what is known of one afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """What a program prints. ``file`` is its name in the bundle; any exit code is an answer too."""

    file: str
    argv: tuple[str, ...]
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Copies:
    """Files as they are. ``roots`` are files or folders; links are not followed."""

    folder: str
    roots: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of the kernel whose files are settings, as one text ``path: value``."""

    file: str
    root: Path


@dataclass(frozen=True, slots=True)
class Document:
    """What bamsd itself knows, as text."""

    file: str
    text: Callable[[], Awaitable[str]]


Item = Command | Copies | Tree | Document


@dataclass(frozen=True, slots=True)
class Collected:
    """One file of the bundle. ``problem`` says what is missing or was cut, else empty."""

    file: str
    source: str
    content: bytes = field(repr=False)
    exit_code: int | None = None
    duration_s: float = 0.0
    problem: str = ""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """What was left out of it and must stand nowhere else either."""
    removed: int = 0
    """How many places a rule has blanked."""
