"""What became of a change is judged by what is there."""

from dataclasses import replace

import pytest

from bamsd.disk.models import Filesystem, Member
from bamsd.disk.outcome import judge, unmarked
from bamsd.disk.register import Leftover
from tests.unit.disk.pictures import GIB, SNAPSHOT, THICK, UUID, VG, ZVOL, intent, picture, row

MOUNTED = frozenset({"/srv/bams/thick"})


def test_a_creation_that_left_nothing_is_undone() -> None:
    outcome = judge(picture(), intent("disk-create", size_bytes=GIB), finished=False)
    assert (outcome.end, outcome.saved) == ("undone", None)


def test_a_created_block_volume_is_done_and_kept_with_its_maker() -> None:
    outcome = judge(picture(THICK, rows=()), intent("disk-create", size_bytes=GIB), finished=False)
    assert outcome.end == "done"
    assert outcome.saved
    assert (outcome.saved.created_by, outcome.saved.created_us, outcome.saved.leftover) == ("alice", 5, "")


@pytest.mark.parametrize(
    ("kind", "stage", "leftover"),
    [
        ("xfs", 1, "format"),
        ("xfs", 2, "format"),
        ("xfs", 3, "mount"),
        ("xfs", 4, "mount"),
        ("ext4", 3, "format"),
        ("ext4", 4, "mount"),
    ],
)
def test_a_creation_cut_off_says_what_is_left(kind: Filesystem, stage: int, leftover: Leftover) -> None:
    begun = intent("disk-create", size_bytes=GIB, use="filesystem", filesystem=kind, stage=stage)
    marked = replace(THICK, use="filesystem", filesystem="xfs")
    outcome = judge(picture(marked, rows=()), begun, finished=False)
    assert outcome.end == "partial"
    assert outcome.saved
    assert (outcome.saved.leftover, outcome.saved.use) == (leftover, "filesystem")
    assert judge(picture(marked, rows=(), mounted=MOUNTED), begun, finished=True).end == "done"


def test_a_volume_smaller_than_asked_is_not_what_was_asked() -> None:
    assert judge(picture(THICK, rows=()), intent("disk-create", size_bytes=11 * GIB), finished=True).end == "partial"


def test_a_pool_that_does_not_answer_leaves_the_end_unknown() -> None:
    silent = picture(THICK, problems={"lvm": {"vg0": "it hangs"}})
    for operation in ("disk-create", "disk-delete", "disk-resize", "disk-rollback", "disk-delete-pool"):
        assert judge(silent, intent(operation), finished=False).end == "unknown"


def test_a_deletion_is_done_when_the_volume_is_gone_and_only_then() -> None:
    gone = judge(picture(rows=(row(),)), intent("disk-delete"), finished=False)
    assert (gone.end, gone.forgotten) == ("done", THICK.repository)
    there = judge(picture(THICK), intent("disk-delete"), finished=True)
    assert (there.end, there.forgotten) == ("undone", "")


def test_a_deletion_does_not_take_a_copy_for_the_repository() -> None:
    copy = replace(THICK, name="copy", uuid="other")
    assert judge(picture(copy, rows=(row(),)), intent("disk-delete"), finished=True).end == "done"


def test_a_deletion_cut_off_after_the_mount_unit_went_says_so() -> None:
    files = row(use="filesystem", filesystem="xfs")
    begun = intent("disk-delete", use="filesystem", filesystem="xfs", stage=2)
    outcome = judge(picture(THICK, rows=(files,)), begun, finished=False)
    assert outcome.end == "partial"
    assert outcome.saved
    assert outcome.saved.leftover == "mount"


def test_growing_is_judged_by_the_size() -> None:
    asked = intent("disk-resize", size_bytes=12 * GIB, before_bytes=10 * GIB)
    assert judge(picture(THICK), asked, finished=True).end == "undone"
    grown = replace(THICK, size_bytes=12 * GIB)
    outcome = judge(picture(grown, rows=(row(),)), asked, finished=False)
    assert outcome.end == "done"
    assert outcome.saved
    assert outcome.saved.size_bytes == 12 * GIB


def test_a_grown_volume_with_a_smaller_file_system_is_incomplete() -> None:
    files = row(use="filesystem", filesystem="xfs")
    asked = intent("disk-resize", size_bytes=12 * GIB, use="filesystem", filesystem="xfs")
    grown = picture(replace(THICK, size_bytes=12 * GIB), rows=(files,))
    cut_off = judge(grown, asked, finished=False)
    assert cut_off.end == "partial"
    assert cut_off.saved
    assert cut_off.saved.leftover == "grow"
    whole = judge(grown, asked, finished=True)
    assert whole.end == "done"
    assert whole.saved
    assert whole.saved.leftover == ""


def test_snapshots_are_judged_by_their_presence() -> None:
    with_it, without = picture(replace(THICK, snapshots=(SNAPSHOT,))), picture(THICK)
    ends = [
        ("disk-snapshot", with_it, "done"),
        ("disk-snapshot", without, "undone"),
        ("disk-delete-snapshot", with_it, "undone"),
        ("disk-delete-snapshot", without, "done"),
        ("disk-rollback", with_it, "undone"),
        ("disk-rollback", without, "done"),
        ("disk-rollback", picture(replace(THICK, merging=True)), "done"),
    ]
    for operation, seen, end in ends:
        assert judge(seen, intent(operation, snapshot="monday"), finished=True).end == end, operation


