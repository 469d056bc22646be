"""A running daemon with fake disks and a fake target stack, and the words of org.bams.Iscsi."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bamsd.core.names import target_path
from bamsd.errors import BamsError
from tests.bus.disks import Disks, connected, prepare
from tests.bus.stack import Client, Stack, until
from tests.fakes.disks_lvm import MIB
from tests.fakes.scst_kernel import ScstKernel
from tests.fakes.tree_fs import mounted

ISCSI = "/org/bams/Iscsi"
A, B = "iqn.2026-01.org.example:a", "iqn.2026-01.org.example:b"
HOST, OTHER = "iqn.1993-08.org.debian:01:host", "iqn.1993-08.org.debian:01:other"
PLACES = {"scst": "kernel/scst_tgt", "lio": "kernel/config/target"}


@contextmanager
def kernel_of(stack: Stack, name: str = "scst") -> Iterator[ScstKernel]:
    """A target stack where sysfs or configfs shows it. It outlives the daemon, as a kernel does."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("there is no FUSE here, which shows the daemon a fake kernel")
    kernel = ScstKernel()
    prepare(stack)
    with mounted(kernel, stack.directory / "sys" / PLACES[name]):
        yield kernel


class Targets:
    """org.bams.Iscsi as a client sees it."""

    def __init__(self, disks: Disks, kernel: ScstKernel) -> None:
        self.disks, self.kernel = disks, kernel
        self.stack: Stack = disks.stack
        self.client: Client = disks.client

    async def job(self, member: str, signature: str, *words: Any, **options: Any) -> dict[str, Any]:
        """Call a changing method and wait for its end; the properties of the job."""
        answer = await self.client.call(ISCSI, f"org.bams.Iscsi.{member}", f"{signature}a{{sv}}", *words, options)
        return await self.client.job(answer[0] if isinstance(answer, list) else answer)

    async def done(self, member: str, signature: str, *words: Any, **options: Any) -> dict[str, Any]:
        job = await self.job(member, signature, *words, **options)
        assert job["State"] == "succeeded", job
        result: dict[str, Any] = job["Result"]
        return result

    async def refused(self, member: str, signature: str, *words: Any, **options: Any) -> BamsError:
        given = {"wait": True} | options
        return await self.client.fails(ISCSI, f"org.bams.Iscsi.{member}", f"{signature}a{{sv}}", *words, given)

    async def plan(self, member: str, signature: str, *words: Any, **options: Any) -> list[dict[str, Any]]:
        job = await self.job(member, signature, *words, dry_run=True, **options)
        assert job["State"] == "planned"
        plan: list[dict[str, Any]] = job["Result"]["plan"]
        return plan

    async def target(self, iqn: str) -> dict[str, Any]:
        return await self.client.get(target_path(iqn), "org.bams.Iscsi.Target")

    async def state(self, iqn: str) -> str:
        return str((await self.target(iqn))["State"])

    async def targets(self) -> set[str]:
        found = (await self.client.objects()).values()
        return {o["org.bams.Iscsi.Target"]["Iqn"] for o in found if "org.bams.Iscsi.Target" in o}

    async def drift(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.client.call(ISCSI, "org.bams.Iscsi.GetDrift")
        return found

    async def sessions(self, iqn: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.client.call(ISCSI, "org.bams.Iscsi.ListSessions", "s", iqn)
        return found

    async def repository(self, name: str, pool: str = "vg0", size: int = 64 * MIB) -> str:
        """Make a repository that the kernel can open; its device."""
        await self.disks.create(name, pool, size)
        device = str((await self.disks.repository(pool, name))["Device"])
        self.kernel.backing[device] = size
        return device

    async def alerts(self) -> dict[str, str]:
        return {id: text for id, text in (await self.disks.alerts()).items() if id.startswith("iscsi-")}


async def ready(stack: Stack, kernel: ScstKernel) -> Targets:
    """Start the daemon and wait until it has looked at the target stack."""
    await stack.daemon()
    disks = await connected(stack)
    for client in [disks.client]:
        await until_ready(client)
    return Targets(disks, kernel)


async def until_ready(client: Client) -> None:
    for _ in range(1000):
        if (await client.get(ISCSI, "org.bams.Iscsi"))["BackendText"] != "It was not read yet.":
            return
        await until(lambda: True, "a turn of the loop")
    raise AssertionError("bamsd did not look at the target stack")
