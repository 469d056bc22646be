"""Who uses a block device, as the kernel knows it: mounts, swap, stacking, partitions, loops, programs.

Measured on LVM 2.03.31: snapshots, thick or thin, merging or not, are built on hidden parts (-real, -cow, -tpool) and
never show as holders of the volume itself, so nothing has to be filtered. SCST's blockio and LIO's iblock leave no
trace but the exclusive open; LIO's fileio on a device leaves none at all, which is why bamsd/iscsi/exports.py reads the
targets themselves.
"""

import asyncio
import os
import re
import shlex
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from bamsd.core.holders import Holder
from bamsd.disk.mount_unit import escape_path
from bamsd.disk.wipefs import Signature
from bamsd.errors import BamsError, ToolFailed, shown
from bamsd.system import block
from bamsd.system.exclusive import is_exclusive
from bamsd.system.open_files import OpenBy, who_has_open
from bamsd.system.patience import Patience

TIMEOUT_S = 15.0
SETTLE_S = 3.0
"""udev and its rules look at a device for a moment after each change. What lasts longer is a holder."""
_AGAIN_S = 0.2
_TRANSIENT = {"process", "exclusive"}
_PROCESS = re.compile(r"\d{1,10}")

Probe = Callable[[str], Awaitable[Signature | None]]
"""What stands on the device; names the user behind an exclusive open. ``wipefs.probe`` is one."""
Exclusive = Callable[[str, float], Awaitable[bool]]
"""Whether somebody has the device exclusively, asked with a limit in seconds. ``exclusive.is_exclusive`` is the one."""


