"""What LVM, ZFS and the kernel report of pools, volumes and disks, as frozen values.

Names come from tools and may have been given by anybody, so ``shown`` makes them safe to keep and to show. ``None``
always means "not known"; where a pool lacks a figure, ``Pool.reasons`` says why.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bamsd.errors import InvalidArgument

Stack = Literal["lvm", "zfs"]
PoolKind = Literal["lvm", "lvm-thin", "zfs"]
"""A volume group, a thin pool in one, a zpool."""
VolumeKind = Literal["lvm", "lvm-thin", "zvol"]
Use = Literal["block", "filesystem"]
Filesystem = Literal["", "xfs", "ext4"]
Layout = Literal["single", "mirror", "raidz1", "raidz2", "raidz3"]
LEAST_DEVICES: Mapping[Layout, int] = {"single": 1, "mirror": 2, "raidz1": 2, "raidz2": 3, "raidz3": 4}
"""zpoolconcepts(7): raidzN needs N+1 devices at the least."""

Health = Literal["online", "degraded", "faulted", "suspended", "missing", "unresponsive", "unknown"]
"""``degraded`` works with less safety, ``faulted`` has lost data or does not work, ``suspended`` lets all I/O wait,
``missing`` lacks member devices, ``unresponsive`` did not answer within the limit."""
KNOWN_ILL: tuple[Health, ...] = ("suspended", "missing")
"""What says more of a pool whose volumes cannot be read than that it does not answer."""

NAME_LIMIT = 48
_NAME = re.compile(rf"[a-z][a-z0-9_-]{{0,{NAME_LIMIT - 1}}}")
_POOL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_RESERVED = re.compile(
    # lvm(8), "VALID NAMES".
    r"^(snapshot|pvmove)|_(cdata|cmeta|corig|cvol|iorig|mlog|mimage|pmspare|rimage|rmeta|tdata|tmeta|vdata|vorigin|wcorig)"
)
_RESERVED_POOL = re.compile(r"^(mirror|raidz|draid|spare|log|c[0-9])")
"""zpool-create(8): names that begin with the type of a vdev."""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def size_text(size_bytes: int) -> str:
    """A size for a sentence: exact where it is whole, else with one decimal and "about"."""
    for unit, power in (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size_bytes >= 1 << power:
            exact = size_bytes / (1 << power)
            return f"{exact:.0f} {unit}" if exact.is_integer() else f"about {exact:.1f} {unit}"
    return f"{size_bytes} bytes"


def check_name(name: str, what: str) -> str:
    """Return the name of a repository or a snapshot, or refuse it. It is used as a volume's and a folder's name."""
    if not _NAME.fullmatch(name) or _RESERVED.search(name):
        raise InvalidArgument(
            f"{name[: 2 * NAME_LIMIT]!a} is no name for a {what}: use 1 to {NAME_LIMIT} of a-z, 0-9, _ and -, "
            "beginning with a letter, and no word that LVM or ZFS keeps for itself."
        )
    return name


def check_pool_name(name: str) -> str:
    """Return the name of a new volume group, thin pool or zpool, or refuse it."""
    if not _POOL_NAME.fullmatch(name) or _RESERVED.search(name) or _RESERVED_POOL.search(name):
        raise InvalidArgument(
            f"{name[:128]!a} is no name for a pool: use 1 to 64 of A-Z, a-z, 0-9, _, . and -, beginning with a "
            "letter, and no word that LVM or ZFS keeps for itself."
        )
    return name


@dataclass(frozen=True, slots=True)
class Member:
    """A device of a pool. ``state`` is ``online`` or what is wrong; ``reason`` says more, as the tool does."""

    path: str
    size_bytes: int | None
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """``name`` is VG, VG/LV (thin pool) or zpool. ``free_bytes`` is what a new thick volume may take.

    ``data_percent`` is the share of space in use (thin pools and zpools), ``metadata_percent`` that of a thin pool's
    metadata. ``reasons`` names the figures that are None, with the reason.
    """

    kind: PoolKind
    name: str
    uuid: str
    size_bytes: int | None
    free_bytes: int | None
    data_percent: float | None
    metadata_percent: float | None
    health: Health
    health_text: str = ""
    members: tuple[Member, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    owned: bool = False
    """Whether BAMS made it (VG and LV tag ``bams.pool``, ZFS property ``org.bams:pool``). No other one is removed."""

    @property
    def stack(self) -> Stack:
        return "zfs" if self.kind == "zfs" else "lvm"

    @property
    def group(self) -> str:
        """The volume group or zpool: what one lock protects."""
        return self.name.split("/", 1)[0]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``name`` is the part a person gave. ``volume`` is the snapshot's own name: an LV, or dataset@name without pool.

    ``valid`` is False for a thick LVM snapshot that ran full: its content is lost. ``used_bytes`` is the space that
    only this snapshot holds, as far as the tool tells. ``used_percent`` is how full a thick LVM snapshot is.
    ``detached`` says that LVM has forgotten whose snapshot it is, because the volume was rolled back to another one
    since: its content is whole, but the volume cannot be rolled back to it.
    """

    name: str
    volume: str
    uuid: str
    created_us: int
    size_bytes: int
    used_bytes: int | None
    used_percent: float | None = None
    valid: bool = True
    merging: bool = False
    owned: bool = False
    detached: bool = False


