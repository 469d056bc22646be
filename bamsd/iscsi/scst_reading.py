"""Read SCST's tree into objects and sessions. Functions for a thread.

Formats: tests/recordings/scst/sysfs.json. The first line of an attribute is its value; a later line "[key]" says that
it is not the default. Reading ``filename`` or an attribute that iscsi-scstd serves costs a thread in the kernel.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bamsd.errors import shown
from bamsd.iscsi.models import Secret, Session
from bamsd.iscsi.objects import Attributes, Key, Objects
from bamsd.iscsi.scst_kinds import DEFAULTS, HANDLERS
from bamsd.iscsi.scst_ops import DRIVER
from bamsd.iscsi.tree import Tree

_NUMBERED = re.compile(r"(IncomingUser|OutgoingUser|allowed_portal)\d*")
_LUN = re.compile(r"lun(\d{1,5})")
_KIB = 1024


@dataclass
class Found:
    """What a reading collects. ``uses`` are the LUNs of a device, as (IQN, number); ``groups`` those of sessions."""

    objects: dict[Key, Attributes] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)
    odd: dict[str, str] = field(default_factory=dict)
    uses: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    groups: dict[tuple[str, str], str] = field(default_factory=dict)


def value(text: str) -> str:
    """The value of an attribute: its first line as it is, for a secret may begin or end with anything."""
    return text.split("\n", 1)[0]


def marked(text: str) -> bool:
    """Whether the kernel says that it is not the default."""
    return "[key]" in text.split("\n")[1:]


def folders(tree: Tree, path: str) -> Iterator[str]:
    """Names of the subfolders. None where there is no such folder."""
    try:
        names = sorted(tree.list(path))
    except FileNotFoundError:
        return
    for name in names:
        if tree.is_folder(f"{path}/{name}"):
            yield name


def everything(tree: Tree, known: Objects) -> Found:
    """All devices of the handlers for block devices and files, all iSCSI targets, and their sessions.

    What vanishes while it is read is left out. The login parameters of a target that is in ``known`` are taken from
    there: each is asked of iscsi-scstd over netlink.
    """
    found = Found()
    for name in folders(tree, "devices"):
        try:
            _device(tree, name, found)
        except FileNotFoundError:
            continue
    driver_is_on = value(read(tree, f"{DRIVER}/enabled")) == "1"
    for iqn in folders(tree, DRIVER):
        try:
            objects = dict(_target(tree, iqn, found, driver_is_on, known.get(Key("target", (iqn,)), {})))
        except FileNotFoundError:
            continue
        found.objects.update(objects)
        sessions_of(tree, iqn, found)
    return found


def read(tree: Tree, path: str) -> str:
    """Empty for an attribute that is not there."""
    try:
        return tree.read(path)
    except FileNotFoundError:
        return ""


def _device(tree: Tree, name: str, found: Found) -> None:
    try:
        handler = tree.link(f"devices/{name}/handler").rsplit("/", 1)[-1]
    except FileNotFoundError:
        return  # a SCSI device of the host: SCST lists them all
    if handler not in HANDLERS.values():
        found.odd[name] = f"Device {shown(name)} is of the kind {shown(handler)}, which BAMS does not make."
        return
    said = {
        file: value(tree.read(f"devices/{name}/{file}"))
        for file in ("filename", "write_through", "usn", "naa_id", "t10_dev_id", "t10_vend_id", "prod_id", "size")
    }
    found.objects[Key("device", (name,))] = {
        "handler": handler,
        "path": said["filename"],
        "write_through": said["write_through"],
        "vendor": said["t10_vend_id"],
        "product": said["prod_id"],
        "serial": said["usn"],
        "naa": said["naa_id"].removeprefix("0x"),
        "t10": said["t10_dev_id"],
        "size": said["size"],
    }


def _target(
    tree: Tree, iqn: str, found: Found, driver_is_on: bool, known: Attributes
) -> Iterator[tuple[Key, Attributes]]:
    home = f"{DRIVER}/{iqn}"
    parameters = {name: known[name] for name in DEFAULTS if name in known}
    for name in DEFAULTS.keys() - parameters.keys():
        text = tree.read(f"{home}/{name}")
        parameters[name] = value(text) if marked(text) else ""
    plain = {name: value(tree.read(f"{home}/{name}")) for name in ("comment", "alias")}
    yield Key("target", (iqn,)), {**plain, **parameters}
    for name in sorted(tree.list(home)):
        match = _NUMBERED.fullmatch(name)
        if match:
            yield _several(iqn, match[1], value(tree.read(f"{home}/{name}")))
    for number, device, read_only in _luns(tree, f"{home}/luns", iqn, found):
        found.odd.setdefault(iqn, f"Target {shown(iqn)} shows LUN {number} to every initiator, which BAMS never does.")
        yield Key("open-lun", (iqn, number)), {"device": device, "read_only": read_only}
    for group in folders(tree, f"{home}/ini_groups"):
        yield Key("group", (iqn, group)), {}
        for name in tree.list(f"{home}/ini_groups/{group}/initiators"):
            if name != "mgmt":
                yield Key("initiator", (iqn, group, name)), {}
        for number, device, read_only in _luns(tree, f"{home}/ini_groups/{group}/luns", iqn, found):
            yield Key("lun", (iqn, group, number)), {"device": device, "read_only": read_only}
    is_on = driver_is_on and value(tree.read(f"{home}/enabled")) == "1"
    rel_tgt_id = value(tree.read(f"{home}/rel_tgt_id"))
    yield Key("port", (iqn,)), {"rel_tgt_id": rel_tgt_id, "enabled": "1" if is_on else "0"}


def _several(iqn: str, name: str, said: str) -> tuple[Key, Attributes]:
    if name == "allowed_portal":
        return Key("portal", (iqn, said)), {}
    user, _, secret = said.partition(" ")
    if name == "IncomingUser":
        return Key("user", (iqn, user)), {"secret": Secret(secret)}
    return Key("mutual", (iqn,)), {"user": user, "secret": Secret(secret)}


def _luns(tree: Tree, home: str, iqn: str, found: Found) -> Iterator[tuple[str, str, str]]:
    """Number, device, and read only as 0 or 1."""
    for number in folders(tree, home):
        device = tree.link(f"{home}/{number}/device").rsplit("/", 1)[-1]
        found.uses.setdefault(device, set()).add((iqn, int(number)))
        yield number, device, value(tree.read(f"{home}/{number}/read_only"))


def sessions_of(tree: Tree, iqn: str, found: Found) -> None:
    """Collect the sessions of one target. One that ends meanwhile is left out."""
    for name in folders(tree, f"{DRIVER}/{iqn}/sessions"):
        try:
            session, group = _session(tree, iqn, name)
        except FileNotFoundError:
            continue
        found.sessions.append(session)
        found.groups[iqn, session.id] = group


def _session(tree: Tree, iqn: str, name: str) -> tuple[Session, str]:
    home = f"{DRIVER}/{iqn}/sessions/{name}"
    inside = tree.list(home)
    numbers = sorted(int(match[1]) for match in map(_LUN.fullmatch, inside) if match)
    address, portal = _connection(tree, home)
    session = Session(
        target=iqn,
        initiator=shown(value(tree.read(f"{home}/initiator_name"))),
        id=value(tree.read(f"{home}/sid")),
        address=address,
        portal=portal,
        luns=tuple(numbers),
        read_bytes=_number(tree.read(f"{home}/read_io_count_kb")) * _KIB,
        written_bytes=_number(tree.read(f"{home}/write_io_count_kb")) * _KIB,
        in_flight=_number(tree.read(f"{home}/commands")),
    )
    parts = tree.link(f"{home}/luns").split("/")
    return session, parts[-2] if "ini_groups" in parts else ""


def _connection(tree: Tree, home: str) -> tuple[str, str]:
    """The address of the initiator and that of this host. The first connection stands for all."""
    for name in folders(tree, home):
        if name not in ("luns", "latency") and not _LUN.fullmatch(name):
            return value(read(tree, f"{home}/{name}/ip")), value(read(tree, f"{home}/{name}/target_ip"))
    return "", ""


def _number(text: str) -> int:
    said = value(text)
    return int(said) if said.isascii() and said.isdigit() else 0