def test_a_zfs_rollback_that_nobody_saw_end_is_said_to_be_unsure() -> None:
    seen = picture(replace(ZVOL, snapshots=(SNAPSHOT,)))
    begun = intent("disk-rollback", ZVOL, snapshot="monday")
    assert judge(seen, begun, finished=True).end == "done"
    unsure = judge(seen, begun, finished=False)
    assert unsure.end == "partial"
    assert "roll it back again" in unsure.text


def test_mounting_is_judged_by_the_mounts() -> None:
    files = row(use="filesystem", filesystem="xfs", leftover="mount")
    off, on = picture(THICK, rows=(files,)), picture(THICK, rows=(files,), mounted=MOUNTED)
    assert judge(off, intent("disk-mount"), finished=True).end == "undone"
    mounted = judge(on, intent("disk-finish"), finished=True)
    assert mounted.end == "done"
    assert mounted.saved
    assert mounted.saved.leftover == ""
    assert judge(on, intent("disk-unmount"), finished=True).end == "undone"
    assert judge(off, intent("disk-unmount"), finished=True).end == "done"


@pytest.mark.parametrize(
    ("kind", "stage", "leftover"),
    [("xfs", 0, ""), ("xfs", 1, ""), ("xfs", 2, "mount"), ("ext4", 2, ""), ("ext4", 3, "mount")],
)
def test_a_finish_cut_off_says_what_is_left(kind: Filesystem, stage: int, leftover: Leftover) -> None:
    files = row(use="filesystem", filesystem=kind, leftover="format")
    begun = intent("disk-finish", use="filesystem", filesystem=kind, stage=stage)
    outcome = judge(picture(THICK, rows=(files,)), begun, finished=False)
    assert (outcome.end, outcome.saved.leftover if outcome.saved else "") == (
        ("partial", leftover) if leftover else ("undone", "")
    )
    mounted = judge(picture(THICK, rows=(files,), mounted=MOUNTED), begun, finished=False)
    assert (mounted.end, mounted.saved and mounted.saved.leftover) == ("done", "")


@pytest.mark.parametrize("member", ["/dev/vdb", "/dev/vdb1", "/dev/vdb-part1", "/dev/vdbp1"])
def test_a_pool_has_a_disk_also_by_its_partition(member: str) -> None:
    from_zfs = replace(VG, members=(replace_member(member),))
    made = intent("disk-create-pool", name="vg0", devices=("/dev/vdb",))
    assert judge(picture(pools=(from_zfs,)), made, finished=True).end == "done"


def test_a_pool_without_the_disk_that_was_to_be_added_is_undone() -> None:
    pool = replace(VG, members=(replace_member("/dev/vdb"),))
    for device in ("/dev/vdc", "/dev/vd", "/dev/vdbb"):
        asked = intent("disk-extend-pool", name="vg0", devices=(device,))
        assert judge(picture(pools=(pool,)), asked, finished=True).end == "undone", device
    assert judge(picture(pools=()), intent("disk-create-pool", name="vg0"), finished=True).end == "undone"
    assert judge(picture(pools=()), intent("disk-delete-pool", name="vg0"), finished=False).end == "done"


def replace_member(path: str) -> Member:
    return Member(path, GIB, "online")


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_a_deletion_cut_off_at_its_first_step_may_have_taken_the_mount_away(stage: int) -> None:
    begun = intent("disk-delete", use="filesystem", filesystem="xfs", stage=stage)
    for before, after in (("", "mount"), ("format", "format"), ("grow", "grow")):
        files = row(use="filesystem", filesystem="xfs", leftover=before)
        outcome = judge(picture(THICK, rows=(files,)), begun, finished=False)
        assert outcome.saved
        assert (outcome.end, outcome.saved.leftover) == ("partial", after)


def test_an_unmounting_that_nobody_saw_end_may_come_back_at_the_next_start() -> None:
    files = row(use="filesystem", filesystem="xfs")
    outcome = judge(picture(THICK, rows=(files,)), intent("disk-unmount"), finished=False)
    assert (outcome.end, "once more" in outcome.text) == ("partial", True)
    mounted = judge(picture(THICK, rows=(files,), mounted=MOUNTED), intent("disk-unmount"), finished=False)
    assert mounted.end == "undone"


def test_a_group_that_is_gone_may_leave_labels() -> None:
    begun = intent("disk-delete-pool", name="vg0", devices=("/dev/vdb",))
    assert "/dev/vdb: wipe it" in judge(picture(pools=()), begun, finished=False).text
    assert "/dev/vdb" not in judge(picture(pools=()), begun, finished=True).text


def test_a_zvol_without_its_mark_is_what_an_interrupted_creation_made() -> None:
    begun = intent("disk-create", ZVOL, size_bytes=ZVOL.size_bytes, started_us=5_700_000)
    bare = replace(ZVOL, repository="", created_us=5_000_000)
    assert unmarked(picture(bare), begun) == bare
    for other in (
        ZVOL,
        replace(bare, created_us=4_000_000),
        replace(bare, size_bytes=1),
        replace(bare, name="x"),
        replace(bare, repository=UUID.replace("1", "2")),
        replace(bare, stack="lvm"),
    ):
        assert unmarked(picture(other), begun) is None
    assert unmarked(picture(bare), replace(begun, operation="disk-delete")) is None
