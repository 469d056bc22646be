"""Entries and services as they go out on the bus; the keys are explained in the contract."""

from typing import Any

from bamsd.logs.models import SourceState
from bamsd.system.journal import Entry

Entries = tuple[Entry, ...]


def service_view(state: SourceState) -> dict[str, Any]:
    return {
        "name": state.source.name,
        "description": state.source.description,
        "units": list(state.source.units),
        "state": state.state,
        "present": state.present,
    }


def entry_view(service: str, entry: Entry) -> dict[str, Any]:
    return {
        "cursor": entry.cursor,
        "time": entry.time_us,
        "priority": entry.priority,
        "service": service,
        "unit": entry.unit,
        "identifier": entry.identifier,
        "pid": entry.pid,
        "message": entry.message,
    }
