"""Who calls? The bus name of the sender, its uid and pid, and the person behind it.

Cockpit with administrative access calls from a root bridge. The person is then found in the audit login uid of the
process, which survives sudo. A bridge that systemd started has none; its unit is named
``cockpit-superuser-PID.service`` after the person's own bridge, so that process is asked instead (Cockpit's
superuser.py names it so).
"""

import asyncio
import pwd
import re
from collections import OrderedDict
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bamsd.bus.connection import BUS, BUS_PATH, Connection
from bamsd.core.job import Starter

UNSET_LOGIN_UID = 4294967295
"""(uid_t) -1 in /proc/PID/loginuid: the process belongs to no log-in (proc(5), audit)."""

_COCKPIT_BRIDGE = re.compile(r"/cockpit-superuser-(\d+)\.service")
_CACHED_SENDERS = 512


@dataclass(frozen=True, slots=True)
class Caller:
    sender: str
    uid: int
    pid: int
    login_uid: int | None
    person: str
    """User name of the login uid, else of the uid."""
    interactive: bool = False
    """The message allows polkit to ask a person."""


current: ContextVar[Caller] = ContextVar("caller")
"""The caller of the method that runs now. Set by dispatch for each call's own task."""


def starter() -> Starter:
    """Who asks for a job: the person behind the caller of the method that runs now."""
    who = current.get()
    return Starter(uid=who.uid if who.login_uid is None else who.login_uid, person=who.person)


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def login_uid(pid: int, proc: Path) -> int | None:
    """The login uid of a process, also behind a Cockpit bridge that systemd started. None when there is none."""
    try:
        uid = int((proc / str(pid) / "loginuid").read_text())
        if uid != UNSET_LOGIN_UID:
            return uid
        bridge = _COCKPIT_BRIDGE.search((proc / str(pid) / "cgroup").read_text())
    except (OSError, ValueError):
        return None
    return login_uid(int(bridge[1]), proc) if bridge and int(bridge[1]) != pid else None


class Callers:
    """Looks senders up. A unique bus name is never used twice, so an answer stays true."""

    def __init__(self, connection: Connection, proc: Path) -> None:
        self._connection = connection
        self._proc = proc
        self._known: OrderedDict[str, Caller] = OrderedDict()

    async def find(self, sender: str) -> Caller:
        if sender in self._known:
            self._known.move_to_end(sender)
            return self._known[sender]
        [credentials] = await self._connection.call(BUS, BUS_PATH, BUS, "GetConnectionCredentials", "s", sender)
        caller = await asyncio.to_thread(self._identify, sender, credentials)
        self._known[sender] = caller
        if len(self._known) > _CACHED_SENDERS:
            self._known.popitem(last=False)
        return caller

    def _identify(self, sender: str, credentials: dict[str, Any]) -> Caller:
        uid, pid = int(credentials["UnixUserID"]), int(credentials.get("ProcessID", 0))
        login = login_uid(pid, self._proc) if pid else None
        return Caller(sender, uid, pid, login, user_name(uid if login is None else login))
