"""A foreign target of LIO in terms of the model. Pure functions of a reading."""

import ipaddress
import re
from collections.abc import Iterator, Mapping

from bamsd.errors import NotFound, NotSupported
from bamsd.iscsi.lio_kinds import DEFAULT_ALIAS, PARAMETERS, QUEUED_COMMANDS, QUEUED_DEFAULT
from bamsd.iscsi.models import (
    DEFAULT_GROUP,
    DEFAULT_PORT,
    Credential,
    Device,
    Group,
    Identity,
    Lun,
    Portal,
    Secret,
    Target,
)
from bamsd.iscsi.objects import Attributes, Key, Objects, Reading

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAA_DIGITS = 25
_PORTAL = re.compile(r"\[([0-9a-fA-F:.]+)\]:(\d{1,5})|([0-9.]+):(\d{1,5})")


def adopt(reading: Reading, iqn: str) -> tuple[Target, tuple[Device, ...]]:
    """The target and its devices, without repositories. Raises ``NotFound``, and ``NotSupported`` with the reason."""
    objects = reading.objects
    target = objects.get(Key("target", (iqn,)))
    if target is None:
        raise NotFound(f"LIO has no target {iqn}. Look at the list again.")
    if iqn in reading.odd or not target.get("group"):
        raise _refusal(iqn, reading.odd.get(iqn, "It has no portal group."))
    luns = _within(objects, "lun", iqn)
    views = _views(objects, iqn)
    numbers = {int(key.names[1]) for key in luns}
    credentials = {
        (a["userid"], a["password"], a["userid_mutual"], a["password_mutual"]) for _, a in _acls(objects, iqn)
    }
    if len(credentials) > 1:
        raise _refusal(iqn, "Its initiators have different credentials.")
    inward, mutual = _credentials(*next(iter(credentials), ("", Secret(""), "", Secret(""))))
    if (target["authentication"] == "1") != (inward is not None) and views:
        raise _refusal(iqn, "It asks for authentication of initiators without a credential, or has one and asks not.")
    devices = tuple(_device(reading, str(a["device"]), iqn) for a in luns.values())
    return Target(
        iqn=iqn,
        alias="" if target["alias"] == DEFAULT_ALIAS else str(target["alias"]),
        enabled=Key("enabled", (iqn,)) in objects,
        portals=_portals(iqn, [key.names[1] for key in _within(objects, "portal", iqn)]),
        groups=_groups(views, numbers),
        luns=tuple(_luns(iqn, luns, objects)),
        credentials=(inward,) if inward else (),
        mutual=mutual,
        parameters=tuple(_parameters(target)),
        rel_tgt_id=int(str(target.get("rel_tgt_id", "0"))),
    ), tuple({device.name: device for device in devices}.values())


def _refusal(iqn: str, why: str) -> NotSupported:
    return NotSupported(f"{iqn} cannot be taken over from LIO: {why} Change that with targetcli first.")


def _within(objects: Objects, kind: str, iqn: str) -> dict[Key, Attributes]:
    return {key: a for key, a in sorted(objects.items(), key=lambda i: i[0]) if (key.kind, key.names[0]) == (kind, iqn)}


def _acls(objects: Objects, iqn: str) -> Iterator[tuple[str, Attributes]]:
    for key, attributes in _within(objects, "acl", iqn).items():
        yield key.names[1], attributes


def _views(objects: Objects, iqn: str) -> Mapping[str, frozenset[int]]:
    mapped = _within(objects, "mapped", iqn)
    return {
        name: frozenset(int(key.names[2]) for key in mapped if key.names[1] == name) for name, _ in _acls(objects, iqn)
    }


def _groups(views: Mapping[str, frozenset[int]], numbers: set[int]) -> tuple[Group, ...]:
    """Initiators that see the same LUNs are a group; the one that sees all has the default name."""
    found = []
    for luns in sorted(set(views.values()), key=lambda luns: (luns != numbers, sorted(luns))):
        members = tuple(sorted(name for name, seen in views.items() if seen == luns))
        if luns == numbers:
            found.append(Group(DEFAULT_GROUP, members))
        else:
            found.append(Group(f"group{len(found) + 1}", members, tuple(sorted(luns))))
    return tuple(found) or (Group(DEFAULT_GROUP),)


def _luns(iqn: str, luns: Mapping[Key, Attributes], objects: Objects) -> Iterator[Lun]:
    mapped = _within(objects, "mapped", iqn)
    for key, attributes in luns.items():
        number = key.names[1]
        modes = {a["read_only"] for k, a in mapped.items() if k.names[2] == number}
        if len(modes) > 1:
            raise _refusal(iqn, f"LUN {number} is read only for some initiators and not for others.")
        yield Lun(int(number), str(attributes["device"]), read_only=modes == {"yes"})


def _device(reading: Reading, name: str, iqn: str) -> Device:
    found = reading.objects.get(Key("device", (name,)))
    if found is None or name in reading.odd or not _NAME.fullmatch(name):
        raise _refusal(iqn, reading.odd.get(name, "A LUN of it has no device, or one with a name BAMS does not use."))
    serial = str(found["serial"])
    digits = "".join(char for char in serial.lower() if char in "0123456789abcdef")
    naa = "6001405" + digits[:_NAA_DIGITS].ljust(_NAA_DIGITS, "0")
    return Device(
        name=name,
        kind="block" if found["backstore"] == "iblock" else "file",
        path=str(found["path"]),
        identity=Identity(serial, naa, serial),
        write_through=found.get("write_through") == "yes",
        size_bytes=int(str(found.get("size", "0"))),
    )


def _portals(iqn: str, names: list[str]) -> tuple[Portal, ...]:
    found = []
    for name in names:
        match = _PORTAL.fullmatch(name)
        try:
            address = ipaddress.ip_address((match[1] or match[3]) if match else "")
        except ValueError:
            raise _refusal(iqn, f"Its portal {name!r} is not understood.") from None
        found.append(Portal(str(address), int((match[2] or match[4]) if match else 0)))
    anywhere = len(found) == 1 and ipaddress.ip_address(found[0].address).is_unspecified
    if not found:
        raise _refusal(iqn, "It has no portal.")
    return () if anywhere and found[0].port == DEFAULT_PORT else tuple(found)


def _credentials(
    user: object, secret: object, other: object, proof: object
) -> tuple[Credential | None, Credential | None]:
    inward = Credential(str(user), secret) if user and isinstance(secret, Secret) else None
    mutual = Credential(str(other), proof) if inward and other and isinstance(proof, Secret) else None
    return inward, mutual


def _parameters(target: Attributes) -> Iterator[tuple[str, str]]:
    for name, default in {**PARAMETERS, QUEUED_COMMANDS: QUEUED_DEFAULT}.items():
        if target[name] != default:
            yield name, str(target[name])
