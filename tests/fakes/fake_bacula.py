"""Fake bconsole (15.0.3), bacula-sd, bacula-dir, udevadm, and the unit bacula-sd.service of the fake systemctl.

The state is bacula.json in the folder that BAMS_FAKE_DISKS names; tests/fakes/bacula.py makes it. The texts of bconsole
are those of tests/recordings/bacula/console-15.json. Cartridges are those of the fake tape libraries.
"""

import os
import re
import signal
import sys
import time
from collections.abc import Callable

from tests.fakes import bacula_text
from tests.fakes.tape_robot import POLL_S, Json, changer_by_serial, locked, log_call, wait_for_file

SHOWN = "LoadState={load}\nActiveState={active}\nSubState={sub}\nResult={result}\nUser={user}\nGroup={group}\n"
START_FAILED = (
    "Job for bacula-sd.service failed because the control process exited with error code.\n"
    'See "systemctl status bacula-sd.service" and "journalctl -xeu bacula-sd.service" for details.\n'
)


def state_path() -> str:
    return os.path.join(os.environ["BAMS_FAKE_DISKS"], "bacula.json")


def unit_command(command: str, unit: str) -> None:
    """systemctl COMMAND bacula-sd.service or bacula-director.service."""
    if not os.path.exists(state_path()):
        if command == "show":
            sys.stdout.write(
                SHOWN.format(load="not-found", active="inactive", sub="dead", result="success", user="", group="")
            )
            return
        sys.stderr.write(f"Failed to {command} {unit}: Unit {unit} not found.\n")
        sys.exit(5)
    with locked(state_path()) as state:
        if command == "show":
            show(state, unit)
        elif command == "restart" and unit == "bacula-sd.service":
            gate = state["gate"]
            state["restarts"] += 1
            start(state)
        else:
            state["director_reloads"] += command == "reload"
        failed = command == "restart" and not state["active"]
    if command == "restart" and gate:
        wait_for_file(gate, state_path())
    if failed:
        sys.stderr.write(START_FAILED)
        sys.exit(1)


def bacula_unit(unit: str) -> dict[str, str]:
    """Properties of one of Bacula's units; empty when Bacula is not installed."""
    if not os.path.exists(state_path()):
        return {}
    with locked(state_path()) as state:
        active = state["active"] if unit == "bacula-sd.service" else state["director"]
    names = ("active", "running", "success") if active else ("failed", "failed", "exit-code")
    return {"LoadState": "loaded"} | dict(zip(("ActiveState", "SubState", "Result"), names, strict=True))


def show(state: Json, unit: str) -> None:
    active = state["active"] if unit == "bacula-sd.service" else state["director"]
    names = ("active", "running", "success") if active else ("failed", "failed", "exit-code")
    who = {"user": state["user"], "group": state["group"]}
    sys.stdout.write(SHOWN.format(load="loaded", active=names[0], sub=names[1], result=names[2], **who))


def start(state: Json) -> None:
    """A restart kills what runs, and takes the configuration that is there now."""
    state["killed"] += [job["job"] for job in state["running"]]
    state["running"] = []
    try:
        found = bacula_text.read(state["config"])
    except (OSError, bacula_text.Refused):
        state["active"] = False
        return
    of = {kind: [row for k, row in found if k == kind] for kind in bacula_text.ORDER}
    state["active"] = not any(row["Name"] in state["poison"] for row in of["Device"])
    state["directors"], state["autochangers"] = of["Director"], of["Autochanger"]
    state["devices"] = [row for row in of["Device"] if row["Name"] not in state["hidden"]]


# bconsole


def bconsole(argv: list[str]) -> None:
    commands = sys.stdin.read().split("\n")
    with open(state_path() + ".console", "a") as file:
        file.write("".join(f"{line}\n" for line in commands))
    with locked(state_path()) as state:
        reachable, hang, lingers = state["director"], state["console_hangs"], state["console_lingers"]
    sys.stdout.write("Connecting to Director localhost:9101\n")
    if hang:
        wait_for_file(hang, state_path())
    if not reachable:
        sys.stdout.write("Director authorization error at localhost:9101\n")
        sys.exit(1)
    sys.stdout.write("1000 OK: 10002 vm-dir Version: 15.0.3 (25 March 2025)\nEnter a period to cancel a command.\n")
    for command in commands:
        if not command:
            continue
        sys.stdout.write(f"{command}\n")
        if command == "quit":
            if lingers:
                sys.stdout.flush()
                time.sleep(60)
            return
        with locked(state_path()) as state:
            answer(command, state)


