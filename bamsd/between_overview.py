"""What the overview is told of the areas, in its own words. Only daemon.py uses this."""

from collections.abc import Iterable, Sequence

from bamsd.bacula.models import SdJob, SdStatus
from bamsd.core.names import drive_path, library_path
from bamsd.disk.views import PoolView, RepositoryView
from bamsd.iscsi.books import Books
from bamsd.iscsi.service import Iscsi as IscsiService
from bamsd.overview.models import Bacula, BaculaJob, Drive, Iscsi, Library, Session, Space, Target
from bamsd.tape.health import needs_cleaning
from bamsd.tape.library import Library as TapeLibrary
from bamsd.tape.models import Slot
from bamsd.tape.views import DriveView, kind_of

_ENDED_BADLY = frozenset("EfI")
"""Bacula's JobStatus: ended in error, fatal error, incomplete (jcr.h). One that was cancelled (A) is no failure."""


def spaces(pools: Iterable[PoolView], repositories: Iterable[RepositoryView]) -> list[Space]:
    """Every pool, and every repository that BAMS made."""
    return [*map(_pool, pools), *(_repository(view) for view in repositories if view.owned)]


def _pool(view: PoolView) -> Space:
    pool = view.pool
    size, free, used = pool.size_bytes, pool.free_bytes, None
    if size is not None and pool.data_percent is not None:
        used = round(size * pool.data_percent / 100)
    elif size is not None and free is not None:
        used = size - free
    return Space(
        kind="pool",
        id=f"{pool.stack}:{pool.name}",
        name=pool.name,
        path=view.path,
        type=pool.kind,
        state=pool.health,
        state_text=pool.health_text,
        is_well=pool.health == "online",
        size_bytes=size,
        used_bytes=used,
        free_bytes=free,
        is_read=pool.health != "unresponsive",
    )


def _repository(view: RepositoryView) -> Space:
    # A thick volume takes all of its space at once: how much of that is used only its file system knows.
    is_thin = view.kind == "lvm-thin" or (view.kind == "zvol" and view.sparse)
    used = view.used_bytes if is_thin else None
    return Space(
        kind="repository",
        id=view.uuid,
        name=view.name,
        path=view.path,
        type=view.kind,
        state=view.state,
        state_text=view.state_text,
        is_well=view.state == "ready",
        size_bytes=view.size_bytes,
        used_bytes=used,
        free_bytes=None if used is None else max(view.size_bytes - used, 0),
        pool=view.pool,
        use=view.use,
        device=view.device,
        mount_point=view.mount_point if view.mounted else "",
        is_read=view.state not in ("unresponsive", "missing"),
    )


class Libraries:
    """Tape libraries in the overview's words. Counting 10,000 slots takes a moment, so it is done once a reading."""

    def __init__(self) -> None:
        self._counted: dict[str, tuple[Sequence[Slot], tuple[int, int, int, int]]] = {}

    def of(self, libraries: Iterable[TapeLibrary]) -> list[Library]:
        found = [self._library(library) for library in libraries]
        known = {library.serial for library in found}
        self._counted = {serial: kept for serial, kept in self._counted.items() if serial in known}
        return found

    def _library(self, library: TapeLibrary) -> Library:
        view = library.view
        slots, full, import_export, cleaning = self._counts(view.serial, view.slots)
        return Library(
            path=library_path(view.serial),
            serial=view.serial,
            name=view.name,
            state=view.state,
            error=view.error,
            slots=slots,
            full=full,
            import_export=import_export,
            cleaning=cleaning,
            drives=tuple(_drive(library, drive) for drive in view.drives),
        )

    def _counts(self, serial: str, slots: Sequence[Slot]) -> tuple[int, int, int, int]:
        known = self._counted.get(serial)
        if known is None or known[0] is not slots:
            storage = [slot for slot in slots if not slot.import_export]
            full = [slot for slot in storage if slot.full]
            cleaning = sum(kind_of(slot.barcode) == "cleaning" for slot in full)
            known = self._counted[serial] = slots, (len(storage), len(full), len(slots) - len(storage), cleaning)
        return known[1]


def _drive(library: TapeLibrary, drive: DriveView) -> Drive:
    matched = library.matched_drive(drive.index)
    node = matched.device.st if matched and matched.device else ""
    return Drive(
        path=drive_path(drive.library, drive.index, drive.serial),
        id=drive.serial or f"{drive.library}-{drive.index}",
        index=drive.index,
        state=drive.state,
        barcode=drive.barcode,
        held_by=drive.held_by,
        needs_cleaning=needs_cleaning(drive.health),
        node=node.rpartition("/")[2],
    )


def iscsi(books: Books) -> Iscsi:
    targets = (
        Target(view.path, view.target.iqn, view.target.alias, view.state, view.state_text, view.sessions)
        for view in books.views.values()
    )
    return Iscsi(books.stack.name, books.found.problem, tuple(targets))


async def sessions(service: IscsiService) -> list[Session]:
    """Sessions with their counters, read now. Without any target there are none, and nobody is asked."""
    if not service.books.views:
        return []
    seen = [one.session for one in await service.sessions("")]
    return [Session(s.target, f"{s.initiator}/{s.id}", s.read_bytes, s.written_bytes) for s in seen]


def bacula(status: SdStatus) -> Bacula:
    failed = [job for job in status.ended if job.status in _ENDED_BADLY]
    latest = max(failed, key=lambda job: job.ended_us, default=None)
    return Bacula(True, "", tuple(map(_job, status.running)), _job(latest) if latest else None)


def _job(job: SdJob) -> BaculaJob:
    return BaculaJob(
        job.jobid,
        job.name or job.job,
        job.level,
        job.status,
        job.bytes,
        job.files,
        job.errors,
        job.started_us,
        job.ended_us,
    )
