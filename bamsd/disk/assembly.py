"""Puts the parts of org.bams.Disk together: readers, books, changes, watch."""

import asyncio
import re
from collections.abc import Sequence, Set
from dataclasses import replace
from functools import partial
from pathlib import Path

from bamsd.config import Config, DiskSettings
from bamsd.core.alerts import Alerts
from bamsd.core.holders import Holders
from bamsd.core.jobs import Job, Jobs
from bamsd.core.store import Store
from bamsd.disk import lvm, recovery, wipefs, zfs
from bamsd.disk.books import Books, Listener, Reader
from bamsd.disk.candidates import candidates
from bamsd.disk.changes import Changes
from bamsd.disk.filesystems import Filesystems
from bamsd.disk.kernel_holders import KernelHolders
from bamsd.disk.models import Reading, Stack
from bamsd.disk.portable import Repositories
from bamsd.disk.register import Register
from bamsd.disk.service import Disks
from bamsd.disk.views import Picture, RepositoryView, device_path
from bamsd.disk.watch import DiskWatch
from bamsd.errors import NotSupported
from bamsd.system.block import Roots, mounts


class DiskArea:
    """The running area: its service, and what keeps it current."""

    def __init__(
        self, settings: Config, store: Store, jobs: Jobs, alerts: Alerts, holders: Holders, listener: Listener
    ) -> None:
        paths, disk = settings.paths, settings.disk
        self._limits = disk
        roots = Roots(paths.proc, paths.sysfs, paths.dev)
        kernel = KernelHolders(paths.proc, paths.sysfs, paths.dev, probe=wipefs.probe)
        holders.register(kernel)
        files = Filesystems(paths.units, str(disk.mount_root), disk.mount_owner)
        books = Books(
            Register(store),
            {
                "lvm": lambda: read_below(paths.dev, partial(lvm.read, self._limits.read_timeout_s)),
                "zfs": lambda: read_below(paths.dev, partial(zfs.read, self._limits.read_timeout_s)),
            },
            lambda: _mount_points(roots),
            alerts,
            listener,
            Picture(mount_root=str(disk.mount_root)),
            {"zfs": lambda group: read_below(paths.dev, partial(zfs.read_pool, group, self._limits.read_timeout_s))},
            files.is_blank,
        )
        self._jobs = jobs
        self._books = books
        self._changes = Changes(books, jobs, disk.change_timeout_s)
        self.service = Disks(
            books,
            self._changes,
            holders,
            files,
            lambda: candidates(
                holders.of,
                members=members(books.picture),
                unknown=unknown(books.picture),
                dev=paths.dev,
                include_loop=disk.include_loop_devices,
            ),
            paths.dev,
        )
        self.portable = Repositories(self.service)
        self.watch = DiskWatch(books, disk.poll_interval_s)

    def mount_points(self, device: str) -> tuple[str, ...]:
        """Where the repository on this device belongs, mounted or not."""
        views = self._books.repositories.values()
        return tuple(view.mount_point for view in views if view.device == device and view.mount_point)

    def repositories(self) -> Sequence[RepositoryView]:
        """All repositories that BAMS made, as they are known now."""
        return [view for view in self._books.repositories.values() if view.owned]

    async def start(self, interrupted: Sequence[Job]) -> None:
        await self._books.open()
        await self.watch.start()
        await recovery.start(self._books, self._changes, self._jobs, interrupted)

    def configure(self, settings: DiskSettings) -> None:
        """Take new settings at a reload. The mount root and the owner count from the next start on."""
        self.watch.poll_interval_s = settings.poll_interval_s
        self._changes.limit_s = settings.change_timeout_s
        self._limits = settings

    async def stop(self) -> None:
        await self.watch.stop()


def unknown(picture: Picture) -> dict[str, str]:
    """The signatures on disks of stacks that do not say which pools they have, with why. Words of blkid."""
    signatures: dict[str, Stack] = {"LVM2_member": "lvm", "zfs_member": "zfs"}
    problems = {kind: picture.problem(stack, "") for kind, stack in signatures.items()}
    return {kind: f"{signatures[kind].upper()}: {problem}" for kind, problem in problems.items() if problem}


def members(picture: Picture) -> dict[str, str]:
    """The disks of known pools, in words; ZFS uses a partition that it makes on the disk."""
    found: dict[str, str] = {}
    for pool in picture.pools:
        words = f"zpool {pool.name}" if pool.stack == "zfs" else f"volume group {pool.group}"
        for member in pool.members:
            found[member.path] = words
            if pool.stack == "zfs":
                found[re.sub(r"(-part|p)?[0-9]+$", "", member.path)] = words
    return found


async def read_below(dev: Path, reader: Reader) -> Reading:
    """A reading whose nodes stand below ``dev``. A stack that is not installed has nothing, which is no fault."""
    try:
        reading = await reader()
    except NotSupported:
        return Reading()
    volumes = (replace(v, device=device_path(dev, v.stack, v.full_name)) if v.device else v for v in reading.volumes)
    return replace(reading, volumes=tuple(volumes))


async def _mount_points(roots: Roots) -> Set[str]:
    return frozenset(mount.point for mount in await asyncio.to_thread(mounts, roots))
