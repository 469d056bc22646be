"""Jobs: what callers, listeners and the next start see."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bamsd.core.jobs import Job, Jobs, Progress, Starter
from bamsd.core.store import Store
from bamsd.errors import (
    BamsError,
    Busy,
    Cancelled,
    HardwareFailed,
    Internal,
    InvalidArgument,
    NotFound,
    NotReady,
    NotSupported,
    OutOfSpace,
)

Work = Callable[[str, Progress], Awaitable[dict[str, Any]]]


class Time:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now_us = 1_700_000_000_000_000

    def __call__(self) -> int:
        return self.now_us


class Watcher:
    """Everything a listener was told, in order."""

    def __init__(self, jobs: Jobs) -> None:
        self.seen: list[tuple[Job, bool]] = []
        self.removed: list[int] = []
        jobs.subscribe(lambda job, new: self.seen.append((job, new)))
        jobs.on_removed(lambda job: self.removed.append(job.id))

    @property
    def states(self) -> list[tuple[int, str, bool]]:
        return [(job.id, job.state, new) for job, new in self.seen]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest_asyncio.fixture
async def jobs(store: Store, time: Time) -> AsyncIterator[Jobs]:
    jobs = Jobs(store, clock=time)
    assert await jobs.open() == ()
    yield jobs
    await jobs.close(20)


@pytest.fixture
def watcher(jobs: Jobs) -> Watcher:
    return Watcher(jobs)


@asynccontextmanager
async def free() -> AsyncIterator[str]:
    yield "held"


@asynccontextmanager
async def locked(lock: asyncio.Lock) -> AsyncIterator[str]:
    async with lock:
        yield "held"


@asynccontextmanager
async def refusing(error: Exception) -> AsyncIterator[str]:
    raise error
    yield "never"


async def nothing(held: str, progress: Progress) -> dict[str, Any]:
    return {"held": held}


async def endless(held: str, progress: Progress) -> dict[str, Any]:
    await asyncio.Event().wait()
    return {}


async def start(
    jobs: Jobs,
    work: Work = nothing,
    guard: AbstractAsyncContextManager[str] | None = None,
    description: str = "load slot 1 into drive 0",
    **how: Any,
) -> Job:
    return await jobs.run(
        operation="tape-load",
        description=description,
        objects=["/org/bams/Tape/libraries/a", "/org/bams/Tape/drives/b"],
        action="org.bams.tape.operate",
        starter=Starter(uid=1000, person="anna"),
        guard=guard or free(),
        work=work,
        **how,
    )


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0)


async def stored(store: Store) -> dict[int, str]:
    return {row["id"]: row["state"] for row in await store.query("SELECT id, state FROM jobs")}


async def test_a_waiting_caller_gets_the_ended_job(jobs: Jobs, watcher: Watcher, store: Store, time: Time) -> None:
    job = await start(jobs, wait=True, expected_s=60)
    assert job == Job(
        id=1,
        operation="tape-load",
        description="load slot 1 into drive 0",
        objects=("/org/bams/Tape/libraries/a", "/org/bams/Tape/drives/b"),
        action="org.bams.tape.operate",
        state="succeeded",
        progress=0.0,
        progress_valid=False,
        start_us=time.now_us,
        end_us=time.now_us,
        expected_end_us=time.now_us + 60_000_000,
        started_by_uid=1000,
        started_by="anna",
        cancelable=False,
        result={"held": "held"},
        error_name="",
        error_message="",
    )
    assert watcher.states == [(1, "running", True), (1, "succeeded", False)]
    assert jobs.list() == (job,)
    assert jobs.get(1) is job
    again = Jobs(store, clock=time)
    assert await again.open() == ()
    assert again.list() == (job,), "the next start reads it as it was"


async def test_a_caller_that_does_not_wait_gets_the_running_job(jobs: Jobs, store: Store) -> None:
    done = asyncio.Event()
    rows: list[dict[int, str]] = []

    async def work(held: str, progress: Progress) -> dict[str, Any]:
        rows.append(await stored(store))
        await done.wait()
        return {"number": progress.job_id}

    job = await start(jobs, work)
    assert (job.state, job.end_us) == ("running", 0)
    done.set()
    await until(lambda: jobs.get(job.id).state == "succeeded")
    assert rows == [{job.id: "running"}], "on the disk before the work began"
    assert jobs.get(job.id).result == {"number": job.id}


@pytest.mark.parametrize("wait", [True, False])
async def test_a_refusal_leaves_no_job(jobs: Jobs, watcher: Watcher, store: Store, wait: bool) -> None:
    error = Busy("Drive 0 is held by bacula-sd.")
    with pytest.raises(Busy) as caught:
        await start(jobs, guard=refusing(error), wait=wait)
    assert caught.value is error
    assert (watcher.seen, jobs.list(), await stored(store)) == ([], (), {})


async def test_a_fault_in_the_guard_is_told_by_reference_only(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Internal) as caught:
        await start(jobs, guard=refusing(KeyError("secret inside")))
    assert "secret" not in caught.value.message
    assert sum("Traceback" in str(record.exc_text) for record in caplog.records) == 1


async def test_a_queued_job_becomes_visible_while_it_waits(jobs: Jobs, watcher: Watcher) -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    job = await start(jobs, guard=locked(lock), admit_within_s=0.01)
    assert job.state == "running"
    assert watcher.states == [(1, "running", True)]
    lock.release()
    await until(lambda: jobs.get(1).state == "succeeded")
    assert watcher.states == [(1, "running", True), (1, "succeeded", False)]


async def test_a_queued_job_can_still_be_refused(jobs: Jobs) -> None:
    gone = asyncio.Event()

    @asynccontextmanager
    async def guard() -> AsyncIterator[str]:
        await gone.wait()
        raise NotFound("Library A was taken away.")
        yield "never"

    waiting = asyncio.create_task(start(jobs, guard=guard(), admit_within_s=0.01, wait=True))
    await until(lambda: jobs.list())
    gone.set()
    with pytest.raises(NotFound, match="taken away"):
        await waiting
    (job,) = jobs.list()
    assert (job.state, job.error_name, job.error_message) == (
        "failed",
        "org.bams.Error.NotFound",
        "Library A was taken away.",
    )


async def test_the_jobs_own_error_reaches_caller_and_job(jobs: Jobs, store: Store) -> None:
    error = HardwareFailed("Drive 0 did not accept the cartridge.", (4, 0x53, 0))

    async def work(held: str, progress: Progress) -> dict[str, Any]:
        raise error

    with pytest.raises(HardwareFailed) as caught:
        await start(jobs, work, wait=True)
    assert caught.value is error
    job = await start(jobs, work)
    await until(lambda: jobs.get(job.id).state == "failed")
    for number in (1, 2):
        assert jobs.get(number).error_name == "org.bams.Error.HardwareFailed"
        assert jobs.get(number).error_message == "Drive 0 did not accept the cartridge."


@pytest.mark.parametrize("result", ["raises", "cancels itself", "is no JSON"])
async def test_a_fault_becomes_internal_with_one_traceback(
    jobs: Jobs, caplog: pytest.LogCaptureFixture, result: str
) -> None:
    async def work(held: str, progress: Progress) -> dict[str, Any]:
        if result == "raises":
            raise ValueError("secret inside")
        if result == "cancels itself":
            raise asyncio.CancelledError
        endless: dict[str, Any] = {}
        endless["self"] = endless
        return endless

    with pytest.raises(Internal) as caught:
        await start(jobs, work, wait=True)
    assert jobs.get(1).state == "failed"
    assert jobs.get(1).error_message == caught.value.message
    assert "secret" not in caught.value.message
    assert sum(record.exc_info is not None for record in caplog.records) == 1


async def test_a_cancelled_caller_does_not_stop_the_job(jobs: Jobs) -> None:
    go_on = asyncio.Event()

    async def work(held: str, progress: Progress) -> dict[str, Any]:
        await go_on.wait()
        return {"done": True}

    caller = asyncio.create_task(start(jobs, work, wait=True))
    await until(lambda: jobs.list())
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await until(lambda: jobs.get(1).state == "succeeded")


async def test_cancel_ends_what_may_be_cancelled(jobs: Jobs, watcher: Watcher) -> None:
    cleaned: list[str] = []

    async def work(held: str, progress: Progress) -> dict[str, Any]:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(held)
        return {}

    waiting = asyncio.create_task(start(jobs, work, wait=True, cancelable=True))
    await until(lambda: jobs.list())
    assert jobs.get(1).cancelable
    await asyncio.gather(jobs.cancel(1), jobs.cancel(1))
    assert cleaned == ["held"]
    assert (jobs.get(1).state, jobs.get(1).error_name, jobs.get(1).cancelable) == (
        "cancelled",
        "org.bams.Error.Cancelled",
        False,
    )
    with pytest.raises(Cancelled, match=r"Job 1 \(load slot 1 into drive 0\) was cancelled"):
        await waiting
    assert watcher.states == [(1, "running", True), (1, "cancelled", False)]


async def test_cancel_refuses_what_cannot_be_cancelled(jobs: Jobs) -> None:
    done = asyncio.Event()

    async def work(held: str, progress: Progress) -> dict[str, Any]:
        await done.wait()
        return {}

    with pytest.raises(NotFound, match="no job 7"):
        await jobs.cancel(7)
    job = await start(jobs, work)
    with pytest.raises(NotSupported, match="cannot be cancelled"):
        await jobs.cancel(job.id)
    done.set()
    await until(lambda: jobs.get(job.id).state == "succeeded")
    with pytest.raises(NotSupported, match="has ended already"):
        await jobs.cancel(job.id)


async def test_work_that_is_done_cannot_be_cancelled_any_more(jobs: Jobs) -> None:
    leaving, leave = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def guard() -> AsyncIterator[str]:
        yield "held"
        leaving.set()
        await leave.wait()

    await start(jobs, guard=guard(), cancelable=True)
    await leaving.wait()
    cancelling = asyncio.create_task(jobs.cancel(1))
    await asyncio.sleep(0)
    leave.set()
    await cancelling
    assert jobs.get(1).state == "succeeded"


async def test_progress_is_told_in_measure(jobs: Jobs, watcher: Watcher) -> None:
    async def work(held: str, progress: Progress) -> dict[str, Any]:
        for step in range(1000):
            progress.set(step / 1000)
            await asyncio.sleep(0)
        progress.set(7)
        progress.set(float("nan"))
        progress.describe("nearly there")
        assert jobs.get(1).progress == 1.0
        assert jobs.get(1).progress_valid
        return {}

    began = asyncio.get_running_loop().time()
    job = await start(jobs, work, wait=True)
    took_s = asyncio.get_running_loop().time() - began
    assert (job.progress, job.progress_valid, job.description) == (1.0, True, "nearly there")
    assert len(watcher.seen) <= 2 + 1 + took_s * 4
    assert watcher.seen[-1][0] is job


async def test_a_listener_hears_of_progress_while_the_work_goes_on(jobs: Jobs, watcher: Watcher) -> None:
    done = asyncio.Event()

    async def work(held: str, progress: Progress) -> dict[str, Any]:
        progress.set(0.1)
        progress.set(0.2)
        await done.wait()
        progress.set(0.3)
        return {}

    leaked: list[Progress] = []

    async def outer(held: str, progress: Progress) -> dict[str, Any]:
        leaked.append(progress)
        return await work(held, progress)

    await start(jobs, outer)
    await until(lambda: any(job.progress == 0.2 for job, _ in watcher.seen))
    assert all(job.progress != 0.1 for job, _ in watcher.seen)
    done.set()
    await until(lambda: jobs.get(1).state == "succeeded")
    leaked[0].set(0.5)
    assert jobs.get(1).progress == 1.0


async def test_a_listener_with_a_fault_changes_nothing(jobs: Jobs) -> None:
    def faulty(job: Job, new: bool) -> None:
        raise RuntimeError("fault")

    jobs.subscribe(faulty)
    assert (await start(jobs, wait=True)).state == "succeeded"


async def test_a_plan_is_a_job_that_did_nothing(jobs: Jobs, watcher: Watcher, store: Store) -> None:
    job = await jobs.planned(
        operation="tape-load",
        description="load slot 1 into drive 0",
        objects=[],
        action="org.bams.tape.operate",
        starter=Starter(0, "anna"),
        plan=[{"summary": "Load it.", "effect": "safe"}],
    )
    assert (job.state, job.result) == ("planned", {"plan": [{"summary": "Load it.", "effect": "safe"}]})
    assert job.end_us == job.start_us
    assert watcher.states == [(1, "planned", True)]
    assert await stored(store) == {1: "planned"}


async def test_ended_jobs_are_forgotten_after_an_hour(jobs: Jobs, watcher: Watcher, store: Store, time: Time) -> None:
    await start(jobs, wait=True)
    time.now_us += 3599 * 1_000_000
    await start(jobs, wait=True)
    assert [job.id for job in jobs.list()] == [1, 2]
    time.now_us += 1_000_000
    await start(jobs, wait=True)
    await until(lambda: watcher.removed)
    assert watcher.removed == [1]
    assert [job.id for job in jobs.list()] == [2, 3]
    async with asyncio.timeout(20):
        while await stored(store) != {2: "succeeded", 3: "succeeded"}:
            await asyncio.sleep(0)
    with pytest.raises(NotFound):
        jobs.get(1)


async def test_only_the_last_hundred_are_kept_and_running_ones_always(jobs: Jobs, watcher: Watcher) -> None:
    await start(jobs, endless, cancelable=True)
    for _ in range(103):
        await start(jobs, wait=True)
    await until(lambda: len(watcher.removed) == 3)
    assert watcher.removed == [2, 3, 4]
    assert [job.id for job in jobs.list()] == [1, *range(5, 105)]


async def test_numbers_never_come_twice(jobs: Jobs, store: Store, time: Time) -> None:
    for _ in range(3):
        await start(jobs, wait=True)
    time.now_us += 2 * 3600 * 1_000_000
    again = Jobs(store, clock=time)
    await again.open()
    assert again.list() == ()
    assert (await start(again, wait=True)).id == 4
    await again.close(20)


async def test_what_a_crash_cut_off_is_found_and_finished(jobs: Jobs, store: Store, time: Time) -> None:
    await start(jobs, endless, cancelable=True)
    await start(jobs, endless, cancelable=True)
    await start(jobs, wait=True)
    next_start = Jobs(store, clock=time)
    cut_off = await next_start.open()
    assert [(job.id, job.state) for job in cut_off] == [(1, "running"), (2, "running")]
    watcher = Watcher(next_start)
    with pytest.raises(NotSupported, match="cannot be cancelled"):
        await next_start.cancel(1)
    time.now_us += 5
    await next_start.finish(1, state="succeeded", result={"to": "drive 0"})
    await next_start.finish(2, state="failed", error=Busy("The robot was busy."))
    assert watcher.states == [(1, "succeeded", False), (2, "failed", False)]
    assert (next_start.get(1).result, next_start.get(1).end_us) == ({"to": "drive 0"}, time.now_us)
    assert next_start.get(2).error_message == "The robot was busy."
    assert await stored(store) == {1: "succeeded", 2: "failed", 3: "succeeded"}
    with pytest.raises(InvalidArgument, match="Job 1"):
        await next_start.finish(1, state="failed")
    with pytest.raises(InvalidArgument, match="Job 1"):
        await jobs.finish(1, state="failed")
    with pytest.raises(NotFound, match="no job 9"):
        await next_start.finish(9, state="failed")
    await next_start.close(20)


async def test_an_orderly_stop(store: Store, time: Time, caplog: pytest.LogCaptureFixture) -> None:
    jobs = Jobs(store, clock=time)
    await jobs.open()
    lock, moved = asyncio.Lock(), asyncio.Event()

    async def move(held: str, progress: Progress) -> dict[str, Any]:
        await moved.wait()
        return {"moved": True}

    stoppable = await start(jobs, endless, cancelable=True)
    finishing = await start(jobs, move, guard=locked(lock))
    queued = await start(jobs, guard=locked(lock), admit_within_s=0.01)
    stuck = await start(jobs, endless)
    refused = asyncio.create_task(start(jobs, guard=locked(lock)))
    await asyncio.sleep(0)
    closing = asyncio.create_task(jobs.close(0.5))
    with pytest.raises(Cancelled, match="bamsd stopped before"):
        await refused
    with pytest.raises(NotReady, match="is stopping"):
        await start(jobs)
    moved.set()
    await closing
    assert jobs.get(stoppable.id).state == "cancelled"
    assert jobs.get(finishing.id).state == "succeeded"
    assert jobs.get(queued.id).state == "cancelled"
    assert await stored(store) == {1: "cancelled", 2: "succeeded", 3: "cancelled", 4: "running"}
    assert f"job {stuck.id} " in caplog.text
    next_start = Jobs(store, clock=time)
    assert [job.id for job in await next_start.open()] == [stuck.id]


def test_the_end_of_the_loop_leaves_a_job_to_the_next_start(tmp_path: Path) -> None:
    async def first_daemon() -> None:
        store = Store(tmp_path / "bams.db")
        await store.open()
        jobs = Jobs(store)
        await jobs.open()
        await start(jobs, endless)
        await jobs.close(0)
        await store.close()

    async def second_daemon() -> list[int]:
        store = Store(tmp_path / "bams.db")
        await store.open()
        found = await Jobs(store).open()
        await store.close()
        return [job.id for job in found]

    asyncio.run(first_daemon())
    assert asyncio.run(second_daemon()) == [1]


async def fill(store: Store) -> None:
    """Let the store hit its limit, as on a full disk. A page or two may still hold small rows, but no large one."""
    await store.query("PRAGMA max_page_count = 1")
    with pytest.raises(OutOfSpace):
        await store.execute("INSERT INTO meta VALUES ('large', hex(randomblob(10000)))")


@pytest.mark.parametrize("queued", [False, True])
async def test_a_full_disk_refuses_new_jobs_before_their_work(
    jobs: Jobs, watcher: Watcher, store: Store, queued: bool
) -> None:
    await fill(store)
    done: list[str] = []

    async def work(held: str, progress: Progress) -> dict[str, Any]:
        done.append(held)
        return {}

    guard = locked(await taken()) if queued else free()
    with pytest.raises(OutOfSpace):
        await start(jobs, work, guard=guard, admit_within_s=0.01, description="x" * 20000)
    assert (done, watcher.seen, jobs.list()) == ([], [], ())


async def test_what_goes_with_the_end_of_a_job_is_stored_with_it_all_or_none(jobs: Jobs, store: Store) -> None:
    async def notes() -> list[str]:
        return [row["value"] for row in await store.query("SELECT value FROM meta WHERE key = 'note'")]

    async def work(held: str, progress: Progress) -> dict[str, Any]:
        await store.execute("INSERT INTO meta VALUES ('note', 'under way')")
        progress.end_with("DELETE FROM meta WHERE key = ?", ("note",))
        assert await notes() == ["under way"]
        await fill(store)
        return {"text": "x" * 10000}

    await start(jobs, work, wait=True)
    assert (await stored(store), await notes()) == ({1: "running"}, ["under way"])
    await store.query("PRAGMA max_page_count = 100000")
    await start(jobs, wait=True)
    assert (await stored(store), await notes()) == ({1: "succeeded", 2: "succeeded"}, [])


async def test_what_goes_with_the_end_of_a_job_is_stored_after_a_failure_too(jobs: Jobs, store: Store) -> None:
    async def work(held: str, progress: Progress) -> dict[str, Any]:
        progress.end_with("INSERT INTO meta VALUES ('note', 'ended')")
        raise HardwareFailed("The arm is stuck.")

    with pytest.raises(HardwareFailed):
        await start(jobs, work, wait=True)
    assert await store.query("SELECT value FROM meta WHERE key = 'note'") == [{"value": "ended"}]


async def taken() -> asyncio.Lock:
    lock = asyncio.Lock()
    await lock.acquire()
    return lock


async def test_a_full_disk_does_not_change_how_a_job_ended(jobs: Jobs, store: Store, time: Time) -> None:
    async def work(held: str, progress: Progress) -> dict[str, Any]:
        await fill(store)
        return {"text": "x" * 10000}

    assert (await start(jobs, work, wait=True)).state == "succeeded"
    assert await stored(store) == {1: "running"}
    await store.query("PRAGMA max_page_count = 100000")
    await start(jobs, wait=True)
    assert await stored(store) == {1: "succeeded", 2: "succeeded"}


async def test_errors_are_kept_by_their_wire_name(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    for error in (Busy("b"), NotFound("n"), Cancelled("c")):

        async def work(held: str, progress: Progress, error: BamsError = error) -> dict[str, Any]:
            raise error

        with pytest.raises(type(error)):
            await start(jobs, work, wait=True)
    assert [(job.state, job.error_name, job.error_message) for job in jobs.list()] == [
        ("failed", "org.bams.Error.Busy", "b"),
        ("failed", "org.bams.Error.NotFound", "n"),
        ("cancelled", "org.bams.Error.Cancelled", "c"),
    ]


async def test_the_end_is_recorded_before_anyone_is_told(store: Store, time: Time) -> None:
    order: list[str] = []

    async def record(job: Job) -> None:
        assert await stored(store) == {1: "running"}, "a kill right here makes the next start end it once more"
        order.append(f"recorded {job.state}")

    jobs = Jobs(store, clock=time, before_end=record)
    await jobs.open()
    jobs.subscribe(lambda job, new: order.append(f"told {job.state}"))
    await start(jobs, wait=True)
    assert order == ["told running", "recorded succeeded", "told succeeded"]
    await jobs.close(1)


async def test_a_record_that_fails_does_not_change_how_a_job_ended(
    store: Store, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    async def record(job: Job) -> None:
        raise Busy("no room")

    jobs = Jobs(store, clock=time, before_end=record)
    await jobs.open()
    assert (await start(jobs, wait=True)).state == "succeeded"
    assert "was not written to the audit: no room" in caplog.text
    await jobs.close(1)
