"""A running daemon with fake tapes, disks and Bacula, and the words of org.bams.Bacula."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bamsd.errors import BamsError
from tests.bus import disks, tapes
from tests.bus.disks import Disks
from tests.bus.stack import Client, Stack
from tests.bus.tapes import Library
from tests.fakes.bacula import FakeBacula
from tests.fakes.tape_library import Changer, FakeTapes

BACULA, INTERFACE = "/org/bams/Bacula", "org.bams.Bacula"


class World:
    """Everything of one test."""

    def __init__(self, stack: Stack, bacula: FakeBacula, robots: FakeTapes) -> None:
        self.stack, self.bacula, self.tapes = stack, bacula, robots
        self.client: Client
        self.disks: Disks

    async def call(self, member: str, signature: str = "", *words: Any) -> Any:
        return await self.client.call(BACULA, f"{INTERFACE}.{member}", signature, *words)

    async def status(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.call("GetStatus")
        return found

    async def job(self, member: str, signature: str = "", *words: Any, **options: Any) -> dict[str, Any]:
        path = await self.call(member, f"{signature}a{{sv}}", *words, options)
        return await self.client.job(path)

    async def done(self, member: str, signature: str = "", *words: Any, **options: Any) -> dict[str, Any]:
        job = await self.job(member, signature, *words, **options)
        assert job["State"] == "succeeded", job
        result: dict[str, Any] = job["Result"]
        return result

    async def refused(self, member: str, signature: str = "", *words: Any, **options: Any) -> BamsError:
        given = {"wait": True} | options
        return await self.client.fails(BACULA, f"{INTERFACE}.{member}", f"{signature}a{{sv}}", *words, given)

    async def alerts(self) -> dict[str, str]:
        found = await self.client.get("/org/bams", "org.bams.Manager")
        return {alert["id"]: alert["summary"] for alert in found["Alerts"]}

    async def connect(self) -> None:
        self.disks = await disks.connected(self.stack)
        self.client = self.disks.client
        for changer in self.serials:
            await Library(self.client, changer).is_in("ready")

    @property
    def serials(self) -> Sequence[str]:
        return self._serials

    _serials: Sequence[str] = ()


@asynccontextmanager
async def fakes(
    stack: Stack,
    changers: Sequence[Changer] = (Changer(),),
    *,
    monitor: bool = True,
    director: bool = True,
    **settings: object,
) -> AsyncIterator[World]:
    """Disks, tapes and Bacula, before there is a daemon. ``settings`` go into its section bacula."""
    disks.prepare(stack)
    robots = tapes.prepare(stack, changers)
    bacula = FakeBacula(stack.directory, monitor=monitor, director=director)
    await bacula.start()
    stack.config["bacula"] = {"user": bacula.user, "scripts": str(bacula.scripts), "start_timeout_s": 20}
    stack.config["bacula"] |= {"idle_interval_s": 0.05, "status_timeout_s": 20} | settings
    found = World(stack, bacula, robots)
    found._serials = [changer.serial for changer in changers]
    try:
        yield found
    finally:
        await bacula.daemon.stop()


@asynccontextmanager
async def world(
    stack: Stack,
    changers: Sequence[Changer] = (Changer(),),
    *,
    monitor: bool = True,
    director: bool = True,
    **settings: object,
) -> AsyncIterator[World]:
    """Fakes, daemon, client; every library was read."""
    async with fakes(stack, changers, monitor=monitor, director=director, **settings) as found:
        await stack.daemon()
        await found.connect()
        yield found
