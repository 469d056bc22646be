"""Measures org.bams.Disk on this host with the fakes: 1,000 repositories, on a bus of its own, without a machine."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from bamsd.disk.lvm_marks import tags_of
from bamsd.disk.models import Mark
from tests.bench.wire import RawBus
from tests.bus.disks import DISK, Disks, prepare
from tests.bus.stack import Stack, running
from tests.fakes import lvm_world
from tests.fakes.disks_lvm import GIB

COUNT = 1000
ROUNDS = 10
LIMIT_S = 120.0


def cpu_s(pid: int) -> tuple[float, float]:
    """Seconds of CPU of a process itself, and of the programs that it started and that have ended: proc(5), stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own, theirs = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
    ticks = os.sysconf("SC_CLK_TCK")
    return own / ticks, theirs / ticks


def fill(stack: Stack) -> None:
    """Thin volumes with the marks of repositories; bamsd has not seen them yet."""
    with stack.lvm.changing() as state:
        for number in range(COUNT):
            volume = lvm_world.new_volume(
                "thin", GIB, pool="tp0", tags=sorted(tags_of(Mark(str(uuid4()), "block", "")))
            )
            state["groups"]["vg0"]["volumes"][f"v{number}"] = volume


async def refreshes(disks: Disks, pid: int) -> dict[str, float]:
    """Seconds and CPU of a Refresh when nothing has changed."""
    before, start = cpu_s(pid), time.perf_counter()
    for _ in range(ROUNDS):
        await disks.client.call(DISK, "org.bams.Disk.Refresh", "a{sv}", {})
    seconds, after = time.perf_counter() - start, cpu_s(pid)
    return {
        "s": seconds / ROUNDS,
        "own_cpu_s": (after[0] - before[0]) / ROUNDS,
        "tools_cpu_s": (after[1] - before[1]) / ROUNDS,
    }


def objects(socket: Path, pid: int) -> dict[str, float]:
    """Median seconds, CPU of bamsd and bytes of GetManagedObjects."""

    def asked() -> Iterator[tuple[float, int]]:
        for _ in range(ROUNDS):
            start = time.perf_counter()
            size = bus.managed_objects("org.bams", "/org/bams")
            yield time.perf_counter() - start, size

    with RawBus(str(socket)) as bus:
        before = cpu_s(pid)[0]
        answers = list(asked())
        used = cpu_s(pid)[0] - before
    return {"s": statistics.median(s for s, _ in answers), "own_cpu_s": used / ROUNDS, "bytes": answers[-1][1]}


async def until_all_are_there(disks: Disks) -> None:
    deadline = time.monotonic() + LIMIT_S
    while len(await disks.repositories()) < COUNT:
        if time.monotonic() > deadline:
            raise TimeoutError(f"bamsd does not show {COUNT} repositories; its log: {disks.stack.log}")
        await asyncio.sleep(0.5)


async def measured(directory: Path) -> dict[str, Any]:
    async with running(directory) as stack:
        stack.start_polkit()
        prepare(stack)
        fill(stack)
        process = await stack.daemon()
        disks = Disks(stack, await stack.client())
        await until_all_are_there(disks)
        found: dict[str, Any] = {"count": COUNT, "refresh": await refreshes(disks, process.pid)}
        found["objects"] = await asyncio.to_thread(objects, directory / "bus", process.pid)
        return found


def measure() -> dict[str, Any]:
    """All figures of this part."""
    with tempfile.TemporaryDirectory(prefix="bams-bench-") as directory:
        return asyncio.run(measured(Path(directory)))


if __name__ == "__main__":
    print(measure())
