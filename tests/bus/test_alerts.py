"""Each condition of the appliance is raised when it begins and cleared when it ends."""

import asyncio
import json
import sqlite3
import time
from typing import Any

from bamsd.core.names import target_path
from tests.bus import tapes
from tests.bus.bacula import world
from tests.bus.disks import connected
from tests.bus.stack import LIMIT_S, Client, Stack, until
from tests.bus.tapes import LIB
from tests.bus.targets import HOST, A, Scst, Targets, kernel_of, until_ready
from tests.fakes.tape_library import Changer, Drive, FakeTapes, Health

MANAGER = "org.bams.Manager"
FAST = 0.2


class Alerts:
    def __init__(self, client: Client) -> None:
        self.client = client

    async def now(self) -> dict[str, dict[str, Any]]:
        found = await self.client.get("/org/bams", MANAGER)
        return {alert["id"]: alert for alert in found["Alerts"]}

    async def raised(self, id: str) -> dict[str, Any]:
        """Wait for it. It says what to do."""
        found = await self._wait(id, True)
        assert found[id]["advice"]
        return found[id]

    async def says(self, id: str, words: str) -> None:
        """Wait until it is raised with these words: a first look may find another reason than the next one."""
        deadline = time.monotonic() + LIMIT_S
        while words not in (found := (await self.raised(id))["summary"]):
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.02)

    async def cleared(self, id: str) -> None:
        await self._wait(id, False)

    async def _wait(self, id: str, there: bool) -> dict[str, dict[str, Any]]:
        deadline = time.monotonic() + LIMIT_S
        while (id in (found := await self.now())) is not there:
            assert time.monotonic() < deadline, (id, there, list(found))
            await asyncio.sleep(0.02)
        return found


