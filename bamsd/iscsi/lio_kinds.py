"""The objects of LIO, in the order in which they are made, and how the model turns into them. Pure functions.

A target is one folder with the portal group ``tpgt_1``. Its LUNs, ACLs, mapped LUNs and portals are objects of their
own; ``enabled`` is one too, so that the way in opens last and closes first. Texts are those that configfs takes
(Linux 6.12).
"""

from collections.abc import Iterator, Mapping

from bamsd.iscsi.models import Configuration, Credential, Device, Portal, Secret, Session, Target
from bamsd.iscsi.objects import Attributes, Change, Key, Kind, Value

"""Given when a device is made and not compared: rtslib restores a device without them, and a device that has a LUN
refuses them, so putting them right would end sessions."""
DEFAULT_ALIAS = "LIO Target"
"""What the kernel calls a target without a name. The attribute cannot be made empty."""
QUEUED_COMMANDS = "QueuedCommands"
QUEUED_DEFAULT = "64"
QUEUED_LIMIT = 512
"""TA_DEFAULT_CMDSN_DEPTH_MAX: 1024 is EINVAL."""
UNSET = "NULL"
"""Written into a part of a credential, this takes it away. Nothing that begins so can be a user or a secret."""

PARAMETERS: Mapping[str, str] = {
    "DataDigest": "CRC32C,None",
    "DataPDUInOrder": "Yes",
    "DataSequenceInOrder": "Yes",
    "DefaultTime2Retain": "20",
    "DefaultTime2Wait": "2",
    "ErrorRecoveryLevel": "0",
    "FirstBurstLength": "65536",
    "HeaderDigest": "CRC32C,None",
    "ImmediateData": "Yes",
    "InitialR2T": "Yes",
    "MaxBurstLength": "262144",
    "MaxConnections": "1",
    "MaxOutstandingR2T": "1",
    "MaxRecvDataSegmentLength": "8192",
    "MaxXmitDataSegmentLength": "262144",
}
"""What can be chosen of tpgt_1/param, with the kernel's defaults."""
GUARDS: Mapping[str, str] = {
    "generate_node_acls": "0",
    "demo_mode_write_protect": "1",
    "cache_dynamic_acls": "0",
}
"""Attributes of tpgt_1/attrib that keep the target closed to initiators without an ACL."""

KINDS = (
    Kind(
        "device",
        "device {0}",
        creation_only=frozenset({"backstore", "path", "serial", "write_through", "active"}),
    ),
    Kind("target", "target {0}", creation_only=frozenset({"group"})),
    Kind(
        "lun",
        "LUN {1} of {0}",
        creation_only=frozenset({"device", "backstore"}),
        references={"device": "device"},
        depth=2,
        inside="target",
        disconnecting=frozenset({"remove"}),
    ),
    Kind(
        "acl",
        "access of {1} to {0}",
        depth=2,
        inside="target",
        disconnecting=frozenset({"remove", "set:QueuedCommands"}),
    ),
    Kind(
        "mapped",
        "LUN {2} of {0} for {1}",
        creation_only=frozenset({"device"}),
        references={"device": "device"},
        depth=3,
        inside="acl",
        disconnecting=frozenset({"remove", "set:read_only"}),
    ),
    Kind("portal", "portal {1} of {0}", depth=2, inside="target"),
    Kind(
        "enabled",
        "log-in to {0}",
        creation_only=frozenset({"rel_tgt_id"}),
        inside="target",
        disconnecting=frozenset({"remove"}),
    ),
)


def concerned(change: Change, session: Session) -> bool:
    """Whether a session is ended or disturbed by a change of a disconnecting kind. A session outlives its portal."""
    names = change.key.names
    if session.target != names[0]:
        return False
    match change.key.kind:
        case "lun":
            return int(names[1]) in session.luns
        case "acl":
            return session.initiator == names[1]
        case "mapped":
            return session.initiator == names[1] and int(names[2]) in session.luns
        case _:
            return True


def backstore(device: Device) -> str:
    return "iblock" if device.kind == "block" else "fileio"


def compile_objects(wanted: Configuration, anywhere: str, *, numbered: bool) -> dict[Key, Attributes]:
    """``anywhere`` is the address that stands for all of the host; ``numbered``: rel_tgt_id can be set."""
    found: dict[Key, Attributes] = {Key("device", (d.name,)): _device(d) for d in wanted.devices.values()}
    for target in wanted.targets.values():
        found.update(_target(target, wanted.devices, anywhere, numbered=numbered))
    return found


def _device(device: Device) -> Attributes:
    found = {
        "backstore": backstore(device),
        "path": device.path,
        "serial": device.identity.serial,
        "active": "yes",
        "unmap": "yes",
    }
    if device.kind == "file":
        # A block device has no cache of ours above it: LIO passes flushes and FUA on.
        found["write_through"] = _yes(device.write_through)
        if device.size_bytes:
            found["size"] = str(device.size_bytes)
    return found


def _target(
    target: Target, devices: Mapping[str, Device], anywhere: str, *, numbered: bool
) -> Iterator[tuple[Key, Attributes]]:
    iqn = target.iqn
    chosen = dict(target.parameters)
    queued = chosen.get(QUEUED_COMMANDS, QUEUED_DEFAULT)
    number = {"rel_tgt_id": str(target.rel_tgt_id)} if numbered and target.rel_tgt_id else {}
    yield (
        Key("target", (iqn,)),
        {
            "group": "tpgt_1",
            "alias": target.alias or DEFAULT_ALIAS,
            "authentication": "1" if target.credentials else "0",
            # The kernel puts this right by itself when authentication is written.
            "AuthMethod": "CHAP" if target.credentials else "CHAP,None",
            QUEUED_COMMANDS: queued,
            **GUARDS,
            **{name: chosen.get(name, default) for name, default in PARAMETERS.items()},
            **number,
        },
    )
    for lun in target.luns:
        device = devices[lun.device]
        yield Key("lun", (iqn, str(lun.number))), {"device": lun.device, "backstore": backstore(device)}
    for group in target.groups:
        for initiator in group.initiators:
            yield Key("acl", (iqn, initiator)), {QUEUED_COMMANDS: queued, "authentication": "-1", **_chap(target)}
            for lun in target.seen_by(group):
                key = Key("mapped", (iqn, initiator, str(lun.number)))
                yield key, {"device": lun.device, "read_only": _yes(lun.read_only)}
    for name in portals(target, anywhere):
        yield Key("portal", (iqn, name)), {}
    if target.enabled:
        yield Key("enabled", (iqn,)), number


def portals(target: Target, anywhere: str) -> tuple[str, ...]:
    return tuple(map(str, target.portals)) or (str(Portal(anywhere)),)


def _chap(target: Target) -> dict[str, Value]:
    inward = target.credentials[0] if target.credentials else None
    return {**_pair(inward, ""), **_pair(target.mutual if inward else None, "_mutual")}


def _pair(credential: Credential | None, end: str) -> dict[str, Value]:
    user = credential.user if credential else ""
    secret = credential.secret if credential else Secret("")
    return {f"userid{end}": user, f"password{end}": secret}


def _yes(claim: bool) -> str:
    return "yes" if claim else "no"
