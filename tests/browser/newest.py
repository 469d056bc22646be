"""The newest Cockpit that an appliance can have: the bridge of Debian 13's backports, with cockpit.js.

The tests' web service is the one of this host, Debian 12's 287 for one, the oldest that the page supports. Cockpit
keeps the protocol between the two, so that a web service shows hosts with any bridge.
"""

import subprocess
from datetime import date
from pathlib import Path

from tests.appliance import paths
from tests.appliance.steps import locked
from tests.appliance.unpacked import unpack

SUITE = "trixie-backports"
PACKAGES = ("cockpit-bridge",)
MODULES = "usr/lib/python3/dist-packages"
PYTHON = "/usr/bin/python3"


def bridge() -> Path:
    """The program. The first call in a month brings it."""
    root = paths.cache() / f"cockpit-{SUITE}-{date.today():%Y-%m}"
    with locked("cockpit", "download of the newest Cockpit"):
        if not root.exists():
            unpack(SUITE, PACKAGES, root, lambda made: version(_program(made)))
    return _program(root)


def version(program: Path) -> int:
    """Of a bridge: 372. Raises SubprocessError when it does not run."""
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.splitlines()[0].removeprefix("Version: "))


def _program(root: Path) -> Path:
    """Start the bridge from where it was unpacked; it finds base1 in the same place."""
    program = root / "bridge"
    if not program.exists():
        program.write_text(
            "#!/bin/sh\n"
            'root=$(dirname "$0")\n'
            f'export PYTHONPATH="$root/{MODULES}" XDG_DATA_DIRS="$root/usr/share"\n'
            f'exec {PYTHON} -m cockpit.bridge "$@"\n'
        )
        program.chmod(0o755)
    return program
