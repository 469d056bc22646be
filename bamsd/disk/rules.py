"""What may be done with pools, repositories and snapshots. Pure: a fresh picture and a request in, or a refusal out.

Every rule is checked against a reading that was taken under the pool's lock, so a stale view never destroys anything.
"""

from collections.abc import Sequence

from bamsd.core.holders import Holder
from bamsd.disk import dm_name
from bamsd.disk.mkfs import XFS_MINIMUM_BYTES
from bamsd.disk.models import (
    LEAST_DEVICES,
    Disk,
    Filesystem,
    Layout,
    Pool,
    PoolKind,
    Snapshot,
    Stack,
    Use,
    Volume,
    check_name,
    check_pool_name,
    size_text,
)
from bamsd.disk.register import Row
from bamsd.disk.views import LEFTOVERS, Picture
from bamsd.errors import AlreadyExists, Busy, InUse, InvalidArgument, NotFound, NotReady, NotSupported, OutOfSpace

MIB = 1 << 20
SMALLEST_BYTES = 4 * MIB
LARGEST_BYTES = 1 << 56
"""64 PiB: far above what LVM and ZFS are used for, far below where sizes overflow."""
SMALLEST_FILESYSTEM: dict[Filesystem, int] = {"xfs": XFS_MINIMUM_BYTES, "ext4": 16 * MIB}
THIN_LIMIT_PERCENT = 95.0
"""From here on nothing is added to a thin pool: a full one stops all its volumes, full metadata breaks it."""


def readable(picture: Picture, pool: Pool) -> Pool:
    """The pool, when it answers and takes changes."""
    problem = picture.problem(pool.stack, pool.group)
    if problem:
        raise NotReady(f"Pool {pool.name} cannot be changed now: {problem}. Try again when it answers.")
    if pool.health not in ("online", "degraded"):
        raise NotReady(
            f"Pool {pool.name} is {pool.health}{': ' + pool.health_text if pool.health_text else ''}. "
            "Repair it before you change anything in it."
        )
    return pool


def size(size_bytes: int) -> int:
    if not SMALLEST_BYTES <= size_bytes <= LARGEST_BYTES:
        raise InvalidArgument(
            f"A size of {size_text(size_bytes)} is out of range: use {SMALLEST_BYTES} bytes (4 MiB) "
            f"to {LARGEST_BYTES} bytes (64 PiB)."
        )
    return size_bytes


def create(
    picture: Picture, pool: Pool, name: str, size_bytes: int, *, sparse: bool, use: Use, filesystem: Filesystem
) -> None:
    """Whether a new repository may be made in the pool."""
    check_name(name, "repository")
    if any(row.name == name for row in picture.rows.values()):
        raise AlreadyExists(f"There is a repository {name} already. Choose another name.")
    if any(v.stack == pool.stack and v.full_name == f"{pool.group}/{name}" for v in picture.volumes):
        raise AlreadyExists(f"Pool {pool.name} has a volume {name} already. Choose another name.")
    readable(picture, pool)
    size(size_bytes)
    if pool.stack == "lvm":
        dm_name.check(pool.group, name, "volume")
    if sparse and pool.kind != "zfs":
        raise InvalidArgument(
            f"Option 'sparse' is for ZFS pools; {pool.name} is {pool.kind}. For LVM choose a thin pool instead."
        )
    if (use == "filesystem") != bool(filesystem):
        raise InvalidArgument("Option 'filesystem' (xfs or ext4) belongs to use 'filesystem', and only to it.")
    if filesystem and size_bytes < SMALLEST_FILESYSTEM[filesystem]:
        raise InvalidArgument(
            f"{size_text(size_bytes)} is too small for {filesystem}: it needs "
            f"{size_text(SMALLEST_FILESYSTEM[filesystem])}."
        )
    room(pool, size_bytes, thin=sparse or pool.kind == "lvm-thin")


