"""What may be done with pools, repositories and snapshots, and what a refusal says."""

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.core.holders import Holder
from bamsd.disk import rules
from bamsd.disk.models import Health, Layout, PoolKind, check_name, check_pool_name
from bamsd.disk.views import Picture
from bamsd.errors import (
    AlreadyExists,
    BamsError,
    Busy,
    InUse,
    InvalidArgument,
    NotFound,
    NotReady,
    NotSupported,
    OutOfSpace,
)
from tests.unit.disk.pictures import GIB, MIB, SNAPSHOT, TANK, THICK, THIN, UUID, VG, ZVOL, disk, picture, row

HOSTILE = [
    "",
    "-rf",
    "--force",
    "a" * 49,
    "../etc",
    "/dev/sda",
    "a/b",
    "a b",
    "a;reboot",
    "$(reboot)",
    "`id`",
    "a\nb",
    "a\0b",
    "%s%n",
    "{name}",
    "Größe",
    "名前",
    "a@b",
    "a.b",
    "A",
    "9lives",
    "_x",
    "snapshot1",
    "pvmove0",
    "a_tdata",
    "x_rimage_0",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_could_be_something_else_is_refused_and_shown_safely(name: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_name(name, "repository")
    assert refused.value.message.isascii()
    assert refused.value.message.isprintable()


def test_a_word_that_only_pools_may_not_begin_with_is_a_name() -> None:
    for name in ("mirrored", "c0", "logs", "spare-parts"):
        assert check_name(name, "repository") == name
        with pytest.raises(InvalidArgument):
            check_pool_name(name)


@given(st.text(max_size=80))
def test_any_name_that_passes_is_a_plain_word(name: str) -> None:
    try:
        passed = check_name(name, "repository")
    except InvalidArgument:
        return
    assert passed == name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert name[0].isalpha()


@pytest.mark.parametrize("name", ["", "-a", "a/b", "a b", "rpool@x", "x" * 65, ".", "..", "log1", "spare", "c1t0d0"])
def test_a_pool_name_that_could_be_something_else_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgument):
        check_pool_name(name)


@pytest.mark.parametrize("kind", ["lvm", "zfs"])
def test_a_thin_pool_alone_has_a_slash_in_its_name(kind: PoolKind) -> None:
    rules.new_pool_name("lvm-thin", "vg0/tp1")
    rules.new_pool_name(kind, "vg0")
    for wrong, name in ((kind, "vg0/tp1"), ("lvm-thin", "tp1"), ("lvm-thin", "vg0/"), ("lvm-thin", "vg0/-f")):
        with pytest.raises(InvalidArgument):
            rules.new_pool_name(wrong, name)


def create(name: str = "new", size: int = GIB, pool: object = VG, **how: object) -> None:
    options = {"sparse": False, "use": "block", "filesystem": ""} | how
    rules.create(picture(THICK), pool, name, size, **options)  # type: ignore[arg-type]


def test_a_good_repository_passes() -> None:
    create()
    create(pool=THIN, size=1000 * GIB)
    create(pool=TANK, sparse=True, size=1000 * GIB)
    create(use="filesystem", filesystem="xfs")


@pytest.mark.parametrize(
    ("how", "error", "said"),
    [
        ({"name": "thick"}, AlreadyExists, "a repository thick already"),
        ({"size": 51 * GIB}, OutOfSpace, "50 GiB free, and 51 GiB are needed"),
        ({"size": 1}, InvalidArgument, "4 MiB"),
        ({"size": 1 << 60}, InvalidArgument, "64 PiB"),
        ({"sparse": True}, InvalidArgument, "thin pool"),
        ({"use": "filesystem"}, InvalidArgument, "belongs to use"),
        ({"filesystem": "xfs"}, InvalidArgument, "belongs to use"),
        ({"use": "filesystem", "filesystem": "xfs", "size": 200 * MIB}, InvalidArgument, "300 MiB"),
        ({"pool": replace(THIN, data_percent=95.0)}, OutOfSpace, "data of thin pool vg0/tp0 is 95 % full"),
        ({"pool": replace(THIN, metadata_percent=99.9)}, OutOfSpace, "metadata of thin pool"),
    ],
)
def test_what_cannot_be_made_is_refused_by_name(how: dict[str, object], error: type[BamsError], said: str) -> None:
    with pytest.raises(error, match=said):
        create(**how)  # type: ignore[arg-type]


def test_a_name_that_a_strangers_volume_has_is_taken() -> None:
    stranger = replace(THICK, name="new", repository="")
    with pytest.raises(AlreadyExists, match="has a volume new already"):
        rules.create(picture(stranger), VG, "new", GIB, sparse=False, use="block", filesystem="")


@pytest.mark.parametrize("health", ["faulted", "suspended", "missing", "unresponsive", "unknown"])
def test_a_pool_that_does_not_work_takes_no_change(health: Health) -> None:
    with pytest.raises(NotReady, match=f"vg0 is {health}"):
        create(pool=replace(VG, health=health))


def test_a_degraded_pool_still_works() -> None:
    create(pool=replace(VG, health="degraded"))


def test_a_pool_that_does_not_answer_takes_no_change() -> None:
    silent = picture(THICK, problems={"lvm": {"vg0": "lvm did not end within 30 s"}})
    with pytest.raises(NotReady, match="did not end within 30 s"):
        rules.readable(silent, VG)
    with pytest.raises(NotReady, match="did not end within 30 s"):
        rules.present(silent, row())


def test_growing_passes_and_shrinking_never() -> None:
    assert rules.resize(picture(THICK), row(), 11 * GIB) == THICK
    with pytest.raises(NotSupported, match="cannot shrink"):
        rules.resize(picture(THICK), row(), 10 * GIB - 1)
    with pytest.raises(InvalidArgument, match="already"):
        rules.resize(picture(THICK), row(), 10 * GIB)
    with pytest.raises(OutOfSpace):
        rules.resize(picture(THICK), row(), 61 * GIB)


def test_a_thick_volume_does_not_grow_under_its_snapshots() -> None:
    with pytest.raises(InUse, match=r"monday.*Delete them first"):
        rules.resize(picture(replace(THICK, snapshots=(SNAPSHOT,))), row(), 11 * GIB)
    grown = replace(ZVOL, snapshots=(SNAPSHOT,))
    assert rules.resize(picture(grown), row(ZVOL), 11 * GIB) == grown


def test_a_file_system_grows_only_when_it_is_mounted() -> None:
    files = row(use="filesystem", filesystem="xfs")
    with pytest.raises(NotReady, match="not mounted"):
        rules.resize(picture(THICK, rows=(files,)), files, 11 * GIB)
    mounted = picture(THICK, rows=(files,), mounted=frozenset({"/srv/bams/thick"}))
    assert rules.resize(mounted, files, 10 * GIB) == THICK


def test_a_missing_or_rolling_back_repository_takes_no_change() -> None:
    with pytest.raises(NotFound, match="vg0/thick is not there"):
        rules.present(picture(rows=(row(),)), row())
    with pytest.raises(Busy, match="rolled back"):
        rules.present(picture(replace(THICK, merging=True)), row())


def test_what_waits_for_a_pulled_disk_is_not_changed() -> None:
    waiting = replace(ZVOL, health="missing", health_text="the devices of its pool are gone")
    with pytest.raises(NotReady, match=r"devices of its pool are gone\. Reconnect them first"):
        rules.present(picture(waiting), row(waiting))


def test_a_volume_that_others_made_is_never_ours_to_change() -> None:
    with pytest.raises(InvalidArgument, match="not made by BAMS"):
        picture(replace(THICK, repository="")).row("vg0/thick")
    with pytest.raises(NotFound, match="Known repositories: thick"):
        picture(THICK).row("other")


def test_two_volumes_with_the_same_mark_are_told_apart_by_their_place() -> None:
    copy = replace(THICK, name="copy", uuid="other-uuid")
    assert picture(copy, THICK, rows=(row(),)).volume_of(row()) == THICK
    elsewhere = replace(THICK, name="elsewhere")
    assert picture(copy, elsewhere, rows=(row(),)).volume_of(row()) is None


def test_a_refusal_names_every_holder_and_the_way_out() -> None:
    holders = [Holder("mount", "/srv", "umount /srv"), Holder("iscsi-lun", "LUN 0 of iqn.x", "remove the LUN")]
    with pytest.raises(InUse) as refused:
        rules.unheld("Repository thick", holders)
    for word in ("/srv", "umount /srv", "LUN 0 of iqn.x", "remove the LUN"):
        assert word in refused.value.message


def test_a_repository_with_snapshots_is_not_deleted() -> None:
    with pytest.raises(InUse, match="snapshots: monday"):
        rules.without_snapshots(row(), replace(THICK, snapshots=(SNAPSHOT,)))


def test_a_thick_snapshot_gets_a_fifth_and_others_no_size() -> None:
    assert rules.new_snapshot(picture(THICK), row(), "monday", None) == (THICK, 2 * GIB)
    assert rules.new_snapshot(picture(ZVOL), row(ZVOL), "monday", None) == (ZVOL, None)
    with pytest.raises(InvalidArgument, match="thick LVM"):
        rules.new_snapshot(picture(ZVOL), row(ZVOL), "monday", GIB)
    with pytest.raises(OutOfSpace):
        rules.new_snapshot(picture(THICK), row(), "monday", 51 * GIB)
    taken = replace(THICK, snapshots=(SNAPSHOT,))
    with pytest.raises(AlreadyExists, match="a snapshot monday already"):
        rules.new_snapshot(picture(taken), row(), "monday", None)


def test_only_a_good_snapshot_of_ours_is_gone_back_to() -> None:
    def taken(**changes: object) -> object:
        return replace(THICK, snapshots=(replace(SNAPSHOT, **changes),))  # type: ignore[arg-type]

    assert rules.rollback(row(), taken(), "monday") == SNAPSHOT  # type: ignore[arg-type]
    with pytest.raises(NotReady, match="lost its content"):
        rules.rollback(row(), taken(valid=False), "monday")  # type: ignore[arg-type]
    with pytest.raises(NotSupported, match="no longer knows"):
        rules.rollback(row(), taken(detached=True), "monday")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="not made by BAMS"):
        rules.rollback(row(), taken(owned=False), "monday")  # type: ignore[arg-type]
    with pytest.raises(Busy):
        rules.rollback(row(), taken(merging=True), "monday")  # type: ignore[arg-type]
    with pytest.raises(NotFound, match="Known snapshots: monday"):
        rules.rollback(row(), taken(), "tuesday")  # type: ignore[arg-type]


