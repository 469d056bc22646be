"""Write docs/schema/bamsctl.json: a JSON schema for what each command of bamsctl prints with --json.

usage: python3 docs/generate_schema.py [--check]
--check writes nothing and ends with 1 when the file is not what would be written. Objects of the bus are taken from
dbus/org.bams.*.xml; what methods answer with is described here, in the words of those files. Keys are only added, so a
schema allows more than it names.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from generate_api import read_interface  # noqa: E402

from bamsd.ctl.commands import COMMANDS  # noqa: E402 - the path comes first
from bamsd.ctl.output import snake  # noqa: E402

TARGET = ROOT / "docs" / "schema" / "bamsctl.json"

JSON_TYPES: dict[str, dict[str, Any]] = {
    "b": {"type": "boolean"},
    "u": {"type": "integer", "minimum": 0},
    "t": {"type": "integer", "minimum": 0},
    "d": {"type": ["number", "null"]},
    "s": {"type": "string"},
    "o": {"type": "string", "pattern": "^/"},
}

OBJECTS = {
    "repository": "org.bams.Disk.Repository",
    "pool": "org.bams.Disk.Pool",
    "library": "org.bams.Tape.Library",
    "drive": "org.bams.Tape.Drive",
    "target": "org.bams.Iscsi.Target",
    "job": "org.bams.Job",
}

# What is put together otherwise than the contract has it: the name of a shape, and its keys with their types. A
# question mark is behind those that may be left out; a name in brackets is a list of that shape.
SHAPES = {
    "lun": "lun u, repository s, device s, read_only b, naa s",
    "snapshot": "name s, owned b, created t?, size t?, used t?, used_percent d?, valid b?",
    "holder": "kind s, name s, release s",
    "candidate": "id s, path s, size t, candidate b, refusals as, model s?, serial s?, wwn s?, rotational b?, "
    "smart s?, signature s?",
    "slot": "number u, state s, import_export b, barcode s, kind s, generation u",
    "tape_status": "libraries [library], drives [drive]",
    "cartridge": "barcode s, kind s, generation t, library s, place s, number t, home_slot t, loads t, "
    "first_seen t, last_seen t, moves [move]?",
    "move": "time_us t, library s, from_kind s, from_number t, to_kind s, to_number t, cause s, person s",
    "difference": "targets as, object s, difference s",
    "session": "target s, initiator s, id s, since t?, luns at?, address s?, portal s?, read_bytes t?, "
    "written_bytes t?, in_flight t?, read_rate d?, write_rate d?",
    "bacula_status": "installed b, unit_state s, reachable b, problem s, name s?, version s?, started t?, "
    "devices [bacula_device]?, running [bacula_running]?, ended [bacula_running]?, director_reachable b, "
    "director_problem s, storages as, pools as",
    "bacula_device": "name s, archive_device s, type s, media_type s, autochanger s, open b, enabled b, mounted b, "
    "writers t, volume s, pool s, blocked s, bytes t, drive t",
    "bacula_running": "jobid t, name s, level s, type s, status s, bytes t, files t, errors t, volume s?, device s?, "
    "started t?, ended t?, waiting s?",
    "bacula_config": "text s",
    "bacula_generated": "text s, diff s, director s",
    "bacula_finding": "severity s, subject s, text s, advice s, file s, line t",
    "bacula_volume": "name s, pool s, media_type s, status s, bytes t, files t, last_written t, retention t, slot t, "
    "in_changer b, enabled b, needs_inventory b, library s?, place s?, number t?",
    "bacula_job": "jobid t, name s, type s, level s, status s, status_text s, client s, bytes t, files t, errors t, "
    "started t, ended t, device s",
    "service": "name s, description s, units as, state s, present b",
    "entry": "cursor s, time t, priority u, service s, unit s, identifier s, pid u, message s",
    "record": "time t, person s, uid u, pid u, action s, method s, object s, description s, outcome s, error s, job t, "
    "duration_us t, login_uid u?, arguments a{sv}?",
    "verified": "ok b, records t, problem s",
    "one_series": "name s, object s, unit s, description s",
    "one_history": "name s, unit s, step t, times at, low ad, mean ad, high ad",
    "alert": "id s, severity s, summary s, advice s, object s, since t, acknowledged_by s, acknowledged t",
    "bundle": "name s, path s, size t, created t, complete b?",
    "export": "name s, path s, size t, created t",
    "way": "way s, ok b, text s",
    "config_check": "file s, good b",
    "status": "hostname s, version s, features as, alerts [alert], running [job], libraries [library], pools [pool], "
    "repositories [repository], targets [target]",
}

LISTS = {
    "repositories": "repository",
    "pools": "pool",
    "snapshots": "snapshot",
    "holders": "holder",
    "candidates": "candidate",
    "slots": "slot",
    "cartridges": "cartridge",
    "targets": "target",
    "drift": "difference",
    "sessions": "session",
    "bacula_findings": "bacula_finding",
    "bacula_volumes": "bacula_volume",
    "bacula_jobs": "bacula_job",
    "services": "service",
    "entries": "entry",
    "records": "record",
    "all_series": "one_series",
    "histories": "one_history",
    "jobs": "job",
    "alerts": "alert",
    "bundles": "bundle",
    "exports": "export",
    "ways": "way",
}

CHOICES = {"logs": ("services", "entries"), "audit": ("records", "verified"), "history": ("all_series", "histories")}
"""Commands that answer in one of several ways, by their arguments."""

OTHERS: dict[str, dict[str, Any]] = {
    # A change: its job, or where the method starts none, how it ended.
    "change": {
        "type": "object",
        "properties": {
            "path": {"type": ["string", "null"]},
            "state": {"enum": ["planned", "running", "succeeded"]},
            "result": {"type": "object"},
        },
        "required": ["path", "state", "result"],
    },
    "permissions": {"type": "object", "additionalProperties": {"enum": ["yes", "challenge", "no"]}},
    "error": {
        "description": "What is on standard error when a command fails. The exit code tells the class too.",
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "message": {"type": "string"}},
                "required": ["name", "message"],
            }
        },
        "required": ["error"],
    },
}


def of_type(text: str) -> dict[str, Any]:
    """The schema of a D-Bus type, or of a shape in brackets."""
    if text in JSON_TYPES:
        return JSON_TYPES[text]
    if text.startswith("["):
        return {"type": "array", "items": {"$ref": f"#/$defs/{text[1:-1]}"}}
    if text in ("a{sv}", "a{ss}"):
        return {"type": "object"}
    if text.startswith("("):
        return {"type": "array", "prefixItems": [of_type(letter) for letter in text[1:-1]]}
    if text.startswith("a"):
        return {"type": "array", "items": of_type(text[1:])}
    raise ValueError(f"no JSON for the type {text}")


def of_keys(text: str) -> dict[str, Any]:
    properties, required = {}, []
    for part in text.split(", "):
        key, kind = part.split(" ")
        properties[key] = of_type(kind.rstrip("?"))
        if not kind.endswith("?"):
            required.append(key)
    return {"type": "object", "properties": properties, "required": required}


def of_object(interface: str) -> dict[str, Any]:
    """All properties of an object of the bus, with the names that JSON has for them."""
    _, about, members = read_interface(ROOT / "dbus" / f"{interface}.xml")
    properties: dict[str, Any] = {"path": of_type("o")}
    for member, comment in members:
        if member.tag == "property":
            properties[snake(member.attrib["name"])] = of_type(member.attrib["type"]) | {
                "description": re.sub(r"\s+", " ", comment.text)
            }
    return {
        "description": about.arguments["short"],
        "type": "object",
        "properties": properties,
        "required": [*properties],
    }


def definitions() -> dict[str, Any]:
    found = {name: of_object(interface) for name, interface in OBJECTS.items()}
    # bamsctl puts a target's LUNs and their names together.
    target = found["target"]
    target["properties"]["luns"] = of_type("[lun]")
    del target["properties"]["lun_identities"]
    target["required"].remove("lun_identities")
    found |= {name: of_keys(text) for name, text in SHAPES.items()}
    found |= {name: of_type(f"[{item}]") for name, item in LISTS.items()}
    found |= {name: {"anyOf": [{"$ref": f"#/$defs/{c}"} for c in choices]} for name, choices in CHOICES.items()}
    return found | OTHERS


def render() -> str:
    commands = {command.name: {"$ref": f"#/$defs/{command.shape}"} for command in COMMANDS}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What bamsctl --json prints",
        "description": "The properties are the commands; each value is the schema of what that command prints. "
        "Sizes are bytes and times are microseconds since 1970. Keys are only ever added.",
        "properties": commands,
        "$defs": definitions(),
    }
    return json.dumps(schema, indent=1) + "\n"


def main(arguments: list[str]) -> int:
    text = render()
    if arguments != ["--check"]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") == text:
        return 0
    print("generate_schema: docs/schema/bamsctl.json is old. Run: python3 docs/generate_schema.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
