"""The daemon as a whole: start, refusal to start, reload, permissions, audit, the end of the bus."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from bamsd.bus import contract
from bamsd.errors import InteractiveAuthorizationRequired, InvalidArgument, NotAuthorized, NotFound
from tests.bus.stack import LIMIT_S, Stack, running, until

MANAGER = "org.bams.Manager"


def bamsd(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bamsd", *arguments], capture_output=True, text=True, timeout=LIMIT_S)


def test_a_bad_configuration_ends_with_78_and_one_line(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("log_level: info\ntape:\n  movetimeout: 5\n")
    for arguments in (["--config", str(file)], ["--check-config", str(file)]):
        ended = bamsd(*arguments)
        assert ended.returncode == 78
        assert ended.stderr.splitlines()[-1].endswith(f"{file}:3: tape.movetimeout: there is no such key.")
        assert len(ended.stderr.splitlines()) == 1


def test_a_good_or_missing_configuration_is_said_so(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("log_level: debug\n")
    assert bamsd("--check-config", str(file)).returncode == 0
    assert bamsd("--config", str(tmp_path / "none.yaml")).returncode == 78


async def test_manager_says_who_it_is(stack: Stack) -> None:
    await stack.daemon()
    client = await stack.client()
    found = await client.get("/org/bams", MANAGER)
    assert found["Version"].count(".") == 2
    assert "tape" in found["Features"]
    assert "simulated" not in found["Features"]
    assert found["Alerts"] == []


async def test_an_area_waits_for_no_other_one_and_a_failure_ends_its_look_too(stack: Stack) -> None:
    stack.config["disk"] = {"mount_root": str(stack.directory / "srv")}
    gate = stack.lvm.hang_next("fullreport")
    await stack.daemon()
    client = await stack.client()
    await client.listen()

    async def discovering() -> list[str]:
        found: list[str] = (await client.get("/org/bams", MANAGER))["Discovering"]
        return found

    while "tape" in await discovering():
        await asyncio.sleep(0.02)
    assert await discovering() == ["disk", "iscsi"]
    stack.lvm.fail_next("fullreport", "  Device read failed.\n")
    gate.open()
    await client.knows_all()
    changes = [values[1] for _path, values in client.signals("PropertiesChanged")]
    assert [change["Discovering"] for change in changes if "Discovering" in change][-1] == []


async def test_devices_that_are_not_real_are_said_to_be_so(stack: Stack) -> None:
    stack.config["simulated"] = True
    await stack.daemon()
    client = await stack.client()
    assert "simulated" in (await client.get("/org/bams", MANAGER))["Features"]
    stack.config["simulated"] = False
    stack.write_config()
    refused = await client.fails("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})
    assert "simulated: takes effect only at a restart" in refused.message
    assert "simulated" in (await client.get("/org/bams", MANAGER))["Features"]


async def test_live_introspection_is_the_contract(stack: Stack) -> None:
    await stack.daemon()
    client = await stack.client()
    known = contract.load()
    for path, name in (
        ("/org/bams", MANAGER),
        ("/org/bams/Bacula", "org.bams.Bacula"),
        ("/org/bams/Disk", "org.bams.Disk"),
        ("/org/bams/Iscsi", "org.bams.Iscsi"),
        ("/org/bams/Logs", "org.bams.Logs"),
        ("/org/bams/Tape", "org.bams.Tape"),
    ):
        xml = await client.call(path, "org.freedesktop.DBus.Introspectable.Introspect")
        children = ["Bacula", "Disk", "Iscsi", "Logs", "Tape"] if path == "/org/bams" else []
        assert contract.render([known[name]], children, path == "/org/bams") == xml


async def test_permissions_are_what_polkit_says_of_the_caller(stack: Stack) -> None:
    await stack.daemon()
    client = await stack.client()
    stack.polkit("no", tape_operate="yes", manage="challenge")
    found = await client.call("/org/bams", f"{MANAGER}.GetPermissions")
    assert found["org.bams.tape.operate"] == "yes"
    assert found["org.bams.manage"] == "challenge"
    assert found["org.bams.logs.read"] == "no"
    assert {asked["sender"] for asked in stack.asked()} == {client.name}
    assert all(asked["flags"] == 0 for asked in stack.asked())


async def test_denied_challenged_and_absent_polkit_change_nothing_and_are_audited(tmp_path: Path) -> None:
    async with running(tmp_path) as stack:
        await stack.daemon()
        client = await stack.client()
        reload: tuple[Any, ...] = ("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})
        absent = await client.fails(*reload)
        assert isinstance(absent, NotAuthorized)
        assert "polkit could not be asked" in absent.message
        stack.start_polkit("no")
        assert type(await client.fails(*reload)) is NotAuthorized
        stack.polkit("challenge")
        challenge = await client.fails(*reload)
        assert isinstance(challenge, InteractiveAuthorizationRequired)
        stack.polkit("yes")
        await client.call(*reload)
        outcomes = [(entry["action"], entry["outcome"]) for entry in stack.audit()]
        assert outcomes == [("org.bams.manage", o) for o in ("denied", "denied", "denied", "allowed", "done")]
        assert await client.call("/org/bams", f"{MANAGER}.VerifyAudit") == [True, 5, ""]


async def test_a_bad_reload_keeps_the_old_configuration_and_raises_an_alert(stack: Stack) -> None:
    await stack.daemon()
    client = await stack.client()
    (stack.directory / "config.yaml").write_text("tape: 5\n")
    error = await client.fails("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})
    assert isinstance(error, InvalidArgument)
    assert "config.yaml:1: tape" in error.message
    [alert] = (await client.get("/org/bams", MANAGER))["Alerts"]
    assert alert["id"] == "config-refused"
    await client.call("/org/bams", f"{MANAGER}.AcknowledgeAlert", "sa{sv}", "config-refused", {})
    [alert] = (await client.get("/org/bams", MANAGER))["Alerts"]
    assert alert["acknowledged_by"]
    assert isinstance(await client.fails("/org/bams", f"{MANAGER}.AcknowledgeAlert", "sa{sv}", "nothing", {}), NotFound)
    stack.write_config()
    await client.call("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})
    assert (await client.get("/org/bams", MANAGER))["Alerts"] == []


async def test_an_edited_audit_record_is_found(stack: Stack) -> None:
    await stack.daemon()
    client = await stack.client()
    await client.call("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})
    file = stack.directory / "log" / "audit.log"
    file.write_text(file.read_text().replace('"outcome":"done"', '"outcome":"failed"'))
    ok, _records, problem = await client.call("/org/bams", f"{MANAGER}.VerifyAudit")
    assert not ok
    assert "audit.log" in problem
    assert [alert["id"] for alert in (await client.get("/org/bams", MANAGER))["Alerts"]] == ["audit-broken"]
    stack.end(stack.processes[-1])
    await stack.daemon()
    assert [alert["id"] for alert in (await client.get("/org/bams", MANAGER))["Alerts"]] == ["audit-broken"]


async def test_the_audit_is_listed_newest_first_in_pages(stack: Stack) -> None:
    await stack.daemon()
    client = await stack.client()
    for _ in range(3):
        await client.call("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})
    first, cursor = await client.call("/org/bams", f"{MANAGER}.ListAudit", "a{sv}", {"limit": 4})
    second, end = await client.call("/org/bams", f"{MANAGER}.ListAudit", "a{sv}", {"limit": 4, "cursor": cursor})
    assert [entry["seq"] for entry in first + second] == [6, 5, 4, 3, 2, 1]
    assert end == ""
    assert first[0]["outcome"] == "done"


async def test_the_end_of_the_bus_ends_the_daemon_with_an_error(stack: Stack) -> None:
    process = await stack.daemon()
    assert stack.bus
    stack.bus.kill()
    await until(lambda: process.poll() is not None, "bamsd ends")
    assert process.returncode == 1


async def test_sigterm_ends_it_in_order(stack: Stack) -> None:
    process = await stack.daemon()
    assert stack.end(process) == 0


async def test_a_second_daemon_refuses_to_start(stack: Stack) -> None:
    await stack.daemon()
    second = stack.start_daemon()
    await until(lambda: second.poll() is not None, "the second bamsd ends")
    assert second.returncode == 1
    assert "another bamsd" in stack.log.read_text()
