"""Every refusal and failure that BAMS reports, one class for each name on the wire.

The tree::

    BamsError
    +-- NotAuthorized                       polkit said no
    |   +-- InteractiveAuthorizationRequired    polkit would ask a person, but the caller did not allow it
    +-- InvalidArgument                     a value is of the wrong form, type or range
    +-- NotFound                            no object has this name
    +-- AlreadyExists                       the name is taken
    +-- Busy                                another operation holds the device; try again later
    +-- InUse                               something uses the object; the text names every holder
    +-- NotSupported                        this device, version or back end cannot do it
    +-- NotReady                            the device is there but cannot work yet
    +-- OutOfSpace                          no room left
    +-- OutOfSync                           what was read back is not what was asked for
    +-- TimedOut                            no answer within the limit
    +-- Cancelled                           a person or a stop ended it
    +-- ToolFailed                          a program ended with an error that has no better name
    |   +-- HardwareFailed                  the device itself reported an error (SCSI sense data)
    +-- Internal                            a fault in BAMS; the journal has the traceback

The text of an error is one plain sentence that names the object and says what to do next.
"""

import logging
import secrets
from typing import ClassVar

log = logging.getLogger(__name__)

ERROR_PREFIX = "org.bams.Error."


class BamsError(Exception):
    """Root of the tree. ``dbus_name`` is the class name behind ``org.bams.Error.``."""

    dbus_name: ClassVar[str] = ERROR_PREFIX + "Internal"

    def __init_subclass__(cls) -> None:
        cls.dbus_name = ERROR_PREFIX + cls.__name__

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotAuthorized(BamsError):
    pass


class InteractiveAuthorizationRequired(NotAuthorized):
    pass


class InvalidArgument(BamsError):
    pass


class NotFound(BamsError):
    pass


class AlreadyExists(BamsError):
    pass


class Busy(BamsError):
    pass


class InUse(BamsError):
    pass


class NotSupported(BamsError):
    pass


class NotReady(BamsError):
    pass


class OutOfSpace(BamsError):
    pass


class OutOfSync(BamsError):
    pass


class TimedOut(BamsError):
    pass


class Cancelled(BamsError):
    pass


class ToolFailed(BamsError):
    pass


class HardwareFailed(ToolFailed):
    """The device reported an error. ``sense`` is (key, ASC, ASCQ) where the device gave it."""

    def __init__(self, message: str, sense: tuple[int, int, int] | None = None) -> None:
        super().__init__(message)
        self.sense = sense


class Internal(BamsError):
    pass


LINE_CHARS = 300


def shown(text: str, limit: int = LINE_CHARS) -> str:
    """Text of a tool, a device or a stranger on one line of a sentence, a log or a header.

    What cannot be printed, line ends among it, becomes U+FFFD; what is longer than ``limit`` is cut, with a mark.
    """
    line = "".join(char if char.isprintable() else "\ufffd" for char in text[: limit + 1])
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _tree(cls: type[BamsError]) -> dict[str, type[BamsError]]:
    found = {cls.dbus_name: cls}
    for child in cls.__subclasses__():
        found |= _tree(child)
    return found


BY_NAME = {name: cls for cls in BamsError.__subclasses__() for name, cls in _tree(cls).items()}
"""Wire name to class, for errors read back from the store."""


def unexpected(error: BaseException, doing: str) -> Internal:
    """Log the traceback of a fault of ours once and return what the caller may see: a reference number."""
    reference = secrets.token_hex(4)
    log.error("internal error %s while %s", reference, doing, exc_info=error)
    return Internal(f"BAMS has a fault. Look for {reference} in the journal of bamsd and report it.")
