"""LVM: one reading of everything, and one function for each subcommand that changes something.

The functions named after subcommands only build a command line; ``change`` runs it. Names must have been checked by
``models`` before; here they are written as VG/LV, so that none can be taken for an option. Every command runs with
``SETTINGS``, which ``change`` and ``read`` put behind the subcommand: they alter what lvm looks at and how it answers,
not what it does.

Sizes are rounded up to 512 bytes here, because lvm refuses others, and to whole extents by lvm: what is read back may be
larger than what was asked for.
"""

from collections.abc import Sequence

from bamsd.disk.models import Mark, Reading
from bamsd.errors import NotSupported

READ_TIMEOUT_S = 30.0
CHANGE_TIMEOUT_S = 600.0
_SECTOR_BYTES = 512
POOL_TAG = "bams.pool"
"""On a volume group or thin pool that BAMS made."""


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
    tag = ("--addtag", f"bams.snap.{repository}")
    kind = ("--setactivationskip", "n") if size_bytes is None else ("--size", _size(size_bytes))
    return ("lvm", "lvcreate", "--yes", "--snapshot", *tag, "--name", f"{origin}.{name}", *kind, f"{group}/{origin}")


def lvextend(group: str, name: str, size_bytes: int) -> tuple[str, ...]:
    """Grow a volume to this size; lvm refuses a smaller one. A file system on it is left as it is."""
    return ("lvm", "lvextend", "--size", _size(size_bytes), "--", f"{group}/{name}")


def lvremove(group: str, name: str, uuid: str) -> tuple[str, ...]:
    """Remove the volume of this name only if it has this lv_uuid."""
    return ("lvm", "lvremove", "--yes", "--select", f'lv_uuid="{uuid}"', "--", f"{group}/{name}")


def lvconvert_merge(group: str, snapshot: str) -> tuple[str, ...]:
    """Roll the origin back to a snapshot (its LV name), which is used up by it."""
    return ("lvm", "lvconvert", "--yes", "--mergesnapshot", "--", f"{group}/{snapshot}")


def lvchange_activate(group: str, name: str) -> tuple[str, ...]:
    """Make the device of a volume."""
    return ("lvm", "lvchange", "--activate", "y", "--ignoreactivationskip", "--", f"{group}/{name}")


async def read(timeout_s: float = READ_TIMEOUT_S) -> Reading:
    """Everything LVM knows, in one command."""
    raise NotSupported("not written yet")


async def change(argv: Sequence[str], timeout_s: float = CHANGE_TIMEOUT_S) -> None:
    """Run one of the command lines above. Never killed: ``TimedOut`` leaves it running."""
    raise NotSupported("not written yet")


def _size(size_bytes: int) -> str:
    return f"{-(-size_bytes // _SECTOR_BYTES) * _SECTOR_BYTES}b"


def _tags(mark: Mark) -> tuple[str, ...]:
    tags = [f"bams.repo.{mark.repository}", f"bams.use.{mark.use}"]
    if mark.filesystem:
        tags.append(f"bams.fs.{mark.filesystem}")
    return tuple(word for tag in tags for word in ("--addtag", tag))
