"""A foreign target of SCST in terms of the model. Pure functions."""

from typing import cast

from bamsd.errors import NotFound, NotSupported
from bamsd.iscsi.models import Credential, Device, DeviceKind, Group, Identity, Lun, Portal, Secret, Target
from bamsd.iscsi.objects import Attributes, Key, Reading
from bamsd.iscsi.scst_kinds import DEFAULTS, HANDLERS

_KINDS = {handler: kind for kind, handler in HANDLERS.items()}


def adopt(reading: Reading, iqn: str) -> tuple[Target, tuple[Device, ...]]:
    """The target with its devices. Raises ``NotFound``, and ``NotSupported`` with the reason."""
    if iqn in reading.odd:
        raise NotSupported(f"{iqn} cannot be taken over. {reading.odd[iqn]}")
    said = reading.objects.get(Key("target", (iqn,)))
    port = reading.objects.get(Key("port", (iqn,)))
    if said is None or port is None:
        raise NotFound(f"SCST has no target {iqn}: look at the list of foreign targets again.")
    own = {key: value for key, value in reading.objects.items() if key.kind != "device" and key.names[0] == iqn}
    luns = _luns(iqn, own)
    devices = tuple(_device(reading, iqn, name) for name in dict.fromkeys(lun.device for lun in luns))
    target = Target(
        iqn=iqn,
        alias=str(said["alias"]),
        enabled=port["enabled"] == "1",
        portals=tuple(Portal(key.names[1]) for key in sorted(own) if key.kind == "portal"),
        groups=_groups(own, luns),
        luns=luns,
        credentials=tuple(
            Credential(key.names[1], cast("Secret", own[key]["secret"])) for key in sorted(own) if key.kind == "user"
        ),
        mutual=_mutual(own.get(Key("mutual", (iqn,)))),
        parameters=tuple((name, str(said[name])) for name in DEFAULTS if said[name]),
        rel_tgt_id=int(str(port["rel_tgt_id"])),
    )
    return target, devices


def _mutual(said: Attributes | None) -> Credential | None:
    return Credential(str(said["user"]), cast("Secret", said["secret"])) if said else None


def _luns(iqn: str, own: dict[Key, Attributes]) -> tuple[Lun, ...]:
    found: dict[int, Lun] = {}
    for key in sorted(own):
        if key.kind == "lun":
            number = int(key.names[2])
            lun = Lun(number, str(own[key]["device"]), own[key]["read_only"] == "1")
            if found.setdefault(number, lun) != lun:
                raise NotSupported(
                    f"{iqn} cannot be taken over: its groups see different disks as LUN {number}. Give each a number."
                )
    return tuple(found[number] for number in sorted(found))


def _groups(own: dict[Key, Attributes], luns: tuple[Lun, ...]) -> tuple[Group, ...]:
    everything = tuple(lun.number for lun in luns)
    groups = []
    for key in sorted(own):
        if key.kind == "group":
            name = key.names[1]
            names = tuple(sorted(k.names[2] for k in own if k.kind == "initiator" and k.names[1] == name))
            seen = tuple(sorted(int(k.names[2]) for k in own if k.kind == "lun" and k.names[1] == name))
            groups.append(Group(name, names, None if seen == everything else seen))
    return tuple(groups)


def _device(reading: Reading, iqn: str, name: str) -> Device:
    said = reading.objects.get(Key("device", (name,)))
    if said is None:
        why = reading.odd.get(name, f"Device {name} is not one of BAMS' kinds.")
        raise NotSupported(f"{iqn} cannot be taken over. {why}")
    identity = Identity(*(str(said[name]) for name in ("serial", "naa", "t10", "vendor", "product")))
    kind = cast("DeviceKind", _KINDS[str(said["handler"])])
    size = str(said["size"])
    return Device(
        name=name,
        kind=kind,
        path=str(said["path"]),
        identity=identity,
        write_through=said["write_through"] == "1",
        size_bytes=int(size) if size.isascii() and size.isdigit() else 0,
    )
