"""The state of a fake LVM, shared by the fake program and the tests: rules of size and of who belongs to whom.

One JSON file, ``lvm.json`` in the folder that BAMS_FAKE_DISKS names, holds devices and volume groups; ``dev`` beside it
has a sparse file for each active volume. Only few modules of the standard library: the program starts fresh each time.
"""

import os
import sys
import time
import uuid
from typing import Any

Json = dict[str, Any]
EXTENT = 4 * 1024 * 1024
LABEL = 1024 * 1024
CHUNK = 64 * 1024


def folder() -> str:
    path = os.environ.get("BAMS_FAKE_DISKS", "")
    if not path:
        sys.exit("this is a fake program of a test: BAMS_FAKE_DISKS is not set")
    return path


def state_path(directory: str) -> str:
    return os.path.join(directory, "lvm.json")


def new_state(directory: str) -> Json:
    return {
        "dev": os.path.join(directory, "dev"),
        "devices": {},
        "groups": {},
        "homes": [],
        "failures": [],
        "hangs": [],
        "held": [],
        "merges_wait": False,
        "global_filter": "",
        "system": "",
    }


def new_uuid() -> str:
    letters = uuid.uuid4().hex
    cuts = (6, 4, 4, 4, 4, 4, 6)
    return "-".join(letters[sum(cuts[:at]) : sum(cuts[:at]) + cut] for at, cut in enumerate(cuts))


def extents(size: int) -> int:
    return -(-size // EXTENT)


def new_group(state: Json, name: str, paths: list[str]) -> Json:
    group = {
        "uuid": new_uuid(),
        "members": [],
        "volumes": {},
        "tags": [],
        "exported": False,
        "shared": False,
        "system": "",
    }
    state["groups"][name] = group
    add_members(state, group, paths)
    return group


def add_members(state: Json, group: Json, paths: list[str]) -> None:
    for path in paths:
        size = state["devices"][path]["size"]
        member = {"uuid": new_uuid(), "path": path, "extents": (size - LABEL) // EXTENT, "missing": False}
        group["members"].append(member)


def new_volume(kind: str, size: int, **more: Any) -> Json:
    """``kind``: thick, thin-pool, thin, snapshot (thick). ``used`` is the share of a pool, thin volume or snapshot."""
    volume: Json = {
        "uuid": new_uuid(),
        "kind": kind,
        "extents": extents(size),
        "tags": [],
        "created": int(time.time()),
        "origin": "",
        "pool": "",
        "metadata": 0,
        "metadata_used": 10.94,
        "used": 0.0,
        "active": True,
        "open": False,
        "mounted": False,
        "skip": False,
        "health": "",
        "merging": False,
        "invalid": False,
        "suspended": False,
    }
    return volume | more


def metadata_extents(size: int) -> int:
    """What lvm takes for a thin pool's metadata when nobody says: 64 bytes a chunk, at least 2 MiB."""
    return extents(max(2 * 1024 * 1024, size // CHUNK * 64))


def total(group: Json) -> int:
    return sum(int(member["extents"]) for member in group["members"])


def used(group: Json) -> int:
    """Extents that are given away. The spare of the metadata is as large as the largest metadata."""
    volumes = group["volumes"].values()
    spare = max((int(volume["metadata"]) for volume in volumes), default=0)
    return spare + sum(int(v["extents"] + v["metadata"]) for v in volumes if v["kind"] != "thin")


def free(group: Json) -> int:
    return total(group) - used(group)


def snapshots(group: Json, name: str) -> list[str]:
    return [other for other, volume in group["volumes"].items() if volume["origin"] == name]


def device(state: Json, group: str, name: str) -> str:
    return os.path.join(state["dev"], group, name)


def sync_devices(state: Json) -> None:
    """Make and remove the device files, as udev would."""
    for name, group in state["groups"].items():
        home = os.path.join(state["dev"], name)
        os.makedirs(home, exist_ok=True)
        if name not in state["homes"]:
            state["homes"].append(name)
        wanted = {n: v for n, v in group["volumes"].items() if v["active"] and v["kind"] != "thin-pool"}
        there = set(os.listdir(home))
        for gone in there - set(wanted):
            # An inactive volume keeps what is written on it.
            if gone in group["volumes"]:
                os.rename(os.path.join(home, gone), _hidden(state, name, gone))
            else:
                os.unlink(os.path.join(home, gone))
        for volume, about in wanted.items():
            path = os.path.join(home, volume)
            if volume not in there and os.path.exists(_hidden(state, name, volume)):
                os.rename(_hidden(state, name, volume), path)
            size = volume_bytes(group, about)
            if not os.path.exists(path) or os.path.getsize(path) != size:
                with open(path, "ab") as file:
                    file.truncate(size)
    # Other fakes keep their devices in the same folder.
    for name in [name for name in state["homes"] if name not in state["groups"]]:
        state["homes"].remove(name)
        home = os.path.join(state["dev"], name)
        for left in os.listdir(home):
            os.unlink(os.path.join(home, left))
        os.rmdir(home)


def volume_bytes(group: Json, volume: Json) -> int:
    """The size of a volume's device: a thick snapshot looks like its origin."""
    if volume["kind"] == "snapshot" and volume["origin"] in group["volumes"]:
        volume = group["volumes"][volume["origin"]]
    size: int = volume["extents"] * EXTENT
    return size


def content(state: Json, group: str, name: str) -> str:
    """The file with a volume's data, active or not."""
    path = device(state, group, name)
    return path if os.path.exists(path) else _hidden(state, group, name)


def _hidden(state: Json, group: str, name: str) -> str:
    home = os.path.join(os.path.dirname(state["dev"]), "inactive")
    os.makedirs(home, exist_ok=True)
    return os.path.join(home, f"{group}|{name}")


def copy_content(source: str, target: str) -> None:
    """Copy a sparse file, holes left out."""
    if not os.path.exists(source):
        return
    with open(source, "rb") as old, open(target, "wb") as new:
        end = os.fstat(old.fileno()).st_size
        new.truncate(end)
        at = 0
        while at < end:
            try:
                at = os.lseek(old.fileno(), at, os.SEEK_DATA)
            except OSError:
                return
            stop = os.lseek(old.fileno(), at, os.SEEK_HOLE)
            while at < stop:
                block = os.pread(old.fileno(), min(1 << 20, stop - at), at)
                at += os.pwrite(new.fileno(), block, at)
