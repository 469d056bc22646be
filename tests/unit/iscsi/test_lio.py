"""The life of targets on LIO, against the fake kernel."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bamsd.errors import InUse, NotFound, NotSupported, OutOfSync
from bamsd.iscsi.lio import Lio
from bamsd.iscsi.models import Configuration, Credential, Group, Lun, Portal, Secret, Target
from bamsd.iscsi.objects import Key, Write
from bamsd.iscsi.tree import Files
from tests.fakes.lio_kernel import LioKernel
from tests.unit.iscsi.configurations import INITIATORS, IQNS, device
from tests.unit.iscsi.lio_rig import Rig

X, Y, _ = INITIATORS
DISK = device("disk-a")
FILE = device("disk_b", "file")
TARGET = Target(
    IQNS[0],
    groups=(Group("default", (X,)),),
    luns=(Lun(0, "disk-a"),),
    credentials=(Credential("joe", Secret("firstsecret12")),),
    rel_tgt_id=101,
)


def configuration(target: Target = TARGET) -> Configuration:
    return Configuration({target.iqn: target}, {DISK.name: DISK, FILE.name: FILE})


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.apply(configuration())
    return made


def log_in(rig: Rig, initiator: str = X, secret: str = "firstsecret12") -> bool:
    return rig.kernel.log_in(TARGET.iqn, initiator, "joe", secret)


def test_only_the_named_initiator_with_its_secret_gets_in(rig: Rig) -> None:
    assert log_in(rig)
    assert not log_in(rig, secret="othersecret34")
    assert not log_in(rig, Y)


def test_a_new_secret_ends_no_session_and_authentication_stays_on(rig: Rig) -> None:
    log_in(rig)
    before = len(rig.kernel.touched)
    changed = replace(TARGET, credentials=(Credential("joe", Secret("othersecret34")),))
    steps = rig.steps(configuration(changed))
    rig.lio.perform(steps)
    assert [step.effect for step in steps] == ["safe"]
    assert rig.kernel.is_logged_in(TARGET.iqn, X)
    assert [type(op) for op in rig.kernel.touched[before:]] == [Write]
    assert not log_in(rig)
    assert log_in(rig, secret="othersecret34")


def test_a_target_that_goes_while_it_is_read_does_not_cost_the_others_their_number(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the modules are loaded again: what is put back then must have its relative target id."""
    listed = rig.kernel.list
    gone = LioKernel(rig.kernel.backing)

    def vanishing(path: str) -> Sequence[str]:
        names = listed(path)
        if path == f"iscsi/{TARGET.iqn}":
            vars(rig.kernel).update(vars(gone))
        return names

    monkeypatch.setattr(rig.kernel, "list", vanishing)
    rig.lio.read()
    monkeypatch.undo()
    rig.apply(configuration())
    assert rig.kernel.read(f"iscsi/{TARGET.iqn}/tpgt_1/rtpi") == "0x65\n"
    assert rig.differences(configuration()) == []


def test_a_lun_is_added_under_a_session(rig: Rig) -> None:
    log_in(rig)
    steps = rig.steps(configuration(replace(TARGET, luns=(*TARGET.luns, Lun(5, "disk_b", read_only=True)))))
    assert {step.effect for step in steps} == {"safe"}
    rig.lio.perform(steps)
    (session,) = rig.lio.sessions()
    assert session.luns == (0, 5)
    assert session.address == "127.0.0.1"
    assert (session.read_bytes, session.written_bytes) == (4096, 4096)


@pytest.mark.parametrize(
    "changed",
    [
        replace(TARGET, luns=()),
        replace(TARGET, luns=(Lun(0, "disk-a", read_only=True),)),
        replace(TARGET, groups=(Group("default", (Y,)),)),
        replace(TARGET, enabled=False),
        replace(TARGET, rel_tgt_id=102),
        replace(TARGET, parameters=(("QueuedCommands", "100"),)),
    ],
)
def test_what_ends_or_disturbs_a_session_says_so_and_names_it(rig: Rig, changed: Target) -> None:
    log_in(rig)
    named = [session.initiator for step in rig.steps(configuration(changed)) for session in step.sessions]
    assert set(named) == {X}


