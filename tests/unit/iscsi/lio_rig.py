"""LIO on the fake kernel, and what an apply does with it."""

from pathlib import Path

from bamsd.iscsi.lio import Lio
from bamsd.iscsi.models import Configuration
from bamsd.iscsi.objects import Key, Objects, Step
from bamsd.iscsi.plan import owned
from bamsd.iscsi.stack import Performed
from tests.fakes.lio_kernel import LioKernel
from tests.unit.iscsi.configurations import BACKING, DEVICES, IQNS

OURS = {*IQNS, *DEVICES}


class Rig:
    def __init__(self, boot_file: Path = Path("/nonexistent/saveconfig.json")) -> None:
        self.kernel = LioKernel(dict(BACKING))
        self.boot_file = boot_file
        self.restart()

    def restart(self) -> None:
        """A new process: it knows nothing of what was before."""
        self.lio = Lio(self.kernel, self.boot_file)

    def steps(self, wanted: Configuration) -> list[Step]:
        reading = self.lio.read()
        changes = self.lio.planner.changes(self.lio.objects(wanted), owned(reading.objects, is_ours))
        return self.lio.planner.steps(changes, reading.sessions)

    def apply(self, wanted: Configuration) -> Performed:
        return self.lio.perform(self.steps(wanted))

    def differences(self, wanted: Configuration) -> list[str]:
        """What is not as wanted, compared without the planner."""
        have = owned(self.lio.read().objects, is_ours)
        want = self.lio.objects(wanted)
        found = [f"{key}" for key in want.keys() ^ have.keys()]
        for key in want.keys() & have.keys():
            found += [f"{key} {name}" for name, value in want[key].items() if have[key].get(name) != value]
        return found

    def foreign(self) -> Objects:
        return {key: a for key, a in self.lio.read().objects.items() if not is_ours(key)}


def is_ours(key: Key) -> bool:
    return key.names[0] in OURS
