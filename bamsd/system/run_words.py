"""What the runner says of a program that did not start, did not end or failed. Pure."""

import errno
import signal

from bamsd.errors import BamsError, InvalidArgument, NotSupported, ToolFailed, shown


def not_started(name: str, error: OSError | ValueError) -> BamsError:
    """The error of a program that could not be started."""
    if isinstance(error, ValueError):
        # A NUL byte or half of a surrogate pair. The exception itself would quote the argument.
        return InvalidArgument(f"An argument for {name} holds characters that no program accepts.")
    if error.errno in (errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ENOTDIR):
        return NotSupported(f"The program {name} cannot be run: {error.strerror}. Install it.")
    return ToolFailed(f"The program {name} could not be started: {error.strerror}.")


def failure(name: str, code: int, stderr: str) -> str:
    """``code`` is an exit code, or the negative number of the signal that ended it."""
    ending = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
    said = last_line(stderr)
    return f"{name} {ending}: {said}" if said else f"{name} {ending} and gave no reason."


def too_long(name: str, timeout_s: float, killed: bool) -> str:
    if killed:
        return f"{name} did not end within {timeout_s:g} s and was stopped."
    return f"{name} did not end within {timeout_s:g} s and goes on; read the device's state before the next step."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def last_line(text: str) -> str:
    """The last line with something in it, fit to be shown."""
    lines = [line for line in text.splitlines() if line.strip()]
    return shown(lines[-1].strip()) if lines else ""