@pytest.mark.parametrize(
    "changed",
    [
        replace(TARGET, portals=(Portal("192.0.2.1"),)),
        replace(TARGET, groups=(Group("default", (X, Y)),)),
        replace(TARGET, parameters=(("MaxBurstLength", "524288"),)),
        replace(TARGET, credentials=()),
        replace(TARGET, alias="Tapes"),
    ],
)
def test_what_says_it_is_safe_leaves_the_session(rig: Rig, changed: Target) -> None:
    log_in(rig)
    steps = rig.steps(configuration(changed))
    assert {step.effect for step in steps} == {"safe"}
    rig.lio.perform(steps)
    assert rig.kernel.is_logged_in(TARGET.iqn, X)


def test_closing_a_session_ends_it_and_leaves_nothing_changed(rig: Rig) -> None:
    log_in(rig)
    (session,) = rig.lio.sessions()
    rig.lio.close(session)
    assert rig.lio.sessions() == ()
    assert rig.differences(configuration()) == []
    assert log_in(rig)
    with pytest.raises(NotFound, match="no session"):
        rig.lio.close(session)


def test_a_grown_file_is_announced(rig: Rig) -> None:
    grown = replace(FILE, size_bytes=2 << 30)
    wanted = Configuration({TARGET.iqn: TARGET}, {DISK.name: DISK, FILE.name: grown})
    (step,) = rig.steps(wanted)
    assert (step.effect, step.summary) == ("safe", "Set size to 2147483648 of device disk_b.")
    rig.lio.resize(grown)
    assert rig.differences(wanted) == []


def test_a_size_that_the_kernel_does_not_take_is_reported(rig: Rig) -> None:
    rig.kernel.fail_at = (1, 16)
    with pytest.raises(InUse, match="disk_b"):
        rig.lio.resize(replace(FILE, size_bytes=2 << 30))


def test_a_device_that_cannot_unmap_is_no_drift() -> None:
    rig = Rig()
    rig.kernel.unmaps = False
    assert not rig.apply(configuration()).failed
    assert rig.differences(configuration()) == []


def test_one_target_that_fails_does_not_stop_the_other() -> None:
    rig = Rig()
    del rig.kernel.backing[DISK.path]
    other = Target(IQNS[1], luns=(Lun(0, "disk_b"),), groups=(Group("default", (X,)),))
    wanted = Configuration({TARGET.iqn: TARGET, other.iqn: other}, {DISK.name: DISK, FILE.name: FILE})
    performed = rig.apply(wanted)
    assert [step.object for step, _ in performed.failed] == ["disk-a"]
    assert {step.object for step in performed.skipped} == {TARGET.iqn}
    assert rig.kernel.log_in(other.iqn, X)
    rig.kernel.backing[DISK.path] = 1 << 30
    assert not rig.apply(wanted).failed
    assert rig.differences(wanted) == []


def test_someone_opens_the_target_to_all_and_it_is_seen_and_closed(rig: Rig) -> None:
    home = f"iscsi/{TARGET.iqn}/tpgt_1"
    rig.kernel.write(f"{home}/attrib/generate_node_acls", "1")
    rig.kernel.write(f"{home}/acls/{X}/attrib/authentication", "0")
    assert len(rig.steps(configuration())) == 2
    rig.apply(configuration())
    assert rig.differences(configuration()) == []


def test_a_mapped_lun_whose_link_was_cut_is_made_anew(rig: Rig) -> None:
    lun = f"iscsi/{TARGET.iqn}/tpgt_1/lun/lun_0"
    rig.kernel.unlink(f"{lun}/bams")
    rig.kernel.make_link(f"{lun}/other", "core/iblock_0/disk-a")
    assert rig.differences(configuration()) != []
    assert not rig.apply(configuration()).failed
    assert rig.differences(configuration()) == []


