"""Every method call that reaches bamsd: who calls, may they, record it, run it, answer it.

Each call of ours runs in its own task with its own context, so ``caller.current`` is right however calls interleave.
Whatever happens, the caller gets one answer: a value, one of our errors, Cancelled, or Internal with a reference
number. A traceback goes to the journal only.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from dbus_next import Message, MessageFlag, MessageType, Variant
from dbus_next.signature import SignatureTree
from pydantic import SecretStr

from bamsd.bus import options, wire
from bamsd.bus.caller import Caller, Callers, current
from bamsd.bus.export import Interface, Method
from bamsd.bus.objects import OBJECT_MANAGER, PROPERTIES, ObjectTree
from bamsd.bus.polkit import Polkit
from bamsd.core.audit import Entry, Outcome
from bamsd.core.names import ROOT, job_path
from bamsd.errors import BamsError, Cancelled, InvalidArgument, NotAuthorized, unexpected

log = logging.getLogger(__name__)

INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
PEER = "org.freedesktop.DBus.Peer"
JOB_PREFIX = job_path(0).removesuffix("0")

MAX_AUDITED_TEXT = 256
"""Longest argument text that goes into the audit record. Names are far shorter."""


class StandardError(Exception):
    """An error of the D-Bus specification itself, such as UnknownMethod."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = "org.freedesktop.DBus.Error." + name


class Recorder(Protocol):
    async def record(self, entry: Entry) -> int: ...


