"""Readings, rows, objects and alerts stay in agreement, whatever the stacks answer."""

import asyncio
from collections.abc import AsyncIterator, Set
from dataclasses import replace
from pathlib import Path

import pytest

from bamsd.core.alerts import Alerts
from bamsd.core.store import Store
from bamsd.disk.books import Books, finds, found_name, merged, part, with_group
from bamsd.disk.models import Health, Reading
from bamsd.disk.outcome import Outcome, judge
from bamsd.disk.register import Register
from bamsd.disk.views import Picture, PoolView, RepositoryView
from bamsd.errors import BamsError, TimedOut
from tests.unit.disk.pictures import GIB, TANK, THICK, THIN, UUID, VG, ZVOL, intent, row

GOOD = Reading((VG, THIN), (THICK,))


class Seen:
    """A client: the objects as it knows them from signals."""

    def __init__(self) -> None:
        self.objects: dict[str, PoolView | RepositoryView] = {}
        self.signals = 0
        self.states: list[str] = []

    def pool_changed(self, view: PoolView) -> None:
        self.objects[view.path] = view
        self.signals += 1

    def repository_changed(self, view: RepositoryView) -> None:
        self.states.append(view.state)
        self.objects[view.path] = view
        self.signals += 1

    def pool_removed(self, path: str) -> None:
        del self.objects[path]

    def repository_removed(self, path: str) -> None:
        del self.objects[path]

    def repository(self, name: str) -> RepositoryView:
        return next(v for v in self.objects.values() if isinstance(v, RepositoryView) and v.name == name)


