"""The systemd of a simulated host, on its bus: org.freedesktop.systemd1 as far as the page and bamsd ask it.

Only bamsd.service can be started. What state units are in, and how that one starts, is told to it. StartUnit asks
nobody whether the caller may: that is polkit's work, which these tests do not repeat.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dbus_next import Message, MessageType, Variant

from bamsd.bus.connection import Connection

UNIT = "bamsd.service"
PATH = "/org/freedesktop/systemd1"
UNIT_PATH = f"{PATH}/unit/bamsd_2eservice"
SUB_STATES = {"active": "running", "inactive": "dead", "activating": "auto-restart"}
MANAGER, PROPERTIES = "org.freedesktop.systemd1.Manager", "org.freedesktop.DBus.Properties"


class HostSystemd:
    """``states`` are the ActiveState of all units that are installed."""

    def __init__(
        self, address: str, states: Callable[[], Mapping[str, str]], start: Callable[[], Awaitable[None]]
    ) -> None:
        self._address = address
        self._states = states
        self._start = start
        self.refusal = ""
        """What StartUnit says instead of starting."""
        self._starting: list[asyncio.Future[None]] = []

    async def open(self) -> None:
        self._bus = await Connection.open(self._address)
        self._bus.on_message(self._handle)
        await self._bus.own("org.freedesktop.systemd1")

    async def close(self) -> None:
        await asyncio.gather(*self._starting)
        await self._bus.close()

    def _handle(self, message: Message) -> bool:
        if message.message_type is not MessageType.METHOD_CALL or message.path not in (PATH, UNIT_PATH):
            return False
        self._bus.send(self._answer(message))
        return True

    def _answer(self, message: Message) -> Message:
        called = (message.path, message.interface, message.member)
        if called == (PATH, MANAGER, "LoadUnit") and message.body == [UNIT]:
            return Message.new_method_return(message, "o", [UNIT_PATH])
        if called == (PATH, MANAGER, "StartUnit") and message.body[0] == UNIT:
            return self._start_unit(message)
        if called == (UNIT_PATH, PROPERTIES, "GetAll"):
            return Message.new_method_return(message, "a{sv}", [self._properties()])
        if called == (PATH, MANAGER, "ListUnitsByNames"):
            return Message.new_method_return(message, "a(ssssssouso)", [[self._row(name) for name in message.body[0]]])
        return Message.new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", f"no {message.member} here")

    def _start_unit(self, message: Message) -> Message:
        if self.refusal:
            return Message.new_error(message, "org.freedesktop.DBus.Error.AccessDenied", self.refusal)
        self._starting.append(asyncio.ensure_future(self._start()))
        return Message.new_method_return(message, "o", [f"{PATH}/job/1"])

    def _properties(self) -> dict[str, Variant]:
        load, active, sub = self._state(UNIT)
        found = {"Id": UNIT, "LoadState": load, "ActiveState": active, "SubState": sub}
        return {name: Variant("s", value) for name, value in found.items()}

    def _row(self, name: str) -> list[Any]:
        return [name, name, *self._state(name), "", UNIT_PATH, 0, "", "/"]

    def _state(self, name: str) -> tuple[str, str, str]:
        active = self._states().get(name)
        if active is None:
            return "not-found", "inactive", "dead"
        return "loaded", active, SUB_STATES.get(active, active)
