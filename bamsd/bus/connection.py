"""The connection to the bus, with the faults of dbus-next 0.2.3's transport cured.

Cured here:

- A burst of messages fills the socket; ``send`` raises BlockingIOError and dbus-next drops the connection. The proxy
  below reports "0 bytes written" instead, and the writer waits until the socket takes more.
- The bus closing during authentication made dbus-next spin for ever on empty reads.
- The socket was never closed, only shut down.
- File descriptors stay off: a caller could leak them into the daemon.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from dbus_next import BusType, Message, MessageFlag, MessageType, NameFlag, RequestNameReply
from dbus_next.aio import MessageBus
from dbus_next.errors import AuthError

from bamsd.bus import wire
from bamsd.errors import BY_NAME, AlreadyExists, NotReady, TimedOut, ToolFailed

CONNECT_TIMEOUT_S = 20.0

BUS = "org.freedesktop.DBus"
BUS_PATH = "/org/freedesktop/DBus"


class _PatientSocket:
    """The bus socket as dbus-next's writer sees it. A full socket is no error."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, data: memoryview) -> int:
        try:
            return self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            return 0


class _Bus(MessageBus):  # type: ignore[misc]
    def __init__(self, address: str | None, connected: socket.socket | None = None) -> None:
        self._connected = connected
        super().__init__(bus_address=address, bus_type=BusType.SYSTEM, negotiate_unix_fd=False)
        self._writer.sock = _PatientSocket(self._sock)

    def _setup_socket(self) -> None:
        if self._connected is None:
            super()._setup_socket()
            return
        self._sock = self._connected
        self._sock.setblocking(False)
        self._stream = self._sock.makefile("rwb")
        self._fd = self._sock.fileno()

    async def _auth_readline(self) -> str:
        line = b""
        while not line.endswith(b"\r\n"):
            # Two bytes at a time, as dbus-next does: what follows the line belongs to the message stream.
            part = await self._loop.sock_recv(self._sock, 2)
            if not part:
                raise AuthError("the bus closed the connection during authentication")
            line += part
        return line[:-2].decode("ascii", "replace")

    def _finalize(self, err: Exception | None = None) -> None:
        super()._finalize(err)
        self.free()

    def free(self) -> None:
        self._stream.close()
        self._sock.close()


class Connection:
    """One connection to the system bus (DBUS_SYSTEM_BUS_ADDRESS is honoured)."""

    def __init__(self, bus: _Bus) -> None:
        self._bus = bus

    @classmethod
    async def open(cls, address: str | None = None, connected: socket.socket | None = None) -> "Connection":
        """``connected`` is a socket at whose other end a bus listens already, such as that of another host."""
        try:
            bus = _Bus(address, connected)
        except OSError as error:
            raise NotReady(f"There is no system bus: {error}. Is dbus running?") from None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await bus.connect()
        except (OSError, AuthError, EOFError) as error:
            bus.free()
            raise NotReady(f"The system bus does not answer: {error}. Is dbus running?") from None
        except TimeoutError:
            bus.free()
            raise NotReady(f"The system bus did not answer within {CONNECT_TIMEOUT_S:.0f} s.") from None
        return cls(bus)

    @property
    def unique_name(self) -> str:
        return str(self._bus.unique_name)

    def on_message(self, handler: Callable[[Message], bool]) -> None:
        """``handler`` sees every incoming message first; True means it took the message."""
        self._bus.add_message_handler(handler)

    def send(self, message: Message) -> None:
        """Queue a message. Messages leave in the order of these calls."""
        if self._bus.connected:
            # A failed write ends the connection, which closed() reports; the future would only repeat it.
            self._bus.send(message).add_done_callback(lambda future: future.exception())

    async def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *values: Any,
        timeout_s: float = 25.0,
    ) -> list[Any]:
        """Call a method of another service and return what it answers, plain."""
        message = Message(
            destination=destination,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=wire.pack(signature, list(values)),
        )
        reply = await self.ask(message, timeout_s)
        if reply.message_type is MessageType.ERROR:
            reason = str(reply.body[0]) if reply.body else ""
            if reply.error_name in BY_NAME:
                raise BY_NAME[reply.error_name](reason)
            raise ToolFailed(f"{destination} refused {member}: {reply.error_name}: {reason}")
        return [wire.unpack(value) for value in reply.body]

    async def ask(self, message: Message, timeout_s: float) -> Message:
        """Send a call and return its reply, which may be an error."""
        try:
            async with asyncio.timeout(timeout_s):
                reply = await self._bus.call(message)
        except TimeoutError:
            raise TimedOut(f"{message.destination} did not answer {message.member} within {timeout_s:.0f} s.") from None
        except (OSError, EOFError) as error:
            raise NotReady(f"The connection to the bus ended during {message.member}: {error}.") from None
        if reply is None:
            raise NotReady(f"The connection to the bus ended during {message.member}.")
        return reply

    async def listen(self, rule: str) -> None:
        """Ask the bus for signals that match the rule."""
        await self.call(BUS, BUS_PATH, BUS, "AddMatch", "s", rule)

    async def own(self, name: str) -> None:
        """Take the name, or say that another daemon has it."""
        reply = await self._bus.request_name(name, NameFlag.DO_NOT_QUEUE)
        if reply is not RequestNameReply.PRIMARY_OWNER:
            raise AlreadyExists(f"The bus name {name} has an owner. Is another bamsd running?")

    async def closed(self) -> Exception | None:
        """Wait until the connection ends; the reason when it was not us."""
        try:
            await self._bus.wait_for_disconnect()
        except Exception as error:
            return error
        return None

    async def drain(self) -> None:
        """Wait until everything queued so far has left."""
        if self._bus.connected:
            nothing = Message(
                destination=BUS, path=BUS_PATH, interface=BUS, member="GetId", flags=MessageFlag.NO_REPLY_EXPECTED
            )
            await self._bus.send(nothing)

    async def close(self) -> None:
        """End the connection and give its socket back."""
        if self._bus.connected:
            self._bus.disconnect()
        await self.closed()
