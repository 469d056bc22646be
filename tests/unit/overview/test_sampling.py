"""What one look at everything counts, and what follows from it: forecasts, alerts, the metrics file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bamsd.config import OverviewSettings
from bamsd.core.alerts import Alerts
from bamsd.core.store import Store
from bamsd.errors import NotReady
from bamsd.overview.history import DAY_S, HOUR_S, History
from bamsd.overview.models import Bacula, Sample, Series, Session, UnitState
from bamsd.overview.sampling import Sampler
from bamsd.overview.service import Overview, Standing
from bamsd.overview.watch import METRICS_ALERT, OverviewWatch
from bamsd.system.block import Roots
from tests.unit.overview.worlds import GIB, World, repository, tape_library, target

NOW_S = 1_800_000_000 // DAY_S * DAY_S


class Clock:
    now_s = NOW_S

    def __call__(self) -> int:
        return self.now_s * 1_000_000


class Stage:
    def __init__(self, store: Store, directory: Path) -> None:
        self.world, self.clock = World(), Clock()
        self.sysfs = directory / "sys"
        self.roots = Roots(directory / "proc", self.sysfs, directory / "dev")
        self.sampler = Sampler(self.world.sources, self.roots, clock=self.clock)
        self.history = History(store, clock=self.clock)
        self.alerts = Alerts(store, clock=self.clock)
        standing = Standing(self.alerts.list, tuple)
        self.overview = Overview(self.world.sources, standing, self.history, lambda _: None, clock=self.clock)
        self.asked = 0
        self.settings = OverviewSettings(full_within_days=14)
        self.watch = OverviewWatch(
            self.overview,
            self.sampler,
            self.history,
            self.alerts,
            self.settings,
            self.units,
            self.bacula,
            clock=self.clock,
        )

    async def units(self, names: Sequence[str]) -> Mapping[str, UnitState]:
        return {}

    async def bacula(self) -> Bacula:
        self.asked += 1
        return Bacula(True, "")

    async def look(self, interval_s: float = 3600.0) -> dict[str, float]:
        return {sample.series.name: sample.value for sample in await self.sampler.look(interval_s)}

    def block(self, name: str, read: int, written: int) -> None:
        home = self.sysfs / "class" / "block" / name
        home.mkdir(parents=True, exist_ok=True)
        (home / "dev").write_text("254:3\n")
        (home / "stat").write_text(f"1 0 {read // 512} 0 1 0 {written // 512} 0 0 0 0\n")


@pytest.fixture
def stage(store: Store, tmp_path: Path) -> Stage:
    return Stage(store, tmp_path)


async def test_capacities_are_sampled(stage: Stage) -> None:
    stage.world.repositories = [repository(500)]
    found = await stage.look()
    assert found["pool/lvm:vg0/tp0/used"] == 40 * GIB
    assert found["pool/lvm:vg0/tp0/size"] == 100 * GIB
    assert found[f"repository/{repository(500).uuid}/used"] == GIB // 2


async def test_a_file_system_is_asked_itself(stage: Stage, tmp_path: Path) -> None:
    one = repository(0, kind="lvm", use="filesystem", mount_point=str(tmp_path), mounted=True)
    stage.world.repositories = [one]
    found = await stage.look()
    used, size = (found[f"repository/{one.uuid}/{what}"] for what in ("used", "size"))
    assert 0 < used <= size != one.size_bytes


async def test_what_does_not_answer_has_no_sample(stage: Stage, tmp_path: Path) -> None:
    one = repository(0, mount_point=str(tmp_path), mounted=True, state="unresponsive")
    stage.world.repositories = [one]
    assert not [name for name in await stage.look() if one.uuid in name]


async def test_traffic_of_a_repository_is_a_rate(stage: Stage) -> None:
    device = stage.roots.dev / "dm-3"
    device.parent.mkdir(parents=True)
    device.touch()
    one = repository(0, device=str(device))
    stage.world.repositories = [one]
    name = f"repository/{one.uuid}/written"
    stage.block("dm-3", 0, 1 << 20)
    assert name not in await stage.look(), "one look makes no rate"
    stage.block("dm-3", 0, 3 << 20)
    assert (await stage.look())[name] > 0
    stage.block("dm-3", 0, 0)
    assert name not in await stage.look(), "the counter went back"


async def test_sessions_that_come_and_go_do_not_bend_the_rates(stage: Stage) -> None:
    view = target(0)
    iqn = view.target.iqn
    stage.world.targets = [view]
    stage.world.sessions = [Session(iqn, "h/1", 1 << 30, 0)]
    first = await stage.look()
    assert first["iscsi/sessions"] == 1
    assert "iscsi/read" not in first, "what was read before bamsd looked was read at no known time"
    stage.world.sessions = [Session(iqn, "h/1", (1 << 30) + 1000, 0), Session(iqn, "h/2", 500, 7)]
    second = await stage.look()
    assert stage.sampler.counted.targets[iqn].read_bytes == 1500
    assert second["iscsi/read"] > 0
    stage.world.sessions = [Session(iqn, "h/2", 500, 7)]
    third = await stage.look()
    assert (third["iscsi/read"], third[f"target/{iqn}/read"]) == (0, 0), "a log-out is no negative traffic"
    assert stage.sampler.counted.targets[iqn].read_bytes == 1500


async def test_without_a_target_stack_the_rest_is_sampled(stage: Stage) -> None:
    stage.world.sessions = NotReady("LIO is not loaded.")
    found = await stage.look()
    assert "pool/lvm:vg0/tp0/used" in found
    assert "iscsi/sessions" not in found


async def test_loads_of_a_drive_are_counted_once(stage: Stage) -> None:
    stage.world.tapes = [tape_library()]
    stage.world.moves = [(5, "LIB1", 0), (NOW_S * 1_000_000 - 1, "LIB1", 0), (7, "LIB1", 1)]
    assert (await stage.look())["drive/D0/loads"] == 2
    stage.clock.now_s += 60
    stage.world.moves.append((NOW_S * 1_000_000, "LIB1", 0))
    found = await stage.look()
    assert (found["drive/D0/loads"], found["drive/D1/loads"]) == (3, 1)


async def grown(stage: Stage, name: str, gib_a_day: float) -> None:
    """Fourteen days of a repository that ends with 9 of its 10 GiB used."""
    await stage.history.open()
    series = Series(f"repository/{name}/used", "/r", "bytes", "used")
    for hours in range(14 * 24, 0, -1):
        stage.clock.now_s = NOW_S - hours * HOUR_S
        await stage.history.record([Sample(series, (9 - gib_a_day * hours / 24) * GIB)])
    stage.clock.now_s = NOW_S


async def test_what_will_be_full_soon_is_an_alert_until_it_is_not(stage: Stage) -> None:
    one = repository(0, used_bytes=9 * GIB)
    stage.world.repositories = [one]
    await grown(stage, one.uuid, 0.25)
    await stage.alerts.open()
    await stage.watch.sample()
    [alert] = stage.alerts.list()
    assert alert.id == f"forecast/repository/{one.uuid}"
    assert alert.summary.startswith("Repository repository-0000 will be full in about 4 days")
    [shown] = stage.overview.read()["repositories"]
    assert shown["growth_per_day"] == pytest.approx(0.25 * GIB)
    assert shown["forecast"]["days"] == pytest.approx(4, abs=0.1)
    stage.world.repositories = [repository(0, used_bytes=9 * GIB, state="unresponsive")]
    await stage.watch.sample()
    assert stage.alerts.list() == (alert,), "nobody can tell now"
    stage.world.repositories = [repository(0, used_bytes=9 * GIB, size_bytes=1000 * GIB)]
    await stage.watch.sample()
    assert stage.alerts.list() == (), "it was grown, which counts at once"


async def test_the_metrics_file_is_whole_and_readable_by_all(stage: Stage, tmp_path: Path) -> None:
    await stage.history.open()
    await stage.alerts.open()
    path = tmp_path / "collector" / "bams.prom"
    stage.watch.settings = OverviewSettings(metrics_file=str(path))
    await stage.watch.sample()
    [alert] = stage.alerts.list()
    assert alert.id == METRICS_ALERT
    assert str(path) in alert.summary
    path.parent.mkdir()
    await stage.watch.sample()
    assert stage.alerts.list() == ()
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.read_text().endswith("# EOF\n")
    assert [file.name for file in path.parent.iterdir()] == ["bams.prom"]
