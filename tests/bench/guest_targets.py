"""Measures org.bams.Iscsi on LIO inside the appliance, as root, and prints one JSON object. bench.py runs it over ssh.

Every target has one LUN on a sparse file, one initiator and one credential. The wishes are put into the store while
bamsd is stopped, because only the Apply is measured; targetcli makes the same in one session.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bamsd.bus.connection import Connection
from bamsd.core.store import Store
from bamsd.iscsi.edits import new_identity
from bamsd.iscsi.models import Credential, Device, Group, Lun, Secret, Target
from bamsd.iscsi.register import Register, Row
from bamsd.iscsi.sealed import SealedFile
from tests.bench.guest import first_answer, shell, spread
from tests.bench.guest_disks import cpu_s

FILES = Path("/srv/bams/bench-targets")
STATE = Path("/var/lib/bams")
SIZE = 1 << 20
HOST = "iqn.2026-01.org.example.bench:host"
ROUNDS = 5
LIMIT_S = 3000.0
TARGETCLI_GROUP = "tpg1"


def iqn(number: int) -> str:
    return f"iqn.2026-01.org.example.bench:t{number}"


def make_files(count: int) -> None:
    FILES.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        with open(FILES / f"{number}.img", "wb") as file:
            file.truncate(SIZE)


async def wish(count: int) -> None:
    """Put the wishes into the store, as CreateTarget, SetCredentials and AddLun without apply would."""
    store = Store(STATE / "bams.db")
    await store.open()
    register = Register(store, SealedFile(STATE))
    await register.open()
    devices, rows = [], []
    for number in range(count):
        device = Device(f"bench{number}", "file", str(FILES / f"{number}.img"), new_identity(), size_bytes=SIZE)
        devices.append(device)
        credential = Credential("bench", Secret("bench-secret.1"))
        group = Group("default", (HOST,))
        luns = (Lun(0, device.name),)
        target = Target(iqn(number), groups=(group,), luns=luns, credentials=(credential,), rel_tgt_id=number + 1)
        rows.append(Row(target, created_by="bench"))
    await register.save(rows, devices)
    await store.close()


async def forget() -> None:
    """Take everything out of the kernel and out of the store."""
    shell("systemctl", "stop", "bamsd.service")
    shell("targetcli", "clearconfig", "confirm=True")
    store = Store(STATE / "bams.db")
    await store.open()
    for table in ("iscsi_targets", "iscsi_devices"):
        await store.execute(f"DELETE FROM {table}")
    await store.close()


def by_targetcli(count: int) -> float:
    """Seconds of one session that makes the same."""
    lines = ["set global auto_save_on_exit=false", "set global auto_add_default_portal=true"]
    for number in range(count):
        group = f"/iscsi/{iqn(number)}/{TARGETCLI_GROUP}"
        lines += [
            f"/backstores/fileio create bench{number} {FILES}/{number}.img",
            f"/iscsi create {iqn(number)}",
            f"{group}/luns create /backstores/fileio/bench{number}",
            f"{group}/acls create {HOST}",
            f"{group}/acls/{HOST} set auth userid=bench password=bench-secret.1",
            f"{group} set attribute authentication=1",
        ]
    start = time.perf_counter()
    subprocess.run(["targetcli"], input="\n".join(lines), text=True, check=True, capture_output=True)
    seconds = time.perf_counter() - start
    made = len(list(Path("/sys/kernel/config/target/iscsi").glob("iqn*/tpgt_1/acls/*/lun_0")))
    if made != count:
        raise RuntimeError(f"targetcli made {made} of {count} targets")
    return seconds


async def bams(bus: Connection) -> None:
    """Start bamsd and wait until it has looked at the kernel."""
    shell("systemctl", "start", "bamsd.service")
    await first_answer(bus, "org.bams", "/org/bams")
    while True:
        found = await bus.call(
            "org.bams", "/org/bams/Iscsi", "org.freedesktop.DBus.Properties", "GetAll", "s", "org.bams.Iscsi"
        )
        if found[0]["BackendState"] == "ready":
            return
        await asyncio.sleep(0.2)


async def apply(bus: Connection) -> float:
    start = time.perf_counter()
    options = {"wait": True, "queue": True}
    await bus.call("org.bams", "/org/bams/Iscsi", "org.bams.Iscsi", "Apply", "sa{sv}", "", options, timeout_s=LIMIT_S)
    return time.perf_counter() - start


async def drift(bus: Connection) -> tuple[float, float]:
    """Seconds of GetDrift, and the longest that another caller waited for a ping meanwhile."""
    other = await Connection.open()
    waits: list[float] = []

    async def ping() -> None:
        while True:
            start = time.perf_counter()
            await other.call("org.bams", "/org/bams", "org.freedesktop.DBus.Peer", "Ping", timeout_s=LIMIT_S)
            waits.append(time.perf_counter() - start)
            await asyncio.sleep(0.005)

    pinging = asyncio.create_task(ping())
    await asyncio.sleep(0.2)
    start = time.perf_counter()
    [found] = await bus.call("org.bams", "/org/bams/Iscsi", "org.bams.Iscsi", "GetDrift", timeout_s=LIMIT_S)
    seconds = time.perf_counter() - start
    pinging.cancel()
    await asyncio.gather(pinging, return_exceptions=True)
    await other.close()
    if found:
        raise RuntimeError(f"there is drift: {found[:2]}")
    return seconds, max(waits)


def yardstick() -> float:
    """Seconds that a plain walk over the same tree takes, reading nothing."""
    start = time.perf_counter()
    subprocess.run(["ls", "-R", "/sys/kernel/config/target"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


async def measured(bus: Connection, count: int) -> dict[str, Any]:
    await wish(count)
    await bams(bus)
    first = await apply(bus)
    again = [await apply(bus) for _ in range(ROUNDS)]
    pid = int(shell("systemctl", "show", "-P", "MainPID", "bamsd.service"))
    before = cpu_s(pid)[0]
    looks = [await drift(bus) for _ in range(ROUNDS)]
    cpu = (cpu_s(pid)[0] - before) / ROUNDS
    return {
        "count": count,
        "apply_s": first,
        "again_s": spread(again),
        "drift_s": spread([seconds for seconds, _ in looks]),
        "wait_s": spread([wait for _, wait in looks]),
        "drift_cpu_s": cpu,
        "walk_s": yardstick(),
    }


async def main(few: int, many: int) -> None:
    make_files(many)
    bus = await Connection.open()
    await forget()
    found: dict[str, Any] = {"few": await measured(bus, few)}
    await forget()
    found["targetcli_s"] = by_targetcli(few)
    await forget()
    found["many"] = await measured(bus, many)
    await bus.close()
    print(json.dumps(found))


def _numbers(words: Sequence[str]) -> tuple[int, int]:
    few, many = map(int, words)
    return few, many


if __name__ == "__main__":
    asyncio.run(main(*_numbers(sys.argv[1:])))
