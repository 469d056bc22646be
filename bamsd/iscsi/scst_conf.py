"""scst.conf, written whole. Format: scst.conf(5), with the oddities of scstadmin's parser (see ``configured.py``).

Only what differs from a default is in there, and never a size: SCST would put the old one back after a disk has grown.
A brace must stand on the line of its HANDLER or TARGET_DRIVER, for the boot script looks for it there.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bamsd.iscsi import scst_kinds
from bamsd.iscsi.models import VENDOR, Configuration, Device, Target
from bamsd.iscsi.objects import Attributes, Key
from bamsd.iscsi.scst_kinds import HANDLERS, OWNER_TAG, is_plain
from bamsd.iscsi.scst_ops import DRIVER
from bamsd.iscsi.scst_reading import folders, marked, read, value
from bamsd.iscsi.tree import Tree

HEADER = "# Written by bamsd. Changes made here are lost: use BAMS.\n"
_SEVERAL = re.compile(r"(IncomingUser|OutgoingUser|allowed_portal)\d+")
_NEVER = frozenset({"size", "size_mb", "enabled"})
_KEYS = {"usn": "serial", "naa_id": "naa", "t10_dev_id": "t10", "t10_vend_id": "vendor", "prod_id": "product"}

Lines = list[str]


@dataclass(frozen=True, slots=True)
class Foreign:
    """What others made in the kernel, as lines of the file: devices by handler, and targets."""

    devices: Mapping[str, Lines] = field(default_factory=dict)
    targets: Lines = field(default_factory=list)
    driver_is_on: bool = False


def render(wanted: Configuration, foreign: Foreign, exists: Callable[[str], bool]) -> str:
    """The text of the file. Devices that are not there are left out with their LUNs: one would stop all the rest."""
    present = {device.name: device for device in wanted.devices.values() if exists(device.path)}
    lines: Lines = []
    for handler in sorted({*HANDLERS.values(), *foreign.devices}):
        inside = list(foreign.devices.get(handler, ()))
        for device in sorted(present.values(), key=lambda device: device.name):
            if HANDLERS[device.kind] == handler:
                inside += _block(f"DEVICE {device.name}", _device(device))
        if inside or handler in HANDLERS.values():
            lines += _block(f"HANDLER {handler}", inside)
    is_on = foreign.driver_is_on or any(target.enabled for target in wanted.targets.values())
    inside = [f"enabled {int(is_on)}"]
    for iqn in sorted(wanted.targets):
        inside += _block(f"TARGET {_word(iqn)}", _target(wanted.targets[iqn], present))
    lines += _block("TARGET_DRIVER iscsi", [*inside, *foreign.targets])
    return HEADER + "\n" + "".join(f"{line}\n" for line in lines)


def _block(head: str, inside: Lines) -> Lines:
    return [f"{head} {{", *(f"\t{line}" for line in inside), "}"]


def _word(text: str) -> str:
    """One token: # and \\ are escaped, and what holds a blank is quoted."""
    escaped = re.sub(r"([\\#])", r"\\\1", text)
    return f'"{escaped}"' if not text or re.search(r"\s", text) else escaped


def _device(device: Device) -> Lines:
    said = scst_kinds.device_attributes(device)
    lines = [f"filename {_word(device.path)}"]
    if device.write_through:
        lines.append("write_through 1")
    for file, name in _KEYS.items():
        if name in said:
            text = str(said[name])
            lines.append(f"{file} {_word(f'0x{text}' if file == 'naa_id' else text)}")
    return lines


