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
    blocks = [_pairs(block) for block in result.stdout.split("\n\n")]
    return (blocks + [{}] * len(units))[: len(units)]


def _pairs(block: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in block.splitlines())}


async def states(units: Sequence[str]) -> dict[str, str]:
    """ActiveState (active, inactive, failed, ...) of each unit that is installed."""
    found = await show(units, "LoadState", "ActiveState")
    pairs = zip(units, found, strict=True)
    return {unit: one.get("ActiveState", "") for unit, one in pairs if one.get("LoadState") == "loaded"}
