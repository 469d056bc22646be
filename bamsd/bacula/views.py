"""What org.bams.Bacula says of volumes and jobs: the catalog's records joined with what BAMS knows. Pure."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from bamsd.bacula.models import as_name

Record = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a cartridge is, from BAMS's own register: ``place`` is slot, drive, import-export or outside."""

    library: str
    place: str
    number: int


@dataclass(frozen=True, slots=True)
class Volume:
    """``slot`` is the catalog's idea, 0 for none. ``whereabouts`` is ``None`` for what no library ever showed."""

    name: str
    pool: str
    media_type: str
    status: str
    bytes: int
    files: int
    last_written_us: int
    retention_s: int
    slot: int
    in_changer: bool
    enabled: bool
    whereabouts: Whereabouts | None

    @property
    def needs_inventory(self) -> bool:
        """Whether the catalog and the library say different slots."""
        known = self.whereabouts
        if known is None or known.place == "drive":
            return False
        return (known.number if known.place == "slot" else 0) != (self.slot if self.in_changer else 0)


@dataclass(frozen=True, slots=True)
class CatalogJob:
    jobid: int
    name: str
    kind: str
    level: str
    status: str
    status_text: str
    client: str
    bytes: int
    files: int
    errors: int
    started_us: int
    ended_us: int
    device: str


def volume(record: Record, known: Mapping[str, Whereabouts]) -> Volume:
    name = record.get("VolumeName", "")
    return Volume(
        name=name,
        pool=record.get("Pool", ""),
        media_type=record.get("MediaType", ""),
        status=record.get("VolStatus", ""),
        bytes=number(record, "VolBytes"),
        files=number(record, "VolFiles"),
        last_written_us=when(record.get("LastWritten", "")),
        retention_s=number(record, "VolRetention"),
        slot=number(record, "Slot"),
        in_changer=number(record, "InChanger") != 0,
        enabled=number(record, "Enabled") != 0,
        whereabouts=known.get(name),
    )


def job(record: Record) -> CatalogJob:
    return CatalogJob(
        jobid=number(record, "JobId"),
        name=record.get("Name", ""),
        kind=record.get("Type", ""),
        level=record.get("Level", ""),
        status=record.get("JobStatus", ""),
        status_text=record.get("JobStatusLong", ""),
        client=record.get("ClientName", ""),
        bytes=number(record, "JobBytes"),
        files=number(record, "JobFiles"),
        errors=number(record, "JobErrors"),
        started_us=when(record.get("StartTime", "")),
        ended_us=when(record.get("EndTime", "")),
        device=record.get("WriteDevice", ""),
    )


def number(record: Record, key: str) -> int:
    """Bacula groups digits with commas in some forms; what is no number is 0."""
    text = record.get(key, "").replace(",", "")
    return min(int(text[:19]), (1 << 63) - 1) if text[:19].isdecimal() and text.isascii() else 0


def when(text: str) -> int:
    """``2026-11-25 12:22:54`` in the Director's time zone, which is taken to be ours; 0 when there is none."""
    try:
        return int(time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))) * 1_000_000
    except (ValueError, OverflowError):
        return 0


def storage_of(library: str) -> str:
    """The name of a library's Autochanger on both sides, as the generated configuration has it."""
    return as_name(library)
