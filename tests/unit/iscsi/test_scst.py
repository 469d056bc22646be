"""The SCST stack against the fake kernel: life cycles, refusals, sessions, secrets."""

import dataclasses
import errno
from pathlib import Path
from typing import Any

import pytest

from bamsd.errors import NotFound, NotSupported, OutOfSync, ToolFailed
from bamsd.iscsi.models import Configuration, Credential, Group, Lun, Portal, Secret, Target
from bamsd.iscsi.objects import Key, Objects, Step
from bamsd.iscsi.plan import owned
from bamsd.iscsi.scst import Scst
from bamsd.iscsi.stack import Performed
from tests.fakes.scst_kernel import Died, LoginRefused, ScstKernel
from tests.fakes.scst_template import copied, recorded
from tests.unit.iscsi.scst_configurations import BACKING, DEVICES, INITIATORS, IQNS, SECRETS, device, plain

IQN = IQNS[0]
WINDOWS = INITIATORS[0]
NAMES = {*IQNS, *DEVICES}


def stack_on(kernel: ScstKernel) -> Scst:
    return Scst(kernel, Path("/nowhere/scst.conf"), exists=lambda path: path in kernel.backing, pause=lambda _: None)


def ours(stack: Scst) -> Objects:
    return owned(stack.read().objects, lambda key: key.names[0] in NAMES)


def plan(stack: Scst, wanted: Configuration) -> list[Step]:
    present = ours(stack)
    return stack.planner.steps(stack.planner.changes(stack.objects(wanted), present), stack.sessions())


def apply(stack: Scst, wanted: Configuration) -> Performed:
    return stack.perform(plan(stack, wanted))


def drift(stack: Scst, wanted: Configuration) -> list[str]:
    return [stack.planner.difference(c) for c in stack.planner.changes(stack.objects(wanted), ours(stack))]


@pytest.fixture
def kernel() -> ScstKernel:
    return ScstKernel(dict(BACKING))


@pytest.fixture
def stack(kernel: ScstKernel) -> Scst:
    return stack_on(kernel)


def test_the_recorded_tree_is_read(kernel: ScstKernel) -> None:
    kernel.root = copied(recorded())
    reading = stack_on(kernel).read()
    alpha = "iqn.2026-01.org.bams:alpha"
    assert reading.objects[Key("device", ("repo1",))] == {
        "handler": "vdisk_blockio",
        "path": "/dev/bamsvg/repo1",
        "write_through": "0",
        "vendor": "SCST_BIO",
        "product": "repo1",
        "serial": "bams0001",
        "naa": "",
        "t10": "bams-repo1-0001",
        "size": "629145600",
    }
    assert reading.objects[Key("lun", (alpha, "hosts", "1"))] == {"device": "zv1", "read_only": "1"}
    assert reading.objects[Key("user", (alpha, "alice"))] == {"secret": Secret("secretsecret12")}
    assert reading.objects[Key("mutual", (alpha,))] == {"user": "box", "secret": Secret("secretsecret34")}
    assert Key("portal", (alpha, "127.0.0.1")) in reading.objects
    assert Key("initiator", (alpha, "hosts", "iqn.1993-08.org.debian:*")) in reading.objects
    assert reading.objects[Key("port", ("iqn.2026-01.org.bams:gamma",))] == {"rel_tgt_id": "3", "enabled": "0"}
    assert set(reading.odd) == {"iqn.2026-01.org.bams:beta"}
    first, second = reading.sessions
    assert (first.target, first.address, first.portal, first.luns) == (alpha, "127.0.0.1", "127.0.0.1", (0, 1))
    assert (second.read_bytes, second.written_bytes, second.in_flight) == (2578 * 1024, 0, 0)
    assert not {key.names[0] for key in reading.objects} & {"6:0:0:0", "copy_manager_tgt"}


def test_the_recorded_target_is_adopted_or_refused(kernel: ScstKernel) -> None:
    kernel.root = copied(recorded())
    stack = stack_on(kernel)
    reading = stack.read()
    target, devices = stack.adopt(reading, "iqn.2026-01.org.bams:alpha")
    assert target.luns == (Lun(0, "repo1"), Lun(1, "zv1", True))
    assert target.mutual == Credential("box", Secret("secretsecret34"))
    assert [d.identity.serial for d in devices] == ["bams0001", "81ac092"]
    with pytest.raises(NotSupported, match="every initiator"):
        stack.adopt(reading, "iqn.2026-01.org.bams:beta")
    with pytest.raises(NotFound):
        stack.adopt(reading, "iqn.2026-01.org.bams:none")


