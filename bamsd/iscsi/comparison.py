"""The desired state beside what the kernel has: what each target lacks, and the plan that would bring it. Pure.

Wanted is compared for what an Apply would do; applied is compared for drift, which is what changed without BAMS.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

from bamsd.errors import NotSupported
from bamsd.iscsi.documents import lost_secrets
from bamsd.iscsi.models import Backing, Configuration, Device, Session, Target
from bamsd.iscsi.objects import Change, Key, Objects, Reading, Step
from bamsd.iscsi.plan import Planner, owned
from bamsd.iscsi.register import Desired
from bamsd.iscsi.stack import Stack

TARGET, DEVICE = "target", "device"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as BAMS left it. ``targets`` are those that it concerns."""

    object: str
    text: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A target that others made, in terms of the model; None where it cannot be expressed.

    ``reason`` says why it cannot be taken over, empty when it can.
    """

    target: Target | None
    devices: tuple[Device, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Comparison:
    """One look at the kernel. ``steps`` lead to the wanted state, ``repairs`` back to the applied one.

    ``problem`` says why nothing could be read; everything else is empty then.
    """

    steps: tuple[Step, ...] = ()
    repairs: tuple[Step, ...] = ()
    drift: tuple[Difference, ...] = ()
    sessions: tuple[Session, ...] = ()
    foreign: Mapping[str, Foreign] = field(default_factory=dict)
    """Targets in the kernel that are not ours, by IQN."""
    taken_ids: tuple[int, ...] = ()
    """Relative target ids of foreign targets."""
    absent: Set[str] = frozenset()
    """Targets that were applied and are not in the kernel at all."""
    is_emptied: bool = False
    """All that were applied are absent: the stack was started anew."""
    problem: str = ""
    owners: Mapping[Key, Set[str]] = field(default_factory=dict)
    """The targets that a device, or what serves all targets, concerns."""
    users: Mapping[Key, Set[str]] = field(default_factory=dict)
    """The targets that have a LUN on a device in the kernel now."""

    def steps_of(self, iqn: str) -> tuple[Step, ...]:
        """What applying one target would do; of all with an empty name.

        A device that is made anew takes along all targets that use it. One that goes stays while others still have it.
        """
        if not iqn:
            return self.steps
        scope = self._scope(iqn)
        if scope == {iqn}:
            return tuple(step for step in self._by_target.get(iqn, ()) if self._is_in(step.change, scope))
        return tuple(step for step in self.steps if self._is_in(step.change, scope))

    @cached_property
    def _by_target(self) -> Mapping[str, list[Step]]:
        found: dict[str, list[Step]] = {}
        for step in self.steps:
            for iqn in self.concerns(step.change.key):
                found.setdefault(iqn, []).append(step)
        return found

    @cached_property
    def _anew(self) -> list[Key]:
        verbs: dict[Key, set[str]] = {}
        for step in self.steps:
            if step.change.key.kind == DEVICE:
                verbs.setdefault(step.change.key, set()).add(step.change.verb)
        return [key for key, seen in verbs.items() if len(seen) > 1]

    def _scope(self, iqn: str) -> Set[str]:
        scope = {iqn}
        while more := [k for k in self._anew if scope & self.concerns(k) and not self.concerns(k) <= scope]:
            for key in more:
                scope |= self.concerns(key)
        return scope

    def _is_in(self, change: Change, scope: Set[str]) -> bool:
        if change.key.kind == DEVICE and change.verb == "remove" and not self.users.get(change.key, set()) <= scope:
            return False
        return bool(self.concerns(change.key) & scope)

    def concerns(self, key: Key) -> Set[str]:
        return self.owners.get(key) or frozenset({key.names[0]})

    def differences_of(self, iqn: str) -> tuple[Difference, ...]:
        return tuple(self._drift_by_target.get(iqn, ()))

    @cached_property
    def _drift_by_target(self) -> Mapping[str, list[Difference]]:
        found: dict[str, list[Difference]] = {}
        for one in self.drift:
            for iqn in one.targets:
                found.setdefault(iqn, []).append(one)
        return found


def with_backings(wanted: Configuration, backings: Mapping[str, Backing]) -> Configuration:
    """The configuration with the paths and sizes that the devices have now. ``backings`` are by UUID or path."""

    def current(device: Device) -> Device:
        backing = backings.get(device.repository or device.path)
        return replace(device, path=backing.path, size_bytes=backing.size_bytes) if backing else device

    return Configuration(wanted.targets, {name: current(device) for name, device in wanted.devices.items()})


def without_lost(wanted: Configuration) -> Configuration:
    """Without the targets whose secrets were lost: nothing may be done for them until they have one again."""
    return Configuration(
        {iqn: target for iqn, target in wanted.targets.items() if not lost_secrets(target)}, wanted.devices
    )


def compare(
    stack: Stack,
    desired: Desired,
    backings: Mapping[str, Backing],
    reading: Reading,
    clustered: Set[str] = frozenset(),
) -> Comparison:
    """Takes a moment with many targets, so it belongs into a thread. ``clustered`` are targets of a cluster."""
    planner = stack.planner
    wanted = stack.objects(with_backings(without_lost(desired.wanted()), backings))
    same = desired.wanted() == desired.applied()
    applied = wanted if same else stack.objects(with_backings(without_lost(desired.applied()), backings))
    locked = {iqn for iqn, row in desired.rows.items() if row.wanted and lost_secrets(row.target)}
    targets = desired.rows.keys() - locked
    devices = _own_devices(desired, backings, reading)
    common = {key for key in (*wanted, *applied) if not planner.kind(key).inside and key.kind not in (TARGET, DEVICE)}

    def is_ours(key: Key) -> bool:
        return key.names[0] in (devices if key.kind == DEVICE else targets) or key in common

    present = owned(reading.objects, is_ours)
    changes = planner.changes(wanted, present)
    drifted = changes if same else planner.changes(applied, present)
    owners = _owners(planner, wanted, applied, present)
    drifted = [change for change in drifted if _was_applied(change, owners, desired)]
    kernel_targets = {key.names[0] for key in reading.objects if key.kind == TARGET}
    restorable = desired.applied().targets.keys() - locked
    absent = restorable - kernel_targets
    return Comparison(
        steps=tuple(planner.steps(changes, reading.sessions)),
        repairs=tuple(planner.steps(drifted, reading.sessions)),
        drift=tuple(_difference(planner, change, owners) for change in drifted),
        sessions=reading.sessions,
        foreign={iqn: _foreign(stack, reading, iqn, clustered) for iqn in sorted(kernel_targets - desired.rows.keys())},
        taken_ids=_taken_ids(reading, desired),
        absent=absent,
        is_emptied=bool(absent) and absent == restorable,
        owners=owners,
        users=_owners(planner, present),
    )


def _own_devices(desired: Desired, backings: Mapping[str, Backing], reading: Reading) -> Set[str]:
    """The devices in the kernel that are ours: by what was applied, or by the serial number.

    A name alone proves nothing: somebody else may have made a device of the same name by hand. One that is wanted now
    and has nothing under it yet, or the right thing, was cut off before it got its serial number. One that we do not
    want and a target of others leads to is theirs.
    """
    found, wanted = set(desired.applied().devices), desired.wanted().devices
    theirs = {said.get(DEVICE) for key, said in reading.objects.items() if key.names[0] not in desired.rows}
    for name, device in desired.devices.items():
        said = reading.objects.get(Key(DEVICE, (name,)))
        if said is None:
            continue
        backing = backings.get(device.repository or device.path)
        cut_off = name in wanted and said.get("path") in ("", backing.path if backing else device.path)
        same = said.get("serial") == device.identity.serial and (name in wanted or name not in theirs)
        if cut_off or same:
            found.add(name)
    return found


def _foreign(stack: Stack, reading: Reading, iqn: str, clustered: Set[str]) -> Foreign:
    try:
        target, devices = stack.adopt(reading, iqn)
    except NotSupported as error:
        return Foreign(None, reason=error.message)
    reason = "The cluster manages it: Pacemaker starts and stops it on this node." if iqn in clustered else ""
    return Foreign(target, devices, reason)


def _owners(planner: Planner, *several: Objects) -> Mapping[Key, Set[str]]:
    """Of each device, the targets with a LUN on it. Of what serves all targets, such as a driver, all of them."""
    found: dict[Key, set[str]] = {}
    everybody = {key.names[0] for objects in several for key in objects if key.kind == TARGET}
    for objects in several:
        for key, attributes in objects.items():
            kind = planner.kind(key)
            for name, other in kind.references.items():
                found.setdefault(Key(other, (str(attributes.get(name, "")),)), set()).add(key.names[0])
            if not kind.inside and key.kind not in (TARGET, DEVICE):
                found[key] = everybody
    return found


def _was_applied(change: Change, owners: Mapping[Key, Set[str]], desired: Desired) -> bool:
    """What was never applied cannot have drifted."""
    concerned = owners.get(change.key) or {change.key.names[0]}
    rows = [row for iqn in concerned if (row := desired.rows.get(iqn))]
    return not rows or any(row.applied for row in rows)


def _difference(planner: Planner, change: Change, owners: Mapping[Key, Set[str]]) -> Difference:
    concerned = owners.get(change.key) or {change.key.names[0]}
    return Difference(planner.words(change.key), planner.difference(change), tuple(sorted(concerned)))


def _taken_ids(reading: Reading, desired: Desired) -> tuple[int, ...]:
    """Relative target ids of targets that are not ours."""
    found = []
    for key, attributes in reading.objects.items():
        value = attributes.get("rel_tgt_id", "")
        if key.names[0] not in desired.rows and isinstance(value, str) and value.isdecimal():
            found.append(int(value))
    return tuple(found)
