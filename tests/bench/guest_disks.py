"""Measures org.bams.Disk inside the appliance, as root, and prints one JSON object. bench.py runs it over ssh.

Each daemon is measured alone, the others stopped, and in turn with lvcreate and lvremove by hand, so that its ratio is
to the same machine at the same time.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from bamsd.bus.connection import Connection
from bamsd.errors import BamsError
from tests.bench.guest import DAEMONS, first_answer, resident_mib, shell, spread, timed
from tests.bench.wire import RawBus

GROUP, POOL = "benchvg", "benchvg/tp"
SIZE = 64 << 20
VOLUMES = 200
THIN_BYTES = 16 << 20
REFRESHES = 10
LIMIT_S = 300
UDISKS = "org.freedesktop.UDisks2"
LVMDBUS = "com.redhat.lvmdbus1"
MANAGERS = {
    "bamsd": ("org.bams", "/org/bams"),
    "udisksd": (UDISKS, "/org/freedesktop/UDisks2"),
    "lvmdbusd": (LVMDBUS, "/com/redhat/lvmdbus1"),
}
"""Name and path of each ObjectManager."""

Pair = tuple[Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[Any]]]
"""Create a volume; delete what that returned."""


async def program(*argv: str) -> None:
    running = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if await running.wait() != 0:
        raise RuntimeError(f"failed: {' '.join(argv)}")


def by_hand() -> Pair:
    async def create() -> None:
        await program("lvcreate", "--yes", "--name", "hand", "--size", f"{SIZE}b", GROUP)

    async def delete(_: object) -> None:
        await program("lvremove", "--yes", f"{GROUP}/hand")

    return create, delete


def reading_by_hand(argv: list[str]) -> Callable[[], Awaitable[None]]:
    return lambda: program(*argv)


def through_bams(bus: Connection) -> Pair:
    async def call(member: str, signature: str, *words: Any) -> None:
        await bus.call("org.bams", "/org/bams/Disk", "org.bams.Disk", member, signature, *words, timeout_s=LIMIT_S)

    async def create() -> None:
        await call("CreateRepository", "ssta{sv}", "bench", GROUP, SIZE, {"wait": True})

    async def delete(_: object) -> None:
        await call("DeleteRepository", "sa{sv}", "bench", {"confirm": "bench", "wait": True})

    return create, delete


def through_udisks(bus: Connection) -> Pair:
    async def create() -> str:
        path = f"/org/freedesktop/UDisks2/lvm/{GROUP}"
        group = f"{UDISKS}.VolumeGroup"
        [made] = await bus.call(
            UDISKS, path, group, "CreatePlainVolume", "sta{sv}", "bench", SIZE, {}, timeout_s=LIMIT_S
        )
        return str(made)

    async def delete(path: str) -> None:
        await bus.call(UDISKS, path, f"{UDISKS}.LogicalVolume", "Delete", "a{sv}", {}, timeout_s=LIMIT_S)

    return create, delete


def through_lvmdbusd(bus: Connection, group: str) -> Pair:
    """A time limit of -1 waits for the end, so that no job is made."""

    async def create() -> str:
        how = (SIZE, False, -1, dict[str, Any]())
        [[made, _]] = await bus.call(
            LVMDBUS, group, f"{LVMDBUS}.Vg", "LvCreateLinear", "stbia{sv}", "bench", *how, timeout_s=LIMIT_S
        )
        return str(made)

    async def delete(path: str) -> None:
        await bus.call(LVMDBUS, path, f"{LVMDBUS}.Lv", "Remove", "ia{sv}", -1, {}, timeout_s=LIMIT_S)

    return create, delete


async def pair_for(bus: Connection, daemon: str) -> Pair:
    """The daemon's own calls, once it knows the volume group."""
    if daemon == "bamsd":
        await refresh(bus)  # it answers before it has read anything
        return through_bams(bus)
    if daemon == "udisksd":
        manager = ("/org/freedesktop/UDisks2/Manager", f"{UDISKS}.Manager")
        await bus.call(UDISKS, *manager, "EnableModule", "sb", "lvm2", True, timeout_s=LIMIT_S)
        await until(bus, UDISKS, f"/org/freedesktop/UDisks2/lvm/{GROUP}")
        return through_udisks(bus)
    manager = ("/com/redhat/lvmdbus1/Manager", f"{LVMDBUS}.Manager")
    [group] = await bus.call(LVMDBUS, *manager, "LookUpByLvmId", "s", GROUP, timeout_s=LIMIT_S)
    return through_lvmdbusd(bus, str(group))


