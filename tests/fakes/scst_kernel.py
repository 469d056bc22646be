"""The kernel's side of SCST in memory: a Tree that behaves as /sys/kernel/scst_tgt of SCST 3.11.

Default attributes and usage texts are those of tests/recordings/scst/tree.json. Which writes are refused is as in scst_sysfs.c, scst_lib.c, scst_vdisk.c and iscsi-scst (kernel/target.c,
usr/config.c, usr/event.c).

kernel = ScstKernel({"/dev/vg/a": 1 << 30})
kernel.faults[3] = errno.EIO       # the third mutating operation from now on
kernel.die_at = 5                  # the daemon is killed there; nothing is written until kernel.revive()
"""

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from tests.fakes.scst_template import Attribute, Folder, Link, Node, copied, recorded

PAUSING = ("ini_groups/mgmt", "initiators/mgmt")
PARAMETERS = {
    "DataDigest": re.compile("None|CRC32C"),
    "HeaderDigest": re.compile("None|CRC32C"),
    "ImmediateData": re.compile("Yes|No"),
    "InitialR2T": re.compile("Yes|No"),
    "FirstBurstLength": range(512, 1 << 24),
    "MaxBurstLength": range(512, 1 << 24),
    "MaxRecvDataSegmentLength": range(512, 1 << 24),
    "MaxOutstandingR2T": range(1, 65536),
    "QueuedCommands": range(1, 2049),
}
SEVERAL = ("IncomingUser", "OutgoingUser", "allowed_portal")


class Died(BaseException):
    """The process was killed."""


class LoginRefused(Exception):
    pass


