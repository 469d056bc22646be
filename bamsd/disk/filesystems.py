"""The file system on a repository: made, mounted by a systemd mount unit, grown, and taken away again."""

import asyncio
import os
import pwd
from functools import partial
from pathlib import Path

from bamsd.disk import mkfs, mount_unit, systemctl, wipefs
from bamsd.disk.acts import Act, act
from bamsd.disk.mkfs import Root
from bamsd.disk.models import Filesystem, Step
from bamsd.errors import AlreadyExists, BamsError

PATIENCE = 3
"""Making or growing a file system may take so many times the limit of other commands."""
LOOK_TIMEOUT_S = 5.0


class Filesystems:
    """``units`` is the folder of systemd's units; repositories are mounted below ``mount_root``."""

    def __init__(self, units: Path, mount_root: str, owner: str) -> None:
        self._units = units
        self._mount_root = mount_root
        self._owner = owner

    def mount_point(self, name: str) -> str:
        return f"{self._mount_root}/{name}"

    def make(self, name: str, kind: Filesystem, uuid: str, device: str, path: str) -> list[Act]:
        root = Root(*_ids(self._owner))
        made = mkfs.xfs(device, uuid, name) if kind == "xfs" else mkfs.ext4(device, uuid, name, root)
        acts = [
            Act(Step(f"Make an {kind} file system on {device}.", "safe", path, made), partial(_mkfs, made, root=root))
        ]
        if kind == "ext4":
            mode = mkfs.ext4_root_mode(device, root)
            acts.append(act(_mkfs, mode, f"Close the file system on {device} to others than its owner.", path))
        return acts

    def mount(self, name: str, kind: Filesystem, device: str, path: str) -> list[Act]:
        """Write the unit and switch it on. Both do no harm when they are done again."""
        point = self.mount_point(name)
        unit = mount_unit.unit_name(point)
        content = mount_unit.unit_text(device, point, kind, f"BAMS repository {name}")
        write = Step(f"Set up the mount at {point}.", "safe", path, done_by=f"write {self._units / unit}")
        enable = systemctl.enable_now(unit)
        return [
            Act(write, partial(self._write, point, content)),
            act(systemctl.change, enable, f"Mount it at {point}, now and at every start.", path),
        ]

    def unmount(self, name: str, path: str) -> list[Act]:
        point = self.mount_point(name)
        unit = mount_unit.unit_name(point)
        return [
            act(systemctl.change, systemctl.stop(unit), f"Unmount {point}.", path, "disconnect"),
            act(systemctl.change, systemctl.disable(unit), f"Do not mount {point} at the next start.", path),
        ]

    def forget(self, name: str, path: str) -> list[Act]:
        """Take the mount unit away. The rules have seen that nothing is mounted."""
        point = self.mount_point(name)
        unit = mount_unit.unit_name(point)
        step = Step(f"Remove the mount unit {unit}.", "safe", path, done_by=f"remove {self._units / unit}")
        return [Act(step, partial(self._remove, point))]

    def grow(self, name: str, kind: Filesystem, device: str, path: str) -> Act:
        argv = mkfs.resize2fs(device) if kind == "ext4" else mkfs.xfs_growfs(self.mount_point(name))
        return act(_mkfs, argv, f"Grow the {kind} file system of {name} to its volume.", path)

    async def check_place(self, name: str) -> None:
        """Whether a new repository can be mounted there: a folder with something in it would be covered."""
        point = Path(self.mount_point(name))
        if await asyncio.to_thread(_occupied, point):
            raise AlreadyExists(f"{point} exists and is not empty. Choose another name, or empty that folder.")

    async def is_made(self, device: str, uuid: str) -> bool:
        """Whether the repository's own file system stands on the device."""
        found = await wipefs.probe(device)
        return found is not None and found.uuid == uuid

    async def is_blank(self, device: str) -> bool:
        """Whether nothing stands on the device; False where that cannot be told within seconds."""
        try:
            return await wipefs.probe(device, LOOK_TIMEOUT_S) is None
        except BamsError:
            return False

    async def _write(self, point: str, content: str, limit_s: float) -> None:
        await mount_unit.write(point, content, self._units)
        await systemctl.change(systemctl.daemon_reload(), limit_s)

    async def _remove(self, point: str, limit_s: float) -> None:
        if await mount_unit.exists(point, self._units):
            await systemctl.change(systemctl.disable(mount_unit.unit_name(point)), limit_s)
            await mount_unit.remove(point, self._units)
            await systemctl.change(systemctl.daemon_reload(), limit_s)


async def _mkfs(argv: tuple[str, ...], limit_s: float, root: Root | None = None) -> None:
    await mkfs.change(argv, root or Root(), PATIENCE * limit_s)


def _ids(owner: str) -> tuple[int, int]:
    """Root where there is no such user: Bacula is not installed yet."""
    try:
        entry = pwd.getpwnam(owner)
    except KeyError:
        return 0, 0
    return entry.pw_uid, entry.pw_gid


def _occupied(point: Path) -> bool:
    try:
        return bool(os.listdir(point))
    except FileNotFoundError:
        return False
    except OSError:
        return True
