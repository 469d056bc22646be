"""The overview, the history and the metrics of a real machine: real volumes, a real tape, systemd itself."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from bamsd.core.names import pool_path, repository_path
from tests.appliance.disks import MIB, Disks, by_id
from tests.appliance.guest import Guest
from tests.appliance.steps import wait_until
from tests.appliance.tape_library import INSIDE, Library
from tests.appliance.test_tape import Words, empty_drives, ready, serial
from tests.appliance.vm import DISKS

pytestmark = pytest.mark.appliance
MANAGER = ("/org/bams", "org.bams.Manager")
COLLECTOR = "/var/lib/prometheus/node-exporter"
CONFIG = f"overview: {{sample_interval_s: 5, unit_interval_s: 2, metrics_file: {COLLECTOR}/bams.prom}}"


def untyped(value: Any) -> Any:
    """What busctl prints of a variant, without the types."""
    if isinstance(value, Mapping):
        if value.keys() == {"type", "data"}:
            return untyped(value["data"])
        return {key: untyped(item) for key, item in value.items()}
    return [untyped(item) for item in value] if isinstance(value, list) else value


def overview(guest: Guest, user: str = "root") -> dict[str, Any]:
    [found] = guest.call(*MANAGER, "GetOverview", user=user)
    shown: dict[str, Any] = untyped(found)
    return shown


def series(guest: Guest) -> dict[str, dict[str, Any]]:
    [found] = guest.call(*MANAGER, "ListSeries", "a{sv}", "0")
    return {one["name"]: one for one in map(untyped, found)}


def history(guest: Guest, name: str) -> dict[str, Any]:
    [[found]] = guest.call(*MANAGER, "GetHistory", "asa{sv}", "1", name, "0")
    curve: dict[str, Any] = untyped(found)
    return curve


def metrics(guest: Guest) -> dict[str, Any]:
    text = guest.run(f"cat {COLLECTOR}/bams.prom")
    return {f.name: f for f in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]


def written(guest: Guest, library: Library, drive: int) -> float:
    """Bytes that were written to a drive, as the metrics file says."""
    wanted = {"library": serial(library), "drive": str(drive)}
    samples = metrics(guest)["bams_drive_written_bytes"].samples
    return next((float(sample.value) for sample in samples if sample.labels == wanted), 0.0)


@pytest.fixture(scope="module")
def sampled(guest: Guest) -> Iterator[Disks]:
    """A repository with a file system on a thin pool, and a bamsd that samples every five seconds."""
    disks = Disks(guest)
    disks.job("CreatePool", "ssas", "ovg", "lvm", "1", by_id(DISKS[0]))
    disks.job("CreatePool", "ssas", "ovg/otp", "lvm-thin", "0", size=1024 * MIB)
    disks.create("seen", "ovg/otp", 400, use="filesystem", filesystem="xfs")
    guest.run(f"mkdir -p {COLLECTOR} && cp /etc/bams/config.yaml /run/config.before")
    guest.run(f"echo '{CONFIG}' > /etc/bams/config.yaml && systemctl restart bamsd")
    yield disks
    guest.run("cp /run/config.before /etc/bams/config.yaml && systemctl restart bamsd")
    wait_until("the repository", lambda: disks.exists("ovg/seen"), 60)
    disks.job("UnmountRepository", "s", "seen")
    disks.delete("seen")
    disks.job("DeletePool", "s", "ovg/otp", confirm="ovg/otp")
    disks.job("DeletePool", "s", "ovg", confirm="ovg")
    guest.run(f"rm -f {COLLECTOR}/bams.prom")


@pytest.fixture
def inside(guest: Guest, sampled: Disks) -> Iterator[Words]:
    words = ready(guest, INSIDE)
    yield words
    empty_drives(words)


def shows(guest: Guest, what: str, claim: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    wait_until(f"the overview to show {what}", lambda: claim(overview(guest)), 90)
    return overview(guest)


def test_the_overview_says_what_the_tools_say(guest: Guest, sampled: Disks) -> None:
    seen = shows(guest, "forecasts", lambda seen: [pool for pool in seen["pools"] if "forecast" in pool])
    [repository] = seen["repositories"]
    df = guest.run("df -B1 --output=size,used,avail /srv/bams/seen | tail -1").split()
    assert repository["path"] == repository_path("lvm", "ovg/seen")
    shows(guest, "how full it is", lambda seen: abs(seen["repositories"][0]["used"] - int(df[1])) < 4 * MIB)
    pools = {pool["name"]: pool for pool in seen["pools"]}
    assert pools["ovg"]["path"] == pool_path("lvm", "ovg")
    said = json.loads(guest.run("vgs --reportformat json --units b --nosuffix -o vg_size,vg_free ovg"))
    [row] = said["report"][0]["vg"]
    assert (pools["ovg"]["size"], pools["ovg"]["free"]) == (int(row["vg_size"]), int(row["vg_free"]))
    assert pools["ovg"]["forecast"]["state"] in ("too-short", "full")


def test_the_states_of_services_are_those_of_systemd(guest: Guest, sampled: Disks) -> None:
    seen = shows(guest, "services", lambda seen: seen["units"][0]["state"] == "active")
    for unit in seen["units"]:
        if unit["state"] != "absent":
            assert unit["state"] == guest.attempt(f"systemctl is-active {unit['unit']}").out.strip()
    names = {unit["name"]: unit["state"] for unit in seen["units"]}
    assert (names["bamsd"], names["scst"]) == ("active", "absent")


def test_the_audit_is_in_it_for_operators_alone(guest: Guest, sampled: Disks) -> None:
    assert overview(guest, "operator")["audit"]
    assert "audit" not in overview(guest, "viewer")


def test_a_loaded_tape_is_shown_and_its_traffic_is_counted(guest: Guest, sampled: Disks, inside: Words) -> None:
    inside.job("Load", 1, 0)
    library = f"/org/bams/Tape/libraries/{serial(INSIDE)}"

    def drive(seen: dict[str, Any]) -> dict[str, Any]:
        [found] = [one for one in seen["libraries"] if one["path"] == library]
        shown: dict[str, Any] = found["drives"][0]
        return shown

    assert drive(overview(guest))["barcode"] == INSIDE.cartridges[0]
    name = f"drive/{INSIDE.drives[0].serial}"
    wait_until("a rate of the drive", lambda: f"{name}/written" in series(guest), 60)
    device, before = inside.drive(0, "Device"), written(guest, INSIDE, 0)
    guest.run(f"mt -f {device} rewind && dd if=/dev/zero of={device} bs=64k count=160 status=none")
    # Of several samples in a minute the last one stays, so the burst is looked for in the counter.
    wait_until("what was written", lambda: written(guest, INSIDE, 0) - before >= 160 << 16, 60)
    assert history(guest, f"{name}/loads")["high"][-1] >= 1
    inside.job("Unload", 0)
    assert drive(overview(guest))["state"] == "empty"


def test_writing_to_a_repository_is_seen_in_its_history(guest: Guest, sampled: Disks) -> None:
    uuid = sampled.repository("ovg/seen")["Uuid"]
    before = history(guest, f"repository/{uuid}/used")
    guest.run("dd if=/dev/urandom of=/srv/bams/seen/file bs=1M count=64 conv=fsync status=none")
    used = f"repository/{uuid}/used"
    wait_until("the file", lambda: history(guest, used)["high"][-1] > before["low"][0] + 60 * MIB, 150)
    assert f"repository/{uuid}/written" in series(guest)
    assert series(guest)[used]["object"] == repository_path("lvm", "ovg/seen")


def test_the_metrics_file_is_openmetrics(guest: Guest, sampled: Disks) -> None:
    wait_until("metrics", lambda: guest.attempt(f"grep -q seen {COLLECTOR}/bams.prom").code == 0, 60)
    families = metrics(guest)
    sizes = {s.labels["repository"]: s.value for s in families["bams_repository_size_bytes"].samples}
    assert sizes["seen"] == int(guest.run("df -B1 --output=size /srv/bams/seen | tail -1"))
    [moved] = [s.value for s in families["bams_repository_written_bytes"].samples if s.labels["repository"] == "seen"]
    assert moved > 64 * MIB
    assert any(sample.labels["unit"] == "bamsd.service" for sample in families["bams_unit_active"].samples)
    assert guest.run(f"stat -c %a {COLLECTOR}/bams.prom").strip() == "644"
