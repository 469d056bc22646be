"""What BAMS says of pools and repositories: the stacks' reports and the store's rows joined into one picture.

Pure: everything here is made anew from a reading. A foreign volume is shown, and nothing else is done with it.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from bamsd.core.names import pool_path, repository_path
from bamsd.disk.models import Filesystem, Pool, Reading, Snapshot, Stack, Use, Volume, VolumeKind
from bamsd.disk.register import Leftover, Row
from bamsd.errors import InvalidArgument, NotFound, NotReady

RepositoryState = Literal["ready", "incomplete", "rolling-back", "inactive", "faulted", "missing", "unresponsive"]
"""``incomplete``: a change was interrupted. ``missing``: BAMS knows it, its volume is not there. ``unresponsive``: its
pool does not answer, and what is shown is what was known last."""

STACKS: tuple[Stack, ...] = ("lvm", "zfs")

LEFTOVERS: Mapping[Leftover, str] = {
    "": "",
    "format": "its file system was not made",
    "mount": "its file system is not set up to be mounted",
    "grow": "its file system did not grow with the volume",
}


@dataclass(frozen=True)
class Picture:
    """The latest reading of each stack, the store's rows by UUID, and the mount points of this host."""

    readings: Mapping[Stack, Reading] = field(default_factory=dict)
    rows: Mapping[str, Row] = field(default_factory=dict)
    mounted: Set[str] = frozenset()
    mount_root: str = "/srv/bams"

    @property
    def pools(self) -> tuple[Pool, ...]:
        return tuple(pool for reading in self.readings.values() for pool in reading.pools)

    @property
    def volumes(self) -> tuple[Volume, ...]:
        return tuple(volume for reading in self.readings.values() for volume in reading.volumes)

    def pool(self, name: str) -> Pool:
        """A pool by its name; ``lvm:NAME`` or ``zfs:NAME`` where both stacks have one of that name."""
        stack, _, plain = name.rpartition(":")
        found = [p for p in self.pools if p.name == plain and stack in ("", p.stack)]
        if not found:
            self._answered(f"a pool {name!a}")
            known = ", ".join(sorted(p.name for p in self.pools)) or "none"
            raise NotFound(f"There is no pool {name!r}. Known pools: {known}.")
        if len(found) > 1:
            raise InvalidArgument(f"Both LVM and ZFS have a pool {plain}: write lvm:{plain} or zfs:{plain}.")
        return found[0]

    def row(self, name: str) -> Row:
        """The repository of this name that BAMS made."""
        found = next((row for row in self.rows.values() if row.name == name), None)
        if found:
            return found
        if any(volume.full_name == name for volume in self.volumes):
            raise InvalidArgument(f"{name} was not made by BAMS. It is shown, but BAMS never changes it.")
        self._answered(f"a repository {name!a}")
        known = ", ".join(sorted(row.name for row in self.rows.values())) or "none"
        raise NotFound(f"There is no repository {name!r}. Known repositories: {known[:400]}.")

    def _answered(self, wanted: str) -> None:
        """Refuse to say that something is not there while a stack does not say what it has."""
        if len(self.readings) < len(STACKS):
            raise NotReady("The pools of this host are still being read. Try again in a moment.")
        for stack in STACKS:
            if problem := self.problem(stack, ""):
                raise NotReady(
                    f"It is not known whether there is {wanted}: {stack.upper()} does not answer ({problem}). "
                    "Try again later."
                )

    @cached_property
    def _marked(self) -> Mapping[str, list[Volume]]:
        found: dict[str, list[Volume]] = {}
        for volume in self.volumes:
            if volume.repository:
                found.setdefault(volume.repository, []).append(volume)
        return found

    def volumes_of(self, uuid: str) -> list[Volume]:
        """The volumes with this mark. Normally one; two are a repository and a copy of it."""
        return self._marked.get(uuid, [])

    def volume_of(self, row: Row) -> Volume | None:
        """The volume of a repository: where the store last saw it, or the only one with its mark."""
        marked = self.volumes_of(row.uuid)
        here = [v for v in marked if (v.stack, v.full_name) == (row.stack, row.full_name)]
        return here[0] if here else marked[0] if len(marked) == 1 else None

    def problem(self, stack: Stack, group: str) -> str:
        """Why a volume group or zpool cannot be read now; empty when it can."""
        problems = self.readings[stack].problems if stack in self.readings else {"": "it was not read yet"}
        return problems.get(group) or problems.get("", "")

    def mount_point(self, name: str) -> str:
        return f"{self.mount_root}/{name}"

    def is_mounted(self, row: Row) -> bool:
        return row.use == "filesystem" and self.mount_point(row.name) in self.mounted

    def has_group(self, stack: Stack, group: str) -> bool:
        """Whether the volume group or zpool is there, or does not tell."""
        found = any((pool.stack, pool.group) == (stack, group) for pool in self.pools)
        return found or bool(self.problem(stack, group))


