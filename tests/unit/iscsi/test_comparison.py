"""What a target lacks, what an Apply of one target may touch, and what counts as drift."""

from dataclasses import replace
from pathlib import Path

import pytest

from bamsd.iscsi.comparison import Comparison, compare
from bamsd.iscsi.lio import Lio
from bamsd.iscsi.models import Backing, Configuration, Credential, Device, Group, Identity, Lun, Secret, Target
from bamsd.iscsi.register import Desired, Row
from bamsd.iscsi.scst import Scst
from bamsd.iscsi.stack import Stack
from tests.fakes.lio_kernel import LioKernel
from tests.fakes.scst_kernel import ScstKernel

A, B = "iqn.2026-01.org.example:a", "iqn.2026-01.org.example:b"
HOST = "iqn.2026-01.org.example:host"
PATHS = {f"/dev/vg0/{name}": 1 << 30 for name in ("one", "two", "moved")}


def device(name: str, path: str = "") -> Device:
    serial = name.encode().hex().ljust(20, "0")[:20]
    identity = Identity(serial, f"6001405{serial}00000", serial)
    return Device(name, "block", path or f"/dev/vg0/{name}", identity, repository=f"uuid-{name}")


def target(iqn: str, *luns: str, number: int = 1) -> Target:
    numbered = tuple(Lun(place, name) for place, name in enumerate(luns))
    return Target(iqn, groups=(Group("default", (HOST,)),), luns=numbered, rel_tgt_id=number)


DEVICES = {name: device(name) for name in ("one", "two")}


@pytest.fixture(params=["scst", "lio"])
def stack(request: pytest.FixtureRequest) -> Stack:
    if request.param == "scst":
        return Scst(ScstKernel(dict(PATHS)), exists=lambda path: path in PATHS, pause=lambda seconds: None)
    kernel = LioKernel(dict(PATHS))
    return Lio(kernel, Path("/nonexistent/saveconfig.json"))


def look(stack: Stack, desired: Desired, **backings: Backing) -> Comparison:
    return compare(stack, desired, {f"uuid-{name}": backing for name, backing in backings.items()}, stack.read())


def apply(stack: Stack, desired: Desired, iqn: str = "") -> None:
    performed = stack.perform(look(stack, desired).steps_of(iqn))
    assert not performed.failed, performed.failed


def told(steps: object) -> list[str]:
    return [f"{s.change.verb} {s.change.key.kind} {s.change.key.names[0]}" for s in steps]  # type: ignore[attr-defined]


def applied(*targets: Target) -> Desired:
    return Desired({t.iqn: Row(t, applied=t) for t in targets}, dict(DEVICES))


def test_in_sync_is_no_step_and_no_drift(stack: Stack) -> None:
    desired = applied(target(A, "one"), target(B, "two", number=2))
    apply(stack, desired)
    found = look(stack, desired)
    assert (found.steps, found.drift, found.foreign, found.absent, found.problem) == ((), (), {}, set(), "")


def test_applying_one_target_leaves_the_other_pending(stack: Stack) -> None:
    desired = Desired({A: Row(target(A, "one")), B: Row(target(B, "two", number=2))}, dict(DEVICES))
    apply(stack, desired, A)
    found = look(stack, desired)
    assert found.steps_of(A) == ()
    assert {step.object for step in found.steps_of(B)} == {B, "two"}
    assert found.drift == (), "what was never applied cannot have drifted"


def test_a_shared_device_stays_while_another_target_has_it(stack: Stack) -> None:
    desired = applied(target(A, "one"), target(B, "one", number=2))
    apply(stack, desired)
    bare = {iqn: replace(row, target=replace(row.target, luns=())) for iqn, row in desired.rows.items()}
    without = Desired(bare, dict(DEVICES))
    steps = look(stack, without).steps_of(A)
    assert steps
    assert "remove device one" not in told(steps)
    apply(stack, without, A)
    assert "remove device one" in told(look(stack, without).steps_of(B))
    apply(stack, without, B)
    assert look(stack, without).steps == ()