def test_the_life_of_a_target(kernel: ScstKernel, stack: Scst) -> None:
    wanted = plain(portals=(Portal("10.0.0.1"),), mutual=Credential("box", Secret(SECRETS[1])), alias="One")
    assert not apply(stack, wanted).failed
    assert drift(stack, wanted) == []
    with pytest.raises(LoginRefused):
        kernel.login(IQN, WINDOWS, user="joe", secret="wrong")
    with pytest.raises(LoginRefused):
        kernel.login(IQN, WINDOWS, user="joe", secret=SECRETS[0], portal="10.9.9.9")
    session = kernel.login(IQN, WINDOWS, user="joe", secret=SECRETS[0])
    stranger = kernel.login(IQN, "iqn.2020-01.example:evil", user="joe", secret=SECRETS[0])
    assert kernel.luns_of(session) == [0]
    assert kernel.luns_of(stranger) == []
    (step,) = [s for s in plan(stack, Configuration()) if s.change.key.kind == "target"]
    assert step.effect == "disconnect"
    assert len(step.sessions) == 2
    kernel.drain = 3
    assert not apply(stack, Configuration()).failed
    assert (kernel.live, kernel.iqns(), kernel.list("devices")) == ([], [], [])


def test_an_enabled_target_has_all_its_rules(kernel: ScstKernel, stack: Scst) -> None:
    apply(stack, plain())
    written = [path for path, _ in kernel.touched]
    assert written[-2:] == [f"targets/iscsi/{IQN}/rel_tgt_id", f"targets/iscsi/{IQN}/enabled"]


def test_a_secret_is_rotated_in_place(kernel: ScstKernel, stack: Scst) -> None:
    users = tuple(Credential(user, Secret(SECRETS[0])) for user in ("ann", "joe"))
    apply(stack, plain(credentials=users))
    session = kernel.login(IQN, WINDOWS, user="joe", secret=SECRETS[0])
    kernel.touched.clear()
    kernel.least_users.clear()
    new = (users[0], Credential("joe", Secret(SECRETS[1])))
    assert not apply(stack, plain(credentials=new)).failed
    assert kernel.touched == [(f"targets/iscsi/{IQN}/IncomingUser1", f"joe {SECRETS[1]}")]
    assert kernel.live == [session]
    assert not apply(stack, plain(credentials=(Credential("bob", Secret(SECRETS[1])),))).failed
    assert kernel.least_users[IQN] == 1, "never without a user while CHAP is wanted"
    assert drift(stack, plain(credentials=(Credential("bob", Secret(SECRETS[1])),))) == []


def test_a_failed_addition_keeps_the_old_user(kernel: ScstKernel, stack: Scst) -> None:
    apply(stack, plain())
    kernel.faults[kernel.operations + 1] = errno.EIO
    done = apply(stack, plain(credentials=(Credential("bob", Secret(SECRETS[1])),)))
    assert len(done.failed) == 1
    assert [step.change.verb for step in done.skipped] == ["remove"]
    kernel.login(IQN, WINDOWS, user="joe", secret=SECRETS[0])


def test_relative_ids_are_swapped(kernel: ScstKernel, stack: Scst) -> None:
    def two(first: int, second: int) -> Configuration:
        targets = {iqn: Target(iqn, rel_tgt_id=number) for iqn, number in zip(IQNS, (first, second), strict=False)}
        return Configuration(targets)

    apply(stack, two(1, 2))
    assert not apply(stack, two(2, 1)).failed
    assert drift(stack, two(2, 1)) == []


def test_growth_is_announced(kernel: ScstKernel, stack: Scst) -> None:
    apply(stack, plain())
    kernel.backing["/dev/bams/alpha"] = 2 << 30
    grown = device("alpha", size_bytes=2 << 30)
    wanted = dataclasses.replace(plain(), devices={"alpha": grown})
    (step,) = plan(stack, wanted)
    assert step.effect == "pause"
    assert not stack.perform([step]).failed
    assert drift(stack, wanted) == []
    stack.resize(grown)
    with pytest.raises(OutOfSync):
        stack.resize(device("alpha", size_bytes=3 << 30))
    with pytest.raises(NotFound):
        stack.resize(device("beta"))


def test_losing_a_lun_is_told_with_its_sessions(kernel: ScstKernel, stack: Scst) -> None:
    luns = (Lun(0, "alpha"), Lun(1, "beta"))
    devices = {name: device(name) for name in ("alpha", "beta")}
    groups = (Group("a", (WINDOWS,), (0,)), Group("b", (INITIATORS[1],), (1,)))
    wanted = dataclasses.replace(plain(groups=groups, luns=luns, credentials=()), devices=devices)
    apply(stack, wanted)
    kernel.login(IQN, WINDOWS)
    kernel.login(IQN, "iqn.1993-08.org.debian:01:aa")
    less = dataclasses.replace(wanted, targets={IQN: dataclasses.replace(wanted.targets[IQN], luns=luns[:1])})
    (step,) = plan(stack, less)
    assert [session.initiator for session in step.sessions] == ["iqn.1993-08.org.debian:01:aa"]
    other = dataclasses.replace(wanted, devices={**devices, "beta": device("beta", write_through=True)})
    hit = {step.change.key.kind: len(step.sessions) for step in plan(stack, other) if step.sessions}
    assert hit == {"device": 1, "lun": 1}


