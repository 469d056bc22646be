"""What a change of a repository or a snapshot will do, step by step. What dry_run shows is what runs.

Pure but for the coroutines that stand ready in each act: nothing happens before the service runs them.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bamsd.core.names import repository_path
from bamsd.disk import lvm, zfs
from bamsd.disk.acts import Act, act
from bamsd.disk.filesystems import Filesystems
from bamsd.disk.models import Filesystem, Mark, Pool, Snapshot, Use, Volume, size_text
from bamsd.disk.register import Intent, Row
from bamsd.system import block

NODE_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """``intent`` has no job number and no start yet; its stage is how many steps need not be done.

    ``objects`` are the paths that the job is about.
    """

    intent: Intent
    acts: tuple[Act, ...]
    objects: tuple[str, ...]
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """As in the contract: summary, effect, object, command."""
        steps = (act.step for act in self.acts)
        return [{"summary": s.summary, "effect": s.effect, "object": s.object, "command": s.command} for s in steps]


def intent(operation: Any, row: Row, person: str, **more: Any) -> Intent:
    """An intent about a repository that is there."""
    return Intent(
        job_id=0,
        operation=operation,
        stack=row.stack,
        pool=row.pool,
        started_us=0,
        person=person,
        name=row.name,
        volume=row.volume,
        repository=row.uuid,
        kind=row.kind,
        use=row.use,
        filesystem=row.filesystem,
        **more,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A repository to be made."""

    name: str
    pool: Pool
    size_bytes: int
    uuid: str
    use: Use
    filesystem: Filesystem
    sparse: bool
    device: str
    """The node that its volume will have."""


def create(wanted: Wanted, files: Filesystems, person: str) -> Plan:
    pool, name, size_bytes = wanted.pool, wanted.name, wanted.size_bytes
    mark = Mark(wanted.uuid, wanted.use, wanted.filesystem)
    path = repository_path(pool.stack, f"{pool.group}/{name}")
    said = f"Create the volume {pool.group}/{name} of {size_text(size_bytes)} in pool {pool.name}."
    match pool.kind:
        case "lvm":
            kind = "lvm"
            made = act(lvm.change, lvm.lvcreate(pool.group, name, size_bytes, mark), said, path)
        case "lvm-thin":
            kind = "lvm-thin"
            thin = pool.name.split("/", 1)[1]
            made = act(lvm.change, lvm.lvcreate_thin(pool.group, thin, name, size_bytes, mark), said, path)
        case "zfs":
            kind = "zvol"
            size_bytes = zfs.rounded(size_bytes)
            argv = zfs.create(f"{pool.name}/{name}", size_bytes, mark, sparse=wanted.sparse)
            made = act(partial(_with_node, wanted.device), argv, said, path)
    acts = [made]
    if wanted.filesystem:
        acts += files.make(name, wanted.filesystem, wanted.uuid, wanted.device, path)
        acts += files.mount(name, wanted.filesystem, wanted.device, path)
    begun = Intent(
        job_id=0,
        operation="disk-create",
        stack=pool.stack,
        pool=pool.name,
        started_us=0,
        person=person,
        name=name,
        volume=name,
        repository=wanted.uuid,
        kind=kind,
        size_bytes=size_bytes,
        use=wanted.use,
        filesystem=wanted.filesystem,
    )
    return Plan(begun, tuple(acts), (path,), {"repository": path, "uuid": wanted.uuid})


def resize(row: Row, volume: Volume, size_bytes: int, files: Filesystems, person: str) -> Plan:
    path = _path(volume)
    acts = []
    if volume.stack == "zfs":
        size_bytes = zfs.rounded(size_bytes)
    if size_bytes > volume.size_bytes:
        said = f"Grow the volume {volume.full_name} from {size_text(volume.size_bytes)} to {size_text(size_bytes)}."
        if volume.stack == "zfs":
            acts.append(
                act(zfs.change, zfs.set_volsize(volume.full_name, size_bytes, now_bytes=volume.size_bytes), said, path)
            )
        else:
            acts.append(act(lvm.change, lvm.lvextend(volume.group, volume.name, size_bytes), said, path))
    if row.use == "filesystem":
        acts.append(files.grow(row.name, row.filesystem, volume.device, path))
    begun = intent("disk-resize", row, person, size_bytes=size_bytes, before_bytes=volume.size_bytes)
    return Plan(begun, tuple(acts), (path,), {"repository": path})


