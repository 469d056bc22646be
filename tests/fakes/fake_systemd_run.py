"""A fake systemd-run (systemd 252 and 257) for ``--pipe --wait``: it runs the program with the unit's own environment.

It refuses a unit that still runs, replaces variables in the command as systemd does, and ends with the codes of
systemd.exec(5). The folder BAMS_FAKE_DISKS holds what was started: run.jsonl.
"""

import json
import os
import re
import subprocess
import sys

NO_PROGRAM, NO_USER = 203, 217
USERS = ("root", "alerts")
VARIABLE = re.compile(r"\$(\$|[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})")


def main() -> None:
    words = sys.argv[1:]
    cut = words.index("--")
    options, command = words[:cut], words[cut + 1 :]
    assert {"--quiet", "--pipe", "--wait", "--collect", "--no-ask-password", "--service-type=exec"} <= set(options)
    unit = value_of(options, "unit")
    properties = dict(given.split("=", 1) for given in values_of(options, "property"))
    environment = dict(given.split("=", 1) for given in values_of(options, "setenv"))
    command = [VARIABLE.sub(lambda found: replaced(found[1], environment), word) for word in command]
    folder = os.environ["BAMS_FAKE_DISKS"]
    with open(os.path.join(folder, "run.jsonl"), "a") as log:
        log.write(json.dumps({"unit": unit, "properties": properties, "command": command}) + "\n")
    lock = os.path.join(folder, f"{unit}.running")
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        sys.stderr.write(f"Failed to start transient service unit: Unit {unit}.service was already loaded.\n")
        sys.exit(1)
    try:
        code = started(command, environment, properties)
    finally:
        os.unlink(lock)
    sys.exit(code)


def started(command: list[str], environment: dict[str, str], properties: dict[str, str]) -> int:
    if properties.get("User", "root") not in USERS:
        return NO_USER
    try:
        limit = float(properties["RuntimeMaxSec"])
        return subprocess.run(command, env={"PATH": os.environ["PATH"]} | environment, timeout=limit).returncode
    except subprocess.TimeoutExpired:
        return 1
    except OSError:
        return NO_PROGRAM


def replaced(name: str, environment: dict[str, str]) -> str:
    return "$" if name == "$" else environment.get(name.strip("{}"), "")


def values_of(options: list[str], name: str) -> list[str]:
    return [word.removeprefix(f"--{name}=") for word in options if word.startswith(f"--{name}=")]


def value_of(options: list[str], name: str) -> str:
    return values_of(options, name)[0]
