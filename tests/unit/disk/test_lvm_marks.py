"""Owner marks as LVM tags."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.disk.lvm_marks import mark_of, snapshot_of, snapshot_tag, tags_of
from bamsd.disk.models import Filesystem, Mark, Use

U = "7d1f6c0a-3b52-4e0c-9a61-1f0e5d2c8b4a"
OTHER = "0c9b7e11-52aa-4b7d-8a0f-5b1f7c3d2e10"
uuids = st.uuids().map(str)


@given(uuids, st.sampled_from([("block", ""), ("filesystem", "xfs"), ("filesystem", "ext4")]), st.randoms())
def test_a_mark_comes_back_in_any_order_among_other_tags(
    uuid: str, about: tuple[Use, Filesystem], random: Random
) -> None:
    mark = Mark(uuid, *about)
    tags = ["ours", *tags_of(mark), "bams.", "bams.repository"]
    random.shuffle(tags)
    assert mark_of(tags) == mark
    assert snapshot_of([*tags, snapshot_tag(uuid)]) == ""


@pytest.mark.parametrize(
    "tags",
    [
        [],
        [f"bams.repo.{U}"],
        ["bams.use.block"],
        [f"bams.repo.{U}", "bams.use.tape"],
        [f"bams.repo.{U}", "bams.use."],
        [f"bams.repo.{U.upper()}", "bams.use.block"],
        [f"bams.repo.{U}\n", "bams.use.block"],
        [f"bams.repo.{U}x", "bams.use.block"],
        ["bams.repo.", "bams.use.block"],
        [f"bams.repo.{U}", f"bams.repo.{OTHER}", "bams.use.block"],
        [f"bams.repo.{U}", "bams.use.block", "bams.use.filesystem"],
        [f"bams.repo.{U}", "bams.use.block", "bams.fs.xfs"],
        [f"bams.repo.{U}", "bams.use.block", "bams.fs."],
        [f"bams.repo.{U}", "bams.use.filesystem"],
        [f"bams.repo.{U}", "bams.use.filesystem", "bams.fs."],
        [f"bams.repo.{U}", "bams.use.filesystem", "bams.fs.btrfs"],
        [f"bams.repo.{U}", "bams.use.filesystem", "bams.fs.xfs", "bams.fs.ext4"],
        [f"bams.repo.{U}", "bams.use.block", f"bams.snap.{U}"],
    ],
)
def test_an_unsound_mark_is_none(tags: list[str]) -> None:
    assert mark_of(tags) is None


@pytest.mark.parametrize(
    "tags",
    [
        [],
        ["bams.snap."],
        ["bams.snap.x"],
        [f"bams.snap.{U}", f"bams.snap.{OTHER}"],
        [f"bams.snap.{U}", f"bams.repo.{U}"],
    ],
)
def test_an_unsound_mark_of_a_snapshot_is_none(tags: list[str]) -> None:
    assert snapshot_of(tags) == ""


@given(
    st.lists(
        st.text(max_size=60) | st.sampled_from(["bams.repo.", "bams.use.block", f"bams.repo.{U}", f"bams.snap.{U}"])
    )
)
def test_tags_of_any_kind_never_raise(tags: list[str]) -> None:
    mark = mark_of(tags)
    assert mark is None or set(tags_of(mark)) <= set(tags)
    found = snapshot_of(tags)
    assert not found or snapshot_tag(found) in tags
