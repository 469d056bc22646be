"""LVM: one reading of everything, and one function for each subcommand that changes something.

The functions named after subcommands only build a command line; ``change`` runs it. Names must have been checked by
``models`` before; here they stand behind ``--`` as VG/LV, so that none can be taken for an option. ``change`` and
``read`` put ``--config`` with ``lvm_settings`` behind the subcommand; it alters what lvm looks at and how it answers,
not what it does.

Sizes are rounded up to 512 bytes here, because lvm refuses others, and to whole extents by lvm: what is read back may
be larger than what was asked for.
"""

import asyncio
import time
from collections.abc import Sequence

from bamsd.disk import lvm_report
from bamsd.disk.lvm_failure import failure, locked, messages, target
from bamsd.disk.lvm_marks import POOL_TAG, snapshot_tag, tags_of
from bamsd.disk.lvm_settings import settings
from bamsd.disk.models import Mark, Reading
from bamsd.errors import InUse, OutOfSync, TimedOut
from bamsd.system.run import CommandFailed, Result, run, still_running

READ_TIMEOUT_S = 30.0
CHANGE_TIMEOUT_S = 600.0
LOCK_WAIT_S = 20.0
"""How long another program may hold LVM's lock before we give up. Most commands hold it well under a second."""
_LOCK_PAUSE_S = 0.25
_SECTOR_BYTES = 512
_FAILED_EXIT = 5
"""ECMD_FAILED: of a report, that a part could not be read."""
_THREAD_FROM = 50_000
"""Longer output than this, in characters, is parsed in a thread so that the event loop goes on."""


def vgcreate(name: str, devices: Sequence[str]) -> tuple[str, ...]:
    """A volume group on these devices. A device with a signature on it makes it fail: wipe it first."""
    return ("lvm", "vgcreate", "--addtag", POOL_TAG, "--", name, *devices)


def vgextend(name: str, devices: Sequence[str]) -> tuple[str, ...]:
    """More devices for a volume group. A device with a signature on it makes it fail: wipe it first."""
    return ("lvm", "vgextend", "--", name, *devices)


def vgremove(name: str) -> tuple[str, ...]:
    """Remove a volume group that has no volumes; one that has some is refused by lvm."""
    return ("lvm", "vgremove", "--", name)


def pvremove(devices: Sequence[str]) -> tuple[str, ...]:
    """Take the label off devices that belong to no volume group."""
    return ("lvm", "pvremove", "--", *devices)


def lvcreate(group: str, name: str, size_bytes: int, mark: Mark) -> tuple[str, ...]:
    """A thick volume with our mark, in one transaction. Its first block is zeroed and old signatures go."""
    wiping = ("--yes", "--wipesignatures", "y", "--zero", "y")
    return ("lvm", "lvcreate", *wiping, *_tags(mark), "--name", name, "--size", _size(size_bytes), "--", group)


def lvcreate_thin_pool(group: str, name: str, size_bytes: int, metadata_bytes: int | None) -> tuple[str, ...]:
    """A thin pool. Without ``metadata_bytes`` lvm chooses the size of the metadata by that of the pool."""
    metadata = () if metadata_bytes is None else ("--poolmetadatasize", _size(metadata_bytes))
    size = ("--size", _size(size_bytes), *metadata)
    words = ("--yes", "--type", "thin-pool", "--addtag", POOL_TAG, "--name", name, *size)
    return ("lvm", "lvcreate", *words, "--", group)


def lvcreate_thin(group: str, pool: str, name: str, size_bytes: int, mark: Mark) -> tuple[str, ...]:
    """A thin volume with our mark, in one transaction. ``pool`` is the LV of the thin pool."""
    size = ("--virtualsize", _size(size_bytes))
    words = ("--yes", "--type", "thin", *_tags(mark), "--name", name, *size, "--thinpool", pool)
    return ("lvm", "lvcreate", *words, "--", group)


def lvcreate_snapshot(group: str, origin: str, name: str, size_bytes: int | None, repository: str) -> tuple[str, ...]:
    """A snapshot with our mark. ``name`` is the part a person gave; the LV is called ORIGIN.NAME.

    ``size_bytes`` is the room for changes of a thick origin, None for a thin one.
    """
    # A thin snapshot needs no device until somebody wants to read it; by default even that would be refused (-kn).
    thin = ("--setactivationskip", "n", "--activate", "n")
    kind = thin if size_bytes is None else ("--size", _size(size_bytes))
    words = ("--yes", "--snapshot", "--addtag", snapshot_tag(repository), "--name", f"{origin}.{name}", *kind)
    return ("lvm", "lvcreate", *words, "--", f"{group}/{origin}")


def lvextend(group: str, name: str, size_bytes: int) -> tuple[str, ...]:
    """Grow a volume or a thin pool to this size; lvm refuses a smaller one. A file system on it is left as it is.

    lvm refuses to grow a thick volume that is active and has thick snapshots.
    """
    return ("lvm", "lvextend", "--size", _size(size_bytes), "--", f"{group}/{name}")


def lvremove(group: str, name: str, uuid: str) -> tuple[str, ...]:
    """Remove the volume or thin pool of this name only if it has this lv_uuid and nothing would go with it.

    Thick snapshots would go with their origin, thin volumes with their pool.

    lvm leaves what does not fit the selection alone and calls that a success; ``change`` calls it ``OutOfSync``.
    """
    selection = f'lv_uuid="{uuid}" && lv_role!={{"thickorigin"}} && (lv_layout!={{"pool"}} || thin_count=0)'
    return ("lvm", "lvremove", "--yes", "--select", selection, "--", f"{group}/{name}")


