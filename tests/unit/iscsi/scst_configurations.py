"""Configurations for the tests of the SCST stack: strategies, and a plain one to start from."""

import dataclasses
from typing import Any

from hypothesis import strategies as st

from bamsd.iscsi.models import (
    Configuration,
    Credential,
    Device,
    Group,
    Identity,
    Lun,
    Portal,
    Secret,
    Target,
)

IQNS = [f"iqn.2026-01.org.bams:t{n}" for n in range(3)]
DEVICES = ["alpha", "beta", "gamma-1", "delta_2"]
INITIATORS = ["iqn.1991-05.com.microsoft:win1", "iqn.1993-08.org.debian:*", "iqn.2020-01.example:host1"]
SECRETS = ["secretsecret12", "othersecret345", "thirdsecret67#"[:-1] + "8"]
BACKING = {f"/dev/bams/{name}": 1 << 30 for name in DEVICES} | {f"/srv/{name}": 1 << 29 for name in DEVICES}


def device(name: str, **more: Any) -> Device:
    serial = name.encode().hex()[:10].ljust(20, "0")
    identity = Identity(serial, f"6001405{serial}00000", f"{name}-{serial[:8]}")
    return dataclasses.replace(Device(name, "block", f"/dev/bams/{name}", identity), **more)


def plain(iqn: str = IQNS[0], **more: Any) -> Configuration:
    """One target with one LUN for one initiator, with CHAP."""
    target = Target(
        iqn,
        groups=(Group("default", (INITIATORS[0],)),),
        luns=(Lun(0, "alpha"),),
        credentials=(Credential("joe", Secret(SECRETS[0])),),
        rel_tgt_id=1,
    )
    return Configuration({iqn: dataclasses.replace(target, **more)}, {"alpha": device("alpha")})


def _identified(name: str) -> st.SearchStrategy[Device]:
    return st.builds(
        lambda kind, through, salt, sized: device(
            name,
            kind=kind,
            path=f"/dev/bams/{name}" if kind == "block" else f"/srv/{name}",
            write_through=through,
            identity=dataclasses.replace(device(name).identity, t10=f"{name}-{salt}"),
            size_bytes=sized * ((1 << 30) if kind == "block" else (1 << 29)),
        ),
        st.sampled_from(["block", "file"]),
        st.booleans(),
        st.integers(0, 3),
        st.integers(0, 1),
    )


@st.composite
def targets(draw: st.DrawFn, iqn: str, rel_tgt_id: int, names: list[str]) -> Target:
    luns = tuple(
        Lun(number, draw(st.sampled_from(names)), draw(st.booleans()))
        for number in sorted(draw(st.sets(st.integers(0, 4), max_size=3)))
        if names
    )
    free = list(draw(st.permutations(INITIATORS)))
    groups = []
    for name in sorted(draw(st.sets(st.sampled_from(["default", "hosts", "one"]), max_size=3))):
        taken = tuple(free.pop() for _ in range(draw(st.integers(0, 1))))
        seen = None if draw(st.booleans()) else tuple(lun.number for lun in luns if draw(st.booleans()))
        groups.append(Group(name, taken, seen))
    users = sorted(draw(st.sets(st.sampled_from(["joe", "ann", "bob"]), max_size=3)))
    secret = st.builds(Secret, st.sampled_from(SECRETS))
    parameters = draw(
        st.dictionaries(st.sampled_from(["QueuedCommands", "MaxOutstandingR2T"]), st.sampled_from(["32", "64", "8"]))
    )
    return Target(
        iqn,
        alias=draw(st.sampled_from(["", "Backup one", "b#2"])),
        enabled=draw(st.booleans()),
        portals=tuple(Portal(a) for a in sorted(draw(st.sets(st.sampled_from(["10.0.0.1", "10.0.0.2", "fd00::1"]))))),
        groups=tuple(groups),
        luns=luns,
        credentials=tuple(Credential(user, draw(secret)) for user in users),
        mutual=draw(st.none() | st.builds(Credential, st.sampled_from(["box", "crate"]), secret)),
        parameters=tuple(sorted(parameters.items())),
        rel_tgt_id=rel_tgt_id,
    )


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    names = sorted(draw(st.sets(st.sampled_from(DEVICES))))
    devices = {name: draw(_identified(name)) for name in names}
    ids = draw(st.permutations(range(1, 4)))
    chosen = sorted(draw(st.sets(st.sampled_from(IQNS))))
    return Configuration({iqn: draw(targets(iqn, ids[n], names)) for n, iqn in enumerate(chosen)}, devices)
