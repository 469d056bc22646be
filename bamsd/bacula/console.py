"""bconsole: the Director's console, with its input as data and a time limit on each call.

A command is made of fixed words and checked names only, so nothing that a person gave can begin a line, a quote or an
``@`` of its own. The console's input ends behind the command: a question that Bacula asks then reads ``quit``.

The console repeats each command as it reads it, and reads the next one only behind the answer, so a last line ``quit``
says that all was done. One call in a hundred of bconsole 15.0.3 then sleeps for up to a minute before it ends: it tells
its watchdog thread to end just before that thread begins to wait, and then waits for it (seen in its stacks).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bamsd.bacula import console_output
from bamsd.bacula.console_output import SlotReport
from bamsd.bacula.models import check_name
from bamsd.errors import InvalidArgument, NotReady, NotSupported, TimedOut
from bamsd.system.run import CommandFailed, run

QUICK_S, ROBOT_S, LABEL_S = 60.0, 1800.0, 6 * 3600.0
MOST_SLOTS = 10_000
LAST_WORDS = b"\nquit\n"


class Console:
    """One Director. ``configuration`` is bconsole.conf, which holds its password."""

    def __init__(self, configuration: Path) -> None:
        self._configuration = configuration

    async def storages(self) -> tuple[str, ...]:
        return console_output.names(await self._run("Asking for storages", ".storage"), ".storage")

    async def pools(self) -> tuple[str, ...]:
        return console_output.names(await self._run("Asking for pools", ".pools"), ".pools")

    async def volumes(self) -> tuple[Mapping[str, str], ...]:
        return console_output.records(await self._run("Listing the volumes", ".api 2", "llist volumes"))

    async def jobs(self, limit: int) -> tuple[Mapping[str, str], ...]:
        """The newest jobs of the catalog, newest first."""
        command = f"llist jobs limit={_number(limit)} order=desc"
        return console_output.records(await self._run("Listing the jobs", ".api 2", command))

    async def update_slots(self, storage: str, drive: int) -> tuple[SlotReport, ...]:
        doing = f"The inventory of {storage}"
        command = f"update slots storage={_name(storage, 'storage')} drive={_number(drive)}"
        return console_output.slot_reports(await self._run(doing, command, timeout_s=ROBOT_S))

    async def label(self, storage: str, drive: int, pool: str, slots: Sequence[int]) -> str:
        """Label by barcode; the text of the console, because single cartridges may fail."""
        if not slots:
            raise InvalidArgument("No slot was given: name the slots whose cartridges are to be labelled.")
        listed = slot_ranges(slots)
        command = f"label storage={_name(storage, 'storage')} drive={_number(drive)} pool={_name(pool, 'pool')}"
        # 9.x asks once more and reads "yes" from the next line; 15.x takes that for an unknown command and says so.
        return await self._run(
            f"Labelling in {storage}", f"{command} slots={listed} barcodes yes", "yes", timeout_s=LABEL_S, tolerant=True
        )

    async def mount(self, storage: str, drive: int, slot: int) -> None:
        place = f" slot={_number(slot)}" if slot else ""
        await self._drive("mount", storage, drive, place)

    async def unmount(self, storage: str, drive: int) -> None:
        await self._drive("unmount", storage, drive)

    async def release(self, storage: str, drive: int) -> None:
        """Without a slot number Bacula asks for one."""
        await self._drive("release", storage, drive, " slot=0")

    async def set_enabled(self, storage: str, drive: int, *, enabled: bool) -> None:
        await self._drive("enable" if enabled else "disable", storage, drive)

    async def _drive(self, verb: str, storage: str, drive: int, more: str = "") -> None:
        doing = f"{verb.capitalize()} of drive {drive} of {storage}"
        command = f"{verb} storage={_name(storage, 'storage')} drive={_number(drive)}{more}"
        await self._run(doing, command, timeout_s=ROBOT_S)

    async def _run(self, doing: str, *commands: str, timeout_s: float = QUICK_S, tolerant: bool = False) -> str:
        given = "\n".join((*commands, "quit", "")).encode()
        argv = ["bconsole", "-n", "-c", str(self._configuration)]
        try:
            result = await run(argv, timeout_s=timeout_s, stdin=given, last_words=LAST_WORDS)
        except NotSupported:
            raise NotReady(
                f"{doing} needs bconsole, which is not installed: install bacula-console, or use a Director elsewhere."
            ) from None
        except CommandFailed as failed:
            result = failed.result
        except TimedOut:
            raise TimedOut(
                f"{doing} did not end within {timeout_s:g} s. Bacula may wait for a tape: look at GetStatus."
            ) from None
        console_output.check(_without_errors(result.stdout) if tolerant else result.stdout, doing)
        return result.stdout


def slot_ranges(slots: Sequence[int]) -> str:
    """``1-3,9`` for 3, 1, 2, 9."""
    if len(slots) > MOST_SLOTS or any(not 0 < slot <= 65535 for slot in slots):
        raise InvalidArgument(f"Slots must be {MOST_SLOTS} numbers from 1 to 65535 at the most.")
    parts: list[list[int]] = []
    for slot in sorted(set(slots)):
        if parts and parts[-1][1] == slot - 1:
            parts[-1][1] = slot
        else:
            parts.append([slot, slot])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def _without_errors(text: str) -> str:
    """For a command on many cartridges: errors of single ones are no error of the whole."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("39"))


def _name(name: str, what: str) -> str:
    return check_name(name, what)


def _number(value: int) -> str:
    if not 0 <= value <= 65535:
        raise InvalidArgument(f"{value} is no number of a slot or drive: give 0 to 65535.")
    return str(int(value))
