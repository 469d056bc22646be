"""A D-Bus client that counts the bytes of a reply and does not take them apart.

A client in Python needs longer for the values of a large reply than the daemon that sends it, and would hide it.
"""

import os
import socket
import struct
from types import TracebackType

from dbus_next import Message

_FIXED_BYTES = 16
_RETURN, _ERROR = 2, 3
_BLOCK_BYTES = 1 << 20


class RawBus:
    """One call at a time, on a bus at a socket. All calls block; they are given up after ``limit_s`` of silence."""

    def __init__(self, path: str = "/run/dbus/system_bus_socket", limit_s: float = 300) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(limit_s)
        self._socket.connect(path)
        self._got = bytearray()
        self._serial = 0
        self._socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        while b"\r\n" not in self._got:
            self._receive()
        if not self._got.startswith(b"OK"):
            raise ConnectionError(f"the bus does not let us in: {bytes(self._got)!r}")
        self._got.clear()
        self._socket.sendall(b"BEGIN\r\n")
        self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")

    def __enter__(self) -> "RawBus":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def call(self, name: str, path: str, interface: str, member: str) -> int:
        """Call a method without arguments; the size of the whole reply in bytes."""
        self._serial += 1
        message = Message(destination=name, path=path, interface=interface, member=member, serial=self._serial)
        self._socket.sendall(message._marshall(False))
        while True:
            kind, size = self._next()
            if kind == _ERROR:
                raise ConnectionError(f"{name} answered {member} with an error")
            if kind == _RETURN:
                return size

    def managed_objects(self, name: str, path: str) -> int:
        return self.call(name, path, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")

    def _next(self) -> tuple[int, int]:
        """Kind and size of the next message: D-Bus Specification, "Message Format"."""
        while len(self._got) < _FIXED_BYTES:
            self._receive()
        order = "<" if self._got[0] == ord("l") else ">"
        kind = self._got[1]
        body, _, fields = struct.unpack_from(f"{order}III", self._got, 4)
        size = _FIXED_BYTES + -(-fields // 8) * 8 + body
        while len(self._got) < size:
            self._receive()
        del self._got[:size]
        return kind, size

    def _receive(self) -> None:
        block = self._socket.recv(_BLOCK_BYTES)
        if not block:
            raise ConnectionError("the bus closed the connection")
        self._got += block
