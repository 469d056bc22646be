"""When disks are looked at: which events concern which stack, and what a poll may leave out."""

import pytest

from bamsd.disk.models import Reading, Stack
from bamsd.disk.watch import EMPTY_ROUNDS, due, stacks_of
from tests.unit.disk.pictures import TANK, VG


@pytest.mark.parametrize(
    ("device", "stacks"),
    [
        ("/devices/virtual/block/dm-3", ("lvm",)),
        ("/devices/virtual/block/zd16", ("zfs",)),
        ("/devices/pci0000:00/0000:00:03.0/virtio1/block/vdb", ("lvm", "zfs")),
        ("/devices/pci0000:00/0000:00:03.0/virtio1/block/vdb/vdb1", ("lvm", "zfs")),
        ("/devices/virtual/block/loop0", ()),
        ("", ("lvm", "zfs")),
    ],
)
def test_an_event_concerns_the_stack_that_can_have_made_it(device: str, stacks: tuple[Stack, ...]) -> None:
    assert stacks_of(device) == stacks


def test_a_stack_with_pools_or_problems_is_looked_at_in_every_poll() -> None:
    busy = {"lvm": Reading((VG,)), "zfs": Reading((TANK,))}
    ill: dict[Stack, Reading] = {"lvm": Reading(problems={"": "it hangs"})}
    for number in range(1, 2 * EMPTY_ROUNDS):
        assert due(busy, number) == ("lvm", "zfs")  # type: ignore[arg-type]
        assert due(ill, number) == ("lvm", "zfs")


def test_an_empty_stack_is_looked_at_now_and_then() -> None:
    readings: dict[Stack, Reading] = {"lvm": Reading((VG,)), "zfs": Reading()}
    polls = [due(readings, number) for number in range(1, EMPTY_ROUNDS + 1)]
    assert polls == [("lvm",)] * (EMPTY_ROUNDS - 1) + [("lvm", "zfs")]
