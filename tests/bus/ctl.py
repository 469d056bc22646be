"""bamsctl as people and scripts run it: a process of its own beside the shipped daemon."""

import asyncio
import contextlib
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from bamsd.ctl.commands import COMMANDS
from bamsd.ctl.parser import build
from bamsd.errors import BamsError
from tests.bus import bacula, targets
from tests.bus.bacula import World
from tests.bus.stack import LIMIT_S, Stack
from tests.bus.tapes import LIB
from tests.bus.targets import Lio
from tests.fakes.tape_library import Changer

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "bamsctl.json"
PROGRAM = (sys.executable, "-m", "bamsd.ctl")


@dataclass(frozen=True)
class Ran:
    """How a run of bamsctl ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """The words of each line but the title."""
        return [line.split() for line in self.out.splitlines()[1:]]


def documented(shape: str, strict: bool = True) -> Draft202012Validator:
    """A shape of docs/schema/bamsctl.json. Here it allows no key that it does not name, so that none is forgotten."""
    defs: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
    for name, schema in defs.items():
        if strict and "properties" in schema and name not in ("change", "record"):
            schema["additionalProperties"] = False
    return Draft202012Validator({"$ref": f"#/$defs/{shape}", "$defs": defs})


class Shell:
    """Runs bamsctl on the bus of a stack. ``unused`` are the commands that were not run yet."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.unused = {command.name for command in COMMANDS}

    async def run(
        self,
        *words: str,
        stdin: bytes = b"",
        argv: Sequence[str] = PROGRAM,
        environment: Mapping[str, str] | None = None,
    ) -> Ran:
        if argv is PROGRAM:
            with contextlib.suppress(BamsError, SystemExit), contextlib.redirect_stderr(io.StringIO()):
                self.unused.discard(build().parse_args(words).command.name)
        process = await asyncio.create_subprocess_exec(
            *argv,
            *words,
            env=self.stack.environment | dict(environment or {}),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(stdin), LIMIT_S)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode())

    async def did(self, *words: str, stdin: bytes = b"") -> Ran:
        """Run a command that must succeed."""
        ran = await self.run(*words, stdin=stdin)
        assert ran.code == 0, ran
        return ran

    async def json(self, *words: str) -> Any:
        """The document of a command, which is as docs/schema/bamsctl.json says."""
        found = (await self.did(*words, "--json")).json
        documented(build().parse_args(words).command.shape).validate(found)
        return found

    def left(self, group: str) -> set[str]:
        return {name for name in self.unused if name.split()[0] == group}

    async def refused(self, code: int, *words: str, stdin: bytes = b"") -> str:
        """Run a command that must end with this code; what it says."""
        ran = await self.run(*words, stdin=stdin)
        assert ran.code == code, ran
        assert ran.out == "", ran
        return ran.err


@dataclass
class Appliance:
    """Tapes, disks, targets on LIO, Bacula, the daemon on them, and a shell."""

    stack: Stack
    world: World
    side: Lio
    shell: Shell

    async def show_volumes(self) -> None:
        """Let the fake kernel of the targets know the volumes that are there now."""
        volumes = (await self.world.disks.repositories()).values()
        self.side.backing |= {volume["Device"]: volume["Size"] for volume in volumes if volume["Device"]}


@asynccontextmanager
async def appliance(stack: Stack, library: str = LIB, *, cleaning: bool = False) -> AsyncIterator[Appliance]:
    """``library``: its serial number. ``cleaning``: it has a cleaning cartridge in its last slot."""
    side = Lio()
    with targets.shown(stack, side):
        changer = Changer(serial=library)
        if cleaning:
            changer = replace(changer, cartridges={**changer.cartridges, changer.slots: "CLN001L8"})
        async with bacula.world(stack, (changer,)) as world:
            await targets.until_ready(world.client)
            yield Appliance(stack, world, side, Shell(stack))


@contextmanager
def program_on_path(stack: Stack) -> Iterator[Path]:
    """bamsctl and bamsd as commands, for shells and for the examples of the documentation."""
    folder = stack.directory / "programs"
    folder.mkdir(exist_ok=True)
    for name, module in (("bamsctl", "bamsd.ctl"), ("bamsd", "bamsd")):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        script.chmod(0o755)
    before = stack.environment["PATH"]
    stack.environment["PATH"] = f"{folder}{os.pathsep}{before}"
    try:
        yield Path(folder)
    finally:
        stack.environment["PATH"] = before
