"""bacula-sd and bacula-dir: a configuration tried out before it is installed."""

from collections.abc import Mapping
from pathlib import Path

from bamsd.bacula import config_error
from bamsd.bacula.models import Finding
from bamsd.errors import ToolFailed
from bamsd.system.run import Rights, run

TIMEOUT_S = 60.0
_REFUSED = 1


class ConfigRefused(ToolFailed):
    """Bacula does not take a configuration. ``finding`` has file and line."""

    def __init__(self, program: str, finding: Finding) -> None:
        super().__init__(config_error.sentence(program, finding))
        self.finding = finding


# Clients know this failure as ToolFailed.
ConfigRefused.dbus_name = ToolFailed.dbus_name


async def check(path: Path, really: Mapping[str, str], rights: Rights, *, program: str = "bacula-sd") -> None:
    """Try a configuration (``-t``). ``really`` gives the true names of the files tried. Raises ``ConfigRefused``.

    The exit code is 0 also for a missing Archive Device, a doubled Drive Index and a missing changer: see ``checks``.
    """
    argv = [program, "-t", "-c", str(path)]
    result = await run(argv, timeout_s=TIMEOUT_S, rights=rights, allowed_exits=(0, _REFUSED))
    if result.code:
        raise ConfigRefused(program, config_error.parse(result.stdout + result.stderr, str(path), really))