class Dispatcher:
    """The message handler of the connection."""

    def __init__(
        self, send: Callable[[Message], None], tree: ObjectTree, callers: Callers, polkit: Polkit, audit: Recorder
    ) -> None:
        self._send = send
        self._tree = tree
        self._callers = callers
        self._polkit = polkit
        self._audit = audit
        self._tasks: set[asyncio.Task[None]] = set()
        self._standard: Mapping[tuple[str, str, str], Callable[[Message], tuple[str, list[Any]]]] = {
            (INTROSPECTABLE, "Introspect", ""): self._introspect,
            (PEER, "Ping", ""): lambda message: ("", []),
            (PEER, "GetMachineId", ""): self._machine_id,
            (OBJECT_MANAGER, "GetManagedObjects", ""): self._managed,
            (PROPERTIES, "Get", "ss"): self._get,
            (PROPERTIES, "GetAll", "s"): self._get_all,
            (PROPERTIES, "Set", "ssv"): self._set,
        }

    def handle(self, message: Message) -> bool:
        """True: taken. All method calls are; replies and signals are not."""
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        standard = self._standard.get((message.interface or "", message.member, message.signature))
        if standard is None:
            task = asyncio.get_running_loop().create_task(self._serve(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._answer_standard(message, standard)
        return True

    async def stop(self) -> None:
        """Cancel what still runs; each caller is told Cancelled."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _answer_standard(self, message: Message, answer: Callable[[Message], tuple[str, list[Any]]]) -> None:
        try:
            signature, values = answer(message)
        except StandardError as error:
            self._reply_error(message, error.name, str(error))
        except Exception as error:
            internal = unexpected(error, f"answering {message.member} on {message.path}")
            self._reply_error(message, internal.dbus_name, internal.message)
        else:
            self._reply(message, signature, values)

    async def _serve(self, message: Message) -> None:
        try:
            interface, declared = self._find(message)
            result = await self._call(message, interface, declared)
            kinds = len(SignatureTree._get(declared.out_signature).types)
            values = [] if kinds == 0 else [result] if kinds == 1 else list(result)
            self._reply(message, declared.out_signature, wire.pack(declared.out_signature, values))
        except StandardError as error:
            self._reply_error(message, error.name, str(error))
        except BamsError as error:
            self._reply_error(message, error.dbus_name, error.message)
        except asyncio.CancelledError:
            self._reply_error(message, Cancelled.dbus_name, f"{message.member} was cancelled: bamsd is stopping.")
            raise
        except Exception as error:
            internal = unexpected(error, f"{message.interface}.{message.member} on {message.path}")
            self._reply_error(message, internal.dbus_name, internal.message)

    def _find(self, message: Message) -> tuple[Interface, Method]:
        interfaces = self._tree.interfaces(message.path)
        if not interfaces:
            raise StandardError("UnknownObject", f"There is no object {message.path}.")
        if message.interface and message.interface not in interfaces:
            raise StandardError("UnknownInterface", f"{message.path} has no interface {message.interface}.")
        candidates = [interfaces[message.interface]] if message.interface else list(interfaces.values())
        for interface in candidates:
            if message.member in interface.methods:
                return interface, interface.methods[message.member]
        raise StandardError("UnknownMethod", f"{message.path} has no method {message.member}.")

    async def _call(self, message: Message, interface: Interface, declared: Method) -> Any:
        interactive = bool(message.flags & MessageFlag.ALLOW_INTERACTIVE_AUTHORIZATION)
        caller = replace(await self._callers.find(message.sender), interactive=interactive)
        current.set(caller)
        arguments = _arguments(declared, message)
        if not declared.action:
            return await interface.bound(declared)(*arguments)
        action = declared.action if isinstance(declared.action, str) else declared.action(interface)
        if declared.force_action and arguments[-1].force:
            action = declared.force_action
        entry = _entry(caller, action, interface, declared, arguments)
        try:
            await self._polkit.require(caller, action)
        except NotAuthorized as refusal:
            if declared.audit:
                await self._audit.record(replace(entry, outcome="denied", error=refusal.dbus_name))
            raise
        if not declared.audit or getattr(arguments[-1], "dry_run", False):
            return await interface.bound(declared)(*arguments)
        return await self._change(interface, declared, arguments, entry)

    async def _change(self, interface: Interface, declared: Method, arguments: list[Any], entry: Entry) -> Any:
        """Run a change between two audit records. When the first cannot be written, nothing is changed."""
        entry = replace(entry, ref=await self._audit.record(entry))
        started = time.monotonic_ns()
        try:
            result = await interface.bound(declared)(*arguments)
        except BaseException as error:
            outcome: Outcome = "cancelled" if isinstance(error, asyncio.CancelledError | Cancelled) else "failed"
            name = error.dbus_name if isinstance(error, BamsError) else type(error).__name__
            text = f"{name}: {error.message}" if isinstance(error, BamsError) else name
            await self._conclude(replace(entry, outcome=outcome, error=text), started)
            raise
        await self._conclude(replace(entry, outcome="done", job=_job_number(result)), started)
        return result

    async def _conclude(self, entry: Entry, started_ns: int) -> None:
        try:
            await self._audit.record(replace(entry, duration_us=(time.monotonic_ns() - started_ns) // 1000))
        except BamsError as error:
            log.critical("audit: the end of record %d was not written: %s", entry.ref, error.message)

    def _reply(self, message: Message, signature: str, values: list[Any]) -> None:
        self._tree.flush()
        if not message.flags & MessageFlag.NO_REPLY_EXPECTED:
            self._send(Message.new_method_return(message, signature, values))

    def _reply_error(self, message: Message, name: str, text: str) -> None:
        self._tree.flush()
        if not message.flags & MessageFlag.NO_REPLY_EXPECTED:
            self._send(Message.new_error(message, name, wire.text(text)))

    def _introspect(self, message: Message) -> tuple[str, list[Any]]:
        xml = self._tree.introspect(message.path)
        if xml is None:
            raise StandardError("UnknownObject", f"There is no object {message.path}.")
        return "s", [xml]

    @staticmethod
    def _machine_id(message: Message) -> tuple[str, list[Any]]:
        try:
            with open("/etc/machine-id", encoding="ascii") as file:
                return "s", [file.read().strip()]
        except OSError:
            raise StandardError("FileNotFound", "This machine has no /etc/machine-id.") from None

    def _managed(self, message: Message) -> tuple[str, list[Any]]:
        if message.path != ROOT:
            raise StandardError("UnknownInterface", f"The object manager is at {ROOT}.")
        return "a{oa{sa{sv}}}", [self._tree.managed()]

    def _interface(self, message: Message) -> Interface:
        name = message.body[0]
        interface = self._tree.interfaces(message.path).get(name)
        if interface is None:
            raise StandardError("UnknownInterface", f"{message.path} has no interface {name}.")
        return interface

    def _get(self, message: Message) -> tuple[str, list[Any]]:
        interface, name = self._interface(message), message.body[1]
        if name not in interface.properties:
            raise StandardError("UnknownProperty", f"{interface.interface_name} has no property {name}.")
        return "v", [self._tree.property(interface, interface.properties[name])]

    def _get_all(self, message: Message) -> tuple[str, list[Any]]:
        if message.body[0] in (INTROSPECTABLE, PEER, PROPERTIES, OBJECT_MANAGER):
            empty: dict[str, Variant] = {}
            return "a{sv}", [empty]
        return "a{sv}", [self._tree.properties(self._interface(message))]

    def _set(self, message: Message) -> tuple[str, list[Any]]:
        interface, name = self._interface(message), message.body[1]
        if name not in interface.properties:
            raise StandardError("UnknownProperty", f"{interface.interface_name} has no property {name}.")
        raise StandardError("PropertyReadOnly", f"{interface.interface_name}.{name} cannot be set; call a method.")


def _job_number(result: Any) -> int:
    """The job that a method returns, alone or as the first of several values; 0 for none."""
    first = result[0] if isinstance(result, tuple) else result
    return int(first[len(JOB_PREFIX) :]) if isinstance(first, str) and first.startswith(JOB_PREFIX) else 0


def _arguments(declared: Method, message: Message) -> list[Any]:
    if message.signature != declared.in_signature:
        raise InvalidArgument(
            f"{declared.name} takes the arguments ({declared.in_signature}), not ({message.signature})."
        )
    values = [wire.unpack(value) for value in message.body]
    if declared.options:
        values[-1] = options.checked(declared.options, values[-1])
    return values


def _audited(value: Any) -> Any:
    """A value as the audit record may have it: not endless, and no secret."""
    if isinstance(value, SecretStr):
        return "(secret)"
    return value[:MAX_AUDITED_TEXT] if isinstance(value, str) else value


def _entry(caller: Caller, action: str, interface: Interface, declared: Method, arguments: list[Any]) -> Entry:
    named = dict(zip(declared.arguments, arguments, strict=True))
    if declared.options:
        named |= named.pop(declared.arguments[-1]).model_dump(exclude_defaults=True)
    short = {name: _audited(value) for name, value in named.items()}
    return Entry(
        action=action,
        method=f"{interface.interface_name}.{declared.name}",
        object=interface.path,
        description=declared.audit.format(**short),
        arguments=short,
        person=caller.person,
        login_uid=caller.login_uid,
        uid=caller.uid,
        pid=caller.pid,
        outcome="allowed",
    )
