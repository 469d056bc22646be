"""What the service needs of a target stack. SCST and LIO are the two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bamsd.errors import BamsError
from bamsd.iscsi.models import Configuration, Device, Session, StackName, Target
from bamsd.iscsi.objects import Objects, Reading, Step
from bamsd.iscsi.plan import Planner
from bamsd.iscsi.tree import Tree


@dataclass(frozen=True, slots=True)
class Performed:
    """What became of a list of steps: those done, the failures with their steps, and those that were passed over."""

    done: tuple[Step, ...] = ()
    failed: tuple[tuple[Step, BamsError], ...] = ()
    skipped: tuple[Step, ...] = ()


class Stack(Protocol):
    """One target stack. Every function that touches the kernel blocks, so it is called in a thread.

    The root of ``tree`` is /sys/kernel/scst_tgt or /sys/kernel/config/target.
    """

    title: str
    """As people write it: SCST, LIO."""
    planner: Planner
    boot_file: Path
    """What the stack's own service restores at boot; written whole by BAMS."""
    tree: Tree

    @property
    def name(self) -> StackName: ...

    def absence(self) -> str:
        """Why the stack cannot be used now, in a sentence; empty when it can."""
        ...

    def check(self, target: Target, devices: Mapping[str, Device]) -> None:
        """Refuse with ``NotSupported`` what this stack cannot do."""
        ...

    def objects(self, wanted: Configuration) -> Objects:
        """The wanted configuration in objects of this stack, every compared attribute given."""
        ...

    def read(self, known: Objects | None = None) -> Reading:
        """Everything the kernel has. Raises ``ToolFailed`` for what cannot be read.

        ``known`` is what an earlier reading said: the login parameters of a target, which are dear to read and nobody
        but an administrator changes, are then taken from it.
        """
        ...

    def sessions(self) -> tuple[Session, ...]:
        """Only the sessions, cheaply enough for every few seconds."""
        ...

    def perform(self, steps: Sequence[Step]) -> Performed:
        """Do the steps in order. After a failure, what belongs to the same target or device is skipped."""
        ...

    def settle(self) -> str:
        """At start: give back what a crash left held. Returns what was found, empty when nothing was."""
        ...

    def close(self, session: Session) -> None:
        """End a session. Its initiator may log in again."""
        ...

    def resize(self, device: Device) -> None:
        """Announce the size that the backing device has now, and check that the stack tells it."""
        ...

    def render(self, wanted: Configuration) -> str:
        """The text of the boot file. Holds secrets."""
        ...

    def adopt(self, reading: Reading, iqn: str) -> tuple[Target, tuple[Device, ...]]:
        """A foreign target in terms of the model. Raises ``NotSupported`` with the reason where that cannot be."""
        ...
