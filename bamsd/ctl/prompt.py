"""What a person is asked on the terminal.

Secrets are typed without echo, or come from a file or standard input; never from the command line, which others can
read.
"""

import contextlib
import getpass
import signal
import sys
from collections.abc import Iterator

from bamsd.errors import InvalidArgument

MAX_CHARS = 4096


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C end the wait for a person. asyncio would only note it, and go on waiting for the line."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def ask(question: str) -> str:
    with interruptible():
        print(question, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline(MAX_CHARS).rstrip("\r\n")


def secret(what: str, source: str | None, on_terminal: bool, *, twice: bool = True) -> str:
    """The first line of the file ``source`` (- is standard input), else what a person types; a new one twice."""
    if source is None:
        return _typed(what, on_terminal, twice)
    if source == "-":
        return _line(what, sys.stdin.readline(MAX_CHARS))
    try:
        with open(source, encoding="utf-8") as file:
            return _line(what, file.readline(MAX_CHARS))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InvalidArgument(f"The {what} could not be read from {source}: {reason}.") from None


def _line(what: str, line: str) -> str:
    found = line.rstrip("\r\n")
    if not found:
        raise InvalidArgument(f"The {what} is empty. It is the first line of the file or of standard input.")
    return found


def _typed(what: str, on_terminal: bool, twice: bool) -> str:
    if not on_terminal:
        raise InvalidArgument(f"Nobody can be asked for the {what}. Name a file that has it, or - for standard input.")
    with interruptible():
        first = getpass.getpass(f"The {what}: ")
        again = getpass.getpass(f"The {what} again: ") if twice else first
    if again != first:
        raise InvalidArgument(f"The two inputs of the {what} differ. Nothing was done.")
    return _line(what, first)
