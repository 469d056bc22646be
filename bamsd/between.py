"""What areas are told of each other: they know each other only through this and daemon.py."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from bamsd.bacula.models import Repository, TapeDrive, TapeLibrary, as_name
from bamsd.bacula.views import Whereabouts
from bamsd.core.alerts import Alerts
from bamsd.core.audit import Audit
from bamsd.core.jobs import Jobs
from bamsd.disk.views import RepositoryView
from bamsd.errors import NotFound
from bamsd.iscsi.models import Backing
from bamsd.logs import catalogue
from bamsd.support.items import Robot
from bamsd.support.models import Document
from bamsd.tape.library import Library
from bamsd.tape.service import Tape
from bamsd.tape.views import DriveView, LibraryView

_PAGE = 500
_AUDIT_RECORDS = 5000


def libraries(tape: Tape) -> tuple[TapeLibrary, ...]:
    """Every library that was read, by name."""
    known = (library for library in tape.libraries if library.status is not None)
    return tuple(sorted((_library(library) for library in known), key=lambda library: library.name))


def repositories(views: tuple[RepositoryView, ...]) -> tuple[Repository, ...]:
    """BAMS's repositories with a file system, by name."""
    ours = (view for view in views if view.owned and view.use == "filesystem")
    found = (Repository(view.name, view.mount_point, view.mounted, view.state) for view in ours)
    return tuple(sorted(found, key=lambda repository: repository.name))


def full_slots(tape: Tape, storage: str) -> Mapping[int, str] | None:
    """Barcodes by slot of the library that Bacula knows by this name; people's mail slots are left out."""
    library = _of_storage(tape, storage)
    if library is None:
        return None
    return {slot.number: slot.barcode or "" for slot in library.view.slots if slot.full and not slot.import_export}


async def whereabouts(tape: Tape) -> dict[str, Whereabouts]:
    """Every cartridge of the register, by barcode."""
    found: dict[str, Whereabouts] = {}
    cursor = ""
    while True:
        page, cursor = await tape.register.page(limit=_PAGE, cursor=cursor, library="", text="")
        for cartridge in page:
            place = cartridge.place
            found[cartridge.barcode] = Whereabouts(cartridge.library, place.kind, place.number)
        if not cursor:
            return found


async def look_again(tape: Tape, storage: str) -> None:
    """Bacula may have moved cartridges of this library."""
    library = _of_storage(tape, storage)
    if library:
        await tape.read_quietly(library)
        tape.moved.set()


def _of_storage(tape: Tape, storage: str) -> Library | None:
    try:
        return tape.find(storage)
    except NotFound:
        return next((library for library in tape.libraries if as_name(library.name) == storage), None)


def _library(library: Library) -> TapeLibrary:
    view: LibraryView = library.view
    return TapeLibrary(
        name=view.name,
        serial=view.serial,
        changer=view.device,
        matching=view.matching,
        drives=tuple(_drive(drive) for drive in view.drives),
        needs_offline=library.settings.offline_before_unload,
    )


def _drive(drive: DriveView) -> TapeDrive:
    return TapeDrive(
        index=drive.index,
        serial=drive.serial,
        device=drive.device,
        control=drive.generic,
        generation=drive.generation,
        has_alerts=drive.health is not None and drive.health.alerts is not None,
    )


def backing(view: RepositoryView) -> Backing:
    """A repository of disks as what may lie under a LUN."""
    refusal = ""
    if view.state != "ready":
        refusal = f"it is {view.state}. {view.state_text}".strip()
    elif view.use != "block":
        refusal = "it holds a file system of this host. A LUN needs a repository of use block."
    size_bytes = view.size_bytes if view.state in ("ready", "rolling-back") else 0
    return Backing(view.name, view.uuid, "block", view.device, size_bytes, refusal)


def robots(tape: Tape) -> list[Robot]:
    """Libraries whose robot stands still, for a look that needs nothing of BAMS's own."""
    still = (library for library in tape.libraries if library.status is not None and not library.robot.is_taken)
    return [
        Robot(library.name, library.changer.sg, tuple(drive.generic for drive in library.view.drives if drive.generic))
        for library in still
    ]


def logs(services: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The units of these services, or of all. Raises NotFound for one that has no log."""
    sources = [catalogue.find(name) for name in services] or catalogue.SOURCES
    return {source.name: source.units for source in sources}


def documents(
    alerts: Alerts, jobs: Jobs, audit: Audit, objects: Callable[[], Mapping[str, Any]]
) -> tuple[Document, ...]:
    """What bamsd itself knows, for a support bundle."""

    async def standing() -> str:
        return json.dumps([asdict(alert) for alert in alerts.list()], indent=1)

    async def history() -> str:
        return json.dumps([asdict(job) for job in jobs.list()], indent=1, default=str)

    async def records() -> str:
        found = await audit.entries(limit=_AUDIT_RECORDS)
        return "".join(f"{json.dumps(record, default=str)}\n" for record in found)

    async def everything() -> str:
        return await asyncio.to_thread(_as_json, objects())

    parts = {"alerts.json": standing, "jobs.json": history, "audit.jsonl": records, "objects.json": everything}
    return tuple(Document(f"bams/{name}", text) for name, text in parts.items())


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=1, default=lambda one: getattr(one, "value", str(one)))
