"""Long operations: started, seen, cancelled, ended, and remembered over a restart.

A refusal leaves no job. A job becomes visible when its guard (the lock of a device, with a fresh look at it) was
entered, or when waiting for the guard takes longer than a moment. From then on it has a row in the store, so that the
next start finds what a crash cut off.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, TypeVar

from bamsd.core.clock import Clock, now_us
from bamsd.core.job import How, Job, Starter, State
from bamsd.core.job_history import BeforeEnd, JobHistory, Listener, RemovedListener, plain
from bamsd.core.store import Params, Statement, Store
from bamsd.errors import BamsError, Cancelled, InvalidArgument, NotReady, NotSupported, unexpected

__all__ = ["ADMIT_WITHIN_S", "How", "Job", "Jobs", "Progress", "Starter", "State"]

log = logging.getLogger(__name__)
_G = TypeVar("_G")
_Work = Callable[[_G, "Progress"], Awaitable[dict[str, Any]]]

PROGRESS_INTERVAL_S = 0.25
ADMIT_WITHIN_S = 2.0
"""A job that waits longer for its turn is shown, and its caller answered."""


class _Running:
    """A job whose task lives in this daemon. ``job`` is a draft with number 0 until it is admitted."""

    def __init__(self, draft: Job) -> None:
        loop = asyncio.get_running_loop()
        self.job = draft
        self.lock = asyncio.Lock()
        self.admitted: asyncio.Future[None] = loop.create_future()
        self.over: asyncio.Future[None] = loop.create_future()
        self.error: BamsError | None = None
        self.entered = False
        self.ending = False
        self.stop_reason: BamsError | None = None
        self.task: asyncio.Task[None]
        self.late: asyncio.Task[None] | None = None
        self.at_end: list[Statement] = []

    def stop(self, reason: BamsError) -> None:
        """Cancel the work, unless it is done already."""
        if self.stop_reason is None and not self.ending:
            self.stop_reason = reason
            self.task.cancel()


class Progress:
    """What the work tells about itself while it runs. Calls after its end do nothing."""

    def __init__(self, running: _Running, history: JobHistory) -> None:
        self._running = running
        self._history = history
        self._told_s = -math.inf
        self._timer: asyncio.TimerHandle | None = None

    @property
    def job_id(self) -> int:
        return self._running.job.id

    def set(self, fraction: float) -> None:
        """How much is done, from 0 to 1. Listeners hear of it at most four times a second."""
        if math.isfinite(fraction):
            self._change(progress=min(max(fraction, 0.0), 1.0), progress_valid=True)

    def describe(self, text: str) -> None:
        self._change(description=text)

    def end_with(self, sql: str, params: Params = ()) -> None:
        """Run this statement in the store together with the job's end, in one transaction."""
        self._running.at_end.append((sql, params))

    def _change(self, **changes: Any) -> None:
        job = replace(self._running.job, **changes)
        if self._running.ending or job == self._running.job:
            return
        self._running.job = self._history.jobs[job.id] = job
        if self._timer is None:
            loop = asyncio.get_running_loop()
            delay_s = max(0.0, self._told_s + PROGRESS_INTERVAL_S - loop.time())
            self._timer = loop.call_later(delay_s, self._tell)

    def _tell(self) -> None:
        self._timer = None
        self._told_s = asyncio.get_running_loop().time()
        if not self._running.ending:
            self._history.show(self._running.job, new=False)


