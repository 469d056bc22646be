"""Declarations: what an interface offers. Signature, polkit action and audit text stand on the method itself.

::

    class TapeInterface(Interface, name="org.bams.Tape"):
        @method("sua{sv}", "o", options=UnloadOptions, action="org.bams.tape.operate",
                audit="unload drive {drive} of {library}")
        async def unload(self, library: str, drive: int, options: UnloadOptions) -> str: ...

The D-Bus name is the CamelCase of the Python name. A method without an action reads state that everyone may see.
A method with an action and an audit text changes something. ``dispatch.py`` runs them.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from bamsd.core.job import How

F = TypeVar("F", bound=Callable[..., Any])

Action = str | Callable[[Any], str]
"""A polkit action, or a function of the interface object that names it (a job has the action that started it)."""


class Options(BaseModel):
    """The last argument ``a{sv}`` of a changing method. Unknown keys are refused."""

    # Validators are built at the first call that needs them (see config.py).
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    dry_run: bool = False
    """Return the plan, change nothing."""


class JobOptions(Options):
    """Options of a method that starts a job on a device which does one thing at a time."""

    queue: bool = False
    wait: bool = False

    @property
    def how(self) -> How:
        return How(queue=self.queue, wait=self.wait, dry_run=self.dry_run)


@dataclass(frozen=True, slots=True)
class Method:
    name: str
    attribute: str
    in_signature: str
    out_signature: str
    arguments: tuple[str, ...]
    action: Action | None
    audit: str
    options: type[BaseModel] | None
    force_action: str = ""
    """The polkit action that is needed in place of ``action`` when the option ``force`` is set."""


@dataclass(frozen=True, slots=True)
class Property:
    """A read-only D-Bus property. ``read`` takes the interface object, returns cached state, never waits or raises."""

    signature: str
    read: Callable[[Any], Any]


def camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def method(
    in_signature: str,
    out_signature: str,
    *,
    action: Action | None = None,
    audit: str = "",
    options: type[BaseModel] | None = None,
    force_action: str = "",
) -> Callable[[F], F]:
    """Declare a D-Bus method.

    ``audit`` is a format text over the argument names; it makes the call a change, so ``action`` is needed too.
    ``options`` is the model of a last argument ``a{sv}``, and ``force_action`` the action that its option ``force``
    needs.
    """
    if audit and not action:
        raise TypeError(f"a change needs a polkit action: {audit}")
    if bool(options) != in_signature.endswith("a{sv}"):
        raise TypeError("a last argument a{sv} and an options model come together")

    def mark(function: F) -> F:
        arguments = tuple(inspect.signature(function).parameters)[1:]
        name = camel(function.__name__)
        declared = Method(
            name, function.__name__, in_signature, out_signature, arguments, action, audit, options, force_action
        )
        function.__bams_method__ = declared  # type: ignore[attr-defined]
        return function

    return mark


class Exporter(Protocol):
    """What an exported interface may ask of the object tree."""

    def touch(self, interface: "Interface") -> None: ...
    def emit(self, interface: "Interface", member: str, values: list[Any], destination: str | None) -> None: ...


class Interface:
    """Base of every exported interface. Subclasses name the interface: ``class X(Interface, name="org.bams.X")``."""

    interface_name: ClassVar[str]
    methods: ClassVar[dict[str, Method]]
    properties: ClassVar[dict[str, Property]] = {}
    """D-Bus name to property."""
    signals: ClassVar[dict[str, str]] = {}
    """Signal name to signature."""

    path: str = ""
    exporter: Exporter | None = None

    def __init_subclass__(cls, name: str) -> None:
        cls.interface_name = name
        members = [value for base in reversed(cls.__mro__) for value in vars(base).values()]
        found = [m.__bams_method__ for m in members if hasattr(m, "__bams_method__")]
        cls.methods = {m.name: m for m in found}

    def touch(self) -> None:
        """Say that properties may have changed. What really differs is sent before the next reply."""
        if self.exporter:
            self.exporter.touch(self)

    def emit(self, member: str, *values: Any, destination: str | None = None) -> None:
        """Send a signal, to everyone or to one bus name. It goes out before any later reply."""
        if self.exporter:
            self.exporter.emit(self, member, list(values), destination)

    def bound(self, declared: Method) -> Callable[..., Awaitable[Any]]:
        function: Callable[..., Awaitable[Any]] = getattr(self, declared.attribute)
        return function
