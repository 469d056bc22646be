"""A bamsd of a version that offers nothing but its own properties, for clients that are newer.

Usage: old_daemon.py ADDRESS
"""

import asyncio
import sys

from dbus_next import Message, MessageType, NameFlag, Variant
from dbus_next.aio import MessageBus

PROPERTIES = {"Version": Variant("s", "0.0.1"), "Hostname": Variant("s", "old"), "Features": Variant("as", ["tape"])}
ERROR = "org.freedesktop.DBus.Error."


def handle(message: Message) -> Message | bool:
    if message.message_type is not MessageType.METHOD_CALL or not str(message.path).startswith("/org/bams"):
        return False
    if message.path != "/org/bams":
        return Message.new_error(message, f"{ERROR}UnknownObject", f"There is no object {message.path}.")
    if message.member == "GetAll":
        return Message.new_method_return(message, "a{sv}", [PROPERTIES])
    return Message.new_error(message, f"{ERROR}UnknownMethod", f"{message.path} has no method {message.member}.")


async def main(address: str) -> None:
    bus = await MessageBus(bus_address=address).connect()
    bus.add_message_handler(handle)
    await bus.request_name("org.bams", NameFlag.DO_NOT_QUEUE)
    print("ready", flush=True)
    await bus.wait_for_disconnect()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