def lvconvert_merge(group: str, snapshot: str) -> tuple[str, ...]:
    """Roll the origin back to a snapshot (its LV name), which is used up by it.

    A thin one is done when the command ends. A thick one is copied in the background: see ``Volume.merging``.
    """
    return ("lvm", "lvconvert", "--yes", "--merge", "--background", "--", f"{group}/{snapshot}")


def lvchange_activate(group: str, name: str) -> tuple[str, ...]:
    """Make the device of a volume."""
    return ("lvm", "lvchange", "--activate", "y", "--ignoreactivationskip", "--", f"{group}/{name}")


def fullreport() -> tuple[str, ...]:
    """Everything that ``lvm_report.parse`` reads, also groups of other hosts."""
    words = ["--all", "--foreign", "--shared", "--units", "b", "--nosuffix"]
    for report, fields in lvm_report.FIELDS.items():
        words += ["--configreport", report, "--options", ",".join(fields)]
    return ("lvm", "fullreport", *words)


async def read(timeout_s: float = READ_TIMEOUT_S, *, lock_wait_s: float = LOCK_WAIT_S) -> Reading:
    """Everything LVM knows, in one command.

    A group that another program holds for longer than ``lock_wait_s`` is in ``Reading.problems``, as is any other that
    lvm could not read. Raises ``TimedOut`` when a device does not answer, ``ToolFailed`` when lvm gives no report.
    """
    if any(command.startswith("lvm fullreport ") for command in still_running()):
        # It waits in the kernel and cannot even be stopped; another one would only wait beside it.
        raise TimedOut("LVM has not answered an earlier question yet; it is asked again when that one has ended.")
    argv = await _with_settings(fullreport())
    deadline = time.monotonic() + min(timeout_s, lock_wait_s)
    while True:
        try:
            result = await run(argv, timeout_s=timeout_s, allowed_exits=(0, _FAILED_EXIT))
        except CommandFailed as failed:
            raise failure(fullreport(), failed.result.stdout, failed.result.stderr) from failed
        reading = await _parsed(result.stdout)
        if not lvm_report.is_locked(reading) or time.monotonic() >= deadline:
            return reading
        await asyncio.sleep(_LOCK_PAUSE_S)


async def _parsed(text: str) -> Reading:
    system_id = ""
    if lvm_report.system_ids(text):
        own = await run(["lvm", "systemid"], timeout_s=READ_TIMEOUT_S)
        system_id = lvm_report.parse_system_id(own.stdout)
    if len(text) < _THREAD_FROM:
        return lvm_report.parse(text, system_id)
    return await asyncio.to_thread(lvm_report.parse, text, system_id)


async def change(argv: Sequence[str], timeout_s: float = CHANGE_TIMEOUT_S, *, lock_wait_s: float = LOCK_WAIT_S) -> None:
    """Run one of the command lines above. Never killed: ``TimedOut`` leaves it running.

    While another program holds LVM's lock the command has done nothing and is tried again; after ``lock_wait_s`` that
    is ``Busy``. Growing to the size that a volume has already is a success. The caller reads the state again.
    """
    words = await _with_settings(argv)
    deadline = time.monotonic() + lock_wait_s
    while True:
        try:
            result = await run(words, timeout_s=timeout_s, kill_on_timeout=False)
        except TimedOut as slow:
            raise TimedOut(
                f"LVM did not finish {argv[1]} {target(argv)} within {timeout_s:g} s. "
                "It goes on by itself: look at the volumes again before the next step."
            ) from slow
        except CommandFailed as failed:
            if _has_that_size(argv, failed.result):
                return
            if not locked(failed.result.stdout, failed.result.stderr) or time.monotonic() >= deadline:
                raise failure(argv, failed.result.stdout, failed.result.stderr) from failed
            await asyncio.sleep(_LOCK_PAUSE_S)
        else:
            _check_done(argv, result)
            return


def _check_done(argv: Sequence[str], result: Result) -> None:
    """Two things that lvm calls a success and that are none."""
    said = " ".join(messages(result.stdout, result.stderr, ("error", "warn", "print")))
    if argv[1] == "lvremove" and "successfully removed" not in said:
        raise OutOfSync(
            f"LVM did not remove {target(argv)}: the volume of this name is another one now, has snapshots or is a "
            "pool with volumes. Look at the volumes again."
        )
    if argv[1] == "lvconvert" and "next activation" in said:
        raise InUse(
            f"The origin of {target(argv)} is in use, so LVM will roll it back when it is next activated. "
            "Release it and activate it again, or delete the snapshot to prevent that."
        )


def _has_that_size(argv: Sequence[str], result: Result) -> bool:
    said = " ".join(messages(result.stdout, result.stderr))
    return argv[1] == "lvextend" and ("No size change." in said or "matches existing size" in said)


async def _with_settings(argv: Sequence[str]) -> tuple[str, ...]:
    return (*argv[:2], "--config", await settings(logged="--select" not in argv), *argv[2:])


def _size(size_bytes: int) -> str:
    return f"{-(-size_bytes // _SECTOR_BYTES) * _SECTOR_BYTES}b"


def _tags(mark: Mark) -> tuple[str, ...]:
    return tuple(word for tag in tags_of(mark) for word in ("--addtag", tag))
