"""A fake zpool: texts and exit codes as recorded of 2.1.11 and 2.3.9 in tests/recordings/zfs. Only what BAMS uses."""

import json
import os
import sys
from collections.abc import Iterator

from tests.fakes.tape_robot import Json, locked
from tests.fakes.zfs_state import MIB, PARITY, Refused, next_guid, pool_size, refuse, start, state_path, unlink

OUTPUT_VERSION = {"command": "zpool status", "vers_major": 0, "vers_minor": 1}
KINDS = {"raidz1": "raidz", "raidz2": "raidz", "raidz3": "raidz", "mirror": "mirror"}
FORCE = "invalid vdev specification\nuse '-f' to override the following errors:\n"


def zpool_main() -> None:
    argv = sys.argv[1:]
    start(["zpool", *argv])
    try:
        with locked(state_path()) as state:
            text = COMMANDS[argv[0]](state, argv[1:])
    except Refused as refused:
        refuse(refused)
    sys.stdout.buffer.write(text.encode(errors="surrogateescape"))


def known(state: Json, name: str) -> Json:
    pool: Json | None = state["pools"].get(name)
    if pool is None:
        raise Refused(f"cannot open '{name}': no such pool\n")
    return pool


def size_of(pool: Json) -> int:
    return sum(int(group["size"]) for group in pool["groups"])


