"""Just enough of QEMU's machine protocol (JSON lines over a socket) to reset or end a machine."""

import json
import socket
from pathlib import Path
from typing import Any


def execute(path: Path, command: str, limit_s: float = 10, **arguments: Any) -> Any:
    """Run one command and return its "return" value. Raises OSError when the machine does not answer or refuses."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(limit_s)
        connection.connect(str(path))
        with connection.makefile("rw", encoding="utf-8") as stream:
            stream.readline()  # greeting
            for name, values in (("qmp_capabilities", {}), (command, arguments)):
                stream.write(json.dumps({"execute": name, "arguments": values}) + "\n")
                stream.flush()
                answer = next_answer(stream)
    return answer


def next_answer(stream: Any) -> Any:
    """The next reply; events that come in between are passed over."""
    for line in stream:
        message = json.loads(line)
        if "return" in message:
            return message["return"]
        if "error" in message:
            raise OSError(f"QEMU refused: {message['error'].get('desc')}")
    raise OSError("QEMU closed its control socket")
