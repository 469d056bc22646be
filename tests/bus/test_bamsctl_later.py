"""bamsctl logs, history, bundle and alerts test against the agreed contract (tests/fakes/later_daemon.py)."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.bus.ctl import Shell, documented
from tests.bus.stack import FAKES, Stack
from tests.fakes.later_daemon import BUNDLE


@pytest.fixture
def shell(stack: Stack) -> Shell:
    argv = [sys.executable, str(FAKES / "later_daemon.py"), stack.address, str(stack.directory / "calls.jsonl")]
    process = stack._spawn(argv, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline()
    return Shell(stack)


def calls(shell: Shell, member: str) -> list[list[Any]]:
    lines = (shell.stack.directory / "calls.jsonl").read_text().splitlines()
    return [call[1:] for call in map(json.loads, lines) if call[0] == member]


async def test_a_log_is_read_in_pages_and_shown_in_order(shell: Shell) -> None:
    assert "the daemon" in (await shell.did("logs")).out
    assert [service["name"] for service in await shell.json("logs")] == ["bamsd"]
    words = ("logs", "bamsd", "-n", "1200", "--since", "2026-01-01", "-p", "err", "--text", "entry")
    lines = (await shell.did(*words)).out.splitlines()
    assert len(lines) == 1200
    assert lines[0].endswith("bamsd[7]: entry 301 \\x1b[31m")
    assert lines[-1].endswith("bamsd[7]: entry 1500 \\x1b[31m")
    first, second = calls(shell, "Get")
    assert (first[1]["limit"], second[1]["limit"], second[1]["cursor"]) == (1000, 200, "1000")
    assert (first[1]["priority"], first[1]["text"], first[1]["backwards"]) == (3, "entry", True)
    assert first[1]["since"] > 1_700_000_000_000_000
    assert len(await shell.json("logs", "bamsd", "-n", "7")) == 7


async def test_a_log_is_followed_to_its_end(shell: Shell) -> None:
    ran = await shell.run("logs", "bamsd", "-f")
    assert [line.split(": ")[1] for line in ran.out.splitlines()] == [f"entry {n} \\x1b[31m" for n in (1, 2, 3)]
    assert ran.code == 8
    assert "40 more entries" in ran.err
    assert "bamsd stops" in ran.err
    ran = await shell.run("logs", "bamsd", "-f", "--json")
    entries = [json.loads(line) for line in ran.out.splitlines()]
    documented("entries").validate(entries)
    assert [entry["cursor"] for entry in entries] == ["c1", "c2", "c3"]


async def test_figures(shell: Shell) -> None:
    assert [series["unit"] for series in await shell.json("history")] == ["bytes"]
    assert "used bytes of weekly" in (await shell.did("history")).out
    rows = (await shell.did("history", "repository/1/used", "--since", "2d", "--points", "3")).out.splitlines()
    assert "1.00 KiB" in rows[1]
    assert rows[1].endswith("▁▄█")
    assert calls(shell, "GetHistory")[0][1]["points"] == 3
    assert (await shell.json("history", "repository/1/used"))[0]["mean"] == [1536.0, 2560.0, 3584.0]


async def test_bundles(shell: Shell) -> None:
    assert [bundle["name"] for bundle in await shell.json("bundle")] == [BUNDLE["name"]]
    assert (
        "Done: make a support bundle."
        in (await shell.did("bundle", "create", "--service", "bamsd", "--since", "2d")).out
    )
    given = calls(shell, "CreateBundle")[0][0]
    assert given["services"] == ["bamsd"]
    assert isinstance(given["since"], int)
    name = str(BUNDLE["name"])
    assert "--confirm" in await shell.refused(14, "bundle", "delete", name)
    assert calls(shell, "DeleteBundle") == []
    await shell.did("bundle", "delete", name, "--confirm", name)
    assert calls(shell, "DeleteBundle") == [[name, {}]]


async def test_ways_to_people(shell: Shell) -> None:
    ran = await shell.run("alerts", "test")
    assert ran.code == 1
    assert "The mail system took it." in ran.out
    assert "did not go out by hook" in ran.err
    ran = await shell.run("alerts", "test", "--json")
    documented("ways").validate(ran.json)
