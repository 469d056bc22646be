"""The state of fake zpools, shared by the fake zfs and zpool and the tests.

One JSON file, zfs.json in the folder that BAMS_FAKE_DISKS names, locked for a moment by each program. Devices of zvols
are sparse regular files below dev/zvol in that folder. Few modules of the standard library: each command starts fresh.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import NoReturn

from tests.fakes.tape_robot import Json, locked, log_call, wait_for_file

MIB = 1024 * 1024
PARITY = {"single": 0, "mirror": 0, "raidz1": 1, "raidz2": 2, "raidz3": 3}


class Refused(Exception):
    """The program prints this on standard error and leaves with ``code``."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.text, self.code = text, code


def folder() -> str:
    path = os.environ.get("BAMS_FAKE_DISKS", "")
    if not path:
        sys.exit("this is a fake program of a test: BAMS_FAKE_DISKS is not set")
    return path


def state_path() -> str:
    return os.path.join(folder(), "zfs.json")


def start(argv: Sequence[str]) -> None:
    """Log the call, then do what the test has scripted for it: fail, or wait for a file."""
    path = state_path()
    log_call(path, list(argv))
    line = " ".join(argv)
    with locked(path) as state:
        scripted = next((entry for entry in state["scripted"] if entry["words"] in line), None)
        if scripted:
            state["scripted"].remove(scripted)
        waiting = [pool["gate"] for pool in state["pools"].values() if pool["gate"] and names(argv, pool["name"])]
        loaded = state["module"]
    if scripted and scripted["gate"]:
        wait_for_file(scripted["gate"], path)
    elif scripted:
        refuse(Refused(scripted["text"], scripted["code"]))
    for gate in waiting:
        wait_for_file(gate, path)
    if not loaded:
        refuse(Refused("Failed to initialize the libzfs library.\n"))


def names(argv: Sequence[str], pool: str) -> bool:
    return any(word == pool or word.startswith((f"{pool}/", f"{pool}@")) for word in argv[2:])


def refuse(refused: Refused) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.write(refused.text)
    sys.exit(refused.code)


def next_guid(state: Json) -> str:
    """Above 2**63, as every second real one is."""
    state["guids"] += 1
    return str((1 << 63) + state["guids"] * 1_000_003)


def now(state: Json) -> int:
    state["clock"] += 1
    return int(state["clock"])


def pool_size(layout: str, sizes: Sequence[int]) -> int:
    """Labels take 4.5 MiB of a device; the rest counts in whole metaslabs (16 MiB for small devices)."""
    asizes = [(size - 9 * MIB // 2) // (16 * MIB) * 16 * MIB for size in sizes]
    if layout == "single":
        return sum(asizes)
    smallest: int = min(asizes)
    return smallest if layout == "mirror" else smallest * len(asizes)


def usable(pool: Json) -> int:
    """What datasets can have: without parity and without the slop, half of a small pool but at most 128 MiB or 1/32."""
    total = 0
    for group in pool["groups"]:
        lost = PARITY[group["layout"]] / len(group["devices"])
        total += int(group["size"] * (1 - lost))
    return total - max(total // 32, min(total // 2, 128 * MIB))


def available(pool: Json) -> int:
    held = by_volume(pool)
    return max(0, usable(pool) - sum(used(pool, name, held) for name in pool["datasets"] if "@" not in name))


def used(pool: Json, name: str, held: dict[str, list[str]]) -> int:
    """A thick zvol counts as its reservation, or as what was written when that is more; snapshots come on top.

    ``held`` is by_volume(pool), made once for all.
    """
    dataset = pool["datasets"][name]
    if "@" in name:
        return int(dataset["written"])
    on_top = sum(int(pool["datasets"][snapshot]["written"]) for snapshot in held.get(name, ()))
    return max(int(dataset["refreservation"]), int(dataset["written"])) + on_top


def by_volume(pool: Json) -> dict[str, list[str]]:
    """The names of each zvol's snapshots, oldest first."""
    found: dict[str, list[str]] = {}
    for name in sorted(pool["datasets"], key=lambda name: int(pool["datasets"][name]["order"])):
        if "@" in name:
            found.setdefault(name.partition("@")[0], []).append(name)
    return found


def snapshots(pool: Json, name: str) -> list[str]:
    return by_volume(pool).get(name, [])


def listed(pool: Json) -> Iterator[str]:
    """Datasets in the order of zfs list -r: by name, each with its snapshots behind it."""
    held = by_volume(pool)
    for name in sorted(name for name in pool["datasets"] if "@" not in name):
        yield name
        yield from held.get(name, ())


def reservation(volsize: int, block: int) -> int:
    """What a thick zvol reserves without raidz: its blocks, and two copies of 128 KiB blocks of metadata."""
    count = blocks = -(-volsize // block)
    metadata = 7
    while count > 1:
        count = -(-count // 1024)
        metadata += count
    return blocks * block + metadata * 2 * 128 * 1024


def device(dataset: str) -> str:
    return os.path.join(folder(), "dev", "zvol", dataset.replace(" ", "+"))


def stored(name: str) -> str:
    """Where the content of a snapshot is kept."""
    return os.path.join(folder(), "zfs-snapshots", name)


def resize(path: str, size: int) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "ab") as file:
        file.truncate(size)


def copy_sparse(source: str, target: str) -> None:
    """Copy only what was written: these files are large and nearly empty."""
    if not os.path.exists(source):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(source, "rb") as old, open(target, "wb") as new:
        end = os.fstat(old.fileno()).st_size
        new.truncate(end)
        at = 0
        while at < end:
            try:
                at = os.lseek(old.fileno(), at, os.SEEK_DATA)
            except OSError:  # only a hole is left
                break
            hole = os.lseek(old.fileno(), at, os.SEEK_HOLE)
            os.lseek(new.fileno(), at, os.SEEK_SET)
            at += os.sendfile(new.fileno(), old.fileno(), at, hole - at)


def unlink(path: str) -> None:
    if os.path.exists(path):
        os.unlink(path)