async def reload(client: Client) -> None:
    await client.call("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})


async def tape(stack: Stack, health: Health | None = None) -> tuple[FakeTapes, Alerts]:
    stack.config["tape"] = {"status_interval_s": FAST, "health_interval_s": FAST}
    drives = [Drive(health=health or Health()), Drive()]
    found, library = await tapes.started(stack, [Changer(drives=drives)])
    return found, Alerts(library.client)


async def test_a_robot_that_does_not_answer(stack: Stack) -> None:
    found, alerts = await tape(stack)
    found.set(LIB, offline=True)
    alert = await alerts.raised(f"tape-library/{LIB}")
    assert (alert["severity"], alert["object"]) == ("critical", f"/org/bams/Tape/libraries/{LIB}")
    found.set(LIB, offline=False)
    await alerts.cleared(f"tape-library/{LIB}")


async def test_a_library_that_went_away_comes_back_or_is_ignored(stack: Stack) -> None:
    found, alerts = await tape(stack)
    for comes_back in (True, False):
        found.unplug(LIB)
        await reload(alerts.client)
        await alerts.says(f"tape-library/{LIB}", "is gone")
        if comes_back:
            found.plug(LIB)
        else:
            stack.config["tape"]["libraries"] = [{"serial": LIB, "ignore": True}]
            stack.write_config()
        await reload(alerts.client)
        await alerts.cleared(f"tape-library/{LIB}")


async def test_a_drive_that_does_not_answer(stack: Stack) -> None:
    found, alerts = await tape(stack, Health(temperature=30))
    found.set(LIB, failures=[{"on": "sg_logs", "sense": [4, 0x44, 0]}] * 40)
    alert = await alerts.raised("tape-drive/CHG0001D0")
    assert "does not answer" in alert["summary"]
    found.set(LIB, failures=[])
    await alerts.cleared("tape-drive/CHG0001D0")


async def test_a_drive_that_went_away(stack: Stack) -> None:
    found, alerts = await tape(stack, Health(temperature=30))
    node = found.sg(LIB, 1)
    await until(lambda: any(node in argv for argv in found.calls("sg_logs")), "the drive to be seen")
    found.unplug(LIB, only="CHG0001D1")
    await reload(alerts.client)
    assert (await alerts.raised("tape-drive-gone/CHG0001D1"))["severity"] == "critical"
    assert "tape-drive-gone/CHG0001D0" not in await alerts.now()
    found.plug(LIB, only="CHG0001D1")
    await reload(alerts.client)
    await alerts.cleared("tape-drive-gone/CHG0001D1")


async def test_tape_alerts_and_a_cleaning_that_is_due(stack: Stack) -> None:
    found, alerts = await tape(stack, Health(alerts=(20, 5)))
    assert (await alerts.raised("tape-alert/CHG0001D0/20"))["advice"] == "Clean drive 0."
    await alerts.raised("tape-alert/CHG0001D0/5")
    assert "tape-cleaning/CHG0001D0" not in await alerts.now()
    found.set_alerts(LIB, 0, ())
    await alerts.cleared("tape-alert/CHG0001D0/20")
    await alerts.cleared("tape-alert/CHG0001D0/5")


async def test_a_cleaning_that_a_drive_without_tape_alert_asks_for(stack: Stack) -> None:
    found, alerts = await tape(stack, Health(alerts=(20,), pages=(0x0D, 0x11)))
    assert (await alerts.raised("tape-cleaning/CHG0001D0"))["advice"] == "Clean drive 0."
    found.set_alerts(LIB, 0, ())
    await alerts.cleared("tape-cleaning/CHG0001D0")


async def test_a_target_that_drifted_and_a_portal_whose_address_is_lost(stack: Stack) -> None:
    stack.config["iscsi"] = {"poll_interval_s": FAST}
    side = Scst()
    with kernel_of(stack, side):
        daemon = await stack.daemon()
        disks = await connected(stack)
        await until_ready(disks.client)
        targets, alerts = Targets(disks, side), Alerts(disks.client)
        await targets.done("CreateTarget", "s", A, initiators=[HOST], portals=["192.0.2.10"], apply=True)
        side.let_in(A, "iqn.1993-08.org.debian:01:stranger")
        drifted = await alerts.raised(f"iscsi-target/{A}")
        assert (drifted["severity"], drifted["object"]) == ("warning", target_path(A))
        await targets.done("Apply", "s", A)
        await alerts.cleared(f"iscsi-target/{A}")

        places = stack.directory / "addresses.json"
        places.write_text(json.dumps(["192.0.2.11"]))
        lost = await alerts.raised("iscsi-portal/192.0.2.10")
        assert lost["severity"] == "critical"
        assert A in lost["summary"]
        places.unlink()
        await alerts.cleared("iscsi-portal/192.0.2.10")
        assert not [id for id in await alerts.now() if id.startswith("iscsi-")]
        await asyncio.to_thread(stack.end, daemon)


def ended(jobid: int, status: str, name: str = "nightly", ended_s: float = 0) -> dict[str, Any]:
    """A job as the storage daemon tells of it."""
    row = {"jobid": jobid, "job": f"{name}.2026-11-22_22.17.24_04", "name": name, "level": "F", "type": "B"}
    row |= {"status": status, "jobbytes": 12, "jobfiles": 3, "errors": int(status != "T")}
    return row | {"starttime_epoch": int(ended_s) - 60, "endtime_epoch": int(ended_s)}


async def test_a_backup_that_failed_until_the_next_good_one(stack: Stack) -> None:
    stack.config["alerts"] = {"unit_interval_s": FAST}
    async with world(stack, poll_interval_s=FAST) as w:
        alerts, now = Alerts(w.client), time.time()
        w.bacula.set(ended=[ended(7, "T", ended_s=now - 900), ended(8, "f", ended_s=now - 600)])
        alert = await alerts.raised("bacula-job/nightly")
        assert alert["summary"] == "Backup nightly (JobId 8) failed: 1 errors."
        w.bacula.set(ended=[ended(9, "A", ended_s=now - 500), ended(10, "f", "other", ended_s=now - 500)])
        await alerts.raised("bacula-job/other")
        assert "bacula-job/nightly" in await alerts.now()
        w.bacula.set(ended=[ended(11, "T", ended_s=now - 300)])
        await alerts.cleared("bacula-job/nightly")
        # A job that never reached the storage daemon is known to the Director alone.
        said = {"JobId": "12", "Name": "early", "Type": "B", "Level": "F", "JobStatus": "f", "JobErrors": "1"}
        said |= {"JobStatusLong": "Fatal Error", "EndTime": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))}
        w.bacula.set(jobs=[said])
        assert "(JobId 12) failed: Fatal Error." in (await alerts.raised("bacula-job/early"))["summary"]
        w.bacula.set(jobs=[said, said | {"JobId": "13", "JobStatus": "T"}])
        await alerts.cleared("bacula-job/early")


