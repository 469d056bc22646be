"""A whole simulated host: the shipped daemon with every fake of the tests at once, for browsers and for `make demo`.

async with simulated(directory) as host:     # the daemon runs and knows all devices
    host.kill()                              # it died; host.start() is what systemd would do
"""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.bus import bacula
from tests.bus.bacula import World
from tests.bus.stack import Stack, running
from tests.bus.targets import Lio, Scst, Side
from tests.fakes.host_systemd import UNIT, HostSystemd
from tests.fakes.journal import Journal
from tests.fakes.tape_library import Changer
from tests.fakes.tree_fs import mounted

LOOK_S, RESTART_S = 0.5, 3.0


class DeviceSizes(dict[str, int]):
    """The sizes of the host's block devices, as they are at the moment somebody asks."""

    def __contains__(self, path: object) -> bool:
        return os.path.isfile(str(path))

    def __getitem__(self, path: str) -> int:
        return os.path.getsize(path)


class Host:
    """``world`` has the fakes of disks, tapes and Bacula, ``side`` those of iSCSI; None where there is no FUSE."""

    def __init__(self, stack: Stack, world: World, side: Side | None, journal: Journal) -> None:
        self.stack, self.world, self.side, self.journal = stack, world, side, journal
        self.systemd = HostSystemd(stack.address, self.units, self.start)
        self._process: subprocess.Popen[bytes] | None = None
        self.is_installed = True
        self.restarts = False
        """systemd is about to start the daemon again, as it does after a crash."""

    def units(self) -> dict[str, str]:
        """ActiveState of what is installed: what FakeHost.service was told, Bacula's daemon, and bamsd."""
        file = self.stack.directory / "services.json"
        told: dict[str, dict[str, str]] = json.loads(file.read_text()) if file.exists() else {}
        known = {name: row["ActiveState"] for name, row in told.items()}
        known["bacula-sd.service"] = "active" if self.world.bacula.get("active") else "failed"
        return known | ({UNIT: self.unit_state()} if self.is_installed else {})

    def unit_state(self) -> str:
        if self._process is None:
            return "activating" if self.restarts else "inactive"
        code = self._process.poll()
        if code is None:
            return "active"
        if self.restarts:
            return "activating"
        return "inactive" if code == 0 else "failed"

    async def start(self) -> None:
        if self.unit_state() != "active":
            self._process = await self.stack.daemon()
        self.restarts = False

    async def stop(self) -> None:
        """As systemctl stop does."""
        if self._process:
            await asyncio.to_thread(self.stack.end, self._process)

    def kill(self) -> None:
        """It dies without a word."""
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        # Not in a thread: while that waits, nobody else can see that the process is gone.
        self._process.wait()

    def freeze(self) -> None:
        """It answers nothing more, until it is killed."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    async def supervise(self) -> None:
        """Start the daemon again after a crash, as its unit says. Ends when it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self.unit_state() == "failed":
                self.restarts = True
                await asyncio.sleep(RESTART_S)
                await self.start()

    async def connect(self) -> None:
        """Wait until the daemon knows every device; ``world.client`` and ``world.disks`` are there afterwards."""
        await self.world.connect()

    async def jobs_done(self) -> list[str]:
        """The jobs that were more than a plan, with what became of them."""
        found = [interfaces.get("org.bams.Job") for interfaces in (await self.world.client.objects()).values()]
        return sorted(f"{job['Description']}: {job['State']}" for job in found if job and job["State"] != "planned")

    def log(self) -> str:
        return self.stack.log.read_text(errors="replace")


def can_show_a_kernel() -> bool:
    """Whether FUSE is here, which shows the daemon a fake kernel."""
    return os.access("/dev/fuse", os.R_OK | os.W_OK)


@asynccontextmanager
async def simulated(
    directory: Path,
    changers: Sequence[Changer] = (Changer(),),
    *,
    stack_type: type[Scst] | type[Lio] = Scst,
    prepare: Callable[[Host], None] = lambda host: None,
) -> AsyncIterator[Host]:
    """Build it and start the daemon. ``prepare`` adds to the fakes before that."""
    async with AsyncExitStack() as ends:
        stack = await ends.enter_async_context(running(directory))
        await asyncio.to_thread(stack.start_polkit)
        world = await ends.enter_async_context(bacula.fakes(stack, changers))
        side: Side | None = None
        if can_show_a_kernel():
            side = stack_type(DeviceSizes())
            ends.enter_context(mounted(side.kernel, stack.host.sysfs / side.place, side.reached))
        journal = Journal(directory / "journal")
        ends.callback(journal.finish)
        stack.config |= {"simulated": True}
        stack.config["paths"]["journal"] = str(journal.folder)
        host = Host(stack, world, side, journal)
        prepare(host)
        await host.systemd.open()
        ends.push_async_callback(host.systemd.close)
        ends.push_async_callback(host.stop)
        await host.start()
        await host.connect()
        yield host
