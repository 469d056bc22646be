"""Carry out a planned change and find out what really happened: lock, fresh look, intent, steps, look again."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from bamsd.core.clock import now_us
from bamsd.core.jobs import Job, Jobs, Progress, Starter
from bamsd.core.turn import Turn
from bamsd.disk.books import Books
from bamsd.disk.models import Stack
from bamsd.disk.outcome import Outcome, judge
from bamsd.disk.plans import Plan
from bamsd.disk.register import Intent
from bamsd.disk.views import Picture
from bamsd.errors import BY_NAME, BamsError, Busy, OutOfSync, TimedOut, unexpected
from bamsd.system.at_work import at_work, for_job

MANAGE = "org.bams.disk.manage"
DESTROY = "org.bams.disk.destroy"
DESTROYING = ("disk-delete", "disk-delete-snapshot", "disk-rollback", "disk-delete-pool")

Planner = Callable[[Picture], Awaitable[Plan]]
"""Checks every rule against a fresh picture, and says what will be done."""


class Changes:
    """Carries out changes: the lock, the fresh look, the intent, the steps, the look afterwards."""

    def __init__(self, books: Books, jobs: Jobs, limit_s: float = 600.0) -> None:
        """``limit_s`` is how long one command may take before its job waits no longer."""
        self.books = books
        self.limit_s = limit_s
        self._jobs = jobs
        self._turns: dict[tuple[Stack, str], Turn] = {}
        self._names: WeakValueDictionary[str, Turn] = WeakValueDictionary()
        self.disks_turn = Turn("choice of disks")
        """Held while a disk is chosen and taken, so that two new pools never take the same one."""

    def turn(self, stack: Stack, group: str) -> Turn:
        what = "zpool" if stack == "zfs" else "volume group"
        return self._turns.setdefault((stack, group), Turn(f"{what} {group}"))

    def name_turn(self, name: str) -> Turn:
        """Held while a repository of this name is made, so that two pools never get one of the same name."""
        turn = self._names.get(name) or Turn(f"name {name}")
        self._names[name] = turn
        return turn

    async def change(
        self,
        stack: Stack,
        group: str,
        description: str,
        planner: Planner,
        starter: Starter,
        operation: str,
        *,
        queue: bool,
        wait: bool,
        dry_run: bool,
        also: Sequence[Turn] = (),
    ) -> Job:
        """Check and carry out a change of one volume group or zpool. ``also`` is held before it."""
        guard = self._prepared(stack, group, description, planner, queue=queue, also=also)
        action = DESTROY if operation in DESTROYING else MANAGE
        if dry_run:
            async with guard as plan:
                pass
            return await self._jobs.planned(
                operation=operation,
                description=description,
                objects=plan.objects,
                action=action,
                starter=starter,
                plan=plan.steps,
            )

        async def work(plan: Plan, progress: Progress) -> dict[str, Any]:
            return plan.result | await self._carry_out(plan, progress, starter)

        return await self._jobs.run(
            operation=operation,
            description=description,
            objects=self.books.objects_of(stack, group),
            action=action,
            starter=starter,
            guard=guard,
            work=work,
            wait=wait,
        )

    @asynccontextmanager
    async def _prepared(
        self, stack: Stack, group: str, doing: str, planner: Planner, *, queue: bool, also: Sequence[Turn]
    ) -> AsyncIterator[Plan]:
        """Hold the group and what else is needed, look at it, check every rule. Leaving gives all back."""
        async with AsyncExitStack() as held:
            for turn in (*also, self.turn(stack, group)):
                await held.enter_async_context(turn.held(doing, queue=queue))
            held.enter_context(self.books.changing(stack))
            picture = await self.books.observe(stack, group)
            # Where a pool does not answer, the rules say so.
            if (left := self.books.unsettled(stack, group)) and not picture.problem(stack, group):
                raise Busy(
                    f"{left.pool} is still being changed by job {left.job_id}, {left.operation} of {left.name}, whose "
                    "program goes on by itself. Try again when it has ended."
                )
            yield await planner(picture)

    async def _carry_out(self, plan: Plan, progress: Progress, starter: Starter) -> dict[str, Any]:
        """Do every step; then look what is there, and end with that."""
        intent = replace(plan.intent, job_id=progress.job_id, started_us=now_us(), person=starter.person)
        await self.books.begin(intent)
        try:
            with for_job(intent.mark):
                failure, stage = await self._perform(plan, intent, progress)
            intent = replace(intent, stage=stage)
            outcome = await self._judged(intent, failure)
            await self.books.conclude(intent, outcome)
        except Exception:
            # What the store could not take is settled at a later look.
            self.books.leave(intent)
            raise
        return verdict(outcome, failure)

    async def _judged(self, intent: Intent, failure: BamsError | None) -> Outcome:
        picture = await self.books.observe(intent.stack, intent.group)
        if isinstance(failure, TimedOut) and await at_work(intent.mark):
            # What is there now may be another thing when the program ends.
            return Outcome("unknown", "How it ends will be seen when the program has ended.")
        return judge(picture, intent, finished=failure is None)

    async def _perform(self, plan: Plan, intent: Intent, progress: Progress) -> tuple[BamsError | None, int]:
        """The error that stopped it, and how many steps were begun."""
        for number, act in enumerate(plan.acts):
            stage = intent.stage + number + 1
            try:
                await self.books.reach(intent, stage)
                progress.set(number / len(plan.acts))
                await act.perform(self.limit_s)
            except BamsError as error:
                return error, stage
            except Exception as error:
                return unexpected(error, f"doing step {stage} of job {intent.job_id}"), stage
        return None, intent.stage + len(plan.acts)


def verdict(outcome: Outcome, failure: BamsError | None) -> dict[str, Any]:
    """The end of a job: its result, or the error that tells what is there now."""
    if outcome.end == "done":
        return {"warning": failure.message} if failure else {}
    if failure is None:
        raise OutOfSync(f"The programs reported success, but: {outcome.text}")
    if outcome.end == "undone":
        raise failure
    # The reason stays; what is left behind is added to it.
    raise BY_NAME[failure.dbus_name](f"{failure.message} {outcome.text}")
