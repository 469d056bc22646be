"""What is known of iSCSI: the store's targets beside the latest look at the kernel, kept together and told to all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from typing import Protocol, TypeVar

from bamsd.core.alerts import Alerts
from bamsd.errors import BamsError, NotReady, OutOfSync, ToolFailed
from bamsd.iscsi import ip, portals
from bamsd.iscsi.comparison import DEVICE, Comparison, compare, with_backings
from bamsd.iscsi.documents import lost_secrets
from bamsd.iscsi.models import Backing, Configuration, Device
from bamsd.iscsi.objects import Reading, Step
from bamsd.iscsi.refusals import refuse_lost, refuse_sessions, what_is_left
from bamsd.iscsi.register import Desired, Register
from bamsd.iscsi.sessions import Seen, Sessions
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
STARTING = "bamsd still looks at the disks and targets of this host. Try again later."

Backings = Callable[[], Mapping[str, Backing]]
"""All repositories by UUID, as they are now."""


Through = Callable[[Stack, str], Awaitable[None]]
"""Have another program bring the stack to what is wanted of one target, or of all with an empty name."""


class Listener(Protocol):
    """Who is told of changes (the D-Bus objects). Called on the loop, before the change is answered."""

    def target_changed(self, view: TargetView) -> None: ...
    def target_removed(self, path: str) -> None: ...
    def stack_changed(self) -> None: ...


class Books:
    def __init__(
        self,
        register: Register,
        stacks: Stacks,
        backings: Backings,
        alerts: Alerts,
        listener: Listener,
        cluster: Callable[[], Set[str]],
    ) -> None:
        """``cluster`` tells the targets that a cluster manages; it reads a file, so it is called in a thread."""
        self.register = register
        self._cluster = cluster
        self.clustered: Set[str] = frozenset()
        self._stacks = stacks
        self._backings = backings
        self._alerts = alerts
        self._listener = listener
        self._reading = Patience(READ_LIMIT_S)
        self._changing = Patience(CHANGE_LIMIT_S)
        self._turn = asyncio.Lock()
        self._raised: dict[str, tuple[str, str]] = {}
        self.stack: Stack = stacks.preferred
        self.reading: Reading | str = "It was not read yet."
        self.found = Comparison(problem=self.reading)
        self.views: dict[str, TargetView] = {}
        self.failures: dict[str, str] = {}
        self._sessions = Sessions()
        self.through: Through | None = None
        """Lets scstadmin do what it can of a change; the rest is done as always."""
        self.lost_portals: Mapping[str, Sequence[str]] = {}
        """Addresses of portals that no interface has, with the targets that are offered there."""
        self._missing: Set[str] = frozenset()
        self.is_known = False
        """Whether the store's targets were read."""
        self._released = False
        self._refused = ""
        """Why the secrets cannot be opened; empty when they can."""

    async def open(self) -> None:
        """Learn which targets there are to be. Nothing may be changed yet."""
        try:
            await self.register.open()
        except ToolFailed as error:
            self._refused = error.message
            log.error("iSCSI: %s", error.message)
        self.is_known = True
        standing = (alert.id for alert in self._alerts.list() if alert.id.startswith(f"{ALERT}-"))
        self._raised = dict.fromkeys(standing, ("", ""))

    def release(self) -> None:
        """Let changes begin, unless the secrets cannot be opened."""
        self._released = True

    @property
    def locked(self) -> str:
        """Why nothing may be changed at all; empty when it may."""
        return self._refused if self._released else STARTING

    def demand_unlocked(self) -> None:
        """Right after a start it would look as if there were no targets; without the secrets none may be touched."""
        if self.locked:
            raise NotReady(self.locked)

    def backings(self) -> Mapping[str, Backing]:
        return self._backings()

    def devices(self) -> Mapping[str, Device]:
        """Our devices by name, with the paths and sizes that they have now: a volume group may have been renamed."""
        known = Configuration(devices=self.register.desired.devices)
        return with_backings(known, self.backings()).devices

    def device_names(self) -> Set[str]:
        """All devices of the kernel at the latest look, also those of others."""
        if isinstance(self.reading, str):
            return frozenset()
        return {key.names[0] for key in self.reading.objects if key.kind == DEVICE}

    async def observe(self, *, cheaply: bool = False) -> Comparison:
        """Read the kernel, compare, and publish what differs. What cannot be read says so in the comparison.

        ``cheaply``: the login parameters of known targets are taken as they were.
        """
        async with self._turn:
            self.reading = await self._read(cheaply)
            self.found = await self.compared(self.register.desired)
            if await self._note_applied():
                # What was pending is no drift from what was applied before.
                self.found = await self.compared(self.register.desired)
            self._sessions.keep(self.found.sessions)
            await self._look_at_portals()
            await self._publish()
            return self.found

    async def _read(self, cheaply: bool) -> Reading | str:
        """The kernel, or why it cannot be read."""
        if self.locked:
            return self.locked
        known = self.reading.objects if cheaply and isinstance(self.reading, Reading) else None

        def read() -> tuple[Stack, Reading | str, Set[str]]:
            # Chosen anew each time: SCST may be started after bamsd.
            stack = self._stacks.choose()
            return stack, stack.absence() or stack.read(known), self._cluster()

        try:
            self.stack, reading, self.clustered = await self._reading.call("the iSCSI target stack", read)
        except BamsError as error:
            return error.message
        return reading

    async def compared(self, desired: Desired) -> Comparison:
        """The latest reading beside a desired state."""
        if isinstance(self.reading, str):
            return Comparison(problem=self.reading)
        stack, backings, reading = self.stack, self.backings(), self.reading
        return await asyncio.to_thread(compare, stack, desired, backings, reading, self.clustered)

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

    async def apply(self, iqn: str, found: Comparison, *, force: bool) -> list[str]:
        """Bring the kernel to what is wanted of one target, or of all with an empty name. Returns warnings.

        ``found`` is the latest reading beside what is wanted now. Raises InUse when a session would be ended and
        ``force`` is not set, OutOfSync when something is left undone.
        """
        self.check(iqn, found, self.register.desired, force=force)
        self.found, steps = found, found.steps_of(iqn)
        if self.through and steps and self.stack.name == "scst":
            await self.through(self.stack, iqn)
            steps = (await self.observe()).steps_of(iqn)
        performed = await self.perform(steps)
        if steps or found.problem:
            found = await self.observe()
        warnings = await self.write_boot_file()
        left = found.steps_of(iqn)
        if left or performed.failed or found.problem:
            raise OutOfSync(what_is_left(performed, left, found.problem))
        return warnings

    @staticmethod
    def check(iqn: str, found: Comparison, desired: Desired, *, force: bool) -> None:
        """Refuse an Apply of a desired state before anything of it is kept or done."""
        if found.problem:
            raise NotReady(found.problem)
        refuse_lost(desired, iqn)
        refuse_sessions(found.steps_of(iqn), force=force)

    async def perform(self, steps: Iterable[Step]) -> Performed:
        stack, todo = self.stack, tuple(steps)
        if not todo:
            return Performed()
        try:
            performed = await self._changing.call(stack.title, lambda: stack.perform(todo))
        except BamsError as stopped:
            # In the middle, so that nobody knows which steps were done. The kernel is read after this.
            log.error("iSCSI: %s", stopped.message)
            performed = Performed(failed=((todo[0], stopped),))
        for step in performed.done:
            log.info("iSCSI: %s", step.summary)
        for step, error in performed.failed:
            for iqn in self.found.concerns(step.change.key):
                self.failures[iqn] = error.message
        return performed

    async def settle(self) -> str:
        """Give back what a crash left held in the stack. Returns what was found."""

        def settle() -> str:
            stack = self._stacks.choose()
            return "" if stack.absence() else stack.settle()

        try:
            return await self._reading.call("the iSCSI target stack", settle)
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

    async def repair(self) -> None:
        """After the machine was started: what the stack's own service brought back need not be all. Disturbs nobody."""
        await self._perform_and_look([step for step in self.found.repairs if not step.sessions])

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

    async def list_sessions(self) -> tuple[Seen, ...]:
        stack = self.stack
        if self.found.problem:
            raise NotReady(self.found.problem)
        return self._sessions.keep(await self.ask(stack.sessions))

    async def _publish(self) -> None:
        names = {uuid: backing.name for uuid, backing in self.backings().items()}
        fresh = views(Desired(self.register.desired.rows, self.devices()), self.found, self.failures, names)
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

    async def _look_at_portals(self) -> None:
        """An address must be missing twice: at boot, and when an interface is set up anew, it is away for a moment."""
        used = portals.used(row.target for row in self.register.desired.rows.values() if row.wanted)
        if not used:
            self.lost_portals, self._missing = {}, frozenset()
            return
        try:
            missing = used.keys() - await ip.addresses()
        except BamsError as error:
            log.warning("whether the portals' addresses are there is not known: %s", error.message)
            return
        self.lost_portals = {address: used[address] for address in sorted(missing & self._missing)}
        self._missing = missing

    async def _alert(self) -> None:
        wanted: dict[str, tuple[str, str, str]] = {}
        if (self.found.problem and self.register.desired.rows) or self.locked:
            wanted["stack"] = ("critical", f"iSCSI targets cannot be managed: {self.found.problem}", "")
        for view in self.views.values():
            if view.owned and view.state in ("drifted", "failed"):
                failed = view.state == "failed"
                what = "could not be brought into force" if failed else "is not as BAMS left it"
                text = f"Target {view.target.iqn} {what}: {view.state_text}"
                wanted[f"target/{view.target.iqn}"] = ("critical" if failed else "warning", text, view.path)
        for address, iqns in self.lost_portals.items():
            wanted[f"portal/{address}"] = ("critical", portals.lost_text(address, iqns), "")
        for id in [id for id in self._raised if id.removeprefix(f"{ALERT}-") not in (*wanted, "boot-file")]:
            await self._alerts.clear(id)
            del self._raised[id]
        for name, (severity, text, path) in wanted.items():
            advice = "Correct that; BAMS looks again."
            if path:
                advice = "Look at Pending and call Apply, which puts it right."
            elif name.startswith("portal/"):
                advice = "Look at the interface and its cable, or give the targets other portals with UpdateTarget."
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


def _write_boot_file(text: str, stack: Stack) -> None:
    content = text.encode("utf-8", "surrogateescape")
    try:
        if stack.boot_file.read_bytes() == content:
            return
    except FileNotFoundError:
        stack.boot_file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    replace_file(stack.boot_file, content, 0o600)
