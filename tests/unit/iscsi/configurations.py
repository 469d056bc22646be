"""Strategies for configurations that are valid on both stacks."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from bamsd.iscsi.models import Configuration, Credential, Device, Group, Identity, Lun, Portal, Secret, Target

IQNS = tuple(f"iqn.2026-01.org.example.bams:{name}" for name in ("alpha", "beta", "gamma"))
INITIATORS = tuple(f"iqn.1993-08.org.example.client:{name}" for name in ("x", "y", "z"))
DEVICES = ("disk-a", "disk_b", "C3")
SECRETS = ("firstsecret12", "othersecret34", "thirdsecret56")
"""No other text of a configuration holds one of these."""
MUTUAL_SECRETS = ("mutualsecret1", "mutualsecret2")
BACKING = {f"/dev/vg0/{name}": 1 << 30 for name in DEVICES} | {f"/srv/{name}.img": 1 << 30 for name in DEVICES}
PARAMETERS = (("QueuedCommands", "128"), ("MaxBurstLength", "524288"), ("InitialR2T", "No"), ("ImmediateData", "No"))


def device(
    name: str, kind: str = "block", number: int = 0, size_bytes: int = 1 << 30, *, write_through: bool = False
) -> Device:
    serial = f"{DEVICES.index(name):08x}{number:012x}"
    identity = Identity(serial, f"6001405{serial}00000", serial)
    path = f"/dev/vg0/{name}" if kind == "block" else f"/srv/{name}.img"
    return Device(name, "block" if kind == "block" else "file", path, identity, write_through, size_bytes)


@st.composite
def devices(draw: st.DrawFn, name: str) -> Device:
    kind = draw(st.sampled_from(("block", "file")))
    number = draw(st.sampled_from((0, 0, 0, 1)))
    size = draw(st.sampled_from((1 << 30, 2 << 30)))
    return device(name, kind, number, size, write_through=draw(st.booleans()))


@st.composite
def groups(draw: st.DrawFn, numbers: Sequence[int]) -> tuple[Group, ...]:
    found: dict[str, list[str]] = {}
    for name in draw(st.lists(st.sampled_from(INITIATORS), unique=True)):
        found.setdefault(draw(st.sampled_from(("default", "others"))), []).append(name)
    views = st.none() | st.lists(st.sampled_from(numbers or [0]), unique=True).map(lambda seen: tuple(sorted(seen)))
    return tuple(Group(name, tuple(members), draw(views)) for name, members in sorted(found.items()))


@st.composite
def targets(draw: st.DrawFn, iqn: str, names: Sequence[str]) -> Target:
    numbers = draw(st.lists(st.integers(0, 3), unique=True, max_size=3)) if names else []
    luns = tuple(Lun(number, draw(st.sampled_from(names)), draw(st.booleans())) for number in sorted(numbers))
    inward = draw(
        st.none() | st.builds(Credential, st.sampled_from(("joe", "ann")), st.sampled_from(SECRETS).map(Secret))
    )
    mutual = draw(st.none() | st.builds(Credential, st.just("target"), st.sampled_from(MUTUAL_SECRETS).map(Secret)))
    addresses = st.sampled_from((Portal("192.0.2.1"), Portal("192.0.2.1", 3261), Portal("2001:db8::1")))
    return Target(
        iqn=iqn,
        alias=draw(st.sampled_from(("", "Offsite copies"))),
        enabled=draw(st.booleans()),
        portals=tuple(draw(st.lists(addresses, unique=True, max_size=2))),
        groups=draw(groups(numbers)),
        luns=luns,
        credentials=(inward,) if inward else (),
        mutual=mutual if inward else None,
        parameters=tuple(sorted(draw(st.lists(st.sampled_from(PARAMETERS), unique=True, max_size=3)))),
    )


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """Up to three targets over up to three devices; a device can be under several LUNs, or under none."""
    names = draw(st.lists(st.sampled_from(DEVICES), unique=True))
    iqns = draw(st.lists(st.sampled_from(IQNS), unique=True))
    numbers = draw(st.permutations((101, 102, 103)))
    made = [draw(targets(iqn, names)) for iqn in iqns]
    return Configuration(
        {t.iqn: replace(t, rel_tgt_id=numbers[IQNS.index(t.iqn)]) for t in made},
        {name: draw(devices(name)) for name in names},
    )
