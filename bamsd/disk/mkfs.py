"""mkfs.xfs, mkfs.ext4 and what makes their file systems grow.

The file system gets the repository's UUID, by which a lost store is rebuilt. Its root directory belongs to its later
user from the start, so nothing has to be changed in a mounted file system.
"""

from dataclasses import dataclass

from bamsd.disk.models import Filesystem
from bamsd.errors import BamsError, InUse, InvalidArgument, NotFound, OutOfSpace, ToolFailed, shown
from bamsd.system.run import CommandFailed, run

MKFS_TIMEOUT_S = 1800.0
"""A large file system on slow disks takes minutes."""
XFS_MINIMUM_BYTES = 300 << 20
"""mkfs.xfs 5.19 and newer refuse less."""
_LABEL_LIMITS = {"xfs": 12, "ext4": 16}
_PROTOTYPE = "/dev/stdin"


@dataclass(frozen=True, slots=True)
class Root:
    """The root directory of a new file system: numbers, and the permission bits (0o750)."""

    uid: int = 0
    gid: int = 0
    mode: int = 0o750


def label(name: str, filesystem: Filesystem) -> str:
    """The part of a repository's name that fits into a label."""
    return name[: _LABEL_LIMITS.get(filesystem, 12)]


def xfs(device: str, uuid: str, name: str) -> tuple[str, ...]:
    """Make an xfs, without a discard first (-K). ``change`` gives it its root directory as input.

    -f, because the device was wiped before with consent and a leftover must not stop it halfway.
    """
    words = ("-q", "-f", "-K", "-m", f"uuid={uuid}", "-L", label(name, "xfs"), "-p", _PROTOTYPE)
    return ("mkfs.xfs", *words, "--", device)


def ext4(device: str, uuid: str, name: str, root: Root) -> tuple[str, ...]:
    """Make an ext4 without space reserved for root. Its root directory's mode needs ``ext4_root_mode`` afterwards."""
    extended = f"root_owner={root.uid}:{root.gid},nodiscard"
    words = ("-q", "-F", "-m", "0", "-U", uuid, "-L", label(name, "ext4"), "-E", extended)
    return ("mkfs.ext4", *words, "--", device)


def ext4_root_mode(device: str, root: Root) -> tuple[str, ...]:
    """Set the mode of the root directory (inode 2) of an ext4 that is not mounted.

    The option root_perms of mkfs.ext4 would do it too, but e2fsprogs has it only since 1.47.1 (Debian 12 has 1.47.0).
    """
    return ("debugfs", "-w", "-R", f"set_inode_field <2> mode 04{root.mode & 0o7777:04o}", device)


def xfs_growfs(mount_point: str) -> tuple[str, ...]:
    """Let a mounted xfs fill its device. Nothing happens when it does already."""
    return ("xfs_growfs", "-d", mount_point)


def resize2fs(device: str) -> tuple[str, ...]:
    """Let a mounted ext4 fill its device. Nothing happens when it does already."""
    return ("resize2fs", device)


async def change(argv: tuple[str, ...], root: Root = Root(), timeout_s: float = MKFS_TIMEOUT_S) -> None:
    """Run one of the above; ``root`` counts for ``xfs`` only. Never killed: a half made file system is worse.

    Raises ``InUse``, ``NotFound``, ``OutOfSpace``, ``InvalidArgument`` (too small), ``TimedOut``, ``ToolFailed``.
    """
    stdin = prototype(root) if _PROTOTYPE in argv else None
    try:
        result = await run(argv, timeout_s=timeout_s, stdin=stdin, kill_on_timeout=False)
    except CommandFailed as failed:
        raise failure(argv, failed) from failed
    # debugfs ends with 0 whatever happened; the first line it prints is its version.
    said = [line for line in result.stderr.splitlines()[1:] if line.strip()] if argv[0] == "debugfs" else []
    if said:
        raise ToolFailed(f"The root directory on {argv[-1]} could not be given its mode: {shown(said[0]).rstrip('.')}.")


def prototype(root: Root) -> bytes:
    """An empty root directory as a prototype of mkfs.xfs; the first two lines must be there and mean nothing.

    The mode's two dashes stand for "no setuid, no setgid bit", three octal digits follow.
    """
    return f"/dev/null\n0 0\nd--{root.mode & 0o777:03o} {root.uid} {root.gid}\n$\n".encode()


def failure(argv: tuple[str, ...], failed: CommandFailed) -> BamsError:
    """The error that a failed program here means."""
    said, target, program = failed.result.stderr, argv[-1], argv[0]
    lowered = said.lower()
    if "must be larger than 300mb" in lowered or "too small" in lowered:
        return InvalidArgument(f"{target} is too small for this file system: use 300 MiB or more.")
    if any(text in lowered for text in ("resource busy", "is mounted", "mounted filesystem", "in use by the system")):
        return InUse(f"{target} is in use, so {program} did not touch it: ask who holds it, and end that first.")
    if "is not a mounted xfs" in lowered:
        return NotFound(f"No xfs is mounted at {target}: mount it, then try again.")
    if "no such file or directory" in lowered or "does not exist" in lowered:
        return NotFound(f"{target} is not there: check that the volume is active.")
    if "no space left" in lowered:
        return OutOfSpace(f"{program} found no space for {target}: the pool below it is full.")
    # The first line of e2fsprogs is the program's version.
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith(f"{program} ")]
    reason = shown(lines[0].removeprefix(f"{program}: ").strip() if lines else failed.message).rstrip(".")
    return ToolFailed(f"{program} failed for {target}: {reason}.")