def test_sessions_end_when_they_are_closed(kernel: ScstKernel, stack: Scst) -> None:
    apply(stack, plain(credentials=()))
    kernel.login(IQN, WINDOWS, address="fd00::9", portal="fd00::1")
    kernel.login(IQN, WINDOWS)
    first, second = stack.sessions()
    assert (first.address, first.portal, first.initiator, first.luns) == ("fd00::9", "fd00::1", WINDOWS, (0,))
    stack.close(second)
    assert stack.sessions() == (first,)
    with pytest.raises(NotFound):
        stack.close(second)


def test_a_queued_write_is_awaited(kernel: ScstKernel, stack: Scst) -> None:
    kernel.queued = {1, 4}
    assert not apply(stack, plain()).failed
    assert drift(stack, plain()) == []
    kernel.queued = {kernel.operations + 1}
    wanted = dataclasses.replace(plain(), devices={"alpha": device("alpha"), "beta": device("beta", path="/dev/no")})
    (failure,) = apply(stack, wanted).failed
    assert "ENOENT" in failure[1].message


def test_pausing_steps_share_a_pause(kernel: ScstKernel, stack: Scst) -> None:
    targets = {iqn: plain(iqn, rel_tgt_id=n, luns=()).targets[iqn] for n, iqn in enumerate(IQNS, 1)}
    assert not apply(stack, Configuration(targets)).failed
    assert (kernel.pauses, kernel.suspended, kernel.held_up) == (1, 0, [])


def test_a_pause_that_is_refused_costs_nothing_but_time(kernel: ScstKernel, stack: Scst) -> None:
    steps = plan(stack, plain())
    first = next(i for i, step in enumerate(steps) if step.change.key.kind == "group")
    number = sum(len(step.ops) for step in steps[:first]) + 1
    kernel.faults[number] = errno.EBUSY
    assert not stack.perform(steps).failed
    assert kernel.touched[number - 1][0] == "suspend"
    assert kernel.suspended == 0
    assert drift(stack, plain()) == []


@pytest.mark.parametrize(("failures", "left"), [(1, 0), (5, 1)])
def test_a_resume_that_fails_is_tried_again_and_never_passed_over(
    kernel: ScstKernel, stack: Scst, failures: int, left: int
) -> None:
    steps = plan(stack, plain())
    last = max(i for i, step in enumerate(steps) if step.change.key.kind == "initiator")
    number = sum(len(step.ops) for step in steps[: last + 1]) + 2
    kernel.faults = dict.fromkeys(range(number, number + failures), errno.EIO)
    if left:
        with pytest.raises(ToolFailed, match="suspend"):
            stack.perform(steps)
        assert kernel.touched[-1] == ("suspend", "-1"), "nothing is done while I/O is paused"
    else:
        assert not stack.perform(steps).failed
    assert kernel.suspended == left
    stack.settle()
    assert not apply(stack, plain()).failed
    assert drift(stack, plain()) == []


def test_settle_resumes_what_a_crash_held(kernel: ScstKernel, stack: Scst) -> None:
    assert stack.settle() == ""
    kernel.write("suspend", "10")
    kernel.write("suspend", "10")
    assert "2 times" in stack.settle()
    assert kernel.suspended == 0


@pytest.mark.parametrize("after", [False, True])
def test_death_at_each_operation_is_made_good(after: bool) -> None:
    before = plain(groups=(Group("old", (WINDOWS, INITIATORS[2])),))
    wanted = plain(
        groups=(Group("a", (WINDOWS,)), Group("b", (INITIATORS[1],))),
        credentials=(Credential("bob", Secret(SECRETS[1])),),
        luns=(Lun(3, "alpha", True),),
        portals=(Portal("10.0.0.1"),),
        rel_tgt_id=2,
    )
    number = held = 0
    while True:
        number += 1
        kernel = ScstKernel(dict(BACKING))
        stack = stack_on(kernel)
        apply(stack, before)
        kernel.login(IQN, WINDOWS, user="joe", secret=SECRETS[0])
        kernel.die_at, kernel.dies_after = kernel.operations + number, after
        try:
            apply(stack, wanted)
            break
        except Died:
            held += kernel.suspended
        kernel.revive()
        again = stack_on(kernel)
        again.settle()
        assert kernel.suspended == 0
        assert not apply(again, wanted).failed
        assert drift(again, wanted) == []
    assert number > 12
    assert held > 0, "no death came in a pause"


