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
