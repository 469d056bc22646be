"""Changes of the desired state: what each call makes of a target, and every rule it must obey. Pure functions."""

import re
import secrets
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from bamsd.core.confirm import confirmed
from bamsd.errors import AlreadyExists, InUse, InvalidArgument, NotFound, NotReady
from bamsd.iscsi import names
from bamsd.iscsi.models import (
    DEFAULT_GROUP,
    LUN_LIMIT,
    Backing,
    Credential,
    Device,
    Group,
    Identity,
    Lun,
    Secret,
    Target,
)
from bamsd.iscsi.register import Desired, Row

COMPANY_ID = "6001405"
"""NAA type 6 with the company id that LIO uses for disks by default (target_core_spc.c)."""
_SERIAL_DIGITS = 20
_NAA_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller wants of a target; None means: as it is. ``groups`` replaces all groups."""

    alias: str | None = None
    enabled: bool | None = None
    portals: Sequence[str] | None = None
    initiators: Sequence[str] | None = None
    groups: Sequence[Group] | None = None
    parameters: Mapping[str, str] | None = None


def known(desired: Desired, iqn: str) -> Row:
    """The row of a target, also of one that is to be removed."""
    found = desired.rows.get(iqn)
    if found is None:
        names = ", ".join(desired.rows) or "none"
        raise NotFound(f"BAMS has no target {iqn[:223]!a}. Known targets: {names[:400]}.")
    return found


def row(desired: Desired, iqn: str) -> Row:
    """The row of a wanted target."""
    found = known(desired, iqn)
    if not found.wanted:
        raise NotReady(f"Target {iqn} is to be removed. Apply that first; then it can be created anew.")
    return found


def create(desired: Desired, iqn: str, wish: Wish, taken_ids: Sequence[int]) -> Target:
    """A new target, without LUNs. ``taken_ids`` are the relative target ids that foreign targets have."""
    names.check_target_name(iqn)
    if iqn in desired.rows:
        raise AlreadyExists(f"There is a target {iqn} already. Take another name, or UpdateTarget.")
    used = {known.target.rel_tgt_id for known in desired.rows.values()} | set(taken_ids)
    return changed(Target(iqn, rel_tgt_id=lowest_free_id(used)), wish)


def lowest_free_id(used: Set[int]) -> int:
    """A relative target id that nobody has: two targets with one cannot be enabled together. Stored, so it never moves.

    1 to 65535, as SCSI has it (SPC-4, relative target port identifier).
    """
    return next(number for number in range(1, 65536) if number not in used)


def changed(target: Target, wish: Wish) -> Target:
    """The target with everything that the caller wants otherwise."""
    if wish.groups is not None and wish.initiators is not None:
        raise InvalidArgument("Give either initiators or groups: initiators are those of the group default.")
    if wish.alias is not None:
        target = replace(target, alias=names.check_alias(wish.alias))
    if wish.enabled is not None:
        target = replace(target, enabled=wish.enabled)
    if wish.portals is not None:
        target = replace(target, portals=names.parse_portals(wish.portals))
    if wish.initiators is not None:
        target = replace(target, groups=_with_initiators(target.groups, wish.initiators))
    if wish.groups is not None:
        target = replace(target, groups=_checked_groups(target, wish.groups))
    if wish.parameters is not None:
        known = dict(target.parameters) | dict(wish.parameters)
        target = replace(target, parameters=names.check_parameters(known))
    _each_initiator_once(target)
    return target


def _with_initiators(groups: Sequence[Group], initiators: Sequence[str]) -> tuple[Group, ...]:
    checked = tuple(sorted({names.check_initiator(name) for name in initiators}))
    others = tuple(group for group in groups if group.name != DEFAULT_GROUP)
    luns = next((group.luns for group in groups if group.name == DEFAULT_GROUP), None)
    return (Group(DEFAULT_GROUP, checked, luns), *others)


def _checked_groups(target: Target, groups: Sequence[Group]) -> tuple[Group, ...]:
    numbers = {lun.number for lun in target.luns}
    found: dict[str, Group] = {}
    for group in groups:
        names.check_group(group.name)
        if group.name in found:
            raise InvalidArgument(f"The group {group.name} is given twice.")
        for number in group.luns or ():
            if number not in numbers:
                raise NotFound(f"Group {group.name} shall see LUN {number}, and target {target.iqn} has no such LUN.")
        initiators = tuple(sorted({names.check_initiator(name) for name in group.initiators}))
        found[group.name] = Group(
            group.name, initiators, None if group.luns is None else tuple(sorted(set(group.luns)))
        )
    found.setdefault(DEFAULT_GROUP, Group(DEFAULT_GROUP))
    return tuple(sorted(found.values(), key=lambda group: (group.name != DEFAULT_GROUP, group.name)))


def _each_initiator_once(target: Target) -> None:
    for name in target.initiators:
        if target.initiators.count(name) > 1:
            raise InvalidArgument(f"Initiator {name} is in two groups of target {target.iqn}. It can be in one only.")


def device_for(desired: Desired, backing: Backing, taken: Set[str], *, write_through: bool) -> Device:
    """The device of a repository or a file: the one it always had, or a new one with a lasting identity.

    ``taken`` are the names that devices have in the kernel, also those of others.
    """
    found = next((d for d in desired.devices.values() if _is_of(d, backing)), None)
    if found:
        if found.name in used_devices(desired) and found.write_through != write_through:
            raise InvalidArgument(
                f"{backing.title} is a LUN already, {'with' if found.write_through else 'without'} write_through. "
                "Remove that LUN first."
            )
        return replace(found, path=backing.path, write_through=write_through, size_bytes=backing.size_bytes)
    return Device(
        name=_free_name(backing, taken | desired.devices.keys()),
        kind=backing.kind,
        path=backing.path,
        identity=new_identity({d.identity.serial for d in desired.devices.values()}),
        write_through=write_through,
        size_bytes=backing.size_bytes,
        repository=backing.uuid,
    )


def _is_of(device: Device, backing: Backing) -> bool:
    if backing.uuid:
        return device.repository == backing.uuid
    return not device.repository and device.path == backing.path


def _all_luns(found: Row) -> tuple[Lun, ...]:
    """The LUNs that a target shall have, and those that it has until the next Apply."""
    return (*(found.target.luns if found.wanted else ()), *(found.applied.luns if found.applied else ()))


def used_devices(desired: Desired) -> Set[str]:
    """The devices that a LUN leads to, or will until the next Apply."""
    return {lun.device for row in desired.rows.values() for lun in _all_luns(row)}


def _free_name(backing: Backing, taken: Set[str]) -> str:
    """Readable in targetcli, unique, and at most 64 characters of what both stacks take in a name."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", backing.name).strip("-")[:48] or "device"
    if readable not in taken:
        return readable
    return f"{readable}-{secrets.token_hex(4)}"