class Jobs:
    """Errors of the store (OutOfSpace, Internal) come out of ``run`` before the work starts, never after."""

    def __init__(self, store: Store, *, clock: Clock = now_us, before_end: BeforeEnd | None = None) -> None:
        """``before_end`` sees each ended job before anyone else is told; the audit writes it down there."""
        self._clock = clock
        self._history = JobHistory(store, clock, before_end)
        self._running: set[_Running] = set()
        self._closing = False

    async def open(self) -> tuple[Job, ...]:
        """Read the store. Returns the jobs that the last daemon left running; ``finish`` says how each one ended."""
        await self._history.open()
        return tuple(job for job in self.list() if job.state == "running")

    def subscribe(self, listener: Listener) -> None:
        """Call ``listener(job, new)`` on the loop at every change, before the caller who made it is answered."""
        self._history.listeners.append(listener)

    def on_removed(self, listener: RemovedListener) -> None:
        """Call ``listener(job)`` for every ended job that is forgotten."""
        self._history.removed_listeners.append(listener)

    def list(self) -> tuple[Job, ...]:
        return tuple(self._history.jobs.values())

    def get(self, number: int) -> Job:
        return self._history.get(number)

    async def run(
        self,
        *,
        operation: str,
        description: str,
        objects: Sequence[str],
        action: str,
        starter: Starter,
        guard: AbstractAsyncContextManager[_G],
        work: Callable[[_G, Progress], Awaitable[dict[str, Any]]],
        wait: bool = False,
        cancelable: bool = False,
        expected_s: float = 0,
        admit_within_s: float = ADMIT_WITHIN_S,
    ) -> Job:
        """Do ``work`` inside ``guard`` in a task of its own, which a cancelled caller does not stop.

        Returns the job as soon as it is visible; with ``wait``, the ended job, or raises the job's own error. An error
        of the guard before the job is visible is raised here and leaves nothing behind.
        """
        if self._closing:
            raise NotReady(f"bamsd is stopping and did not start this: {description}. Try again when it is back.")
        draft = self._draft(operation, description, objects, action, starter, "running")
        expected_end_us = draft.start_us + round(expected_s * 1_000_000) if expected_s else 0
        running = _Running(replace(draft, cancelable=cancelable, expected_end_us=expected_end_us))
        running.task = asyncio.create_task(self._perform(running, guard, work, admit_within_s))
        running.task.add_done_callback(lambda _: self._gone(running))
        self._running.add(running)
        awaited = (running.over,) if wait else (running.over, running.admitted)
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        if running.error and (wait or not running.job.id):
            raise running.error
        return running.job

    async def planned(
        self,
        *,
        operation: str,
        description: str,
        objects: Sequence[str],
        action: str,
        starter: Starter,
        plan: Sequence[Mapping[str, Any]],
    ) -> Job:
        """Keep the plan of a ``dry_run`` as a job that has ended without doing anything."""
        draft = self._draft(operation, description, objects, action, starter, "planned")
        result = plain({"plan": list(plan)})
        job = replace(draft, id=self._history.next_id(), end_us=draft.start_us, result=result)
        await self._history.add(job)
        return job

    async def cancel(self, number: int) -> None:
        """Ask a job to stop and wait until it has. NotSupported when it cannot be stopped, or has ended already."""
        job = self.get(number)
        if job.state != "running":
            raise NotSupported(f"Job {number} ({job.description}) has ended already; there is nothing to cancel.")
        running = next((running for running in self._running if running.job.id == number), None)
        if running is None or not job.cancelable:
            raise NotSupported(f"Job {number} ({job.description}) cannot be cancelled; wait for its end.")
        running.stop(Cancelled(f"Job {number} ({job.description}) was cancelled."))
        await asyncio.wait((running.over,))

    async def finish(
        self, number: int, *, state: State, result: dict[str, Any] | None = None, error: BamsError | None = None
    ) -> None:
        """Say how a job ended that ``open`` returned."""
        job = self.get(number)
        if job.state != "running" or any(running.job.id == number for running in self._running):
            raise InvalidArgument(f"Job {number} is none that an earlier bamsd left running.")
        await self._end(job, state, plain(result or {}), error)

    async def close(self, timeout_s: float) -> None:
        """Stop what can be stopped and wait for the rest. What still runs then stays marked running in the store."""
        self._closing = True
        for running in self._running:
            # Before its guard is entered a job has done nothing yet, so it may always be stopped there.
            if running.job.cancelable or not running.entered:
                running.stop(Cancelled(f"bamsd stopped before this was done: {running.job.description}."))
        if pending := [running.over for running in self._running]:
            await asyncio.wait(pending, timeout=timeout_s)
        for running in self._running:
            log.warning("job %d (%s) still runs while bamsd stops", running.job.id, running.job.description)
        await self._history.close()

    async def _perform(
        self, running: _Running, guard: AbstractAsyncContextManager[_G], work: _Work[_G], admit_within_s: float
    ) -> None:
        state: State = "succeeded"
        result: dict[str, Any] = {}
        timer = asyncio.get_running_loop().call_later(admit_within_s, self._admit_late, running)
        try:
            async with guard as held:
                running.entered = True
                timer.cancel()
                await self._admit(running)
                result = plain(await work(held, Progress(running, self._history)))
                running.ending = True
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if running.stop_reason is None and task and task.cancelling():
                # The loop itself ends. The row stays "running", so that the next start looks what became of it.
                raise
            state, running.error = _judge(running, error)
        except Exception as error:
            state, running.error = _judge(running, error)
        finally:
            timer.cancel()
            running.ending = True
        # A late admission that is being written right now is waited for; one that has not begun finds the end.
        async with running.lock:
            if running.job.id:
                running.job = await self._end(running.job, state, result, running.error, running.at_end)
        self._running.discard(running)
        running.over.set_result(None)

    def _gone(self, running: _Running) -> None:
        """Answer the waiting callers of a task that was cancelled from outside, perhaps before its first step."""
        self._running.discard(running)
        if not running.over.done():
            running.error = running.stop_reason or NotReady(f"bamsd stopped during this: {running.job.description}.")
            running.over.set_result(None)

    def _admit_late(self, running: _Running) -> None:
        running.late = asyncio.create_task(self._admit_waiting(running))

    async def _admit_waiting(self, running: _Running) -> None:
        try:
            await self._admit(running)
        except BamsError as error:
            if not running.entered:
                running.stop(error)

    async def _admit(self, running: _Running) -> None:
        async with running.lock:
            if running.job.id or running.ending:
                return
            job = replace(running.job, id=self._history.next_id())
            await self._history.add(job)
            running.job = job
            running.admitted.set_result(None)

    async def _end(
        self,
        job: Job,
        state: State,
        result: dict[str, Any],
        error: BamsError | None,
        also: Sequence[Statement] = (),
    ) -> Job:
        ended = replace(
            job,
            state=state,
            progress=1.0 if state == "succeeded" and job.progress_valid else job.progress,
            end_us=self._clock(),
            cancelable=False,
            result=result,
            error_name=error.dbus_name if error else "",
            error_message=error.message if error else "",
        )
        await self._history.end(ended, also)
        return ended

    def _draft(
        self, operation: str, description: str, objects: Sequence[str], action: str, starter: Starter, state: State
    ) -> Job:
        return Job(
            id=0,
            operation=operation,
            description=description,
            objects=tuple(objects),
            action=action,
            state=state,
            progress=0.0,
            progress_valid=False,
            start_us=self._clock(),
            end_us=0,
            expected_end_us=0,
            started_by_uid=starter.uid,
            started_by=starter.person,
            cancelable=False,
            result={},
            error_name="",
            error_message="",
        )


def _judge(running: _Running, error: BaseException) -> tuple[State, BamsError]:
    """What an exception of the work means: a cancel that was asked for, a failure, or a fault of ours."""
    if isinstance(error, asyncio.CancelledError) and running.stop_reason:
        error = running.stop_reason
    if isinstance(error, BamsError):
        return "cancelled" if isinstance(error, Cancelled) else "failed", error
    return "failed", unexpected(error, f"running job {running.job.id} ({running.job.description})")
