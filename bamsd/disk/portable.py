"""The repositories in an export. A volume tells by its mark what it is; an export adds its name and who made it."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from bamsd.core.carried import Restored, Step, step, understood
from bamsd.core.jobs import Starter
from bamsd.disk.models import check_name
from bamsd.disk.register import Row
from bamsd.disk.service import Disks
from bamsd.disk.views import Picture
from bamsd.errors import BamsError


class Repositories:
    """A ``carried.Part``."""

    title = "repositories"

    def __init__(self, disks: Disks) -> None:
        self._disks = disks

    async def kept(self) -> Any:
        return [asdict(row) for row in self._disks.books.picture.rows.values()]

    async def plan(self, kept: Any) -> list[Step]:
        rows = _read(kept)
        await self._disks.refresh()
        picture, steps = self._disks.books.picture, []
        for row in rows:
            if missing := _missing(picture, row):
                steps.append(step(f"Leave out: {missing}"))
                continue
            here = picture.rows[row.uuid]
            if remembered(here, row) != here:
                steps.append(step(f"Take over repository {row.name} on {here.full_name}.", object=here.full_name))
            if row.use == "filesystem" and not picture.is_mounted(remembered(here, row)):
                point = picture.mount_point(row.name)
                steps.append(step(f"Mount repository {row.name} at {point}, now and at every start.", object=point))
        return steps

    async def restore(self, kept: Any, starter: Starter) -> Restored:
        rows = _read(kept)
        await self._disks.refresh()
        picture = self._disks.books.picture
        warnings = [text for row in rows if (text := _missing(picture, row))]
        there = [row for row in rows if not _missing(picture, row)]
        changed = [remembered(picture.rows[row.uuid], row) for row in there]
        await self._disks.books.remember([row for row in changed if row != picture.rows[row.uuid]])
        for row in there:
            try:
                await self._mount(row.uuid, starter)
            except BamsError as error:
                warnings.append(f"Repository {row.name} is not mounted: {error.message}")
        return Restored(bool(there), tuple(warnings))

    async def _mount(self, uuid: str, starter: Starter) -> None:
        """A job of its own, so that a crash in it is settled as always."""
        picture = self._disks.books.picture
        row = picture.rows[uuid]
        if row.use == "filesystem" and not picture.is_mounted(row):
            await self._disks.mount_repository(row.name, starter, queue=True, wait=True, dry_run=False)


def remembered(here: Row, kept: Row) -> Row:
    """What the volume tells of itself stays; what only the store knew comes from the export."""
    return replace(here, name=kept.name, created_us=kept.created_us, created_by=kept.created_by)


def _missing(picture: Picture, kept: Row) -> str:
    """Why a repository cannot be taken over; empty when it can."""
    here = picture.rows.get(kept.uuid)
    if here is None or picture.volume_of(here) is None:
        problem = picture.problem(kept.stack, kept.group)
        marked = len(picture.volumes_of(kept.uuid))
        reason = f"{kept.pool} cannot be read ({problem})" if problem else "no volume of this host has its mark"
        if marked > 1:
            reason = f"{marked} volumes have its mark"
        return f"Repository {kept.name} is missing here: {reason}; it was {kept.full_name}."
    other = next((row for row in picture.rows.values() if row.name == kept.name and row.uuid != kept.uuid), None)
    if other:
        return f"Repository {kept.name} stays {here.name}: this host has another one of that name ({other.full_name})."
    if here.name != kept.name and picture.is_mounted(here):
        return f"Repository {kept.name} stays {here.name}: it is mounted. Unmount it, then import again."
    return ""


def _read(kept: Any) -> list[Row]:
    with understood(Repositories.title):
        return [_row(entry) for entry in kept]


def _row(entry: Mapping[str, Any]) -> Row:
    row = Row(**entry)
    check_name(row.name, "repository")
    texts = (row.uuid, row.pool, row.volume, row.created_by)
    if not all(isinstance(text, str) for text in texts) or not isinstance(row.created_us, int):
        raise TypeError(row.name)
    return row
