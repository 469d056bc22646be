"""Which block devices Bacula's storage daemon writes to: directly, or in a directory of a file system on them."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bamsd.bacula import bsdjson
from bamsd.bacula.archive_text import ArchiveDevice
from bamsd.core.holders import Holder
from bamsd.errors import ToolFailed, shown
from bamsd.system import block
from bamsd.system.patience import Patience

TIMEOUT_S = 30.0

MountPoints = Callable[[str], Iterable[str]]
"""Where a device is mounted when it is: its mount unit's place, also while it is not mounted."""


class ArchiveDevices:
    """A source for ``core.holders``. Without Bacula nobody holds anything."""

    def __init__(
        self,
        ask: bsdjson.AskRights,
        proc: Path = Path("/proc"),
        sysfs: Path = Path("/sys"),
        dev: Path = Path("/dev"),
        *,
        configurations: Sequence[Path] = bsdjson.CONFIGURATIONS,
        mount_points: MountPoints = lambda device: (),
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._ask = ask
        self._roots = block.Roots(proc, sysfs, dev)
        self._configurations = configurations
        self._mount_points = mount_points
        self._patience = Patience(timeout_s)

    async def __call__(self, device: str) -> tuple[Holder, ...]:
        """Bacula's devices on this block device. Raises ``ToolFailed`` when they cannot be told, ``TimedOut``."""
        configured = await bsdjson.archive_devices(self._ask, self._configurations)
        if not configured:
            return ()
        points = tuple(self._mount_points(device))
        return await self._patience.call(device, lambda: self._matching(device, configured, points))

    def _matching(self, device: str, configured: Sequence[ArchiveDevice], points: Sequence[str]) -> tuple[Holder, ...]:
        try:
            node = block.node(device, self._roots)
            listed = block.mounts(self._roots)
            mounted = {mount.point for mount in _mounts(node, listed, self._roots)} if node else set()
        except OSError as error:
            raise ToolFailed(f"Whether Bacula uses {device} cannot be told: {error.strerror or error}.") from error
        found = []
        for archive in configured:
            path = os.path.normpath(archive.path)
            is_it = path == os.path.normpath(device) or (node is not None and block.is_device(path, node))
            within = mount_point_of(path, (mount.point for mount in listed)) in mounted
            if is_it or within or any(_is_in(path, os.path.normpath(point)) for point in points):
                found.append(_holder(archive))
        return tuple(found)


def _mounts(node: block.Node, listed: Sequence[block.Mount], roots: block.Roots) -> Iterable[block.Mount]:
    """Mounts of the device and of its partitions."""
    yield from block.mounts_of(node, listed)
    for name in block.partitions(node.name, roots) if node.name else ():
        path = block.node_path(name, roots)
        yield from block.mounts_of(block.Node(path, path, block.number_of_name(name, roots), name), listed)


def mount_point_of(path: str, points: Iterable[str]) -> str:
    """The mount point that a path lies below: the longest one. Links on the way are followed."""
    real = os.path.realpath(path)
    return max((point for point in points if _is_in(real, point)), key=len, default="")


def _is_in(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def _holder(archive: ArchiveDevice) -> Holder:
    path, name = shown(archive.path), shown(archive.name)
    called = f"{name} (archive device {path})" if name else f"archive device {path}"
    release = f"Take the device {name or path} out of bacula-sd.conf and restart bacula-sd when no job runs."
    return Holder("bacula-device", called, release)
