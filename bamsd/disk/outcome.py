"""What became of a change? Decided by what is there now, never by an exit code.

The same judgement serves a change that just ran and one that a crash cut off: it needs only the intent, a fresh
picture, and whether all steps were seen to end well.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from bamsd.disk.models import Pool, Snapshot, Volume, size_text
from bamsd.disk.register import Intent, Leftover, Row, row_of
from bamsd.disk.views import Picture

SECOND_US = 1_000_000
"""ZFS tells the time of a creation in whole seconds."""
FORMAT_STAGE = 2
"""Steps of a creation: 1 makes the volume, 2 its file system, 3 for ext4 its top folder's mode, 2 more mount it."""
FINISH_FORMAT_STAGE = 1
"""The same steps when a creation is finished, where the volume is there already."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``done``: as asked. ``undone``: all is as before. ``partial``: something is left to be done or taken back.

    ``unknown``: the pool does not answer. ``text`` says what is there now, as a sentence. ``saved`` and ``forgotten``
    are what the store must keep or drop.
    """

    end: Literal["done", "undone", "partial", "unknown"]
    text: str
    saved: Row | None = None
    forgotten: str = ""


def judge(picture: Picture, intent: Intent, *, finished: bool) -> Outcome:
    """``finished``: every step ended without an error, as far as that was seen."""
    problem = picture.problem(intent.stack, intent.group)
    if problem:
        return Outcome("unknown", f"Pool {intent.pool} does not tell what it holds: {problem}.")
    match intent.operation:
        case "disk-create-pool" | "disk-extend-pool" | "disk-delete-pool":
            return _pool(picture, intent, finished)
        case "disk-create":
            return _create(picture, intent)
        case "disk-delete":
            return _delete(picture, intent)
    row = picture.rows.get(intent.repository)
    volume = picture.volume_of(row) if row else None
    if row is None or volume is None:
        return Outcome("partial", f"Repository {intent.name} is missing.")
    match intent.operation:
        case "disk-resize":
            return _resize(intent, row, volume, finished)
        case "disk-snapshot" | "disk-delete-snapshot" | "disk-rollback":
            return _snapshot(intent, volume, finished)
    return _mount(picture, intent, row, finished)


def unmarked(picture: Picture, intent: Intent) -> Volume | None:
    """The zvol of an interrupted creation that has not got its mark yet: ZFS gives it in a second transaction.

    The rules saw no volume of this name before, so one that is no older than the creation is what it made.
    """
    if (intent.operation, intent.stack) != ("disk-create", "zfs") or picture.volumes_of(intent.repository):
        return None
    name, since_us = f"{intent.group}/{intent.volume}", intent.started_us // SECOND_US * SECOND_US
    bare = (v for v in picture.volumes if v.stack == "zfs" and not v.repository and v.created_us >= since_us)
    return next((v for v in bare if (v.full_name, v.size_bytes) == (name, intent.size_bytes)), None)


def _create(picture: Picture, intent: Intent) -> Outcome:
    marked = picture.volumes_of(intent.repository)
    volume = next((v for v in marked if v.name == intent.volume and v.stack == intent.stack), None)
    if volume is None and (bare := unmarked(picture, intent)):
        return Outcome(
            "unknown", f"Volume {bare.full_name} is there without BAMS's mark. The next start gives it that."
        )
    if volume is None:
        return Outcome("undone", f"Nothing was made in pool {intent.pool}.")
    row = replace(row_of(volume, intent.name, intent.person), created_us=intent.started_us)
    if volume.size_bytes < intent.size_bytes:
        return Outcome("partial", f"Volume {volume.full_name} has {size_text(volume.size_bytes)} only.", saved=row)
    if intent.use == "block" or picture.mount_point(intent.name) in picture.mounted:
        return Outcome("done", f"Repository {intent.name} is there.", saved=row)
    if intent.stage <= FORMAT_STAGE + (intent.filesystem == "ext4"):
        return Outcome(
            "partial", f"Volume {volume.full_name} is there without a file system.", replace_left(row, "format")
        )
    return Outcome("partial", f"Volume {volume.full_name} is there and is not mounted.", replace_left(row, "mount"))


def _delete(picture: Picture, intent: Intent) -> Outcome:
    row = picture.rows.get(intent.repository)
    marked = picture.volumes_of(intent.repository)
    if not any((v.stack, v.full_name) == (intent.stack, f"{intent.group}/{intent.volume}") for v in marked):
        return Outcome("done", f"Repository {intent.name} is gone.", forgotten=intent.repository)
    if row and intent.use == "filesystem":
        # Its mount unit went before its volume, or began to.
        return Outcome(
            "partial",
            f"Repository {intent.name} is there, without its mount.",
            replace_left(row, row.leftover or "mount"),
        )
    return Outcome("undone", f"Repository {intent.name} is there, with all its data.")


