"""org.bams as its clients see it: calls with plain values, properties, objects, and signals in order."""

import asyncio
import socket
from typing import Any

from dbus_next import Message, MessageFlag, MessageType

from bamsd.bus import wire
from bamsd.bus.connection import BUS, BUS_PATH, Connection
from bamsd.core.names import ROOT
from bamsd.errors import BY_NAME, BamsError, NotAuthorized, NotFound, NotReady, NotSupported, ToolFailed

NAME = "org.bams"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
ABSENT = ("ServiceUnknown", "NameHasNoOwner", "Spawn.", "Disconnected", "NoServer", "FileNotFound")
"""Errors of the bus and of systemd that mean: bamsd is not there, and could not be started."""

Signal = tuple[str, str, list[Any]]
"""Path, member and plain values."""


class NotOffered(NotSupported):
    """This daemon has no such method or part: it is older than the client, or newer."""


# A kind of its own for clients that want to say more; as an error it is NotSupported.
NotOffered.dbus_name = NotSupported.dbus_name


class Client:
    """One caller of bamsd. ``interactive`` lets polkit ask a person."""

    def __init__(self, connection: Connection, interactive: bool) -> None:
        self._connection = connection
        self._interactive = interactive
        self._signals: asyncio.Queue[Signal] = asyncio.Queue()
        # One task for the whole life: when its waiter was cancelled, dbus-next would take the connection for ended.
        self._ended = asyncio.ensure_future(connection.closed())
        connection.on_message(self._keep_signal)

    @classmethod
    async def open(cls, connected: socket.socket | None = None, interactive: bool = True) -> "Client":
        """``connected``: a socket that leads to the bus of another host; else the bus of this one."""
        return cls(await Connection.open(connected=connected), interactive)

    async def call(self, path: str, member: str, signature: str = "", *values: Any, timeout_s: float = 60.0) -> Any:
        """``member`` with its interface: org.bams.Tape.Load. One value comes back plain, several as a list."""
        interface, _, name = member.rpartition(".")
        message = Message(
            destination=NAME,
            path=path,
            interface=interface,
            member=name,
            signature=signature,
            body=wire.pack(signature, list(values)),
            flags=MessageFlag.ALLOW_INTERACTIVE_AUTHORIZATION if self._interactive else MessageFlag.NONE,
        )
        reply = await self._connection.ask(message, timeout_s)
        if reply.message_type is MessageType.ERROR:
            raise _error(reply, path, name)
        answer = [wire.unpack(value) for value in reply.body]
        return answer[0] if len(answer) == 1 else answer

    async def properties(self, path: str, interface: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.call(path, f"{PROPERTIES}.GetAll", "s", interface)
        return found

    async def objects(self, interface: str) -> dict[str, dict[str, Any]]:
        """Path to properties of every object that has the interface."""
        found: dict[str, dict[str, dict[str, Any]]] = await self.call(ROOT, f"{OBJECT_MANAGER}.GetManagedObjects")
        return {path: interfaces[interface] for path, interfaces in sorted(found.items()) if interface in interfaces}

    async def listen(self, interface: str) -> None:
        """Have the signals of an interface, and the news that bamsd ended, kept for next_signal()."""
        await self._connection.listen(f"type='signal',sender='{NAME}',interface='{interface}'")
        rule = f"type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{NAME}'"
        await self._connection.listen(rule)

    async def next_signal(self, timeout_s: float | None = None) -> Signal | None:
        """The next signal, or None when there is none within the time. Raises NotReady when bamsd has ended."""
        coming = asyncio.ensure_future(self._signals.get())
        try:
            done, _ = await asyncio.wait((self._ended, coming), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            coming.cancel()
        if coming in done:
            return self._checked(coming.result())
        if self._ended in done:
            raise NotReady("The connection to the bus ended.")
        return None

    def _checked(self, signal: Signal) -> Signal:
        path, member, _ = signal
        if path == BUS_PATH and member == "NameOwnerChanged":
            raise NotReady("bamsd has ended meanwhile. See: journalctl -u bamsd")
        return signal

    def _keep_signal(self, message: Message) -> bool:
        if message.message_type is not MessageType.SIGNAL:
            return False
        if message.member == "NameOwnerChanged" and (message.body[0] != NAME or not message.body[1]):
            return False
        if message.path.startswith(ROOT) or message.member == "NameOwnerChanged":
            values = [wire.unpack(value) for value in message.body]
            self._signals.put_nowait((message.path, message.member, values))
        return False

    async def close(self) -> None:
        await self._connection.close()


def _error(reply: Message, path: str, member: str) -> BamsError:
    """What went wrong as one of our errors, also when the bus or an older daemon says it in its own words."""
    name, reason = str(reply.error_name), str(reply.body[0]) if reply.body else ""
    if name in BY_NAME:
        return BY_NAME[name](reason)
    standard = name.removeprefix("org.freedesktop.DBus.Error.")
    if standard.startswith(ABSENT) or name.startswith("org.freedesktop.systemd1."):
        text = "bamsd does not run and did not start when it was asked for. See: systemctl status bamsd"
        return NotReady(f"{text} ({reason.rstrip('.')})." if reason else f"{text}.")
    match standard:
        case "UnknownObject" | "UnknownInterface" if path.count("/") > ROOT.count("/") + 1:
            return NotFound(f"There is no {path.rsplit('/', 1)[-1]} among the {path.split('/')[-2]} of bamsd.")
        case "UnknownObject" | "UnknownMethod" | "UnknownInterface" | "UnknownProperty":
            return NotOffered(f"This bamsd does not offer {member}: {reason}")
        case "AccessDenied":
            return NotAuthorized(f"The bus does not let you call {member}: {reason}")
        case "NoReply":
            return NotReady(f"bamsd has ended before it answered {member}. See: journalctl -u bamsd")
    return ToolFailed(f"{member} failed: {name}: {reason}")
