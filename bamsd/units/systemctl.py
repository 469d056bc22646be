"""systemctl: the state of several units in one call."""

from collections.abc import Sequence

from bamsd.errors import shown
from bamsd.system import systemctl
from bamsd.units.models import Unit

_PROPERTIES = (
    *("LoadState", "ActiveState", "SubState", "Result", "UnitFileState", "ConditionResult", "ConditionTimestamp"),
    "Description",
)


async def look(names: Sequence[str]) -> tuple[Unit, ...]:
    """Each unit, also one that is not installed. Raises ToolFailed, TimedOut, NotSupported."""
    found = await systemctl.show(names, *_PROPERTIES)
    return tuple(_unit(name, block) for name, block in zip(names, found, strict=True))


def parse(names: Sequence[str], text: str) -> tuple[Unit, ...]:
    """The same of a text of systemctl."""
    return tuple(_unit(name, block) for name, block in zip(names, systemctl.parse(text), strict=False))


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
