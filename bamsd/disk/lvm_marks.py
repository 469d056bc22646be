"""BAMS's owner marks as LVM tags. Pure functions.

A repository carries ``bams.repo.UUID`` and ``bams.use.block``, or ``bams.use.filesystem`` with ``bams.fs.xfs`` or
``bams.fs.ext4``. A snapshot carries ``bams.snap.UUID`` with the UUID of its repository. Anybody may write tags: a mark
that is malformed, doubled or contradicts itself counts as none, so that the volume is a foreign one. A volume group or
thin pool that BAMS made carries ``bams.pool``.
"""

from collections.abc import Collection
from typing import get_args

from bamsd.disk.models import UUID, Filesystem, Mark, Use

POOL_TAG = "bams.pool"
_REPOSITORY, _USE, _FILESYSTEM, _SNAPSHOT = "bams.repo.", "bams.use.", "bams.fs.", "bams.snap."


def tags_of(mark: Mark) -> tuple[str, ...]:
    """The tags of a repository's volume."""
    tags = (f"{_REPOSITORY}{mark.repository}", f"{_USE}{mark.use}")
    return (*tags, f"{_FILESYSTEM}{mark.filesystem}") if mark.filesystem else tags


def snapshot_tag(repository: str) -> str:
    """The tag of a snapshot of this repository."""
    return f"{_SNAPSHOT}{repository}"


def mark_of(tags: Collection[str]) -> Mark | None:
    """The mark of a repository, or None where there is no sound one."""
    repositories, uses, filesystems = _after(_REPOSITORY, tags), _after(_USE, tags), _after(_FILESYSTEM, tags)
    if len(repositories) != 1 or len(uses) != 1 or len(filesystems) > 1 or _after(_SNAPSHOT, tags):
        return None
    use = next((use for use in get_args(Use) if use == uses[0]), None)
    filesystem = next((name for name in get_args(Filesystem) if [name] == (filesystems or [""])), None)
    if not UUID.fullmatch(repositories[0]) or use is None or filesystem is None:
        return None
    if (use == "filesystem") != bool(filesystem) or filesystems == [""]:
        return None
    return Mark(repositories[0], use, filesystem)


def snapshot_of(tags: Collection[str]) -> str:
    """The UUID of the repository that a snapshot belongs to, empty where there is no sound mark."""
    found = _after(_SNAPSHOT, tags)
    sound = len(found) == 1 and UUID.fullmatch(found[0]) and not _after(_REPOSITORY, tags)
    return found[0] if sound else ""


def _after(prefix: str, tags: Collection[str]) -> list[str]:
    return [tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)]
