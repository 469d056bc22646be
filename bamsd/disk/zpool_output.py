"""What ``zpool`` prints, as values. Pure functions of text.

``zpool list -Hp`` is the same in all versions. ``zpool status`` speaks JSON since ZFS 2.3; the text form is that of 2.1
and 2.2. Recordings of 2.1.11 and 2.3.9 are in tests/recordings/zfs. Paths and states can come from a foreign disk's
label, so they are hostile.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bamsd.disk.models import Health, Member, Pool
from bamsd.errors import ToolFailed, shown

LIST_COLUMNS = ("name", "guid", "size", "free", "capacity", "health")

_HEALTH: Mapping[str, Health] = {
    "ONLINE": "online",
    "DEGRADED": "degraded",
    "FAULTED": "faulted",
    "SUSPENDED": "suspended",
    "UNAVAIL": "missing",
    "REMOVED": "missing",
    "OFFLINE": "missing",
}
NO_METADATA = "A zpool keeps data and metadata in the same space."
UNREADABLE = "ZFS does not tell it."
UNPLUGGED = "its device node is gone"
_VERSION = re.compile(r"^zfs-(\d{1,4})\.(\d{1,4})", re.MULTILINE)
_GROUP = re.compile(r"(mirror|raidz[123]?|draid[0-9:a-z]*|replacing|spare|indirect|hole)-\d+")
_SECTIONS = {"logs": "log", "cache": "cache", "spares": "spare", "special": "special", "dedup": "dedup"}
_JSON_SECTIONS = {
    "vdevs": "",
    "logs": "log",
    "l2cache": "cache",
    "spares": "spare",
    "special": "special",
    "dedup": "dedup",
}
_DEEPEST = 16
_ERRORS = re.compile(r"\b(read|write) errors")


@dataclass(frozen=True, slots=True)
class Status:
    """``zpool status`` of one pool: what its lines say is wrong, its devices, and whether data was lost."""

    state: str
    text: str
    members: tuple[Member, ...]
    has_data_errors: bool
    is_unplugged: bool = False
    """No device is left, though ZFS does not say so: see ``unplugged``."""


def parse_version(text: str) -> tuple[int, int]:
    """Major and minor version of the programs (not of the module), from ``zfs version``."""
    found = _VERSION.search(text)
    if found is None:
        raise ToolFailed("zfs version printed no version: run it by hand and look at what it prints.")
    return int(found[1]), int(found[2])


def parse_names(text: str) -> tuple[str, ...]:
    """Pool names of ``zpool list -H -o name``. A pool's name holds no line break (zpoolconcepts(7))."""
    return tuple(line for line in text.split("\n") if line)


def parse_list(text: str) -> Pool:
    """The one pool of ``zpool list -Hp -o`` with LIST_COLUMNS, without its devices and its free space.

    A figure that the pool does not have (it is UNAVAIL) is None, with a reason. Raises ToolFailed for another text.
    """
    rows = [line.split("\t") for line in text.split("\n") if line]
    if len(rows) != 1 or len(rows[0]) != len(LIST_COLUMNS):
        raise ToolFailed("zpool list did not print the one line that was asked for: run it by hand.")
    name, guid, size, free, capacity, health = rows[0]
    figures = {"size_bytes": _number(size), "data_percent": _number(capacity)}
    missing = {figure: UNREADABLE for figure, value in figures.items() if value is None}
    percent = _share(_number(size), _number(free))
    return Pool(
        kind="zfs",
        name=shown(name),
        uuid=guid if guid.isascii() and guid.isdigit() else "",
        size_bytes=figures["size_bytes"],
        free_bytes=None,
        data_percent=percent if percent is not None else figures["data_percent"],
        metadata_percent=None,
        health=_HEALTH.get(health, "unknown"),
        reasons={"metadata_percent": NO_METADATA, "free_bytes": UNREADABLE, **missing},
    )


def _number(text: object) -> int | None:
    plain = str(text)
    return int(plain) if len(plain) <= 20 and plain.isascii() and plain.isdigit() else None


def _share(size: int | None, free: int | None) -> float | None:
    """Percent in use to two places; ZFS's own ``capacity`` is rounded down to whole percents."""
    if not size or free is None or free > size:
        return None
    return round(100 * (size - free) / size, 2)


def parse_status_json(text: str, pool: str) -> Status:
    """``zpool status -j -P -p POOL`` (2.3). Raises ToolFailed when the text is no such JSON."""
    try:
        entry = json.loads(text)["pools"][pool]
        members = tuple(
            member for key, role in _JSON_SECTIONS.items() for member in _leaves(entry.get(key, {}), role, 0)
        )
        said = [str(entry[key]) for key in ("status", "action") if entry.get(key)]
        return Status(str(entry["state"]), _joined(said), members, str(entry.get("error_count", "0")) != "0")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ToolFailed(f"zpool status printed no usable JSON about pool {shown(pool)}: run it by hand.") from None


