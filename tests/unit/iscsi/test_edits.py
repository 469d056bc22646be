"""What each call makes of the desired state, and what it refuses."""

from dataclasses import replace

import pytest

from bamsd.errors import AlreadyExists, InUse, InvalidArgument, NotFound, NotReady
from bamsd.iscsi import edits
from bamsd.iscsi.edits import Login, Wish
from bamsd.iscsi.models import Backing, Device, Group, Identity, Lun, Target
from bamsd.iscsi.register import Desired, Row

A, B = "iqn.2026-01.org.example:a", "iqn.2026-01.org.example:b"
HOST = "iqn.1993-08.org.debian:01:abc"
SECRET, OTHER = "abcdefgh1234", "ABCDEFGH1234"
REPOSITORY = Backing("repo1", "11111111-2222-3333-4444-555555555555", "block", "/dev/vg0/repo1", 1 << 30)


def desired(*targets: Target, devices: tuple[Device, ...] = ()) -> Desired:
    return Desired({t.iqn: Row(t) for t in targets}, {d.name: d for d in devices})


def device(name: str = "repo1", uuid: str = REPOSITORY.uuid) -> Device:
    return Device(name, "block", f"/dev/vg0/{name}", Identity("0" * 20, "6" * 32, "0" * 20), repository=uuid)


def test_a_new_target_is_closed_and_enabled() -> None:
    made = edits.create(desired(), A, Wish(), ())
    assert made == Target(A, rel_tgt_id=1)
    assert (made.initiators, made.luns, made.credentials, made.enabled) == ((), (), (), True)


def test_the_relative_target_id_is_the_lowest_that_nobody_has() -> None:
    known = desired(Target(A, rel_tgt_id=1), Target(B, rel_tgt_id=3))
    assert edits.create(known, "iqn.2026-01.org.example:c", Wish(), (2, 4)).rel_tgt_id == 5


def test_a_target_that_is_to_be_removed_keeps_its_name_and_id() -> None:
    known = Desired({A: Row(Target(A, rel_tgt_id=1), wanted=False)})
    with pytest.raises(AlreadyExists):
        edits.create(known, A, Wish(), ())
    assert edits.create(known, B, Wish(), ()).rel_tgt_id == 2
    with pytest.raises(NotReady, match="to be removed"):
        edits.row(known, A)


def test_only_what_is_given_changes() -> None:
    target = edits.create(
        desired(), A, Wish("al", True, ["192.0.2.1"], [HOST], parameters={"QueuedCommands": "64"}), ()
    )
    changed = edits.changed(target, Wish(alias="other", parameters={"InitialR2T": "Yes"}))
    assert changed == replace(target, alias="other", parameters=(("InitialR2T", "Yes"), ("QueuedCommands", "64")))
    assert edits.changed(changed, Wish(parameters={"QueuedCommands": ""})).parameters == (("InitialR2T", "Yes"),)
    assert edits.changed(changed, Wish(initiators=[])).initiators == ()


def test_initiators_are_those_of_the_default_group() -> None:
    target = replace(Target(A), groups=(Group("default", ("iqn.2026-01.x:1",)), Group("ro", (HOST,))))
    changed = edits.changed(target, Wish(initiators=["iqn.2026-01.x:2"]))
    assert changed.groups == (Group("default", ("iqn.2026-01.x:2",)), Group("ro", (HOST,)))
    with pytest.raises(InvalidArgument, match="two groups"):
        edits.changed(target, Wish(initiators=[HOST]))
    with pytest.raises(InvalidArgument, match="either"):
        edits.changed(target, Wish(initiators=[HOST], groups=[]))


def test_groups_are_checked() -> None:
    target = replace(Target(A), luns=(Lun(0, "repo1"), Lun(5, "repo2")))
    changed = edits.changed(target, Wish(groups=[Group("ro", (HOST,), (5, 0, 5))]))
    assert changed.groups == (Group("default"), Group("ro", (HOST,), (0, 5)))
    for groups, text in (
        ([Group("ro", (), (7,))], "LUN 7"),
        ([Group("ro"), Group("ro")], "twice"),
        ([Group("a/b")], "group name"),
        ([Group("ro", ("x",))], "iSCSI name"),
    ):
        with pytest.raises((InvalidArgument, NotFound), match=text):
            edits.changed(target, Wish(groups=groups))


def test_a_lun_gets_the_lowest_free_number() -> None:
    known = desired(replace(Target(A), luns=(Lun(0, "x"), Lun(2, "y"))))
    target, number = edits.add_lun(known, A, device(), None, title="Repository repo1", read_only=False, shared=False)
    assert number == 1
    assert [lun.number for lun in target.luns] == [0, 1, 2]
    with pytest.raises(AlreadyExists, match="LUN 2 already"):
        edits.add_lun(known, A, device(), 2, title="Repository repo1", read_only=False, shared=False)
    with pytest.raises(InvalidArgument, match="out of range"):
        edits.add_lun(known, A, device(), 16383, title="Repository repo1", read_only=False, shared=False)


