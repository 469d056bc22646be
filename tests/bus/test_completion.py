"""Completion with live names, as the shells really do it."""

import asyncio
import contextlib
import os
import pty
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bamsd.ctl.completion import WORD
from tests.bus import disks, tapes
from tests.bus.ctl import Shell, program_on_path
from tests.bus.disks import Disks
from tests.bus.stack import LIMIT_S, Stack
from tests.bus.tapes import LIB

IQN = "iqn.2026-01.org.example:a"
SCRIPTS = Path(__file__).resolve().parents[2] / "docs" / "completion"


@pytest.fixture
async def appliance(stack: Stack) -> AsyncIterator[Disks]:
    disks.prepare(stack)
    tapes.prepare(stack)
    await stack.daemon()
    found = await disks.connected(stack)
    await tapes.Library(found.client).is_in("ready")
    await found.create("weekly", "vg0")
    await found.create("wednesday", "tank")
    await found.done("CreateSnapshot", "ss", "weekly", "monday")
    path = await found.client.call(
        "/org/bams/Iscsi", "org.bams.Iscsi.CreateTarget", "sa{sv}", "iqn.2026-01.org.example:a", {}
    )
    await found.client.job(path)
    with program_on_path(stack):
        yield found


async def candidates(stack: Stack, *words: str) -> list[str]:
    ran = await Shell(stack).run(WORD, *words)
    assert (ran.code, ran.err) == (0, "")
    return [line.split("\t")[0] for line in ran.out.splitlines()]


async def test_names_come_from_the_daemon(appliance: Disks) -> None:
    stack = appliance.stack
    assert await candidates(stack, "disk", "show", "we") == ["wednesday", "weekly"]
    assert await candidates(stack, "disk", "create", "x", "t") == ["tank"]
    assert await candidates(stack, "disk", "rollback", "weekly", "") == ["monday"]
    assert len(await candidates(stack, "disk", "pool", "create", "x", "lvm", "")) == 2
    assert await candidates(stack, "tape", "load", "") == [LIB]
    assert (await candidates(stack, "tape", "load", LIB, "1")) == ["1", "10"]
    assert await candidates(stack, "tape", "load", LIB, "1", "") == ["0", "1"]
    assert await candidates(stack, "tape", "cartridge", "BAM01") == ["BAM010L8"]
    assert await candidates(stack, "bacula", "config", "apply", "--library", "") == [LIB]
    assert "1" in await candidates(stack, "jobs", "cancel", "")
    assert "org.bams.manage" in await candidates(stack, "audit", "--action", "org.bams.m")
    assert await candidates(stack, "disk", "show", "weekly", "") == []


async def test_no_daemon_means_no_names_and_no_noise(stack: Stack) -> None:
    assert await candidates(stack, "disk", "show", "") == []
    assert "show" in await candidates(stack, "disk", "")


class Bash:
    """An interactive bash on a terminal, with the completion loaded."""

    def __init__(self, stack: Stack) -> None:
        self._main, side = pty.openpty()
        environment = stack.environment | {"PS1": "READY> ", "TERM": "dumb", "INPUTRC": "/dev/null", "HISTFILE": ""}
        argv = ["bash", "--norc", "--noprofile", "-i"]
        self._process = subprocess.Popen(
            argv, stdin=side, stdout=side, stderr=side, env=environment, start_new_session=True
        )
        os.close(side)
        os.set_blocking(self._main, False)
        self._shown = ""

    async def until(self, pattern: str) -> str:
        deadline = time.monotonic() + LIMIT_S
        while not (found := re.search(pattern, self._shown)):
            assert time.monotonic() < deadline, self._shown
            with contextlib.suppress(BlockingIOError):
                self._shown += os.read(self._main, 65536).decode()
            await asyncio.sleep(0.01)
        self._shown = self._shown[found.end() :]
        return found[0]

    def type(self, text: str) -> None:
        os.write(self._main, text.encode())

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._main)


@pytest.fixture
async def bash(appliance: Disks) -> AsyncIterator[Bash]:
    found = Bash(appliance.stack)
    try:
        await found.until("READY> ")
        found.type(f"bind 'set bell-style none'; . {SCRIPTS / 'bamsctl.bash'}; echo load''ed\n")
        await found.until("loaded\r?\n.*READY> ")
        yield found
    finally:
        found.end()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("bamsctl di\t", r"bamsctl disk "),
        ("bamsctl disk show wee\t", r"bamsctl disk show weekly "),
        ("bamsctl disk sh\twed\t", r"bamsctl disk show wednesday "),
        # An IQN has colons, which end a word for readline.
        ("bamsctl iscsi show iqn.2026-01.org.example:\t", r"bamsctl iscsi show iqn\.2026-01\.org\.example:a "),
        ("bamsctl iscsi show i\t", r"bamsctl iscsi show iqn\.2026-01\.org\.example:a "),
        ("bamsctl disk create x --fil\t", r"bamsctl disk create x --filesystem "),
    ],
)
async def test_bash_completes_what_a_person_types(bash: Bash, typed: str, shown: str) -> None:
    bash.type(typed)
    await bash.until(shown)
    bash.type("\x03")
    await bash.until("READY> ")


async def test_bash_shows_the_choice(bash: Bash) -> None:
    bash.type("bamsctl disk show we\t\t")
    await bash.until(r"wednesday +weekly")


async def test_bash_completes_files_where_there_is_nothing_else(bash: Bash, appliance: Disks) -> None:
    (appliance.stack.directory / "only-one.yaml").write_text("")
    bash.type(f"bamsctl config check {appliance.stack.directory}/only-\t")
    await bash.until(r"only-one\.yaml ")


async def test_fish_completes(appliance: Disks) -> None:
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    script = f"source {SCRIPTS / 'bamsctl.fish'}; complete --do-complete 'bamsctl disk show we'"
    ran = await Shell(appliance.stack).run(argv=("fish", "--no-config", "--command", script))
    assert [line.split("\t")[0] for line in ran.out.splitlines()] == ["wednesday", "weekly"], ran


async def test_zsh_completes(appliance: Disks) -> None:
    if not shutil.which("zsh"):
        pytest.skip("zsh is not installed")
    folder = appliance.stack.directory / "functions"
    folder.mkdir()
    shutil.copy(SCRIPTS / "_bamsctl", folder / "_bamsctl")
    # zsh completes on a terminal only; its own module gives it one. The line comes back as zsh has completed it.
    script = f"""
        zmodload zsh/zpty
        zpty z zsh -f -i
        zpty -w z 'fpath=({folder} $fpath); autoload -U compinit; compinit -u -D; echo begi""n'
        zpty -r -m z line '*begin*'
        zpty -w -n z $'bamsctl iscsi show iqn\\t'
        zpty -r -m z line '*example:a*' && print -r -- FOUND
        zpty -w -n z $'\\C-ubamsctl disk show wed\\t'
        zpty -r -m z line '*wednesday*' && print -r -- FOUND
        zpty -d z
    """
    ran = await Shell(appliance.stack).run(argv=("zsh", "-f", "-c", script))
    assert ran.out.split() == ["FOUND", "FOUND"], ran