@dataclass(frozen=True, slots=True)
class Volume:
    """A logical volume or zvol that could be a repository.

    ``pool`` is the name of its pool as in ``Pool.name``; ``name`` is the LV, or the dataset without the zpool.
    ``uuid`` is the tool's own identity (LVM's lv_uuid, the ZFS guid). ``repository`` is the UUID in BAMS's owner mark,
    empty for a volume that BAMS did not make; ``use`` and ``filesystem`` are from the same mark. ``merging`` says
    that a rollback still copies (LVM). ``is_open`` is the kernel's open count where the tool tells it.
    """

    stack: Stack
    kind: VolumeKind
    pool: str
    name: str
    uuid: str
    size_bytes: int
    used_bytes: int | None
    device: str
    created_us: int
    repository: str = ""
    use: Use = "block"
    filesystem: Filesystem = ""
    sparse: bool = False
    active: bool = True
    merging: bool = False
    is_open: bool | None = None
    health: Health = "online"
    health_text: str = ""
    snapshots: tuple[Snapshot, ...] = ()

    @property
    def group(self) -> str:
        return self.pool.split("/", 1)[0]

    @property
    def full_name(self) -> str:
        """VG/LV or the whole dataset: unique in its stack."""
        return f"{self.group}/{self.name}"


@dataclass(frozen=True, slots=True)
class Mark:
    """BAMS's owner mark on a volume: LV tags, or ZFS user properties. It lets a lost store be rebuilt."""

    repository: str
    use: Use = "block"
    filesystem: Filesystem = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a stack, or at one group of it. ``problems`` maps a group, or "" for all, to why it is unreadable."""

    pools: tuple[Pool, ...] = ()
    volumes: tuple[Volume, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Disk:
    """A block device that may become a member of a pool. ``refusals`` says why not; empty means it may.

    ``identity`` is the lasting path under /dev/disk/by-id, or the node's path where there is none. ``signature`` is
    what stands on it (``ext4``, ``LVM2_member``, ``gpt``, ...): it is wiped only with consent. ``smart`` is
    ``passed``, ``failed`` or ``unknown``.
    """

    identity: str
    path: str
    size_bytes: int
    model: str = ""
    serial: str = ""
    wwn: str = ""
    rotational: bool | None = None
    smart: Literal["passed", "failed", "unknown"] = "unknown"
    signature: str = ""
    refusals: tuple[str, ...] = ()


Effect = Literal["safe", "pause", "disconnect", "destroy"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: what dry_run shows is what will run.

    ``argv`` is the program with its arguments; its first word chooses the tool module that runs it. ``done_by`` says
    in words what happens where no program is started.
    """

    summary: str
    effect: Effect
    object: str
    argv: tuple[str, ...] = ()
    done_by: str = ""

    @property
    def command(self) -> str:
        return shlex.join(self.argv) if self.argv else self.done_by