def answer(command: str, state: Json) -> None:
    words = command.split()
    given = dict(word.split("=", 1) for word in words if "=" in word)
    say = sys.stdout.write
    if command == ".api 2":
        return
    if command == "yes":
        say("yes: is an invalid command.\n")
        return
    if command == ".storage":
        say("".join(f"{name}\n" for name in state["storages"]))
    elif command == ".pools":
        say("".join(f"{name}\n" for name in state["pools"]))
    elif command == "llist volumes":
        list_volumes(state)
    elif command.startswith("llist jobs"):
        say("Automatically selected Catalog: MyCatalog\n" + "".join(record(job) for job in state["jobs"]))
    elif given.get("storage") not in state["storages"]:
        say(f'Storage resource "{given.get("storage")}": not found\nSelect Storage resource (1-4): ')
    else:
        say('Automatically selected Catalog: MyCatalog\nUsing Catalog "MyCatalog"\n')
        VERBS[words[0]](state, given)


def list_volumes(state: Json) -> None:
    sys.stdout.write("Automatically selected Catalog: MyCatalog\n")
    for pool in sorted(state["pools"]):
        rows = [row for row in state["volumes"] if row["pool"] == pool]
        sys.stdout.write(f"Pool: {pool}\n" + ("" if rows else "No results to list.\n"))
        for row in rows:
            shown = {"MediaId": 1, "VolumeName": row["name"], "Slot": row["slot"], "MediaType": "LTO-8"}
            shown |= {"LastWritten": row.get("written", 0), "VolBytes": 64512, "VolStatus": row["status"], "Enabled": 1}
            sys.stdout.write(record(shown | {"VolRetention": 31536000, "InChanger": int(bool(row["slot"]))}))


def record(row: Json) -> str:
    return "".join(f"{key:>17}: {value}\n" for key, value in row.items()) + "\n"


def library(storage: str, change: Callable[[Json], None]) -> None:
    with locked(os.environ["BAMS_FAKE_STATE"]) as tapes:
        change(changer_by_serial(tapes, storage))


def slots_of(storage: str) -> dict[int, str]:
    found: dict[int, str] = {}

    def look(changer: Json) -> None:
        for number, slot in enumerate(changer["slots"], 1):
            if slot["cartridge"] and not slot["ie"]:
                found[number] = slot["cartridge"]["barcode"]
        for drive in changer["drives"]:
            if drive["cartridge"] and drive["source"]:
                found[drive["source"] - 4095] = drive["cartridge"]["barcode"]

    library(storage, look)
    return found


def update(state: Json, given: dict[str, str]) -> None:
    for number, barcode in sorted(slots_of(given["storage"]).items()):
        known = next((row for row in state["volumes"] if row["name"] == barcode), None)
        if known is None:
            sys.stdout.write(f'Volume "{barcode}" not found in catalog. Slot={number} InChanger set to zero.\n')
        elif known["slot"] == number:
            sys.stdout.write(f'Catalog record for Volume "{barcode}" is up to date.\n')
        else:
            known["slot"] = number
            sys.stdout.write(f'Catalog record for Volume "{barcode}" updated to reference slot {number}.\n')


