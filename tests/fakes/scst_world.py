"""What stands in SCST's kernel: nodes, devices and LUNs. The lower part of tests/fakes/scst_kernel.py."""

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.fakes.scst_template import Attribute, Folder, Link, Node, copied, recorded, template_device

Words = list[str]


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
class ScstWorld:
    backing: dict[str, int] = field(default_factory=dict)
    """Sizes in bytes of the devices and files that exist."""
    drain: int = 0
    """So many times del_target finds the target busy after the last session has ended."""
    pauses: int = 0
    held_up: Words = field(default_factory=list)
    """Writes that wait for commands while all I/O is paused: a deadlock waits there."""
    least_users: dict[str, int] = field(default_factory=dict)

    def _reassign(self) -> None:
        """Sort the sessions into groups again, and show them their LUNs."""

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
        self._sid = 0
        self._exports = 0

    def iqns(self) -> Words:
        return [name for name, node in self._folder("targets/iscsi").items() if isinstance(node, dict)]

    @property
    def suspended(self) -> int:
        return int(self.read("suspend"))

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

    def _values(self, home: str, name: str) -> Words:
        return [self._first(f"{home}/{n}") for n in self._folder(home) if n.rstrip("0123456789") == name]

    def read(self, path: str) -> str:
        node = self._node(path)
        if not isinstance(node, Attribute):
            raise refuse(errno.EISDIR)
        if not node.mode & 0o400:
            raise refuse(errno.EACCES)
        return node.text

    def link(self, path: str) -> str:
        node = self._node(path)
        if not isinstance(node, Link):
            raise refuse(errno.EINVAL)
        return node.to

    def is_folder(self, path: str) -> bool:
        try:
            return isinstance(self._node(path), dict)
        except OSError:
            return False

    def snapshot(self, path: str) -> str:
        """All below a folder as text, to see whether anything changed."""
        return repr(self._node(path))

    def _suspend(self, node: Attribute, wanted: int) -> None:
        count = int(node.text)
        if wanted >= 0:
            self.pauses += count == 0
            node.text = f"{count + 1}\n"
        else:
            assert count > 0, "resumed more often than suspended"
            node.text = f"{count - 1}\n"

    def _verb(self, node: Attribute, text: str) -> Words:
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

    def list(self, path: str) -> Words:
        node = self._node(path)
        if not isinstance(node, dict):
            raise refuse(errno.ENOTDIR)
        return list(node)