def _target(target: Target, present: Mapping[str, Device]) -> Lines:
    objects = scst_kinds.compile_objects(Configuration({target.iqn: target}))
    said: Attributes = objects[Key("target", (target.iqn,))]
    lines = [f"{name} {_word(str(text))}" for name, text in said.items() if text]
    lines += [f"allowed_portal {_word(portal.address)}" for portal in target.portals]
    lines += [f'IncomingUser "{c.user} {c.secret.reveal()}"' for c in target.credentials]
    if target.mutual:
        lines.append(f'OutgoingUser "{target.mutual.user} {target.mutual.secret.reveal()}"')
    if target.rel_tgt_id:
        lines.append(f"rel_tgt_id {target.rel_tgt_id}")
    lines.append(f"enabled {int(target.enabled)}")
    for group in target.groups:
        inside: Lines = []
        for lun in target.seen_by(group):
            if lun.device in present:
                inside += _lun(str(lun.number), lun.device, lun.read_only)
        inside += [f"INITIATOR {_word(name)}" for name in group.initiators]
        lines += _block(f"GROUP {_word(group.name)}", inside)
    return lines


def _lun(number: str, device: str, read_only: bool) -> Lines:
    head = f"LUN {number} {_word(device)}"
    return _block(head, ["read_only 1"]) if read_only else [head]


def foreign(tree: Tree, wanted: Configuration) -> Foreign:
    """Devices and iSCSI targets in the kernel that BAMS did not make and does not want.

    What cannot be said in the file without changing its meaning (a brace in a secret) is left out as a whole.
    """
    devices: dict[str, Lines] = {}
    for name in folders(tree, "devices"):
        link = _handler(tree, name)
        if link and name not in wanted.devices and value(read(tree, f"devices/{name}/t10_vend_id")) != VENDOR:
            lines = _attributes(tree, f"devices/{name}")
            if lines is not None and is_plain(name):
                devices.setdefault(link, []).extend(_block(f"DEVICE {name}", lines))
    targets: Lines = []
    for iqn in folders(tree, DRIVER):
        ours = iqn in wanted.targets or value(read(tree, f"{DRIVER}/{iqn}/comment")).startswith(OWNER_TAG)
        lines = None if ours else _foreign_target(tree, f"{DRIVER}/{iqn}")
        if lines is not None and is_plain(iqn):
            targets += _block(f"TARGET {_word(iqn)}", lines)
    return Foreign(devices, targets, value(read(tree, f"{DRIVER}/enabled")) == "1")


def _handler(tree: Tree, name: str) -> str:
    try:
        return tree.link(f"devices/{name}/handler").rsplit("/", 1)[-1]
    except FileNotFoundError:
        return ""


def _foreign_target(tree: Tree, home: str) -> Lines | None:
    lines = _attributes(tree, home)
    if lines is None:
        return None
    lines.append(f"enabled {value(read(tree, f'{home}/enabled')) or '0'}")
    lines += _foreign_luns(tree, f"{home}/luns")
    for group in folders(tree, f"{home}/ini_groups"):
        place = f"{home}/ini_groups/{group}"
        inside = _attributes(tree, place)
        names = [name for name in sorted(tree.list(f"{place}/initiators")) if name != "mgmt"]
        if inside is None or not all(map(is_plain, (group, *names))):
            return None
        inside += _foreign_luns(tree, f"{place}/luns")
        lines += _block(f"GROUP {_word(group)}", [*inside, *(f"INITIATOR {_word(name)}" for name in names)])
    return lines


def _foreign_luns(tree: Tree, home: str) -> Iterator[str]:
    for number in sorted(folders(tree, home), key=lambda name: (len(name), name)):
        device = tree.link(f"{home}/{number}/device").rsplit("/", 1)[-1]
        yield from _lun(number, device, value(read(tree, f"{home}/{number}/read_only")) == "1")


def _attributes(tree: Tree, home: str) -> Lines | None:
    """What the kernel marks as not the default. None when the file cannot say one of them."""
    lines: Lines = []
    for name in sorted(tree.list(home)):
        if name in _NEVER or name == "mgmt" or tree.is_folder(f"{home}/{name}"):
            continue
        try:
            text = tree.read(f"{home}/{name}")
        except OSError:
            continue  # write-only, or a link to a folder
        if marked(text):
            several = _SEVERAL.fullmatch(name)
            if not is_plain(value(text)):
                return None
            lines.append(f"{several[1] if several else name} {_word(value(text))}")
    return lines
