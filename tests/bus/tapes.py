"""A running daemon with fake tape libraries, and the words of org.bams.Tape."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bamsd.core.names import drive_path, library_path
from bamsd.errors import BamsError
from tests.bus.stack import LIMIT_S, Client, Stack
from tests.fakes.tape_library import Changer, FakeTapes, make_library

TAPE = "/org/bams/Tape"
LIB = "CHG0001"


class Library:
    """One library as a client sees it."""

    def __init__(self, client: Client, serial: str = LIB) -> None:
        self.client = client
        self.serial = serial

    async def do(self, member: str, *numbers: int, **options: Any) -> str:
        """Call a robot method; the path of its job."""
        signature = "s" + "u" * len(numbers) + "a{sv}"
        path: str = await self.client.call(TAPE, f"org.bams.Tape.{member}", signature, self.serial, *numbers, options)
        return path

    async def done(self, member: str, *numbers: int, **options: Any) -> dict[str, Any]:
        """The same, waited for; the job's result."""
        job = await self.client.job(await self.do(member, *numbers, wait=True, **options))
        assert job["State"] == "succeeded", job
        result: dict[str, Any] = job["Result"]
        return result

    async def refused(self, member: str, *numbers: int, **options: Any) -> BamsError:
        signature = "s" + "u" * len(numbers) + "a{sv}"
        return await self.client.fails(TAPE, f"org.bams.Tape.{member}", signature, self.serial, *numbers, options)

    async def properties(self) -> dict[str, Any]:
        return await self.client.get(library_path(self.serial), "org.bams.Tape.Library")

    async def drive(self, index: int, serial: str = "") -> dict[str, Any]:
        known = serial or f"{self.serial[-7:]}D{index}"
        return await self.client.get(drive_path(self.serial, index, known), "org.bams.Tape.Drive")

    async def slots(self, **options: Any) -> list[list[Any]]:
        found: list[list[Any]] = await self.client.call(TAPE, "org.bams.Tape.ListSlots", "sa{sv}", self.serial, options)
        return found

    async def slot(self, number: int) -> list[Any]:
        return (await self.slots(first=number, count=1))[0]

    async def is_found(self) -> None:
        """Wait until the library is there, read or not."""
        await self._shows(lambda state: True, "there")

    async def is_in(self, state: str) -> None:
        """Wait until the library says so."""
        await self._shows(lambda seen: seen == state, state)

    async def _shows(self, claim: Callable[[str], bool], what: str) -> None:
        deadline = time.monotonic() + LIMIT_S
        while True:
            found = (await self.client.objects()).get(library_path(self.serial), {})
            if found and claim(found["org.bams.Tape.Library"]["State"]):
                return
            assert time.monotonic() < deadline, f"{self.serial} is not {what}: {found}"
            await asyncio.sleep(0.02)


@contextmanager
def kept_open(device: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A program of somebody else that has the device open. It ends with its standard input, at the latest here."""
    code = "import sys; f = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    argv = [sys.executable, "-c", code, device]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout
        assert program.stdout.readline() == b"open\n"
        yield program


def prepare(stack: Stack, changers: Sequence[Changer] = (Changer(),)) -> FakeTapes:
    tapes = make_library(stack.directory, changers=changers)
    stack.environment |= tapes.environment
    return tapes


async def started(stack: Stack, changers: Sequence[Changer] = (Changer(),)) -> tuple[FakeTapes, Library]:
    """Fakes, daemon, client; the first library was read."""
    tapes = prepare(stack, changers)
    await stack.daemon()
    client = await stack.client()
    await client.listen()
    library = Library(client, changers[0].serial)
    await library.is_in("ready")
    return tapes, library
