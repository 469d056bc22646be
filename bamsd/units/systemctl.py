"""systemctl: the state of several units in one call."""

from collections.abc import Sequence

from bamsd.system.run import run
from bamsd.units.models import Unit, shown

TIMEOUT_S = 30.0
_PROPERTIES = "Id,LoadState,ActiveState,SubState,Result,UnitFileState,ConditionResult,ConditionTimestamp,Description"


async def look(names: Sequence[str]) -> tuple[Unit, ...]:
    """Each unit, also one that is not installed. Raises ToolFailed, TimedOut, NotSupported."""
    result = await run(["systemctl", "show", "-p", _PROPERTIES, "--", *names], timeout_s=TIMEOUT_S)
    return parse(names, result.stdout)


def parse(names: Sequence[str], text: str) -> tuple[Unit, ...]:
    """Of ``systemctl show`` with several units: blocks of NAME=VALUE in the order asked, an empty line between two.

    A unit that is an alias is told with the Id of the other one, so the order counts, not the Id.
    """
    blocks = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in text.split("\n\n")]
    return tuple(_unit(name, block) for name, block in zip(names, blocks, strict=False))


def _unit(name: str, block: dict[str, str]) -> Unit:
    # A unit that was never tried has no timestamp, and "no" as result.
    was_tried = bool(block.get("ConditionTimestamp"))
    return Unit(
        name=name,
        load=shown(block.get("LoadState", "")),
        active=shown(block.get("ActiveState", "")),
        sub=shown(block.get("SubState", "")),
        result=shown(block.get("Result", "")),
        file_state=shown(block.get("UnitFileState", "")),
        condition=block.get("ConditionResult") == "yes" or not was_tried,
        description=shown(block.get("Description", "")),
    )