def new_identity(taken: set[str] | frozenset[str] = frozenset()) -> Identity:
    """Random: a name made of the repository's would come back for another disk of the same name."""
    serial = secrets.token_hex(_SERIAL_DIGITS // 2)
    while serial in taken:
        serial = secrets.token_hex(_SERIAL_DIGITS // 2)
    return Identity(serial, (COMPANY_ID + serial).ljust(_NAA_DIGITS, "0"), serial)


def add_lun(
    desired: Desired, iqn: str, device: Device, number: int | None, *, title: str, read_only: bool, shared: bool
) -> tuple[Target, int]:
    """The target with one more LUN, and its number: the lowest free one when none is asked for."""
    target = row(desired, iqn).target
    used = {lun.number for lun in target.luns}
    if any(lun.device == device.name for lun in target.luns):
        raise AlreadyExists(f"{title} is a LUN of target {iqn} already.")
    others = [
        f"LUN {lun.number} of {other.iqn}"
        for other in desired.rows.values()
        for lun in _all_luns(other)
        if lun.device == device.name and other.iqn != iqn
    ]
    if others and not shared:
        raise InUse(
            f"{title} is {' and '.join(dict.fromkeys(others))} already. Two initiators that write to one disk destroy "
            "its content unless they know of each other; the option shared says that they do."
        )
    if number is None:
        number = next((free for free in range(LUN_LIMIT + 1) if free not in used), None)
        if number is None:
            raise InvalidArgument(f"Target {iqn} has no free LUN.")
    names.check_lun(number)
    if number in used:
        raise AlreadyExists(f"Target {iqn} has a LUN {number} already. Give another number, or none for the next free.")
    luns = sorted((*target.luns, Lun(number, device.name, read_only)), key=lambda lun: lun.number)
    return replace(target, luns=tuple(luns)), number


def remove_lun(desired: Desired, iqn: str, number: int) -> Target:
    target = row(desired, iqn).target
    if number not in {lun.number for lun in target.luns}:
        known = ", ".join(str(lun.number) for lun in target.luns) or "none"
        raise NotFound(f"Target {iqn} has no LUN {number}. Its LUNs: {known[:400]}.")
    groups = tuple(
        replace(group, luns=None if group.luns is None else tuple(n for n in group.luns if n != number))
        for group in target.groups
    )
    return replace(target, luns=tuple(lun for lun in target.luns if lun.number != number), groups=groups)


@dataclass(frozen=True, slots=True)
class Login:
    """New credentials. An empty user with an empty secret takes the pair away; None leaves it as it is.

    ``add`` keeps the other users that initiators can log in with.
    """

    user: str | None = None
    secret: str | None = None
    mutual_user: str | None = None
    mutual_secret: str | None = None
    add: bool = False


def with_credentials(target: Target, login: Login) -> Target:
    """The target with other credentials. No secret is in any error."""
    credentials, mutual = target.credentials, target.mutual
    if (pair := _pair(login.user, login.secret, "secret")) is not None:
        kept = tuple(c for c in credentials if login.add and pair and c.user != pair[0].user)
        credentials = (*kept, *pair)
    if (pair := _pair(login.mutual_user, login.mutual_secret, "mutual secret")) is not None:
        mutual = pair[0] if pair else None
    if mutual and not credentials:
        raise InvalidArgument(
            f"Target {target.iqn} cannot prove itself to initiators that prove nothing: give user and secret too."
        )
    if mutual and any(mutual.secret == credential.secret for credential in credentials):
        raise InvalidArgument(
            "The mutual secret must be another one than the secret: otherwise whoever knows one can play both sides."
        )
    return replace(target, credentials=tuple(sorted(credentials, key=lambda c: c.user)), mutual=mutual)


def _pair(user: str | None, secret: str | None, what: str) -> tuple[Credential, ...] | None:
    """None: not given. Empty: to be taken away."""
    if user is None and secret is None:
        return None
    if not user and not secret:
        return ()
    if not user or not secret:
        raise InvalidArgument(
            f"A CHAP user and its {what} belong together: give both, or both empty to take them away."
        )
    return (Credential(names.check_user(user), Secret(names.check_secret(secret, what))),)


def delete(desired: Desired, iqn: str, confirm: str) -> Row:
    found = row(desired, iqn)
    confirmed(confirm, iqn, f"delete target {iqn}")
    return replace(found, wanted=False)
