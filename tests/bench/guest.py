"""Measures inside the appliance, as root, and prints one JSON object. bench.py runs it over ssh.

Pairs are taken in turn, so that both sides meet the same machine at the same time.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bamsd.bus.connection import Connection
from bamsd.bus.wire import unpack
from bamsd.errors import BamsError

DBUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
AT_ONCE = 100
"""The bus allows a connection 128 calls without an answer."""
DAEMONS = {
    "bamsd": ("bamsd.service", "org.bams", "/org/bams"),
    "udisksd": ("udisks2.service", "org.freedesktop.UDisks2", "/org/freedesktop/UDisks2"),
    "lvmdbusd": ("lvm2-lvmdbusd.service", "com.redhat.lvmdbus1", "/com/redhat/lvmdbus1"),
    "firewalld": ("firewalld.service", "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1"),
}
"""Unit, name, and the object that is asked first."""


def shell(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": len(values)}


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await work()
    return time.perf_counter() - start


async def moves(bus: Connection, serial: str, rounds: int) -> dict[str, Any]:
    """Load and status: once through D-Bus, once with mtx by hand, in turn. The unload between is not counted.

    ``tools_s`` is what the programs that BAMS starts take by themselves, from the runs by hand: mtx status, mtx load,
    mtx status, because BAMS looks before the move and after it.
    """
    changer = f"/dev/tape/by-id/scsi-{serial}"
    wait = {"wait": True}
    path = f"/org/bams/Tape/libraries/{serial}"

    async def through_bams() -> None:
        await bus.call(
            "org.bams", "/org/bams/Tape", "org.bams.Tape", "Load", "suua{sv}", serial, 1, 0, wait, timeout_s=300
        )
        await bus.call("org.bams", path, "org.freedesktop.DBus.Properties", "GetAll", "s", "org.bams.Tape.Library")
        await bus.call("org.bams", "/org/bams/Tape", "org.bams.Tape", "ListSlots", "sa{sv}", serial, {})

    async def unload() -> None:
        await bus.call(
            "org.bams", "/org/bams/Tape", "org.bams.Tape", "Unload", "sua{sv}", serial, 0, wait, timeout_s=300
        )

    async def by_hand(*words: str) -> None:
        program = await asyncio.create_subprocess_exec("mtx", "-f", changer, *words, stdout=subprocess.DEVNULL)
        assert await program.wait() == 0

    ours, theirs, tools = [], [], []
    for _ in range(rounds):
        ours.append(await timed(through_bams))
        await unload()
        load = await timed(lambda: by_hand("load", "1", "0"))
        status = await timed(lambda: by_hand("status"))
        theirs.append(load + status)
        tools.append(load + 2 * status)
        await unload()
    return {
        "tools_s": spread(tools),
        "resident_mib": resident_mib(DAEMONS["bamsd"][0]),
        "bams_s": spread(ours),
        "mtx_s": spread(theirs),
        "ratio": statistics.median(ours) / statistics.median(theirs),
    }


async def start_times(bus: Connection, rounds: int) -> dict[str, Any]:
    """Seconds from `systemctl start` to the owned name and to the first answer; resident MiB a moment later."""
    owners: asyncio.Queue[str] = asyncio.Queue()

    def notice(message: Any) -> bool:
        if message.member == "NameOwnerChanged" and unpack(message.body[2]):
            owners.put_nowait(message.body[0])
        return False

    bus.on_message(notice)
    await bus.listen("type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'")
    found: dict[str, Any] = {}
    for _ in range(rounds):
        for daemon, (unit, name, path) in DAEMONS.items():
            shell("systemctl", "stop", unit)
            while not owners.empty():
                owners.get_nowait()
            start = time.perf_counter()
            shell("systemctl", "start", "--no-block", unit)
            while await asyncio.wait_for(owners.get(), 120) != name:
                pass
            figures = found.setdefault(daemon, {"start_s": [], "answer_s": [], "resident_mib": []})
            figures["start_s"].append(time.perf_counter() - start)
            await first_answer(bus, name, path)
            figures["answer_s"].append(time.perf_counter() - start)
            await asyncio.sleep(8)
            figures["resident_mib"].append(resident_mib(unit))
    for daemon, (unit, _, _) in DAEMONS.items():
        if daemon != "bamsd":
            shell("systemctl", "stop", unit)
    return {daemon: {key: spread(values) for key, values in figures.items()} for daemon, figures in found.items()}


async def first_answer(bus: Connection, name: str, path: str) -> None:
    """Some daemons own their name before their object is there."""
    while True:
        try:
            await bus.call(name, path, "org.freedesktop.DBus.Introspectable", "Introspect", timeout_s=120)
        except BamsError:
            await asyncio.sleep(0.02)
        else:
            return


def resident_mib(unit: str) -> float:
    pid = shell("systemctl", "show", "-P", "MainPID", unit).strip()
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        kib = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return kib / 1024


async def idle(seconds: float) -> dict[str, float]:
    """CPU share of the whole unit, its tools included, while nobody asks anything."""

    def used() -> int:
        return int(shell("systemctl", "show", "-P", "CPUUsageNSec", "bamsd.service"))

    before, start = used(), time.monotonic()
    await asyncio.sleep(seconds)
    return {"percent": (used() - before) / 1e9 / (time.monotonic() - start) * 100, "seconds": seconds}


async def calls(bus: Connection, count: int) -> dict[str, float]:
    """Small calls a second, one after the other and all at once; the bus daemon's own GetId beside them."""

    async def ours() -> None:
        await bus.call(
            "org.bams", "/org/bams", "org.freedesktop.DBus.Properties", "Get", "ss", "org.bams.Manager", "Version"
        )

    async def theirs() -> None:
        await bus.call(*DBUS, "GetId")

    places = asyncio.Semaphore(AT_ONCE)

    async def one(call: Callable[[], Awaitable[None]]) -> None:
        async with places:
            await call()

    async def many(call: Callable[[], Awaitable[None]]) -> None:
        await asyncio.gather(*(one(call) for _ in range(count)))

    async def sequence(call: Callable[[], Awaitable[None]]) -> None:
        for _ in range(count):
            await call()

    return {
        "sequential": count / await timed(lambda: sequence(ours)),
        "concurrent": count / await timed(lambda: many(ours)),
        "sequential_bus_itself": count / await timed(lambda: sequence(theirs)),
        "concurrent_bus_itself": count / await timed(lambda: many(theirs)),
    }


async def main(serial: str, rounds: int) -> None:
    bus = await Connection.open()
    found = {"moves": await moves(bus, serial, rounds), "calls": await calls(bus, 500)}
    found["daemons"] = await start_times(bus, 3)
    await asyncio.sleep(30)
    found["idle"] = await idle(90)
    print(json.dumps(found))
    await bus.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
