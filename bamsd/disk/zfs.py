"""zfs: zvols and their snapshots, one function for each subcommand. How they are read is in ``zfs_reading``.

The parsers are in ``zfs_output``, the meaning of failures in ``zfs_failure``. Datasets are whole names (POOL/NAME);
names that ``models.check_name`` lets pass cannot be options, and a pool's name stands before them.
"""

from collections.abc import Sequence

from bamsd.disk import zpool
from bamsd.disk.models import Mark
from bamsd.disk.zfs_output import FILESYSTEM, REPOSITORY, SNAPSHOT, USE
from bamsd.disk.zfs_reading import BLOCK_BYTES, is_waited_for, read, read_pool, reservation_bytes
from bamsd.errors import InvalidArgument, shown

__all__ = [
    "BLOCK_BYTES",
    "change",
    "complete",
    "create",
    "datasets",
    "destroy",
    "is_waited_for",
    "read",
    "read_pool",
    "reservation_bytes",
    "rollback",
    "rounded",
    "set_volsize",
    "snapshot",
]

_DESTROY = b"""\
args = ...
local name, wanted = args["argv"][1], args["argv"][2]
local guid = string.format("%u", zfs.get_prop(name, "guid"))
if guid ~= wanted then
    error("bams: guid of " .. name .. " is " .. guid .. ", not " .. wanted)
end
if string.find(name, "@", 1, true) then
    for clone in zfs.list.clones(name) do
        error("bams: has clones: " .. name .. " is the origin of " .. clone)
    end
    for tag in zfs.list.holds(name) do
        error("bams: is held: " .. name .. " has the hold " .. tag)
    end
else
    for snapshot in zfs.list.snapshots(name) do
        error("bams: has snapshots: " .. name .. " has the snapshot " .. snapshot)
    end
end
local code = zfs.sync.destroy(name)
if code == 16 then
    error("bams: busy: " .. name .. " is busy")
end
if code ~= 0 then
    error("destroying " .. name .. " failed with error number " .. code)
end
"""


def rounded(size_bytes: int) -> int:
    """The size rounded up to what a zvol can have: whole blocks."""
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES


def create(dataset: str, size_bytes: int, mark: Mark, *, sparse: bool = False) -> tuple[str, ...]:
    """A new zvol that carries our mark when the command ends (see ``complete``).

    ``sparse`` reserves no space, so writes can find none.

    The kernel does not look for partitions in it (volmode=dev), and its snapshots get no device nodes, or a file
    system's UUID would be there twice. The size is in whole blocks, see ``rounded``.
    """
    _check_size(size_bytes)
    options = (f"volblocksize={BLOCK_BYTES}", *_properties(mark))
    words = [word for option in options for word in ("-o", option)]
    return ("zfs", "create", *(("-s",) if sparse else ()), *words, "-V", str(size_bytes), dataset)


def complete(dataset: str, mark: Mark) -> tuple[str, ...]:
    """Give a new zvol what ``create`` gives it only after it is there.

    Seen with 2.3.9 (zpool history -i): made in transaction group 17, its marks, all at once, in group 21. A machine
    that lost its power in between has the zvol without them. Space is reserved for it also where a sparse one was
    asked for: that is seen no more.
    """
    return ("zfs", "set", *_properties(mark), "refreservation=auto", dataset)


def _properties(mark: Mark) -> tuple[str, ...]:
    words = ("volmode=dev", "snapdev=hidden", f"{REPOSITORY}={mark.repository}", f"{USE}={mark.use}")
    return (*words, f"{FILESYSTEM}={mark.filesystem}") if mark.filesystem else words


def set_volsize(dataset: str, size_bytes: int, *, now_bytes: int) -> tuple[str, ...]:
    """Grow a zvol; ZFS raises the reservation of a thick one with it.

    ``zfs set volsize`` would cut a zvol short without a question, so the size it has now must be told, from a reading
    under the pool's lock, and a smaller one is refused here.
    """
    _check_size(size_bytes)
    if size_bytes < now_bytes:
        raise InvalidArgument(
            f"{dataset} has {now_bytes} bytes and cannot shrink to {size_bytes}: what lies behind would be lost."
        )
    return ("zfs", "set", f"volsize={size_bytes}", dataset)


def _check_size(size_bytes: int) -> None:
    if size_bytes <= 0 or size_bytes % BLOCK_BYTES:
        raise InvalidArgument(f"A zvol cannot have {size_bytes} bytes: use a multiple of {BLOCK_BYTES}.")


def destroy(name: str, guid: str) -> tuple[str, ...]:
    """Destroy the zvol or snapshot (dataset@snapshot) that has this name and this guid, and nothing else.

    ``zfs destroy`` takes names only, and another object can get the name after we looked. A channel program
    (zfs-program(8), since 0.8) compares the guid and destroys in one transaction, in which nobody else can change the
    pool. ``change`` gives it the program on standard input. It refuses a zvol with snapshots, a snapshot with clones or
    holds, and a zvol that is open.
    """
    return ("zfs", "program", name.partition("/")[0], "-", name, guid)


def snapshot(dataset: str, name: str, repository: str) -> tuple[str, ...]:
    """A snapshot with our mark. It is what a power cut at this moment would leave: flush caches above it first."""
    return ("zfs", "snapshot", "-o", f"{SNAPSHOT}={repository}", f"{dataset}@{name}")


def rollback(name: str) -> tuple[str, ...]:
    """Put a zvol back to its newest snapshot (dataset@snapshot). An older one is refused: that would destroy others.

    ZFS does this under an open, mounted or exported zvol too; ask the holders first. It takes a name only: compare the
    guids of the zvol and the snapshot under the pool's lock just before.
    """
    return ("zfs", "rollback", name)


async def change(argv: Sequence[str], timeout_s: float = zpool.CHANGE_TIMEOUT_S) -> None:
    """Run one of the commands above. Never killed: ``TimedOut`` leaves it running, so read the pool before going on.

    Raises OutOfSpace, InUse, AlreadyExists, NotFound, NotReady (suspended), OutOfSync (another guid), InvalidArgument,
    NotSupported, TimedOut, else ToolFailed, each with ZFS's reason.
    """
    stdin = _DESTROY if tuple(argv[:2]) == ("zfs", "program") else None
    await zpool.ran(argv, timeout_s, stdin=stdin, kill_on_timeout=False)


async def datasets(pool: str, timeout_s: float = 30.0) -> tuple[str, ...]:
    """Whatever is in a pool: file systems, zvols and snapshots, without its root dataset."""
    argv = ("zfs", "list", "-H", "-o", "name", "-r", "-t", "filesystem,volume,snapshot", pool)
    answer = await zpool.ran(argv, timeout_s)
    return tuple(shown(name) for name in answer.stdout.splitlines() if name != pool)
