"""How each change is made on SCST: the writes below /sys/kernel/scst_tgt. Pure functions.

Grammar of the management files: what they say themselves when they are read (tests/recordings/scst/sysfs.json), and
scst_sysfs.c, scst_vdisk.c and iscsi-scst/usr/event.c of SCST 3.11.
"""

from collections.abc import Mapping

from bamsd.iscsi.models import Secret
from bamsd.iscsi.objects import Attributes, AwaitEmpty, Change, Op, Value, Write
from bamsd.iscsi.scst_kinds import DEFAULTS

DRIVER = "targets/iscsi"
MGMT = f"{DRIVER}/mgmt"
SUSPEND = "suspend"
EVERY_SESSION = "sessions/*/force_close"
CLOSE_LIMIT_S = 60.0
_FILES: Mapping[str, str] = {
    "serial": "usn",
    "naa": "naa_id",
    "t10": "t10_dev_id",
    "vendor": "t10_vend_id",
    "product": "prod_id",
}
"""Attributes of a device that are set once it is there."""


def ops(change: Change) -> tuple[Op, ...]:
    """The touches that make a change."""
    return _OPS[change.key.kind](change)


def _device(change: Change) -> tuple[Op, ...]:
    (name,) = change.key.names
    said = change.attributes
    match change.verb:
        case "add":
            parameters = [f"filename={said['path']}"]
            if said["write_through"] == "1":
                parameters.append("write_through=1")
            added = Write(f"handlers/{said['handler']}/mgmt", f"add_device {name} {'; '.join(parameters)}")
            return (added, *_device_attributes(name, said))
        case "remove":
            return (Write(f"handlers/{change.before['handler']}/mgmt", f"del_device {name}"),)
        case "set":
            grown = (Write(f"devices/{name}/resync_size", "1"),) if "size" in said else ()
            return (*_device_attributes(name, said), *grown)


def _device_attributes(name: str, said: Attributes) -> tuple[Op, ...]:
    return tuple(Write(f"devices/{name}/{file}", str(said[key])) for key, file in _FILES.items() if key in said)


def _target(change: Change) -> tuple[Op, ...]:
    (iqn,) = change.key.names
    home = f"{DRIVER}/{iqn}"
    if change.verb == "remove":
        return (
            Write(f"{home}/enabled", "0"),
            Write(f"{home}/{EVERY_SESSION}", "1"),
            AwaitEmpty(f"{home}/sessions", CLOSE_LIMIT_S),
            Write(MGMT, f"del_target {iqn}"),
        )
    said = {name: value for name, value in change.attributes.items() if change.verb == "set" or value}
    made = (Write(MGMT, f"add_target {iqn}"),) if change.verb == "add" else ()
    return (*made, *(Write(f"{home}/{name}", _text(name, value)) for name, value in said.items()))


def _text(name: str, value: Value) -> str:
    """A write of no bytes does not reach the kernel, so an empty text goes as a line."""
    return str(value) or (":default:" if name in DEFAULTS else "\n")


def _portal(change: Change) -> tuple[Op, ...]:
    return (_attribute(change, "allowed_portal", change.key.names[1]),)


def _attribute(change: Change, name: str, value: str, *, secret: bool = False) -> Write:
    """Give a target one more value of an attribute that can have several, or take one away."""
    verb = "add" if change.verb == "add" else "del"
    return Write(MGMT, f"{verb}_target_attribute {change.key.names[0]} {name} {value}", secret)


def _user(change: Change) -> tuple[Op, ...]:
    return (_credential(change, "IncomingUser", change.key.names[1]),)


def _mutual(change: Change) -> tuple[Op, ...]:
    said = change.before if change.verb == "remove" else {**change.before, **change.attributes}
    return (_credential(change, "OutgoingUser", str(said["user"])),)


def _credential(change: Change, name: str, user: str) -> Write:
    """A present one is written over in its own file: removing it first would leave the target open for a moment."""
    if change.verb == "remove":
        return _attribute(change, name, user)
    secret = {**change.before, **change.attributes}["secret"]
    assert isinstance(secret, Secret)  # noqa: S101  both kinds have one
    both = f"{user} {secret.reveal()}"
    if change.verb == "add":
        return _attribute(change, name, both, secret=True)
    return Write(f"{DRIVER}/{change.key.names[0]}/{name}", both, secret=True)


def _group(change: Change) -> tuple[Op, ...]:
    iqn, group = change.key.names
    groups = f"{DRIVER}/{iqn}/ini_groups"
    if change.verb == "add":
        return (Write(f"{groups}/mgmt", f"create {group}"),)
    # A group that has sessions cannot be deleted. Without initiators its sessions leave it at once.
    return Write(f"{groups}/{group}/initiators/mgmt", "clear"), Write(f"{groups}/mgmt", f"del {group}")


def _initiator(change: Change) -> tuple[Op, ...]:
    iqn, group, name = change.key.names
    verb = "add" if change.verb == "add" else "del"
    return (Write(f"{DRIVER}/{iqn}/ini_groups/{group}/initiators/mgmt", f"{verb} {name}"),)


def _lun(change: Change) -> tuple[Op, ...]:
    iqn, group, number = change.key.names
    return (_lun_write(f"{DRIVER}/{iqn}/ini_groups/{group}/luns/mgmt", number, change),)


def _open_lun(change: Change) -> tuple[Op, ...]:
    iqn, number = change.key.names
    return (_lun_write(f"{DRIVER}/{iqn}/luns/mgmt", number, change),)


def _lun_write(path: str, number: str, change: Change) -> Write:
    if change.verb == "remove":
        return Write(path, f"del {number}")
    said = change.attributes
    read_only = " read_only=1" if said["read_only"] == "1" else ""
    return Write(path, f"add {said['device']} {number}{read_only}")


def _port(change: Change) -> tuple[Op, ...]:
    home = f"{DRIVER}/{change.key.names[0]}"
    off = Write(f"{home}/enabled", "0")
    if change.verb == "remove":
        return off, Write(f"{home}/rel_tgt_id", "0")
    on = (Write(f"{home}/enabled", "1"),) if change.attributes.get("enabled") == "1" else ()
    if change.verb == "add":
        return Write(f"{home}/rel_tgt_id", str(change.attributes["rel_tgt_id"])), *on
    return on or (off,)


_OPS = {
    "device": _device,
    "target": _target,
    "portal": _portal,
    "user": _user,
    "mutual": _mutual,
    "group": _group,
    "initiator": _initiator,
    "lun": _lun,
    "open-lun": _open_lun,
    "port": _port,
}
