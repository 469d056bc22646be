"""What the making, growing and removal of a pool will do, step by step."""

from collections.abc import Sequence
from typing import Any

from bamsd.core.names import pool_path
from bamsd.disk import lvm, wipefs, zfs, zpool
from bamsd.disk.acts import Act, act
from bamsd.disk.models import Disk, Layout, Pool, PoolKind, Stack, size_text
from bamsd.disk.plans import Plan
from bamsd.disk.register import Intent


def create(
    name: str,
    kind: PoolKind,
    layout: Layout,
    disks: Sequence[Disk],
    size_bytes: int,
    metadata_bytes: int | None,
    person: str,
) -> Plan:
    stack: Stack = "zfs" if kind == "zfs" else "lvm"
    path = pool_path(stack, name)
    acts = _wipes(disks, path)
    devices = _devices(disks, stack)
    on = f" on {', '.join(devices)}" if devices else ""
    match kind:
        case "lvm":
            acts.append(act(lvm.change, lvm.vgcreate(name, devices), f"Create volume group {name}{on}.", path))
        case "lvm-thin":
            group, thin = name.split("/", 1)
            argv = lvm.lvcreate_thin_pool(group, thin, size_bytes, metadata_bytes)
            acts.append(act(lvm.change, argv, f"Create thin pool {name} of {size_text(size_bytes)}.", path))
        case "zfs":
            argv = zpool.create(name, layout, devices)
            acts.append(act(zpool.change, argv, f"Create zpool {name}, {layout},{on}.", path))
    begun = _intent("disk-create-pool", stack, name, person, kind=kind, devices=devices, size_bytes=size_bytes)
    return Plan(begun, tuple(acts), (path,), {"pool": path})


def extend(pool: Pool, layout: Layout, disks: Sequence[Disk], size_bytes: int, person: str) -> Plan:
    path = pool_path(pool.stack, pool.name)
    acts = _wipes(disks, path)
    devices = _devices(disks, pool.stack)
    match pool.kind:
        case "lvm":
            said = f"Add {', '.join(devices)} to volume group {pool.name}."
            acts.append(act(lvm.change, lvm.vgextend(pool.name, devices), said, path))
        case "lvm-thin":
            said = f"Grow thin pool {pool.name} from {size_text(pool.size_bytes or 0)} to {size_text(size_bytes)}."
            acts.append(act(lvm.change, lvm.lvextend(pool.group, pool.name.split("/", 1)[1], size_bytes), said, path))
        case "zfs":
            said = f"Add {', '.join(devices)} as {layout} to zpool {pool.name}. ZFS cannot take a raidz out again."
            acts.append(act(zpool.change, zpool.add(pool.name, layout, devices), said, path))
    begun = _intent(
        "disk-extend-pool", pool.stack, pool.name, person, kind=pool.kind, devices=devices, size_bytes=size_bytes
    )
    return Plan(begun, tuple(acts), (path,), {"pool": path})


def delete(pool: Pool, person: str) -> Plan:
    path = pool_path(pool.stack, pool.name)
    acts: list[Act] = []
    members: list[str] = []
    match pool.kind:
        case "lvm":
            said = f"Remove the empty volume group {pool.name}."
            acts.append(act(lvm.change, lvm.vgremove(pool.name), said, path, "destroy"))
            members = [member.path for member in pool.members if member.state == "online"]
            if members:
                said = f"Give the disks {', '.join(members)} back."
                acts.append(act(lvm.change, lvm.pvremove(members), said, path, "destroy"))
        case "lvm-thin":
            thin = pool.name.split("/", 1)[1]
            said = f"Remove the empty thin pool {pool.name}."
            acts.append(act(lvm.change, lvm.lvremove(pool.group, thin, pool.uuid), said, path, "destroy"))
        case "zfs":
            said = f"Destroy the empty zpool {pool.name}."
            acts.append(act(zpool.change, zpool.destroy(pool.name), said, path, "destroy"))
    begun = _intent("disk-delete-pool", pool.stack, pool.name, person, kind=pool.kind, devices=tuple(members))
    return Plan(begun, tuple(acts), (path,))


async def inhabitants(pool: Pool) -> tuple[str, ...]:
    """What is in a pool beside the volumes that a picture shows: ZFS file systems."""
    return await zfs.datasets(pool.name) if pool.kind == "zfs" else ()


def _wipes(disks: Sequence[Disk], path: str) -> list[Act]:
    """Only disks with an old signature are wiped, and only after the rules saw the consent."""
    return [
        act(wipefs.change, wipefs.wipe(disk.path), f"Wipe {disk.signature} from {disk.identity}.", path, "destroy")
        for disk in disks
        if disk.signature
    ]


def _devices(disks: Sequence[Disk], stack: Stack) -> tuple[str, ...]:
    """ZFS keeps the path it was given, so it gets the lasting one; LVM knows its disks by what is written on them."""
    return tuple(disk.identity if stack == "zfs" else disk.path for disk in disks)


def _intent(operation: Any, stack: Stack, name: str, person: str, **more: Any) -> Intent:
    return Intent(job_id=0, operation=operation, stack=stack, pool=name, started_us=0, person=person, name=name, **more)
