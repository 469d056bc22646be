"""What configfs of LIO shows, in the words of ``lio_kinds``. Functions for a thread; texts as Linux 6.12 writes them.

An initiator chooses its alias, which stands in ``info`` before the kernel's own lines: so the last match counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bamsd.iscsi.lio_kinds import GUARDS, PARAMETERS, QUEUED_COMMANDS, UNSET
from bamsd.iscsi.lio_ops import acl, group
from bamsd.iscsi.models import Secret, Session
from bamsd.iscsi.objects import Attributes, Key, Objects, Value
from bamsd.iscsi.tree import Tree

BACKSTORES = ("iblock", "fileio")
_ADAPTER = re.compile(r"([a-z]+)_\d{1,10}")
_NUMBERED = re.compile(r"lun_(\d{1,5})")
_SERIAL = "T10 VPD Unit Serial Number:"
_FILE = re.compile(r"  Size: (\d+)  Mode: (\S+)")
_SESSION = re.compile(r"^LIO Session ID: (\d+)", re.MULTILINE)
_ADDRESS = re.compile(r"^ +Address (\S+) ", re.MULTILINE)
_DISCOVERY = "discovery_auth"
_BESIDE_LINKS = frozenset({"statistics", "write_protect"})
_FILES = frozenset({"hba_info", "hba_mode", "lio_version", "cpus_allowed_list"})
"""Files beside folders, so that they need not be asked what they are."""


@dataclass(slots=True)
class Found:
    """A reading under way. ``places`` are the folders of devices by backstore and name: iblock_3/NAME."""

    objects: dict[Key, Attributes] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)
    odd: dict[str, str] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    numbered: bool | None = None
    """Whether rel_tgt_id can be set; None when there is no target to tell."""


def read_all(tree: Tree, known: Objects) -> Found:
    """The login parameters of a target that is in ``known`` are taken from there."""
    found = Found()
    _devices(tree, found)
    for iqn in targets(tree):
        _target(tree, iqn, found, known.get(Key("target", (iqn,)), {}))
    return found


def targets(tree: Tree) -> Iterator[str]:
    """Names of the iSCSI targets; none when that part of LIO is not loaded."""
    for name in _folders(tree, "iscsi"):
        if name != _DISCOVERY:
            yield name


def _devices(tree: Tree, found: Found) -> None:
    names: set[str] = set()
    for adapter in _folders(tree, "core"):
        store = _ADAPTER.fullmatch(adapter)
        if store is None:
            continue
        for name in _folders(tree, f"core/{adapter}"):
            if name in names:
                found.odd[name] = f"LIO has two devices with the name {name}."
            if store[1] not in BACKSTORES:
                found.odd[name] = f"Its kind is {store[1]}, which BAMS does not use."
            names.add(name)
            found.places[(store[1], name)] = f"{adapter}/{name}"
            found.objects[Key("device", (name,))] = _device(tree, f"core/{adapter}/{name}", store[1])


def _device(tree: Tree, home: str, store: str) -> Attributes:
    read = {
        "backstore": store,
        "path": _line(tree, f"{home}/udev_path"),
        "serial": _line(tree, f"{home}/wwn/vpd_unit_serial").removeprefix(_SERIAL).strip(),
        "active": "yes" if _line(tree, f"{home}/enable") == "1" else "no",
    }
    unmaps = _line(tree, f"{home}/attrib/emulate_tpu") != "0"
    able = _line(tree, f"{home}/attrib/max_unmap_block_desc_count") not in ("0", "")
    read["unmap"] = "yes" if unmaps or not able else "no"
    if store == "fileio":
        told = _FILE.findall(_text(tree, f"{home}/info"))
        size, mode = told[-1] if told else ("0", "")
        read["size"] = size
        read["write_through"] = "no" if mode.startswith("Buffered") else "yes"
    return read


def file_size(tree: Tree, home: str) -> int:
    """Bytes that the kernel tells for a file. The last match counts: the file's name stands before it."""
    told = _FILE.findall(_text(tree, f"{home}/info"))
    return int(told[-1][0]) if told else 0


def _target(tree: Tree, iqn: str, found: Found, known: Attributes) -> None:
    groups = [name for name in _entries(tree, f"iscsi/{iqn}") if name.startswith("tpgt_")]
    if groups != ["tpgt_1"]:
        if groups:
            found.odd[iqn] = "It has portal groups besides tpgt_1."
        if "tpgt_1" not in groups:
            found.objects[Key("target", (iqn,))] = {"group": ""}
            return
    home = group(iqn)
    number = _relative(tree, iqn)
    # A target that goes away during the reading has no file left, which says nothing about this kernel.
    if number is not None or _line(tree, f"{home}/enable"):
        found.numbered = number is not None
    numbers = {"rel_tgt_id": number} if number else {}
    read = {"group": "tpgt_1", "alias": _line(tree, f"{home}/param/TargetAlias"), **numbers}
    read[QUEUED_COMMANDS] = _line(tree, f"{home}/attrib/default_cmdsn_depth")
    for name in ("authentication", *GUARDS):
        read[name] = _line(tree, f"{home}/attrib/{name}")
    for name in (*PARAMETERS, "AuthMethod"):
        read[name] = str(known.get(name, "")) or _line(tree, f"{home}/param/{name}")
    if read["generate_node_acls"] != "0":
        found.odd[iqn] = "It lets in every initiator, also one without an ACL."
    found.objects[Key("target", (iqn,))] = read
    for name in _entries(tree, f"{home}/np"):
        found.objects[Key("portal", (iqn, name))] = {}
    if _line(tree, f"{home}/enable") == "1":
        found.objects[Key("enabled", (iqn,))] = numbers
    _luns(tree, iqn, found)
    for initiator in _entries(tree, f"{home}/acls"):
        _acl(tree, iqn, initiator, found)


