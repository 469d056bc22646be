"""Carry out a planned move and find out what really happened.

An exit code proves nothing: after every move, failed or not, the library is read again and the cartridge is looked for.
The intent is written before the robot is asked, so a crash in mid-move leaves a record of what was under way. It goes
with the end of its job, in one transaction: a job that is still marked running always has the intent of its last move.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from bamsd.core.alerts import Alerts
from bamsd.core.jobs import Progress
from bamsd.core.names import library_path
from bamsd.core.store import Store
from bamsd.errors import BamsError, Busy, InUse, NotReady, NotSupported, OutOfSync, TimedOut
from bamsd.tape import mtx, sg
from bamsd.tape.library import Library, holder_text
from bamsd.tape.models import ChangerStatus
from bamsd.tape.register import places
from bamsd.tape.views import Move, Place

log = logging.getLogger(__name__)

CLEANING_LIMIT_S = 600.0
"""A cleaning takes one to five minutes (drive manuals of IBM and HP); afterwards the drive ejects the cartridge."""
CLEANING_POLL_S = 5.0

_FORGET = "DELETE FROM tape_intents WHERE job_id = ?"


class Observer(Protocol):
    """Reads a library and publishes what it found. ``move`` and ``person`` explain a cartridge that has moved."""

    async def __call__(self, library: Library, *, move: Move | None = None, person: str = "") -> ChangerStatus: ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A move that every rule allows, with the robot held."""

    library: Library
    move: Move
    done: Place | None = None
    """Where Bacula put the cartridge itself when it gave the drive back; then nothing is left to be moved."""


Release = Callable[[str, int], Awaitable[None]]
"""Let another program give a drive of a library back. Raises why it does not."""


class Mover:
    release: Release | None = None

    def __init__(self, store: Store, alerts: Alerts, observe: Observer) -> None:
        self._store = store
        self._alerts = alerts
        self._observe = observe

    @asynccontextmanager
    async def prepared(
        self,
        library: Library,
        doing: str,
        plan: Callable[[ChangerStatus], Move],
        *,
        queue: bool,
        release: bool = False,
        only_plan: bool = False,
    ) -> AsyncIterator[Prepared]:
        """Hold the robot, read it, check every rule. Leaving gives the robot back.

        With ``release`` a program that holds the drive gives it back first, unless this is only a plan.
        """
        async with library.robot.held(doing, queue=queue):
            status = await self._observe(library)
            prepared = Prepared(library, plan(status))
            held = held_drives(library, prepared.move) if release else []
            if held and not only_plan:
                prepared = await self._released(prepared, held, plan)
            if not (held and only_plan) and prepared.done is None:
                await refuse_held(library, prepared.move)
            yield prepared

    async def _released(self, prepared: Prepared, held: list[int], plan: Callable[[ChangerStatus], Move]) -> Prepared:
        """Bacula's robot may put the cartridge back into its slot as it gives the drive back."""
        library, move = prepared.library, prepared.move
        if self.release is None:
            raise NotSupported(f"Nobody can be asked to give drive {held[0]} of {library.name} back: unmount it there.")
        for drive in held:
            await self.release(library.name, drive)
        status = await self._observe(library)
        found = places(status).get(move.barcode)
        if move.operation == "tape-unload" and move.barcode and found and found.kind != "drive":
            return Prepared(library, move, done=found)
        return Prepared(library, plan(status))

    async def execute(self, prepared: Prepared, progress: Progress, person: str) -> dict[str, Any]:
        """Move the cartridge. Returns what happened, or raises why the cartridge is not where it should be."""
        library, move = prepared.library, prepared.move
        if prepared.done:
            ended = {"library": library.serial, "barcode": move.barcode, "from": str(move.source)}
            return ended | {
                "to": str(prepared.done),
                "note": "Bacula put the cartridge there as it gave the drive back.",
            }
        await self._write_intent(progress.job_id, library, move)
        progress.end_with(_FORGET, (progress.job_id,))
        failure = await self._attempt(library, move)
        status = await self._look(library, move, person, failure)
        verify(library, move, status, failure)
        result: dict[str, Any] = {"library": library.serial, "barcode": move.barcode}
        result |= {"from": str(move.source), "to": str(move.target)}
        if failure is not None:
            result["warning"] = failure.message
        return result | ({"note": move.note} if move.note else {})

    async def wait_for_cleaning(self, library: Library, drive: int) -> None:
        """Wait until the drive has cleaned itself: it ejects the cartridge, or it is ready as if nothing was in it."""
        matched = library.matched_drive(drive)
        if matched is None or matched.device is None or not matched.device.sg:
            raise NotReady(
                f"Drive {drive} of {library.name} is not connected to this host, so BAMS cannot see when the cleaning "
                "ends. Unload the cleaning cartridge when the drive shows that it is done."
            )
        deadline = time.monotonic() + CLEANING_LIMIT_S
        while time.monotonic() < deadline:
            readiness = await sg.test_unit_ready(matched.device.sg)
            if readiness.ready or readiness.medium_present is False:
                return
            await asyncio.sleep(CLEANING_POLL_S)
        raise TimedOut(
            f"Drive {drive} of {library.name} still cleans after {CLEANING_LIMIT_S / 60:.0f} minutes. "
            "Look at the drive; then unload the cleaning cartridge."
        )

    async def intents(self) -> list[dict[str, Any]]:
        return await self._store.query("SELECT * FROM tape_intents")

    async def forget_intent(self, job: int) -> None:
        await self._store.execute(_FORGET, (job,))

    async def _write_intent(self, job: int, library: Library, move: Move) -> None:
        await self._store.execute(
            "INSERT OR REPLACE INTO tape_intents (job_id, library_serial, operation, barcode, from_kind, from_number, "
            "to_kind, to_number, started_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (job, library.serial, move.operation, move.barcode, move.source.kind, move.source.number,
             move.target.kind, move.target.number, time.time_ns() // 1000),
        )  # fmt: skip

    async def _attempt(self, library: Library, move: Move) -> BamsError | None:
        """Ask the robot; what it says against it is kept for the case that the cartridge did not arrive."""
        try:
            if move.operation == "tape-unload" and library.settings.offline_before_unload:
                await _take_offline(library, move.source.number)
            await _robot_command(library, move)
        except BamsError as error:
            return error
        if library.settings.settle_s:
            await asyncio.sleep(library.settings.settle_s)
        return None

    async def _look(self, library: Library, move: Move, person: str, failure: BamsError | None) -> ChangerStatus:
        if isinstance(failure, TimedOut):
            library.move_may_run_on = True
            await self._alerts.raise_alert(
                unfinished_alert(library),
                "critical",
                f"The robot of {library.name} did not finish a move in time: {move.summary}",
                "Look at the library's panel. Run an inventory when the robot has stopped.",
                library_path(library.serial),
            )
        try:
            return await self._observe(library, move=move, person=person)
        except BamsError as unreadable:
            log.error("%s: no reading after a move: %s", library.name, unreadable.message)
            raise (failure or unreadable) from None


