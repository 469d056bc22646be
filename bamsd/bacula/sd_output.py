"""What a storage daemon answers to ``.status``: JSON from 15.x, lines ``key=value`` from 9.x. Pure functions.

Recordings: tests/recordings/bacula. Tape devices report random numbers as free and total space (15.0.3), so those two
are not read at all.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bamsd.bacula.models import SdDevice, SdHeader, SdJob
from bamsd.errors import ToolFailed, shown

Row = Mapping[str, Any]
_MOST_ROWS = 10_000
_WAITING = re.compile(r"^\s*36\d\d JobId=(\d{1,10}) (.+?)\.?$", re.MULTILINE)
_MOST_REASONS = 4
_STRING_OR_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|\[\s*,', re.DOTALL)


def parse_header(text: str) -> SdHeader:
    """Raises ``ToolFailed`` when the answer is no header."""
    rows = [row for row in _rows(text, "header") if "version" in row]
    if not rows:
        raise ToolFailed("The storage daemon gave no header: look at its log, then restart it.")
    row = rows[0]
    return SdHeader(
        name=_text(row, "name"),
        version=_text(row, "version"),
        started_us=_time(row, "started_epoch"),
        jobs_run=_number(row, "jobs_run"),
        jobs_running=_number(row, "jobs_running"),
    )


def parse_devices(text: str) -> tuple[SdDevice, ...]:
    rows = _rows(text, "devices")
    owners = _autochangers(text)
    found = {_text(row, "name"): _device(row, owners) for row in rows if row.get("archive_device")}
    return tuple(found.values())


def parse_running(text: str) -> tuple[SdJob, ...]:
    return tuple(_job(row) for row in _rows(text, "running") if _number(row, "jobid"))


def parse_waiting(text: str) -> dict[int, str]:
    """Jobs that wait for a device, by JobId, and why: lines ``36NN JobId=N reason`` in every version and form."""
    found: dict[int, list[str]] = {}
    for jobid, reason in _WAITING.findall(text.replace("\0", ""))[:_MOST_ROWS]:
        reasons = found.setdefault(int(jobid), [])
        if len(reasons) < _MOST_REASONS and shown(reason) not in reasons:
            reasons.append(shown(reason))
    return {jobid: "; ".join(reasons) for jobid, reasons in found.items()}


def parse_terminated(text: str) -> tuple[SdJob, ...]:
    return tuple(_job(row) for row in _rows(text, "terminated") if _number(row, "jobid"))


def _device(row: Row, owners: Mapping[str, str]) -> SdDevice:
    blocked = _number(row, "blocked")
    return SdDevice(
        name=_text(row, "name"),
        archive_device=_text(row, "archive_device"),
        kind=_text(row, "type"),
        media_type=_text(row, "media_type"),
        autochanger=owners.get(_text(row, "name"), ""),
        is_open=_flag(row, "open"),
        is_enabled=_flag(row, "enabled"),
        is_mounted=_flag(row, "mounted"),
        writers=_number(row, "writers"),
        volume=_text(row, "volume"),
        pool=_text(row, "pool"),
        blocked=(_text(row, "blocked_desc") or "blocked") if blocked else "",
        written_bytes=_number(row, "bytes"),
    )


def _job(row: Row) -> SdJob:
    job = _text(row, "job")
    return SdJob(
        jobid=_number(row, "jobid"),
        name=_text(row, "name") or job_name(job),
        job=job,
        level=_text(row, "level"),
        kind=_text(row, "type"),
        status=_text(row, "status"),
        bytes=_number(row, "jobbytes"),
        files=_number(row, "jobfiles"),
        errors=_number(row, "errors"),
        volume=_text(row, "write_volume") or _text(row, "read_volume"),
        device=_text(row, "write_device") or _text(row, "read_device"),
        started_us=_time(row, "starttime_epoch"),
        ended_us=_time(row, "endtime_epoch"),
    )


def job_name(job: str) -> str:
    """``backup`` of ``backup.2026-11-22_22.17.24_04``: Bacula adds date, time and a number to each run."""
    parts = job.rsplit(".", 3)
    return parts[0] if len(parts) == 4 else job


def _rows(text: str, kind: str) -> Iterable[Row]:
    data = _json(text)
    found = _dicts(data) if data is not None else _blocks(text)
    rows = [row for _, row in zip(range(_MOST_ROWS), found, strict=False)]
    if not rows and not text.strip("\0 \n"):
        raise ToolFailed(f"The storage daemon gave no answer to .status {kind}: look at its log, then try again.")
    return rows


def _json(text: str) -> Any:
    """``None`` for what is no JSON. 15.0.3 puts NUL bytes between the pieces and a comma before a list's first item."""
    plain = text.replace("\0", "").strip()
    if not plain.startswith("{"):
        return None
    try:
        return json.loads(_STRING_OR_COMMA.sub(lambda found: found[1] or "[", plain), strict=False)
    except (ValueError, RecursionError):
        return None


def _dicts(data: Any) -> Iterator[Row]:
    """Every object at any depth."""
    waiting = [data]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, dict):
            yield item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _blocks(text: str) -> Iterator[dict[str, str]]:
    row: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and key.replace("_", "").isalnum():
            row[key] = value
        elif row:
            yield row
            row = {}
    if row:
        yield row


def _autochangers(text: str) -> dict[str, str]:
    """Device to autochanger."""
    data = _json(text)
    found: dict[str, str] = {}
    if data is not None:
        for row in _dicts(data):
            if isinstance(row.get("autochanger"), str) and isinstance(row.get("devices"), list):
                found |= {_text(d, "name"): _text(row, "autochanger") for d in row["devices"] if isinstance(d, dict)}
        return found
    owner = ""
    for row in _blocks(text):
        if "autochanger" in row:
            owner = shown(row["autochanger"])
        elif "device" in row and owner:
            found[_text(row, "name")] = owner
    return found


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return shown(value) if isinstance(value, str) else ""


def _number(row: Row, key: str) -> int:
    value = row.get(key, 0)
    try:
        return max(0, min(int(value), (1 << 63) - 1))
    except (TypeError, ValueError, OverflowError):
        return 0


def _flag(row: Row, key: str) -> bool:
    return _number(row, key) != 0


def _time(row: Row, key: str) -> int:
    return min(_number(row, key), (1 << 33)) * 1_000_000
