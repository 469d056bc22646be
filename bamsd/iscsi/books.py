"""What is known of iSCSI: the store's targets beside the latest look at the kernel, kept together and told to all."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from bamsd.core.alerts import Alerts
from bamsd.core.clock import now_us
from bamsd.errors import BamsError, InUse, NotReady, OutOfSync, ToolFailed
from bamsd.iscsi.comparison import Comparison, compare, with_backings
from bamsd.iscsi.documents import lost_secrets
from bamsd.iscsi.models import Backing, Session
from bamsd.iscsi.objects import Reading, Step
from bamsd.iscsi.register import Register
from bamsd.iscsi.stack import Performed, Stack
from bamsd.iscsi.stacks import Stacks
from bamsd.iscsi.views import TargetView, views
from bamsd.system.files import replace_file
from bamsd.system.patience import Patience

log = logging.getLogger(__name__)

T = TypeVar("T")

ALERT = "iscsi"
SIZE = "size"
"""The attribute of a device that has its size in bytes, on every stack."""
READ_LIMIT_S = 60.0
CHANGE_LIMIT_S = 600.0
"""One write can wait 90 s for the I/O of all targets to stop (SCST), and a plan has many."""
_NAMED_SESSIONS = 5

Backings = Callable[[], Mapping[str, Backing]]
"""All repositories by UUID, as they are now."""


class Listener(Protocol):
    """Who is told of changes (the D-Bus objects). Called on the loop, before the change is answered."""

    def target_changed(self, view: TargetView) -> None: ...
    def target_removed(self, path: str) -> None: ...
    def stack_changed(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A session with what only time tells. Rates are bytes a second since the look before, None when not known."""

    session: Session
    since_us: int
    seen_us: int
    read_rate: float | None = None
    write_rate: float | None = None


