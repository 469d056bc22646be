"""What the overview is told of the other areas, as frozen values. Texts are what those areas made safe to show.

``None`` always means "not known".
"""

from dataclasses import dataclass
from typing import Literal

SpaceKind = Literal["pool", "repository"]
Unit = Literal["bytes", "bytes_per_second", "count", "percent"]
Health = Literal["ok", "info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Space:
    """A pool or a repository of BAMS. ``id`` lasts: stack:name of a pool, the UUID of a repository.

    ``is_well`` says that nobody needs to look at it. ``is_read`` is False while its pool does not answer.
    ``mount_point`` is that of a mounted file system.
    """

    kind: SpaceKind
    id: str
    name: str
    path: str
    type: str
    state: str
    state_text: str
    is_well: bool
    size_bytes: int | None
    used_bytes: int | None
    free_bytes: int | None
    pool: str = ""
    use: str = ""
    device: str = ""
    mount_point: str = ""
    is_read: bool = True

    @property
    def series(self) -> str:
        """The beginning of the names of its series."""
        return f"{self.kind}/{self.id}"

    @property
    def title(self) -> str:
        return f"{self.kind.capitalize()} {self.name}"


@dataclass(frozen=True, slots=True)
class Drive:
    """``node`` is the kernel's name of the drive (st0), empty when this host does not see it."""

    path: str
    id: str
    index: int
    state: str
    barcode: str
    held_by: str
    needs_cleaning: bool
    node: str


@dataclass(frozen=True, slots=True)
class Library:
    """The counts are of storage slots; import/export slots are counted apart. ``cleaning``: cleaning cartridges."""

    path: str
    serial: str
    name: str
    state: str
    error: str
    slots: int
    full: int
    import_export: int
    cleaning: int
    drives: tuple[Drive, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    path: str
    iqn: str
    alias: str
    state: str
    state_text: str
    sessions: int


@dataclass(frozen=True, slots=True)
class Iscsi:
    """``problem`` says why the target stack cannot be read, empty when it can."""

    stack: str
    problem: str
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """Bytes since the log-in; None where the target stack does not count them."""

    target: str
    id: str
    read_bytes: int | None
    written_bytes: int | None


@dataclass(frozen=True, slots=True)
class BaculaJob:
    jobid: int
    name: str
    level: str
    status: str
    bytes: int
    files: int
    errors: int
    started_us: int
    ended_us: int


@dataclass(frozen=True, slots=True)
class Bacula:
    """The storage daemon's own account. ``problem`` says why it is not known."""

    is_known: bool = False
    problem: str = "It was not asked yet."
    running: tuple[BaculaJob, ...] = ()
    last_failed: BaculaJob | None = None


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit as systemd sees it: LoadState, ActiveState, SubState. ``absent``: it is not installed."""

    load: str = ""
    state: str = "unknown"
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """``object`` is an object path, empty for what is about the whole host. ``description`` is for a legend."""

    name: str
    object: str
    unit: Unit
    description: str


@dataclass(frozen=True, slots=True)
class Sample:
    series: Series
    value: float


@dataclass(frozen=True, slots=True)
class Point:
    """``time`` counts seconds since the epoch and is the beginning of the point."""

    time: int
    low: float
    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """What one series was like. ``step_s`` is the width of a point; a point without a sample is left out."""

    name: str
    unit: Unit
    step_s: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Filling:
    """How full something with a file system is, as the file system counts."""

    size_bytes: int
    used_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Rates:
    """Throughput of all iSCSI sessions in the latest sample, bytes a second."""

    read: float
    written: float
