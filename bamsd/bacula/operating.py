"""Volumes, slots and drives of Bacula, through the Director's console. Every name is one that the Director knows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Unpack

from bamsd.bacula import console_output, views
from bamsd.bacula.console import Console
from bamsd.bacula.models import check_name
from bamsd.bacula.views import CatalogJob, Volume, Whereabouts
from bamsd.core.jobs import How, Job, Jobs, Progress, Starter
from bamsd.core.turn import Turn
from bamsd.errors import InvalidArgument, NotFound, NotReady

OPERATE = "org.bams.bacula.operate"
MOST_VOLUMES = 1000
_TYPICAL_S = 60.0

Slots = Callable[[str], Mapping[int, str] | None]
"""Full slots of a library by number, with their barcodes; ``None`` for a storage that is no library of BAMS."""
Registered = Callable[[], Awaitable[Mapping[str, Whereabouts]]]
LookAgain = Callable[[str], Awaitable[None]]
Work = Callable[[Progress], Awaitable[dict[str, Any]]]


class Operating:
    def __init__(
        self,
        console: Console,
        jobs: Jobs,
        *,
        slots: Slots,
        registered: Registered,
        look_again: LookAgain,
    ) -> None:
        self.console = console
        self._jobs = jobs
        self._slots, self._registered, self._look_again = slots, registered, look_again
        self._turns: dict[str, Turn] = {}

    async def volumes(self, *, pool: str, text: str, limit: int, after: str) -> tuple[list[Volume], str]:
        """Volumes by name; the cursor of the next page is empty at the end."""
        records, known = await asyncio.gather(self.console.volumes(), self._registered())
        found = sorted((views.volume(record, known) for record in records), key=lambda volume: volume.name)
        rest = [v for v in found if v.name > after and pool in ("", v.pool) and text in v.name]
        return rest[:limit], rest[limit - 1].name if len(rest) > limit else ""

    async def jobs(self, limit: int) -> list[CatalogJob]:
        found = [views.job(record) for record in await self.console.jobs(limit)]
        return sorted(found, key=lambda job: -job.jobid)

    async def inventory(self, storage: str, drive: int, starter: Starter, **how: Unpack[How]) -> Job:
        await self._known_storage(storage)

        async def work(_: Progress) -> dict[str, Any]:
            found = await self.console.update_slots(storage, drive)
            await self._look_again(storage)
            unknown = [report.volume for report in found if not report.is_known]
            return {"storage": storage, "known": len(found) - len(unknown), "unknown": unknown}

        command = f"update slots storage={storage} drive={drive}"
        return await self._do("inventory", f"inventory of {storage} for Bacula", storage, command, work, starter, **how)

    async def label(
        self, storage: str, pool: str, slots: Sequence[int], drive: int, starter: Starter, **how: Unpack[How]
    ) -> Job:
        await self._known_storage(storage)
        check_name(pool, "pool")
        _known(pool, await self.console.pools(), "pool")
        wanted = self._labelled_slots(storage, slots)

        async def work(progress: Progress) -> dict[str, Any]:
            done: list[str] = []
            problems: list[str] = []
            for number, slot in enumerate(wanted):
                progress.set(number / len(wanted))
                said = await self.console.label(storage, drive, pool, [slot])
                done += console_output.labelled(said)
                problems += console_output.label_problems(said)
            # A cleaning cartridge is entered in the catalog without its slot.
            await self.console.update_slots(storage, drive)
            await self._look_again(storage)
            return _label_result(done, problems)

        command = f"label storage={storage} pool={pool} drive={drive} slots={','.join(map(str, wanted))} barcodes yes"
        doing = f"label {len(wanted)} cartridges in {storage} for pool {pool}"
        return await self._do("label", doing, storage, command, work, starter, **how)

    async def mount(self, storage: str, drive: int, slot: int, starter: Starter, **how: Unpack[How]) -> Job:
        await self._known_storage(storage)
        full = self._slots(storage)
        if slot and full is not None and slot not in full:
            # Bacula would wait for a tape in the empty drive, for many minutes.
            raise NotFound(f"Slot {slot} of {storage} is empty: choose one that holds a cartridge.")

        async def work(_: Progress) -> dict[str, Any]:
            await self.console.mount(storage, drive, slot)
            await self._look_again(storage)
            return {"storage": storage, "drive": drive}

        what = f"slot {slot} in drive {drive}" if slot else f"drive {drive}"
        command = f"mount storage={storage} drive={drive}" + (f" slot={slot}" if slot else "")
        return await self._do("mount", f"mount {what} of {storage}", storage, command, work, starter, **how)

    async def on_drive(self, verb: str, storage: str, drive: int, starter: Starter, **how: Unpack[How]) -> Job:
        """Unmount, release, enable or disable a drive."""
        await self._known_storage(storage)

        async def work(_: Progress) -> dict[str, Any]:
            match verb:
                case "unmount":
                    await self.console.unmount(storage, drive)
                case "release":
                    await self.console.release(storage, drive)
                case _:
                    await self.console.set_enabled(storage, drive, enabled=verb == "enable")
            await self._look_again(storage)
            return {"storage": storage, "drive": drive}

        command = f"{verb} storage={storage} drive={drive}"
        return await self._do(verb, f"{verb} drive {drive} of {storage}", storage, command, work, starter, **how)

    async def release_drive(self, library: str, drive: int) -> None:
        """Let Bacula give a drive of a library back, before BAMS moves its tape. Raises why it does not."""
        storage = views.storage_of(library)
        await self._known_storage(storage)
        await self.console.release(storage, drive)

    async def _known_storage(self, storage: str) -> None:
        check_name(storage, "storage")
        _known(storage, await self.console.storages(), "storage")

    def _labelled_slots(self, storage: str, slots: Sequence[int]) -> list[int]:
        """The slots to label: those that were named and are full, or all full ones."""
        full = self._slots(storage)
        if full is None:
            if not slots:
                raise InvalidArgument(f"{storage} is no tape library that BAMS knows, so name the slots to label.")
            return sorted(set(slots))
        empty = [slot for slot in slots if slot not in full]
        if empty:
            raise NotFound(f"Slot {empty[0]} of {storage} is empty: name slots that hold a cartridge.")
        wanted = sorted(set(slots)) or sorted(full)
        blank = [slot for slot in wanted if not full[slot]]
        if blank:
            raise NotReady(f"The cartridge in slot {blank[0]} of {storage} has no readable barcode: leave it out.")
        for slot in wanted:
            check_name(full[slot], "volume")
        return wanted

    async def _do(
        self,
        operation: str,
        description: str,
        storage: str,
        command: str,
        work: Work,
        starter: Starter,
        *,
        queue: bool,
        wait: bool,
        dry_run: bool,
    ) -> Job:
        name = f"bacula-{operation}"
        if dry_run:
            step = {"summary": f"{description.capitalize()}.", "effect": "safe", "object": storage, "command": command}
            return await self._jobs.planned(
                operation=name, description=description, objects=(), action=OPERATE, starter=starter, plan=[step]
            )

        async def held_work(_: None, progress: Progress) -> dict[str, Any]:
            return await work(progress)

        guard: AbstractAsyncContextManager[None] = self._turn(storage).held(description, queue=queue)
        return await self._jobs.run(
            operation=name,
            description=description,
            objects=(),
            action=OPERATE,
            starter=starter,
            guard=guard,
            work=held_work,
            wait=wait,
            expected_s=_TYPICAL_S,
        )

    def _turn(self, storage: str) -> Turn:
        return self._turns.setdefault(storage, Turn(f"storage {storage} of Bacula"))


def _known(name: str, known: Sequence[str], what: str) -> None:
    if name not in known:
        listed = ", ".join(known[:30]) or "none"
        raise NotFound(
            f"The Director has no {what} {name!r}. It has: {listed}. Add it to the Director's configuration."
        )


def _label_result(done: list[str], problems: list[str]) -> dict[str, Any]:
    if problems and not done:
        raise NotReady(f"No cartridge was labelled: {problems[0]}.")
    return {"labelled": done, "problems": problems}
