"""The overview, the history and the metrics file of the shipped daemon."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from bamsd.core.store import Store
from bamsd.errors import InvalidArgument, NotFound
from bamsd.overview.history import History
from bamsd.overview.models import Sample, Series
from tests.bus import bacula, disks, tapes, targets
from tests.bus.stack import LIMIT_S, Client, Stack, until
from tests.bus.targets import HOST, A
from tests.fakes.disks_lvm import GIB, MIB

MANAGER = "org.bams.Manager"
MINUTE_US, DAY_US = 60_000_000, 86_400_000_000


async def overview(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = await client.call("/org/bams", f"{MANAGER}.GetOverview")
    return found


async def shows(client: Client, claim: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
    """The overview once the claim holds of it."""
    deadline = time.monotonic() + LIMIT_S
    while not claim(found := await overview(client)):
        assert time.monotonic() < deadline, f"the overview never shows {what}: {found}"
        await asyncio.sleep(0.02)
    return found


async def series(client: Client, **options: Any) -> dict[str, dict[str, Any]]:
    found = await client.call("/org/bams", f"{MANAGER}.ListSeries", "a{sv}", options)
    return {one["name"]: one for one in found}


async def history(client: Client, names: list[str], **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await client.call("/org/bams", f"{MANAGER}.GetHistory", "asa{sv}", names, options)
    return found


def told(client: Client) -> set[str]:
    """Sections that were told so far."""
    return {section for _, [sections] in client.signals("OverviewChanged") for section in sections}


def often(stack: Stack) -> None:
    """Samples and looks follow each other fast."""
    stack.config["overview"] = {"sample_interval_s": 0.2, "unit_interval_s": 0.1}


async def test_one_call_shows_disks_and_tapes_as_they_are(stack: Stack) -> None:
    tapes.prepare(stack)
    found = await disks.started(stack)
    client = found.client
    library = tapes.Library(client)
    await library.is_in("ready")
    await shows(client, lambda seen: seen["units"], "units")
    await found.create("weekly", "vg0/tp0", 2 * GIB)
    await until(lambda: "repositories" in told(client), "a new repository is told")
    await library.done("Load", 1, 0)
    await until(lambda: "libraries" in told(client), "a loaded drive is told")
    seen = await overview(client)
    [repository] = seen["repositories"]
    properties = await found.repository("vg0/tp0", "weekly")
    assert (repository["name"], repository["size"], repository["state"]) == ("weekly", 2 * GIB, "ready")
    assert repository["used"] == properties["Used"]
    assert repository["path"] in await client.objects()
    assert {pool["name"] for pool in seen["pools"]} == {"vg0", "vg0/tp0", "tank"}
    [shown] = seen["libraries"]
    slots = [slot for slot in await library.slots() if not slot[2]]
    assert (shown["slots"], shown["full"]) == (len(slots), sum(slot[1] == "full" for slot in slots))
    drive = await library.drive(0)
    assert (shown["drives"][0]["state"], shown["drives"][0]["barcode"]) == ("loaded", drive["Barcode"])
    assert shown["drives"][1]["state"] == "empty"
    assert seen["health"] == "ok"
    assert {unit["state"] for unit in seen["units"]} == {"unknown"}, "nobody answers for systemd on this bus"


async def test_signals_come_at_most_once_a_second(stack: Stack) -> None:
    found = await disks.started(stack)
    began = time.monotonic()
    for number in range(4):
        await found.create(f"r{number}", "vg0", 64 * MIB)
    await until(lambda: "repositories" in told(found.client), "repositories are told")
    assert len(found.client.signals("OverviewChanged")) <= time.monotonic() - began + 2


async def test_the_audit_is_only_for_who_may_read_it(stack: Stack) -> None:
    found = await disks.started(stack)
    await found.create("weekly", "vg0", GIB)
    [latest, *_] = (await overview(found.client))["audit"]
    assert latest["method"] == "org.bams.Job"
    stack.polkit("yes", logs_read="no")
    assert "audit" not in await overview(found.client)
    stack.polkit("yes", logs_read="challenge")
    assert "audit" not in await overview(found.client), "nobody is asked for a password"


async def test_alerts_make_the_health(stack: Stack) -> None:
    found = await disks.started(stack)
    stack.lvm.fill_pool("vg0", "tp0", 96.0)
    await found.refresh()
    seen = await shows(found.client, lambda seen: seen["health"] == "critical", "a full pool")
    [alert] = seen["alerts"]
    assert alert == (await found.client.get("/org/bams", MANAGER))["Alerts"][0]
    assert seen["alert_count"] == 1
    await until(lambda: "alerts" in told(found.client), "alerts are told")


async def test_the_states_of_services(stack: Stack) -> None:
    often(stack)
    stack.start_systemd(bacula_sd="failed", smartmontools="active")
    await stack.daemon()
    client = await stack.client()
    await client.listen()
    seen = await shows(client, lambda seen: seen["units"][1]["state"] == "failed", "a failed unit")
    units = {unit["name"]: unit for unit in seen["units"]}
    assert units["smartd"]["unit"] == "smartmontools.service"
    assert (units["smartd"]["state"], units["scst"]["state"]) == ("active", "absent")
    assert seen["bacula"]["problem"].startswith("bacula-sd.service is failed")
    stack.systemd(bacula_sd="active")
    await until(lambda: "units" in told(client), "a change of a unit is told")
    await shows(client, lambda seen: seen["units"][1]["state"] == "active", "an active unit")


async def test_jobs_of_bacula_are_shown_and_no_program_runs_for_it(stack: Stack) -> None:
    often(stack)
    async with bacula.world(stack) as world:
        await shows(world.client, lambda seen: seen["bacula"]["known"], "Bacula")
        programs = stack.host.calls("bsdjson")
        assert programs, "its configuration was read"
        world.bacula.run_job(device="ByHand")
        seen = await shows(world.client, lambda seen: seen["bacula"]["running"], "a running job")
        [job] = seen["bacula"]["running"]
        assert (job["name"], job["jobid"]) == ("nightly", 7)
        await until(lambda: "bacula" in told(world.client), "Bacula's jobs are told")
        assert stack.host.calls("bsdjson") == programs


@pytest.mark.parametrize("side", targets.SIDES, ids=lambda side: side.name)
async def test_targets_and_their_sessions(stack: Stack, side: targets.Side) -> None:
    often(stack)
    kind = side() if callable(side) else side
    with targets.kernel_of(stack, kind):
        world = await targets.ready(stack, kind)
        client = world.disks.client
        await world.repository("repo1")
        await world.done("CreateTarget", "s", A, initiators=[HOST])
        await world.done("AddLun", "ss", A, "repo1", apply=True)
        assert kind.log_in(A, HOST)
        await client.call(targets.ISCSI, "org.bams.Iscsi.Apply", "sa{sv}", A, {"wait": True})
        seen = await shows(client, lambda seen: "read_rate" in seen["iscsi"], "rates")
        assert (seen["iscsi"]["stack"], seen["iscsi"]["problem"]) == (side.name, "")
        assert (seen["iscsi"]["target_count"], seen["iscsi"]["states"]) == (1, {"in-sync": 1})
        [target] = seen["iscsi"]["targets"]
        assert target["iqn"] == A
        await until(lambda: "iscsi" in told(client), "what iSCSI does is told")
        assert "iscsi/sessions" in await series(client)
        for process in reversed(stack.processes[2:]):
            await asyncio.to_thread(stack.end, process)


async def filled(stack: Stack, name: str, days: int) -> int:
    """A store with an hourly sample for so many days; the time of the last one."""
    now = time.time_ns() // 1000 // MINUTE_US * MINUTE_US - DAY_US
    clock = [now - days * DAY_US]
    store = Store(Path(stack.config["paths"]["state"]) / "bams.db")
    await store.open()
    kept = History(store, clock=lambda: clock[0])
    await kept.open()
    one = Series(name, "/org/bams/Disk/pools/lvm/vg0", "bytes", "used of pool vg0")
    for hour in range(days * 24 + 1):
        clock[0] = now - (days * 24 - hour) * DAY_US // 24
        await kept.record([Sample(one, hour * 1e9)])
    await store.close()
    return now


async def test_the_past_is_read_by_range_also_after_a_restart(stack: Stack) -> None:
    name = "pool/lvm:vg0/used"
    last = await filled(stack, name, 5)
    process = await stack.daemon()
    client = await stack.client()
    assert await series(client, object="/org/bams/Disk/pools/lvm/vg0") == {
        name: {
            "name": name,
            "object": "/org/bams/Disk/pools/lvm/vg0",
            "unit": "bytes",
            "description": "used of pool vg0",
        }
    }
    assert await series(client, object="/elsewhere") == {}
    [curve] = await history(client, [name], since=last - 2 * DAY_US, until=last, points=100)
    assert curve["step"] % (60 * MINUTE_US) == 0
    assert len(curve["times"]) == len(curve["mean"]) in (48, 49)
    assert curve["mean"][-1] == 120e9
    assert all(low <= mean <= high for low, mean, high in zip(curve["low"], curve["mean"], curve["high"], strict=True))
    [empty] = await history(client, [name], since=last + 60 * MINUTE_US)
    assert (empty["times"], empty["mean"], empty["unit"]) == ([], [], "bytes")
    assert isinstance(await client.fails("/org/bams", f"{MANAGER}.GetHistory", "asa{sv}", ["no/such"], {}), NotFound)
    for options in ({"points": 1}, {"points": 2001}, {"since": 5, "until": 5}, {"color": 1}):
        refused = await client.fails("/org/bams", f"{MANAGER}.GetHistory", "asa{sv}", [name], options)
        assert isinstance(refused, InvalidArgument), options
    many = await client.fails("/org/bams", f"{MANAGER}.GetHistory", "asa{sv}", [name] * 4, {"points": 2000})
    assert "fewer points" in many.message
    assert stack.end(process) == 0
    await stack.daemon()
    assert (await history(client, [name], since=last - 2 * DAY_US, until=last, points=100))[0] == curve


async def test_samples_are_taken_and_written_as_metrics(stack: Stack, tmp_path: Path) -> None:
    often(stack)
    path = tmp_path / "collector" / "bams.prom"
    path.parent.mkdir()
    stack.config["overview"]["metrics_file"] = str(path)
    tapes.prepare(stack)
    found = await disks.started(stack)
    await tapes.Library(found.client).is_in("ready")
    await found.create("weekly", "vg0/tp0", GIB)
    uuid = (await found.repository("vg0/tp0", "weekly"))["Uuid"]
    deadline = time.monotonic() + LIMIT_S
    while f"repository/{uuid}/used" not in await series(found.client):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    [curve] = await history(found.client, [f"repository/{uuid}/size"])
    assert curve["mean"][-1] == GIB

    def sizes() -> dict[str, float]:
        families = {f.name: f for f in text_string_to_metric_families(path.read_text())}  # type: ignore[no-untyped-call]
        return {s.labels["repository"]: s.value for s in families["bams_repository_size_bytes"].samples}

    await until(lambda: path.exists() and "weekly" in path.read_text(), "metrics of the repository")
    assert sizes() == {"weekly": GIB}
    assert path.stat().st_mode & 0o777 == 0o644
    assert 'bams_library_slots{library="' in path.read_text()