def raw_used(pool: Json) -> int:
    """What is written, with parity. Reservations take nothing from a zpool's own free space."""
    total = sum(int(dataset["written"]) for dataset in pool["datasets"].values())
    group = pool["groups"][0]
    devices = len(group["devices"])
    return min(size_of(pool), total * devices // (devices - PARITY[group["layout"]]))


def list_(state: Json, words: list[str]) -> str:
    if words == ["-H", "-o", "name"]:
        return "".join(f"{name}\n" for name in sorted(state["pools"]))
    pool = known(state, words[-1])
    size = size_of(pool)
    cells = {
        "name": pool["name"],
        "guid": pool["guid"],
        "size": size,
        "free": size - raw_used(pool),
        "capacity": 100 * raw_used(pool) // size,
        "health": pool["health"],
    }
    return "\t".join(str(cells[column]) for column in words[words.index("-o") + 1].split(",")) + "\n"


def status(state: Json, words: list[str]) -> str:
    if "-j" not in words:
        return status_text(known(state, words[-1]))
    if not state["version"].startswith("2.3"):
        raise Refused("invalid option 'j'\nusage:\n\tstatus [-c [script1,script2,...]] [-igLpPstvxD]  [-T d|u]\n", 2)
    pool = known(state, words[-1])
    entry = {"name": pool["name"], "state": pool["health"], "pool_guid": pool["guid"], "txg": "4"}
    entry |= {key: pool[key].replace("\n", "\n\t") + "\n" for key in ("status", "action") if pool[key]}
    root = vdev_json(pool["name"], "root", pool["health"] if pool["health"] != "SUSPENDED" else "ONLINE")
    root["vdevs"] = {}
    for title, group in titled(pool):
        leaves = {leaf_name(device): leaf_json(device) for device in group["devices"]}
        if title:
            kind = KINDS[group["layout"]]
            root["vdevs"][title] = vdev_json(title, kind, group_state(group)) | {"vdevs": leaves}
        else:
            root["vdevs"] |= leaves
    entry |= {"vdevs": {pool["name"]: root}, "error_count": str(pool["data_errors"])}
    whole = {"output_version": OUTPUT_VERSION, "pools": {pool["name"]: entry}}
    text = json.dumps(whole, separators=(",", ":"), ensure_ascii=False) + "\n"
    # The real one stops in the middle of the string, and leaves with 0 all the same.
    first = next((at for at, char in enumerate(text) if ord(char) > 127), len(text))
    return text if first == len(text) else text[:first] + "\n"


def titled(pool: Json) -> Iterator[tuple[str, Json]]:
    """Each group with its name in zpool status; devices of a stripe have none."""
    for index, group in enumerate(pool["groups"]):
        yield ("" if group["layout"] == "single" else f"{group['layout']}-{index}"), group


def vdev_json(name: str, kind: str, state: str) -> Json:
    errors = {f"{kind}_errors": "0" for kind in ("read", "write", "checksum")}
    return {"name": name, "vdev_type": kind, "guid": "1", "class": "normal", "state": state} | errors


def leaf_name(device: Json) -> str:
    """A device that is gone is listed by its guid."""
    return str(device["guid"] if device["state"] == "UNAVAIL" else device["path"])


def leaf_json(device: Json) -> Json:
    found = vdev_json(leaf_name(device), "disk", device["state"]) | {
        "guid": device["guid"],
        "path": device["path"],
        "rep_dev_size": str(device["size"]),
        "checksum_errors": str(device["checksum_errors"]),
        "write_errors": str(device["write_errors"]),
    }
    if device["state"] == "UNAVAIL":
        return found | {"state": "CANT_OPEN", "not_present": "1", "was": device["path"]}
    return found | {"phys_space": str(device["size"]), "slow_ios": "0"}


def group_state(group: Json) -> str:
    return "ONLINE" if all(device["state"] == "ONLINE" for device in group["devices"]) else "DEGRADED"


def status_text(pool: Json) -> str:
    rows = [("", pool["name"], pool["health"] if pool["health"] != "SUSPENDED" else "ONLINE", "0", "0", "")]
    for title, group in titled(pool):
        if title:
            rows.append(("  ", title, group_state(group), "0", "0", ""))
        for device in group["devices"]:
            remark = f"  was {device['path']}" if device["state"] == "UNAVAIL" else ""
            indent = "    " if title else "  "
            errors = (str(device["write_errors"]), str(device["checksum_errors"]))
            rows.append((indent, leaf_name(device), device["state"], *errors, remark))
    width = max(len(indent + name) for indent, name, *_ in rows)
    lines = [f"\t{'NAME':{width}}  STATE     READ WRITE CKSUM\n"]
    for indent, name, state, write, checksum, remark in rows:
        lines.append(f"\t{indent + name:{width}}  {state:8} {0:5} {write:>5} {checksum:>5}{remark}\n")
    said = "".join(f"{key}: " + pool[key].replace("\n", "\n\t") + "\n" for key in ("status", "action") if pool[key])
    lost = pool["data_errors"]
    known_errors = f"{lost} data errors, use '-v' for a list" if lost else "No known data errors"
    head = f"  pool: {pool['name']}\n state: {pool['health']}\n{said}config:\n\n"
    return head + "".join(lines) + f"\nerrors: {known_errors}\n"


def create(state: Json, words: list[str]) -> str:
    properties: Json = {}
    while words[0] == "-O":
        name, _, value = words[1].partition("=")
        properties |= {name: [value, "local"]} if ":" in name else {}
        words = words[2:]
    name = words[0]
    if name in state["pools"]:
        raise Refused(f"cannot create '{name}': pool already exists\n")
    group = new_group(state, f"cannot create '{name}'", words[1:])
    state["pools"][name] = new_pool(state, name, [group]) | {"properties": properties}
    return ""


def new_pool(state: Json, name: str, groups: list[Json]) -> Json:
    return {
        "name": name,
        "guid": next_guid(state),
        "groups": groups,
        "health": "ONLINE",
        "status": "",
        "action": "",
        "data_errors": 0,
        "gate": "",
        "properties": {},
        "datasets": {},
    }


def new_group(state: Json, failing: str, words: list[str]) -> Json:
    layout, paths = (words[0], words[1:]) if words[0] in PARITY else ("single", words)
    taken = {
        device["path"]: pool["name"]
        for pool in state["pools"].values()
        for group in pool["groups"]
        for device in group["devices"]
    }
    for path in paths:
        if not os.path.exists(path):
            raise Refused(f"cannot resolve path '{path}'\n")
        if path in taken:
            raise Refused(f"{FORCE}{path} is part of active pool '{taken[path]}'\n")
    sizes = [os.stat(path).st_size for path in paths]
    if min(sizes) < 64 * MIB:
        raise Refused(f"{failing}: one or more devices is less than the minimum size (64M)\n")
    return group_of(state, layout, dict(zip(paths, sizes, strict=True)))


def group_of(state: Json, layout: str, sizes: dict[str, int]) -> Json:
    devices = [
        {
            "path": path,
            "size": size,
            "state": "ONLINE",
            "guid": next_guid(state),
            "checksum_errors": 0,
            "write_errors": 0,
        }
        for path, size in sizes.items()
    ]
    return {"layout": layout, "size": pool_size(layout, list(sizes.values())), "devices": devices}


def add(state: Json, words: list[str]) -> str:
    pool = known(state, words[0])
    group = new_group(state, f"cannot add to '{words[0]}'", words[1:])
    has = KINDS.get(pool["groups"][0]["layout"], "disk")
    new = KINDS.get(group["layout"], "disk")
    if has != new:
        raise Refused(f"{FORCE}mismatched replication level: pool uses {has} and new vdev is {new}\n")
    pool["groups"].append(group)
    return ""


def destroy(state: Json, words: list[str]) -> str:
    pool = known(state, words[0])
    if pool["health"] == "SUSPENDED":
        raise Refused(f"cannot open '{words[0]}': pool I/O is currently suspended\n")
    for name in pool["datasets"]:
        unlink(os.path.join(os.environ["BAMS_FAKE_DISKS"], "dev", "zvol", name))
    del state["pools"][words[0]]
    return ""


COMMANDS = {"list": list_, "status": status, "create": create, "add": add, "destroy": destroy}