def room(pool: Pool, size_bytes: int, *, thin: bool) -> None:
    """Whether the pool has space for that many more bytes; a thin volume needs none at first."""
    if pool.kind == "lvm-thin":
        for percent, what in ((pool.data_percent, "data"), (pool.metadata_percent, "metadata")):
            if percent is not None and percent >= THIN_LIMIT_PERCENT:
                raise OutOfSpace(
                    f"The {what} of thin pool {pool.name} is {percent:.0f} % full. Extend it, or free space in it."
                )
    if thin:
        return
    if pool.free_bytes is not None and size_bytes > pool.free_bytes:
        raise OutOfSpace(
            f"Pool {pool.name} has {size_text(pool.free_bytes)} free, and {size_text(size_bytes)} are needed. "
            "Extend the pool, or delete what nobody needs."
        )


def present(picture: Picture, row: Row) -> Volume:
    """The volume of a repository, when it can be changed."""
    problem = picture.problem(row.stack, row.group)
    if problem:
        raise NotReady(f"Repository {row.name} cannot be changed now: {problem}. Try again when its pool answers.")
    volume = picture.volume_of(row)
    if volume is None:
        raise NotFound(
            f"Repository {row.name} is missing: {row.full_name} is not there. Connect its disks, "
            "or delete the repository to forget it."
        )
    if volume.stack == "zfs" and volume.health == "missing":
        # Every command would wait in the kernel, and cannot be stopped there.
        raise NotReady(f"Repository {row.name} cannot be changed now: {volume.health_text}. Reconnect them first.")
    if volume.merging:
        raise Busy(f"Repository {row.name} is being rolled back. Try again when that has ended.")
    return volume


def whole(row: Row) -> None:
    if row.leftover:
        raise NotReady(f"Repository {row.name} is incomplete: {LEFTOVERS[row.leftover]}. Finish it or delete it first.")


def pool_of(picture: Picture, volume: Volume) -> Pool:
    return next(p for p in picture.pools if p.stack == volume.stack and p.name == volume.pool)


def resize(picture: Picture, row: Row, size_bytes: int) -> Volume:
    """Whether a repository may grow to this size."""
    volume = present(picture, row)
    whole(row)
    size(size_bytes)
    if size_bytes < volume.size_bytes:
        raise NotSupported(
            f"Repository {row.name} has {size_text(volume.size_bytes)} and cannot shrink to "
            f"{size_text(size_bytes)}: what lies at its "
            "end would be lost. Create a smaller repository and copy the data."
        )
    if size_bytes == volume.size_bytes and row.use == "block":
        raise InvalidArgument(f"Repository {row.name} has {size_text(size_bytes)} already.")
    if volume.kind == "lvm" and volume.snapshots and size_bytes > volume.size_bytes:
        # lvextend: "Snapshot origin volumes can be resized only while inactive".
        names = ", ".join(snapshot.name for snapshot in volume.snapshots)
        raise InUse(
            f"Repository {row.name} has snapshots ({names[:400]}), and LVM does not grow a thick volume under them. "
            "Delete them first."
        )
    pool = readable(picture, pool_of(picture, volume))
    room(pool, size_bytes - volume.size_bytes, thin=volume.sparse or volume.kind == "lvm-thin")
    if row.use == "filesystem" and picture.mount_point(row.name) not in picture.mounted:
        raise NotReady(f"Repository {row.name} is not mounted, and a file system grows only then. Mount it first.")
    return volume


def unheld(name: str, holders: Sequence[Holder]) -> None:
    """Refuse when anybody uses it; the refusal names everybody."""
    if holders:
        who = "; ".join(f"{holder.kind} {holder.name} ({holder.release})" for holder in holders)
        raise InUse(f"{name} is in use: {who}.")


def without_snapshots(row: Row, volume: Volume) -> None:
    if volume.snapshots:
        names = ", ".join(snapshot.name for snapshot in volume.snapshots)
        raise InUse(f"Repository {row.name} has snapshots: {names[:400]}. Delete them first.")