def _resize(intent: Intent, row: Row, volume: Volume, finished: bool) -> Outcome:
    if volume.size_bytes < intent.size_bytes:
        return Outcome("undone", f"Repository {intent.name} has {size_text(volume.size_bytes)}.")
    grown = replace(row, size_bytes=volume.size_bytes)
    if finished or intent.use == "block":
        return Outcome("done", f"Repository {intent.name} has {size_text(volume.size_bytes)}.", replace_left(grown, ""))
    return Outcome(
        "partial", f"The volume of {intent.name} grew, its file system did not.", replace_left(grown, "grow")
    )


def _snapshot(intent: Intent, volume: Volume, finished: bool) -> Outcome:
    found = next((s for s in volume.snapshots if s.name == intent.snapshot), None)
    what = f"Snapshot {intent.snapshot} of {intent.name}"
    if intent.operation == "disk-snapshot":
        return Outcome("done", f"{what} is there.") if found else Outcome("undone", f"{what} is not there.")
    if intent.operation == "disk-delete-snapshot":
        return Outcome("undone", f"{what} is there.") if found else Outcome("done", f"{what} is gone.")
    return _rollback(intent, volume, found, finished)


def _rollback(intent: Intent, volume: Volume, found: Snapshot | None, finished: bool) -> Outcome:
    if intent.stack == "zfs":
        if finished:
            return Outcome("done", f"Repository {intent.name} is as it was at {intent.snapshot}.")
        return Outcome(
            "partial",
            f"It is not known whether repository {intent.name} went back to {intent.snapshot}: roll it back again.",
        )
    if volume.merging or (found and found.merging):
        # What is read is the snapshot's content from now on; the kernel copies it back behind that.
        return Outcome("done", f"Repository {intent.name} is at {intent.snapshot}, which is still being copied back.")
    if found is None:  # LVM uses a snapshot up when it goes back to it
        return Outcome("done", f"Repository {intent.name} is as it was at {intent.snapshot}.")
    return Outcome("undone", f"Repository {intent.name} was not changed.")


def _mount(picture: Picture, intent: Intent, row: Row, finished: bool) -> Outcome:
    mounted = picture.mount_point(intent.name) in picture.mounted
    if intent.operation == "disk-unmount" and not mounted and not finished:
        return Outcome(
            "partial",
            f"Repository {intent.name} is not mounted now, and may be at the next start: unmount it once more.",
        )
    if intent.operation == "disk-unmount":
        return Outcome("undone" if mounted else "done", f"Repository {intent.name} is {_is(mounted)}.")
    if not mounted and row.leftover == "format" and intent.stage > FINISH_FORMAT_STAGE + (intent.filesystem == "ext4"):
        text = f"The file system of {intent.name} was made and is not mounted."
        return Outcome("partial", text, replace_left(row, "mount"))
    if not mounted:
        return Outcome("undone", f"Repository {intent.name} is not mounted.")
    if finished or row.leftover != "grow":
        return Outcome("done", f"Repository {intent.name} is mounted.", replace_left(row, ""))
    return Outcome("undone", f"The file system of {intent.name} did not grow.")


def _is(mounted: bool) -> str:
    return "mounted" if mounted else "not mounted"


def _pool(picture: Picture, intent: Intent, finished: bool) -> Outcome:
    pool = next((p for p in picture.pools if p.stack == intent.stack and p.name == intent.pool), None)
    if intent.operation == "disk-delete-pool" and pool:
        return Outcome("undone", f"Pool {intent.pool} is there.")
    if intent.operation == "disk-delete-pool":
        labels = f" LVM's label may still be on {', '.join(intent.devices)}: wipe it when you use that again."
        return Outcome("done", f"Pool {intent.pool} is gone.{labels if intent.devices and not finished else ''}")
    if pool is None:
        return Outcome("undone", f"Pool {intent.pool} is not there.")
    missing = _missing(pool, intent)
    if missing:
        return Outcome("undone", f"Pool {intent.pool} does not have {missing}.")
    return Outcome("done", f"Pool {intent.pool} is there.")


def _missing(pool: Pool, intent: Intent) -> str:
    """Which of the devices, or which size, the pool lacks."""
    if absent := [path for path in intent.devices if not any(_is_on(m.path, path) for m in pool.members)]:
        return ", ".join(absent)
    if intent.size_bytes and (pool.size_bytes or 0) < intent.size_bytes:
        return f"{size_text(intent.size_bytes)}"
    return ""


def _is_on(member: str, device: str) -> bool:
    """ZFS puts a partition on a whole disk and uses that: vdb1, nvme0n1p1, by-id/NAME-part1."""
    return re.fullmatch(re.escape(device) + r"((-part|p)?[0-9]+)?", member) is not None


def replace_left(row: Row, leftover: Leftover) -> Row:
    return replace(row, leftover=leftover)
