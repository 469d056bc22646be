"""Why mtx failed: a diagnosis of its texts and sense data, and the error that a person gets to read.

mtx leaves every failure with exit status 1, so the text and the sense data decide. Which text means what was taken from
recordings (tests/recordings/mtx) and from what mtx 1.3.12 prints.
"""

import re
from collections.abc import Callable

from bamsd.errors import (
    BamsError,
    Busy,
    HardwareFailed,
    InUse,
    InvalidArgument,
    NotFound,
    NotReady,
    NotSupported,
    ToolFailed,
)
from bamsd.system.run import CommandFailed
from bamsd.tape import scsi
from bamsd.tape.models import FailureReason, RobotFailure, clean_text
from bamsd.tape.mtx_output import parse_moves

_PATTERNS: tuple[tuple[FailureReason, str], ...] = (
    (
        "permission_denied",
        r"cannot open SCSI device '(?P<device>[^'\n]*)' - (?:Permission denied|Operation not permitted)",
    ),
    ("device_busy", r"cannot open SCSI device '(?P<device>[^'\n]*)' - Device or resource busy"),
    ("no_device", r"cannot open SCSI device '(?P<device>[^'\n]*)' - "),
    ("not_a_changer", r"(?P<device>\S{1,200}) is not an sg device"),
    ("not_a_changer", r"no (?:Data Transfer Element|Storage Elements) reported"),
    ("drive_full", r"Drive (?P<drive>\d{1,6}) Full \(Storage Element (?P<slot>\d{1,6}) loaded\)"),
    ("source_empty", r"Source Element Address (?P<source_address>\d{1,6}) is Empty"),
    ("destination_full", r"Destination Element Address (?P<target_address>\d{1,6}) is Already Full"),
    ("destination_full", r"Storage Element (?P<slot>\d{1,6}) is Already Full"),
    ("drive_empty", r"Data Transfer Element (?P<drive>\d{1,6}) is Empty"),
    ("no_source", r"No Source for tape in drive (?P<drive>\d{1,6})!"),
    ("no_source", r"Do not know which slot to unload tape into"),
    ("needs_offline", r"Drive needs offline before move"),
    ("cleaning_ejected", r"Cleaning Cartridge Installed and Ejected"),
    ("bad_argument", r"(?:Invalid|illegal) <(?:storage-element|drive)-number> argument '-?\d+' to '\w+' command"),
    ("bad_argument", r"Invalid (?:source|destination)\s"),
    ("bad_argument", r"No (?:source|destination) specified"),
    ("inventory_failed", r"mtx:inventory failed"),
    ("eject_failed", r"mtx:eject failed"),
)
_TEXTS = tuple((reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in _PATTERNS)
_MOVE_FAILED = re.compile(r"(?:MOVE|EXCHANGE) MEDIUM from Element Address (\d{1,6}) to (\d{1,6}) Failed")
_READ_FAILED = "READ ELEMENT STATUS Command Failed"

_BY_SENSE: dict[tuple[int, int], FailureReason] = {
    (0x04, 0x01): "becoming_ready",
    (0x04, 0x07): "becoming_ready",
    (0x04, 0x12): "library_offline",
    (0x20, 0x00): "unsupported",
    (0x28, 0x00): "unit_attention",
    (0x28, 0x01): "unit_attention",
    (0x29, 0x00): "unit_attention",
    (0x30, 0x00): "incompatible_media",
    (0x30, 0x03): "cleaning_ejected",
    (0x3A, 0x00): "needs_offline",
    (0x3B, 0x0D): "destination_full",
    (0x3B, 0x0E): "source_empty",
    (0x3B, 0x11): "magazine",
    (0x3B, 0x12): "magazine",
    (0x3B, 0x15): "magazine",
    (0x53, 0x02): "removal_prevented",
}

_SENSE_BEHIND_TEXT: dict[FailureReason, tuple[int, int, int]] = {
    # mtx prints a sentence of its own instead of these codes, and not the sense key.
    "needs_offline": (0, 0x3A, 0x00),
    "cleaning_ejected": (0, 0x30, 0x03),
}


def diagnose(stdout: str, stderr: str) -> RobotFailure:
    """Find out from mtx's output why it failed. The two may also be one merged text; never raises."""
    text = f"{stdout}\n{stderr}"
    moves = [move for move in parse_moves(text) if not move.done]
    slot, drive, action = (moves[-1].slot, moves[-1].drive, moves[-1].action) if moves else (None, None, None)
    for reason, pattern in _TEXTS:
        if (found := pattern.search(text)) is not None:
            groups = {name: value for name, value in found.groupdict().items() if value is not None}
            device = groups.pop("device", None)
            numbers = {"slot": slot, "drive": drive} | {name: int(value) for name, value in groups.items()}
            return RobotFailure(
                reason, _last_line(found[0]), _SENSE_BEHIND_TEXT.get(reason), device=device, action=action, **numbers
            )
    sense = scsi.mtx_sense(text)
    moved = _MOVE_FAILED.search(text)
    source, target = (int(moved[1]), int(moved[2])) if moved else (None, None)
    reason = _by_sense(text, sense, moved is not None)
    return RobotFailure(reason, _last_line(text), sense, slot, drive, source, target, action=action)


def _by_sense(text: str, sense: scsi.Sense | None, moving: bool) -> FailureReason:
    if sense is None:
        return "move_failed" if moving else "unknown"
    reason = _BY_SENSE.get((sense.asc, sense.ascq))
    if sense.key == scsi.UNIT_ATTENTION:
        return "unit_attention"
    if reason == "unsupported" and not moving and _READ_FAILED in text:
        return "not_a_changer"
    if reason is not None:
        return reason
    return "move_failed" if moving else "unknown"


def _last_line(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip() and "Request Sense:" not in line]
    return (clean_text(lines[-1].strip(), 200) or "") if lines else ""


_Sentence = Callable[[RobotFailure, str], BamsError]


def _drive(failure: RobotFailure) -> str:
    return "the drive" if failure.drive is None else f"drive {failure.drive}"


def _source(failure: RobotFailure) -> str:
    if failure.action == "unload":
        return _drive(failure)
    return _slot(failure, failure.source_address, "source")


def _target(failure: RobotFailure) -> str:
    if failure.action == "load":
        return _drive(failure)
    return _slot(failure, failure.target_address, "target")


def _slot(failure: RobotFailure, address: int | None, word: str) -> str:
    if failure.slot is not None:
        return f"slot {failure.slot}"
    return f"the {word} slot" if address is None else f"the {word} slot (element address {address})"


def _why(failure: RobotFailure) -> str:
    return scsi.explain(failure.sense) if failure.sense else (failure.text or "mtx gave no reason")


def _hardware(failure: RobotFailure, start: str) -> HardwareFailed:
    return HardwareFailed(f"{start}: {_why(failure)}.", failure.sense)


def _drive_full(failure: RobotFailure, library: str) -> BamsError:
    source = f" from slot {failure.slot}" if failure.slot else ""
    return InUse(f"Drive {failure.drive} of library {library} already holds the cartridge{source}: unload it first.")


def _source_empty(failure: RobotFailure, library: str) -> BamsError:
    return NotFound(
        f"Library {library} found no cartridge in {_source(failure)}: run an inventory and choose a full place."
    )


def _target_full(failure: RobotFailure, library: str) -> BamsError:
    return InUse(
        f"In library {library} {_target(failure)} is already full: run an inventory and choose an empty place."
    )


def _removal_prevented(failure: RobotFailure, library: str) -> BamsError:
    return InUse(
        f"A program keeps the cartridge in {_drive(failure)} of library {library} (ASC/ASCQ 53/02): "
        "unmount it in that program, for example bacula-sd, then try again."
    )


def _incompatible(failure: RobotFailure, library: str) -> BamsError:
    return _hardware(failure, f"{_drive(failure).capitalize()} of library {library} did not accept the cartridge")


def _move_failed(failure: RobotFailure, library: str) -> BamsError:
    if failure.drive is not None and failure.slot is not None:
        what = f"Library {library} failed to move the cartridge between slot {failure.slot} and drive {failure.drive}"
    else:
        what = f"Library {library} failed to move the cartridge"
    return _hardware(failure, what)


def _unit_attention(failure: RobotFailure, library: str) -> BamsError:
    return NotReady(f"Library {library} reports a change: {_why(failure)}.")


def _unknown(failure: RobotFailure, library: str) -> BamsError:
    if failure.sense is not None:
        if failure.sense[0] == scsi.NOT_READY:
            return NotReady(f"Library {library} is not ready: {_why(failure)}.")
        return _hardware(failure, f"Library {library} reported an error")
    return ToolFailed(f"mtx failed on library {library}: {_why(failure)}.")


_SENTENCES: dict[FailureReason, _Sentence] = {
    "bad_argument": lambda f, lib: InvalidArgument(
        f"Library {lib} has no such slot or drive: {f.text or 'run an inventory'}."
    ),
    "becoming_ready": lambda f, lib: NotReady(f"Library {lib} is not ready: {_why(f)}."),
    "cleaning_ejected": lambda f, lib: _hardware(
        f, f"{_drive(f).capitalize()} of library {lib} ejected the cleaning cartridge"
    ),
    "destination_full": _target_full,
    "device_busy": lambda f, lib: Busy(
        f"Another program has {f.device} of library {lib} open for itself: try again when it has ended."
    ),
    "drive_empty": lambda f, lib: NotFound(
        f"{_drive(f).capitalize()} of library {lib} holds no cartridge: run an inventory to see where it is."
    ),
    "drive_full": _drive_full,
    "eject_failed": lambda f, lib: _hardware(f, f"Library {lib} could not eject the magazine"),
    "incompatible_media": _incompatible,
    "inventory_failed": lambda f, lib: _hardware(
        f, f"Library {lib} could not take inventory; look at its panel and try again"
    ),
    "library_offline": lambda f, lib: NotReady(f"Library {lib} is offline: {_why(f)}."),
    "magazine": lambda f, lib: NotReady(f"Library {lib} is not ready: {_why(f)}."),
    "move_failed": _move_failed,
    "needs_offline": lambda f, lib: NotReady(
        f"{_drive(f).capitalize()} of library {lib} has not ejected its tape (ASC/ASCQ 3A/00): "
        "take the drive offline first, then unload again."
    ),
    "no_device": lambda f, lib: NotFound(
        f"The changer device {f.device} of library {lib} cannot be opened: check that the library is on and connected."
    ),
    "no_source": lambda f, lib: NotFound(
        f"Library {lib} has no free slot for the cartridge in {_drive(f)}: empty a slot, or name a slot to unload into."
    ),
    "not_a_changer": lambda f, lib: NotSupported(
        f"{f.device or 'The device'} of library {lib} is not a medium changer: choose the sg node of the robot."
    ),
    "permission_denied": lambda f, lib: ToolFailed(
        f"Opening {f.device} of library {lib} was refused: the daemon needs root or the group tape."
    ),
    "removal_prevented": _removal_prevented,
    "source_empty": _source_empty,
    "unit_attention": _unit_attention,
    "unknown": _unknown,
    "unsupported": lambda f, lib: NotSupported(f"Library {lib} does not support this operation: {_why(f)}."),
}


def classify(stdout: str, stderr: str, *, library: str) -> BamsError:
    """The error to raise for a failed mtx: one plain sentence that names the library and the slot or drive.

    ASC/ASCQ stand in the text where mtx printed sense data; ``HardwareFailed`` has the whole sense.
    """
    failure = diagnose(stdout, stderr)
    return _SENTENCES[failure.reason](failure, library)


def failure_of(error: BamsError) -> RobotFailure | None:
    """The diagnosis behind an error that this module raised, for example to retry on ``needs_offline``."""
    cause = error.__cause__
    return diagnose(cause.result.stdout, cause.result.stderr) if isinstance(cause, CommandFailed) else None
