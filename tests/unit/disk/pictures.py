"""Small pictures of disks for the tests of rules, outcomes and conditions."""

from dataclasses import replace
from typing import Any

from bamsd.disk.models import Disk, Pool, Reading, Snapshot, Stack, Volume
from bamsd.disk.register import Intent, Row, row_of
from bamsd.disk.views import Picture

GIB = 1 << 30
MIB = 1 << 20
UUID = "11111111-2222-4333-8444-555555555555"

VG = Pool("lvm", "vg0", "vg-uuid", 100 * GIB, 50 * GIB, None, None, "online")
THIN = Pool("lvm-thin", "vg0/tp0", "tp-uuid", 20 * GIB, 15 * GIB, 25.0, 3.0, "online", owned=True)
TANK = Pool("zfs", "tank", "guid", 200 * GIB, 150 * GIB, 10.0, None, "online", owned=True)

THICK = Volume(
    stack="lvm",
    kind="lvm",
    pool="vg0",
    name="thick",
    uuid="lv-uuid",
    size_bytes=10 * GIB,
    used_bytes=10 * GIB,
    device="/dev/vg0/thick",
    created_us=1000,
    repository=UUID,
)
ZVOL = replace(THICK, stack="zfs", kind="zvol", pool="tank", name="vol", uuid="zfs-guid", device="/dev/zvol/tank/vol")
SNAPSHOT = Snapshot("monday", "thick.monday", "snap-uuid", 2000, 2 * GIB, 1 * GIB, 50.0, owned=True)


def row(volume: Volume = THICK, name: str = "", **changes: Any) -> Row:
    return replace(row_of(volume, name or volume.name, "alice"), **changes)


def picture(
    *volumes: Volume,
    pools: tuple[Pool, ...] = (VG, THIN, TANK),
    rows: tuple[Row, ...] | None = None,
    mounted: frozenset[str] = frozenset(),
    problems: dict[Stack, dict[str, str]] | None = None,
) -> Picture:
    """Both stacks with these volumes; a row for each one with a mark unless rows are given."""
    stacks: tuple[Stack, ...] = ("lvm", "zfs")
    readings = {
        stack: Reading(
            tuple(pool for pool in pools if pool.stack == stack),
            tuple(volume for volume in volumes if volume.stack == stack),
            (problems or {}).get(stack, {}),
        )
        for stack in stacks
    }
    known = rows if rows is not None else tuple(row(volume) for volume in volumes if volume.repository)
    return Picture(readings, {entry.uuid: entry for entry in known}, mounted)


def intent(operation: Any, volume: Volume = THICK, **changes: Any) -> Intent:
    made = Intent(
        job_id=7,
        operation=operation,
        stack=volume.stack,
        pool=volume.pool,
        started_us=5,
        person="alice",
        name=volume.name,
        volume=volume.name,
        repository=volume.repository,
        kind=volume.kind,
    )
    return replace(made, **changes)


def disk(path: str, **changes: Any) -> Disk:
    return replace(Disk(identity=f"/dev/disk/by-id/virtio-{path[5:]}", path=path, size_bytes=GIB), **changes)
