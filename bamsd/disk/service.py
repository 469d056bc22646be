"""org.bams.Disk: what each call checks, and which plan it leads to."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack
from uuid import uuid4

from bamsd.core.confirm import confirmed
from bamsd.core.holders import Holder, Holders
from bamsd.core.jobs import How, Job, Starter
from bamsd.core.turn import Turn
from bamsd.disk import plans, pool_plans, rules
from bamsd.disk.books import Books
from bamsd.disk.changes import Changes, Planner
from bamsd.disk.filesystems import Filesystems
from bamsd.disk.models import Disk, Filesystem, Layout, PoolKind, Stack, Use, Volume, check_name
from bamsd.disk.plans import Plan, Wanted
from bamsd.disk.register import Operation, Row
from bamsd.disk.views import Picture, RepositoryView, device_path
from bamsd.errors import NotFound, NotReady

Candidates = Callable[[], Awaitable[tuple[Disk, ...]]]


class Disks:
    """All pools and repositories of this host."""

    def __init__(
        self, books: Books, changes: Changes, holders: Holders, files: Filesystems, candidates: Candidates, dev: Path
    ) -> None:
        self.books = books
        self.changes = changes
        self._holders = holders
        self._files = files
        self._candidates = candidates
        self._dev = dev

    async def refresh(self) -> None:
        await self.books.observe_all()

    async def candidates(self) -> tuple[Disk, ...]:
        return await self._candidates()

    def repository(self, name: str) -> RepositoryView:
        """A repository that BAMS made. Raises NotFound, and NotReady while it is not known what there is."""
        row = self.books.picture.row(name)
        return next(view for view in self.books.repositories.values() if view.owned and view.uuid == row.uuid)

    async def holders(self, name: str) -> tuple[Holder, ...]:
        """Who uses a repository or a foreign volume at this moment."""
        view = next((view for view in self.books.repositories.values() if view.name == name), None)
        if view is None:
            raise NotFound(f"There is no repository {name!r}.")
        if not view.device:
            raise NotReady(f"Repository {name} is {view.state}, so nobody can be asked who uses it.")
        return await self._holders_of(view.device, view.mount_point)

    async def create_repository(
        self,
        name: str,
        pool: str,
        size_bytes: int,
        starter: Starter,
        *,
        sparse: bool,
        use: Use,
        filesystem: Filesystem,
        **how: Unpack[How],
    ) -> Job:
        check_name(name, "repository")
        found = self.books.picture.pool(pool)
        uuid = str(uuid4())

        async def planner(picture: Picture) -> Plan:
            fresh = picture.pool(pool)
            rules.create(picture, fresh, name, size_bytes, sparse=sparse, use=use, filesystem=filesystem)
            if filesystem:
                await self._files.check_place(name)
            return plans.create(
                Wanted(
                    name, fresh, size_bytes, uuid, use, filesystem, sparse, self._node(fresh.stack, fresh.group, name)
                ),
                self._files,
                starter.person,
            )

        return await self.changes.change(
            found.stack,
            found.group,
            f"create repository {name}",
            planner,
            starter,
            "disk-create",
            also=(self.changes.name_turn(name),),
            **how,
        )

    async def resize_repository(self, name: str, size_bytes: int, starter: Starter, **how: Unpack[How]) -> Job:
        async def plan(picture: Picture, row: Row) -> Plan:
            volume = rules.resize(picture, row, size_bytes)
            return plans.resize(row, volume, size_bytes, self._files, starter.person)

        return await self._change(name, f"resize repository {name}", plan, starter, "disk-resize", **how)

    async def delete_repository(self, name: str, confirm: str, starter: Starter, **how: Unpack[How]) -> Job:
        row = self.books.picture.row(name)
        confirmed(confirm, name, f"delete repository {name} and all its data")

        async def plan(picture: Picture, row: Row) -> Plan:
            problem = picture.problem(row.stack, row.group)
            if not problem and not picture.volumes_of(row.uuid):
                return plans.delete(row, None, self._files, starter.person)
            volume = rules.present(picture, row)
            rules.without_snapshots(row, volume)
            await self._unheld(row, volume)
            return plans.delete(row, volume, self._files, starter.person)

        return await self._change(row.name, f"delete repository {name}", plan, starter, "disk-delete", **how)

    async def finish_repository(self, name: str, starter: Starter, **how: Unpack[How]) -> Job:
        async def plan(picture: Picture, row: Row) -> Plan:
            volume = rules.present(picture, row)
            if not row.leftover:
                raise NotReady(f"Repository {name} is complete; there is nothing to finish.")
            if row.leftover == "mount" and await self._files.is_blank(volume.device):
                row = replace(row, leftover="format")
            made = False
            if row.leftover == "format":
                await self._unheld(row, volume)
                made = await self._files.is_made(volume.device, row.uuid)
            return plans.finish(row, volume, self._files, starter.person, made=made)

        return await self._change(name, f"finish repository {name}", plan, starter, "disk-finish", **how)

    async def mount_repository(self, name: str, starter: Starter, **how: Unpack[How]) -> Job:
        async def plan(picture: Picture, row: Row) -> Plan:
            volume = rules.present(picture, row)
            rules.filesystem(row)
            if row.leftover != "mount":  # that is what mounting does
                rules.whole(row)
            return plans.mount(row, volume, self._files, starter.person)

        return await self._change(name, f"mount repository {name}", plan, starter, "disk-mount", **how)

    async def unmount_repository(self, name: str, starter: Starter, **how: Unpack[How]) -> Job:
        async def plan(picture: Picture, row: Row) -> Plan:
            volume = rules.present(picture, row)
            rules.filesystem(row)
            holders = await self._holders_of(volume.device, "")
            own = picture.mount_point(row.name)
            rules.unheld(f"Repository {row.name}", [h for h in holders if not (h.kind == "mount" and h.name == own)])
            return plans.unmount(row, volume, self._files, starter.person)

        return await self._change(name, f"unmount repository {name}", plan, starter, "disk-unmount", **how)

    async def create_snapshot(
        self, name: str, snapshot: str, size_bytes: int | None, starter: Starter, **how: Unpack[How]
    ) -> Job:
        check_name(snapshot, "snapshot")

        async def plan(picture: Picture, row: Row) -> Plan:
            volume, space = rules.new_snapshot(picture, row, snapshot, size_bytes)
            return plans.snapshot(row, volume, snapshot, space, starter.person)

        doing = f"take snapshot {snapshot} of repository {name}"
        return await self._change(name, doing, plan, starter, "disk-snapshot", **how)

    async def delete_snapshot(
        self, name: str, snapshot: str, confirm: str, starter: Starter, **how: Unpack[How]
    ) -> Job:
        confirmed(confirm, snapshot, f"delete snapshot {snapshot}, which cannot be undone")

        async def plan(picture: Picture, row: Row) -> Plan:
            volume = rules.present(picture, row)
            found = rules.owned_snapshot(row, volume, snapshot)
            if row.stack == "lvm":
                holders = await self._holders_of(self._node("lvm", volume.group, found.volume), "")
                rules.unheld(f"Snapshot {snapshot} of {name}", holders)
            return plans.delete_snapshot(row, volume, found, starter.person)

        doing = f"delete snapshot {snapshot} of repository {name}"
        return await self._change(name, doing, plan, starter, "disk-delete-snapshot", **how)

    async def rollback_snapshot(
        self, name: str, snapshot: str, confirm: str, starter: Starter, **how: Unpack[How]
    ) -> Job:
        confirmed(confirm, name, f"roll back repository {name} and lose what was written since")

        async def plan(picture: Picture, row: Row) -> Plan:
            volume = rules.present(picture, row)
            rules.whole(row)
            found = rules.rollback(row, volume, snapshot)
            await self._unheld(row, volume)
            if row.stack == "lvm":
                holders = await self._holders_of(self._node("lvm", volume.group, found.volume), "")
                rules.unheld(f"Snapshot {snapshot} of {name}", holders)
            return plans.rollback(row, volume, found, starter.person)

        doing = f"roll repository {name} back to snapshot {snapshot}"
        return await self._change(name, doing, plan, starter, "disk-rollback", **how)

    async def create_pool(
        self,
        name: str,
        kind: PoolKind,
        devices: Sequence[str],
        starter: Starter,
        *,
        layout: Layout,
        size_bytes: int,
        metadata_bytes: int | None,
        wipe: bool,
        **how: Unpack[How],
    ) -> Job:
        rules.new_pool_name(kind, name)
        rules.layout(kind, layout, len(devices))

        async def planner(picture: Picture) -> Plan:
            rules.new_pool(picture, kind, name, size_bytes)
            disks = rules.devices(await self._candidates(), devices, wipe=wipe) if devices else ()
            return pool_plans.create(name, kind, layout, disks, size_bytes, metadata_bytes, starter.person)

        stack: Stack = "zfs" if kind == "zfs" else "lvm"
        group = name.split("/", 1)[0]
        return await self.changes.change(
            stack,
            group,
            f"create pool {name}",
            planner,
            starter,
            "disk-create-pool",
            also=self._disks_turn(devices),
            **how,
        )

    async def extend_pool(
        self,
        name: str,
        devices: Sequence[str],
        starter: Starter,
        *,
        layout: Layout,
        size_bytes: int,
        wipe: bool,
        **how: Unpack[How],
    ) -> Job:
        found = self.books.picture.pool(name)
        rules.layout(found.kind, layout, len(devices))

        async def planner(picture: Picture) -> Plan:
            pool = rules.readable(picture, picture.pool(name))
            rules.extend_pool(picture, pool, size_bytes)
            disks = rules.devices(await self._candidates(), devices, wipe=wipe) if devices else ()
            return pool_plans.extend(pool, layout, disks, size_bytes, starter.person)

        return await self.changes.change(
            found.stack,
            found.group,
            f"extend pool {name}",
            planner,
            starter,
            "disk-extend-pool",
            also=self._disks_turn(devices),
            **how,
        )

    async def delete_pool(self, name: str, confirm: str, starter: Starter, **how: Unpack[How]) -> Job:
        found = self.books.picture.pool(name)
        confirmed(confirm, name, f"delete pool {name}, which cannot be undone")

        async def planner(picture: Picture) -> Plan:
            pool = picture.pool(name)
            rules.remove_pool(picture, pool, await pool_plans.inhabitants(pool))
            return pool_plans.delete(pool, starter.person)

        return await self.changes.change(
            found.stack, found.group, f"delete pool {name}", planner, starter, "disk-delete-pool", **how
        )

    async def _change(
        self,
        name: str,
        doing: str,
        plan: Callable[[Picture, Row], Awaitable[Plan]],
        starter: Starter,
        operation: Operation,
        **how: Unpack[How],
    ) -> Job:
        """Change a repository that is there: its row is looked up again once its pool is held."""
        row = self.books.picture.row(name)

        async def planner(picture: Picture) -> Plan:
            return await plan(picture, picture.row(name))

        made: Planner = planner
        return await self.changes.change(row.stack, row.group, doing, made, starter, operation, **how)

    def _node(self, stack: Stack, group: str, volume: str) -> str:
        return device_path(self._dev, stack, f"{group}/{volume}")

    def _disks_turn(self, devices: Sequence[str]) -> tuple[Turn, ...]:
        return (self.changes.disks_turn,) if devices else ()

    async def _unheld(self, row: Row, volume: Volume) -> None:
        own = self.books.picture.mount_point(row.name) if row.use == "filesystem" else ""
        rules.unheld(f"Repository {row.name}", await self._holders_of(volume.device, own))

    async def _holders_of(self, device: str, own_mount: str) -> tuple[Holder, ...]:
        """Everyone who holds a device. BAMS's own mount is released by BAMS, not by hand."""
        found = await self._holders.of(device)
        return tuple(
            replace(h, release="call UnmountRepository")
            if own_mount and (h.kind, h.name) == ("mount", own_mount)
            else h
            for h in found
        )