async def until(bus: Connection, name: str, path: str) -> None:
    """Wait for an object to be there."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        with suppress(BamsError):
            await bus.call(name, path, "org.freedesktop.DBus.Properties", "GetAll", "s", f"{UDISKS}.VolumeGroup")
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"{name} does not show {path}")


async def alone(bus: Connection, daemon: str) -> None:
    """Only this one of the daemons runs, and udev is done."""
    for other in MANAGERS:
        shell("systemctl", "start" if other == daemon else "stop", DAEMONS[other][0])
    await first_answer(bus, *MANAGERS[daemon])
    shell("udevadm", "settle")


async def changes(bus: Connection, daemon: str, rounds: int, reading: list[str]) -> dict[str, Any]:
    """Create and delete a thick volume, by the daemon and by hand, in turn; for BAMS its reading by hand beside it."""
    await alone(bus, daemon)
    theirs, hand = await pair_for(bus, daemon), by_hand()
    found: dict[str, list[float]] = {"pair_s": [], "hand_s": [], "reading_s": []}
    for turn in range(rounds + 1):
        for key, (create, delete) in (("pair_s", theirs), ("hand_s", hand)):
            taken = time.perf_counter()
            await delete(await create())
            # The first turn is a daemon's first change, and not counted.
            if turn:
                found[key].append(time.perf_counter() - taken)
            shell("udevadm", "settle")
            await asyncio.sleep(1)  # whoever watches has looked at the change by then
        if daemon == "bamsd":
            found["reading_s"].append(await timed(reading_by_hand(reading)))
    ratio = statistics.median(found["pair_s"]) / statistics.median(found["hand_s"])
    return {key: spread(values) for key, values in found.items() if values} | {"ratio": ratio}


async def objects(bus: Connection, daemon: str) -> dict[str, Any]:
    """Seconds and bytes of GetManagedObjects, and the memory that the daemon has then."""
    await alone(bus, daemon)
    await pair_for(bus, daemon)
    await asyncio.sleep(15)
    taken, size = [], 0
    with RawBus() as raw:
        for _ in range(REFRESHES):
            start = time.perf_counter()
            size = raw.managed_objects(*MANAGERS[daemon])
            taken.append(time.perf_counter() - start)
    return {"s": spread(taken), "bytes": size, "resident_mib": resident_mib(DAEMONS[daemon][0])}


def cpu_s(pid: int) -> tuple[float, float]:
    """Seconds of CPU of a process itself, and of the programs that it started and that have ended: proc(5), stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(map(int, fields[11:13])) / ticks, sum(map(int, fields[13:15])) / ticks


async def refresh(bus: Connection) -> None:
    await bus.call("org.bams", "/org/bams/Disk", "org.bams.Disk", "Refresh", "a{sv}", {}, timeout_s=LIMIT_S)


async def refreshes(bus: Connection) -> dict[str, float]:
    """Seconds and CPU of a Refresh when nothing has changed."""
    await alone(bus, "bamsd")
    await asyncio.sleep(10)
    pid = int(shell("systemctl", "show", "-P", "MainPID", "bamsd.service"))
    before, start = cpu_s(pid), time.perf_counter()
    for _ in range(REFRESHES):
        await refresh(bus)
    seconds, after = time.perf_counter() - start, cpu_s(pid)
    own, tools = after[0] - before[0], after[1] - before[1]
    return {"s": seconds / REFRESHES, "own_cpu_s": own / REFRESHES, "tools_cpu_s": tools / REFRESHES}


def make_volumes() -> None:
    """200 thin volumes, foreign to BAMS, by one lvm process; they are activated together, so udev is awaited once."""
    shell("lvcreate", "--yes", "--type", "thin-pool", "--name", "tp", "--size", "512m", GROUP)
    quick = "--yes -q --activate n --setactivationskip n"
    lines = [f"lvcreate {quick} -T -V {THIN_BYTES}b -n v{number} {POOL}" for number in range(VOLUMES)]
    subprocess.run(["lvm"], input="\n".join(lines), text=True, check=True, capture_output=True)
    shell("vgchange", "-q", "--activate", "y", GROUP)
    shell("udevadm", "settle", "--timeout=300")


async def main(rounds: int, devices: list[str], reading: list[str]) -> None:
    for daemon in DAEMONS:
        shell("systemctl", "stop", DAEMONS[daemon][0])
    shell("vgcreate", "-q", "--yes", GROUP, *devices)
    bus = await Connection.open()
    found: dict[str, Any] = {"changes": {d: await changes(bus, d, rounds, reading) for d in MANAGERS}}
    for daemon in MANAGERS:
        shell("systemctl", "stop", DAEMONS[daemon][0])
    make_volumes()
    found["volumes"] = int(shell("sh", "-c", f"lvs --noheadings -o lv_name {GROUP} | grep -c ' v'"))
    found["objects"] = {daemon: await objects(bus, daemon) for daemon in MANAGERS}
    found["refresh"] = await refreshes(bus)
    print(json.dumps(found))
    await bus.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2].split(","), json.loads(sys.argv[3])))
