"""What ``lvm fullreport`` prints as JSON, as a ``Reading``. Pure functions of text.

The fields and their values are those of lvmreport(7) and of recordings of LVM 2.03.16, where every value is a string,
and 2.03.31 (tests/recordings/lvm).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bamsd.disk.lvm_json import loads
from bamsd.disk.lvm_rows import Group, Row
from bamsd.disk.models import Pool, Reading, Volume
from bamsd.errors import ToolFailed, shown

FIELDS: Mapping[str, tuple[str, ...]] = {
    "vg": (
        *("vg_uuid", "vg_name", "vg_size", "vg_free", "vg_extent_size", "vg_permissions", "vg_exported", "vg_partial"),
        *("vg_clustered", "vg_shared", "vg_systemid", "vg_lock_type", "vg_missing_pv_count", "vg_tags"),
    ),
    "pv": ("pv_uuid", "pv_name", "pv_size", "pv_missing", "pv_duplicate", "pv_allocatable"),
    "lv": (
        *("lv_uuid", "lv_name", "lv_size", "lv_layout", "lv_role", "lv_active", "lv_device_open", "lv_time"),
        *("origin", "origin_uuid", "pool_lv", "data_percent", "metadata_percent", "lv_health_status", "lv_tags"),
        *("lv_merging", "lv_merge_failed", "lv_snapshot_invalid", "lv_check_needed", "lv_suspended", "lv_path"),
    ),
    # fullreport has these two always. They are of no use here, so one short field of each.
    "pvseg": ("pvseg_start",),
    "seg": ("seg_start",),
}
"""Reports within a full report, and the fields to ask for in each."""

_LOCKED = re.compile(r"Can't get lock for |flock failed: Resource temporarily unavailable")
_ECHO = re.compile(r"Cannot process volume group ")
"""Follows another message and says nothing more."""
_SYSTEM_ID = re.compile(r'"vg_systemid": ?"[^"]')
_MESSAGES = 3


def parse(text: str, system_id: str = "") -> Reading:
    """Turn the JSON of ``lvm fullreport`` with ``FIELDS`` and with its log into a ``Reading``. Pure.

    ``system_id`` is that of this host (``lvm systemid``): a group with another one belongs to another host.
    Groups that lvm could not read are in ``problems``. Raises ``ToolFailed`` when the text is no report at all.
    """
    data = _json(text)
    pools: list[Pool] = []
    volumes: list[Volume] = []
    for report in _dicts(data.get("report")):
        groups = _rows(report, "vg")
        if not groups or not groups[0].get("vg_name"):
            continue  # devices that belong to no group
        group = Group(groups[0], _rows(report, "pv"), _rows(report, "lv"), system_id)
        pools += group.pools()
        volumes += group.volumes()
    return Reading(tuple(pools), tuple(volumes), problems(data))


def system_ids(text: str) -> bool:
    """Whether a group in a report has a system ID, so that this host's own is needed. Pure."""
    return _SYSTEM_ID.search(text) is not None


def parse_system_id(text: str) -> str:
    """The host's own ID in what ``lvm systemid`` prints; empty where it has none. Pure."""
    return text.partition("system ID:")[2].strip()


def is_locked(reading: Reading) -> bool:
    """Whether a group could not be read because another program changes it just now."""
    return any(text.startswith(_LOCK_TEXT) for text in reading.problems.values())


_LOCK_TEXT = "Another program holds LVM's lock"


def problems(data: Mapping[str, Any]) -> dict[str, str]:
    """The errors in the log of a command, by volume group; "" for what belongs to none."""
    found: dict[str, list[str]] = {}
    for row in _rows(data, "log"):
        message = row.get("log_message", "").strip()
        if row.get("log_type") != "error" or not message:
            continue
        key = "log_object_name" if row.get("log_object_type") == "vg" else "log_object_group"
        found.setdefault(shown(row.get(key, "")), []).append(message)
    return {group: _summary(messages) for group, messages in found.items()}


def _summary(messages: list[str]) -> str:
    if any(_LOCKED.search(message) for message in messages):
        return f"{_LOCK_TEXT}: wait until its command has ended."
    telling = [message for message in dict.fromkeys(messages) if not _ECHO.match(message)] or messages
    return " ".join(shown(message) for message in telling[:_MESSAGES])


def _json(text: str) -> Mapping[str, Any]:
    data = loads(text)
    if not isinstance(data, dict) or not isinstance(data.get("report"), list):
        raise ToolFailed("lvm fullreport printed no report: run it by hand and look at what it prints.")
    return data


def _dicts(value: object) -> Iterable[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _rows(report: Mapping[str, Any], kind: str) -> list[Row]:
    return [{name: _text(value) for name, value in row.items()} for row in _dicts(report.get(kind))]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
