"""A fake zfs: texts and exit codes as recorded of 2.1.11 and 2.3.9 in tests/recordings/zfs. Only what BAMS uses."""

import sys

from tests.fakes.tape_robot import Json, locked
from tests.fakes.zfs_state import (
    Refused,
    available,
    by_volume,
    copy_sparse,
    device,
    listed,
    next_guid,
    now,
    refuse,
    reservation,
    resize,
    snapshots,
    start,
    state_path,
    stored,
    unlink,
    used,
)

BLOCK = 16384


def zfs_main() -> None:
    argv = sys.argv[1:]
    start(["zfs", *argv])
    try:
        with locked(state_path()) as state:
            text = COMMANDS[argv[0]](state, argv[1:])
    except Refused as refused:
        refuse(refused)
    sys.stdout.buffer.write(text.encode(errors="surrogateescape"))


def version(state: Json, words: list[str]) -> str:
    return f"zfs-{state['version']}-1\nzfs-kmod-{state['version']}-1\n"


def pool_of(state: Json, name: str) -> Json:
    """The pool of a dataset, or the words of zfs about it."""
    pool = state["pools"].get(name.partition("/")[0].partition("@")[0])
    if pool is None:
        raise Refused(f"cannot open '{name}': dataset does not exist\n")
    if pool["health"] == "SUSPENDED":
        raise Refused(f"cannot open '{name}': pool I/O is currently suspended\n")
    return dict(pool) if name == pool["name"] else pool  # the root dataset is not in the list of datasets


def known(state: Json, name: str) -> Json:
    pool = pool_of(state, name)
    if name not in pool["datasets"]:
        raise Refused(f"cannot open '{name}': dataset does not exist\n")
    found: Json = pool["datasets"][name]
    return found


def options(words: list[str]) -> tuple[dict[str, str], list[str], set[str]]:
    """Values of -o, what stands free, and flags."""
    values, free, flags = {}, [], set()
    rest = iter(words)
    for word in rest:
        if word == "-o":
            key, _, value = next(rest).partition("=")
            values[key] = value
        elif word in ("-t", "-V", "-s") and not (word == "-s" and "-V" in words):
            values[word] = next(rest)
        elif word.startswith("-") and word != "-":
            flags.add(word)
        else:
            free.append(word)
    return values, free, flags


def cell(pool: Json, name: str, column: str, held: dict[str, list[str]]) -> str:
    dataset = pool["datasets"][name]
    if column == "name":
        return name
    if column == "used":
        return str(used(pool, name, held))
    if column == "type":
        return "snapshot" if "@" in name else str(dataset["type"])
    if "@" in name and column in ("refreservation", "volmode"):
        return "-"
    return str(dataset[column])


def own(pool: Json, prop: str) -> str:
    """A property of the pool's root dataset."""
    return str(available(pool)) if prop == "available" else pool["properties"].get(prop, ("-",))[0]


def list_(state: Json, words: list[str]) -> str:
    columns = words[words.index("-o") + 1].split(",")
    pool = pool_of(state, words[-1])
    held = by_volume(pool)
    root = f"{pool['name']}\n" if "filesystem" in words[words.index("-t") + 1] else ""
    rows = ("\t".join(cell(pool, name, column, held) for column in columns) + "\n" for name in listed(pool))
    return root + "".join(rows)


def get(state: Json, words: list[str]) -> str:
    at = words.index("-o")
    columns, properties, targets = words[at + 1].split(","), words[at + 2].split(","), words[at + 3 :]
    pool = pool_of(state, targets[0])
    if properties[0] == "available":
        return "".join(f"{own(pool, prop)}\n" for prop in properties)
    if "-r" not in words:
        for name in targets:
            known(state, name)
    rows = [name for name in listed(pool) if "-r" in words or name in targets]
    text = ""
    for name in rows:
        for prop in properties:
            # -s local shows only what is set here: an inherited or received value is not printed.
            value, source = pool["datasets"][name]["properties"].get(prop, ("-", "-"))
            if source == "local" or "local" not in words:
                cells = {"name": name, "property": prop, "value": value, "source": source}
                text += "\t".join(cells[column] for column in columns) + "\n"
    return text