def test_one_repository_is_one_lun_unless_shared() -> None:
    known = desired(replace(Target(A), luns=(Lun(0, "repo1"),)), Target(B), devices=(device(),))
    with pytest.raises(InUse, match=r"LUN 0 of iqn\.2026-01\.org\.example:a already"):
        edits.add_lun(known, B, device(), None, title="Repository repo1", read_only=False, shared=False)
    target, _ = edits.add_lun(known, B, device(), None, title="Repository repo1", read_only=True, shared=True)
    assert target.luns == (Lun(0, "repo1", read_only=True),)
    with pytest.raises(AlreadyExists):
        edits.add_lun(known, A, device(), None, title="Repository repo1", read_only=False, shared=True)


def test_a_lun_that_is_gone_only_after_the_next_apply_still_counts() -> None:
    before = replace(Target(A), luns=(Lun(0, "repo1"),))
    known = Desired({A: Row(Target(A), applied=before), B: Row(Target(B))}, {"repo1": device()})
    with pytest.raises(InUse):
        edits.add_lun(known, B, device(), None, title="Repository repo1", read_only=False, shared=False)


def test_a_removed_lun_is_gone_from_the_views_too() -> None:
    known = desired(replace(Target(A), luns=(Lun(0, "a"), Lun(1, "b")), groups=(Group("default", (), (0, 1)),)))
    assert edits.remove_lun(known, A, 0) == replace(
        Target(A), luns=(Lun(1, "b"),), groups=(Group("default", (), (1,)),)
    )
    with pytest.raises(NotFound, match=r"no LUN 7. Its LUNs: 0, 1"):
        edits.remove_lun(known, A, 7)


def test_the_identity_of_a_repository_is_for_life() -> None:
    known = desired(Target(A))
    made = edits.device_for(known, REPOSITORY, write_through=False)
    assert (made.name, made.repository, made.path, made.size_bytes) == (
        "repo1",
        REPOSITORY.uuid,
        REPOSITORY.path,
        1 << 30,
    )
    assert made.identity.naa == "6001405" + made.identity.serial + "00000"
    assert len(made.identity.serial) == 20
    known.devices[made.name] = made
    moved = replace(REPOSITORY, name="renamed", path="/dev/vg1/renamed", size_bytes=2 << 30)
    again = edits.device_for(known, moved, write_through=True)
    assert again == replace(made, path=moved.path, size_bytes=2 << 30, write_through=True)
    other = edits.device_for(known, replace(REPOSITORY, uuid="other"), write_through=False)
    assert other.name != made.name
    assert other.identity.serial != made.identity.serial


def test_write_through_of_a_lun_cannot_change_behind_its_back() -> None:
    known = desired(replace(Target(A), luns=(Lun(0, "repo1"),)), devices=(device(),))
    with pytest.raises(InvalidArgument, match="write_through"):
        edits.device_for(known, REPOSITORY, write_through=True)


@pytest.mark.parametrize("name", ["", "x" * 200, "../../etc", "a b", "ü", "repo1"])
def test_device_names_suit_both_stacks(name: str) -> None:
    known = desired(devices=(device(),))
    made = edits.device_for(known, Backing(name, "u", "block", "/dev/x", 512), write_through=False)
    assert made.name not in known.devices
    assert 1 <= len(made.name) <= 64
    assert set(made.name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def test_credentials() -> None:
    one = edits.with_credentials(Target(A), Login("joe", SECRET))
    assert [(c.user, c.secret.reveal()) for c in one.credentials] == [("joe", SECRET)]
    rotated = edits.with_credentials(one, Login("joe", OTHER))
    assert [(c.user, c.secret.reveal()) for c in rotated.credentials] == [("joe", OTHER)]
    both = edits.with_credentials(one, Login("amy", OTHER, add=True))
    assert [c.user for c in both.credentials] == ["amy", "joe"]
    assert [c.user for c in edits.with_credentials(both, Login("amy", OTHER)).credentials] == ["amy"]
    mutual = edits.with_credentials(one, Login(mutual_user="me", mutual_secret=OTHER))
    assert mutual.mutual
    assert mutual.credentials == one.credentials
    assert edits.with_credentials(mutual, Login(mutual_user="", mutual_secret="")).mutual is None
    assert edits.with_credentials(one, Login("", "")).credentials == ()


@pytest.mark.parametrize(
    "login",
    [
        Login("joe", "short"),
        Login("joe", "x" * 17),
        Login("joe", "abcdefgh123="),
        Login("joe", None),
        Login(None, SECRET),
        Login("j oe", SECRET),
        Login("joe", SECRET, "me", SECRET),
        Login(None, None, "me", OTHER),
        Login("joe", "", None, None),
    ],
)
def test_credentials_that_are_refused(login: Login) -> None:
    with pytest.raises(InvalidArgument) as raised:
        edits.with_credentials(Target(A), login)
    for secret in (login.secret, login.mutual_secret):
        assert not secret or secret not in raised.value.message


def test_the_last_user_cannot_go_while_the_target_proves_itself() -> None:
    target = edits.with_credentials(Target(A), Login("joe", SECRET, "me", OTHER))
    with pytest.raises(InvalidArgument, match="give user and secret too"):
        edits.with_credentials(target, Login("", ""))


def test_a_delete_needs_the_name() -> None:
    known = desired(Target(A))
    with pytest.raises(InvalidArgument, match="option confirm"):
        edits.delete(known, A, B)
    assert edits.delete(known, A, A) == Row(Target(A), wanted=False)
