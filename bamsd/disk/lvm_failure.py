"""Why an lvm command failed, as one of our errors. Pure functions of what it printed.

The texts are those of LVM 2.03.16 and 2.03.31 in the C locale (tests/recordings/lvm). Most stand in the JSON log, some
only on standard error, so both are looked at.
"""

import re
from collections.abc import Sequence

from bamsd.disk.lvm_json import loads
from bamsd.errors import (
    AlreadyExists,
    BamsError,
    Busy,
    InUse,
    InvalidArgument,
    NotFound,
    NotReady,
    NotSupported,
    OutOfSpace,
    ToolFailed,
    shown,
)

_MESSAGES = 3
_LOCKED = re.compile(r"Can't get (global )?lock|flock failed: Resource temporarily unavailable")
_NOISE = re.compile(
    r"File descriptor .* leaked on lvm invocation|WARNING: |Cannot process volume group |\(If you are certain|"
    # Its advice for missing devices gives up what is on them.
    r"See vgreduce "
)

_RULES: tuple[tuple[type[BamsError], str, str], ...] = (
    (Busy, _LOCKED.pattern, "Another program holds LVM's lock: try again when its command has ended."),
    (
        OutOfSpace,
        r"[Ii]nsufficient (suitable |allocatable |free )*(space|extents)|free space in thin pool .* reached threshold|"
        r"out of (data|metadata) space|[Nn]ot enough (free )?space|exceeds? the available",
        "Choose a smaller size or extend the pool.",
    ),
    (InUse, r"is already in volume group|used by (a )?(VG|volume group)", "Choose a device that no group uses."),
    (AlreadyExists, r"already exists", "Choose another name."),
    (
        InUse,
        r"can be resized only while inactive",
        "A volume with thick snapshots cannot grow while it is active: delete its snapshots first.",
    ),
    (
        InUse,
        r"\bin use\b|exclusively|Device or resource busy|containing \d+ logical volumes|still contains|is used by",
        "Find out who uses it, release it and try again.",
    ),
    (InUse, r"Aborted wiping|device has a signature|existing signature", "Old data is on it: agree to wipe it first."),
    (InvalidArgument, r"not larger than existing size|New size .* is (smaller|less)", "Volumes can only grow."),
    (NotReady, r"missing PVs|PVs? (is|are) missing|partial LV|device missing", "Bring back the missing devices first."),
    (NotReady, r"invalidated snapshot", "The snapshot ran full, so its content is lost: delete it."),
    (NotReady, r"is exported", "Import the volume group with vgimport first."),
    (
        NotSupported,
        r"foreign host|with system ID|Cannot access (clustered|shared|VG)|lockd|is read-only",
        "Change it on the host that owns it.",
    ),
    (
        NotFound,
        r"not found|not a mergeable|"
        r"Failed to find|No device found|No PV found|[Cc]ouldn't find|does not exist|is not a thin pool",
        "Look at the pools and volumes again.",
    ),
)


def locked(stdout: str, stderr: str) -> bool:
    """Whether the command did nothing, because another program held the lock."""
    return any(_LOCKED.search(message) for message in messages(stdout, stderr))


def messages(stdout: str, stderr: str, kinds: Sequence[str] = ("error",)) -> list[str]:
    """What lvm said: its log's rows of these kinds, then what stands on standard error. Nothing twice.

    A command that was not logged says its successes (``print``) on standard output and all else on standard error.
    """
    said = [*_logged(stdout, kinds), *stderr.splitlines()]
    return list(dict.fromkeys(line.strip() for line in said if line.strip()))


def failure(argv: Sequence[str], stdout: str, stderr: str) -> BamsError:
    """The error for a command that failed: what was tried, lvm's own reason, and what to do next."""
    said = messages(stdout, stderr)
    telling = [message for message in said if not _NOISE.match(message)]
    reason = " ".join(_ended(shown(message)) for message in telling[:_MESSAGES]) or "it gave no reason."
    attempt = f"LVM refused {argv[1]} {target(argv)}"
    for error, pattern, advice in _RULES:
        if any(re.search(pattern, message) for message in said):
            return error(f"{attempt}: {reason} {advice}")
    return ToolFailed(f"{attempt}: {reason}")


def target(argv: Sequence[str]) -> str:
    """What a command is about, for texts: the words after ``--``, with the name of what is created."""
    objects = list(argv[argv.index("--") + 1 :]) if "--" in argv else []
    if "--name" in argv[:-1]:
        group = objects[0].split("/", 1)[0] if objects else ""
        objects = [f"{group}/{argv[argv.index('--name') + 1]}"]
    return shown(" ".join(objects))


def _ended(reason: str) -> str:
    return reason if reason.endswith((".", "?", "!")) else f"{reason}."


def _logged(stdout: str, kinds: Sequence[str]) -> list[str]:
    data = loads(stdout)
    if not isinstance(data, dict):
        # Not logged: errors and warnings are on standard error.
        return stdout.splitlines() if "print" in kinds else []
    rows = data.get("log")
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [str(row.get("log_message", "")) for row in rows if row.get("log_type") in kinds]