def test_the_daemon_of_scst_dies(kernel: ScstKernel, stack: Scst) -> None:
    apply(stack, plain())
    kernel.kill_daemon()
    assert "iscsi-scstd" in stack.absence()
    assert apply(stack, plain()).failed
    kernel.start_daemon()
    assert stack.absence() == ""
    assert not apply(stack, plain()).failed
    assert drift(stack, plain()) == []


def test_absence_says_why(kernel: ScstKernel, stack: Scst) -> None:
    assert stack.absence() == ""
    targets = kernel.root["targets"]
    assert isinstance(targets, dict)
    targets.pop("iscsi")
    assert "iSCSI driver" in stack.absence()
    kernel.root.clear()
    assert "not loaded" in stack.absence()


def test_a_foreign_lun_keeps_a_device(kernel: ScstKernel, stack: Scst) -> None:
    apply(stack, plain())
    kernel.write("targets/iscsi/mgmt", "add_target iqn.2001-01.org.other:x")
    kernel.write("targets/iscsi/iqn.2001-01.org.other:x/luns/mgmt", "add alpha 7")
    before = kernel.snapshot("targets/iscsi/iqn.2001-01.org.other:x")
    (failure,) = apply(stack, Configuration()).failed
    assert "iqn.2001-01.org.other:x/luns/7" in failure[1].message
    assert kernel.snapshot("targets/iscsi/iqn.2001-01.org.other:x") == before


def test_a_lun_for_everybody_is_taken_away(kernel: ScstKernel, stack: Scst) -> None:
    apply(stack, plain())
    kernel.write(f"targets/iscsi/{IQN}/luns/mgmt", "add alpha 0")
    assert drift(stack, plain()) == [f"LUN 0 for every initiator of {IQN} is in the kernel, but not wanted."]
    assert not apply(stack, plain()).failed
    assert drift(stack, plain()) == []


def test_no_secret_shows(kernel: ScstKernel, stack: Scst) -> None:
    first = plain(mutual=Credential("box", Secret(SECRETS[1])))
    second = plain(credentials=(Credential("joe", Secret(SECRETS[2])),), mutual=Credential("box", Secret(SECRETS[0])))
    for wanted in (first, second, Configuration()):
        for step in plan(stack, wanted):
            told = step.summary + step.command + repr(step) + stack.planner.difference(step.change)
            assert not any(secret in told for secret in SECRETS), told
        kernel.faults = dict.fromkeys(range(kernel.operations + 1, kernel.operations + 60), errno.EIO)
        for _, error in apply(stack, wanted).failed:
            assert not any(secret in error.message for secret in SECRETS)
        kernel.faults.clear()
        apply(stack, wanted)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"portals": (Portal("10.0.0.1", 3261),)}, "/etc/default/scst"),
        ({"parameters": (("Nonsense", "1"),)}, "Nonsense"),
        ({"groups": (Group("a", (WINDOWS,)), Group("b", (WINDOWS,)))}, WINDOWS),
        ({"credentials": (Credential("joe", Secret("pass=word=123")),)}, "joe"),
        ({"mutual": Credential("joe", Secret("pass{word}12"))}, "joe"),
        ({"alias": 'a"b'}, "alias"),
    ],
)
def test_what_scst_cannot_do_is_refused(stack: Scst, change: dict[str, Any], word: str) -> None:
    with pytest.raises(NotSupported, match=word):
        stack.check(plain(**change).targets[IQN], {})
    stack.check(plain().targets[IQN], plain().devices)


def test_a_thousand_targets_cost_little(kernel: ScstKernel, stack: Scst) -> None:
    count = 50
    wanted = many(count)
    kernel.backing |= {d.path: 1 << 20 for d in wanted.devices.values()}
    changes = stack.planner.changes(stack.objects(wanted), {})
    assert not stack.perform(stack.planner.steps(changes, ())).failed
    assert len(kernel.touched) <= 14 * count + 4
    assert kernel.held_up == []


def many(count: int) -> Configuration:
    targets, devices = {}, {}
    for number in range(1, count + 1):
        iqn, name = f"iqn.2026-01.org.bams:m{number}", f"m{number}"
        targets[iqn] = Target(iqn, groups=(Group("default", (WINDOWS,)),), luns=(Lun(0, name),), rel_tgt_id=number)
        devices[name] = device(name)
    return Configuration(targets, devices)
