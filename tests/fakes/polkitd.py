"""A polkit for tests: answers CheckAuthorization from a JSON file and writes down what it was asked.

``answers.json``: {"default": "yes", "actions": {"org.bams.manage": "no"}}; an answer is yes, no, challenge or hang.
A challenge with interaction allowed becomes yes, as if a person had typed the password.
Usage: polkitd.py ADDRESS ANSWERS.json ASKED.jsonl
"""

import asyncio
import json
import sys
from pathlib import Path

from dbus_next import Message, MessageType
from dbus_next.aio import MessageBus


async def main(address: str, answers: Path, asked: Path) -> None:
    bus = await MessageBus(bus_address=address).connect()

    def handle(message: Message) -> Message | bool:
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        if message.member != "CheckAuthorization":
            return Message.new_method_return(message)
        subject, action, _details, flags, _cancellation = message.body
        with asked.open("a") as file:
            name = subject[1]["name"].value
            file.write(json.dumps({"sender": name, "kind": subject[0], "action": action, "flags": flags}) + "\n")
        known = json.loads(answers.read_text())
        answer = known.get("actions", {}).get(action, known["default"])
        if answer == "hang":
            return True
        if answer == "challenge" and flags & 1:
            answer = "yes"
        result = [answer == "yes", answer == "challenge", {}]
        return Message.new_method_return(message, "(bba{ss})", [result])

    bus.add_message_handler(handle)
    await bus.request_name("org.freedesktop.PolicyKit1")
    print("ready", flush=True)
    await bus.wait_for_disconnect()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
