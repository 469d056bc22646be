"""Read the recordings of tests/recordings/lvm."""

import shlex
from dataclasses import dataclass
from pathlib import Path

RECORDINGS = Path(__file__).parents[2] / "recordings" / "lvm"
VERSIONS = ("2.03.16", "2.03.31")


@dataclass(frozen=True, slots=True)
class Recording:
    argv: tuple[str, ...]
    stdout: str
    stderr: str
    code: int


def recorded(version: str, name: str) -> Recording:
    """``$ command``, standard output, perhaps ``[stderr]`` and standard error, ``[exit N]``."""
    first, _, rest = (RECORDINGS / version / f"{name}.txt").read_text().partition("\n")
    body, _, end = rest.rpartition("[exit ")
    stdout, _, stderr = body.partition("[stderr]\n")
    return Recording(tuple(shlex.split(first.removeprefix("$ "))), stdout, stderr, int(end.strip().rstrip("]")))


def names(version: str, prefix: str) -> list[str]:
    return sorted(path.stem for path in (RECORDINGS / version).glob(f"{prefix}*.txt"))
