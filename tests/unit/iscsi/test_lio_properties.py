"""Any sequence of configurations ends in what was wanted, whatever fails on the way."""

import contextlib
import errno

from hypothesis import given, settings
from hypothesis import strategies as st

from bamsd.iscsi.models import Configuration
from tests.fakes.lio_kernel import Died
from tests.unit.iscsi.configurations import INITIATORS, IQNS, MUTUAL_SECRETS, SECRETS, configurations
from tests.unit.iscsi.lio_rig import Rig

FEW = settings(max_examples=60, deadline=None)
FOREIGN = "iqn.2003-01.org.example.foreign:t"


def with_foreign(rig: Rig) -> Rig:
    """A target and a device that are not ours."""
    kernel = rig.kernel
    kernel.backing["/dev/sdx"] = 1 << 20
    for path in ("core/iblock_0", "core/iblock_0/foreign"):
        kernel.make_folder(path)
    kernel.write("core/iblock_0/foreign/control", "udev_path=/dev/sdx")
    kernel.write("core/iblock_0/foreign/enable", "1")
    home = f"iscsi/{FOREIGN}/tpgt_1"
    for path in ("iscsi", f"iscsi/{FOREIGN}", home, f"{home}/lun/lun_0", f"{home}/acls/{INITIATORS[0]}"):
        kernel.make_folder(path)
    kernel.make_link(f"{home}/lun/lun_0/abc", "core/iblock_0/foreign")
    return rig


@FEW
@given(st.lists(configurations(), min_size=1, max_size=4))
def test_the_kernel_ends_with_what_is_wanted_and_a_second_apply_touches_nothing(wanted: list[Configuration]) -> None:
    rig = with_foreign(Rig())
    foreign = rig.foreign()
    for one in wanted:
        for target in one.targets.values():
            rig.lio.check(target, one.devices)
        performed = rig.apply(one)
        assert not performed.failed, performed.failed[0][1].message
        assert rig.differences(one) == []
        before = len(rig.kernel.touched)
        assert rig.steps(one) == []
        rig.apply(one)
        assert len(rig.kernel.touched) == before
        assert rig.foreign() == foreign


@FEW
@given(
    st.lists(configurations(), min_size=2, max_size=3),
    st.integers(1, 120),
    st.sampled_from((0, errno.EIO, errno.EBUSY, errno.EINVAL, errno.ENOMEM)),
)
def test_after_a_fault_anywhere_the_next_apply_finishes(wanted: list[Configuration], at: int, number: int) -> None:
    rig = with_foreign(Rig())
    foreign = rig.foreign()
    *earlier, last = wanted
    for one in earlier:
        rig.apply(one)
    rig.kernel.fail_at = (at, number)
    with contextlib.suppress(Died):
        rig.apply(last)
    rig.kernel.fail_at = None
    rig.restart()
    performed = rig.apply(last)
    assert not performed.failed, performed.failed[0][1].message
    assert rig.differences(last) == []
    assert rig.foreign() == foreign


@FEW
@given(st.lists(configurations(), min_size=2, max_size=3))
def test_no_secret_is_in_a_plan(wanted: list[Configuration]) -> None:
    rig = Rig()
    for one in wanted:
        steps = rig.steps(one)
        said = [f"{step!r} {step.summary} {step.command} {rig.lio.planner.difference(step.change)}" for step in steps]
        rig.lio.perform(steps)
        said.append(repr(rig.lio.read()))
        assert not any(secret in text for text in said for secret in (*SECRETS, *MUTUAL_SECRETS))


@FEW
@given(configurations(), configurations(), st.data())
def test_a_session_that_no_step_names_lives_on(
    first: Configuration, second: Configuration, data: st.DataObject
) -> None:
    rig = Rig()
    rig.apply(first)
    for iqn, target in first.targets.items():
        for initiator in target.initiators:
            pair = (
                (target.credentials[0].user, target.credentials[0].secret.reveal()) if target.credentials else ("", "")
            )
            assert rig.kernel.log_in(iqn, initiator, *pair) == target.enabled
    before = rig.lio.sessions()
    steps = rig.steps(second)
    named = {session.id for step in steps for session in step.sessions}
    rig.lio.perform(steps)
    after = {session.id for session in rig.lio.sessions()}
    assert {session.id for session in before} - after <= named


@FEW
@given(configurations())
def test_who_is_not_named_never_gets_in(wanted: Configuration) -> None:
    rig = Rig()
    rig.apply(wanted)
    for iqn in IQNS:
        for initiator in INITIATORS:
            target = wanted.targets.get(iqn)
            if rig.kernel.log_in(iqn, initiator):
                assert target is not None
                assert target.enabled
                assert initiator in target.initiators
                assert not target.credentials