async def test_a_backup_that_is_missing(stack: Stack) -> None:
    async with world(stack, poll_interval_s=FAST, backup_expected_h=26) as w:
        alerts, now = Alerts(w.client), time.time()
        w.bacula.set(ended=[ended(10, "f", "other", ended_s=now - 30 * 3600)])
        await alerts.raised("bacula-job/other")
        # Nothing is missing yet: a backup is expected only since bamsd was told so.
        assert "bacula-backup-missing" not in await alerts.now()
        await expected_since(stack, w.client, now - 27 * 3600)
        await alerts.raised("bacula-backup-missing")
        w.bacula.set(ended=[ended(11, "W", ended_s=now - 25 * 3600)])
        await alerts.cleared("bacula-backup-missing")


async def expected_since(stack: Stack, client: Client, since_s: float) -> None:
    """Hours pass: the daemon ends, and finds in its store that it was told long ago."""
    await asyncio.to_thread(stack.end, stack.processes[-1])
    with sqlite3.connect(stack.directory / "state" / "bams.db") as store:
        store.execute("UPDATE meta SET value = ? WHERE key = 'bacula_expected_since_us'", (str(int(since_s * 1e6)),))
    store.close()
    await stack.daemon()


async def test_services_that_failed_or_do_not_run(stack: Stack) -> None:
    stack.config["alerts"] = {"unit_interval_s": FAST}
    services = stack.directory / "services.json"
    async with world(stack) as w:
        alerts = Alerts(w.client)
        w.bacula.set(active=False)
        assert (await alerts.raised("unit-down/bacula-sd.service"))["severity"] == "critical"
        w.bacula.set(active=True)
        await alerts.cleared("unit-down/bacula-sd.service")
        down = {"LoadState": "loaded", "ActiveState": "inactive", "UnitFileState": "enabled"}
        services.write_text(json.dumps({"scst.service": down, "tgt.service": down | {"UnitFileState": "disabled"}}))
        assert (await alerts.raised("unit-down/scst.service"))["severity"] == "warning"
        assert "unit-down/tgt.service" not in await alerts.now()
        services.write_text(json.dumps({"scst.service": down | {"ActiveState": "active"}}))
        await alerts.cleared("unit-down/scst.service")
        again = down | {"ActiveState": "activating", "SubState": "auto-restart", "Result": "exit-code"}
        services.write_text(json.dumps({"scst.service": again}))
        assert "again and again" in (await alerts.raised("unit-down/scst.service"))["summary"]
        services.write_text(json.dumps({"scst.service": down | {"ActiveState": "active"}}))
        await alerts.cleared("unit-down/scst.service")


async def test_a_broken_audit_record_and_a_refused_configuration(stack: Stack) -> None:
    await stack.daemon()
    alerts = Alerts(await stack.client())
    (stack.directory / "config.yaml").write_text("tape: 5\n")
    await alerts.client.fails("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})
    await alerts.raised("config-refused")
    stack.write_config()
    await reload(alerts.client)
    await alerts.cleared("config-refused")
    file = stack.directory / "log" / "audit.log"
    whole = file.read_text()
    file.write_text(whole.replace('"failed"', '"done"'))
    await alerts.client.call("/org/bams", f"{MANAGER}.VerifyAudit")
    await alerts.raised("audit-broken")
    with file.open("r+") as opened:
        opened.write(whole)
        opened.truncate()
    await alerts.client.call("/org/bams", f"{MANAGER}.VerifyAudit")
    await alerts.cleared("audit-broken")