class Books:
    def __init__(
        self, register: Register, stacks: Stacks, backings: Backings, alerts: Alerts, listener: Listener
    ) -> None:
        self.register = register
        self._stacks = stacks
        self._backings = backings
        self._alerts = alerts
        self._listener = listener
        self._reading = Patience(READ_LIMIT_S)
        self._changing = Patience(CHANGE_LIMIT_S)
        self._turn = asyncio.Lock()
        self._raised: dict[str, tuple[str, str]] = {}
        self._boot_text = ""
        self.stack: Stack = stacks.preferred
        self.found = Comparison(problem="It was not read yet.")
        self.views: dict[str, TargetView] = {}
        self.failures: dict[str, str] = {}
        self.seen: dict[tuple[str, str, str], Seen] = {}
        self.locked = ""
        """Why nothing may be changed at all; empty when it may."""

    async def open(self) -> None:
        try:
            await self.register.open()
        except ToolFailed as error:
            self.locked = error.message
            log.error("iSCSI: %s", error.message)
        standing = (alert.id for alert in self._alerts.list() if alert.id.startswith(f"{ALERT}-"))
        self._raised = dict.fromkeys(standing, ("", ""))

    def backings(self) -> Mapping[str, Backing]:
        return self._backings()

    async def observe(self) -> Comparison:
        """Read the kernel, compare, and publish what differs. What cannot be read says so in the comparison."""
        async with self._turn:
            reading = await self._read()
            self.found = await self._compare(reading)
            if await self._note_applied():
                self.found = await self._compare(reading)  # what was pending is no drift from what was applied before
            self._keep_sessions(self.found.sessions)
            await self._publish()
            return self.found

    async def _read(self) -> Reading | str:
        """The kernel, or why it cannot be read."""
        if self.locked:
            return self.locked

        def read() -> tuple[Stack, Reading | str]:
            # Chosen anew each time: SCST may be started after bamsd.
            stack = self._stacks.choose()
            return stack, stack.absence() or stack.read()

        try:
            self.stack, reading = await self._reading.call("the iSCSI target stack", read)
        except BamsError as error:
            return error.message
        return reading

    async def _compare(self, reading: Reading | str) -> Comparison:
        if isinstance(reading, str):
            return Comparison(problem=reading)
        stack, desired, backings = self.stack, self.register.desired, self.backings()
        return await asyncio.to_thread(compare, stack, desired, backings, reading)

    async def _note_applied(self) -> bool:
        """What the kernel already has needs no Apply. Returns whether something was noted."""
        if self.found.problem:
            return False
        rows = self.register.desired.rows
        done = [
            iqn
            for iqn, row in rows.items()
            if not row.is_applied and not self.found.steps_of(iqn) and not (row.wanted and lost_secrets(row.target))
        ]
        if done:
            await self.register.mark_applied(done)
            await self._stacks.remember(self.stack, in_use=bool(rows))
        concerned = {iqn for step in self.found.steps for iqn in self.found.concerns(step.change.key)}
        for iqn in self.failures.keys() - concerned:
            del self.failures[iqn]
        return bool(done)

    async def apply(self, iqn: str, *, force: bool) -> list[str]:
        """Bring the kernel to what is wanted of one target, or of all with an empty name. Returns warnings.

        Raises InUse when a session would be ended and ``force`` is not set, OutOfSync when something is left undone.
        """
        found = await self.observe()
        if found.problem:
            raise NotReady(found.problem)
        self._refuse_lost(iqn)
        steps = found.steps_of(iqn)
        refuse_sessions(steps, force=force)
        performed = await self.perform(steps)
        found = await self.observe()
        left = found.steps_of(iqn)
        warnings = await self.write_boot_file()
        if left or performed.failed or found.problem:
            raise OutOfSync(_what_is_left(performed, left, found.problem))
        return warnings

    def _refuse_lost(self, iqn: str) -> None:
        """A target whose secret is lost would be open to everybody."""
        for row in self.register.desired.rows.values():
            if row.wanted and iqn in ("", row.iqn) and (users := lost_secrets(row.target)):
                whose = f"{' and '.join(users)} of target {row.iqn}"
                raise NotReady(f"The secret of {whose} is lost. Set it again with SetCredentials.")

    async def perform(self, steps: Iterable[Step]) -> Performed:
        stack, todo = self.stack, tuple(steps)
        if not todo:
            return Performed()
        performed = await self._changing.call(stack.title, lambda: stack.perform(todo))
        for step in performed.done:
            log.info("iSCSI: %s", step.summary)
        for step, error in performed.failed:
            for iqn in self.found.concerns(step.change.key):
                self.failures[iqn] = error.message
        return performed

    async def settle(self) -> str:
        """Give back what a crash left held in the stack. Returns what was found."""
        stack = self.stack
        try:
            return await self.ask(lambda: "" if stack.absence() else stack.settle())
        except BamsError as error:
            return error.message

    async def restore(self, *, always: bool) -> None:
        """Put targets back that were applied and are gone from the kernel.

        A person may have removed one on purpose, which is drift. So without ``always`` this is done only when all are
        gone: then the stack was started anew (iscsi-scstd ended, modules were loaded again).
        """
        found = self.found
        if not found.absent or not (always or found.is_emptied):
            return
        steps = [
            step
            for step in found.repairs
            if step.change.verb != "remove" and found.concerns(step.change.key) & found.absent
        ]
        log.warning("iSCSI: %d targets are gone from %s and are put back", len(found.absent), self.stack.title)
        await self._perform_and_look(steps)

    async def announce_growth(self) -> None:
        """Tell the stack of devices that became larger. One that became smaller is drift: its data was cut off."""
        await self._perform_and_look([step for step in self.found.repairs if is_growth(step)])

    async def _perform_and_look(self, steps: Sequence[Step]) -> None:
        if steps:
            await self.perform(steps)
            await self.observe()
            await self.write_boot_file()

    async def write_boot_file(self) -> list[str]:
        """Render what was applied for the stack's own service. Returns what went wrong, which is an alert too."""
        stack = self.stack
        wanted = with_backings(self.register.desired.applied(), self.backings())
        path = stack.boot_file
        try:
            await self._reading.call(stack.title, lambda: _write_boot_file(stack.render(wanted), stack))
        except (OSError, BamsError) as error:
            why = error.message if isinstance(error, BamsError) else error.strerror
            text = f"{path} cannot be written ({why}), so a reboot may bring back older targets until bamsd starts."
            await self._raise("boot-file", "warning", text, "Make the folder writable, then call Apply.")
            return [text]
        await self._clear("boot-file")
        return []

    async def ask(self, function: Callable[[], T]) -> T:
        """Something cheap of the stack, in a thread, with the limit of a reading."""
        return await self._reading.call(self.stack.title, function)

    def _keep_sessions(self, sessions: Iterable[Session]) -> None:
        now = now_us()
        fresh: dict[tuple[str, str, str], Seen] = {}
        for session in sessions:
            key = (session.target, session.initiator, session.id)
            known = self.seen.get(key)
            fresh[key] = _rated(session, known, now) if known else Seen(session, now, now)
        self.seen = fresh

    async def list_sessions(self) -> tuple[Seen, ...]:
        stack = self.stack
        if self.found.problem:
            raise NotReady(self.found.problem)
        self._keep_sessions(await self.ask(stack.sessions))
        return tuple(self.seen.values())

    async def _publish(self) -> None:
        names = {uuid: backing.name for uuid, backing in self.backings().items()}
        fresh = views(self.register.desired, self.found, self.failures, names)
        for path in self.views.keys() - fresh.keys():
            self._listener.target_removed(path)
        for number, (path, view) in enumerate(fresh.items()):
            if self.views.get(path) != view:
                self._listener.target_changed(view)
                if number % 50 == 49:
                    await asyncio.sleep(0)  # other calls get their turn while many targets are told
        self.views = fresh
        self._listener.stack_changed()
        await self._alert()

    async def _alert(self) -> None:
        wanted: dict[str, tuple[str, str, str]] = {}
        if (self.found.problem and self.register.desired.rows) or self.locked:
            wanted["stack"] = ("critical", f"iSCSI targets cannot be managed: {self.found.problem}", "")
        for view in self.views.values():
            if view.owned and view.state in ("drifted", "failed"):
                severity = "critical" if view.state == "failed" else "warning"
                wanted[f"target/{view.target.iqn}"] = (
                    severity,
                    f"Target {view.target.iqn} is not as BAMS left it: {view.state_text}",
                    view.path,
                )
        for id in [id for id in self._raised if id.removeprefix(f"{ALERT}-") not in (*wanted, "boot-file")]:
            await self._alerts.clear(id)
            del self._raised[id]
        for name, (severity, text, path) in wanted.items():
            advice = (
                "Look at Pending and call Apply, which puts it right." if path else "Correct that; BAMS looks again."
            )
            await self._raise(name, severity, text, advice, path)

    async def _raise(self, name: str, severity: str, text: str, advice: str, path: str = "") -> None:
        id = f"{ALERT}-{name}"
        if self._raised.get(id) != (severity, text):
            await self._alerts.raise_alert(id, "critical" if severity == "critical" else "warning", text, advice, path)
            self._raised[id] = (severity, text)

    async def _clear(self, name: str) -> None:
        if self._raised.pop(f"{ALERT}-{name}", None):
            await self._alerts.clear(f"{ALERT}-{name}")