def delete(row: Row, volume: Volume | None, files: Filesystems, person: str) -> Plan:
    """Without a volume only the memory of a missing repository goes."""
    path = _path(volume) if volume else repository_path(row.stack, row.full_name)
    acts = files.forget(row.name, path) if row.use == "filesystem" else []
    if volume is not None:
        said = f"Delete the volume {volume.full_name} with {size_text(volume.size_bytes)} of data."
        acts.append(_removal(volume.stack, volume.group, volume.name, volume.uuid, said, path))
    return Plan(intent("disk-delete", row, person), tuple(acts), (path,), {"repository": path})


def finish(row: Row, volume: Volume, files: Filesystems, person: str, *, made: bool) -> Plan:
    """Do what an interrupted change left. ``made``: the file system stands there already, so it is kept.

    Its step counts as begun then, so that stages mean the same in both cases.
    """
    path = _path(volume)
    acts: list[Act] = []
    if row.leftover == "format":
        acts += files.make(row.name, row.filesystem, row.uuid, volume.device, path)[int(made) :]
    if row.leftover in ("format", "mount"):
        acts += files.mount(row.name, row.filesystem, volume.device, path)
    if row.leftover == "grow":
        acts += files.mount(row.name, row.filesystem, volume.device, path)
        acts.append(files.grow(row.name, row.filesystem, volume.device, path))
    begun = intent("disk-finish", row, person, stage=int(made))
    return Plan(begun, tuple(acts), (path,), {"repository": path})


def mount(row: Row, volume: Volume, files: Filesystems, person: str) -> Plan:
    path = _path(volume)
    acts = tuple(files.mount(row.name, row.filesystem, volume.device, path))
    return Plan(intent("disk-mount", row, person), acts, (path,), {"repository": path})


def unmount(row: Row, volume: Volume, files: Filesystems, person: str) -> Plan:
    path = _path(volume)
    return Plan(
        intent("disk-unmount", row, person), tuple(files.unmount(row.name, path)), (path,), {"repository": path}
    )


def snapshot(row: Row, volume: Volume, name: str, size_bytes: int | None, person: str) -> Plan:
    path = _path(volume)
    said = f"Take the snapshot {name} of {row.name}."
    if volume.stack == "zfs":
        taken = act(zfs.change, zfs.snapshot(volume.full_name, name, row.uuid), said, path)
    else:
        argv = lvm.lvcreate_snapshot(volume.group, volume.name, name, size_bytes, row.uuid)
        taken = act(lvm.change, argv, said, path, "pause")
    begun = intent("disk-snapshot", row, person, snapshot=name, size_bytes=size_bytes or 0)
    return Plan(begun, (taken,), (path,), {"repository": path, "snapshot": name})


def delete_snapshot(row: Row, volume: Volume, found: Snapshot, person: str) -> Plan:
    path = _path(volume)
    said = f"Delete the snapshot {found.name} of {row.name}."
    gone = _removal(volume.stack, volume.group, found.volume, found.uuid, said, path)
    begun = intent("disk-delete-snapshot", row, person, snapshot=found.name)
    return Plan(begun, (gone,), (path,), {"repository": path, "snapshot": found.name})


def rollback(row: Row, volume: Volume, found: Snapshot, person: str) -> Plan:
    path = _path(volume)
    said = f"Put {row.name} back to the snapshot {found.name}; what was written since is lost."
    if volume.stack == "zfs":
        back = act(zfs.change, zfs.rollback(f"{volume.group}/{found.volume}"), said, path, "destroy")
    else:
        said += " LVM uses the snapshot up."
        back = act(lvm.change, lvm.lvconvert_merge(volume.group, found.volume), said, path, "destroy")
    begun = intent("disk-rollback", row, person, snapshot=found.name)
    return Plan(begun, (back,), (path,), {"repository": path, "snapshot": found.name})


def _removal(stack: str, group: str, name: str, uuid: str, said: str, path: str) -> Act:
    if stack == "zfs":
        return act(zfs.change, zfs.destroy(f"{group}/{name}", uuid), said, path, "destroy")
    return act(lvm.change, lvm.lvremove(group, name, uuid), said, path, "destroy")


async def _with_node(device: str, argv: tuple[str, ...], limit_s: float) -> None:
    """LVM waits for udev by itself; the node of a zvol comes a moment after ZFS has ended."""
    await zfs.change(argv, limit_s)
    await block.appear(device, NODE_TIMEOUT_S)


def _path(volume: Volume) -> str:
    return repository_path(volume.stack, volume.full_name)
