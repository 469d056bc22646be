"""What systemd says of units, over its own D-Bus interface (org.freedesktop.systemd1(5)): one call, no program."""

from collections.abc import Sequence

from bamsd.bus.connection import Connection

_NAME, _PATH, _MANAGER = "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
TIMEOUT_S = 10.0


async def unit_states(connection: Connection, names: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """LoadState, ActiveState and SubState of each unit; "not-found" and "inactive" for one that is not installed.

    Raises when systemd does not answer.
    """
    [found] = await connection.call(_NAME, _PATH, _MANAGER, "ListUnitsByNames", "as", list(names), timeout_s=TIMEOUT_S)
    return {str(name): (str(load), str(active), str(sub)) for name, _, load, active, sub, *_ in found}


async def active_states(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    """ActiveState (active, inactive, failed, ...) of each unit that is installed. Raises as ``unit_states``."""
    found = await unit_states(connection, names)
    return {name: active for name, (load, active, _sub) in found.items() if load == "loaded"}
