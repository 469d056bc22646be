"""A change is carried out under its lock, with its intent written down, and ends with what is really there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bamsd.core.jobs import How, Jobs, Starter
from bamsd.disk import recovery, zfs
from bamsd.disk.acts import Act
from bamsd.disk.changes import DESTROY, MANAGE, Changes
from bamsd.disk.models import Reading, Step
from bamsd.disk.plans import Plan
from bamsd.disk.views import Picture
from bamsd.errors import BamsError, Busy, Cancelled, InvalidArgument, OutOfSpace, OutOfSync, TimedOut
from bamsd.system.run import run
from tests.unit.disk.pictures import GIB, THICK, THIN, UUID, VG, ZVOL, intent
from tests.unit.disk.test_books import Host
from tests.unit.disk.zfs_cases import start

ALICE = Starter(1000, "alice")


class Worker(Host):
    """A host with jobs and changes. The volume group is empty until a step makes something."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.answers["lvm"] = Reading((VG, THIN), ())
        self.jobs = Jobs(self.store)
        self.changes = Changes(self.books, self.jobs)
        self.done: list[str] = []
        self.later: list[Reading] = []
        """What lvm answers from its next reading on."""

    async def lvm(self) -> Reading:
        answer = await super().lvm()
        if self.later:
            self.answers["lvm"] = self.later.pop(0)
        return answer

    async def open(self) -> None:
        await super().open()
        self.interrupted = await self.jobs.open()

    def step(self, name: str, perform: Callable[[], Awaitable[object]] | None = None) -> Act:
        async def note(_limit_s: float) -> None:
            self.done.append(name)
            if perform:
                await perform()

        return Act(Step(name, "safe", "/x", ("true", name)), note)

    async def make_volume(self) -> None:
        self.answers["lvm"] = Reading((VG, THIN), (THICK,))

    async def create(
        self, *acts: Act, planner: Any = None, queue: bool = False, wait: bool = True, dry_run: bool = False
    ) -> Any:
        async def plan(_picture: Picture) -> Plan:
            return Plan(intent("disk-create", size_bytes=GIB), acts, ("/x",), {"repository": "/x"})

        options = How(queue=queue, wait=wait, dry_run=dry_run)
        return await self.changes.change("lvm", "vg0", "create", planner or plan, ALICE, "disk-create", **options)


async def fail(error: BamsError) -> None:
    raise error


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Worker]:
    made = Worker(tmp_path)
    await made.open()
    yield made
    await made.jobs.close(1)
    await made.store.close()


async def test_a_good_change_ends_with_its_row_and_no_intent(worker: Worker) -> None:
    job = await worker.create(worker.step("make", worker.make_volume))
    assert (job.state, job.result["repository"]) == ("succeeded", "/x")
    assert worker.register.rows[UUID].created_by == "alice"
    assert await worker.register.intents() == []
    assert worker.seen.repository("thick").state == "ready"


async def test_the_intent_stands_in_the_store_before_the_first_step_and_counts_each(worker: Worker) -> None:
    stages = []

    async def look() -> None:
        stages.extend([found.stage for found in await worker.register.intents()])

    await worker.create(worker.step("a", look), worker.step("b", look), worker.step("c", worker.make_volume))
    assert stages == [0, 2]


async def test_a_dry_run_shows_the_steps_and_does_nothing(worker: Worker) -> None:
    job = await worker.create(worker.step("make", worker.make_volume), dry_run=True)
    assert job.state == "planned"
    [step] = job.result["plan"]
    assert step == {"summary": "make", "effect": "safe", "object": "/x", "command": "true make"}
    assert worker.done == []
    assert await worker.register.intents() == []


async def test_a_failed_step_stops_the_rest_and_its_reason_is_the_jobs(worker: Worker) -> None:
    stop = worker.step("full", lambda: fail(OutOfSpace("vg0 is full.")))
    with pytest.raises(OutOfSpace, match=r"^vg0 is full\.$"):
        await worker.create(stop, worker.step("never"))
    assert worker.done == ["full"]
    assert worker.register.rows == {}
    assert await worker.register.intents() == []


