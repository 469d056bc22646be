"""Which disks may become members of a pool, and why the others may not."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from bamsd.core.holders import Holder
from bamsd.disk import lsblk, smartctl, wipefs
from bamsd.disk.lsblk_output import Row
from bamsd.disk.models import Disk
from bamsd.errors import BamsError, shown

_WHOLE = {"disk", "mpath"}
_KERNEL_MADE = {
    # Whole disks for lsblk, but none that a pool may live on: they are volumes, memory or media.
    "zd": "is a ZFS volume",
    "ram": "is memory and forgets everything",
    "zram": "is memory and forgets everything",
    "fd": "is a floppy disk",
}
_MINIMUM_BYTES = 64 << 20
_LASTING = ("dm-uuid-mpath-", "wwn-", "nvme-eui.", "nvme-", "scsi-3", "scsi-", "ata-", "virtio-", "usb-", "mmc-")
"""Names of /dev/disk/by-id, the best first: a WWN belongs to one disk in the world. Others come from the content."""
_AT_ONCE = 8

Source = Callable[[str], Awaitable[Sequence[Holder]]]


async def candidates(
    holders: Source,
    *,
    members: Mapping[str, str] = MappingProxyType({}),
    unknown: Mapping[str, str] = MappingProxyType({}),
    dev: Path = Path("/dev"),
    include_loop: bool = False,
) -> tuple[Disk, ...]:
    """Every whole disk of this host, in the order of its path, with what stands on it and what speaks against it.

    ``holders`` tells who uses a device (``Holders.of`` or a ``KernelHolders``). ``members`` maps the paths of the
    devices of known pools to words like "volume group backup": the kernel does not know a group without active
    volumes. ``unknown`` maps a signature of disks whose pools cannot be told now, such as LVM2_member, to why not: each
    of them may be part of one. Partitions, volumes and CD drives are left out; ``include_loop`` lets loop devices count
    as disks, for tests. A signature alone is no refusal (it may be left over from a destroyed pool): it is wiped with
    consent.

    Raises ``ToolFailed``, ``TimedOut``, ``NotSupported`` when lsblk does not work; a single disk that does not answer
    gets a refusal instead.
    """
    kinds = _WHOLE | ({"loop"} if include_loop else set())
    rows = sorted((row for row in await lsblk.devices() if row.kind in kinds), key=lambda row: row.path)
    links = await asyncio.to_thread(by_id, dev)
    pools = await asyncio.to_thread(lambda: {os.path.realpath(path): pool for path, pool in members.items()})
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(row: Row) -> Disk:
        async with turn:
            real = await asyncio.to_thread(os.path.realpath, row.path)
            disk = await _disk(row, links.get(real, ()), pools.get(real, ""), holders)
        if disk.signature in unknown and real not in pools:
            reason = f"may be part of a pool, which cannot be told now: {unknown[disk.signature]}"
            disk = replace(disk, refusals=(*disk.refusals, reason))
        return disk

    return tuple(await asyncio.gather(*(one(row) for row in rows)))


async def _disk(row: Row, names: Sequence[str], pool: str, holders: Source) -> Disk:
    refusals = list(own_refusals(row))
    signature = row.signature
    smart: smartctl.Verdict = "unknown"
    if not refusals:
        signature, problems = await _looked_at(row.path)
        refusals += problems
        try:
            refusals += [_because(holder) for holder in await holders(row.path)]
        except BamsError as error:
            refusals.append(f"its users cannot be told: {error.message}")
        # smartctl talks to the disk: not when it does not answer.
        smart = "unknown" if problems else await smartctl.health(row.path)
    if pool:
        refusals.append(f"is part of {shown(pool)}")
    return Disk(
        identity=best_name(names) or row.path,
        path=row.path,
        size_bytes=row.size_bytes,
        model=row.model,
        serial=row.serial,
        wwn=row.wwn,
        rotational=row.rotational,
        smart=smart,
        signature=signature,
        refusals=tuple(dict.fromkeys(refusals)),
    )


def own_refusals(row: Row) -> Sequence[str]:
    """What speaks against a disk by what it is, whoever uses it."""
    made = re.match(r"[a-z]+", row.name)
    reason = _KERNEL_MADE.get(made[0]) if made else None
    if reason is not None:
        return (reason,)
    if row.size_bytes == 0:
        return ("has no size: no medium is in, or nothing is connected",)
    if row.read_only:
        return ("is read-only",)
    if row.size_bytes < _MINIMUM_BYTES:
        return (f"is smaller than {_MINIMUM_BYTES >> 20} MiB",)
    return ()


async def _looked_at(path: str) -> tuple[str, list[str]]:
    """The first signature on the device itself; udev's copy of it may be old."""
    try:
        found = await wipefs.signatures(path)
    except BamsError as error:
        return "", [f"cannot be read: {error.message}"]
    return (found[0].kind if found else ""), []


def _because(holder: Holder) -> str:
    match holder.kind:
        case "mount":
            return f"mounted at {holder.name}"
        case "lvm":
            return f"is part of volume group {holder.name.removeprefix('logical volume ').split('/')[0]}"
        case "partition":
            return f"holds the partition {holder.name}, which is in use"
        case "swap":
            return "is used as swap space"
        case "zfs" | "md" | "multipath":
            return f"is part of {holder.name}"
    return f"in use by {holder.name}"


def by_id(dev: Path) -> dict[str, tuple[str, ...]]:
    """The links in /dev/disk/by-id by the real path they lead to. Reads files, so it belongs in a thread."""
    folder = dev / "disk" / "by-id"
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return {}
    found: dict[str, list[str]] = {}
    for name in names:
        if shown(name) == name:
            found.setdefault(os.path.realpath(folder / name), []).append(str(folder / name))
    return {path: tuple(links) for path, links in found.items()}


def best_name(links: Sequence[str]) -> str:
    """The most lasting of several links; of equal ones the first in order, so the choice never changes. Or empty."""
    for prefix in _LASTING:
        for link in sorted(links):
            if os.path.basename(link).startswith(prefix):
                return link
    return ""
