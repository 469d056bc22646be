"""What the configuration files of iSCSI targets say of backing devices. Pure functions of text.

Formats: scst.conf(5), with the oddities of scstadmin's parser (a brace counts even inside quotes, a # ends the line);
saveconfig.json as rtslib-fb 2.2 writes it.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from bamsd.errors import ToolFailed

_WORD = re.compile(r'"([^"]*)"|(\S+)')
_BLOCKS = re.compile(r"[{}]|[^{}\n]+")


@dataclass(frozen=True, slots=True)
class Backing:
    """A device as a target sees it: ``path`` lies under the LUNs in ``luns`` ("LUN 0 of iqn..."), which may be none."""

    name: str
    path: str
    luns: tuple[str, ...] = ()


def parse_scst_conf(text: str, file: str) -> tuple[Backing, ...]:
    """The devices of an scst.conf that have a ``filename``, with the LUNs that lead to them.

    Raises ``ToolFailed``, naming ``file``, when the braces do not match: half a file must not pass for all of it.
    """
    files: dict[str, str] = {}
    luns: dict[str, list[str]] = {}
    trail: list[list[str]] = []
    words: list[str] = []
    for piece in _BLOCKS.findall("\n".join(map(_without_comment, text.split("\n")))):
        match piece:
            case "{":
                trail.append(words)
                words = []
            case "}":
                if not trail:
                    raise _broken(file, "it closes a block that was never opened")
                trail.pop()
                words = []
            case _ if piece.strip():
                words = [quoted or plain for quoted, plain in _WORD.findall(piece)]
                _take(words, trail, files, luns)
    if trail:
        raise _broken(file, f"the block {' '.join(trail[-1][:2])} is never closed")
    return tuple(Backing(name, path, tuple(luns.get(name, ()))) for name, path in files.items())


def _without_comment(line: str) -> str:
    """A # drops itself, the rest and the one character before it, unless it is escaped; then escapes are undone."""
    if line.startswith("#"):
        return ""
    found = re.search(r"(?<!\\)#", line)
    return re.sub(r"\\(.)", r"\1", line[: max(found.start() - 1, 0)] if found else line)


def _take(words: list[str], trail: list[list[str]], files: dict[str, str], luns: dict[str, list[str]]) -> None:
    if len(words) < 2:
        return
    key = words[0].lower()
    at = trail[-1] if trail else []
    if key == "filename":
        files[at[1] if len(at) > 1 else words[1]] = words[1]
    elif key == "lun" and len(words) > 2:
        target = next((block[1] for block in trail if block and block[0].upper() in ("TARGET", "HW_TARGET")), "")
        luns.setdefault(words[2], []).append(f"LUN {words[1]} of {target}")


def parse_saveconfig(text: str, file: str) -> tuple[Backing, ...]:
    """The storage objects of an LIO configuration that have a device or a file, with the LUNs that lead to them.

    Raises ``ToolFailed``, naming ``file``, when it is no such configuration; an empty object is one without targets.
    """
    try:
        content = json.loads(text)
        luns: dict[str, list[str]] = {}
        for target in content.get("targets") or []:
            for group in target.get("tpgs") or []:
                for lun in group.get("luns") or []:
                    luns.setdefault(lun["storage_object"], []).append(f"LUN {lun['index']} of {target['wwn']}")
        return tuple(_storage_object(entry, luns) for entry in content.get("storage_objects") or [] if entry.get("dev"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _broken(file, "it is not what targetcli writes") from None


def _storage_object(entry: dict[str, Any], luns: dict[str, list[str]]) -> Backing:
    path, name = entry["dev"], entry["name"]
    if not isinstance(path, str) or not isinstance(name, str):
        raise TypeError(entry)
    return Backing(name, path, tuple(luns.get(f"/backstores/{entry['plugin']}/{name}", ())))


def _broken(file: str, why: str) -> ToolFailed:
    return ToolFailed(
        f"{file} cannot be understood, so which devices it exports is not known: {why}. Correct the file, or remove it."
    )
