"""What is known about a long operation, and how it is kept in the store."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypedDict

State = Literal["running", "succeeded", "failed", "cancelled", "planned"]


class How(TypedDict):
    """How a caller wants a change: wait for a busy device, wait for the end, only show the plan."""

    queue: bool
    wait: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Starter:
    """Who asked for a job: the user of the connection, and the person behind it."""

    uid: int
    person: str


@dataclass(frozen=True, slots=True)
class Job:
    """One long operation. ``objects`` are object paths; ``action`` is the polkit action that allowed it.

    ``progress`` goes from 0 to 1 and means nothing unless ``progress_valid``. ``end_us`` and ``expected_end_us`` are 0
    while they are not known. ``error_name`` is a wire name. A plan (``dry_run``) has its steps in ``result["plan"]``.
    """

    id: int
    operation: str
    description: str
    objects: tuple[str, ...]
    action: str
    state: State
    progress: float
    progress_valid: bool
    start_us: int
    end_us: int
    expected_end_us: int
    started_by_uid: int
    started_by: str
    cancelable: bool
    result: dict[str, Any]
    error_name: str
    error_message: str


_COLUMNS = tuple(field.name for field in fields(Job))
SAVE = f"INSERT OR REPLACE INTO jobs ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608


def to_row(job: Job) -> dict[str, Any]:
    row = {name: getattr(job, name) for name in _COLUMNS}
    return row | {"objects": json.dumps(job.objects), "result": json.dumps(job.result)}


def from_row(row: Mapping[str, Any]) -> Job:
    return Job(
        **dict(row)
        | {
            "objects": tuple(json.loads(row["objects"])),
            "result": json.loads(row["result"]),
            "progress_valid": bool(row["progress_valid"]),
            "cancelable": bool(row["cancelable"]),
        }
    )
