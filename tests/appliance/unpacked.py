"""Packages of another suite of Debian, unpacked into the cache and used from there.

Nothing of them is installed, and the sources of the host's apt stay as they are.
"""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.appliance import mirror, paths
from tests.appliance.steps import run_logged

LOG = "host-packages"


def unpack(suite: str, packages: Sequence[str], target: Path, works: Callable[[Path], object]) -> None:
    """Put the packages below `target`, a folder in the cache that is not there yet.

    `works` is called with the unpacked files before they get their place; what it raises is passed on. Raises
    StepFailed when the packages are not to be had.
    """
    with tempfile.TemporaryDirectory(dir=paths.cache()) as work:
        root = Path(work) / "root"
        for package in _downloaded(suite, packages, Path(work)):
            run_logged(["dpkg-deb", "-x", str(package), str(root)], LOG)
        works(root)
        with suppress(OSError):  # a run beside this one was quicker
            root.rename(target)


def _downloaded(suite: str, packages: Sequence[str], work: Path) -> list[Path]:
    """The packages in `work`, from the host's mirror, with lists of our own."""
    for place in ("lists/partial", "archives/partial"):
        (work / place).mkdir(parents=True)
    listed = work / "sources.list"
    listed.write_text(mirror.source_line(suite, "main") + "\n")
    given = {
        "Dir::Etc::SourceList": listed,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work,
        "APT::Sandbox::User": "root",  # nobody else may enter a folder for one person
    }
    apt = ["apt-get", "-q", *(word for name, value in given.items() for word in ("-o", f"{name}={value}"))]
    run_logged([*apt, "update"], LOG)
    wanted = [f"{package}/{suite}" for package in packages]
    run_logged(["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(work), *apt, "download", *wanted], LOG)
    return sorted(work.glob("*.deb"))
