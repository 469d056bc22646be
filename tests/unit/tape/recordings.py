"""Read the recordings of tests/recordings."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).parents[2] / "recordings"
FORMATS = RECORDINGS / "mtx" / "formats"


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded run; ``text`` is both streams in order."""

    command: tuple[str, ...]
    text: str
    code: int


def recorded(name: str) -> Recording:
    """A recording that begins with ``$ command`` and ends with ``[exit N]``."""
    raw = (RECORDINGS / name).read_bytes().decode("utf-8", "replace")
    first, _, rest = raw.partition("\n")
    body, _, end = rest.rpartition("[exit ")
    assert first.startswith("$ ")
    return Recording(tuple(first[2:].split()), body, int(end.strip().rstrip("]")))


def samples(kind: str) -> dict[str, dict[str, Any]]:
    """The entries of expected.json that are of one kind."""
    listed = json.loads((FORMATS / "expected.json").read_text())["samples"]
    return {name: entry for name, entry in listed.items() if entry["kind"] == kind}


def sample(name: str) -> str:
    return (FORMATS / name).read_text()