def create(state: Json, words: list[str]) -> str:
    values, (name,), flags = options(words)
    volsize = -(-int(values["-V"]) // BLOCK) * BLOCK
    reserved = reservation(volsize, BLOCK)
    if "-nP" in flags:
        return (
            f"create\t{name}\nproperty\tvolblocksize\t{BLOCK}\nproperty\tvolsize\t{volsize}\n"
            f"property\trefreservation\t{reserved}\n"
        )
    group = name.partition("/")[0]
    pool = state["pools"].get(group)
    if pool is None:
        raise Refused(f"cannot open '{group}': no such pool\n")
    if pool["health"] == "SUSPENDED":
        raise Refused(f"cannot create '{name}': pool I/O is currently suspended\n")
    if name in pool["datasets"]:
        raise Refused(f"cannot create '{name}': dataset already exists\n")
    parent = name.rpartition("/")[0]
    if parent != group and parent not in pool["datasets"]:
        raise Refused(f"cannot create '{name}': parent does not exist\n")
    sparse = "-s" in flags
    if not sparse and reserved > available(pool):
        raise Refused(f"cannot create '{name}': out of space\n")
    pool["datasets"][name] = new_volume(state, volsize, 0 if sparse else reserved, values)
    resize(device(name), volsize)
    return ""


def new_volume(state: Json, volsize: int, reserved: int, values: dict[str, str]) -> Json:
    return {
        "type": "volume",
        "guid": next_guid(state),
        "creation": now(state),
        "order": state["guids"],
        "volsize": volsize,
        "refreservation": reserved,
        "written": 0,
        "volmode": values.get("volmode", "default"),
        "keystatus": "-",
        "is_open": False,
        "properties": {key: (value, "local") for key, value in values.items() if ":" in key},
    }


def set_(state: Json, words: list[str]) -> str:
    *assignments, name = words
    volume = known(state, name)
    for key, _, value in (assignment.partition("=") for assignment in assignments):
        if key == "volsize":
            set_volsize(state, name, volume, int(value))
        elif key == "refreservation" and value == "auto":
            volume["refreservation"] = reservation(volume["volsize"], BLOCK)
        elif ":" in key:
            volume["properties"][key] = (value, "local")
        else:
            volume[key] = value
    return ""


def set_volsize(state: Json, name: str, volume: Json, size: int) -> None:
    if size % BLOCK:
        why = "'volsize' must be a multiple of volume block size (16K)"
        raise Refused(f"cannot set property for '{name}': {why}\n", set_exit(state))
    pool = pool_of(state, name)
    reserved = reservation(size, BLOCK) if volume["refreservation"] else 0
    if reserved - volume["refreservation"] > available(pool):
        raise Refused(f"cannot set property for '{name}': size is greater than available space\n", set_exit(state))
    volume |= {"volsize": size, "refreservation": reserved}
    resize(device(name), size)


def set_exit(state: Json) -> int:
    return 1 if state["version"].startswith("2.1") else 255


def program(state: Json, words: list[str]) -> str:
    """The one channel program that BAMS has: destroy what has this name and this guid."""
    group, source, name, guid = words
    script = sys.stdin.read()
    if source != "-" or "zfs.sync.destroy" not in script:
        raise Refused("Channel program execution failed:\nnot the program that the fake knows\n")
    pool = state["pools"].get(group)
    if pool is None:
        raise Refused(f"cannot open '{group}': no such pool\ncannot open pool '{group}'\n")
    if pool["health"] == "SUSPENDED":
        raise Refused("Channel program execution failed: pool I/O is currently suspended\n")
    dataset = pool["datasets"].get(name)
    if dataset is None:
        raise failed(3, f"bad argument #1 to 'get_prop' (no such dataset '{name}')", "get_prop")
    if dataset["guid"] != guid:
        raise failed(5, f"bams: guid of {name} is {dataset['guid']}, not {guid}")
    if snapshots(pool, name):
        raise failed(16, f"bams: has snapshots: {name} has the snapshot {snapshots(pool, name)[-1]}")
    if dataset["is_open"]:
        raise failed(21, f"bams: busy: {name} is busy")
    del pool["datasets"][name]
    unlink(stored(name) if "@" in name else device(name))
    return "Channel program fully executed and did not produce output.\n"


def failed(line: int, text: str, function: str = "error") -> Refused:
    where = '[string "channel program"]'
    return Refused(
        f"Channel program execution failed:\n{where}:{line}: {text}\nstack traceback:\n"
        f"\t[C]: in function '{function}'\n\t{where}:{line}: in main chunk\n"
    )


def snapshot(state: Json, words: list[str]) -> str:
    values, (name,), _ = options(words)
    volume = name.partition("@")[0]
    try:
        source = known(state, volume)
    except Refused as refused:
        raise Refused(refused.text + "usage:\n\tsnapshot [-r] [-o property=value] ...\n", 2) from None
    pool = pool_of(state, name)
    if name in pool["datasets"]:
        raise Refused(f"cannot create snapshot '{name}': dataset already exists\n")
    if source["refreservation"] and source["written"] > available(pool):
        raise Refused(f"cannot create snapshot '{name}': out of space\n")
    taken = new_volume(state, source["volsize"], 0, values)
    # What the snapshot alone holds: all that was written so far, once the zvol is written anew.
    pool["datasets"][name] = taken | {"written": 0, "referenced": source["written"]}
    copy_sparse(device(volume), stored(name))
    return ""


def rollback(state: Json, words: list[str]) -> str:
    (name,) = words
    taken = known(state, name)
    pool = pool_of(state, name)
    volume = name.partition("@")[0]
    newer = snapshots(pool, volume)
    newer = newer[newer.index(name) + 1 :]
    if newer:
        raise Refused(
            f"cannot rollback to '{name}': more recent snapshots or bookmarks exist\n"
            "use '-r' to force deletion of the following snapshots and bookmarks:\n" + "".join(f"{n}\n" for n in newer)
        )
    target = pool["datasets"][volume]
    reserved = reservation(taken["volsize"], BLOCK) if target["refreservation"] else 0
    target |= {"volsize": taken["volsize"], "refreservation": reserved, "written": taken["referenced"]}
    copy_sparse(stored(name), device(volume))
    return ""


COMMANDS = {
    "version": version,
    "list": list_,
    "get": get,
    "create": create,
    "set": set_,
    "program": program,
    "snapshot": snapshot,
    "rollback": rollback,
}