def test_zfs_does_not_go_back_over_a_younger_snapshot() -> None:
    younger = replace(SNAPSHOT, name="tuesday", created_us=3000)
    with pytest.raises(InUse, match="tuesday"):
        rules.rollback(row(ZVOL), replace(ZVOL, snapshots=(SNAPSHOT, younger)), "monday")
    assert rules.rollback(row(ZVOL), replace(ZVOL, snapshots=(SNAPSHOT, younger)), "tuesday") == younger


def test_disks_are_chosen_by_name_once_and_unused() -> None:
    free, used = disk("/dev/vdb"), disk("/dev/vdc", refusals=("mounted at /",))
    old = disk("/dev/vdd", signature="ext4")
    all_of_them = (free, used, old)
    assert rules.devices(all_of_them, ["/dev/vdb"], wipe=False) == (free,)
    assert rules.devices(all_of_them, [free.identity], wipe=False) == (free,)
    assert rules.devices(all_of_them, ["/dev/vdd"], wipe=True) == (old,)
    for wanted, error, said in (
        (["/dev/vdz"], NotFound, "ListCandidates"),
        (["/dev/vdb", free.identity], InvalidArgument, "named twice"),
        (["/dev/vdc"], InUse, "mounted at /"),
        (["/dev/vdd"], InUse, r"holds ext4.*option wipe"),
        (["--force"], NotFound, "no disk"),
    ):
        with pytest.raises(error, match=said):
            rules.devices(all_of_them, wanted, wipe=False)
    with pytest.raises(InUse, match="mounted at /"):
        rules.devices(all_of_them, ["/dev/vdc"], wipe=True)


