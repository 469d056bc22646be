"""How the area's parts meet: nodes, members, and a stack that is not installed."""

from dataclasses import replace
from pathlib import Path

from bamsd.disk.assembly import members, read_below
from bamsd.disk.models import Member, Reading
from bamsd.errors import NotSupported
from tests.unit.disk.pictures import GIB, TANK, THICK, VG, ZVOL, picture


async def test_a_stack_that_is_not_installed_has_nothing_and_raises_no_alert() -> None:
    async def reader() -> Reading:
        raise NotSupported("The program lvm cannot be run: No such file or directory. Install it.")

    assert await read_below(Path("/dev"), reader) == Reading()


async def test_nodes_stand_below_the_dev_folder() -> None:
    async def reader() -> Reading:
        return Reading((VG,), (THICK, ZVOL, replace(THICK, device=""), replace(ZVOL, name="a b")))

    found = await read_below(Path("/fake/dev"), reader)
    assert [volume.device for volume in found.volumes] == [
        "/fake/dev/vg0/thick",
        "/fake/dev/zvol/tank/vol",
        "",
        "/fake/dev/zvol/tank/a+b",
    ]


def test_the_disks_of_pools_are_known_also_by_the_partition_that_zfs_made() -> None:
    lvm = replace(VG, members=(Member("/dev/vdb", GIB, "online"),))
    zfs = replace(
        TANK, members=(Member("/dev/disk/by-id/virtio-A-part1", GIB, "online"), Member("/dev/nvme0n1p1", 1, "online"))
    )
    found = members(picture(pools=(lvm, zfs)))
    assert found["/dev/vdb"] == "volume group vg0"
    assert found["/dev/disk/by-id/virtio-A"] == found["/dev/nvme0n1"] == "zpool tank"