def device_path(dev: Path, stack: Stack, full_name: str) -> str:
    """The node of a volume: VG/LV or the whole dataset below /dev. udev writes a blank in a zvol's name as a plus."""
    return str(dev / full_name if stack == "lvm" else dev / "zvol" / full_name.replace(" ", "+"))


@dataclass(frozen=True, slots=True)
class RepositoryView:
    """One repository or foreign volume. ``name`` of a foreign one is VG/LV or the dataset."""

    path: str
    name: str
    stack: Stack
    kind: VolumeKind
    pool: str
    uuid: str
    size_bytes: int
    used_bytes: int | None
    device: str
    created_us: int
    created_by: str
    state: RepositoryState
    state_text: str
    owned: bool
    use: Use
    filesystem: Filesystem
    mount_point: str
    mounted: bool
    sparse: bool
    snapshots: tuple[Snapshot, ...]


@dataclass(frozen=True, slots=True)
class PoolView:
    path: str
    pool: Pool


def pools(picture: Picture) -> dict[str, PoolView]:
    """Pools by object path."""
    views = (PoolView(pool_path(pool.stack, pool.name), pool) for pool in picture.pools)
    return {view.path: view for view in views}


def repositories(picture: Picture) -> dict[str, RepositoryView]:
    """Repositories and foreign volumes by object path."""
    owners = {row.uuid: picture.volume_of(row) for row in picture.rows.values()} if picture.rows else {}
    ours = {id(volume): uuid for uuid, volume in owners.items() if volume}
    found: dict[str, RepositoryView] = {}
    for volume in picture.volumes:
        row = picture.rows.get(ours.get(id(volume), ""))
        view = _view(picture, volume, row)
        found[view.path] = view
    for uuid, owned in owners.items():
        if owned is None:
            gone = _gone(picture, picture.rows[uuid])
            # A stranger may stand where the lost volume was; it is shown as what it is.
            path = gone.path if gone.path not in found else repository_path(gone.stack, f"{gone.pool}:{uuid}")
            found[path] = replace(gone, path=path)
    return found


def _view(picture: Picture, volume: Volume, row: Row | None) -> RepositoryView:
    mount_point = picture.mount_point(row.name) if row and row.use == "filesystem" else ""
    state, text = _state(picture, volume, row)
    return RepositoryView(
        path=repository_path(volume.stack, volume.full_name),
        name=row.name if row else volume.full_name,
        stack=volume.stack,
        kind=volume.kind,
        pool=volume.pool,
        uuid=row.uuid if row else volume.uuid,
        size_bytes=volume.size_bytes,
        used_bytes=volume.used_bytes,
        device=volume.device,
        created_us=row.created_us if row else volume.created_us,
        created_by=row.created_by if row else "",
        state=state,
        state_text=text,
        owned=row is not None,
        use=row.use if row else "block",
        filesystem=row.filesystem if row else "",
        mount_point=mount_point,
        mounted=bool(mount_point) and mount_point in picture.mounted,
        sparse=volume.sparse,
        snapshots=volume.snapshots,
    )


def _state(picture: Picture, volume: Volume, row: Row | None) -> tuple[RepositoryState, str]:
    problem = picture.problem(volume.stack, volume.group)
    if problem:
        return "unresponsive", problem
    if volume.health != "online":
        return "faulted", volume.health_text or f"its health is {volume.health}"
    if row and row.leftover:
        return "incomplete", LEFTOVERS[row.leftover]
    if volume.merging:
        return "rolling-back", "the kernel copies a snapshot back"
    if not volume.active:
        return "inactive", "the volume is not active, so it has no device node"
    return "ready", ""


def _gone(picture: Picture, row: Row) -> RepositoryView:
    problem = picture.problem(row.stack, row.group)
    copies = len(picture.volumes_of(row.uuid))
    text = problem or (
        f"{copies} volumes carry its mark, and none is where it was: {row.full_name}"
        if copies
        else f"the volume {row.full_name} is not there"
    )
    return RepositoryView(
        path=repository_path(row.stack, row.full_name),
        name=row.name,
        stack=row.stack,
        kind=row.kind,
        pool=row.pool,
        uuid=row.uuid,
        size_bytes=row.size_bytes,
        used_bytes=None,
        device="",
        created_us=row.created_us,
        created_by=row.created_by,
        state="unresponsive" if problem else "missing",
        state_text=text,
        owned=True,
        use=row.use,
        filesystem=row.filesystem,
        mount_point=picture.mount_point(row.name) if row.use == "filesystem" else "",
        mounted=False,
        sparse=False,
        snapshots=(),
    )
