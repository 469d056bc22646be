"""What Bacula and iSCSI are told of tapes and disks: the areas know each other only through this and daemon.py."""

from collections.abc import Mapping

from bamsd.bacula.models import Repository, TapeDrive, TapeLibrary, as_name
from bamsd.bacula.views import Whereabouts
from bamsd.disk.views import RepositoryView
from bamsd.errors import NotFound
from bamsd.iscsi.models import Backing
from bamsd.tape.library import Library
from bamsd.tape.service import Tape
from bamsd.tape.views import DriveView, LibraryView

_PAGE = 500


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