def refuse(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@dataclass
class FakeSession:
    iqn: str
    initiator: str
    folder: str
    address: str
    portal: str


@dataclass
class ScstKernel:
    backing: dict[str, int] = field(default_factory=dict)
    touched: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[int, int] = field(default_factory=dict)
    die_at: int = 0
    dies_after: bool = False
    queued: set[int] = field(default_factory=set)
    """Numbers of mutating operations that are only queued: EAGAIN, and the result comes later."""
    drain: int = 0
    """So many times del_target finds the target busy after the last session has ended."""
    pauses: int = 0
    held_up: list[str] = field(default_factory=list)
    """Writes that wait for commands while all I/O is paused: a deadlock waits there."""
    least_users: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = copied(recorded())
        for name in list(self._folder("devices")):
            self._folder("devices").pop(name)
        for handler in self._folder("handlers").values():
            assert isinstance(handler, dict)
            for name in [name for name, node in handler.items() if isinstance(node, Link)]:
                handler.pop(name)
        for name in [name for name in self._folder("targets/iscsi") if name.startswith("iqn.")]:
            self._folder("targets/iscsi").pop(name)
        self._folder("targets/copy_manager/copy_manager_tgt/luns").clear()
        self.live: list[FakeSession] = []
        self.operations = 0
        self.dead = False
        self._waiting = 0
        self._sid = 0
        self._exports = 0

    # Tree

    def read(self, path: str) -> str:
        if path == "last_sysfs_mgmt_res" and self._waiting:
            self._waiting -= 1
            raise refuse(errno.EAGAIN)
        node = self._node(path)
        if not isinstance(node, Attribute):
            raise refuse(errno.EISDIR)
        if not node.mode & 0o400:
            raise refuse(errno.EACCES)
        return node.text

    def list(self, path: str) -> list[str]:
        node = self._node(path)
        if not isinstance(node, dict):
            raise refuse(errno.ENOTDIR)
        return list(node)

    def is_folder(self, path: str) -> bool:
        try:
            return isinstance(self._node(path), dict)
        except OSError:
            return False

    def link(self, path: str) -> str:
        node = self._node(path)
        if not isinstance(node, Link):
            raise refuse(errno.EINVAL)
        return node.to

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

    # What a test does

    def revive(self) -> None:
        self.dead, self.die_at, self.operations = False, 0, 0
        self.faults.clear()

    @property
    def suspended(self) -> int:
        return int(self.read("suspend"))

    def kill_daemon(self) -> None:
        """iscsi-scstd dies: all its targets go with it."""
        self.live.clear()
        for iqn in self.iqns():
            self._drop_target(iqn)
        self._attribute("targets/iscsi/open_state").text = "closed\n"
        self._attribute("targets/iscsi/enabled").text = "0\n\n"

    def start_daemon(self) -> None:
        self._attribute("targets/iscsi/open_state").text = "open\n"

    def iqns(self) -> "list[str]":
        return [name for name, node in self._folder("targets/iscsi").items() if isinstance(node, dict)]

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

    def logout(self, session: FakeSession) -> None:
        self.live.remove(session)
        self._folder(f"targets/iscsi/{session.iqn}/sessions").pop(session.folder)

    def luns_of(self, session: FakeSession) -> "list[int]":
        names = self._folder(f"targets/iscsi/{session.iqn}/sessions/{session.folder}")
        return sorted(int(name.removeprefix("lun")) for name in names if re.fullmatch(r"lun\d+", name))

    def snapshot(self, path: str) -> str:
        """All below a folder as text, to see whether anything changed."""
        return repr(self._node(path))

    # Nodes

    def _node(self, path: str) -> Node:
        node: Node = self.root
        for part in filter(None, path.split("/")):
            if not isinstance(node, dict):
                raise refuse(errno.ENOTDIR)
            if part not in node:
                raise refuse(errno.ENOENT)
            node = node[part]
        return node

    def _folder(self, path: str) -> Folder:
        node = self._node(path)
        assert isinstance(node, dict)
        return node

    def _attribute(self, path: str) -> Attribute:
        node = self._node(path)
        assert isinstance(node, Attribute)
        return node

    def _first(self, path: str) -> str:
        return self._attribute(path).text.split("\n", 1)[0]

    def _values(self, home: str, name: str) -> "list[str]":
        return [self._first(f"{home}/{n}") for n in self._folder(home) if n.rstrip("0123456789") == name]

    # Writes

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

    def _suspend(self, node: Attribute, wanted: int) -> None:
        count = int(node.text)
        if wanted >= 0:
            self.pauses += count == 0
            node.text = f"{count + 1}\n"
        else:
            assert count > 0, "resumed more often than suspended"
            node.text = f"{count - 1}\n"

    def _verb(self, node: Attribute, text: str) -> "list[str]":
        """The words of a command. Its verb must stand in the usage text of the file."""
        words = text.split()
        if not words or f'echo "{words[0]}' not in node.text:
            raise refuse(errno.EINVAL)
        return words

    def _waits(self, what: str) -> None:
        if self.suspended:
            self.held_up.append(what)

    def _handler(self, handler: str, node: Attribute, text: str) -> None:
        verb, name, *_ = [*self._verb(node, text), "", ""]
        if verb == "del_device":
            self._waits(text)
            if name not in self._folder(f"handlers/{handler}"):
                raise refuse(errno.EINVAL)
            for place in list(self._lun_places(name)):
                self._drop_lun(place)
            self._folder("devices").pop(name)
            self._folder(f"handlers/{handler}").pop(name)
            return
        allowed = re.search(r"parameters available: (.*)", node.text)
        assert allowed
        given: dict[str, str] = {}
        for part in text.split(None, 2)[2].split(";"):
            words = part.replace("=", " ").split()
            if len(words) != 2 or words[0] not in allowed[1].split(", "):
                raise refuse(errno.EINVAL)
            given[words[0]] = words[1]
        self._add_device(handler, name, given)

    def _add_device(self, handler: str, name: str, given: dict[str, str]) -> None:
        path = given.get("filename", "")
        if not path.startswith("/") or len(name) > 64:
            raise refuse(errno.EINVAL)
        if name in self._folder("devices"):
            raise refuse(errno.EEXIST)
        if path not in self.backing:
            raise refuse(errno.ENOENT)
        if handler == "vdisk_blockio" and any(
            self._first(f"devices/{other}/filename") == path for other in self._folder("devices")
        ):
            raise refuse(errno.EBUSY)
        node = copied(template_device(handler))
        for attribute in ("usn", "t10_dev_id"):
            node[attribute] = Attribute(f"{abs(hash(name)) % 10**8:08d}\n", 0o644)
        node["prod_id"] = Attribute(f"{name[:16]}\n", 0o644)
        node["filename"] = Attribute(f"{path}\n[key]\n\n", 0o644)
        node["size"] = Attribute(f"{self.backing[path]}\n[key]\n", 0o644)
        if given.get("write_through") == "1":
            node["write_through"] = Attribute("1\n[key]\n", 0o444)
        self._folder("devices")[name] = node
        self._folder(f"handlers/{handler}")[name] = Link(f"../../devices/{name}")
        luns = self._folder("targets/copy_manager/copy_manager_tgt/luns")
        number = next(n for n in range(16384) if str(n) not in luns)
        self._put_lun(("targets", "copy_manager", "copy_manager_tgt", "luns", str(number)), name, False)

    def _device(self, name: str, attribute: str, node: Attribute, text: str) -> None:
        home = f"devices/{name}"
        longest = {"usn": 20, "t10_vend_id": 8, "prod_id": 16, "t10_dev_id": 50}
        if attribute == "resync_size":
            self._attribute(f"{home}/size").text = f"{self.backing[self._first(f'{home}/filename')]}\n"
        elif attribute == "naa_id":
            digits = text.removeprefix("0x")
            if not re.fullmatch(r"|[235][0-9a-fA-F]{15}|6[0-9a-fA-F]{31}", digits):
                raise refuse(errno.EINVAL)
            node.text = f"0x{digits.lower()}\n[key]\n" if digits else "\n"
        elif attribute in longest and len(text) <= longest[attribute]:
            node.text = f"{text}\n[key]\n"
        else:
            raise refuse(errno.EINVAL)

    def _iscsi(self, rest: "list[str]", node: Attribute, text: str) -> None:
        if self._first("targets/iscsi/open_state") != "open":
            raise refuse(errno.EPERM)
        match rest:
            case ["enabled"] if text in ("0", "1"):
                node.text = f"{text}\n\n"
            case ["mgmt"]:
                self._driver(node, text)
            case [iqn, "enabled"] if text in ("0", "1"):
                self._enable(iqn, node, text)
            case [iqn, "rel_tgt_id"]:
                self._rel_tgt_id(iqn, node, int(text))
            case [_, "comment"]:
                node.text = f"{text}\n[key]\n" if text else ""
            case [_, "alias"]:
                node.text = f"{text}\n[key]\n\n" if text.strip() else "\n"
            case [iqn, name] if name in PARAMETERS:
                self._parameter(name, node, text)
            case [iqn, name] if name.rstrip("0123456789") in SEVERAL:
                self._replace(iqn, name.rstrip("0123456789"), node, text)
            case [iqn, "ini_groups", "mgmt"]:
                self._groups(iqn, node, text)
            case [iqn, "ini_groups", group, "initiators", "mgmt"]:
                self._initiators(iqn, group, node, text)
            case [*_, "luns", "mgmt"]:
                self._luns(("targets", "iscsi", *rest[:-1]), node, text)
            case [iqn, "sessions", folder, "force_close"]:
                self._waits(f"force_close {folder}")
                self.logout(next(s for s in self.live if (s.iqn, s.folder) == (iqn, folder)))
            case _:
                raise refuse(errno.EINVAL)

    def _driver(self, node: Attribute, text: str) -> None:
        verb, iqn, *rest = [*self._verb(node, text), ""]
        if verb == "add_target":
            if iqn in self.iqns():
                raise refuse(errno.EEXIST)
            target = copied(template_target())
            tids = [int(self._first(f"targets/iscsi/{other}/tid")) for other in self.iqns()]
            target["tid"] = Attribute(f"{max(tids, default=0) + 1}\n", 0o444)
            self._folder("targets/iscsi")[iqn] = target
            return
        if iqn not in self.iqns():
            raise refuse(errno.ENOENT)
        if verb == "del_target":
            self._waits(text)
            if any(session.iqn == iqn for session in self.live):
                raise refuse(errno.EBUSY)
            if self.drain:
                self.drain -= 1
                raise refuse(errno.EBUSY)
            self._drop_target(iqn)
        elif verb in ("add_target_attribute", "del_target_attribute") and rest[0] in SEVERAL:
            self._several(iqn, verb[:3], rest[0], [word for word in rest[1:] if word])
        else:
            raise refuse(errno.EINVAL)

    def _drop_target(self, iqn: str) -> None:
        for name in list(self._folder("devices")):
            for place in list(self._lun_places(name)):
                if place[2] == iqn:
                    self._drop_lun(place)
        self._folder("targets/iscsi").pop(iqn)

    def _several(self, iqn: str, verb: str, name: str, words: "list[str]") -> None:
        home = f"targets/iscsi/{iqn}"
        folder = self._folder(home)
        users = name != "allowed_portal"
        if len(words) != (2 if users and verb == "add" else 1):
            raise refuse(errno.EINVAL)
        names = [n for n in folder if n.rstrip("0123456789") == name]
        holder = [n for n in names if self._first(f"{home}/{n}").split(" ")[0] == words[0]]
        if verb == "del":
            if not holder:
                raise refuse(errno.ENOENT)
            folder.pop(holder[0])
        elif holder or (users and len(words[1]) < 12) or (name == "OutgoingUser" and names):
            raise refuse(errno.EINVAL)
        else:
            free = (
                name if name not in folder else next(f"{name}{n}" for n in range(1, 99) if f"{name}{n}" not in folder)
            )
            folder[free] = Attribute(" ".join(words) + "\n[key]\n\n", 0o600 if users else 0o644)
        left = len(self._values(home, "IncomingUser"))
        if name == "IncomingUser":
            self.least_users[iqn] = min(left, self.least_users.get(iqn, left))

    def _replace(self, iqn: str, name: str, node: Attribute, text: str) -> None:
        words = text.split()
        home = f"targets/iscsi/{iqn}"
        others = [v.split(" ")[0] for v in self._values(home, name) if v != node.text.split("\n")[0]]
        if words[0] in others:
            raise refuse(errno.EEXIST)
        node.text = " ".join(words) + "\n[key]\n\n"

    def _enable(self, iqn: str, node: Attribute, text: str) -> None:
        mine = self._first(f"targets/iscsi/{iqn}/rel_tgt_id")
        taken = [self._first(f"targets/iscsi/{o}/rel_tgt_id") for o in self._enabled() if o != iqn]
        if text == "1" and mine == "0":
            mine = next(str(n) for n in range(1, 65536) if str(n) not in taken)
            self._attribute(f"targets/iscsi/{iqn}/rel_tgt_id").text = f"{mine}\n[key]\n"
        if text == "1" and mine in taken:
            raise refuse(errno.EBADSLT)
        node.text = f"{text}\n"

    def _rel_tgt_id(self, iqn: str, node: Attribute, number: int) -> None:
        on = iqn in self._enabled()
        taken = [self._first(f"targets/iscsi/{o}/rel_tgt_id") for o in self._enabled() if o != iqn]
        if on and str(number) in taken:
            raise refuse(errno.EBADSLT)
        if not 1 <= number <= 65535 and (number or on):
            raise refuse(errno.EINVAL)
        node.text = f"{number}\n[key]\n" if number else "0\n"

    def _enabled(self) -> "list[str]":
        return [iqn for iqn in self.iqns() if self._first(f"targets/iscsi/{iqn}/enabled") == "1"]

    def _parameter(self, name: str, node: Attribute, text: str) -> None:
        rule = PARAMETERS[name]
        default_node = template_target()[name]
        assert isinstance(default_node, Attribute)
        default = default_node.text.split("\n")[0]
        if text == ":default:":
            text = default
        fine = rule.fullmatch(text) if isinstance(rule, re.Pattern) else text.isdigit() and int(text) in rule
        if not fine:
            raise refuse(errno.EINVAL)
        node.text = f"{text}\n" + ("" if text == default else "[key]\n")

    def _groups(self, iqn: str, node: Attribute, text: str) -> None:
        verb, group = self._verb(node, text)
        groups = self._folder(f"targets/iscsi/{iqn}/ini_groups")
        if verb == "create":
            if group in groups:
                raise refuse(errno.EEXIST)
            groups[group] = copied(template_group())
            return
        if group not in groups:
            raise refuse(errno.EINVAL)
        if any(s.iqn == iqn and self.group_of(s) == group for s in self.live):
            raise refuse(errno.EBUSY)
        for name in list(self._folder("devices")):
            for place in list(self._lun_places(name)):
                if place[2:5] == (iqn, "ini_groups", group):
                    self._drop_lun(place)
        groups.pop(group)

    def _initiators(self, iqn: str, group: str, node: Attribute, text: str) -> None:
        verb, name, *_ = [*self._verb(node, text), ""]
        names = self._folder(f"targets/iscsi/{iqn}/ini_groups/{group}/initiators")
        if verb == "add":
            if name in names:
                raise refuse(errno.EEXIST)
            names[name] = Attribute(f"{name}\n", 0o444)
        elif verb == "del":
            if name not in names:
                raise refuse(errno.EINVAL)
            names.pop(name)
        elif verb == "clear":
            for other in [other for other in names if other != "mgmt"]:
                names.pop(other)
        else:
            raise refuse(errno.EINVAL)
        self._reassign()

    def _luns(self, place: tuple[str, ...], node: Attribute, text: str) -> None:
        verb, *words = self._verb(node, text)
        luns = self._folder("/".join(place))
        if verb == "del":
            self._waits(text)
            if words[0] not in luns:
                raise refuse(errno.EINVAL)
            self._drop_lun((*place, words[0]))
        elif verb == "add":
            device, number, *parameters = words
            if device not in self._folder("devices") or not 0 <= int(number) <= 16383:
                raise refuse(errno.EINVAL)
            if any(not re.fullmatch(r"read_only=[01];?", parameter) for parameter in parameters):
                raise refuse(errno.EINVAL)
            if number in luns:
                raise refuse(errno.EEXIST)
            self._put_lun((*place, number), device, "read_only=1" in text)
        else:
            raise refuse(errno.EINVAL)
        self._reassign()

    def _put_lun(self, place: tuple[str, ...], device: str, read_only: bool) -> None:
        self._folder("/".join(place[:-1]))[place[-1]] = {
            "device": Link("../" * (len(place)) + f"devices/{device}"),
            "read_only": Attribute("1\n[key]\n" if read_only else "0\n", 0o444),
        }
        self._exports += 1
        self._folder(f"devices/{device}/exported")[f"export{self._exports}"] = Link("../../../" + "/".join(place))

    def _drop_lun(self, place: tuple[str, ...]) -> None:
        lun = self._folder("/".join(place[:-1])).pop(place[-1])
        assert isinstance(lun, dict)
        link = lun["device"]
        assert isinstance(link, Link)
        exported = self._folder(f"devices/{link.to.rsplit('/', 1)[-1]}/exported")
        for name in [n for n, node in exported.items() if node == Link("../../../" + "/".join(place))]:
            exported.pop(name)
        self._reassign()

    def _lun_places(self, device: str) -> Iterator[tuple[str, ...]]:
        for node in list(self._folder(f"devices/{device}/exported").values()):
            assert isinstance(node, Link)
            yield tuple(node.to.removeprefix("../../../").split("/"))

    # Sessions

    def group_of(self, session: FakeSession) -> str:
        groups = self._folder(f"targets/iscsi/{session.iqn}/ini_groups")
        for group, node in groups.items():
            if isinstance(node, dict):
                names = node["initiators"]
                assert isinstance(names, dict)
                if any(wild(session.initiator, name) for name in names if name != "mgmt"):
                    return group
        return ""

    def _reassign(self) -> None:
        for session in self.live:
            group = self.group_of(session)
            home = f"targets/iscsi/{session.iqn}"
            place = f"ini_groups/{group}/luns" if group else "luns"
            folder = self._folder(f"{home}/sessions/{session.folder}")
            folder["luns"] = Link(f"../../{place}")
            for name in [name for name in folder if re.fullmatch(r"lun\d+", name)]:
                folder.pop(name)
            for number, node in self._folder(f"{home}/{place}").items():
                if isinstance(node, dict):
                    folder[f"lun{number}"] = {}


def wild(name: str, pattern: str) -> bool:
    if pattern.startswith("!"):
        return not wild(name, pattern[1:])
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(expression, name, re.IGNORECASE) is not None


def _part(path: str) -> Folder:
    node: Node = recorded()
    for part in path.split("/"):
        assert isinstance(node, dict)
        node = node[part]
    assert isinstance(node, dict)
    return copied(node)


@cache
def template_device(handler: str) -> Folder:
    node = _part("devices/zv1" if handler == "vdisk_blockio" else "devices/file1")
    node["exported"] = {}
    node["handler"] = Link(f"../../handlers/{handler}")
    return node


@cache
def template_target() -> Folder:
    node = _part("targets/iscsi/iqn.2026-01.org.bams:gamma")
    groups, luns = node["ini_groups"], node["luns"]
    assert isinstance(groups, dict)
    assert isinstance(luns, dict)
    groups.pop("one")
    node["rel_tgt_id"] = Attribute("0\n", 0o644)
    return node


@cache
def template_group() -> Folder:
    node = _part("targets/iscsi/iqn.2026-01.org.bams:gamma/ini_groups/one")
    luns, names = node["luns"], node["initiators"]
    assert isinstance(luns, dict)
    assert isinstance(names, dict)
    luns.pop("5")
    names.pop("iqn.2020-01.example:host1")
    return node


@cache
def template_session() -> Folder:
    node = _part("targets/iscsi/iqn.2026-01.org.bams:beta/sessions/iqn.1993-08.org.debian:01:23b28e8f88dd")
    for name in ("127.0.0.1", "lun0"):
        node.pop(name)
    return node