async def test_success_without_a_volume_is_not_believed(worker: Worker) -> None:
    with pytest.raises(OutOfSync, match="Nothing was made"):
        await worker.create(worker.step("lies"))


async def test_a_failure_after_which_all_is_there_is_a_success_with_a_warning(worker: Worker) -> None:
    async def both() -> None:
        await worker.make_volume()
        raise TimedOut("it took long")

    job = await worker.create(worker.step("slow", both))
    assert (job.state, job.result["warning"]) == ("succeeded", "it took long")


async def test_a_failure_that_leaves_something_says_what(worker: Worker) -> None:
    begun = intent("disk-create", size_bytes=GIB, use="filesystem", filesystem="xfs")
    acts = (worker.step("make", worker.make_volume), worker.step("mkfs", lambda: fail(TimedOut("mkfs is slow."))))

    async def plan(_picture: Picture) -> Plan:
        return Plan(begun, acts, ("/x",))

    with pytest.raises(TimedOut, match=r"mkfs is slow\. Volume vg0/thick is there without a file system"):
        await worker.create(planner=plan)
    assert worker.register.rows[UUID].leftover == "format"
    assert worker.alert_ids == [f"disk-leftover/{UUID}"]


async def test_a_refusal_leaves_no_job(worker: Worker) -> None:
    async def plan(_picture: Picture) -> Plan:
        raise InvalidArgument("no")

    with pytest.raises(InvalidArgument):
        await worker.create(planner=plan)
    assert worker.jobs.list() == ()


async def test_one_change_a_group_at_a_time(worker: Worker) -> None:
    gate, reached = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await gate.wait()
        await worker.make_volume()

    first = await worker.create(worker.step("slow", hold), wait=False)
    await reached.wait()
    with pytest.raises(Busy, match="volume group vg0 is busy: create"):
        await worker.create(worker.step("second"))
    waiting = asyncio.create_task(worker.create(worker.step("queued"), queue=True))
    other = worker.changes.turn("zfs", "tank")
    async with other.held("something"):
        assert not waiting.done()
    gate.set()
    await waiting
    assert worker.jobs.get(first.id).state == "succeeded"
    assert worker.done == ["slow", "queued"]


async def test_rules_see_a_reading_taken_under_the_lock(worker: Worker) -> None:
    await worker.books.observe_all()
    worker.answers["lvm"] = Reading((VG, THIN), (replace(THICK, size_bytes=7),))
    seen: list[int] = []

    async def plan(picture: Picture) -> Plan:
        seen.extend(volume.size_bytes for volume in picture.volumes)
        raise InvalidArgument("enough")

    with pytest.raises(InvalidArgument):
        await worker.create(planner=plan)
    assert seen == [7]


def test_what_destroys_asks_for_the_stronger_permission() -> None:
    assert (MANAGE, DESTROY) == ("org.bams.disk.manage", "org.bams.disk.destroy")


@pytest.mark.parametrize("finds", ["volume", "nothing", "silence", "pool later"])
async def test_a_start_after_a_crash_ends_the_job_with_the_truth(tmp_path: Path, finds: str) -> None:
    before = Worker(tmp_path)
    await before.open()
    running = asyncio.Event()

    async def crash() -> None:
        running.set()
        await asyncio.Event().wait()

    job = await before.create(before.step("make", crash), wait=False)
    await running.wait()
    await before.jobs.close(0)
    await before.store.close()

    after = Worker(tmp_path)
    await after.open()
    if finds == "volume":
        await after.make_volume()
    elif finds == "silence":
        after.answers["lvm"] = TimedOut("lvm hangs")
    elif finds == "pool later":
        after.later.append(Reading((VG, THIN), (THICK,)))
        after.answers["lvm"] = Reading()
    await after.books.open()
    await recovery.start(after.books, after.changes, after.jobs, after.interrupted)
    ended = after.jobs.get(job.id)
    left = await after.register.intents()
    if finds in ("volume", "pool later"):
        assert (ended.state, after.register.rows[UUID].created_by, left) == ("succeeded", "alice", [])
    elif finds == "nothing":
        assert (ended.state, ended.error_name, left) == ("failed", OutOfSync.dbus_name, [])
        assert "Nothing was made" in ended.error_message
    else:
        assert (ended.state, len(left)) == ("failed", 1)
        await after.make_volume()
        await after.books.observe("lvm")
        assert await after.register.intents() == []
        assert after.register.rows[UUID].name == "thick"
    await after.jobs.close(1)
    await after.store.close()


