"""Two weeks of history for the demonstrated host, written by the daemon's own module while the daemon is down."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

from bamsd.core.store import Store
from bamsd.overview.history import History
from bamsd.overview.models import Sample, Series
from tests.browser.host import Host
from tests.bus.stack import LIMIT_S
from tests.bus.targets import until_ready

MANAGER = "org.bams.Manager"
DAYS, STEP_S, DAY_S = 14, 7200, 86400
CURVES: dict[str, Callable[[float, float], float]] = {
    # How much of today's value there was after a share of the time, with its daily and weekly swing.
    "bytes": lambda share, swing: 0.72 + 0.28 * share + 0.01 * swing,
    "percent": lambda share, swing: 0.72 + 0.28 * share + 0.01 * swing,
    "bytes_per_second": lambda share, swing: 1.0 + 0.8 * swing,
    "count": lambda share, swing: 1.0,
}


async def write_past(host: Host) -> None:
    """Ask for the series and what they are now, and make up how they came to it."""
    now = await present(host)
    await host.stop()
    store = Store(host.stack.directory / "state" / "bams.db")
    await store.open()
    clock = Clock()
    history = History(store, clock=clock)
    await history.open()
    begin = int(time.time()) - DAYS * DAY_S
    for at in range(begin, begin + DAYS * DAY_S - STEP_S, STEP_S):
        clock.seconds = at
        share, swing = (at - begin) / (DAYS * DAY_S), math.sin(2 * math.pi * at / DAY_S)
        await history.record([Sample(s, max(0.0, value * CURVES[s.unit](share, swing))) for s, value in now.items()])
    await store.close()
    await host.start()
    await host.connect()
    if host.side:
        await until_ready(host.world.client)


class Clock:
    """Says what time it is in the past that is being written."""

    seconds = 0

    def __call__(self) -> int:
        return self.seconds * 1_000_000


async def present(host: Host) -> dict[Series, float]:
    """Every series with its newest value. Repositories are sampled soon after they are made."""
    client = host.world.client
    deadline = time.monotonic() + LIMIT_S
    while True:
        listed: list[dict[str, Any]] = await client.call("/org/bams", f"{MANAGER}.ListSeries", "a{sv}", {})
        if any(row["name"].startswith("repository/") for row in listed):
            break
        await asyncio.sleep(0.1)
        assert time.monotonic() < deadline, f"no repository is sampled: {listed}"
    names = [row["name"] for row in listed]
    read = await client.call("/org/bams", f"{MANAGER}.GetHistory", "asa{sv}", names, {"points": 2})
    newest = {row["name"]: row["mean"][-1] for row in read if row["mean"]}
    series = [Series(row["name"], row["object"], row["unit"], row["description"]) for row in listed]
    return {one: newest[one.name] for one in series if one.name in newest}
