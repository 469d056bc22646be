"""The file that rtslib restores at boot, in the form that rtslib-fb 2.1 and 2.2 write it. Blocking file access.

A key of our own, ``bams``, names what BAMS put in. What else is in there is of others and stays in there. rtslib passes
over the key, and drops it when targetcli saves; after that only what BAMS has removed since its start is told apart.
"""

import json
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from bamsd.errors import ToolFailed
from bamsd.iscsi.lio_kinds import DEFAULT_ALIAS, GUARDS, PARAMETERS, QUEUED_COMMANDS, QUEUED_DEFAULT
from bamsd.iscsi.models import Configuration, Credential, Device, Group, Portal, Target

_MARK = "bams"
_PLUGINS = {"block": "block", "file": "fileio"}
Saved = dict[str, Any]


def present(file: Path) -> Saved:
    """What the file holds now; nothing when there is none. Raises ``ToolFailed``: nothing of others may be lost."""
    try:
        text = file.read_text(encoding="utf-8", errors="surrogateescape")
        content = json.loads(text) if text.strip() else {}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ToolFailed(f"{file} cannot be read: {error.strerror}. Try again as root.") from error
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not all(
        map(_is_list_of_objects, map(content.get, ("storage_objects", "targets")))
    ):
        raise ToolFailed(f"{file} is not what targetcli writes, and may hold targets of others. Correct or remove it.")
    return content


def _is_list_of_objects(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(entry, dict) for entry in value))


def render(wanted: Configuration, anywhere: str, before: Saved, dropped: Set[str]) -> str:
    """The whole file. ``before`` is what it held, ``dropped`` names targets and devices that BAMS removed."""
    mark = before.get(_MARK)
    mine = set(map(str, mark)) if isinstance(mark, list) else set()
    mine |= {*dropped, *wanted.targets, *wanted.devices}
    kept = [entry for entry in before.get("storage_objects") or [] if str(entry.get("name")) not in mine]
    others = [entry for entry in before.get("targets") or [] if str(entry.get("wwn")) not in mine]
    content = {
        **{name: value for name, value in before.items() if name not in ("storage_objects", "targets", _MARK)},
        "fabric_modules": before.get("fabric_modules") or [],
        "storage_objects": [*kept, *(_device(device) for device in wanted.devices.values())],
        "targets": [*others, *(_target(target, wanted.devices, anywhere) for target in wanted.targets.values())],
        _MARK: sorted({*wanted.targets, *wanted.devices}),
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def _device(device: Device) -> Saved:
    saved: Saved = {
        "attributes": {"emulate_tpu": 1},
        "dev": device.path,
        "name": device.name,
        "plugin": _PLUGINS[device.kind],
        "write_back": device.kind == "file" and not device.write_through,
        "wwn": device.identity.serial,
    }
    if device.kind == "block":
        return {**saved, "readonly": False}
    return {**saved, "aio": False, "size": device.size_bytes}


def _target(target: Target, devices: Mapping[str, Device], anywhere: str) -> Saved:
    chosen = dict(target.parameters)
    attributes = {name: int(value) for name, value in GUARDS.items()}
    attributes["authentication"] = 1 if target.credentials else 0
    attributes["default_cmdsn_depth"] = int(chosen.get(QUEUED_COMMANDS, QUEUED_DEFAULT))
    parameters = {name: chosen.get(name, default) for name, default in PARAMETERS.items()}
    group = {
        "attributes": attributes,
        "enable": target.enabled,
        "luns": [
            {
                "alias": "bams",
                "index": lun.number,
                "storage_object": f"/backstores/{_PLUGINS[devices[lun.device].kind]}/{lun.device}",
            }
            for lun in target.luns
        ],
        "node_acls": [_acl(target, group, name) for group in target.groups for name in group.initiators],
        "parameters": {
            **parameters,
            "AuthMethod": "CHAP" if target.credentials else "CHAP,None",
            "TargetAlias": target.alias or DEFAULT_ALIAS,
        },
        "portals": [
            {"ip_address": portal.address, "iser": False, "offload": False, "port": portal.port}
            for portal in target.portals or (Portal(anywhere),)
        ],
        "tag": 1,
    }
    return {"fabric": "iscsi", "tpgs": [group], "wwn": target.iqn}


def _acl(target: Target, group: Group, initiator: str) -> Saved:
    inward = target.credentials[0] if target.credentials else None
    return {
        "attributes": {"authentication": -1},
        "mapped_luns": [
            {"alias": "bams", "index": lun.number, "tpg_lun": lun.number, "write_protect": lun.read_only}
            for lun in target.seen_by(group)
        ],
        "node_wwn": initiator,
        **dict(_chap(inward, "chap")),
        **dict(_chap(target.mutual if inward else None, "chap_mutual")),
    }


def _chap(credential: Credential | None, end: str) -> Iterator[tuple[str, str]]:
    if credential is not None:
        yield f"{end}_userid", credential.user
        yield f"{end}_password", credential.secret.reveal()
