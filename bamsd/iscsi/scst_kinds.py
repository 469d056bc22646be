"""The objects that a configuration is made of on SCST, and the rules of their kinds. Pure values and functions.

What a write does to live I/O: scst_sysfs.c and scst_lib.c of SCST 3.11 (``scst_suspend_activity``).
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from bamsd.errors import NotSupported
from bamsd.iscsi.models import DEFAULT_PORT, Configuration, Device, Identity, Target
from bamsd.iscsi.objects import Attributes, Key, Kind, Objects, Value

OWNER_TAG = "bams:"
"""How the comment of a target of ours begins."""
HANDLERS = MappingProxyType({"block": "vdisk_blockio", "file": "vdisk_fileio"})

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "DataDigest": "None",
        "FirstBurstLength": "65536",
        "HeaderDigest": "None",
        "ImmediateData": "Yes",
        "InitialR2T": "No",
        "MaxBurstLength": "1048576",
        "MaxOutstandingR2T": "32",
        "MaxRecvDataSegmentLength": "1048576",
        "QueuedCommands": "32",
    }
)
"""The parameters of a target that can be set, with what SCST 3.11 takes by itself. An empty value means that."""

_CHANGES_A_DISK = frozenset({"remove", "set:serial", "set:naa", "set:t10", "set:vendor", "set:product"})

KINDS = (
    Kind(
        "device",
        "device {0}",
        creation_only=frozenset({"handler", "path", "write_through"}),
        pausing=frozenset({"set:size"}),
        disconnecting=_CHANGES_A_DISK,
    ),
    Kind("target", "target {0}", disconnecting=frozenset({"remove"})),
    # One more must be there before one goes: a target without any offers itself everywhere, and to everybody.
    Kind("portal", "portal {1} of {0}", depth=2, inside="target", goes_with_parent=True, removed_last=True),
    Kind("user", "CHAP user {1} of {0}", depth=2, inside="target", goes_with_parent=True, removed_last=True),
    Kind("mutual", "mutual CHAP of {0}", inside="target", goes_with_parent=True),
    Kind(
        "group",
        "group {1} of {0}",
        depth=2,
        inside="target",
        goes_with_parent=True,
        pausing=frozenset({"add", "remove"}),
        disconnecting=frozenset({"remove"}),
    ),
    Kind(
        "initiator",
        "initiator {2} in group {1} of {0}",
        depth=3,
        inside="group",
        goes_with_parent=True,
        pausing=frozenset({"add", "remove"}),
        disconnecting=frozenset({"remove"}),
    ),
    Kind(
        "lun",
        "LUN {2} in group {1} of {0}",
        creation_only=frozenset({"device", "read_only"}),
        references={"device": "device"},
        depth=3,
        inside="group",
        goes_with_parent=True,
        disconnecting=frozenset({"remove"}),
    ),
    # Never wanted: whoever is in no group would see it.
    Kind(
        "open-lun",
        "LUN {1} for every initiator of {0}",
        creation_only=frozenset({"device", "read_only"}),
        references={"device": "device"},
        depth=2,
        inside="target",
        goes_with_parent=True,
        disconnecting=frozenset({"remove"}),
    ),
    # Made anew for another rel_tgt_id, so that all targets have let go of theirs before one takes it.
    Kind("port", "port of {0}", creation_only=frozenset({"rel_tgt_id"}), inside="target", goes_with_parent=True),
)


def check(target: Target) -> None:
    """Refuse with ``NotSupported`` what SCST, or its configuration file, cannot take."""
    for portal in target.portals:
        if portal.port != DEFAULT_PORT:
            raise NotSupported(
                f"SCST has one port for all targets, so {target.iqn} cannot have the portal {portal}: use port "
                f"{DEFAULT_PORT}, or set the port of the whole service in ISCSID_OPTIONS of /etc/default/scst."
            )
    unknown = [name for name, _ in target.parameters if name not in DEFAULTS]
    if unknown:
        raise NotSupported(f"SCST has no parameter {unknown[0]} for {target.iqn}: leave it out.")
    seen: set[str] = set()
    for name in target.initiators:
        if name in seen:
            raise NotSupported(f"SCST takes {name} in one group of {target.iqn} only: take it out of the others.")
        seen.add(name)
    words = [target.iqn, *seen, *(group.name for group in target.groups)]
    for credential in (*target.credentials, *((target.mutual,) if target.mutual else ())):
        words.append(credential.user)
        if not is_word(credential.secret.reveal()):
            raise NotSupported(
                f"SCST cannot take the secret of {credential.user} for {target.iqn}: leave out blanks, quotes, "
                "braces, # and =."
            )
    for word in words:
        if not is_word(word):
            raise NotSupported(f"SCST cannot take the name {word!r} in {target.iqn}: leave out blanks and quotes.")
    if not is_plain(target.alias) or target.alias != target.alias.strip():
        raise NotSupported(f"SCST cannot take the alias of {target.iqn}: leave out quotes, braces and control marks.")


def check_device(device: Device) -> None:
    if not is_word(device.path) or ";" in device.path:
        raise NotSupported(f"SCST cannot take the path {device.path!r} of {device.name}: it must be free of blanks.")


def is_plain(text: str) -> bool:
    """Whether scst.conf can say it: braces count there even inside quotes, and nothing escapes a quote."""
    return text.isprintable() and not set(text) & set('"{}')


def is_word(text: str) -> bool:
    """Whether it is one word to the kernel and to iscsi-scstd, which part words at blanks and at =."""
    return bool(text) and is_plain(text) and not any(char.isspace() for char in text) and not set(text) & set("=#\\")


def compile_objects(wanted: Configuration) -> Objects:
    """The configuration in objects of the kinds above."""
    found: dict[Key, Attributes] = {}
    for device in wanted.devices.values():
        found[Key("device", (device.name,))] = device_attributes(device)
    for target in wanted.targets.values():
        found.update(_target(target))
    return found


def device_attributes(device: Device) -> dict[str, Value]:
    """What is not known (an adopted disk without a name, a size of 0) is not compared."""
    known = {
        "handler": HANDLERS[device.kind],
        "path": device.path,
        "write_through": "1" if device.write_through else "0",
    }
    identity: Identity = device.identity
    known |= {"vendor": identity.vendor, "product": identity.product}
    said = {"serial": identity.serial, "naa": identity.naa.lower(), "t10": identity.t10}
    said["size"] = str(device.size_bytes) if device.size_bytes else ""
    return {**known, **{name: value for name, value in said.items() if value}}


def _target(target: Target) -> Iterator[tuple[Key, Attributes]]:
    iqn = target.iqn
    given = dict(target.parameters)
    parameters = {name: "" if given.get(name) == default else given.get(name, "") for name, default in DEFAULTS.items()}
    yield Key("target", (iqn,)), {"comment": f"{OWNER_TAG}{iqn}", "alias": target.alias, **parameters}
    for portal in target.portals:
        yield Key("portal", (iqn, portal.address)), {}
    for credential in target.credentials:
        yield Key("user", (iqn, credential.user)), {"secret": credential.secret}
    if target.mutual:
        yield Key("mutual", (iqn,)), {"user": target.mutual.user, "secret": target.mutual.secret}
    for group in target.groups:
        yield Key("group", (iqn, group.name)), {}
        for name in group.initiators:
            yield Key("initiator", (iqn, group.name, name)), {}
        for lun in target.seen_by(group):
            said = {"device": lun.device, "read_only": "1" if lun.read_only else "0"}
            yield Key("lun", (iqn, group.name, str(lun.number))), said
    yield Key("port", (iqn,)), {"rel_tgt_id": str(target.rel_tgt_id), "enabled": "1" if target.enabled else "0"}
