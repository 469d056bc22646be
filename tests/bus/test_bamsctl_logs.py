"""bamsctl logs, audit filters, history, bundles and the test of deliveries on the shipped daemon."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bus import disks, test_delivery, test_overview
from tests.bus.ctl import PROGRAM, Shell, documented
from tests.bus.stack import LIMIT_S, Stack
from tests.bus.test_bamsctl_tape import Terminal
from tests.bus.test_bundle import host as host
from tests.fakes.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal")
    yield journal
    journal.finish()


async def test_a_log_is_read_in_pages_and_shown_in_order(stack: Stack, journal: Journal) -> None:
    journal.write(*(f"entry {number} \x1b[31m" for number in range(1, 1502)))
    journal.write("a fault", priority=3)
    journal.finish()
    stack.config["paths"]["journal"] = str(journal.folder)
    stack.start_systemd()
    await stack.daemon()
    shell = Shell(stack)
    assert "bacula-sd" in (await shell.did("logs")).out
    assert "bamsd" in {service["name"] for service in await shell.json("logs")}
    lines = (await shell.did("logs", "bamsd", "-n", "1200", "--text", "ENTRY")).out.splitlines()
    assert len(lines) == 1200
    assert "bamsd[4711]: entry 302 " in lines[0]
    assert "bamsd[4711]: entry 1501 " in lines[-1]
    assert "\x1b" not in "".join(lines)
    assert [entry["message"] for entry in await shell.json("logs", "bamsd", "-p", "err")] == ["a fault"]
    assert await shell.json("logs", "bamsd", "--until", "2001-01-01") == []
    assert "bacula-sd" in await shell.refused(4, "logs", "nothing")


async def test_a_log_is_followed_until_ctrl_c(stack: Stack, journal: Journal) -> None:
    journal.write("the first line")
    journal.finish()
    stack.config["paths"]["journal"] = str(journal.folder)
    daemon = await stack.daemon()
    terminal = Terminal(stack, "logs", "bamsd", "-f", "--since", "2001-01-01")
    await terminal.until(lambda shown: "the first line" in shown, "what was there")
    journal.write("one more")
    await terminal.until(lambda shown: "one more" in shown, "what comes")
    terminal.type("\x03")
    assert await terminal.end() == 130
    assert "Traceback" not in terminal.shown
    words = ("logs", "bamsd", "-f", "--since", "2001-01-01", "--json")
    pipe, environment = asyncio.subprocess.PIPE, stack.environment
    running = await asyncio.create_subprocess_exec(*PROGRAM, *words, stdout=pipe, stderr=pipe, env=environment)
    assert running.stdout
    lines = [await asyncio.wait_for(running.stdout.readline(), LIMIT_S) for _ in range(2)]
    await asyncio.to_thread(stack.end, daemon)
    rest, said = await asyncio.wait_for(running.communicate(), LIMIT_S)
    assert (rest, running.returncode) == (b"", 8)
    assert b"bamsd" in said
    entries = [json.loads(line) for line in lines]
    documented("entries").validate(entries)
    assert [entry["message"] for entry in entries] == ["the first line", "one more"]


async def test_the_audit_record_is_searched(stack: Stack) -> None:
    await stack.daemon()
    shell = Shell(stack)
    await shell.did("config", "reload")
    stack.polkit(manage="no")
    await shell.refused(3, "config", "reload")
    assert [record["outcome"] for record in await shell.json("audit", "--outcome", "denied")] == ["denied"]
    assert len(await shell.json("audit", "--action", "org.bams.manage", "--person", "root", "--since", "1h")) == 3
    assert await shell.json("audit", "--until", "yesterday") == []
    assert await shell.json("audit", "--text", "nothing like that") == []


async def test_figures(stack: Stack) -> None:
    test_overview.often(stack)
    found = await disks.started(stack)
    shell = Shell(stack)
    for _ in range(200):
        series = await shell.json("history")
        used = [one["name"] for one in series if one["unit"] == "bytes"]
        if used and (await test_overview.history(found.client, used[:1]))[0]["mean"]:
            break
    assert used[0] in (await shell.did("history")).out
    [one] = await shell.json("history", used[0], "--since", "2h", "--points", "10")
    assert (one["name"], one["unit"], len(one["mean"])) == (used[0], "bytes", len(one["times"]))
    [row] = (await shell.did("history", used[0])).rows
    assert "GiB" in row
    await shell.refused(4, "history", "no/such/series")


async def test_bundles(host: Stack) -> None:
    await host.daemon()
    shell = Shell(host)
    assert "There is no support bundle." in (await shell.did("bundle")).err
    made = await shell.json("bundle", "create", "--service", "bamsd", "--since", "2d")
    name = made["result"]["name"]
    [listed] = await shell.json("bundle", "list")
    assert (listed["name"], listed["size"] > 0) == (name, True)
    assert name in (await shell.did("bundle", "list")).out
    assert "--confirm" in await shell.refused(14, "bundle", "delete", name)
    assert len(await shell.json("bundle")) == 1
    await shell.did("bundle", "delete", name, "--confirm", name)
    assert await shell.json("bundle") == []
    await shell.refused(4, "bundle", "delete", name, "--confirm", name)


async def test_ways_to_people(stack: Stack) -> None:
    mail = test_delivery.prepare(stack)
    await stack.daemon()
    shell = Shell(stack)
    assert {way["way"]: way["ok"] for way in await shell.json("alerts", "test")} == {"mail": True, "hook": True}
    mail.set("hook-fails")
    ran = await shell.run("alerts", "test")
    assert ran.code == 1
    assert "did not go out by hook" in ran.err