@pytest.mark.parametrize(
    ("kind", "layout", "count", "good"),
    [
        ("lvm", "single", 1, True),
        ("lvm", "single", 0, False),
        ("lvm", "mirror", 2, False),
        ("lvm-thin", "single", 0, True),
        ("lvm-thin", "single", 1, False),
        ("zfs", "mirror", 1, False),
        ("zfs", "mirror", 2, True),
        ("zfs", "raidz3", 3, False),
        ("zfs", "raidz3", 4, True),
    ],
)
def test_a_layout_fits_the_pool_and_the_number_of_disks(kind: PoolKind, layout: Layout, count: int, good: bool) -> None:
    if good:
        rules.layout(kind, layout, count)
    else:
        with pytest.raises(InvalidArgument):
            rules.layout(kind, layout, count)


def test_only_an_empty_pool_of_ours_is_removed() -> None:
    rules.remove_pool(picture(), TANK, ())
    with pytest.raises(InvalidArgument, match="not made by BAMS"):
        rules.remove_pool(picture(pools=(VG,)), VG, ())
    with pytest.raises(InUse, match="tank/vol"):
        rules.remove_pool(picture(ZVOL), TANK, ())
    with pytest.raises(InUse, match="tank/files"):
        rules.remove_pool(picture(), TANK, ("tank/files",))
    owned = replace(VG, owned=True)
    with pytest.raises(InUse, match="vg0/tp0"):
        rules.remove_pool(picture(pools=(owned, THIN)), owned, ())
    with pytest.raises(InUse, match="thick"):
        rules.remove_pool(picture(pools=(owned,), rows=(row(),)), owned, ())


