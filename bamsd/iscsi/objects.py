"""A target stack's configuration as plain objects: what is wanted and what the kernel has, in the same words.

Each stack turns the model into objects of its own kinds (a device, a target, an ACL, a LUN, ...) and reads the kernel
into the same. The difference of two such sets is the plan, and the drift. Pure values; ``plan.py`` compares them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bamsd.iscsi.models import Secret, Session

Effect = Literal["safe", "pause", "disconnect", "destroy"]
Value = str | Secret
Attributes = Mapping[str, Value]
Verb = Literal["add", "remove", "set"]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Which object: its kind, and its names from the outside in: ``Key("lun", (iqn, group, "3"))``.

    Every stack has the kinds ``target`` (IQN) and ``device`` (name). What belongs to a target has its IQN as the first
    name. The size of a device is its attribute ``size``, in bytes.
    """

    kind: str
    names: tuple[str, ...]


Objects = Mapping[Key, Attributes]


@dataclass(frozen=True, slots=True)
class Write:
    """Write a text into an attribute. ``secret`` keeps the text out of everything that is shown."""

    path: str
    text: str = field(repr=False)
    secret: bool = False


@dataclass(frozen=True, slots=True)
class MakeFolder:
    path: str


@dataclass(frozen=True, slots=True)
class RemoveFolder:
    path: str


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link at ``path`` to ``to``. Both are below the root of the tree."""

    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Unlink:
    path: str


@dataclass(frozen=True, slots=True)
class AwaitEmpty:
    """Wait until a folder has no subfolder: sessions that were told to end need a moment."""

    path: str
    limit_s: float


Op = Write | MakeFolder | RemoveFolder | Link | Unlink | AwaitEmpty
"""One touch of the kernel's tree. Paths are relative to the root of the stack's tree."""


@dataclass(frozen=True, slots=True)
class Change:
    """One object that differs. ``attributes`` is what is wanted (for remove: what was read), ``before`` what was read.

    For ``set``, ``attributes`` holds only what differs.
    """

    verb: Verb
    key: Key
    attributes: Attributes
    before: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object of a stack, and the rules the planner needs. ``kinds`` of a stack stand in creation order.

    ``words`` is a format text over the names: "LUN {2} of {0}". ``creation_only`` are attributes that can be given only
    when the object is made: a difference means remove and add again. ``references`` maps an attribute to the kind of
    the object it names: that one must exist before and go after, and when it is made anew, so is this one.
    ``depth`` is how many names a key of this kind has. ``inside`` is the kind whose names are the first of these names;
    with ``goes_with_parent`` the object vanishes together with it and needs no step. ``removed_last``: in one plan,
    others of the kind are added before one is removed (a target must never be without a credential for a moment).
    ``pausing`` are the verbs that make the I/O of all targets wait a moment. ``disconnecting`` are the verbs, or
    "set:ATTRIBUTE", that end or disturb a live session it concerns.
    """

    name: str
    words: str
    creation_only: frozenset[str] = frozenset()
    references: Mapping[str, str] = field(default_factory=dict)
    depth: int = 1
    inside: str = ""
    goes_with_parent: bool = False
    removed_last: bool = False
    pausing: frozenset[str] = frozenset()
    disconnecting: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """What the kernel has: all objects, also those that are not ours; the sessions; and what could not be understood.

    ``odd`` maps the first name of a key (an IQN, a device) to why it cannot be expressed in the model.
    """

    objects: Objects
    sessions: tuple[Session, ...] = ()
    odd: Mapping[str, str] = field(default_factory=dict)


Ops = Callable[[Change], tuple[Op, ...]]
"""How a stack makes a change."""

Concerned = Callable[[Change, Session], bool]
"""Whether a change of a disconnecting kind concerns a live session."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change with its sentence, its effect, the sessions it ends, and the touches of the kernel that make it."""

    change: Change
    summary: str
    effect: Effect
    object: str
    """What it belongs to: an IQN or the name of a device."""
    ops: tuple[Op, ...]
    sessions: tuple[Session, ...] = ()

    @property
    def command(self) -> str:
        return "; ".join(in_words(op) for op in self.ops)


def in_words(op: Op) -> str:
    """An operation in words, for plans. A secret is never in there."""
    match op:
        case Write():
            return f"write (secret) to {op.path}" if op.secret else f"write {op.text!r} to {op.path}"
        case MakeFolder():
            return f"mkdir {op.path}"
        case RemoveFolder():
            return f"rmdir {op.path}"
        case Link():
            return f"link {op.path} to {op.to}"
        case Unlink():
            return f"unlink {op.path}"
        case AwaitEmpty():
            return f"wait until {op.path} is empty"
