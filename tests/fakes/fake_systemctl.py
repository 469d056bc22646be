"""A fake systemctl (systemd 257) for mount units, which it "mounts" in the fake host's mountinfo, and for Bacula's."""

import fcntl
import json
import os
import sys

from tests.fakes import device_header
from tests.fakes.fake_bacula import bacula_unit, unit_command
from tests.fakes.fake_host import fail, mounted_lines, state, write_mounts

JOB_FAILED = 'Job failed. See "journalctl -xe" for details.\n'


def units() -> str:
    return os.path.join(os.environ["BAMS_FAKE_DISKS"], "units")


def unit_values(unit: str) -> dict[str, str]:
    """Empty when there is no such unit."""
    try:
        with open(os.path.join(units(), unit)) as file:
            pairs = (line.strip().partition("=") for line in file)
            return {key: value.replace("%%", "%") for key, equals, value in pairs if equals}
    except FileNotFoundError:
        return {}


def wanted(unit: str) -> str:
    return os.path.join(units(), "local-fs.target.wants", unit)


def enable(unit: str) -> None:
    values = unit_values(unit)
    if not values:
        fail(f"Failed to enable unit: Unit {unit} does not exist\n")
    link = wanted(unit)
    os.makedirs(os.path.dirname(link), exist_ok=True)
    if not os.path.lexists(link):
        os.symlink(os.path.join(units(), unit), link)
        sys.stderr.write(f"Created symlink '{link}' \u2192 '{os.path.join(units(), unit)}'.\n")
    device, point = values["What"], values["Where"]
    lines = mounted_lines()
    if any(line[4] == point for line in lines):
        return
    exists = os.path.exists(device)
    if not exists or [found["type"] for found in device_header.read(device)] != [values["Type"]]:
        fail(JOB_FAILED)
    os.makedirs(point, exist_ok=True)
    number = f"0:{100 + len(lines)}"
    write_mounts([*lines, device_header.mount_line(device, point, values["Type"], number).rstrip("\n").split(" ")])


def disable(unit: str) -> None:
    if not unit_values(unit) and not os.path.lexists(wanted(unit)):
        fail(f"Failed to disable unit: Unit {unit} does not exist\n")
    if os.path.lexists(wanted(unit)):
        os.unlink(wanted(unit))
        sys.stderr.write(f"Removed '{wanted(unit)}'.\n")


def stop(unit: str) -> None:
    values = unit_values(unit)
    if not values:
        fail(f"Failed to stop {unit}: Unit {unit} not loaded.\n", 5)
    if values["Where"] in state()["busy_mounts"]:
        fail(JOB_FAILED)
    write_mounts([line for line in mounted_lines() if line[4] != values["Where"]])


def is_active(unit: str) -> None:
    values = unit_values(unit)
    if not values:
        sys.exit(4)
    sys.exit(0 if any(line[4] == values["Where"] for line in mounted_lines()) else 3)


def systemctl(argv: list[str]) -> None:
    command, unit = argv[1], argv[-1]
    if command == "daemon-reload":
        return
    if command == "show":
        show(argv[2:])
        return
    if unit.startswith("bacula-"):
        unit_command(command, unit)
        return
    with open(f"{units()}.lock", "a") as lock:
        # systemd does one thing after the other; two commands must not lose each other's mounts.
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(command, unit)


def show(words: list[str]) -> None:
    """Several units, as services.json (FakeHost.service) and the fake Bacula have them; others are not installed."""
    names = words[words.index("--") + 1 :]
    if any("User" in word for word in words):  # only Bacula's own unit is asked for the account it runs as
        unit_command("show", names[0])
        return
    sys.stdout.write("\n".join(block(name) for name in names))


def block(name: str) -> str:
    known = {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead", "Result": "success"}
    known |= {"UnitFileState": "", "ConditionResult": "no", "ConditionTimestamp": ""}
    if name in ("bacula-sd.service", "bacula-director.service") and (found := bacula_unit(name)):
        known |= found | {"UnitFileState": "enabled", "ConditionResult": "yes", "ConditionTimestamp": "Mon"}
    try:
        with open(os.path.join(os.environ["BAMS_FAKE_DISKS"], "services.json")) as file:
            known |= json.load(file).get(name, {})
    except FileNotFoundError:
        pass
    return "".join(f"{key}={value}\n" for key, value in {"Id": name, **known, "Description": f"About {name}"}.items())


def run(command: str, unit: str) -> None:
    {"enable": enable, "disable": disable, "stop": stop, "is-active": is_active}[command](unit)