def new_snapshot(picture: Picture, row: Row, name: str, size_bytes: int | None) -> tuple[Volume, int | None]:
    """Whether a snapshot may be taken; the volume, and the bytes that a thick LVM snapshot gets for changes."""
    check_name(name, "snapshot")
    volume = present(picture, row)
    whole(row)
    if any(snapshot.name == name for snapshot in volume.snapshots):
        raise AlreadyExists(f"Repository {row.name} has a snapshot {name} already. Choose another name.")
    pool = readable(picture, pool_of(picture, volume))
    if volume.stack == "lvm":
        dm_name.check(volume.group, f"{volume.name}.{name}", "snapshot")
    if volume.kind != "lvm":
        if size_bytes is not None:
            raise InvalidArgument(f"Option 'size' is for thick LVM volumes; {row.name} is {volume.kind}.")
        room(pool, 0, thin=True)
        return volume, None
    wanted = size(size_bytes if size_bytes is not None else max(volume.size_bytes // 5, SMALLEST_BYTES))
    room(pool, wanted, thin=False)
    return volume, wanted


def snapshot_of(row: Row, volume: Volume, name: str) -> Snapshot:
    found = next((snapshot for snapshot in volume.snapshots if snapshot.name == name), None)
    if found is None:
        known = ", ".join(snapshot.name for snapshot in volume.snapshots) or "none"
        raise NotFound(f"Repository {row.name} has no snapshot {name!r}. Known snapshots: {known[:400]}.")
    return found


def owned_snapshot(row: Row, volume: Volume, name: str) -> Snapshot:
    found = snapshot_of(row, volume, name)
    if not found.owned:
        raise InvalidArgument(f"Snapshot {name} of {row.name} was not made by BAMS, so BAMS does not delete it.")
    if found.merging:
        raise Busy(f"Snapshot {name} of {row.name} is being rolled back to. Try again when that has ended.")
    return found


def rollback(row: Row, volume: Volume, name: str) -> Snapshot:
    """Whether the repository may go back to this snapshot."""
    found = owned_snapshot(row, volume, name)
    if found.detached:
        raise NotSupported(
            f"LVM no longer knows that snapshot {name} belongs to {row.name}, because the repository was rolled back "
            "to another one. Its data is still there: create a repository and copy it, or delete the snapshot."
        )
    if not found.valid:
        raise NotReady(f"Snapshot {name} of {row.name} ran full and has lost its content. Delete it.")
    newer = [s.name for s in volume.snapshots if s.created_us > found.created_us or (s.merging and s is not found)]
    if row.stack == "zfs" and newer:
        raise InUse(
            f"Repository {row.name} has snapshots younger than {name}, which a rollback would destroy: "
            f"{', '.join(newer)[:400]}. Delete them first."
        )
    return found


def devices(candidates: Sequence[Disk], wanted: Sequence[str], *, wipe: bool) -> tuple[Disk, ...]:
    """The disks named by identity or path: each once, none in use, none with an old signature unless it is wiped."""
    found: dict[str, Disk] = {}
    for name in wanted:
        disk = next((d for d in candidates if name in (d.identity, d.path)), None)
        if disk is None:
            raise NotFound(f"There is no disk {name[:200]!a}. ListCandidates shows the disks of this host.")
        if disk.path in found:
            raise InvalidArgument(f"Disk {disk.path} is named twice.")
        if disk.refusals:
            raise InUse(f"Disk {disk.identity} cannot be used: {'; '.join(disk.refusals)}.")
        if disk.signature and not wipe:
            raise InUse(
                f"Disk {disk.identity} holds {disk.signature}. If that may be lost, repeat the call with option wipe."
            )
        found[disk.path] = disk
    return tuple(found.values())


def layout(kind: PoolKind, wanted: Layout, count: int) -> None:
    """Whether the layout exists for this kind of pool, with that many devices."""
    if kind == "lvm-thin" and count:
        raise InvalidArgument("A thin pool takes its space from its volume group: name no devices, extend the group.")
    if kind == "lvm-thin":
        return
    if kind == "lvm" and wanted != "single":
        raise InvalidArgument(f"A volume group has no layout {wanted!r}: use ZFS for mirrors and raidz.")
    if count < LEAST_DEVICES[wanted]:
        raise InvalidArgument(f"Layout {wanted} needs at least {LEAST_DEVICES[wanted]} devices, and {count} are named.")


def remove_pool(picture: Picture, pool: Pool, inhabitants: Sequence[str]) -> None:
    """Whether a pool may go: BAMS made it, and nothing is in it. ``inhabitants`` are further datasets or volumes."""
    readable(picture, pool)
    if not pool.owned:
        raise InvalidArgument(f"Pool {pool.name} was not made by BAMS. It is shown, but BAMS never removes it.")
    inside = [v.full_name for v in picture.volumes if v.stack == pool.stack and pool.name in (v.pool, v.group)]
    thin = [p.name for p in picture.pools if p is not pool and p.stack == pool.stack and p.group == pool.name]
    everything = list(dict.fromkeys([*inside, *thin, *inhabitants]))
    if everything:
        raise InUse(f"Pool {pool.name} is not empty: it holds {', '.join(everything)[:400]}. Delete that first.")
    lost = [row.name for row in picture.rows.values() if row.stack == pool.stack and pool.name in (row.pool, row.group)]
    if lost:
        raise InUse(
            f"Repositories {', '.join(lost)[:400]} belong to pool {pool.name} and are missing. Delete them first."
        )


def new_pool_name(kind: PoolKind, name: str) -> None:
    """A thin pool is VG/NAME, the others are plain names."""
    group, slash, thin = name.partition("/")
    if bool(slash) != (kind == "lvm-thin"):
        raise InvalidArgument(
            f"{name[:128]!a} is no name for a pool of kind {kind}: a thin pool is VOLUME-GROUP/NAME, "
            "the others have no slash."
        )
    if kind != "lvm-thin":
        check_pool_name(group)
    else:
        check_name(thin, "thin pool")
        dm_name.check(group, thin, "thin pool")


def new_pool(picture: Picture, kind: PoolKind, name: str, size_bytes: int) -> None:
    """Whether a pool of this name may be made. A name is used once, whatever the kind, so that it is never doubtful."""
    if any(pool.name == name for pool in picture.pools):
        raise AlreadyExists(f"There is a pool {name} already. Choose another name.")
    stack: Stack = "zfs" if kind == "zfs" else "lvm"
    if problem := picture.problem(stack, name):
        raise NotReady(f"Pool {name} cannot be made now: {problem}.")
    if kind != "lvm-thin":
        if size_bytes:
            raise InvalidArgument("Option 'size' is for thin pools; other pools are as large as their devices.")
        return
    group, thin = name.split("/", 1)
    parent = readable(picture, picture.pool(f"lvm:{group}"))
    if any(v.stack == "lvm" and v.full_name == name for v in picture.volumes):
        raise AlreadyExists(f"Volume group {group} has a volume {thin} already. Choose another name.")
    room(parent, size(size_bytes), thin=False)


def extend_pool(picture: Picture, pool: Pool, size_bytes: int) -> None:
    """Whether the pool may grow: a thin pool to a size, the others by devices."""
    if pool.kind != "lvm-thin":
        if size_bytes:
            raise InvalidArgument("Option 'size' is for thin pools; other pools grow by their devices.")
        return
    size(size_bytes)
    if size_bytes <= (pool.size_bytes or 0):
        raise NotSupported(f"Thin pool {pool.name} has {size_text(pool.size_bytes or 0)}; it can only grow.")
    room(readable(picture, picture.pool(f"lvm:{pool.group}")), size_bytes - (pool.size_bytes or 0), thin=False)


def filesystem(row: Row) -> None:
    if row.use != "filesystem":
        raise InvalidArgument(f"Repository {row.name} is for use as a block device; it has no file system to mount.")
