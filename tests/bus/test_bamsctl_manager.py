"""bamsctl status, jobs, alerts, audit, config, permissions; other hosts; and what this daemon does not offer."""

import os
import socket
import subprocess
import sys

import pytest

from tests.bus import disks, tapes
from tests.bus.ctl import Shell, program_on_path
from tests.bus.stack import FAKES, Stack
from tests.bus.tapes import LIB
from tests.bus.test_bamsctl_tape import Terminal


async def test_every_command_of_the_daemon(stack: Stack) -> None:
    disks.prepare(stack)
    await tapes.started(stack)
    shell = Shell(stack)
    seen = await shell.json("status")
    assert (seen["hostname"], [library["name"] for library in seen["libraries"]]) == (socket.gethostname(), [LIB])
    shown = (await shell.did("status")).out
    assert shown.startswith("bamsd ")
    assert "There is no alert." in shown
    await shell.did("config", "reload")
    newest = (await shell.json("audit", "-n", "1"))[0]
    assert (newest["action"], newest["outcome"]) == ("org.bams.manage", "done")
    assert abs(newest["time"] - os.stat(stack.directory / "log" / "audit.log").st_mtime_ns // 1000) < 60_000_000
    assert "read the configuration again" in (await shell.did("audit")).out
    assert (await shell.json("audit", "--verify"))["ok"]
    assert "are as they were written" in (await shell.did("audit", "--verify")).out
    assert (await shell.json("permissions"))["org.bams.manage"] == "yes"
    assert "org.bams.tape.operate" in (await shell.did("permissions")).out
    assert "There is no alert." in (await shell.did("alerts")).err
    stack.config["log_level"] = "loud"
    stack.write_config()
    ran = await shell.run("config", "reload")
    assert ran.code == 10
    [alert] = await shell.json("alerts")
    await shell.did("alerts", "ack", alert["id"])
    assert (await shell.json("alerts", "list"))[0]["acknowledged_by"]
    with program_on_path(stack):
        assert "log_level" in await shell.refused(10, "config", "check", str(stack.directory / "config.yaml"))
        stack.config["log_level"] = "debug"
        stack.write_config()
        assert "good" in (await shell.did("config", "check", str(stack.directory / "config.yaml"))).out
        assert (await shell.json("config", "check", str(stack.directory / "config.yaml")))["good"]
        assert "on this host alone" in await shell.refused(9, "config", "check", "--host", "other")


async def test_what_is_not_found_yet_is_not_called_missing(stack: Stack) -> None:
    disks.prepare(stack)
    gate = stack.lvm.hang_next("fullreport")
    await stack.daemon()
    shell = Shell(stack)
    for words in (("disk", "list"), ("disk", "pool", "list"), ("status",)):
        assert "still looks for disks and pools" in (await shell.did(*words)).err
    assert "still looks for iSCSI targets" in (await shell.did("iscsi", "list")).err
    gate.open()
    await (await stack.client()).knows_all()
    for words in (("disk", "pool", "list"), ("iscsi", "list"), ("tape", "status"), ("status",)):
        assert "still looks" not in (await shell.did(*words)).err


async def test_a_changed_audit_record_has_a_code(stack: Stack) -> None:
    await stack.daemon()
    shell = Shell(stack)
    await shell.did("config", "reload")
    file = stack.directory / "log" / "audit.log"
    file.write_text(file.read_text().replace("read the configuration", "left the configuration", 1))
    assert "was changed" in await shell.refused(12, "audit", "--verify")


@pytest.mark.parametrize(
    ("words", "feature"),
    [
        (("logs",), "logs"),
        (("logs", "bamsd", "-f"), "logs"),
        (("history",), "history"),
        (("bundle",), "bundles"),
        (("bundle", "create", "--since", "2d"), "bundles"),
        (("bundle", "delete", "x", "--confirm", "x"), "bundles"),
        (("alerts", "test"), "delivery"),
        (("config", "exports"), "export"),
    ],
)
async def test_what_an_older_daemon_lacks_is_said_plainly(stack: Stack, words: tuple[str, ...], feature: str) -> None:
    argv = [sys.executable, str(FAKES / "old_daemon.py"), stack.address]
    process = stack._spawn(argv, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline()
    said = await Shell(stack).refused(9, *words)
    assert f"bamsd 0.0.1 on old does not offer {feature}, only tape" in said


async def test_another_host_is_reached_through_ssh(stack: Stack) -> None:
    """A fake ssh: it writes down its arguments and runs the bridge here."""
    await stack.daemon()
    shell = Shell(stack)
    with program_on_path(stack) as folder:
        ssh = folder / "ssh"
        ssh.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/arguments\n'
            f"exec systemd-stdio-bridge --bus-path={stack.address}\n"
        )
        ssh.chmod(0o755)
        elsewhere = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"}
        assert (await shell.run("permissions", environment=elsewhere)).code == 8
        ran = await shell.run("permissions", "--host", "joe@backup1", environment=elsewhere)
        assert ran.code == 0, ran
        assert "org.bams.manage" in ran.out
        said = (folder / "arguments").read_text().split()
        assert said == ["-xT", "--", "joe@backup1", "systemd-stdio-bridge"]
        ssh.write_text("#!/bin/sh\nexit 255\n")
        assert (await shell.run("permissions", "-H", "backup1", environment=elsewhere)).code == 8
    for host in ("-oProxyCommand=x", "a b", "a;b", "joe@-x", "a@b@c", ""):
        ran = await shell.run("permissions", f"--host={host}")
        assert ran.code == (10 if host else 0), ran


async def test_a_person_types_the_name_of_what_is_lost(stack: Stack) -> None:
    found = await disks.started(stack)
    await found.create("kept", "vg0")
    terminal = Terminal(stack, "disk", "delete", "kept", columns=120)
    await terminal.until(lambda shown: "type its name (kept): " in shown, "the question")
    assert "destroy" in terminal.shown
    terminal.type("kepd\n")
    assert await terminal.end() == 14
    assert set(await found.repositories()) == {"kept"}
    terminal = Terminal(stack, "disk", "delete", "kept")
    await terminal.until(lambda shown: "type its name (kept): " in shown, "the question")
    terminal.type("\x03")
    assert await terminal.end() == 130
    terminal = Terminal(stack, "disk", "delete", "kept")
    await terminal.until(lambda shown: "type its name (kept): " in shown, "the question")
    terminal.type("kept\n")
    assert await terminal.end() == 0
    assert await found.repositories() == {}
