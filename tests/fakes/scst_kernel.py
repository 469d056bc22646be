"""The kernel's side of SCST in memory: a Tree that behaves as /sys/kernel/scst_tgt of SCST 3.11.

Default attributes and usage texts are those of tests/recordings/scst/tree.json. Which writes are refused
is as in scst_sysfs.c, scst_lib.c, scst_vdisk.c and iscsi-scst (kernel/target.c, usr/config.c, usr/event.c).

kernel = ScstKernel({"/dev/vg/a": 1 << 30})
kernel.faults[3] = errno.EIO       # the third mutating operation from now on
kernel.die_at = 5                  # the daemon is killed there; nothing is written until kernel.revive()
"""

import errno
import re
from dataclasses import dataclass, field

from tests.fakes.scst_driver import ScstDriver, wild
from tests.fakes.scst_template import Attribute, copied, template_session
from tests.fakes.scst_world import FakeSession, refuse

PAUSING = ("ini_groups/mgmt", "initiators/mgmt")


class Died(BaseException):
    """The process was killed."""


class LoginRefused(Exception):
    pass


@dataclass
class ScstKernel(ScstDriver):
    touched: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[int, int] = field(default_factory=dict)
    die_at: int = 0
    dies_after: bool = False
    queued: set[int] = field(default_factory=set)
    """Numbers of mutating operations that are only queued: EAGAIN, and the result comes later."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.operations = 0
        self.dead = False
        self._waiting = 0

    def read(self, path: str) -> str:
        if path == "last_sysfs_mgmt_res" and self._waiting:
            self._waiting -= 1
            raise refuse(errno.EAGAIN)
        return super().read(path)

    def write(self, path: str, text: str) -> None:
        if self.dead:
            raise Died
        self.operations += 1
        number = self.operations
        self.touched.append((path, text))
        if number == self.die_at and not self.dies_after:
            self.dead = True
            raise Died
        if number in self.faults:
            raise refuse(self.faults.pop(number))
        try:
            self._store(path, text)
            result = 0
        except OSError as error:
            if number not in self.queued:
                raise
            result = -(error.errno or 0)
        if number == self.die_at:
            self.dead = True
            raise Died
        if number in self.queued:
            self._attribute("last_sysfs_mgmt_res").text = f"{result}\n"
            self._waiting = 3
            raise refuse(errno.EAGAIN)

    def make_folder(self, path: str) -> None:
        raise refuse(errno.EPERM)

    def remove_folder(self, path: str) -> None:
        raise refuse(errno.EPERM)

    def make_link(self, path: str, to: str) -> None:
        raise refuse(errno.EPERM)

    def unlink(self, path: str) -> None:
        raise refuse(errno.EPERM)

    def revive(self) -> None:
        self.dead, self.die_at, self.operations = False, 0, 0
        self.faults.clear()

    def kill_daemon(self) -> None:
        """iscsi-scstd dies: all its targets go with it."""
        self.live.clear()
        for iqn in self.iqns():
            self._drop_target(iqn)
        self._attribute("targets/iscsi/open_state").text = "closed\n"
        self._attribute("targets/iscsi/enabled").text = "0\n\n"

    def start_daemon(self) -> None:
        self._attribute("targets/iscsi/open_state").text = "open\n"

    def login(
        self, iqn: str, initiator: str, *, user: str = "", secret: str = "", address: str = "10.0.0.9", portal: str = ""
    ) -> FakeSession:
        """Log in as an initiator does. Raises ``LoginRefused``. Without a group there is a session, but no LUN."""
        home = f"targets/iscsi/{iqn}"
        portal = portal or "10.0.0.1"
        if iqn not in self.iqns() or self._first(f"{home}/enabled") != "1":
            raise LoginRefused("not found")
        if self._first("targets/iscsi/enabled") != "1":
            raise LoginRefused("nobody answers")
        allowed = self._values(home, "allowed_portal")
        if allowed and not any(wild(portal, pattern) for pattern in allowed):
            raise LoginRefused("not at this portal")
        users = self._values(home, "IncomingUser")
        if users and f"{user} {secret}" not in users:
            raise LoginRefused("authentication failed")
        taken = self._folder(f"{home}/sessions")
        folder = initiator
        while folder in taken:
            folder += "_1"
        self._sid += 1
        node = copied(template_session())
        node["initiator_name"] = Attribute(f"{initiator}\n", 0o444)
        node["sid"] = Attribute(f"{self._sid:x}\n", 0o444)
        node[address] = {"ip": Attribute(address, 0o444), "target_ip": Attribute(portal, 0o444)}
        taken[folder] = node
        session = FakeSession(iqn, initiator, folder, address, portal)
        self.live.append(session)
        self._reassign()
        return session

    def luns_of(self, session: FakeSession) -> "list[int]":
        names = self._folder(f"targets/iscsi/{session.iqn}/sessions/{session.folder}")
        return sorted(int(name.removeprefix("lun")) for name in names if re.fullmatch(r"lun\d+", name))

    def _store(self, path: str, text: str) -> None:
        node = self._node(path)
        if not isinstance(node, Attribute):
            raise refuse(errno.EISDIR)
        if not node.mode & 0o200:
            raise refuse(errno.EACCES)
        if not text:
            return  # the kernel never sees it
        text = text.removesuffix("\n")
        parts = path.split("/")
        if path.endswith(PAUSING) and not self.suspended:
            self.pauses += 1
        match parts:
            case ["suspend"]:
                self._suspend(node, int(text))
            case ["handlers", handler, "mgmt"]:
                self._handler(handler, node, text)
            case ["devices", name, attribute]:
                self._device(name, attribute, node, text)
            case ["targets", "iscsi", *rest]:
                self._iscsi(rest, node, text)
            case _:
                raise refuse(errno.EINVAL)