def unfinished_alert(library: Library) -> str:
    """Raised when a move goes over its limit; over when a reading finds that nobody uses the robot any more."""
    return f"tape-move-unfinished/{library.serial}"


def verify(library: Library, move: Move, status: ChangerStatus, failure: BamsError | None) -> None:
    """Return when the cartridge is at its target; raise the robot's own reason, or OutOfSync, when it is not."""
    if is_at(status, move.target, move.barcode):
        return
    where = places(status).get(move.barcode)
    now = f"It is in {where} now." if where else "The library does not show where it is now."
    if failure is None:
        raise OutOfSync(
            f"The robot of {library.name} reported success, but {move.barcode or 'the cartridge'} is not in "
            f"{move.target}. {now} Run an inventory."
        )
    if isinstance(failure, TimedOut):
        raise TimedOut(f"{failure.message} {now}")
    raise failure


def is_at(status: ChangerStatus, place: Place, barcode: str) -> bool:
    """Whether the place is full, and with this barcode where both are readable."""
    elements = (
        [(d.full, d.barcode) for d in status.drives if d.index == place.number]
        if place.kind == "drive"
        else [(s.full, s.barcode) for s in status.slots if s.number == place.number]
    )
    return any(full and (not barcode or not found or found == barcode) for full, found in elements)


def held_drives(library: Library, move: Move) -> list[int]:
    """Drives of the move that another program has open."""
    numbers = [place.number for place in (move.source, move.target) if place.kind == "drive"]
    matched = ((number, library.matched_drive(number)) for number in numbers)
    return [number for number, m in matched if m and holder_text(library.latest_openers, m.device)]


async def refuse_held(library: Library, move: Move) -> None:
    """Refuse to touch a drive that another program has open, or a robot that another program moves."""
    openers = library.latest_openers
    robot = [o for o in openers if o.path == library.changer.sg]
    if robot:
        raise Busy(
            f"Another program uses the robot of {library.name}: {robot[0].command} (pid {robot[0].pid}). "
            "Try again later."
        )
    for place in (move.source, move.target):
        matched = library.matched_drive(place.number) if place.kind == "drive" else None
        holder = holder_text(openers, matched.device) if matched else ""
        if holder:
            raise InUse(
                f"Drive {place.number} of {library.name} is open in {holder}. "
                "Let that program release the drive (for Bacula: call with the option release), then try again."
            )


async def _take_offline(library: Library, drive: int) -> None:
    """Eject the tape inside the drive, as most robots need. Over the sg node: an empty nst node blocks for minutes."""
    matched = library.matched_drive(drive)
    if matched is None or matched.device is None or not matched.device.sg:
        return
    await sg.unload_medium(matched.device.sg)


def command_words(move: Move) -> str:
    """The words of mtx for a move, for the eyes of a person."""
    numbers = (move.target, move.source) if move.operation == "tape-unload" else (move.source, move.target)
    verb = "load" if move.operation == "tape-clean" else move.operation.removeprefix("tape-")
    return f"{verb} {numbers[0].number} {numbers[1].number}"


def _robot_command(library: Library, move: Move) -> Awaitable[object]:
    device, limit, name = library.changer.sg, library.settings.move_timeout_s or 0.0, library.name
    match move.operation:
        case "tape-unload":
            return mtx.unload(device, move.target.number, move.source.number, limit, library=name)
        case "tape-transfer":
            return mtx.transfer(device, move.source.number, move.target.number, limit, library=name)
        case _:
            return mtx.load(device, move.source.number, move.target.number, limit, library=name)