def test_a_device_that_is_made_anew_takes_all_its_targets_along(stack: Stack) -> None:
    desired = applied(target(A, "one"), target(B, "one", number=2))
    apply(stack, desired)
    moved = Backing("one", "uuid-one", "block", "/dev/vg0/moved", 1 << 30)
    steps = look(stack, desired, one=moved).steps_of(A)
    assert {step.object for step in steps} == {A, B, "one"}
    performed = stack.perform(steps)
    assert not performed.failed
    assert look(stack, desired, one=moved).steps == ()


def test_pending_and_drift_are_told_apart(stack: Stack) -> None:
    desired = applied(target(A, "one"))
    apply(stack, desired)
    pending = Desired({A: replace(desired.rows[A], target=target(A, "one", "two"))}, dict(DEVICES))
    found = look(stack, pending)
    assert found.steps_of(A)
    assert found.drift == ()
    # Another administrator takes the LUN away.
    bare = stack.objects(Configuration({A: target(A)}, {}))
    present = {key: said for key, said in stack.read().objects.items() if key.names[0] == A}
    removal = stack.planner.changes(bare, present)
    assert not stack.perform(stack.planner.steps(removal, ())).failed
    drifted = look(stack, pending)
    assert {difference.targets for difference in drifted.drift} == {(A,)}
    assert "LUN 0" in drifted.drift[0].text


def test_all_gone_is_another_thing_than_one_gone(stack: Stack) -> None:
    both = applied(target(A, "one"), target(B, "two", number=2))
    found = look(stack, both)
    assert (found.absent, found.is_emptied) == ({A, B}, True)
    apply(stack, both, A)
    found = look(stack, both)
    assert (found.absent, found.is_emptied) == ({B}, False)


def test_a_target_without_its_secret_is_not_touched(stack: Stack) -> None:
    whole = replace(target(A, "one"), credentials=(Credential("joe", Secret("abcdefgh1234")),))
    desired = applied(whole)
    apply(stack, desired)
    lost = replace(whole, credentials=(Credential("joe", Secret("")),))
    found = look(stack, applied(lost))
    assert (found.steps, found.drift) == ((), ())


def test_what_others_made_is_foreign_in_terms_of_the_model(stack: Stack) -> None:
    apply(stack, applied(target(A, "one")))
    found = look(stack, Desired())
    assert found.steps == ()
    assert set(found.foreign) == {A}
    adopted = found.foreign[A].target
    assert adopted
    assert [lun.number for lun in adopted.luns] == [0]
    assert adopted.initiators == (HOST,)
    assert [d.identity.serial for d in found.foreign[A].devices] == [DEVICES["one"].identity.serial]


def test_a_device_of_others_with_our_name_is_left_alone(stack: Stack) -> None:
    """BAMS knows a device of this name, and has no LUN on it now. Somebody else made one of the same name meanwhile."""
    stranger = replace(device("one", "/dev/vg0/moved"), identity=Identity("f" * 20, "6001405" + "f" * 25, "f" * 20))
    apply(stack, Desired({A: Row(target(A, "one"), applied=target(A, "one"))}, {"one": stranger}))
    own = Desired({}, dict(DEVICES))
    assert look(stack, own).steps == ()
    same_place = Desired({}, {"one": device("one", "/dev/vg0/moved")})
    assert look(stack, same_place).steps == ()
    wanting = Desired({B: Row(target(B, "one", number=2))}, dict(DEVICES))
    performed = stack.perform(look(stack, wanting).steps_of(B))
    assert "remove device one" not in told(performed.done)
    assert [error.message for _, error in performed.failed]
    [kept] = [said for key, said in stack.read().objects.items() if key.kind == "device"]
    assert kept["serial"] == "f" * 20