def test_a_pool_name_is_used_once() -> None:
    with pytest.raises(AlreadyExists):
        rules.new_pool(picture(), "lvm", "tank", 0)
    with pytest.raises(AlreadyExists):
        rules.new_pool(picture(THICK), "lvm-thin", "vg0/thick", GIB)
    with pytest.raises(OutOfSpace):
        rules.new_pool(picture(), "lvm-thin", "vg0/tp1", 51 * GIB)
    with pytest.raises(InvalidArgument, match="'size'"):
        rules.new_pool(picture(), "zfs", "tank2", GIB)
    rules.new_pool(picture(), "zfs", "tank2", 0)


def test_a_pool_of_both_stacks_must_be_named_with_its_stack() -> None:
    both = picture(pools=(VG, replace(TANK, name="vg0")))
    assert both.pool("zfs:vg0").kind == "zfs"
    assert both.pool("lvm:vg0").kind == "lvm"
    with pytest.raises(InvalidArgument, match="lvm:vg0 or zfs:vg0"):
        both.pool("vg0")


def test_the_uuid_in_the_tests_is_one() -> None:
    assert picture(THICK).volumes_of(UUID) == [THICK]
    assert picture(replace(THICK, repository="")).volumes_of("") == []


def test_a_pool_is_not_called_unknown_before_all_were_read() -> None:
    with pytest.raises(NotReady, match="still being read"):
        Picture().pool("vg0")


LONG = replace(VG, name="v" * 64)


def test_names_that_are_too_long_together_are_refused() -> None:
    """device-mapper's limit counts the group, the repository and the snapshot together, and each hyphen twice."""
    plain, hyphens, volume = "a" * 48, "a" + "-" * 47, replace(THICK, pool=LONG.name, name="a" * 48)
    seen = picture(volume, pools=(LONG, TANK))
    rules.create(seen, LONG, plain[1:], GIB, sparse=False, use="block", filesystem="")
    with pytest.raises(InvalidArgument, match="a hyphen counts twice"):
        rules.create(seen, LONG, hyphens, GIB, sparse=False, use="block", filesystem="")
    rules.create(seen, TANK, hyphens, GIB, sparse=False, use="block", filesystem="")
    rules.new_snapshot(seen, row(volume), "a" * 9, GIB)
    with pytest.raises(InvalidArgument, match="too long for a snapshot"):
        rules.new_snapshot(seen, row(volume), "a" * 10, GIB)
    rules.new_pool_name("lvm-thin", f"{'v' * 64}/{plain}")
    with pytest.raises(InvalidArgument, match="too long for a thin pool"):
        rules.new_pool_name("lvm-thin", f"{'v-' * 32}/{hyphens}")


@pytest.mark.parametrize("silent", ["lvm", "zfs"])
def test_nothing_is_said_not_to_be_there_while_a_stack_does_not_answer(silent: Literal["lvm", "zfs"]) -> None:
    seen = picture(THICK, problems={silent: {"": "it hangs"}})
    with pytest.raises(NotReady, match="it hangs"):
        seen.pool("nowhere")
    with pytest.raises(NotReady, match="it hangs"):
        seen.row("nobody")
    assert seen.row("thick").name == "thick"
