"""Made-up areas for the tests of the overview."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bamsd import between_overview
from bamsd.config import LibrarySettings
from bamsd.core.names import pool_path, repository_path, target_path
from bamsd.disk.models import Pool
from bamsd.disk.views import PoolView, RepositoryView
from bamsd.iscsi.models import Target as IscsiTarget
from bamsd.iscsi.views import TargetView
from bamsd.overview.models import Iscsi, Library, Session, Space, Target
from bamsd.overview.sampling import Sources
from bamsd.tape.devices import ChangerDevice
from bamsd.tape.library import Library as TapeLibrary
from bamsd.tape.models import Slot
from bamsd.tape.views import DriveView

GIB = 1 << 30
POOL = PoolView(
    pool_path("lvm", "vg0/tp0"),
    Pool("lvm-thin", "vg0/tp0", "u", 100 * GIB, 60 * GIB, 40.0, 1.0, "online"),
)


def repository(number: int = 0, **changes: object) -> RepositoryView:
    name = f"repository-{number:04}"
    view = RepositoryView(
        path=repository_path("lvm", f"vg0/{name}"),
        name=name,
        stack="lvm",
        kind="lvm-thin",
        pool="vg0/tp0",
        uuid=f"11111111-2222-4333-8444-{number:012}",
        size_bytes=10 * GIB,
        used_bytes=number * GIB // 1000,
        device="",
        created_us=1,
        created_by="alice",
        state="ready",
        state_text="",
        owned=True,
        use="block",
        filesystem="",
        mount_point="",
        mounted=False,
        sparse=False,
        snapshots=(),
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def target(number: int = 0) -> TargetView:
    iqn = f"iqn.2026-01.org.example:a-rather-long-name-of-a-target-{number:04}"
    text = "LUN 0 is not there. An initiator was added by hand." if number % 2 else ""
    return TargetView(IscsiTarget(iqn), target_path(iqn), "drifted" if number % 2 else "in-sync", text, (), sessions=2)


def tape_library(slots: int = 20, drives: int = 2) -> TapeLibrary:
    changer = ChangerDevice("2:0:0:0", "HP", "MSL", "1.0", "LIB1", "/dev/sg3", None)
    library = TapeLibrary(changer, LibrarySettings.model_construct(serial="LIB1"))
    found = tuple(
        Slot(n, n > slots - 5, bool(n % 2), (f"CLN{n:03}L1" if n % 100 == 1 else f"A{n:05}L8") if n % 2 else None, None)
        for n in range(1, slots + 1)
    )
    views = tuple(DriveView("LIB1", n, f"D{n}", state="loaded", barcode=f"B{n:05}L8") for n in range(drives))
    library.view = replace(library.view, state="ready", slots=found, drives=views)
    return library


class World:
    """What the areas would tell; a test changes it."""

    def __init__(self) -> None:
        self.pools: list[PoolView] = [POOL]
        self.repositories: list[RepositoryView] = []
        self.tapes: list[TapeLibrary] = []
        self.targets: list[TargetView] = []
        self.sessions: Sequence[Session] | Exception = ()
        self.moves: list[tuple[int, str, int]] = []
        self.spaces_override: list[Space] | None = None
        self._libraries = between_overview.Libraries()

    @property
    def sources(self) -> Sources:
        return Sources(self._spaces, self._of_tapes, self._iscsi, self._sessions_now, self._loads)

    def _spaces(self) -> list[Space]:
        if self.spaces_override is not None:
            return self.spaces_override
        return between_overview.spaces(self.pools, self.repositories)

    def _of_tapes(self) -> list[Library]:
        return self._libraries.of(self.tapes)

    def _iscsi(self) -> Iscsi:
        return Iscsi(
            "lio",
            "",
            tuple(
                Target(view.path, view.target.iqn, view.target.alias, view.state, view.state_text, view.sessions)
                for view in self.targets
            ),
        )

    async def _sessions_now(self) -> Sequence[Session]:
        if isinstance(self.sessions, Exception):
            raise self.sessions
        return self.sessions

    async def _loads(self, since_us: int, until_us: int) -> Mapping[tuple[str, int], int]:
        found: dict[tuple[str, int], int] = {}
        for time_us, library, drive in self.moves:
            if since_us <= time_us < until_us:
                found[library, drive] = found.get((library, drive), 0) + 1
        return found
