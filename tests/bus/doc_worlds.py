"""The hosts on which the examples of the documentation are run, page by page: what a page takes for given."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bus import test_delivery
from tests.bus.ctl import Appliance, appliance
from tests.bus.stack import Stack
from tests.fakes.disks_lvm import GIB
from tests.fakes.journal import Journal

LIBRARY = "LIB1"
VMSTORE = "iqn.2026-01.org.example:vmstore"
LINUX = "iqn.1993-08.org.debian:01:abcdef"
_NAMED = re.compile(r"^  Name = \"?([^\"\n]+)\"?$", re.MULTILINE)


@dataclass
class DocWorld:
    """One page's host."""

    stack: Stack
    appliance: Appliance

    def secret_file(self, secret: str) -> Path:
        """A file with a secret of 14 characters that begins like this."""
        file = self.stack.directory / f"secret-{secret}"
        file.write_text(f"{secret.ljust(14, 'x')}\n")
        return file

    async def before(self, page: str, command: str) -> None:
        """What happened on the host before somebody types this."""
        if happening := BEFORE.get((page, command)):
            await happening(self)

    async def after(self, command: str) -> None:
        """What follows from a command elsewhere than in BAMS."""
        await self.appliance.show_volumes()
        if command.startswith("bamsctl bacula config apply") and "--dry-run" not in command:
            self.tell_director()

    def tell_director(self) -> None:
        """The fake Director knows what BAMS's part of its configuration names."""
        text = self.stack.directory / "etc" / "bacula" / "bams.d" / "director.conf"
        if not text.exists():
            return
        kinds: dict[str, list[str]] = {"storages": [], "pools": []}
        for resource in text.read_text().split("\n}\n"):
            if name := _NAMED.search(resource):
                kinds["pools" if "\nPool {" in f"\n{resource}" else "storages"].append(name[1])
        self.appliance.world.bacula.set(**kinds)

    async def pool(self, name: str, disk: str) -> None:
        await self.appliance.world.disks.done("CreatePool", "ssas", name, "lvm", [str(self.stack.host.dev / disk)])

    async def log_in(self, iqn: str, initiator: str) -> None:
        secret = self.secret_file("First-Secret.1").read_text().strip()
        assert self.appliance.side.log_in(iqn, initiator, "joe", secret), f"{initiator} is not let in"


async def newest_job(world: DocWorld, found: re.Match[str]) -> str:
    objects = await world.appliance.world.client.objects()
    return str(max(int(path.rsplit("/", 1)[-1]) for path, of in objects.items() if "org.bams.Job" in of))


async def newest_bundle(world: DocWorld, found: re.Match[str]) -> str:
    bundles = await world.appliance.shell.json("bundle", "list")
    return str(bundles[0]["name"])


async def newest_export(world: DocWorld, found: re.Match[str]) -> str:
    exports = await world.appliance.shell.json("config", "exports")
    return str(exports[0]["name"])


async def one_session(world: DocWorld, found: re.Match[str]) -> str:
    sessions = await world.appliance.shell.json("iscsi", "sessions", found[1])
    return f"{found[1]} {sessions[0]['id']}"


Happening = Callable[[DocWorld], Awaitable[None]]


async def _linux_logs_in(world: DocWorld) -> None:
    await world.log_in(VMSTORE, LINUX)


async def _linux_logs_out(world: DocWorld) -> None:
    world.appliance.side.kernel.log_out(VMSTORE, LINUX)


async def _refused_configuration(world: DocWorld) -> None:
    await test_delivery.break_configuration(world.stack, world.appliance.world.client)
    world.stack.write_config()


async def _made_by_hand(world: DocWorld) -> None:
    await world.appliance.world.disks.create("byhand", "vg1")
    await world.appliance.show_volumes()
    device = next(d for d in world.appliance.side.backing if d.endswith("byhand"))
    world.appliance.side.make_by_hand("iqn.2026-01.org.example:by-hand", device, LINUX)


BEFORE: dict[tuple[str, str], Happening] = {
    ("docs/guide/iscsi.md", "bamsctl iscsi sessions"): _linux_logs_in,
    ("docs/guide/iscsi.md", "bamsctl iscsi drift"): _linux_logs_out,
    ("docs/guide/alerts.md", "bamsctl alerts"): _refused_configuration,
    ("docs/guide/troubleshooting.md", "bamsctl iscsi import iqn.2026-01.org.example:by-hand"): _made_by_hand,
}


async def _with_repository(world: DocWorld) -> None:
    await world.pool("vg1", "vdd")
    await world.appliance.world.disks.create("vmstore", "vg1")


async def _with_group(world: DocWorld) -> None:
    await world.pool("vg1", "vdd")


async def _with_all(world: DocWorld) -> None:
    """Pools, a repository that is mounted, a target, and Bacula as the guide has set it up."""
    shell = world.appliance.shell
    await _with_repository(world)
    dev = world.stack.host.dev
    by_id = [str(dev / "disk" / "by-id" / f"wwn-0x5000c500a1b2c30{n}") for n in (2, 3)]
    await shell.did("disk", "pool", "create", "safe", "zfs", *by_id, "--layout", "mirror")
    await shell.did("disk", "create", "daily", "vg1", "1G", "--filesystem")
    await world.appliance.show_volumes()
    await shell.did("iscsi", "create", VMSTORE, "--initiator", LINUX)
    await shell.did("iscsi", "lun", "add", VMSTORE, "vmstore", "--apply")
    await shell.did("bacula", "config", "apply", "--local-director")
    world.tell_director()


PREPARED: dict[str, Happening] = {
    "docs/man/bamsctl.1": _with_repository,
    "docs/guide/iscsi.md": _with_group,
    "docs/guide/bacula.md": _with_group,
    "docs/guide/troubleshooting.md": _with_all,
    "docs/guide/own-state.md": _with_all,
}


def _furnish(page: str, stack: Stack) -> None:
    """What is there before the daemon."""
    stack.host.add_disk("vdd", 100 * GIB, serial="Svdd")
    stack.lvm.add_device(str(stack.host.dev / "vdd"), 100 * GIB)
    for number in range(1, 5):
        stack.host.add_disk(f"sd{number}", 60 * GIB, serial=f"Ssd{number}", wwn=f"0x5000c500a1b2c30{number}")
        stack.lvm.add_device(str(stack.host.dev / f"sd{number}"), 60 * GIB)
    journal = Journal(stack.directory / "journal")
    journal.write("a line")
    journal.finish()
    settings: dict[str, Any] = stack.config
    settings["paths"]["journal"] = str(journal.folder)
    settings["overview"] = {"sample_interval_s": 0.5}  # else the series of a page begin with the next minute
    if page.startswith("docs/guide/"):
        test_delivery.prepare(stack)
    stack.start_systemd()


@asynccontextmanager
async def of(page: str, stack: Stack) -> AsyncIterator[DocWorld]:
    _furnish(page, stack)
    async with appliance(stack, library=LIBRARY, cleaning=page.startswith("docs/guide/")) as found:
        world = DocWorld(stack, found)
        if prepare := PREPARED.get(page):
            await prepare(world)
        await found.show_volumes()
        yield world