class KernelHolders:
    """A source for ``core.holders``. Nothing is asked without a time limit.

    A path without a device has no holders here: the kernel cannot use what has no node (an LV that is not active). The
    sources that read configurations answer for it. A link that udev has not made yet looks the same.
    """

    def __init__(
        self,
        proc: Path = Path("/proc"),
        sysfs: Path = Path("/sys"),
        dev: Path = Path("/dev"),
        *,
        probe: Probe | None = None,
        exclusive: Exclusive = is_exclusive,
        timeout_s: float = TIMEOUT_S,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._roots = block.Roots(proc, sysfs, dev)
        self._probe = probe
        self._exclusive = exclusive
        self._timeout_s = timeout_s
        self._patience = Patience(timeout_s)
        self._settle_s = settle_s

    async def __call__(self, device: str) -> tuple[Holder, ...]:
        """Every holder of the device. Raises ``TimedOut`` when it does not answer, ``ToolFailed`` when unreadable."""
        until = time.monotonic() + self._settle_s
        while True:
            found = await self._look(device)
            if not found or any(holder.kind not in _TRANSIENT for holder in found) or time.monotonic() >= until:
                return found
            await asyncio.sleep(_AGAIN_S)

    async def _look(self, device: str) -> tuple[Holder, ...]:
        try:
            node = await self._patience.call(device, lambda: block.node(device, self._roots))
            if node is None:
                return ()
            found = await self._patience.call(device, lambda: tuple(told_by_kernel(node, self._roots)))
            paths = [device, *(block.node_path(part, self._roots) for part in block.partitions(node.name, self._roots))]
            found += tuple(_process(opened) for opened in await who_has_open(paths, self._roots.proc))
            if all(holder.kind in _TRANSIENT | {"partition"} for holder in found):
                found += await self._exclusively(node)
        except OSError as error:
            raise ToolFailed(
                f"Who uses {device} cannot be told: {error.strerror or error}. Look at the device before you go on."
            ) from error
        return found

    async def _exclusively(self, node: block.Node) -> tuple[Holder, ...]:
        busy = await self._exclusive(node.path, self._timeout_s)
        return await self._explained(node) if busy else ()

    async def _explained(self, node: block.Node) -> tuple[Holder, ...]:
        elsewhere = await self._patience.call(node.path, lambda: tuple(in_other_namespaces(node, self._roots)))
        if elsewhere:
            return elsewhere
        signature = await self._signature(node.path)
        if signature is not None and signature.kind == "zfs_member":
            pool = signature.label
            return (Holder("zfs", f"zpool {pool}", f"Export or destroy the pool: zpool export {shlex.quote(pool)}."),)
        text = "Something in the kernel opened it exclusively: look for iSCSI LUNs, ZFS pools, RAID and DRBD on it."
        return (Holder("exclusive", "opened exclusively", text),)

    async def _signature(self, device: str) -> Signature | None:
        if self._probe is None:
            return None
        try:
            return await self._probe(device)
        except BamsError:
            return None  # it would only have given the holder a better name


def told_by_kernel(node: block.Node, roots: block.Roots) -> Iterator[Holder]:
    """What proc and sysfs say of the device and of its partitions. Raises OSError; belongs in a thread."""
    mounts = _all_mounts(roots)
    loops = tuple(block.loops(roots))
    yield from _of_one(node, mounts, loops, roots)
    for name in block.partitions(node.name, roots) if node.name else ():
        part = block.Node(
            block.node_path(name, roots), block.node_path(name, roots), block.number_of_name(name, roots), name
        )
        inside = tuple(_of_one(part, mounts, loops, roots))
        yield from inside
        if inside:
            release = f"End what uses {part.path}; it is a part of this disk."
            yield Holder("partition", part.path, release)


def _of_one(
    node: block.Node, mounts: Sequence[block.Mount], loops: Sequence[tuple[str, str]], roots: block.Roots
) -> Iterator[Holder]:
    for mount in block.mounts_of(node, mounts):
        yield _mount(mount.point)
    if block.swaps_of(node, roots):
        path = shlex.quote(shown(node.path))
        yield Holder("swap", f"swap on {shown(node.path)}", f"Run swapoff {path} and take it out of /etc/fstab.")
    for name in block.stacked_on(node.name, roots) if node.name else ():
        yield stacked(name, roots)
    for name, backing in loops:
        if block.is_device(backing, node):
            path = block.node_path(name, roots)
            yield Holder("loop", path, f"Detach the loop device: losetup --detach {path}.")


def _all_mounts(roots: block.Roots) -> tuple[block.Mount, ...]:
    """What the host sees. The daemon's own view has mounts that only its sandbox made, such as its writable folders."""
    try:
        return block.mounts(roots, "1")
    except OSError:
        return block.mounts(roots)


def _mount(point: str) -> Holder:
    text = shown(point)
    command = shlex.quote(text)
    if point == "/":
        return Holder("mount", "/", "The system runs from it: choose another device.")
    unit = f"{escape_path(point)}.mount" if text == point and ".." not in point.split("/") else ""
    stop = f"systemctl stop {shlex.quote(unit)}" if unit else f"umount {command}"
    return Holder("mount", text, f"Unmount it: {stop}, and disable the unit or the line in /etc/fstab that mounts it.")


def stacked(name: str, roots: block.Roots) -> Holder:
    """A device that is built on this one, named after who built it. The prefixes are those of dm uuids."""
    path = block.node_path(name, roots)
    if block.is_raid(name, roots):
        return Holder("md", path, f"Stop the RAID: mdadm --stop {path}.")
    mapped = block.mapping(name, roots)
    if mapped is None:
        return Holder("stack", path, f"Take {path} apart: it is built on this device.")
    label, word = shown(mapped.name), shlex.quote(shown(mapped.name))
    kind = mapped.uuid.split("-", 1)[0].lower()
    if kind == "lvm":
        volume = lvm_name(label)
        group = shlex.quote(volume.split("/", 1)[0])
        release = f"The volume group lies on this device: deactivate it with vgchange --activate n {group}."
        return Holder("lvm", f"logical volume {volume}", release)
    if kind == "mpath":
        return Holder("multipath", label, f"It is a path of {label}: use /dev/mapper/{label}, or multipath -f {word}.")
    if kind == "crypt":
        return Holder("crypt", label, f"Close the encrypted device: cryptsetup close {word}.")
    if kind.startswith("part"):
        return Holder("partition", label, f"Remove the partition mapping: dmsetup remove {word}.")
    return Holder("device-mapper", label, f"Remove the mapping: dmsetup remove {word}.")


def lvm_name(mapped: str) -> str:
    """VG/LV of a device-mapper name, in which LVM doubles each hyphen of the two names."""
    group, hyphen, rest = mapped.replace("--", "\0").partition("-")
    volume = rest.split("-", 1)[0]
    return f"{group}/{volume}".replace("\0", "-") if hyphen else mapped


def _process(opened: OpenBy) -> Holder:
    name = f"{shown(opened.command)} (process {opened.pid})"
    return Holder("process", name, f"Stop {shown(opened.command)}, which has {shown(opened.path)} open.")


def in_other_namespaces(node: block.Node, roots: block.Roots) -> Iterator[Holder]:
    """Mounts that only some other process sees: a container, or a service with file systems of its own.

    Such a mount outlives an umount on the host, and nothing else tells where it is.
    """
    seen: set[str] = set()
    for pid in sorted(filter(_PROCESS.fullmatch, os.listdir(roots.proc)), key=int):
        try:
            namespace = os.readlink(roots.proc / pid / "ns" / "mnt")
            if namespace in seen:
                continue
            seen.add(namespace)
            listed = block.mounts(roots, pid)
            command = (roots.proc / pid / "comm").read_text(errors="replace").strip()
        except OSError:
            continue
        for mount in block.mounts_of(node, listed):
            name = f"{shown(mount.point)} as {shown(command)} (process {pid}) sees it"
            yield Holder("mount", name, f"Restart {shown(command)}, which keeps it mounted for itself.")
