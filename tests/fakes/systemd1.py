"""systemd's bus name for tests: answers ListUnitsByNames from a JSON file.

``units.json``: {"bacula-sd.service": ["loaded", "active", "running"]}; any other unit is not installed.
Usage: systemd1.py ADDRESS UNITS.json
"""

import asyncio
import json
import sys
from pathlib import Path

from dbus_next import Message, MessageType
from dbus_next.aio import MessageBus

NOT_THERE = ["not-found", "inactive", "dead"]
"""What systemd 257 answers for a unit that it has never heard of."""


async def main(address: str, units: Path) -> None:
    bus = await MessageBus(bus_address=address).connect()

    def handle(message: Message) -> Message | bool:
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        if message.member != "ListUnitsByNames":
            return Message.new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", message.member)
        known = json.loads(units.read_text())
        rows = [[name, name, *known.get(name, NOT_THERE), "", "/x", 0, "", "/"] for name in message.body[0]]
        return Message.new_method_return(message, "a(ssssssouso)", [rows])

    bus.add_message_handler(handle)
    await bus.request_name("org.freedesktop.systemd1")
    print("ready", flush=True)
    await bus.wait_for_disconnect()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
