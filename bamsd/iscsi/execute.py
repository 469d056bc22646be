"""Do the steps of a plan, one touch of the kernel after the other. For a thread."""

import logging
from collections.abc import Callable, Iterable, Mapping

from bamsd.errors import BamsError
from bamsd.iscsi.objects import Key, Kind, Op, Step
from bamsd.iscsi.stack import Performed
from bamsd.iscsi.tree import refused

log = logging.getLogger(__name__)


def execute(steps: Iterable[Step], kinds: Mapping[str, Kind], touch: Callable[[Op], None]) -> Performed:
    """Do the steps in order with ``touch``, which raises ``OSError`` or one of our errors.

    One target that fails must not stop the others. So after a failure only that is passed over which hangs on it: what
    belongs to the same target or device, and what refers to it.
    """
    done: list[Step] = []
    failed: list[tuple[Step, BamsError]] = []
    skipped: list[Step] = []
    broken: set[str] = set()
    for step in steps:
        if not broken.isdisjoint(_hangs_on(step, kinds[step.change.key.kind])):
            skipped.append(step)
            continue
        error = _perform(step, touch)
        if error is None:
            done.append(step)
            continue
        log.warning("%s", error.message)
        failed.append((step, error))
        broken.add(step.object)
    return Performed(tuple(done), tuple(failed), tuple(skipped))


def _perform(step: Step, touch: Callable[[Op], None]) -> BamsError | None:
    for op in step.ops:
        try:
            touch(op)
        except OSError as error:
            return refused(op, step.summary.rstrip("."), error)
        except BamsError as error:
            return error
    return None


def _hangs_on(step: Step, kind: Kind) -> set[str]:
    """The names of the target or device it belongs to, and of the objects it refers to."""
    key: Key = step.change.key
    said = (step.change.attributes, step.change.before)
    return {key.names[0], *(str(a[name]) for a in said for name in kind.references if name in a)}