def is_growth(step: Step) -> bool:
    """Whether a step does nothing but announce a larger size."""
    after, before = step.change.attributes.get(SIZE, ""), step.change.before.get(SIZE, "")
    if step.change.verb != "set" or step.change.attributes.keys() != {SIZE}:
        return False
    return str(after).isdecimal() and str(before).isdecimal() and int(str(after)) > int(str(before))


def _rated(session: Session, known: Seen, now: int) -> Seen:
    elapsed_s = (now - known.seen_us) / 1_000_000
    if elapsed_s < 0.5:
        return replace(known, session=session)  # too short for a rate; the older measure stays the base

    def rate(after: int | None, before: int | None) -> float | None:
        if after is None or before is None:
            return None
        return max(after - before, 0) / elapsed_s

    return Seen(
        session,
        known.since_us,
        now,
        rate(session.read_bytes, known.session.read_bytes),
        rate(session.written_bytes, known.session.written_bytes),
    )


def refuse_sessions(steps: Iterable[Step], *, force: bool) -> None:
    """Nobody is cut off by accident."""
    if force:
        return
    hit = {session: step for step in steps if step.effect in ("disconnect", "destroy") for session in step.sessions}
    if hit:
        named = [f"{s.initiator} on {s.target}" + (f" from {s.address}" if s.address else "") for s in hit]
        more = f" and {len(named) - _NAMED_SESSIONS} more" if len(named) > _NAMED_SESSIONS else ""
        first = next(iter(hit.values())).summary
        raise InUse(
            f"This would disturb live sessions: {', '.join(named[:_NAMED_SESSIONS])}{more}. The step is: {first} "
            "Log the initiators out first, or call with the option force."
        )


def _what_is_left(performed: Performed, left: Iterable[Step], problem: str) -> str:
    reasons = [error.message for _, error in performed.failed] or ([problem] if problem else [])
    undone = [step.summary for step in left]
    said = " ".join(dict.fromkeys(reasons[:3]))
    more = f" and {len(undone) - 3} more" if len(undone) > 3 else ""
    rest = f" Not done: {' '.join(undone[:3])}{more}" if undone else ""
    return f"{said or 'The kernel took every step, but has not what was asked for.'}{rest} Apply again to finish it."


def _write_boot_file(text: str, stack: Stack) -> None:
    content = text.encode("utf-8", "surrogateescape")
    try:
        if stack.boot_file.read_bytes() == content:
            return
    except FileNotFoundError:
        stack.boot_file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    replace_file(stack.boot_file, content, 0o600)
