"""org.bams.Disk on D-Bus: declarations, and the objects of pools and repositories."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field

from bamsd.bus import caller
from bamsd.bus.export import Interface, JobOptions, Options, Property, method
from bamsd.bus.objects import ObjectTree
from bamsd.core.holders import Holder
from bamsd.core.jobs import Job
from bamsd.core.names import ROOT, job_path
from bamsd.disk.changes import DESTROY, MANAGE
from bamsd.disk.models import Disk, Filesystem, Layout, Member, PoolKind, Snapshot, Use
from bamsd.disk.service import Disks
from bamsd.disk.views import PoolView, RepositoryView
from bamsd.errors import InvalidArgument

PATH = f"{ROOT}/Disk"
KINDS: tuple[PoolKind, ...] = ("lvm", "lvm-thin", "zfs")


class PlainOptions(Options):
    pass


class ConfirmOptions(JobOptions):
    confirm: str = Field("", max_length=256)


class CreateRepositoryOptions(JobOptions):
    sparse: bool = False
    use: Use = "block"
    filesystem: Literal["xfs", "ext4"] | None = None

    @property
    def wanted_filesystem(self) -> Filesystem:
        """A repository of use ``filesystem`` is xfs unless something else is asked for."""
        return self.filesystem or ("xfs" if self.use == "filesystem" else "")


class SnapshotOptions(JobOptions):
    size: int | None = Field(None, ge=1)


class PoolOptions(JobOptions):
    layout: Layout = "single"
    size: int = Field(0, ge=0)
    wipe: bool = False


class CreatePoolOptions(PoolOptions):
    metadata_size: int | None = Field(None, ge=1)


class DiskInterface(Interface, name="org.bams.Disk"):
    def __init__(self, disks: Disks) -> None:
        self._disks = disks

    @method("a{sv}", "aa{sv}", options=PlainOptions)
    async def list_candidates(self, options: PlainOptions) -> list[dict[str, Any]]:
        return [_disk(disk) for disk in await self._disks.candidates()]

    @method("s", "aa{sv}")
    async def get_holders(self, name: str) -> list[dict[str, Any]]:
        return [_holder(holder) for holder in await self._disks.holders(name)]

    @method("ssasa{sv}", "o", options=CreatePoolOptions, action=MANAGE, audit="create pool {name} of kind {kind}")
    async def create_pool(self, name: str, kind: str, devices: list[str], options: CreatePoolOptions) -> str:
        made = next((known for known in KINDS if known == kind), None)
        if made is None:
            raise InvalidArgument(f"There is no kind of pool {kind[:64]!a}. Known kinds: {', '.join(KINDS)}.")
        job = await self._disks.create_pool(
            name,
            made,
            devices,
            caller.starter(),
            layout=options.layout,
            size_bytes=options.size,
            metadata_bytes=options.metadata_size,
            wipe=options.wipe,
            **options.how,
        )
        return _path(job)

    @method("sasa{sv}", "o", options=PoolOptions, action=MANAGE, audit="extend pool {name}")
    async def extend_pool(self, name: str, devices: list[str], options: PoolOptions) -> str:
        job = await self._disks.extend_pool(
            name,
            devices,
            caller.starter(),
            layout=options.layout,
            size_bytes=options.size,
            wipe=options.wipe,
            **options.how,
        )
        return _path(job)

    @method("sa{sv}", "o", options=ConfirmOptions, action=DESTROY, audit="delete pool {name}")
    async def delete_pool(self, name: str, options: ConfirmOptions) -> str:
        return _path(await self._disks.delete_pool(name, options.confirm, caller.starter(), **options.how))

    @method(
        "ssta{sv}",
        "o",
        options=CreateRepositoryOptions,
        action=MANAGE,
        audit="create repository {name} of {size} bytes in pool {pool}",
    )
    async def create_repository(self, name: str, pool: str, size: int, options: CreateRepositoryOptions) -> str:
        job = await self._disks.create_repository(
            name,
            pool,
            size,
            caller.starter(),
            sparse=options.sparse,
            use=options.use,
            filesystem=options.wanted_filesystem,
            **options.how,
        )
        return _path(job)

    @method("sta{sv}", "o", options=JobOptions, action=MANAGE, audit="resize repository {name} to {size} bytes")
    async def resize_repository(self, name: str, size: int, options: JobOptions) -> str:
        return _path(await self._disks.resize_repository(name, size, caller.starter(), **options.how))

    @method("sa{sv}", "o", options=ConfirmOptions, action=DESTROY, audit="delete repository {name}")
    async def delete_repository(self, name: str, options: ConfirmOptions) -> str:
        return _path(await self._disks.delete_repository(name, options.confirm, caller.starter(), **options.how))

    @method("sa{sv}", "o", options=JobOptions, action=MANAGE, audit="finish repository {name}")
    async def finish_repository(self, name: str, options: JobOptions) -> str:
        return _path(await self._disks.finish_repository(name, caller.starter(), **options.how))

    @method("sa{sv}", "o", options=JobOptions, action=MANAGE, audit="mount repository {name}")
    async def mount_repository(self, name: str, options: JobOptions) -> str:
        return _path(await self._disks.mount_repository(name, caller.starter(), **options.how))

    @method("sa{sv}", "o", options=JobOptions, action=MANAGE, audit="unmount repository {name}")
    async def unmount_repository(self, name: str, options: JobOptions) -> str:
        return _path(await self._disks.unmount_repository(name, caller.starter(), **options.how))

    @method("ssa{sv}", "o", options=SnapshotOptions, action=MANAGE, audit="take snapshot {snapshot} of {repository}")
    async def create_snapshot(self, repository: str, snapshot: str, options: SnapshotOptions) -> str:
        return _path(
            await self._disks.create_snapshot(repository, snapshot, options.size, caller.starter(), **options.how)
        )

    @method("ssa{sv}", "o", options=ConfirmOptions, action=DESTROY, audit="delete snapshot {snapshot} of {repository}")
    async def delete_snapshot(self, repository: str, snapshot: str, options: ConfirmOptions) -> str:
        return _path(
            await self._disks.delete_snapshot(repository, snapshot, options.confirm, caller.starter(), **options.how)
        )

    @method(
        "ssa{sv}", "o", options=ConfirmOptions, action=DESTROY, audit="roll {repository} back to snapshot {snapshot}"
    )
    async def rollback_snapshot(self, repository: str, snapshot: str, options: ConfirmOptions) -> str:
        return _path(
            await self._disks.rollback_snapshot(repository, snapshot, options.confirm, caller.starter(), **options.how)
        )

    @method("a{sv}", "", options=PlainOptions, action=MANAGE, audit="look for pools and repositories")
    async def refresh(self, options: PlainOptions) -> None:
        if not options.dry_run:
            await self._disks.refresh()


class PoolInterface(Interface, name="org.bams.Disk.Pool"):
    properties: ClassVar[dict[str, Property]] = {
        "Name": Property("s", lambda self: self.view.pool.name),
        "Kind": Property("s", lambda self: self.view.pool.kind),
        "Uuid": Property("s", lambda self: self.view.pool.uuid),
        "Owned": Property("b", lambda self: self.view.pool.owned),
        "Size": Property("t", lambda self: self.view.pool.size_bytes or 0),
        "Free": Property("t", lambda self: self.view.pool.free_bytes or 0),
        "DataPercent": Property("d", lambda self: _percent(self.view.pool.data_percent)),
        "MetadataPercent": Property("d", lambda self: _percent(self.view.pool.metadata_percent)),
        "Health": Property("s", lambda self: self.view.pool.health),
        "HealthText": Property("s", lambda self: self.view.pool.health_text),
        "Devices": Property("aa{sv}", lambda self: [_member(member) for member in self.view.pool.members]),
        "Reasons": Property("a{sv}", lambda self: dict(self.view.pool.reasons)),
    }

    def __init__(self, view: PoolView) -> None:
        self.view = view


class RepositoryInterface(Interface, name="org.bams.Disk.Repository"):
    properties: ClassVar[dict[str, Property]] = {
        "Name": Property("s", lambda self: self.view.name),
        "Kind": Property("s", lambda self: self.view.kind),
        "Pool": Property("s", lambda self: self.view.pool),
        "Uuid": Property("s", lambda self: self.view.uuid),
        "Owned": Property("b", lambda self: self.view.owned),
        "Size": Property("t", lambda self: self.view.size_bytes),
        "Used": Property("t", lambda self: self.view.used_bytes or 0),
        "UsedKnown": Property("b", lambda self: self.view.used_bytes is not None),
        "Sparse": Property("b", lambda self: self.view.sparse),
        "Device": Property("s", lambda self: self.view.device),
        "Created": Property("t", lambda self: self.view.created_us),
        "CreatedBy": Property("s", lambda self: self.view.created_by),
        "State": Property("s", lambda self: self.view.state),
        "StateText": Property("s", lambda self: self.view.state_text),
        "Use": Property("s", lambda self: self.view.use),
        "Filesystem": Property("s", lambda self: self.view.filesystem),
        "MountPoint": Property("s", lambda self: self.view.mount_point),
        "Mounted": Property("b", lambda self: self.view.mounted),
        "Snapshots": Property("aa{sv}", lambda self: [_snapshot(snapshot) for snapshot in self.view.snapshots]),
    }

    def __init__(self, view: RepositoryView) -> None:
        self.view = view


class DiskObjects:
    """Keeps the D-Bus objects of pools and repositories equal to what the books say.

    ``on_size`` is called when the device or the size of a repository changed: whoever passes it on must announce that.
    """

    def __init__(self, tree: ObjectTree, on_size: Callable[[], None] = lambda: None) -> None:
        self._tree = tree
        self._on_size = on_size
        self._objects: dict[str, PoolInterface | RepositoryInterface] = {}

    def pool_changed(self, view: PoolView) -> None:
        known = self._objects.get(view.path)
        if isinstance(known, PoolInterface):
            known.view = view
            known.touch()
        else:
            self._add(view.path, PoolInterface(view))

    def repository_changed(self, view: RepositoryView) -> None:
        known = self._objects.get(view.path)
        if isinstance(known, RepositoryInterface):
            before, known.view = known.view, view
            known.touch()
            if (before.size_bytes, before.device) != (view.size_bytes, view.device):
                self._on_size()
        else:
            self._add(view.path, RepositoryInterface(view))

    def pool_removed(self, path: str) -> None:
        self._remove(path)

    def repository_removed(self, path: str) -> None:
        self._remove(path)

    def _add(self, path: str, made: PoolInterface | RepositoryInterface) -> None:
        self._objects[path] = made
        self._tree.add(path, made)

    def _remove(self, path: str) -> None:
        del self._objects[path]
        self._tree.remove(path)


def _path(job: Job) -> str:
    return job_path(job.id)


def _percent(value: float | None) -> float:
    """-1 where it is not known: D-Bus has no empty number."""
    return -1.0 if value is None else float(value)


def _known(values: dict[str, Any]) -> dict[str, Any]:
    """What is not known is left out."""
    return {name: value for name, value in values.items() if value is not None}


def _disk(disk: Disk) -> dict[str, Any]:
    return _known(
        {
            "id": disk.identity,
            "path": disk.path,
            "size": disk.size_bytes,
            "model": disk.model,
            "serial": disk.serial,
            "wwn": disk.wwn,
            "rotational": disk.rotational,
            "smart": disk.smart,
            "signature": disk.signature,
            "candidate": not disk.refusals,
            "refusals": list(disk.refusals),
        }
    )


def _member(member: Member) -> dict[str, Any]:
    return _known({"path": member.path, "size": member.size_bytes, "state": member.state, "reason": member.reason})


def _snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return _known(
        {
            "name": snapshot.name,
            "created": snapshot.created_us,
            "size": snapshot.size_bytes,
            "used": snapshot.used_bytes,
            "used_percent": snapshot.used_percent,
            "valid": snapshot.valid,
            "owned": snapshot.owned,
        }
    )


def _holder(holder: Holder) -> dict[str, Any]:
    return {"kind": holder.kind, "name": holder.name, "release": holder.release}
