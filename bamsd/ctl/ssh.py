"""The system bus of another host, through ssh and systemd-stdio-bridge there, as busctl --host does it."""

import re
import socket
from collections.abc import Callable

from bamsd.errors import InvalidArgument
from bamsd.system.run import Beside

_HOST = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}@)?(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])", re.ASCII
)


def checked_host(host: str) -> str:
    """USER@HOST or HOST, which no shell and no option of ssh can be made of. Raises InvalidArgument."""
    if not _HOST.fullmatch(host):
        raise InvalidArgument(f"{host!r} is no host. Write HOST or USER@HOST, with a name or address that ssh knows.")
    return host


def bus_of(host: str) -> tuple[socket.socket, Callable[[], int]]:
    """A socket at whose other end the host's system bus is, and what ends the ssh between."""
    host = checked_host(host).replace("[", "").replace("]", "")
    ours, theirs = socket.socketpair()
    with theirs:
        return ours, Beside(("ssh", "-xT", "--", host, "systemd-stdio-bridge"), stream=theirs.fileno()).end
