"""The account that a daemon of Bacula runs as, and what it may do with a file. It blocks: called in threads."""

import grp
import os
import pwd
import stat
from collections.abc import Iterable
from dataclasses import dataclass

from bamsd.system.run import Rights


@dataclass(frozen=True, slots=True)
class Account:
    """``group`` is its own group's number, ``groups`` all of them."""

    name: str
    uid: int
    group: int
    groups: frozenset[int]

    @property
    def rights(self) -> Rights:
        return Rights(self.uid, self.group, self.groups)


@dataclass(frozen=True, slots=True)
class Node:
    """What stands at a path, links followed. ``may_*`` is about one account."""

    exists: bool
    is_folder: bool = False
    is_device: bool = False
    may_read: bool = False
    may_write: bool = False
    may_execute: bool = False
    group: str = ""
    mode: int = 0
    free_bytes: int = 0
    """What may still be written there; of a folder only."""


def find(name: str, extra_groups: Iterable[str] = ()) -> Account | None:
    """The account with its groups and those that its unit adds; ``None`` when there is none of this name."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    groups = set(os.getgrouplist(name, entry.pw_gid))
    for group in extra_groups:
        try:
            groups.add(grp.getgrnam(group).gr_gid)
        except KeyError:
            continue
    return Account(name, entry.pw_uid, entry.pw_gid, frozenset(groups))


def look(path: str, account: Account) -> Node:
    """By owner, group and mode alone: an access list that gives more is not seen."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return Node(exists=False)
    bits = found.st_mode & 7
    if account.uid == found.st_uid:
        bits = found.st_mode >> 6 & 7
    elif found.st_gid in account.groups:
        bits = found.st_mode >> 3 & 7
    is_root = account.uid == 0
    return Node(
        exists=True,
        is_folder=stat.S_ISDIR(found.st_mode),
        is_device=stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode),
        may_read=is_root or bool(bits & 4),
        may_write=is_root or bool(bits & 2),
        may_execute=bool(bits & 1) or (is_root and bool(found.st_mode & 0o111)),
        group=_group_name(found.st_gid),
        mode=stat.S_IMODE(found.st_mode),
        free_bytes=_free(path) if stat.S_ISDIR(found.st_mode) else 0,
    )


def _free(path: str) -> int:
    try:
        room = os.statvfs(path)
    except OSError:
        return 0
    return room.f_bavail * room.f_frsize


def _group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