def label(state: Json, given: dict[str, str]) -> None:
    if given["pool"] not in state["pools"]:
        sys.stdout.write(
            f'Could not find Pool "{given["pool"]}": ERR=Pool record not found in Catalog.\nSelect the Pool (1-5): '
        )
        return
    there = slots_of(given["storage"])
    for number in slot_numbers(given["slots"]):
        name = there[number]
        row = {"name": name, "pool": given["pool"], "slot": number, "status": "Append"}
        if any(known["name"] == name for known in state["volumes"]):
            sys.stdout.write(f'Media record for Slot {number} Volume "{name}" already exists.\n')
        elif name.startswith("CLN"):
            state["volumes"].append(row | {"slot": 0, "status": "Cleaning"})
            sys.stdout.write(f'Catalog record for cleaning tape "{name}" successfully created.\n')
        elif name in state["labelled"]:
            sys.stdout.write(f'3920 Cannot label Volume because it is already labeled: "{name}"\n')
            sys.stdout.write(f"Label command failed for Volume {name}.\n")
        else:
            state["volumes"].append(row)
            state["labelled"].append(name)
            sys.stdout.write(
                'block_util.c:529 Volume data error at 0:0! Wanted ID: "BB03", got "\\00". Buffer discarded.\n'
            )
            sys.stdout.write(f'3000 OK label. VolBytes=64512 VolType=2 Volume="{name}" Device="d" (/dev/nst0)\n')
            sys.stdout.write(f'Catalog record for Volume "{name}", Slot {number}  successfully created.\n')


def slot_numbers(text: str) -> list[int]:
    pairs = [part.split("-") for part in text.split(",")]
    return [number for pair in pairs for number in range(int(pair[0]), int(pair[-1]) + 1)]


def mount(state: Json, given: dict[str, str]) -> None:
    drive, slot = int(given["drive"]), int(given.get("slot", 0))

    def load(changer: Json) -> None:
        place = changer["drives"][drive]
        place["cartridge"], place["source"] = changer["slots"][slot - 1]["cartridge"], 4095 + slot
        changer["slots"][slot - 1]["cartridge"] = None

    if slot:
        library(given["storage"], load)
        sys.stdout.write(f'3305 Autochanger "load Volume , Slot {slot}, Drive {drive}", status is OK.\n')
    sys.stdout.write('3001 Mounted Volume: X\n3001 Device ""d" (/dev/nst0)" is mounted with Volume "X"\n')


def close_drive(pid: int) -> None:
    """The program that stands for bacula-sd lets its drive go."""
    os.kill(pid, signal.SIGTERM)
    while any(target.startswith(os.environ["BAMS_FAKE_DISKS"]) for target in open_files(pid)):
        time.sleep(POLL_S)


def open_files(pid: int) -> list[str]:
    folder = f"/proc/{pid}/fd"
    try:
        return [os.readlink(f"{folder}/{name}") for name in os.listdir(folder)]
    except OSError:
        return []


def give_back(word: str, code: str) -> Callable[[Json, dict[str, str]], None]:
    def verb(state: Json, given: dict[str, str]) -> None:
        drive = int(given["drive"])
        if given["storage"] in state["busy"]:
            sys.stdout.write('3937 Device ""d" (/dev/nst0)" is busy with 1 writers=1 reserved=0.\n')
            return
        if word == "released" and "slot" not in given:
            sys.stdout.write("Enter autochanger slot: ")
            return

        def unload(changer: Json) -> None:
            place = changer["drives"][drive]
            if place["cartridge"] and place["source"]:
                changer["slots"][place["source"] - 4096]["cartridge"] = place["cartridge"]
                place["cartridge"] = place["source"] = None

        library(given["storage"], unload)
        for pid in state["holders"]:
            close_drive(pid)
        sys.stdout.write(f'{code} Device ""d" (/dev/nst0)" {word}.\n')

    return verb


def switch(word: str) -> Callable[[Json, dict[str, str]], None]:
    def verb(state: Json, given: dict[str, str]) -> None:
        sys.stdout.write(f'3002 Device ""d" (/dev/nst0)" {word}.\n')

    return verb


VERBS: dict[str, Callable[[Json, dict[str, str]], None]] = {
    "update": update,
    "label": label,
    "mount": mount,
    "unmount": give_back("unmounted", "3002"),
    "release": give_back("released", "3022"),
    "enable": switch("enabled"),
    "disable": switch("disabled"),
}


def main(program: str) -> None:
    argv = [program, *sys.argv[1:]]
    if not os.environ.get("BAMS_FAKE_DISKS"):
        sys.exit("this is a fake program of a test: BAMS_FAKE_DISKS is not set")
    log_call(state_path(), argv)
    if program == "bconsole":
        bconsole(argv)
    elif re.fullmatch("bacula-(sd|dir)", program):
        bacula_text.bacula_test(argv)
