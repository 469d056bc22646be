"""What ``zfs`` prints, as values. Pure functions of text.

The same text form is read in all versions (recordings of 2.1.11 and 2.3.9 are in tests/recordings/zfs). The JSON of
``zfs`` 2.3 is not used: one property whose value is no UTF-8 (in the C locale: no ASCII) cuts the answer for the whole
pool short, with exit code 0, and a user property that is not set carries the source of the column before it.

A user property may hold tabs and line breaks and so forge rows. LIST_COLUMNS therefore names only what ZFS itself
writes. ``parse_marks`` knows from that listing which rows there must be, and takes an answer with values only when it
has exactly these. Where a value breaks its row, marks are read in two more steps: ``parse_marked`` takes rows without
values, ``parse_values`` accepts an answer with values only when its rows are exactly those.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from bamsd.disk.models import UUID, Filesystem, Mark, Snapshot, Use, Volume
from bamsd.errors import ToolFailed, shown

LIST_COLUMNS = (
    "name",
    "type",
    "guid",
    "creation",
    "volsize",
    "refreservation",
    "used",
    "volmode",
    "keystatus",
)
REPOSITORY, USE, FILESYSTEM, SNAPSHOT = "org.bams:repo", "org.bams:use", "org.bams:fs", "org.bams:snap"
MARKS = (REPOSITORY, USE, FILESYSTEM, SNAPSHOT)

Place = tuple[str, str]
"""Dataset and property."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    guid: str
    created_us: int
    size_bytes: int
    sparse: bool
    used_bytes: int | None
    active: bool
    health_text: str


def parse_volumes(text: str, marks: Mapping[Place, str]) -> tuple[Volume, ...]:
    """The zvols of ``zfs list -Hp -r -t volume,snapshot -o`` with LIST_COLUMNS, each with its snapshots.

    Snapshots of file systems are passed over. ``marks`` has the locally set values of MARKS. Raises ToolFailed for a
    row of another shape: nothing in these columns can hold a tab or a line break.
    """
    volumes: dict[str, Volume] = {}
    snapshots: dict[str, list[Snapshot]] = {}
    for kind, row in _rows(text):
        if kind == "volume":
            volumes[row.name] = _volume(row, read_mark(row.name, marks))
        elif kind == "snapshot":
            snapshots.setdefault(row.name.partition("@")[0], []).append(_snapshot(row))
    return tuple(
        replace(volume, snapshots=_of(volume, snapshots[name], marks)) if name in snapshots else volume
        for name, volume in volumes.items()
    )


def _rows(text: str) -> Iterable[tuple[str, _Row]]:
    for line in text.split("\n"):
        if not line:
            continue
        words = line.split("\t")
        if len(words) != len(LIST_COLUMNS) or "/" not in words[0]:
            # The pool's own root dataset cannot be a zvol, but it can have snapshots.
            if len(words) == len(LIST_COLUMNS):
                continue
            raise ToolFailed("zfs list printed a line of another shape than was asked for: run it by hand.")
        name, kind, guid, creation, size, reserved, used, mode, key = words
        if not (guid.isdigit() and creation.isdigit()):
            raise ToolFailed("zfs list printed a dataset without guid or creation time: run it by hand.")
        locked = key == "unavailable"
        yield (
            kind,
            _Row(
                name,
                guid,
                int(creation) * 1_000_000,
                # A snapshot of a file system has no volsize.
                _number(size) or 0,
                sparse=not _number(reserved),
                used_bytes=_number(used),
                active=mode != "none" and not locked,
                health_text="Its encryption key is not loaded: run zfs load-key." if locked else "",
            ),
        )


def _number(text: str) -> int | None:
    return int(text) if len(text) <= 20 and text.isascii() and text.isdigit() else None


def _volume(row: _Row, mark: Mark | None) -> Volume:
    pool, _, name = shown(row.name).partition("/")
    return Volume(
        stack="zfs",
        kind="zvol",
        pool=pool,
        name=name,
        uuid=row.guid,
        size_bytes=row.size_bytes,
        used_bytes=row.used_bytes,
        device=device_of(row.name),
        created_us=row.created_us,
        repository=mark.repository if mark else "",
        use=mark.use if mark else "block",
        filesystem=mark.filesystem if mark else "",
        sparse=row.sparse,
        active=row.active,
        health_text=row.health_text,
    )


def device_of(dataset: str) -> str:
    """The zvol's lasting device path. udev's zvol_id writes a blank as a plus sign."""
    return f"/dev/zvol/{dataset.replace(' ', '+')}"