def _relative(tree: Tree, iqn: str) -> str | None:
    """Decimal, though the kernel shows 0x4d. None where it has no such attribute."""
    text = _line(tree, f"{group(iqn)}/rtpi")
    try:
        return str(int(text, 0))
    except ValueError:
        return None


def _luns(tree: Tree, iqn: str, found: Found) -> None:
    for number, home in _numbered(tree, f"{group(iqn)}/lun"):
        name, to = _link(tree, home)
        adapter, device = ("", "") if not name else to.split("/")[-2:]
        store = adapter.rsplit("_", 1)[0]
        found.objects[Key("lun", (iqn, number))] = {"device": device, "backstore": store, "link": name}


def _acl(tree: Tree, iqn: str, initiator: str, found: Found) -> None:
    home = acl(iqn, initiator)
    read: dict[str, Value] = {
        QUEUED_COMMANDS: _line(tree, f"{home}/cmdsn_depth"),
        "authentication": _line(tree, f"{home}/attrib/authentication") or "-1",
        "userid": _credential(tree, f"{home}/auth/userid"),
        "password": Secret(_credential(tree, f"{home}/auth/password")),
        "userid_mutual": _credential(tree, f"{home}/auth/userid_mutual"),
        "password_mutual": Secret(_credential(tree, f"{home}/auth/password_mutual")),
    }
    found.objects[Key("acl", (iqn, initiator))] = read
    numbers = []
    for number, folder in _numbered(tree, home):
        numbers.append(int(number))
        found.objects[Key("mapped", (iqn, initiator, number))] = _mapped(tree, iqn, number, folder, found)
    found.sessions.extend(_session(tree, iqn, initiator, tuple(numbers)))


def _mapped(tree: Tree, iqn: str, number: str, folder: str, found: Found) -> Attributes:
    name, to = _link(tree, folder)
    lun = to.rsplit("/", 1)[-1].removeprefix("lun_")
    protected = _line(tree, f"{folder}/write_protect")
    device: Value = ""
    if name and protected:  # it is empty once the LUN's own link was cut: the initiator sees nothing then
        device = found.objects.get(Key("lun", (iqn, lun)), {}).get("device", "")
    if name and lun != number:
        found.odd[iqn] = f"An initiator sees LUN {lun} under another number."
        device = ""
    return {"device": device, "read_only": "yes" if protected == "1" else "no", "link": name}


def read_sessions(tree: Tree) -> Iterator[Session]:
    for iqn in targets(tree):
        for initiator in _entries(tree, f"{group(iqn)}/acls"):
            yield from _session(tree, iqn, initiator, None)


def _session(tree: Tree, iqn: str, initiator: str, luns: tuple[int, ...] | None) -> Iterator[Session]:
    home = acl(iqn, initiator)
    told = _text(tree, f"{home}/info")
    number = _SESSION.findall(told)
    if not number:
        return
    if luns is None:
        luns = tuple(int(lun) for lun, _ in _numbered(tree, home))
    address = _ADDRESS.findall(told)
    counted = f"{home}/fabric_statistics/iscsi_sess_stats"
    yield Session(
        target=iqn,
        initiator=initiator,
        id=number[-1],
        address=address[-1] if address else "",
        luns=tuple(sorted(luns)),
        read_bytes=_count(tree, f"{counted}/txdata_octs"),
        written_bytes=_count(tree, f"{counted}/rxdata_octs"),
    )


def _count(tree: Tree, path: str) -> int | None:
    text = _line(tree, path)
    return int(text) if text.isdecimal() and text.isascii() else None


def _credential(tree: Tree, path: str) -> str:
    """Not trimmed: a blank is part of a secret. The kernel ends the text with one newline."""
    text = _text(tree, path).removesuffix("\n")
    return "" if text.startswith(UNSET) else text


def _numbered(tree: Tree, home: str) -> Iterator[tuple[str, str]]:
    for name in _entries(tree, home):
        number = _NUMBERED.fullmatch(name)
        if number:
            yield number[1], f"{home}/{name}"


def _link(tree: Tree, folder: str) -> tuple[str, str]:
    """Name and aim of the link in a folder of a LUN; empty when there is none."""
    for name in _entries(tree, folder):
        if name in _BESIDE_LINKS or name.startswith("alua_"):
            continue
        try:
            return name, tree.link(f"{folder}/{name}")
        except OSError:
            continue
    return "", ""


def _folders(tree: Tree, path: str) -> list[str]:
    return [name for name in _entries(tree, path) if name not in _FILES and tree.is_folder(f"{path}/{name}")]


def _entries(tree: Tree, path: str) -> list[str]:
    try:
        return sorted(tree.list(path))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _text(tree: Tree, path: str) -> str:
    """Empty for what is not there: older kernels have fewer attributes, and an object can vanish meanwhile."""
    try:
        return tree.read(path)
    except OSError:
        return ""


def _line(tree: Tree, path: str) -> str:
    return _text(tree, path).split("\n", 1)[0].strip()
