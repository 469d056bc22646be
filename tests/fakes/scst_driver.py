"""The iSCSI driver of SCST with iscsi-scstd and the sessions. The middle part of tests/fakes/scst_kernel.py."""

import errno
import re

from tests.fakes.scst_template import Attribute, Link, copied, template_group, template_target
from tests.fakes.scst_world import FakeSession, ScstWorld, Words, refuse

PARAMETERS: dict[str, re.Pattern[str] | range] = {
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


class ScstDriver(ScstWorld):
    def logout(self, session: FakeSession) -> None:
        self.live.remove(session)
        self._folder(f"targets/iscsi/{session.iqn}/sessions").pop(session.folder)

    def _iscsi(self, rest: Words, node: Attribute, text: str) -> None:
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

    def _several(self, iqn: str, verb: str, name: str, words: Words) -> None:
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

    def _enabled(self) -> Words:
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