class Host:
    """Two stacks whose answers the test sets."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path / "bams.db")
        self.alerts = Alerts(self.store)
        self.answers: dict[str, Reading | BamsError] = {"lvm": GOOD, "zfs": Reading((TANK,), ())}
        self.mounted: frozenset[str] = frozenset()
        self.blank: set[str] = set()
        self.looked_at: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.seen = Seen()
        self.register = Register(self.store)
        self.books = Books(
            self.register,
            {"lvm": self.lvm, "zfs": self.zfs},
            self.mounts,
            self.alerts,
            self.seen,
            Picture(),
            {"zfs": self.zpool},
            self.is_blank,
        )

    async def zpool(self, group: str) -> Reading:
        """One zpool alone; others may hang meanwhile."""
        return part(self.answer("zfs"), group)

    async def open(self) -> None:
        await self.store.open()
        await self.alerts.open()
        await self.books.open()

    async def lvm(self) -> Reading:
        return self.answer("lvm")

    async def zfs(self) -> Reading:
        await self.gate.wait()
        return self.answer("zfs")

    def answer(self, stack: str) -> Reading:
        answer = self.answers[stack]
        if isinstance(answer, BamsError):
            raise answer
        return answer

    async def is_blank(self, device: str) -> bool:
        self.looked_at.append(device)
        return device in self.blank

    async def mounts(self) -> Set[str]:
        return self.mounted

    @property
    def alert_ids(self) -> list[str]:
        return [alert.id for alert in self.alerts.list()]


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    made = Host(tmp_path)
    await made.open()
    yield made
    await made.store.close()


async def test_a_volume_with_our_mark_is_taken_in_when_the_store_knows_nothing(host: Host) -> None:
    await host.books.observe_all()
    assert host.register.rows[UUID].name == "thick"
    assert host.seen.repository("thick").owned


async def test_a_found_file_system_that_is_not_mounted_is_not_called_ready(host: Host) -> None:
    host.answers["lvm"] = Reading((VG, THIN), (replace(THICK, use="filesystem", filesystem="xfs"),))
    await host.books.observe_all()
    assert host.seen.repository("thick").state == "incomplete"
    assert host.alert_ids == [f"disk-leftover/{UUID}"]
    host.mounted = frozenset({"/srv/bams/thick"})
    await host.books.observe_all()
    assert host.seen.repository("thick").state == "ready"
    assert host.alert_ids == []


async def test_a_found_volume_without_its_file_system_says_so_and_is_looked_at_once(host: Host) -> None:
    host.answers["lvm"] = Reading((VG, THIN), (replace(THICK, use="filesystem", filesystem="xfs"),))
    host.blank = {THICK.device}
    for _ in range(2):
        await host.books.observe_all()
        view = host.seen.repository("thick")
        assert isinstance(view, RepositoryView)
        assert (view.state, view.state_text) == ("incomplete", "its file system was not made")
    assert host.alert_ids == [f"disk-leftover/{UUID}"]
    assert host.looked_at == [THICK.device]


def test_only_a_find_that_should_hold_a_file_system_is_looked_into() -> None:
    files = replace(THICK, use="filesystem", filesystem="xfs")
    others = [
        (THICK,),
        (replace(files, repository=""),),
        (files, replace(files, name="copy", uuid="other")),
        (replace(files, active=False),),
        (replace(files, health="missing"),),
    ]
    for volumes in others:
        assert finds(Reading((VG,), volumes), set()) == []
    assert finds(Reading((VG,), (files,)), {UUID}) == []
    assert finds(Reading((VG,), (files,)), set()) == [files]


async def test_a_found_file_system_that_is_mounted_is_ready(host: Host) -> None:
    host.answers["lvm"] = Reading((VG, THIN), (replace(THICK, use="filesystem", filesystem="xfs"),))
    host.mounted = frozenset({"/srv/bams/thick"})
    await host.books.observe_all()
    assert host.seen.repository("thick").state == "ready"


async def test_a_second_volume_of_the_same_name_gets_another_one(host: Host) -> None:
    other = replace(ZVOL, name="thick", repository=UUID.replace("1", "2"))
    host.answers["zfs"] = Reading((TANK,), (other,))
    await host.books.observe_all()
    assert {r.name for r in host.register.rows.values()} == {"thick", "thick-22222222"} or {
        r.name for r in host.register.rows.values()
    } == {"thick", "thick-11111111"}


async def test_two_volumes_with_one_unknown_mark_are_not_taken_in(host: Host) -> None:
    host.answers["lvm"] = Reading((VG,), (THICK, replace(THICK, name="copy", uuid="other")))
    await host.books.observe_all()
    assert host.register.rows == {}
    assert f"disk-copy/{UUID}" in host.alert_ids


async def test_what_a_running_creation_makes_is_not_taken_for_a_find(host: Host) -> None:
    await host.books.begin(intent("disk-create"))
    await host.books.observe_all()
    assert host.register.rows == {}


async def test_only_what_differs_is_told(host: Host) -> None:
    await host.books.observe_all()
    before = host.seen.signals
    await host.books.observe_all()
    assert host.seen.signals == before
    host.answers["lvm"] = Reading((VG, THIN), (replace(THICK, used_bytes=1),))
    await host.books.observe("lvm")
    assert host.seen.signals == before + 1


async def test_a_stack_that_fails_keeps_what_was_known_and_raises_an_alert_until_it_answers(host: Host) -> None:
    await host.books.observe_all()
    host.answers["lvm"] = TimedOut("lvm did not end within 30 s")
    await host.books.observe("lvm")
    view = host.seen.repository("thick")
    assert (view.state, view.size_bytes) == ("unresponsive", THICK.size_bytes)
    assert "disk-unresponsive/lvm:" in host.alert_ids
    host.answers["lvm"] = GOOD
    await host.books.observe("lvm")
    assert host.seen.repository("thick").state == "ready"
    assert host.alert_ids == []


async def test_a_hanging_stack_lets_the_other_one_go_on(host: Host) -> None:
    host.gate.clear()
    hanging = asyncio.create_task(host.books.observe("zfs"))
    await asyncio.wait_for(host.books.observe("lvm"), 10)
    assert host.seen.repository("thick").state == "ready"
    host.gate.set()
    await hanging


async def test_a_volume_that_is_gone_is_missing_and_comes_back(host: Host) -> None:
    await host.books.observe_all()
    host.answers["lvm"] = Reading((VG, THIN), ())
    await host.books.observe("lvm")
    assert host.seen.repository("thick").state == "missing"
    assert host.alert_ids == [f"disk-missing/{UUID}"]
    renamed = replace(THICK, pool="vg9", name="new")
    host.answers["lvm"] = Reading((replace(VG, name="vg9"),), (renamed,))
    await host.books.observe("lvm")
    assert (host.seen.repository("thick").pool, host.alert_ids) == ("vg9", [])
    assert host.register.rows[UUID].full_name == "vg9/new"


async def test_an_end_that_nobody_could_see_is_settled_when_the_pool_answers(host: Host) -> None:
    begun = intent("disk-create", size_bytes=GIB)
    await host.books.begin(begun)
    host.answers["lvm"] = TimedOut("it hangs")
    picture = await host.books.observe("lvm")
    outcome = judge(picture, begun, finished=False)
    assert outcome.end == "unknown"
    await host.books.conclude(begun, outcome)
    assert len(await host.register.intents()) == 1
    host.answers["lvm"] = GOOD
    await host.books.observe("lvm")
    assert await host.register.intents() == []
    assert host.register.rows[UUID].created_by == "alice"


async def test_alerts_of_an_earlier_daemon_end_when_their_condition_has(host: Host) -> None:
    await host.alerts.raise_alert("disk-missing/old", "critical", "old", "")
    await host.alerts.raise_alert("tape-x", "critical", "not ours", "")
    await host.books.open()
    await host.books.observe_all()
    assert host.alert_ids == ["tape-x"]


def test_one_silent_pool_keeps_its_old_figures_and_the_others_are_new() -> None:
    other = replace(TANK, name="other")
    in_other = replace(ZVOL, pool="other", name="o")
    before = Reading((TANK, other), (ZVOL, in_other))
    now = merged(before, Reading((other,), (), {"tank": "hangs"}))
    assert [(p.name, p.health) for p in now.pools] == [("other", "online"), ("tank", "unresponsive")]
    assert now.volumes == (ZVOL,)
    assert merged(before, Reading((other,), ())).volumes == ()


@pytest.mark.parametrize("health", ["suspended", "missing"])
def test_what_zfs_says_is_wrong_with_a_pool_is_not_called_silence(health: Health) -> None:
    ill = replace(TANK, health=health)
    now = merged(Reading((TANK,), (ZVOL,)), Reading((ill,), (), {"tank": "pool I/O is currently suspended"}))
    assert (now.pools, now.volumes) == ((ill,), (ZVOL,))
    silent = merged(now, Reading((), (), {"tank": "hangs"}))
    assert [pool.health for pool in silent.pools] == ["unresponsive"]


async def test_the_row_of_a_repository_keeps_its_name_and_maker(host: Host) -> None:
    await host.register.keep(row(name="mine"))
    await host.books.open()
    await host.books.observe_all()
    assert host.seen.repository("mine").created_by == "alice"


OTHER = replace(TANK, name="other")
MINE = replace(ZVOL, repository="33333333-2222-4333-8444-555555555555")
IN_OTHER = replace(ZVOL, pool="other", name="o", repository="22222222-2222-4333-8444-555555555555")


async def test_one_zpool_is_read_while_a_look_at_all_hangs_and_is_not_overwritten_by_it(host: Host) -> None:
    before = Reading((TANK, OTHER), (MINE, IN_OTHER))
    host.answers["zfs"] = before
    await host.books.observe_all()
    host.gate.clear()
    looking = asyncio.create_task(host.books.observe("zfs"))
    await asyncio.sleep(0)
    host.answers["zfs"] = Reading((TANK, OTHER), (replace(MINE, size_bytes=99 * GIB), IN_OTHER))
    picture = await asyncio.wait_for(host.books.observe("zfs", "tank"), 10)
    assert {v.name: v.size_bytes for v in picture.readings["zfs"].volumes} == {
        "vol": 99 * GIB,
        "o": IN_OTHER.size_bytes,
    }
    host.answers["zfs"] = before  # what the look at all saw, before
    host.gate.set()
    await looking
    assert host.seen.repository("vol").size_bytes == 99 * GIB
    await host.books.observe("zfs")
    assert host.seen.repository("vol").size_bytes == MINE.size_bytes


def test_a_group_takes_the_place_of_what_was_known_of_it() -> None:
    whole = Reading((TANK, OTHER), (MINE, IN_OTHER), {"tank": "hangs", "other": "too"})
    assert part(whole, "tank") == Reading((TANK,), (MINE,), {"tank": "hangs"})
    fresh = with_group(whole, "tank", Reading((TANK,), ()))
    assert fresh == Reading((OTHER, TANK), (IN_OTHER,), {"other": "too"})
    assert with_group(whole, "tank", Reading()).pools == (OTHER,)


async def test_a_repository_that_is_being_deleted_never_shows_as_missing(host: Host) -> None:
    """Not either while another change ends, and not when its own end is written down."""
    host.answers["zfs"] = Reading((TANK,), (MINE,))
    await host.register.keep(row(THICK))
    await host.books.open()
    await host.books.observe_all()
    host.seen.states.clear()
    going, other = intent("disk-delete"), replace(intent("disk-mount", MINE), job_id=8)
    await host.books.begin(going)
    await host.books.begin(other)
    host.answers["lvm"] = Reading((VG, THIN), ())
    picture = await host.books.observe("lvm")
    await host.books.conclude(other, Outcome("undone", "x"))
    await host.books.observe("zfs")
    await asyncio.gather(host.books.conclude(going, judge(picture, going, finished=True)), host.books.observe("lvm"))
    assert "missing" not in host.seen.states
    assert host.alert_ids == []
    assert UUID not in host.register.rows


async def test_an_end_that_nobody_knows_has_an_alert_and_keeps_the_group(host: Host) -> None:
    begun = intent("disk-create", size_bytes=GIB)
    await host.books.observe_all()
    await host.books.begin(begun)
    assert host.books.unsettled("lvm", "vg0") is None
    await host.books.conclude(begun, Outcome("unknown", "x"))
    assert (host.books.unsettled("lvm", "vg0"), host.alert_ids) == (replace(begun, ended=True), ["disk-unsettled/7"])
    assert host.books.unsettled("zfs", "vg0") is None
    await host.books.observe("lvm")
    assert (host.books.unsettled("lvm", "vg0"), host.alert_ids) == (None, [])


@pytest.mark.parametrize(
    ("volume", "taken", "name"),
    [
        ("thick", False, "thick"),
        ("thick", True, "thick-11111111"),
        ("a" * 48, True, "a" * 39 + "-11111111"),
        ("Deep/down", False, "found-11111111"),
        ("../etc", False, "found-11111111"),
    ],
)
def test_a_found_repository_gets_a_name_that_is_one(volume: str, taken: bool, name: str) -> None:
    assert found_name(replace(THICK, name=volume), lambda _: taken) == name
