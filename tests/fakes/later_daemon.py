"""A bamsd with the logs, figures, bundles and deliveries of the agreed contract, for bamsctl.

It keeps what it is asked in ``asked.jsonl`` beside it, and says of itself what the contract says. Where the daemon
itself has these, its own tests are the ones that count.
Usage: later_daemon.py ADDRESS ASKED.jsonl
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from dbus_next import Message, MessageType, NameFlag, Variant
from dbus_next.aio import MessageBus

from bamsd.bus.wire import pack, unpack

ENTRIES = [
    {"cursor": f"c{n}", "time": 1_795_600_000_000_000 + n, "priority": 6, "service": "bamsd", "unit": "bamsd.service",
     "identifier": "bamsd", "pid": 7, "message": f"entry {n} \x1b[31m"}
    for n in range(1, 1501)
]  # fmt: skip
SERVICE = {"name": "bamsd", "description": "the daemon", "units": ["bamsd.service"], "state": "active", "present": True}
SERIES = {"name": "repository/1/used", "object": "/org/bams/x", "unit": "bytes", "description": "used bytes of weekly"}
HISTORY = {"name": "repository/1/used", "unit": "bytes", "step": 60_000_000, "times": [1, 2, 3]}
FIGURES = {"low": [1024.0, 2048.0, 3072.0], "mean": [1536.0, 2560.0, 3584.0], "high": [2048.0, 3072.0, 4096.0]}
BUNDLE = {
    "name": "bams-vm-20261125-120000",
    "path": "/var/lib/bams/bundles/x",
    "size": 4096,
    "created": 1,
    "complete": True,
}
JOB = {
    "Operation": "bundle", "Description": "make a support bundle", "Objects": [], "State": "succeeded", "Progress": 1.0,
    "ProgressValid": True, "StartTime": 1, "EndTime": 2, "ExpectedEndTime": 0, "StartedByUid": 0, "StartedBy": "root",
    "Cancelable": False, "Result": {"name": BUNDLE["name"], "size": 4096},
}  # fmt: skip


class Daemon:
    def __init__(self, bus: MessageBus, asked: Path) -> None:
        self._bus = bus
        self._asked = asked

    def handle(self, message: Message) -> Message | bool:
        if message.message_type is not MessageType.METHOD_CALL or not (message.path or "").startswith("/org/bams"):
            return False
        words = [unpack(value) for value in message.body]
        with self._asked.open("a") as file:
            file.write(json.dumps([message.member, *words]) + "\n")
        answer = getattr(self, f"do_{message.member}", None)
        if answer is None:
            return Message.new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", f"no {message.member}")
        signature, *values = answer(message, *words)
        return Message.new_method_return(message, signature, pack(signature, values))

    def do_ListServices(self, message: Message) -> Any:
        return "aa{sv}", [SERVICE]

    def do_Get(self, message: Message, service: str, options: dict[str, Any]) -> Any:
        """The newest first, with the place as the cursor."""
        first = int(options.get("cursor", "0"))
        page = ENTRIES[::-1][first : first + options["limit"]]
        end = first + len(page)
        return "aa{sv}s", page, str(end) if end < len(ENTRIES) else ""

    def do_Follow(self, message: Message, service: str, options: dict[str, Any]) -> Any:
        asyncio.get_running_loop().call_soon(self._send, message.sender)
        return "u", 5

    def _send(self, to: str) -> None:
        for member, signature, values in (
            ("Entries", "uaa{sv}t", [4, ENTRIES[:1], 0]),  # another following of the same caller
            ("Entries", "uaa{sv}t", [5, ENTRIES[:2], 0]),
            ("Entries", "uaa{sv}t", [5, ENTRIES[2:3], 40]),
            ("FollowingEnded", "us", [5, "bamsd stops."]),
        ):
            body = pack(signature, values)
            path, interface = "/org/bams/Logs", "org.bams.Logs"
            signal = Message(
                destination=to, message_type=MessageType.SIGNAL, path=path, interface=interface, member=member,
                signature=signature, body=body,
            )  # fmt: skip
            self._bus.send(signal)

    def do_ListSeries(self, message: Message, options: dict[str, Any]) -> Any:
        return "aa{sv}", [SERIES]

    def do_GetHistory(self, message: Message, names: list[str], options: dict[str, Any]) -> Any:
        doubles = {key: Variant("ad", values) for key, values in FIGURES.items()}
        return "aa{sv}", [HISTORY | doubles for _ in names]

    def do_TestDelivery(self, message: Message, options: dict[str, Any]) -> Any:
        mail = {"way": "mail", "ok": True, "text": "The mail system took it."}
        return "aa{sv}", [mail, {"way": "hook", "ok": False, "text": "The program is not there."}]

    def do_ListBundles(self, message: Message, options: dict[str, Any]) -> Any:
        return "aa{sv}", [BUNDLE]

    def do_CreateBundle(self, message: Message, options: dict[str, Any]) -> Any:
        return "o", "/org/bams/jobs/1"

    def do_DeleteBundle(self, message: Message, name: str, options: dict[str, Any]) -> Any:
        return ("",)

    def do_GetAll(self, message: Message, interface: str) -> Any:
        error = Variant("(ss)", ["", ""])
        return "a{sv}", JOB | {"Error": error}


async def main(address: str, asked: Path) -> None:
    bus = await MessageBus(bus_address=address).connect()
    bus.add_message_handler(Daemon(bus, asked).handle)
    await bus.request_name("org.bams", NameFlag.DO_NOT_QUEUE)
    print("ready", flush=True)
    await bus.wait_for_disconnect()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