def failing(status: Status) -> tuple[str, ...]:
    """The paths of devices that ZFS calls online although reading or writing failed there."""
    return tuple(m.path for m in status.members if m.state == "online" and _ERRORS.search(m.reason))


def unplugged(status: Status, gone: Collection[str]) -> Status:
    """The status with what ZFS does not notice: failing devices whose nodes are ``gone``.

    Seen with 2.3.9, without zed, when the only disk of a pool was pulled out: all writes wait for ever, and the pool
    and its disk stay ONLINE, with some data errors and ever more write errors (recordings status-unplugged).
    """
    if not gone:
        return status
    members = tuple(replace(m, state="missing", reason=UNPLUGGED) if m.path in gone else m for m in status.members)
    return replace(status, members=members, is_unplugged=all(member.state != "online" for member in members))


def _leaves(vdevs: Mapping[str, Any], role: str, depth: int) -> Iterator[Member]:
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    for vdev in vdevs.values():
        inner = vdev.get("vdevs")
        if inner:
            yield from _leaves(inner, role, depth + 1)
        elif "path" in vdev or vdev.get("vdev_type") in ("disk", "file", "missing"):
            yield _member(vdev, role)


def _member(vdev: Mapping[str, Any], role: str) -> Member:
    size = _number(vdev.get("phys_space", "")) or _number(vdev.get("total_space", ""))
    was = vdev.get("was") or vdev.get("path")
    errors = [vdev.get(f"{kind}_errors", "0") for kind in ("read", "write", "checksum")]
    words = [role, vdev.get("aux", ""), vdev.get("not_present") and "was not found", _errors(*errors)]
    path = str(was or vdev.get("name", ""))
    # The JSON has the kernel's word where the text has UNAVAIL.
    state = str(vdev.get("state", "unknown")).replace("CANT_OPEN", "UNAVAIL").lower()
    return Member(shown(path), size, shown(state), _joined(words, ", "))


def _errors(read: object, write: object, checksum: object) -> str:
    kinds = (("read", read), ("write", write), ("checksum", checksum))
    return ", ".join(f"{shown(str(count))} {kind} errors" for kind, count in kinds if str(count) not in ("0", "-", ""))


def _joined(parts: list[Any], between: str = " ") -> str:
    """One line of several texts; tabs and line breaks inside them are the layout of zpool, not content."""
    return between.join(shown(" ".join(str(part).split())) for part in parts if part)


def parse_status_text(text: str) -> Status:
    """``zpool status -P POOL`` in words (all versions). Sizes of devices are not in it, so they are None."""
    fields = _fields(text)
    state = fields.get("state", "")
    if not state:
        raise ToolFailed("zpool status printed no state: run it by hand and look at what it prints.")
    said = [fields[key] for key in ("status", "action") if key in fields]
    errors = fields.get("errors", "")
    lost = bool(errors) and not errors.startswith("No known data errors")
    return Status(state, _joined(list(said)), tuple(_members(text)), lost)


def _fields(text: str) -> dict[str, str]:
    """The paragraphs before and after the table. Lines that go on begin with a tab."""
    fields: dict[str, str] = {}
    key = ""
    for line in text.split("\n"):
        found = re.match(r" *([a-z]+): ?(.*)", line)
        if found and not line.startswith("\t"):
            key = found[1]
            fields.setdefault(key, found[2].strip())
        elif line.startswith("\t") and key and key not in ("config", "errors"):
            fields[key] += " " + line.strip()
    return fields


def _members(text: str) -> Iterator[Member]:
    _, _, table = text.partition("\nconfig:\n")
    role = ""
    rows = [line[1:] for line in table.partition("\nerrors:")[0].split("\n") if line.startswith("\t")]
    for row in rows[2:]:  # behind the heading and the pool itself
        words = row.split()
        if not words:
            continue
        if not row.startswith(" "):
            role = _SECTIONS.get(words[0], words[0])
        elif not _GROUP.fullmatch(words[0]):
            yield _text_member(row.strip(), role)


def _text_member(row: str, role: str) -> Member:
    """NAME STATE READ WRITE CKSUM and a remark; a spare has no counters. A path may hold blanks."""
    found = re.match(r"(.+?) +([A-Z]{5,9})(?: +([0-9.KMGTPE]+) +([0-9.KMGTPE]+) +([0-9.KMGTPE]+))?(.*)", row)
    if found is None:
        return Member(shown(row), None, "unknown", role)
    name, state, read, write, checksum, remark = found.groups()
    before, was, path = remark.partition("was ")
    words = [role, before.strip(), was and "was not found", _errors(read or "0", write or "0", checksum or "0")]
    return Member(shown(path.strip() or name), None, state.lower(), _joined(words, ", "))
