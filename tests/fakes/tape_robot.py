"""The state of fake tape libraries, shared by the fake programs and the tests.

One JSON file, named by BAMS_FAKE_STATE and locked with flock, holds every library. A program locks it for a moment
only; a move holds the lock of its robot instead, so that other programs see the cartridge under way, and a second move
waits, as with a real robot. Only few modules of the standard library: each program starts fresh for each command.
"""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

POLL_S = 0.005
LIMIT_S = 300.0
"""No fake program outlives this, so a test that fails leaves nothing behind for long."""

Json = dict[str, Any]


class SenseError(Exception):
    """CHECK CONDITION. ``residual`` says whether the device marked the information field valid."""

    def __init__(self, key: int, asc: int, ascq: int, residual: bool | None = None) -> None:
        super().__init__(key, asc, ascq)
        self.key, self.asc, self.ascq = key, asc, ascq
        self.residual = key == 4 if residual is None else residual

    @classmethod
    def scripted(cls, failure: Json) -> "SenseError":
        key, asc, ascq = failure["sense"]
        return cls(key, asc, ascq, failure.get("residual"))


@contextmanager
def locked(path: str) -> Iterator[Json]:
    """The state, for reading and changing; written back when it was changed."""
    with open(path + ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(path) as file:
            text = file.read()
        state: Json = json.loads(text)
        try:
            yield state
        finally:
            changed = json.dumps(state, separators=(",", ":"))
            if changed != text:
                with open(path + ".new", "w") as file:
                    file.write(changed)
                os.replace(path + ".new", path)


@contextmanager
def robot_held(path: str, changer: Json) -> Iterator[None]:
    with open(f"{path}.robot-{changer['serial']}", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def state_path() -> str:
    path = os.environ.get("BAMS_FAKE_STATE", "")
    if not path:
        sys.exit("this is a fake program of a test: BAMS_FAKE_STATE is not set")
    return path


def log_call(path: str, argv: list[str]) -> None:
    with open(path + ".calls", "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps({"argv": argv, "pid": os.getpid()}) + "\n")


def find_device(state: Json, device: str) -> tuple[Json | None, Json | None]:
    """The changer and, when the node is a drive's, the drive behind a device path."""
    real = os.path.realpath(device)
    for changer in state["changers"]:
        if real == os.path.realpath(changer["sg"]):
            return changer, None
        for drive in changer["drives"]:
            if real == os.path.realpath(drive["sg"]):
                return changer, drive
    return None, None


def changer_by_serial(state: Json, serial: str) -> Json:
    return next(changer for changer in state["changers"] if changer["serial"] == serial)


def elements(changer: Json) -> dict[int, Json]:
    """Element address to slot or drive. A slot is {address, ie, cartridge}, a drive has more."""
    return {element["address"]: element for element in (*changer["slots"], *changer["drives"])}


def take_failure(changer: Json, command: str) -> Json | None:
    """The next scripted failure for this command, once."""
    kinds = {command, "any"} | ({"move"} if command in ("load", "unload", "transfer") else set())
    for index, failure in enumerate(changer["failures"]):
        if failure["on"] in kinds:
            found: Json = changer["failures"].pop(index)
            return found
    return None


def wait_for_file(path: str, state: str) -> None:
    """Wait until a file is there. Gives up when the test has removed the state."""
    deadline = time.monotonic() + LIMIT_S
    while not os.path.exists(path):
        if time.monotonic() > deadline or not os.path.exists(state):
            sys.exit(99)
        time.sleep(POLL_S)


def check_offline(changer: Json) -> None:
    if changer["offline"]:
        raise SenseError(2, 0x04, 0x12)


def move(path: str, serial: str, command: str, source: int, target: int) -> None:
    """MOVE MEDIUM between two element addresses, in the time that the library is told to take."""
    with locked(path) as state:
        changer = changer_by_serial(state, serial)
    with robot_held(path, changer):
        with locked(path) as state:
            changer = changer_by_serial(state, serial)
            failure = take_failure(changer, command)
            if failure and failure.get("quiet"):
                sys.exit(0)
            if failure and failure.get("silent"):
                return
            if failure and "sense" in failure and not failure.get("moved"):
                raise SenseError.scripted(failure)
            _check_move(changer, source, target)
            cartridge = elements(changer)[source]["cartridge"]
            elements(changer)[source]["cartridge"] = None
            changer["moving"] = {"from": source, "to": target, "cartridge": cartridge, "pid": os.getpid()}
            gate, seconds = changer["gate"], changer["move_seconds"]
        if gate:
            wait_for_file(gate, path)
        if seconds:
            time.sleep(seconds)
        if failure and failure.get("hang"):
            wait_for_file(failure["hang"], path)
        with locked(path) as state:
            _arrive(changer_by_serial(state, serial), source, target, cartridge)
    if failure and failure.get("moved"):
        raise SenseError.scripted(failure)


def _check_move(changer: Json, source: int, target: int) -> None:
    check_offline(changer)
    places = elements(changer)
    if places[source]["cartridge"] is None:
        raise SenseError(5, 0x3B, 0x0E)
    if places[target]["cartridge"] is not None:
        raise SenseError(5, 0x3B, 0x0D)
    drive = places[source]
    if "serial" in drive:
        if drive["prevented"]:
            raise SenseError(5, 0x53, 0x02)
        if changer["needs_offline"] and not drive["ejected"]:
            raise SenseError(5, 0x3A, 0x00)


def _arrive(changer: Json, source: int, target: int, cartridge: Json) -> None:
    changer["moving"] = None
    place = elements(changer)[target]
    place["cartridge"] = cartridge
    if "serial" not in place:
        return
    place["source"] = source
    cartridge["loads"] = cartridge.get("loads", 0) + 1
    cleaner = str(cartridge["barcode"]).startswith("CLN")
    place["ejected"] = False
    place["cleaning_polls"] = changer["cleaning_polls"] if cleaner else 0
    if cleaner and not place["cleaning_polls"]:
        finish_cleaning(place)


def finish_cleaning(drive: Json) -> None:
    """The drive has cleaned itself: it drops the request and ejects the cartridge."""
    drive["ejected"] = True
    drive["cleaning_polls"] = 0
    if drive["health"]:
        drive["health"]["alerts"] = [flag for flag in drive["health"]["alerts"] if flag not in (20, 21)]
