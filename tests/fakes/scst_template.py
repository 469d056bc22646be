"""The recorded tree of SCST 3.11 as nodes in memory, for tests/fakes/scst_kernel.py."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Union

RECORDED = Path(__file__).resolve().parents[1] / "recordings" / "scst" / "tree.json"


@dataclass
class Attribute:
    text: str
    mode: int = 0o644


@dataclass(frozen=True)
class Link:
    to: str


Node = Union[Attribute, Link, "Folder"]
Folder = dict[str, Node]


@cache
def recorded() -> Folder:
    """The whole recording. Not to be changed: take ``copied``."""
    root: Folder = {}
    for path, entry in json.loads(RECORDED.read_text(encoding="utf-8")).items():
        parts = [part for part in path.split("/") if part not in ("", ".")]
        at = root
        for part in parts[:-1]:
            inside = at.setdefault(part, {})
            assert isinstance(inside, dict)
            at = inside
        if not parts:
            continue
        if entry is None:
            at.setdefault(parts[-1], {})
        elif "link" in entry:
            at[parts[-1]] = Link(entry["link"])
        else:
            at[parts[-1]] = Attribute(entry.get("text", ""), int(entry.get("mode", "0o200"), 8))
    return root


def copied(folder: Folder) -> Folder:
    found: Folder = {}
    for name, node in folder.items():
        if isinstance(node, dict):
            found[name] = copied(node)
        else:
            found[name] = Attribute(node.text, node.mode) if isinstance(node, Attribute) else node
    return found


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