def test_the_alias_of_an_initiator_cannot_pass_for_what_the_kernel_says(rig: Rig) -> None:
    rig.kernel.alias = "x\nLIO Session ID: 9999   ISID\n   Address 198.51.100.9 TCP  StatSN"
    log_in(rig)
    (session,) = rig.lio.sessions()
    assert (session.id, session.address) == ("1", "127.0.0.1")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (replace(TARGET, groups=(Group("default", ("iqn.1993-08.org.example.*",)),)), "knows no patterns"),
        (replace(TARGET, groups=(Group("a", (X,)), Group("b", (X,)))), "one group"),
        (
            replace(TARGET, credentials=(*TARGET.credentials, Credential("ann", Secret("othersecret34")))),
            "one credential",
        ),
        (replace(TARGET, credentials=(), mutual=Credential("t", Secret("mutualsecret1"))), "logs in with a credential"),
        (replace(TARGET, credentials=(Credential("NULLA", Secret("othersecret34")),)), "another beginning"),
        (replace(TARGET, parameters=(("QueuedCommands", "1024"),)), "from 1 to 512"),
        (replace(TARGET, parameters=(("NoSuchThing", "1"),)), "no parameter NoSuchThing"),
        (replace(TARGET, groups=(Group("default", ("iqn.2026-01.cl:x",)),)), "two dots"),
    ],
)
def test_what_lio_cannot_do_is_refused(rig: Rig, changed: Target, why: str) -> None:
    with pytest.raises(NotSupported, match=why) as caught:
        rig.lio.check(changed, configuration().devices)
    assert "secret" not in caught.value.message.replace("user and secret", "")


def test_paths_and_files_that_lio_cannot_take_are_refused(rig: Rig) -> None:
    for odd, why in ((replace(DISK, path="/dev/a,readonly=1"), "comma"), (replace(FILE, size_bytes=0), "size")):
        with pytest.raises(NotSupported, match=why):
            rig.lio.check(replace(TARGET, luns=(Lun(0, odd.name),)), {odd.name: odd})


def test_what_is_possible_is_not_refused(rig: Rig) -> None:
    rig.lio.check(TARGET, configuration().devices)


def test_absence_is_told(rig: Rig, tmp_path: Path) -> None:
    assert rig.lio.absence() == ""
    assert "modprobe" in Lio(Files(tmp_path)).absence()


def test_adopted_and_applied_again_nothing_changes(rig: Rig) -> None:
    wanted = configuration(replace(TARGET, groups=(Group("default", (X,)), Group("few", (Y,), ())), alias="Tapes"))
    rig.apply(wanted)
    target, devices = rig.lio.adopt(rig.lio.read(), TARGET.iqn)
    assert [d.identity for d in devices] == [replace(DISK.identity, t10=DISK.identity.serial)]
    again = Configuration({target.iqn: target}, {FILE.name: FILE, **{d.name: d for d in devices}})
    assert rig.steps(again) == []


def test_what_does_not_fit_the_model_is_not_adopted(rig: Rig) -> None:
    rig.kernel.make_folder(f"iscsi/{TARGET.iqn}/tpgt_2")
    with pytest.raises(NotSupported, match="portal groups besides"):
        rig.lio.adopt(rig.lio.read(), TARGET.iqn)
    with pytest.raises(NotFound):
        rig.lio.adopt(rig.lio.read(), IQNS[1])


def test_devices_get_numbers_of_their_own(rig: Rig) -> None:
    rig.kernel.make_folder("core/iblock_1")
    rig.kernel.make_folder("core/iblock_1/foreign")
    wanted = configuration()
    more = Configuration(wanted.targets, {**wanted.devices, "C3": device("C3")})
    rig.apply(more)
    assert rig.kernel.is_folder("core/iblock_2/C3")
    rig.apply(wanted)
    assert not rig.kernel.is_folder("core/iblock_2")
    assert Key("device", ("foreign",)) in rig.foreign()


def test_an_empty_folder_that_a_crash_left_is_taken() -> None:
    rig = Rig()
    rig.kernel.make_folder("core/iblock_0")
    assert not rig.apply(configuration()).failed
    assert rig.kernel.is_folder("core/iblock_0/disk-a")


def test_a_file_size_that_is_told_otherwise_is_out_of_sync(rig: Rig) -> None:
    rig.kernel.resizes = False
    with pytest.raises(OutOfSync, match="1073741824 bytes"):
        rig.lio.resize(replace(FILE, size_bytes=2 << 30))
