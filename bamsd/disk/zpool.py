"""zpool: pools of ZFS, one function for each subcommand.

The parsers are in ``zpool_output``, the meaning of failures in ``zfs_failure``.
"""

from collections.abc import Sequence
from itertools import pairwise

from bamsd.disk.models import LEAST_DEVICES, Layout, Pool
from bamsd.disk.zfs_failure import classify
from bamsd.disk.zpool_output import (
    LIST_COLUMNS,
    Status,
    parse_list,
    parse_names,
    parse_status_json,
    parse_status_text,
    parse_version,
)
from bamsd.errors import InvalidArgument, TimedOut, ToolFailed
from bamsd.system.run import CommandFailed, Result, run

CHANGE_TIMEOUT_S = 600.0
OWNER, OWNED = "org.bams:pool", "bams"
"""The mark of a pool that BAMS made, on its root dataset. What lies below inherits it, which means nothing."""
NAMES = ("zpool", "list", "-H", "-o", "name")
FIRST_WITH_JSON = (2, 3)

_version: list[tuple[int, int]] = []


def create(name: str, layout: Layout, devices: Sequence[str]) -> tuple[str, ...]:
    """A new pool that is mounted nowhere. Never forced: old signatures are wiped before, with consent.

    ``single`` stripes over its devices. The sector size (ashift) is left to ZFS, which asks the devices; they are
    whole disks or partitions by an absolute path, best one of /dev/disk/by-id. Compression lz4 costs nothing that
    counts and keeps zeroed space from being stored.
    """
    options = ("-O", "mountpoint=none", "-O", "canmount=off", "-O", "compression=lz4", "-O", f"{OWNER}={OWNED}")
    return ("zpool", "create", *options, name, *_vdevs(layout, devices))


def add(name: str, layout: Layout, devices: Sequence[str]) -> tuple[str, ...]:
    """Give a pool more devices, as one more group of this layout. ZFS refuses a layout that differs from the pool's."""
    return ("zpool", "add", name, *_vdevs(layout, devices))


def destroy(name: str) -> tuple[str, ...]:
    """Destroy a pool with all that is in it; never forced. zpool takes a name only, so look at the guid just before.

    It must not run while a zvol of the pool is open, mounted or exported. Seen with 2.3.9 and a mounted zvol: it does
    not refuse but waits in the kernel, no question about the pool is answered meanwhile, and the pool can go as soon as
    the last user lets go. Ask the holders of every zvol first.
    """
    return ("zpool", "destroy", name)


def _vdevs(layout: Layout, devices: Sequence[str]) -> tuple[str, ...]:
    wrong = [device for device in devices if not device.startswith("/")]
    if wrong:
        raise InvalidArgument(f"{wrong[0]!a} is not a device path: it must start with a slash.")
    if len(devices) < LEAST_DEVICES[layout]:
        raise InvalidArgument(
            f"The layout {layout} needs at least {LEAST_DEVICES[layout]} devices: {len(devices)} were given."
        )
    return tuple(devices) if layout == "single" else (layout, *devices)


async def change(argv: Sequence[str], timeout_s: float = CHANGE_TIMEOUT_S) -> None:
    """Run one of the commands above. Never killed: ``TimedOut`` leaves it running, so read the pool before going on.

    Raises OutOfSpace, InUse, AlreadyExists, NotFound, NotReady (suspended), InvalidArgument, NotSupported, TimedOut,
    else ToolFailed, each with ZFS's reason.
    """
    await ran(argv, timeout_s, kill_on_timeout=False)


async def names(timeout_s: float) -> tuple[str, ...]:
    """Names of the imported pools. Raises NotSupported where ZFS is not installed or its module not loaded."""
    return parse_names((await ran(NAMES, timeout_s)).stdout)


async def figures(pool: str, timeout_s: float) -> Pool:
    """Size, use and health of one pool."""
    result = await ran(("zpool", "list", "-Hp", "-o", ",".join(LIST_COLUMNS), pool), timeout_s)
    return parse_list(result.stdout)


async def status(pool: str, timeout_s: float) -> Status:
    """What is wrong with a pool, and its devices. JSON where the version has it.

    ZFS ends its JSON early, without an error, at a device path that is no ASCII: then the words are read instead.
    """
    if await version(timeout_s) >= FIRST_WITH_JSON:
        result = await ran(("zpool", "status", "-j", "-P", "-p", pool), timeout_s)
        try:
            return parse_status_json(result.stdout, pool)
        except ToolFailed:
            pass
    return parse_status_text((await ran(("zpool", "status", "-P", pool), timeout_s)).stdout)


async def version(timeout_s: float) -> tuple[int, int]:
    """Major and minor version of the installed programs, asked once in a run of the daemon."""
    if not _version:
        _version.append(parse_version((await ran(("zfs", "version"), timeout_s)).stdout))
    return _version[0]


def forget_version() -> None:
    """Ask for the version again the next time: another ZFS has been installed."""
    _version.clear()


async def ran(
    argv: Sequence[str], timeout_s: float, *, stdin: bytes | None = None, kill_on_timeout: bool = True
) -> Result:
    """Run ``zfs`` or ``zpool`` and turn a refusal into one of our errors."""
    what = _doing(argv)
    try:
        return await run(argv, timeout_s=timeout_s, stdin=stdin, kill_on_timeout=kill_on_timeout)
    except CommandFailed as failed:
        raise classify(failed.result.stderr, what) from failed
    except TimedOut as slow:
        raise TimedOut(f"{what}: {slow.message}") from slow


def _doing(argv: Sequence[str]) -> str:
    """The command as an error text names it: program, subcommand and object."""
    if argv[1] == "program":
        return f"zfs destroy {argv[4]}"
    if argv[0] == "zpool" and argv[1] in ("create", "add"):
        free = (word for before, word in pairwise(argv[1:]) if "-O" not in (before, word))
        return f"zpool {argv[1]} {next(free)}"
    return f"{argv[0]} {argv[1]} {argv[-1]}"
