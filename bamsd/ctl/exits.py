"""Exit codes: one for each class of errors, so that a script need not read sentences."""

from bamsd import errors
from bamsd.errors import BamsError

USAGE = 2
INTERRUPTED = 130

CODES: dict[type[BamsError], tuple[int, str]] = {
    errors.ToolFailed: (1, "a program or something else failed; the text says what"),
    errors.NotAuthorized: (3, "you may not do this"),
    errors.NotFound: (4, "no object has this name"),
    errors.AlreadyExists: (5, "the name is taken"),
    errors.Busy: (6, "another operation holds the device; try again later, or with --queue"),
    errors.InUse: (7, "something uses the object; the text names it"),
    errors.NotReady: (8, "bamsd does not run, or the device cannot work yet"),
    errors.NotSupported: (9, "this device, version or back end cannot do it"),
    errors.InvalidArgument: (10, "a value is of the wrong form, type or range"),
    errors.OutOfSpace: (11, "no room left"),
    errors.OutOfSync: (12, "what was read back is not what was asked for"),
    errors.TimedOut: (13, "no answer within the limit"),
    errors.Cancelled: (14, "it was cancelled, or not confirmed"),
    errors.HardwareFailed: (15, "the device itself reported an error"),
    errors.Internal: (70, "a fault in BAMS; the journal has more"),
}

OTHERS = {
    0: "success",
    USAGE: "the command line is wrong",
    INTERRUPTED: "ended by Ctrl-C; a job that was started goes on",
}


def code_of(error: BamsError) -> int:
    return next(CODES[cls][0] for cls in type(error).__mro__ if cls in CODES)


def explained() -> list[tuple[int, str, str]]:
    """Code, name of the error (empty for none), meaning; by code."""
    rows = [(code, cls.__name__, text) for cls, (code, text) in CODES.items()]
    return sorted(rows + [(code, "", text) for code, text in OTHERS.items()])
