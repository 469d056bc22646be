"""What `make demo` promises to show is there."""

import asyncio
import time

import pytest

from tests.browser.host import Host, can_show_a_kernel
from tests.bus.stack import LIMIT_S

MANAGER = "org.bams.Manager"
TROUBLE = ("Cleaning required", "vg0/tp0 is 93 % full", "vault is degraded", "nightly (JobId 139) failed")
DAY_US = 86400 * 1_000_000


async def alerts(demo: Host) -> str:
    manager = await demo.world.client.get("/org/bams", MANAGER)
    return " ".join(alert["summary"] for alert in manager["Alerts"])


async def test_the_demonstrated_host_has_trouble_and_a_past(demo: Host) -> None:
    client = demo.world.client
    assert "simulated" in (await client.get("/org/bams", MANAGER))["Features"]
    deadline = time.monotonic() + LIMIT_S
    while missing := [word for word in TROUBLE if word not in await alerts(demo)]:
        assert time.monotonic() < deadline, f"no alert says {missing}"
        await asyncio.sleep(0.1)
    objects = await client.objects()
    assert sum("org.bams.Tape.Library" in found for found in objects.values()) == 2
    assert sum("org.bams.Disk.Pool" in found for found in objects.values()) == 5
    since = int(time.time()) * 1_000_000 - 13 * DAY_US
    [curve] = await client.call(
        "/org/bams", f"{MANAGER}.GetHistory", "asa{sv}", ["pool/lvm:archive/used"], {"since": since}
    )
    assert len(curve["mean"]) > 100
    assert curve["mean"][0] < curve["mean"][-1]


async def test_initiators_are_logged_in_to_the_demonstrated_host(demo: Host) -> None:
    if not can_show_a_kernel():
        pytest.skip("there is no FUSE here, which shows the daemon a fake kernel")
    sessions = await demo.world.client.call("/org/bams/Iscsi", "org.bams.Iscsi.ListSessions", "s", "")
    assert len({session["initiator"] for session in sessions}) == 3
