"""A fake systemctl (systemd 257) for mount units, which it "mounts" in the fake host's mountinfo, and for Bacula's."""

import fcntl
import json
import os
import sys

from tests.fakes import device_header
from tests.fakes.fake_bacula import SHOWN, unit_command
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


def show(names: list[str]) -> None:
    """One block a unit, an empty line between two. Bacula's units have a state of their own."""
    for number, unit in enumerate(names):
        sys.stdout.write("\n" if number else "")
        if unit in ("bacula-sd.service", "bacula-director.service"):
            unit_command("show", unit)
        else:
            show_service(unit)


def show_service(unit: str) -> None:
    active = services().get(unit)
    values = {"load": "loaded" if active else "not-found", "active": active or "inactive", "user": "", "group": ""}
    failed = active == "failed"
    sub, result = ("failed", "exit-code") if failed else ("running" if active == "active" else "dead", "success")
    sys.stdout.write(SHOWN.format(**values, sub=sub, result=result))


def services() -> dict[str, str]:
    """ActiveState of the services that are installed, as a test wrote them (FakeHost.service)."""
    try:
        with open(os.path.join(os.environ["BAMS_FAKE_DISKS"], "services.json")) as file:
            found: dict[str, str] = json.load(file)
            return found
    except FileNotFoundError:
        return {}


def systemctl(argv: list[str]) -> None:
    command, unit = argv[1], argv[-1]
    if command == "daemon-reload":
        return
    if command == "show":
        show(argv[argv.index("--") + 1 :])
        return
    if unit.startswith("bacula-"):
        unit_command(command, unit)
        return
    with open(f"{units()}.lock", "a") as lock:
        # systemd does one thing after the other; two commands must not lose each other's mounts.
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(command, unit)


def run(command: str, unit: str) -> None:
    {"enable": enable, "disable": disable, "stop": stop, "is-active": is_active}[command](unit)
