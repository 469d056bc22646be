"""What somebody else does while a dialog is open, so that the daemon refuses what the dialog asks for.

Each is undone at its end, so that the next dialog finds the host as it was.
"""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from tests.browser.host import Host
from tests.bus.stack import LIMIT_S, until
from tests.bus.tapes import LIB, TAPE, Library, kept_open
from tests.bus.targets import HOST, A, B, Targets
from tests.fakes import device_header

Obstacle = Callable[[Host], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def nothing_in_the_way(host: Host) -> AsyncIterator[None]:
    """What was typed is enough to be refused."""
    yield


def changed(does: tuple[Any, ...], undoes: tuple[Any, ...]) -> Obstacle:
    """Another client calls org.bams.Disk: the method, its signature and what goes in. What is lost is confirmed."""

    async def call(host: Host, words: tuple[Any, ...]) -> None:
        confirmed = {"confirm": words[-1]} if words[0].startswith("Delete") else {}
        await host.world.disks.done(*words, **confirmed)

    @asynccontextmanager
    async def obstacle(host: Host) -> AsyncIterator[None]:
        await call(host, does)
        try:
            yield
        finally:
            await call(host, undoes)

    return obstacle


def formatted(disk: str) -> Obstacle:
    """A person makes a file system on a disk that was empty."""

    @asynccontextmanager
    async def obstacle(host: Host) -> AsyncIterator[None]:
        device = str(host.stack.host.dev / disk)
        host.stack.host.set_signature(device, "ext4")
        try:
            yield
        finally:
            device_header.write(device, [])

    return obstacle


def mounted(group: str, volume: str) -> Obstacle:
    """A person mounts the volume by hand."""

    @asynccontextmanager
    async def obstacle(host: Host) -> AsyncIterator[None]:
        before = host.stack.host.mountinfo.read_text()
        host.stack.host.mount(str(host.stack.lvm.device(group, volume)), "/mnt/by-hand")
        try:
            yield
        finally:
            host.stack.host.mountinfo.write_text(before)

    return obstacle


def opened(repository: str) -> Obstacle:
    """A program works in the file system of a repository."""

    @asynccontextmanager
    async def obstacle(host: Host) -> AsyncIterator[None]:
        point = f"{host.stack.directory}/srv/{repository}"
        host.stack.host.set_busy_mount(point)
        try:
            yield
        finally:
            host.stack.host.set_busy_mount(point, busy=False)

    return obstacle


def failing(words: str, stderr: str) -> Obstacle:
    """The next such program of the host fails."""

    @asynccontextmanager
    async def obstacle(host: Host) -> AsyncIterator[None]:
        host.stack.host.fail_next(words, f"{stderr}\n")
        yield

    return obstacle


def busy_group(group: str) -> Obstacle:
    """Somebody makes a repository in the volume group, and that takes long."""

    @asynccontextmanager
    async def obstacle(host: Host) -> AsyncIterator[None]:
        disks = host.world.disks
        gate = disks.lvm.hang_next("lvcreate")
        making = asyncio.create_task(disks.create("slow", group))
        try:
            await until(disks.lvm.hangs, "lvcreate")
            yield
        finally:
            gate.open()
            await making
            await disks.done("DeleteRepository", "s", "slow", confirm="slow")

    return obstacle


# Tape


async def look_again(host: Host) -> None:
    """The daemon learns what was done by hand."""
    await host.world.client.call(TAPE, "org.bams.Tape.Refresh", "a{sv}", {})


@asynccontextmanager
async def switched_off(host: Host) -> AsyncIterator[None]:
    """The library goes offline, and the daemon does not know."""
    host.world.tapes.set(LIB, offline=True)
    try:
        yield
    finally:
        host.world.tapes.set(LIB, offline=False)
        await look_again(host)


def put(slot: int) -> Obstacle:
    """A person puts a cartridge into a slot, and the daemon does not know."""

    @asynccontextmanager
    async def obstacle(host: Host) -> AsyncIterator[None]:
        host.world.tapes.put(LIB, slot, "ALIEN1L8")
        try:
            yield
        finally:
            host.world.tapes.take(LIB, slot)
            await look_again(host)

    return obstacle


def emptied(slot: int, *, is_known: bool = False) -> Obstacle:
    """A person takes the cartridge out of a slot. The daemon does not know, or has looked since."""

    @asynccontextmanager
    async def obstacle(host: Host) -> AsyncIterator[None]:
        tapes = host.world.tapes
        barcode = tapes.barcode_in_slot(LIB, slot)
        assert barcode
        tapes.take(LIB, slot)
        try:
            if is_known:
                await look_again(host)
            yield
        finally:
            tapes.put(LIB, slot, barcode)
            await look_again(host)

    return obstacle


def held(drive: int) -> Obstacle:
    """A program has the tape drive open."""

    @asynccontextmanager
    async def obstacle(host: Host) -> AsyncIterator[None]:
        node = (await Library(host.world.client).drive(drive))["Device"]
        with kept_open(node):
            yield
        await look_again(host)

    return obstacle


# iSCSI


@asynccontextmanager
async def busy_targets(host: Host) -> AsyncIterator[None]:
    """Somebody makes a target, and the kernel takes its time."""
    assert host.side
    side, targets, may_go_on = host.side, Targets(host.world.disks, host.side), threading.Event()

    def wait() -> None:
        may_go_on.wait(LIMIT_S)

    side.reached.at(1, wait)
    making = asyncio.create_task(targets.done("CreateTarget", "s", B, apply=True))
    try:
        await until(lambda: side.reached.fired, "the kernel")
        yield
    finally:
        may_go_on.set()
        await making
        await targets.done("DeleteTarget", "s", B, confirm=B, apply=True)


@asynccontextmanager
async def logged_out(host: Host) -> AsyncIterator[None]:
    """The initiator leaves."""
    assert host.side
    host.side.log_out(A, HOST)
    try:
        yield
    finally:
        assert host.side.log_in(A, HOST)


# Bacula


@asynccontextmanager
async def running_job(host: Host) -> AsyncIterator[None]:
    """A backup begins."""
    host.world.bacula.run_job()
    try:
        yield
    finally:
        host.world.bacula.set(running=[])


@asynccontextmanager
async def silent_director(host: Host) -> AsyncIterator[None]:
    """The Director ends."""
    host.world.bacula.set(director=False)
    try:
        yield
    finally:
        host.world.bacula.set(director=True)


def without(kind: str, name: str) -> Obstacle:
    """The Director gets a configuration without a storage or pool ("storages", "pools")."""

    @asynccontextmanager
    async def obstacle(host: Host) -> AsyncIterator[None]:
        before = host.world.bacula.get(kind)
        host.world.bacula.set(**{kind: [known for known in before if known != name]})
        try:
            yield
        finally:
            host.world.bacula.set(**{kind: before})

    return obstacle


@asynccontextmanager
async def no_folder_of_rules(host: Host) -> AsyncIterator[None]:
    """udev is not installed as it should be."""
    folder = host.stack.directory / "etc/udev/rules.d"
    kept = folder.with_name("kept")
    folder.rename(kept)
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()
        kept.rename(folder)


# Bundles


@asynccontextmanager
async def busy_bundles(host: Host) -> AsyncIterator[None]:
    """Somebody makes a bundle, and a program that tells about the host takes its time."""
    client = host.world.client
    gate = host.stack.host.hang_next("lsblk --json --bytes --output-all")
    making = await client.call("/org/bams", "org.bams.Manager.CreateBundle", "a{sv}", {})
    try:
        yield
    finally:
        await client.call(making, "org.bams.Job.Cancel", "a{sv}", {})
        await client.job(making)
        gate.open()


@asynccontextmanager
async def no_bundle(host: Host) -> AsyncIterator[None]:
    """Somebody else has deleted the old bundle."""
    (file,) = (host.stack.directory / "state/bundles").glob("*20260101*")
    kept = host.stack.directory / file.name
    shutil.move(file, kept)
    try:
        yield
    finally:
        shutil.move(kept, file)
