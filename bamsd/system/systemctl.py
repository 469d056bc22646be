"""systemctl: what systemd says of units. The areas start and stop units of their own themselves."""

from collections.abc import Sequence

from bamsd.system.run import run

TIMEOUT_S = 30.0


async def show(units: Sequence[str], *properties: str) -> list[dict[str, str]]:
    """The properties of each unit, in the order that was asked for; one that is not there has defaults.

    Raises ToolFailed and TimedOut.
    """
    if not units:
        return []
    argv = ["systemctl", "show", f"--property={','.join(properties)}", "--", *units]
    result = await run(argv, timeout_s=TIMEOUT_S)
    blocks = parse(result.stdout)
    return (blocks + [{}] * len(units))[: len(units)]


def parse(text: str) -> list[dict[str, str]]:
    """Of ``systemctl show`` with several units: blocks of NAME=VALUE in the order asked, an empty line between two.

    A unit that is an alias is told with the Id of the other one, so the order counts, not the Id.
    """
    return [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in text.split("\n\n")]
