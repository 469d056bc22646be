"""Which metrics BAMS offers, from what is known now. Pure; names after Prometheus' conventions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import bamsd
from bamsd.core.alerts import Alert
from bamsd.overview.forecast import DAY_S, Forecast
from bamsd.overview.models import Bacula, Iscsi, Library, Space, SpaceKind, UnitState
from bamsd.overview.openmetrics import Family
from bamsd.overview.sampling import Counted
from bamsd.overview.units import UNITS


@dataclass(frozen=True, slots=True)
class Known:
    """All that the metrics are made of. The spaces have the figures of their file systems already."""

    spaces: Sequence[Space]
    libraries: Sequence[Library]
    iscsi: Iscsi
    bacula: Bacula
    units: Mapping[str, UnitState]
    alerts: Sequence[Alert]
    forecasts: Mapping[str, Forecast]
    counted: Counted


def families(known: Known) -> Iterator[Family]:
    build = Family("bams_build", "info", "Version of bamsd.")
    build.add(1, version=bamsd.__version__)
    sampled = Family("bams_sample_timestamp_seconds", "gauge", "When these figures were taken.", "seconds")
    sampled.add(known.counted.at_us / 1_000_000)
    alerts = Family("bams_alerts", "gauge", "Conditions that need a person.")
    for severity in ("critical", "warning", "info"):
        alerts.add(sum(alert.severity == severity for alert in known.alerts), severity=severity)
    yield from (build, sampled, alerts)
    yield from _spaces(known, "pool")
    yield from _spaces(known, "repository")
    yield from _repository_traffic(known)
    yield from _libraries(known.libraries)
    yield from _drives(known)
    yield from _iscsi(known)
    yield from _services(known)


def _spaces(known: Known, kind: SpaceKind) -> Iterator[Family]:
    size = Family(f"bams_{kind}_size_bytes", "gauge", f"Size of a {kind}.", "bytes")
    used = Family(f"bams_{kind}_used_bytes", "gauge", f"Space in use in a {kind}.", "bytes")
    free = Family(f"bams_{kind}_free_bytes", "gauge", f"Space that is free in a {kind}.", "bytes")
    well = Family(f"bams_{kind}_ready", "gauge", f"1 when a {kind} needs no care, else 0.")
    full = Family(f"bams_{kind}_full_seconds", "gauge", f"Time until a {kind} is full at its growth.", "seconds")
    for space in known.spaces:
        if space.kind != kind:
            continue
        labels = _labels(space)
        if space.is_read:
            size.add(space.size_bytes, **labels)
            used.add(space.used_bytes, **labels)
            free.add(space.free_bytes, **labels)
        well.add(space.is_well, **labels)
        forecast = known.forecasts.get(space.series)
        full.add(forecast.days * DAY_S if forecast and forecast.days is not None else None, **labels)
    yield from (size, used, free, well, full)


def _labels(space: Space) -> dict[str, str]:
    if space.kind == "pool":
        return {"pool": space.name, "kind": space.type}
    return {"repository": space.name, "pool": space.pool, "kind": space.type}


def _repository_traffic(known: Known) -> Iterator[Family]:
    read = Family("bams_repository_read_bytes", "counter", "Bytes read from a repository's device.", "bytes")
    written = Family("bams_repository_written_bytes", "counter", "Bytes written to a repository's device.", "bytes")
    for space in known.spaces:
        traffic = known.counted.traffic.get(space.series)
        if traffic:
            read.add(traffic.read_bytes, **_labels(space))
            written.add(traffic.written_bytes, **_labels(space))
    yield from (read, written)


def _libraries(libraries: Sequence[Library]) -> Iterator[Family]:
    slots = Family("bams_library_slots", "gauge", "Storage slots of a tape library.")
    cleaning = Family("bams_library_cleaning_cartridges", "gauge", "Cleaning cartridges in the slots of a library.")
    ready = Family("bams_library_ready", "gauge", "1 when a tape library can be used, else 0.")
    for library in libraries:
        slots.add(library.full, library=library.name, state="full")
        slots.add(library.slots - library.full, library=library.name, state="free")
        cleaning.add(library.cleaning, library=library.name)
        ready.add(library.state in ("ready", "busy"), library=library.name)
    yield from (slots, cleaning, ready)


def _drives(known: Known) -> Iterator[Family]:
    loaded = Family("bams_drive_loaded", "gauge", "1 when a cartridge is in a tape drive, else 0.")
    dirty = Family("bams_drive_needs_cleaning", "gauge", "1 when a tape drive asks to be cleaned, else 0.")
    loads = Family("bams_drive_loads", "counter", "Cartridges that were loaded into a tape drive, as BAMS saw it.")
    read = Family("bams_drive_read_bytes", "counter", "Bytes read from a tape drive.", "bytes")
    written = Family("bams_drive_written_bytes", "counter", "Bytes written to a tape drive.", "bytes")
    for library in known.libraries:
        for drive in library.drives:
            labels = {"library": library.name, "drive": str(drive.index)}
            loaded.add(drive.state == "loaded", **labels)
            dirty.add(drive.needs_cleaning, **labels)
            loads.add(known.counted.loads.get(f"drive/{drive.id}"), **labels)
            traffic = known.counted.traffic.get(f"drive/{drive.id}")
            if traffic:
                read.add(traffic.read_bytes, **labels)
                written.add(traffic.written_bytes, **labels)
    yield from (loaded, dirty, loads, read, written)


def _iscsi(known: Known) -> Iterator[Family]:
    targets = Family("bams_iscsi_targets", "gauge", "iSCSI targets by state.")
    for state in sorted({target.state for target in known.iscsi.targets}):
        targets.add(sum(target.state == state for target in known.iscsi.targets), state=state)
    sessions = Family("bams_iscsi_sessions", "gauge", "Initiators that are logged in to a target.")
    read = Family("bams_iscsi_read_bytes", "counter", "Bytes that initiators read from a target.", "bytes")
    written = Family("bams_iscsi_written_bytes", "counter", "Bytes that initiators wrote to a target.", "bytes")
    for target in known.iscsi.targets:
        sessions.add(target.sessions, target=target.iqn)
        traffic = known.counted.targets.get(target.iqn)
        if traffic:
            read.add(traffic.read_bytes, target=target.iqn)
            written.add(traffic.written_bytes, target=target.iqn)
    yield from (targets, sessions, read, written)


def _services(known: Known) -> Iterator[Family]:
    active = Family("bams_unit_active", "gauge", "1 when a service of the appliance is active, 0 when it is not.")
    for watched in UNITS:
        unit, found = watched.of(known.units)
        if found.state not in ("absent", "unknown"):
            active.add(found.state == "active", unit=unit)
    running = Family("bams_bacula_running_jobs", "gauge", "Jobs that run in the storage daemon.")
    failed = Family(
        "bams_bacula_last_failure_timestamp_seconds", "gauge", "When the latest job that failed ended.", "seconds"
    )
    if known.bacula.is_known:
        running.add(len(known.bacula.running))
        if known.bacula.last_failed:
            failed.add(known.bacula.last_failed.ended_us / 1_000_000)
    yield from (active, running, failed)
