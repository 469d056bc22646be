"""Puts the parts of org.bams.Iscsi together: register, stacks, books, service, watch."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bamsd.config import Config, IscsiSettings
from bamsd.core.alerts import Alerts
from bamsd.core.holders import Holder, Holders
from bamsd.core.jobs import Job, Jobs
from bamsd.core.store import Store
from bamsd.iscsi import pacemaker, recovery
from bamsd.iscsi.books import Books, Listener
from bamsd.iscsi.file_backing import file_backing
from bamsd.iscsi.lio import Lio
from bamsd.iscsi.models import Backing
from bamsd.iscsi.portable import Targets
from bamsd.iscsi.register import Register
from bamsd.iscsi.scst import Scst
from bamsd.iscsi.sealed import SealedFile
from bamsd.iscsi.service import Iscsi
from bamsd.iscsi.stacks import Stacks
from bamsd.iscsi.through_scstadmin import ThroughScstadmin
from bamsd.iscsi.tree import Files
from bamsd.iscsi.watch import IscsiWatch

Repositories = Callable[[], Mapping[str, Backing]]
"""All repositories of BAMS by UUID."""

_BOOT = "iscsi_boot"


class IscsiArea:
    """The running area: its service, and what keeps it current."""

    def __init__(
        self,
        settings: Config,
        store: Store,
        jobs: Jobs,
        alerts: Alerts,
        holders: Holders,
        listener: Listener,
        repositories: Repositories,
        find_repository: Callable[[str], Backing],
    ) -> None:
        paths = settings.paths
        self._store = store
        self._jobs = jobs
        self._boot_id = paths.proc / "sys/kernel/random/boot_id"
        self._mount_root = settings.disk.mount_root
        self._find_repository = find_repository
        scst = Scst(Files(paths.sysfs / "kernel/scst_tgt"), paths.etc / "scst.conf")
        lio = Lio(Files(paths.sysfs / "kernel/config/target"), _saveconfig(paths.etc))
        self._stacks = Stacks(store, (scst, lio), settings.iscsi.stack)
        self._sealed = SealedFile(paths.state)
        register = Register(store, self._sealed)
        cib = paths.var_lib / pacemaker.CIB
        self._books = Books(register, self._stacks, repositories, alerts, listener, lambda: pacemaker.targets(cib))
        self._through = ThroughScstadmin(register, repositories, paths.state)
        self._choose_way(settings.iscsi)
        self.service = Iscsi(self._books, jobs, holders.of, self._backing)
        self.portable = Targets(self.service, self._backing)
        self.watch = IscsiWatch(self._books, self.service.turn, settings.iscsi.poll_interval_s)

    async def holders(self, device: str) -> Sequence[Holder]:
        """Our LUNs on a device, also those that are not in force yet."""
        return await self.service.holders(device)

    async def open(self) -> None:
        """Before the disks can be changed: a repository that is a LUN must not be taken for a free one."""
        await self._stacks.open()
        await self._books.open()

    async def start(self, interrupted: Sequence[Job]) -> None:
        """After the disks were looked at."""
        boot = await asyncio.to_thread(_text, self._boot_id)
        rebooted = await self._store.recall(_BOOT) != boot
        async with self.service.turn.read():
            self._books.release()
            await recovery.start(self._books, self._jobs, interrupted, rebooted=rebooted)
        if rebooted and not self._books.found.problem:
            await self._store.remember(_BOOT, boot)
        self.watch.start()

    async def secrets(self) -> Sequence[str]:
        """Every secret of CHAP, for whoever keeps them out of a text. Raises ToolFailed when they cannot be opened."""
        return tuple((await self._sealed.open()).values())

    def configure(self, settings: IscsiSettings) -> None:
        """Take new settings at a reload."""
        self.watch.interval_s = settings.poll_interval_s
        self._stacks.setting = settings.stack
        self._choose_way(settings)
        self.watch.look()

    def _choose_way(self, settings: IscsiSettings) -> None:
        self._books.through = self._through if settings.apply_with == "scstadmin" else None

    async def stop(self) -> None:
        await self.watch.stop()

    async def _backing(self, name: str) -> Backing:
        if name.startswith("/"):
            return await asyncio.to_thread(file_backing, name, Path(self._mount_root))
        return self._find_repository(name)


def _text(path: Path) -> str:
    """Empty where it cannot be read."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _saveconfig(etc: Path) -> Path:
    """Where rtslib looks at boot: Debian's own place, that of other distributions where theirs is there."""
    elsewhere = etc / "target"
    return (elsewhere if elsewhere.is_dir() else etc / "rtslib-fb-target") / "saveconfig.json"
