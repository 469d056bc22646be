"""The meaning of what ``zfs`` and ``zpool`` say when they refuse. Pure functions of text.

The texts are in tests/recordings/zfs (2.1.11 and 2.3.9, C locale). Anything else becomes ToolFailed with the words of
the program.
"""

import re
from collections.abc import Sequence

from bamsd.errors import (
    AlreadyExists,
    BamsError,
    InUse,
    InvalidArgument,
    NotFound,
    NotReady,
    NotSupported,
    OutOfSpace,
    OutOfSync,
    ToolFailed,
    shown,
)

_MEANINGS: Sequence[tuple[str, type[BamsError], str]] = (
    # More exact texts stand before those that they contain.
    (r"bams: guid", OutOfSync, "Read the pool again; another object has its name now."),
    (r"bams: has snapshots|volume has children|filesystem has children", InUse, "Delete its snapshots first."),
    (r"bams: has clones|has dependent clones", InUse, "Delete the clones that were made of it first."),
    (r"bams: is held|it's being held", InUse, "Release the holds on it first (zfs holds, zfs release)."),
    (r"more recent snapshots or bookmarks exist", InUse, "Delete the newer snapshots and bookmarks first."),
    (r"out of space|size is greater than available space|quota exceeded", OutOfSpace, "Free space or extend the pool."),
    (r"dataset already exists|pool already exists", AlreadyExists, "Choose another name."),
    (r"is busy|bams: busy", InUse, "End what uses it and try again."),
    (r"is part of (?:active|exported|potentially active|unknown) pool", InUse, "Choose another disk."),
    (r"is in use|contains a (?:filesystem|corrupt)|one or more vdevs refer to", InUse, "Choose other disks."),
    (r"I/O is currently suspended|pool I/O", NotReady, "Bring its devices back and run zpool clear."),
    (r"is currently unavailable|pool is unavailable", NotReady, "Check the devices of the pool."),
    (r"does not exist|no such (?:pool|dataset)|cannot resolve path", NotFound, "Look at what is there now."),
    (r"mismatched replication level|invalid vdev specification|requires at least", InvalidArgument, "Use the layout "
     "that the pool has, with enough disks."),
    (r"less than the minimum size", InvalidArgument, "Use disks of at least 64 MiB."),
    (r"must be a multiple of|invalid character|name is (?:too long|reserved)", InvalidArgument, "Change it."),
    (r"modules are not loaded|modules cannot be|initialize the libzfs", NotSupported, "Load the kernel module zfs."),
)  # fmt: skip

_NOT_A_REASON = re.compile(
    r"use '-|Try running|invalid vdev specification$|Channel program execution failed:$|stack traceback|"
    r".*: in (main|function)"
)
_BEFORE_A_REASON = re.compile(r"^(\[string \"channel program\"\]:\d+|Channel program execution failed): ")


def reason_of(stderr: str) -> str:
    """The program's own words on one line, without advice on options that BAMS does not use."""
    lines = [line.strip() for line in stderr.split("\n") if line.strip()]
    text = " ".join(line for line in lines if not _NOT_A_REASON.match(line)).partition(" usage: ")[0]
    return shown(_BEFORE_A_REASON.sub("", text)).rstrip(".")


def classify(stderr: str, what: str) -> BamsError:
    """The error for a refusal. ``what`` names the command and the object, for instance "zfs create tank/a"."""
    reason = reason_of(stderr)
    for pattern, error, advice in _MEANINGS:
        if re.search(pattern, reason):
            return error(f"{what} failed: {reason.removeprefix('bams: ')}. {advice}")
    return ToolFailed(f"{what} failed: {reason}." if reason else f"{what} failed without a reason.")
