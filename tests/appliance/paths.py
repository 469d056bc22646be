"""Where the appliance keeps things: links, overlays, logs and keys in the checkout, big images in the user's cache."""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
BUILD = CHECKOUT / "build" / "appliance"
STAGE = BUILD / "stage"


def cache() -> Path:
    """Base images, shared by all checkouts of this user."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return made(Path(base) / "bams")


def logs() -> Path:
    return made(BUILD / "logs")


def state(name: str) -> Path:
    """Everything of the virtual machine `name`: overlay, sockets, pid files, tape files."""
    return made(BUILD / name)


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
