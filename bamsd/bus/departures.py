"""Who has left the bus. For what lasts as long as its caller does."""

from collections.abc import Callable
from contextlib import suppress

from dbus_next import Message, MessageType

from bamsd.bus.connection import BUS, BUS_PATH, Connection
from bamsd.errors import BamsError


class Departures:
    """Watches single unique names, so that others who come and go cost nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._watched: dict[str, Callable[[], None]] = {}
        connection.on_message(self._heard)

    async def watch(self, name: str, gone: Callable[[], None]) -> bool:
        """Call ``gone`` once when the owner of a unique name leaves. False when it has left already."""
        if name in self._watched:
            return True
        self._watched[name] = gone
        await self._connection.listen(_rule(name))
        [here] = await self._connection.call(BUS, BUS_PATH, BUS, "NameHasOwner", "s", name)
        if not here:
            await self.forget(name)
        return bool(here)

    async def forget(self, name: str) -> None:
        self._watched.pop(name, None)
        with suppress(BamsError):  # the bus went away, and the rule with it
            await self._connection.call(BUS, BUS_PATH, BUS, "RemoveMatch", "s", _rule(name))

    def _heard(self, message: Message) -> bool:
        # The bus itself sends it, so nobody else can make us forget a caller.
        is_news = message.message_type is MessageType.SIGNAL and message.sender == BUS
        if is_news and message.member == "NameOwnerChanged" and message.signature == "sss":
            name, _before, now = message.body
            if not now:
                self._gone(name)
        return False

    def _gone(self, name: str) -> None:
        gone = self._watched.pop(name, None)
        if gone:
            gone()


def _rule(name: str) -> str:
    return f"type='signal',sender='{BUS}',interface='{BUS}',member='NameOwnerChanged',arg0='{name}'"
