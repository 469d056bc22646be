"""The rules of org.bams.Tape: which library, which lock, which checks, as which job."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Unpack

from bamsd.config import TapeSettings
from bamsd.core.alerts import Alerts
from bamsd.core.jobs import How, Job, Jobs, Progress, Starter
from bamsd.core.names import drive_path, library_path
from bamsd.core.store import Store
from bamsd.errors import BamsError, InvalidArgument, NotFound, NotReady
from bamsd.tape import devices, mtx, rules
from bamsd.tape.conditions import Conditions
from bamsd.tape.library import Library, drive_generation, reading_with_openers
from bamsd.tape.models import ChangerStatus, Slot
from bamsd.tape.moves import Mover, Prepared, command_words, unfinished_alert
from bamsd.tape.register import Register, places
from bamsd.tape.views import LibraryState, LibraryView, Move

log = logging.getLogger(__name__)

OPERATE = "org.bams.tape.operate"
TYPICAL_MOVE_S = 60.0
SLOTS_PER_PAGE = 1000
"""Most slots in one reply: some 60 kB, and a few milliseconds to pack."""


SLOTS_PER_SIGNAL = 250
"""Slots in one SlotsChanged: a few milliseconds to pack."""


class Listener(Protocol):
    """Who is told of changes (the D-Bus objects). Called on the loop, before the change is answered."""

    def library_changed(self, view: LibraryView) -> None: ...
    def library_removed(self, view: LibraryView) -> None: ...
    def slots_changed(self, serial: str, slots: Sequence[Slot]) -> None: ...


class Tape:
    """All libraries of this host."""

    def __init__(
        self,
        settings: TapeSettings,
        sysfs: Path,
        dev: Path,
        *,
        store: Store,
        jobs: Jobs,
        alerts: Alerts,
        listener: Listener,
    ) -> None:
        self.settings = settings
        self._sysfs, self._dev = sysfs, dev
        self._jobs = jobs
        self.alerts = alerts
        self._listener = listener
        self.register = Register(store)
        self.mover = Mover(store, alerts, self.observe)
        self._conditions = Conditions(alerts)
        self._libraries: dict[str, Library] = {}
        self._refreshing = asyncio.Lock()
        self._looked = False
        self.moved = asyncio.Event()
        """A cartridge was moved or a library was found: what the drives report may have changed."""

    @property
    def libraries(self) -> list[Library]:
        return list(self._libraries.values())

    def find(self, name: str) -> Library:
        """A library by alias or serial. Raises NotFound, and NotReady while it is not known which there are."""
        for library in self._libraries.values():
            if name in (library.name, library.serial):
                return library
        if not self._looked:
            raise NotReady("The tape libraries of this host are still being looked for. Try again in a moment.")
        known = ", ".join(sorted(library.name for library in self._libraries.values())) or "none"
        raise NotFound(f"There is no tape library {name!r}. Known libraries: {known}.")

    async def configure(self, settings: TapeSettings) -> None:
        """Take new settings at a reload. A library whose quirks changed is read again."""
        self.settings = settings
        for library in self.libraries:
            library.settings = settings.of(library.serial)
            library.view = replace(library.view, name=library.name, quirks=library.quirks)
        await self.refresh()

    async def refresh(self) -> None:
        """Look for libraries and read each one. What cannot be read says so in its own state, not here."""
        await self.discover()
        await self.read_all()

    async def read_all(self) -> None:
        await asyncio.gather(*(self.read_quietly(library, identify=True) for library in self.libraries))
        self.moved.set()

    async def discover(self) -> None:
        """Look for libraries; none is read yet."""
        async with self._refreshing:
            found = await asyncio.to_thread(devices.find, self._sysfs, self._dev)
            fresh: dict[str, Library] = {}
            for changer in found.changers:
                library = Library(changer, self.settings.of(changer.serial))
                if library.settings.ignore:
                    continue
                if library.serial in fresh:
                    log.warning("%s: a second path to the same changer, %s, is not used", library.name, changer.sg)
                    continue
                library = fresh.setdefault(library.serial, self._libraries.get(library.serial, library))
                library.changer, library.devices = changer, found.drives
            for serial in self._libraries.keys() - fresh.keys():
                gone = self._libraries.pop(serial)
                log.warning("%s: the tape library is gone", gone.name)
                self._listener.library_removed(gone.view)
                await self._conditions.gone(gone)
            await self._conditions.forget_ignored(self.settings)
            for library in fresh.values():
                if library.serial not in self._libraries:
                    log.info("%s: found %s %s at %s", library.name, *_model(library), library.changer.sg)
                    self._libraries[library.serial] = library
                    self.announce(library)
            self._looked = True

    async def read_quietly(self, library: Library, *, identify: bool = False) -> None:
        """A reading that nobody asked for: it waits for the robot, and a failure becomes the library's state."""
        async with library.robot.read():
            try:
                if identify:
                    await self.acquaint(library)
                await self.observe(library)
            except BamsError as error:
                log.warning("%s: cannot be read: %s", library.name, error.message)

    async def acquaint(self, library: Library) -> None:
        """Learn what a reading does not tell: the serials of the drives, and the home slots we remember."""
        await library.identify_drives()
        library.homes = await self.register.homes(library.serial)

    async def observe(self, library: Library, *, move: Move | None = None, person: str = "") -> ChangerStatus:
        """Read the library (the robot is held) and publish what differs from the last reading."""
        try:
            status, openers = await reading_with_openers(library)
        except BamsError as error:
            if self.is_here(library):
                state: LibraryState = "offline" if isinstance(error, NotReady) else "unknown"
                library.view = replace(library.view, state=state, error=error.message)
                self.announce(library)
                await self._conditions.silent(library, error)
            raise
        self._demand_here(library)
        now = time.time_ns() // 1000
        before = library.places if library.status else await self.register.known(library.serial)
        found = places(status)
        await self.register.update(library.serial, before, found, time_us=now, move=move, person=person)
        self._demand_here(library)
        library.homes |= {barcode: place.number for barcode, place in found.items() if place.kind == "slot"}
        changed = _changed_slots(library.status, status)
        library.places = found
        library.adopt(status, openers)
        library.view = replace(library.view, state="ready", error="", last_inventory_us=now)
        self.announce(library)
        for at in range(0, len(changed), SLOTS_PER_SIGNAL):
            self._listener.slots_changed(library.serial, changed[at : at + SLOTS_PER_SIGNAL])
            await asyncio.sleep(0)  # other calls get their turn while a full library is told
        self._demand_here(library)
        await self._conditions.answers(library, status)
        if library.move_may_run_on and all(opener.path != library.changer.sg for opener in openers):
            library.move_may_run_on = False
            await self.alerts.clear(unfinished_alert(library))
        return status

    def is_here(self, library: Library) -> bool:
        """Whether the library was there at the last look. What is asked of it may outlast it."""
        return self._libraries.get(library.serial) is library

    def announce(self, library: Library) -> None:
        """Tell what is new of a library. News of one that went away must not bring it back."""
        if self.is_here(library):
            self._listener.library_changed(library.view)

    def _demand_here(self, library: Library) -> None:
        if not self.is_here(library):
            raise NotFound(f"Tape library {library.name} went away while it was read.")

    async def inventory(self, name: str, starter: Starter, *, queue: bool, wait: bool, dry_run: bool) -> Job:
        library = self.find(name)

        async def work(_held: None, _progress: Progress) -> dict[str, Any]:
            await mtx.inventory(library.changer.sg, library.settings.inventory_timeout_s or 0.0, library=library.name)
            await library.identify_drives()
            status = await self.observe(library)
            return {"library": library.serial, "full_slots": sum(slot.full for slot in status.slots)}

        description = f"inventory of {library.name}"
        if dry_run:
            plan = _plan(f"Read every barcode of {library.name} again.", library, "inventory")
            return await self._planned("tape-inventory", description, library, starter, plan)
        return await self._jobs.run(
            operation="tape-inventory",
            description=description,
            objects=self._objects(library),
            action=OPERATE,
            starter=starter,
            guard=self._held(library, description, queue=queue),
            work=work,
            wait=wait,
            expected_s=TYPICAL_MOVE_S,
        )

    async def load(
        self, name: str, slot: int, drive: int, starter: Starter, *, release: bool = False, **how: Unpack[How]
    ) -> Job:
        library = self.find(name)

        def plan(status: ChangerStatus) -> Move:
            return rules.load(status, library.name, slot, drive, self._generation(library, drive))

        return await self._move(
            library, f"load slot {slot} into drive {drive}", plan, starter, drive, release=release, **how
        )

    async def unload(
        self, name: str, drive: int, slot: int | None, starter: Starter, *, release: bool = False, **how: Unpack[How]
    ) -> Job:
        library = self.find(name)

        def plan(status: ChangerStatus) -> Move:
            element = rules.drive_of(status, library.name, drive)
            return rules.unload(status, library.name, drive, slot, library.home_of(element.barcode))

        return await self._move(library, f"unload drive {drive}", plan, starter, drive, release=release, **how)

    async def transfer(self, name: str, source: int, target: int, starter: Starter, **how: Unpack[How]) -> Job:
        library = self.find(name)

        def plan(status: ChangerStatus) -> Move:
            return rules.transfer(status, library.name, source, target)

        return await self._move(library, f"transfer slot {source} to slot {target}", plan, starter, None, **how)

    async def clean(
        self, name: str, drive: int, slot: int | None, starter: Starter, *, release: bool = False, **how: Unpack[How]
    ) -> Job:
        library = self.find(name)

        def plan(status: ChangerStatus) -> Move:
            return rules.clean(status, library.name, drive, slot)

        return await self._move(library, f"clean drive {drive}", plan, starter, drive, release=release, **how)

    def slots(self, name: str, first: int, count: int, text: str) -> list[Slot]:
        """Slots from number ``first`` on whose barcode holds ``text``, at most ``count``."""
        if not 0 < count <= SLOTS_PER_PAGE:
            raise InvalidArgument(f"Option 'count' is {count}; it must be 1 to {SLOTS_PER_PAGE}.")
        library = self.find(name)
        if library.status is None:
            raise NotReady(f"Library {library.name} was not read yet. {library.view.error or 'Try again in a moment.'}")
        found = (s for s in library.status.slots if s.number >= first and text in (s.barcode or ""))
        return [slot for slot, _ in zip(found, range(count), strict=False)]

    async def _move(
        self,
        library: Library,
        doing: str,
        plan: Callable[[ChangerStatus], Move],
        starter: Starter,
        drive: int | None,
        *,
        release: bool = False,
        queue: bool,
        wait: bool,
        dry_run: bool,
    ) -> Job:
        description = f"{doing} of {library.name}"
        guard = self.mover.prepared(library, description, plan, queue=queue, release=release, only_plan=dry_run)
        if dry_run:
            async with guard as prepared:
                move = prepared.move
            steps = _plan(move.summary, library, command_words(move))
            return await self._planned(move.operation, description, library, starter, steps)

        async def work(prepared: Prepared, progress: Progress) -> dict[str, Any]:
            library.view = replace(library.view, state="busy")
            self.announce(library)
            result = await self.mover.execute(prepared, progress, starter.person)
            if prepared.move.operation == "tape-clean":
                result |= await self._finish_cleaning(prepared, progress, starter)
            self.moved.set()
            return result

        operation = f"tape-{doing.split(' ', 1)[0]}"
        return await self._jobs.run(
            operation=operation,
            description=description,
            objects=self._objects(library, drive),
            action=OPERATE,
            starter=starter,
            guard=guard,
            work=work,
            wait=wait,
            expected_s=TYPICAL_MOVE_S,
        )

    async def _finish_cleaning(self, prepared: Prepared, progress: Progress, starter: Starter) -> dict[str, Any]:
        """Wait for the drive, then bring the cleaning cartridge back to where it came from."""
        library, move = prepared.library, prepared.move
        progress.set(0.5)
        await self.mover.wait_for_cleaning(library, move.target.number)
        back = Move("tape-unload", move.library, move.target, move.source, move.barcode)
        await self.mover.execute(Prepared(library, back), progress, starter.person)
        return {"to": str(move.source), "cleaned_drive": move.target.number}

    @asynccontextmanager
    async def _held(self, library: Library, doing: str, *, queue: bool) -> AsyncIterator[None]:
        async with library.robot.held(doing, queue=queue):
            yield

    async def _planned(
        self, operation: str, description: str, library: Library, starter: Starter, plan: list[dict[str, Any]]
    ) -> Job:
        return await self._jobs.planned(
            operation=operation,
            description=description,
            objects=self._objects(library),
            action=OPERATE,
            starter=starter,
            plan=plan,
        )

    @staticmethod
    def _objects(library: Library, drive: int | None = None) -> tuple[str, ...]:
        paths = [library_path(library.serial)]
        matched = library.matched_drive(drive) if drive is not None else None
        if matched:
            paths.append(drive_path(library.serial, matched.index, matched.serial))
        return tuple(paths)

    @staticmethod
    def _generation(library: Library, drive: int) -> int | None:
        matched = library.matched_drive(drive)
        return drive_generation(matched.device) if matched else None


def _changed_slots(before: ChangerStatus | None, now: ChangerStatus) -> list[Slot]:
    """The slots that differ. Nothing has changed for anyone at the first reading: who looks then lists all slots."""
    if before is None:
        return []
    old = {slot.number: slot for slot in before.slots}
    return [slot for slot in now.slots if old.get(slot.number) != slot]


def _plan(summary: str, library: Library, command: str) -> list[dict[str, Any]]:
    step = {"summary": summary, "effect": "safe", "object": library_path(library.serial)}
    return [step | {"command": f"mtx -f {library.changer.sg} {command}"}]


def _model(library: Library) -> tuple[str, str]:
    return library.changer.vendor, library.changer.product
