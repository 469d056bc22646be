"""bamsctl tape on the shipped daemon: every command, progress, Ctrl-C, and a job that goes on."""

import asyncio
import fcntl
import os
import pty
import re
import signal
import subprocess
import termios
import time
from collections.abc import Callable

from tests.bus import tapes
from tests.bus.ctl import PROGRAM, Shell
from tests.bus.stack import LIMIT_S, Stack
from tests.bus.tapes import LIB
from tests.fakes.tape_library import Changer

CARTRIDGES = {1: "BAM001L8", 2: "BAM002L8", 4: "CLN001L8"}


class Terminal:
    """bamsctl on a terminal of its own, as a person sees it."""

    def __init__(self, stack: Stack, *words: str, columns: int = 60) -> None:
        self._main, side = pty.openpty()
        environment = stack.environment | {"TERM": "xterm", "COLUMNS": str(columns)}
        self.process = subprocess.Popen(
            [*PROGRAM, *words],
            stdin=side,
            stdout=side,
            stderr=side,
            env=environment,
            start_new_session=True,
            preexec_fn=self._as_a_shell_does,
        )
        os.close(side)
        os.set_blocking(self._main, False)
        self.shown = ""

    @staticmethod
    def _as_a_shell_does() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        # Who starts the tests in the background of a script has them ignore it, and so all their programs.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    async def until(self, claim: Callable[[str], object], what: str) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not claim(self.shown):
            assert time.monotonic() < deadline, f"{what}: {self.shown!r}"
            if not self._read() and not self._read() and self.process.poll() is not None:
                assert claim(self.shown), f"{what}: {self.shown!r}"
            await asyncio.sleep(0.01)

    def _read(self) -> bool:
        try:
            data = os.read(self._main, 65536)
        except (BlockingIOError, OSError):
            return False
        self.shown += data.decode()
        return bool(data)

    def type(self, text: str) -> None:
        os.write(self._main, text.encode())

    async def end(self) -> int:
        code = await asyncio.to_thread(self.process.wait, LIMIT_S)
        while self._read():
            pass
        os.close(self._main)
        return code


async def test_every_command_of_tapes(stack: Stack) -> None:
    _, library = await tapes.started(stack, (Changer(cartridges=CARTRIDGES),))
    shell = Shell(stack)
    assert [drive["index"] for drive in (await shell.json("tape"))["drives"]] == [0, 1]
    assert f"There is no tape library '{LIB}x'" in await shell.refused(4, "tape", "status", LIB + "x")
    full = await shell.did("tape", "slots", LIB, "--full")
    assert [row[:3] for row in full.rows] == [
        ["1", "full", "BAM001L8"],
        ["2", "full", "BAM002L8"],
        ["4", "full", "CLN001L8"],
    ]
    assert [slot["number"] for slot in await shell.json("tape", "slots", LIB, "--filter", "002")] == [2]
    assert len(await shell.json("tape", "slots", LIB)) == 23

    loaded = (await shell.did("tape", "load", LIB, "1", "0")).out.splitlines()
    assert loaded[0] == f"Done: load slot 1 into drive 0 of {LIB}."
    assert "barcode: BAM001L8" in loaded
    drive = await shell.json("tape", "drive", LIB, "0")
    assert (drive["barcode"], drive["source_slot"]) == ("BAM001L8", 1)
    assert re.search(r"^barcode: +BAM001L8$", (await shell.did("tape", "drive", LIB, "0")).out, re.MULTILINE)
    assert "has no drive 7" in await shell.refused(4, "tape", "drive", LIB, "7")
    await shell.did("tape", "unload", LIB, "0", "--slot", "3")
    assert (await library.slot(3))[3] == "BAM001L8"
    await shell.did("tape", "transfer", LIB, "3", "21")
    assert (await shell.json("tape", "clean", LIB, "1", "--slot", "4"))["result"]["cleaned_drive"] == 1
    await shell.did("tape", "inventory", LIB)
    await shell.did("tape", "refresh")
    assert len(await shell.json("tape", "cartridges", "--library", LIB)) == 3
    assert len(await shell.json("tape", "cartridges", "--limit", "2")) == 2
    assert len((await shell.json("tape", "cartridge", "BAM001L8"))["moves"]) == 4
    assert "home slot:" in (await shell.did("tape", "cartridge", "BAM001L8")).out
    assert shell.left("tape") == set()


async def test_a_job_can_be_left_and_watched(stack: Stack) -> None:
    robots, _ = await tapes.started(stack)
    shell = Shell(stack)
    robots.set(LIB, move_seconds=3.0)
    started = await shell.json("tape", "load", LIB, "1", "0", "--no-wait")
    assert started["state"] == "running"
    number = started["path"].rsplit("/", 1)[-1]
    assert "The robot of" in await shell.refused(6, "tape", "load", LIB, "2", "1")
    watched = await shell.json("jobs", "watch", number)
    assert (watched["state"], watched["result"]["barcode"]) == ("succeeded", "BAM001L8")
    assert [job["path"] for job in await shell.json("jobs")][-1] == started["path"]
    assert "There is no 99 among the jobs" in await shell.refused(4, "jobs", "watch", "99")


async def test_ctrl_c_leaves_the_job_and_says_how_to_cancel_it(stack: Stack) -> None:
    robots, library = await tapes.started(stack)
    gate = robots.hold_moves(LIB)
    terminal = Terminal(stack, "tape", "load", LIB, "1", "0")
    await terminal.until(lambda shown: f"load slot 1 into drive 0 of {LIB}" in shown, "the job is shown")
    terminal.type("\x03")
    assert await terminal.end() == 130
    gate.open()
    assert re.search(r"Job \d+ goes on. Follow it: bamsctl jobs watch \d+", terminal.shown)
    number = re.findall(r"jobs cancel (\d+)", terminal.shown)[0]
    assert (await library.client.job(f"/org/bams/jobs/{number}"))["State"] == "succeeded"


async def test_a_terminal_gets_colours_and_nothing_wider_than_itself(stack: Stack) -> None:
    await tapes.started(stack)
    terminal = Terminal(stack, "tape", "status", columns=60)
    assert await terminal.end() == 0
    assert "\x1b[32mready" in terminal.shown
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.shown).splitlines()
    assert any("…" in line for line in lines)
    assert "\x1b" not in (await Shell(stack).did("tape", "status")).out
    plain = Terminal(stack, "alerts")
    assert await plain.end() == 0
    stack.environment["NO_COLOR"] = "1"
    plain = Terminal(stack, "tape", "status")
    assert await plain.end() == 0
    assert "\x1b" not in plain.shown


async def test_the_end_of_the_daemon_is_told(stack: Stack) -> None:
    robots, _ = await tapes.started(stack)
    robots.set(LIB, move_seconds=2.0)
    shell = Shell(stack)
    running = asyncio.create_task(shell.run("tape", "load", LIB, "1", "0"))
    client = await stack.client()
    while not any("org.bams.Job" in found for found in (await client.objects()).values()):
        await asyncio.sleep(0.02)
    daemon = stack.processes[-1]
    daemon.kill()
    daemon.wait()
    ran = await running
    assert ran.code == 8
    assert "bamsd" in ran.err
    ran = await shell.run("status")
    assert (ran.code, ran.out) == (8, "")
    assert "bamsd does not run" in ran.err
    assert "systemctl status bamsd" in ran.err
