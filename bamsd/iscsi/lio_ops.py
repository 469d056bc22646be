"""How a change of LIO's objects is made: touches of configfs in the order that Linux 6.12 wants. Pure functions.

Measured there: a device takes ``enable`` once; ``rtpi`` can be written only while the target is disabled; a LUN whose
link is cut does not come back in the ACLs that map it; CHAP texts are taken with their newline, so none is written.
"""

from collections.abc import Callable, Iterator

from bamsd.iscsi.lio_kinds import PARAMETERS, QUEUED_COMMANDS, UNSET
from bamsd.iscsi.models import PRODUCT, VENDOR, Secret
from bamsd.iscsi.objects import Attributes, Change, Key, Link, MakeFolder, Op, RemoveFolder, Unlink, Value, Write

Place = Callable[[str, str], str]
"""The folder of a device below core, by its backstore and name: iblock_3/NAME."""

_LINK = "bams"
"""Name of our links. The kernel takes any; there is one in each folder."""
_ORDER = ("authentication", "userid", "password", "userid_mutual", "password_mutual")


def group(iqn: str) -> str:
    return f"iscsi/{iqn}/tpgt_1"


def acl(iqn: str, initiator: str) -> str:
    return f"{group(iqn)}/acls/{initiator}"


class Touches:
    """The operations of a change. ``place`` finds devices."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def __call__(self, change: Change) -> tuple[Op, ...]:
        make, unmake, change_it = {
            "device": (self._add_device, self._remove_device, self._set_device),
            "target": (self._add_target, self._remove_target, self._set_target),
            "lun": (self._add_lun, self._remove_lun, self._set_nothing),
            "acl": (self._add_acl, self._remove_acl, self._set_acl),
            "mapped": (self._add_mapped, self._remove_mapped, self._set_mapped),
            "portal": (self._add_portal, self._remove_portal, self._set_nothing),
            "enabled": (self._add_enabled, self._remove_enabled, self._set_nothing),
        }[change.key.kind]
        match change.verb:
            case "add":
                return tuple(make(change.key, change.attributes))
            case "remove":
                return tuple(unmake(change.key, change.before))
            case "set":
                return tuple(change_it(change.key, {**change.before, **change.attributes}, set(change.attributes)))

    def _add_device(self, key: Key, wanted: Attributes) -> Iterator[Op]:
        store, path = str(wanted["backstore"]), str(wanted["path"])
        home = f"core/{self._place(store, key.names[0])}"
        yield MakeFolder(home.rsplit("/", 1)[0])
        yield MakeFolder(home)
        if store == "iblock":
            yield Write(f"{home}/control", f"udev_path={path}")
        else:
            cached = "" if wanted.get("write_through") == "yes" else ",fd_buffered_io=1"
            yield Write(f"{home}/control", f"fd_dev_name={path},fd_dev_size={wanted.get('size', '0')}{cached}")
        yield Write(f"{home}/udev_path", path)
        yield Write(f"{home}/wwn/vpd_unit_serial", str(wanted["serial"]))
        yield Write(f"{home}/wwn/vendor_id", VENDOR)
        yield Write(f"{home}/wwn/product_id", PRODUCT)
        yield Write(f"{home}/enable", "1")
        yield Write(f"{home}/attrib/emulate_tpu", "1")

    def _remove_device(self, key: Key, before: Attributes) -> Iterator[Op]:
        home = f"core/{self._place(str(before['backstore']), key.names[0])}"
        yield RemoveFolder(home)
        yield RemoveFolder(home.rsplit("/", 1)[0])

    def _set_device(self, key: Key, wanted: Attributes, names: set[str]) -> Iterator[Op]:
        home = f"core/{self._place(str(wanted['backstore']), key.names[0])}"
        if "size" in names:
            yield Write(f"{home}/control", f"fd_dev_size={wanted['size']}")
        if "unmap" in names:
            yield Write(f"{home}/attrib/emulate_tpu", "1")

    def _add_target(self, key: Key, wanted: Attributes) -> Iterator[Op]:
        home = group(key.names[0])
        yield MakeFolder(f"iscsi/{key.names[0]}")
        yield MakeFolder(home)
        yield from self._set_target(key, wanted, set(wanted))

    def _set_target(self, key: Key, wanted: Attributes, names: set[str]) -> Iterator[Op]:
        home = group(key.names[0])
        for name in sorted(names - {"group"}, key=lambda name: (name != "authentication", name)):
            yield Write(f"{home}/{_TARGET_FILES.get(name, f'attrib/{name}')}", str(wanted[name]))

    def _remove_target(self, key: Key, before: Attributes) -> Iterator[Op]:
        if before.get("group"):
            yield RemoveFolder(group(key.names[0]))
        yield RemoveFolder(f"iscsi/{key.names[0]}")

    def _add_lun(self, key: Key, wanted: Attributes) -> Iterator[Op]:
        iqn, number = key.names
        home = f"{group(iqn)}/lun/lun_{number}"
        yield MakeFolder(home)
        yield Link(f"{home}/{_LINK}", f"core/{self._place(str(wanted['backstore']), str(wanted['device']))}")

    def _remove_lun(self, key: Key, before: Attributes) -> Iterator[Op]:
        iqn, number = key.names
        yield from self._unlink(f"{group(iqn)}/lun/lun_{number}", before)

    def _add_acl(self, key: Key, wanted: Attributes) -> Iterator[Op]:
        yield MakeFolder(acl(*key.names))
        given = {name for name, value in wanted.items() if not _is_empty(value)}
        yield from self._set_acl(key, wanted, given - {"authentication"})

    def _set_acl(self, key: Key, wanted: Attributes, names: set[str]) -> Iterator[Op]:
        home = acl(*key.names)
        if QUEUED_COMMANDS in names:
            yield Write(f"{home}/cmdsn_depth", str(wanted[QUEUED_COMMANDS]))
        for name in _ORDER:
            if name == "authentication" and name in names:
                yield Write(f"{home}/attrib/{name}", str(wanted[name]))
            elif name in names:
                value = wanted[name]
                text = value.reveal() if isinstance(value, Secret) else value
                yield Write(f"{home}/auth/{name}", text or UNSET, secret=isinstance(value, Secret))

    def _remove_acl(self, key: Key, before: Attributes) -> Iterator[Op]:
        yield RemoveFolder(acl(*key.names))

    def _add_mapped(self, key: Key, wanted: Attributes) -> Iterator[Op]:
        iqn, initiator, number = key.names
        home = f"{acl(iqn, initiator)}/lun_{number}"
        yield MakeFolder(home)
        yield Link(f"{home}/{_LINK}", f"{group(iqn)}/lun/lun_{number}")
        yield from self._set_mapped(key, wanted, {"read_only"})

    def _set_mapped(self, key: Key, wanted: Attributes, names: set[str]) -> Iterator[Op]:
        iqn, initiator, number = key.names
        if "read_only" in names:
            text = "1" if wanted["read_only"] == "yes" else "0"
            yield Write(f"{acl(iqn, initiator)}/lun_{number}/write_protect", text)

    def _remove_mapped(self, key: Key, before: Attributes) -> Iterator[Op]:
        iqn, initiator, number = key.names
        yield from self._unlink(f"{acl(iqn, initiator)}/lun_{number}", before)

    @staticmethod
    def _unlink(home: str, before: Attributes) -> Iterator[Op]:
        if before.get("link"):
            yield Unlink(f"{home}/{before['link']}")
        yield RemoveFolder(home)

    def _add_portal(self, key: Key, wanted: Attributes) -> Iterator[Op]:
        yield MakeFolder(f"{group(key.names[0])}/np/{key.names[1]}")

    def _remove_portal(self, key: Key, before: Attributes) -> Iterator[Op]:
        yield RemoveFolder(f"{group(key.names[0])}/np/{key.names[1]}")

    def _add_enabled(self, key: Key, wanted: Attributes) -> Iterator[Op]:
        yield Write(f"{group(key.names[0])}/enable", "1")

    def _remove_enabled(self, key: Key, before: Attributes) -> Iterator[Op]:
        yield Write(f"{group(key.names[0])}/enable", "0")

    def _set_nothing(self, key: Key, wanted: Attributes, names: set[str]) -> Iterator[Op]:
        return iter(())


_TARGET_FILES = {
    **{name: f"param/{name}" for name in (*PARAMETERS, "AuthMethod")},
    "alias": "param/TargetAlias",
    "rel_tgt_id": "rtpi",
    QUEUED_COMMANDS: "attrib/default_cmdsn_depth",
}
"""Where a target's attribute lies below tpgt_1; the others are in attrib under their own name."""


def _is_empty(value: Value) -> bool:
    return not (value.reveal() if isinstance(value, Secret) else value)
