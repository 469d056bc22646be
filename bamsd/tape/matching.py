"""Which device of this host is library drive N? The serial number decides; the order only when nothing else exists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bamsd.tape.devices import ChangerDevice, DriveDevice
from bamsd.tape.models import DriveIdentity
from bamsd.tape.views import Matching

SHORTEST_BEGINNING = 2
"""Characters that must be left of a serial that was cut off."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Drive ``index`` of the library. ``device`` is None when this host does not see the drive."""

    index: int
    serial: str
    how: Matching
    device: DriveDevice | None


def match(
    indexes: Sequence[int],
    identities: Sequence[DriveIdentity],
    devices: Sequence[DriveDevice],
    configured: Mapping[int, str],
    changer: ChangerDevice,
) -> tuple[Matched, ...]:
    """Match every drive number of a library.

    ``identities`` are the drives as the library reports them (READ ELEMENT STATUS with DVCID), ``configured`` is the
    administrator's word and wins. mtx numbers drives by rising element address, so the Nth identity is drive N. When
    the two counts differ that is not sure, and no identity is believed.
    """
    reported = {}
    in_order = sorted((i for i in identities if i.installed), key=lambda identity: identity.element_address)
    if len(in_order) == len(indexes):
        reported = {n: i.serial for n, i in zip(sorted(indexes), in_order, strict=True) if i.serial}
    by_serial = {device.serial: device for device in devices if device.serial}
    reported = _completed(reported, by_serial, in_order)
    guesses = {} if reported or configured else _by_order(indexes, devices, changer)
    found = []
    for index in indexes:
        if index in configured:
            found.append(Matched(index, configured[index], "configured", by_serial.get(configured[index])))
        elif index in reported:
            found.append(Matched(index, reported[index], "serial", by_serial.get(reported[index])))
        elif index in guesses:
            found.append(Matched(index, guesses[index].serial, "order", guesses[index]))
        else:
            found.append(Matched(index, "", "none", None))
    return tuple(found)


def _completed(
    reported: dict[int, str], by_serial: Mapping[str, DriveDevice], identities: Sequence[DriveIdentity]
) -> dict[int, str]:
    """Whole serials for those that the library cut off: the one unclaimed device of that make that begins so."""
    claimed = set(reported.values()) & by_serial.keys()
    whole = dict(reported)
    for identity in identities:
        if identity.serial in by_serial or len(identity.serial) < SHORTEST_BEGINNING:
            continue
        fitting = [
            serial
            for serial, device in by_serial.items()
            if serial not in claimed
            and serial.startswith(identity.serial)
            and (device.vendor, device.product) == (identity.vendor, identity.product)
        ]
        same = [index for index, serial in reported.items() if serial == identity.serial]
        if len(fitting) == len(same) == 1:
            whole[same[0]] = fitting[0]
    return whole


def weakest(matched: Sequence[Matched]) -> Matching:
    """How the library's drives were matched, by the least certain of them."""
    order: tuple[Matching, ...] = ("none", "order", "configured", "serial")
    return min((m.how for m in matched), key=order.index, default="none")


def _by_order(indexes: Sequence[int], devices: Sequence[DriveDevice], changer: ChangerDevice) -> dict[int, DriveDevice]:
    """Drives on the changer's own host adapter, in SCSI address order: a guess, made only when the number fits."""
    host = changer.hctl.split(":", 1)[0]
    near = sorted(
        (device for device in devices if device.hctl.split(":", 1)[0] == host),
        key=lambda device: tuple(int(part) for part in device.hctl.split(":")),
    )
    return dict(zip(sorted(indexes), near, strict=True)) if len(near) == len(indexes) else {}