def _snapshot(row: _Row) -> Snapshot:
    volume = shown(row.name).partition("/")[2]
    return Snapshot(
        name=volume.partition("@")[2],
        volume=volume,
        uuid=row.guid,
        created_us=row.created_us,
        size_bytes=row.size_bytes,
        used_bytes=row.used_bytes,
    )


def _of(volume: Volume, snapshots: list[Snapshot], marks: Mapping[Place, str]) -> tuple[Snapshot, ...]:
    return tuple(
        replace(snapshot, owned=True)
        if volume.repository and marks.get((f"{volume.pool}/{snapshot.volume}", SNAPSHOT)) == volume.repository
        else snapshot
        for snapshot in snapshots
    )


def read_mark(dataset: str, marks: Mapping[Place, str]) -> Mark | None:
    """BAMS's mark on a zvol. One that is malformed or contradicts itself counts as none: the zvol is foreign then."""
    repository = marks.get((dataset, REPOSITORY), "")
    use = marks.get((dataset, USE), "block")
    filesystem = marks.get((dataset, FILESYSTEM), "")
    if not UUID.fullmatch(repository) or (use, filesystem) not in _MARKED_USES:
        return None
    return Mark(repository, cast(Use, use), cast(Filesystem, filesystem))


_MARKED_USES = {("block", ""), ("filesystem", "xfs"), ("filesystem", "ext4")}


def parse_datasets(text: str) -> tuple[str, ...]:
    """The names in ``zfs list -H -o`` with LIST_COLUMNS, whatever they are: the first column, ZFS's own words."""
    return tuple(line.partition("\t")[0] for line in text.split("\n") if line)


def parse_marks(text: str, datasets: Collection[str]) -> dict[Place, str] | None:
    """The locally set MARKS, from ``zfs get -Hp -o name,property,value,source`` for exactly these datasets.

    None unless there is one row for each dataset and mark, and none besides: ZFS prints all of these, so a value that
    breaks its row makes one too many. It ends before the last tab of its row, because what stands behind is the source.
    """
    wanted = {(dataset, prop) for dataset in datasets for prop in MARKS}
    lines = text.split("\n")
    if lines.pop() or len(lines) != len(wanted):
        return None
    found = {}
    for line in lines:
        name, _, rest = line.partition("\t")
        prop, _, rest = rest.partition("\t")
        value, tab, source = rest.rpartition("\t")
        if not tab:
            return None
        found[name, prop] = (value, source)
    if found.keys() != wanted:
        return None
    return {place: value for place, (value, source) in found.items() if source == "local"}


def parse_marked(text: str) -> tuple[Place, ...]:
    """Where MARKS are set, from ``zfs get -H -s local -o name,property``. Both columns are ZFS's own words."""
    places = []
    for line in text.split("\n"):
        name, tab, prop = line.partition("\t")
        if tab and prop in MARKS:
            places.append((name, prop))
        elif line:
            raise ToolFailed("zfs get printed a line of another shape than was asked for: run it by hand.")
    return tuple(places)


def parse_values(text: str, places: Sequence[Place]) -> dict[Place, str] | None:
    """The values at these places, from ``zfs get -Hp -s local -o name,property,value`` for the same datasets.

    None when the rows are not exactly these, in this order: some value holds a line break, or a mark was set or
    removed in between. As every row begins on a line of its own, the right number of lines leaves no room for a forged
    one. The caller then asks for one place alone and takes that answer with ``parse_single``.
    """
    lines = text.split("\n")
    if lines.pop() or len(lines) != len(places):
        return None
    values = {}
    for line, (name, prop) in zip(lines, places, strict=True):
        start = f"{name}\t{prop}\t"
        if not line.startswith(start):
            return None
        values[name, prop] = line[len(start) :]
    return values


def parse_single(text: str) -> str:
    """The value in the whole answer of ``zfs get -Hp -o value PROPERTY DATASET``, whatever characters it holds."""
    return text.removesuffix("\n")


def parse_available(text: str) -> int | None:
    """``zfs get -Hp -o value available POOL``: bytes that the pool can still give to datasets."""
    return _number(text.strip())


def parse_reservation(text: str) -> int:
    """What a thick zvol would reserve, from ``zfs create -nP -V``: its size and its share of parity and metadata."""
    for line in text.split("\n"):
        if line.startswith("property\trefreservation\t"):
            reserved = _number(line.rpartition("\t")[2])
            if reserved is not None:
                return reserved
    raise ToolFailed("zfs create -nP told no reservation: run it by hand and look at what it prints.")