async def test_a_job_that_was_cut_off_before_its_intent_changed_nothing(tmp_path: Path) -> None:
    before = Worker(tmp_path)
    await before.open()

    async def never(_held: None, _progress: object) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    job = await before.jobs.run(
        operation="disk-create",
        description="create repository x",
        objects=(),
        action=MANAGE,
        starter=ALICE,
        guard=contextlib.nullcontext(),
        work=never,
    )
    await before.jobs.close(0)
    await before.store.close()
    after = Worker(tmp_path)
    await after.open()
    await after.books.open()
    await recovery.start(after.books, after.changes, after.jobs, after.interrupted)
    ended = after.jobs.get(job.id)
    assert (ended.state, ended.error_name) == ("failed", Cancelled.dbus_name)
    assert "Nothing was changed" in ended.error_message
    await after.jobs.close(1)
    await after.store.close()


async def test_a_fault_of_ours_in_a_step_ends_the_change_and_hides_nothing(worker: Worker) -> None:
    async def faulty() -> None:
        await worker.make_volume()
        raise ValueError("a fault")

    job = await worker.create(worker.step("make", faulty))
    assert (job.state, "fault" in job.result["warning"]) == ("succeeded", True)
    assert worker.seen.repository("thick").owned
    assert await worker.register.intents() == []


async def test_a_program_that_goes_on_leaves_the_end_open_and_the_group_busy(worker: Worker) -> None:
    async def slow() -> None:
        await run(["timeout", "3", "sleep", "60"], timeout_s=0.1, kill_on_timeout=False)

    with pytest.raises(TimedOut, match="when the program has ended"):
        await worker.create(worker.step("make", slow))
    with pytest.raises(Busy, match="vg0 is still being changed by job 1, disk-create of thick"):
        await worker.create(worker.step("second"))
    assert worker.done == ["make"]
    await worker.make_volume()  # its last deed
    async with asyncio.timeout(20):
        while worker.books.unsettled("lvm", "vg0"):
            await worker.books.observe("lvm")
    assert worker.register.rows[UUID].created_by == "alice"
    assert worker.alert_ids == []


@pytest.mark.parametrize("refused", ["", "cannot set property for 'tank/vol': pool I/O is currently suspended\n"])
async def test_a_zvol_that_lost_power_before_it_got_its_mark_gets_it_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    pools = start(tmp_path, monkeypatch)
    pools.add_pool("tank")
    pools.add_volume("tank/vol", GIB)
    after = ZfsWorker(tmp_path)
    await after.open()
    begun = intent("disk-create", ZVOL, size_bytes=GIB, started_us=1)
    await after.register.begin(begun)
    if refused:
        pools.fail_next("zfs set", refused)
    await recovery.start(after.books, after.changes, after.jobs, after.interrupted)
    if refused:
        assert await after.register.intents() == [begun]
        assert after.register.rows == {}
    else:
        assert await after.register.intents() == []
        assert after.seen.repository("vol").uuid == UUID
    await after.jobs.close(1)
    await after.store.close()


class ZfsWorker(Worker):
    async def zfs(self) -> Reading:
        return await zfs.read()
