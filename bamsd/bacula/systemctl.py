"""systemctl: the units of Bacula's daemons, looked at and restarted."""

from dataclasses import dataclass

from bamsd.errors import NotFound, ToolFailed, shown
from bamsd.system import systemctl
from bamsd.system.run import CommandFailed, run

STORAGE, DIRECTOR = "bacula-sd.service", "bacula-director.service"
TIMEOUT_S = 300.0
"""Debian's unit gives a storage daemon three minutes to stop."""
_SHOWN = ("LoadState", "ActiveState", "SubState", "Result", "User", "Group", "SupplementaryGroups")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as systemd sees it. ``load`` is "not-found" for one that is not installed."""

    load: str
    active: str
    sub: str
    result: str
    user: str
    groups: tuple[str, ...]

    @property
    def is_installed(self) -> bool:
        return self.load == "loaded"

    @property
    def is_active(self) -> bool:
        return self.active in ("active", "reloading")


async def look(unit: str) -> Unit:
    [said] = await systemctl.show([unit], *_SHOWN)
    found = {key: shown(value) for key, value in said.items()}
    groups = [found.get("Group", ""), *found.get("SupplementaryGroups", "").split()]
    return Unit(
        load=found.get("LoadState", ""),
        active=found.get("ActiveState", ""),
        sub=found.get("SubState", ""),
        result=found.get("Result", ""),
        user=found.get("User", ""),
        groups=tuple(group for group in groups if group),
    )


async def daemon_reload() -> None:
    await _run("daemon-reload")


async def restart(unit: str) -> None:
    """Stop and start it. Raises ``NotFound``, ``ToolFailed`` when it does not start, ``TimedOut``.

    systemd does the work, so a systemctl that is killed changes nothing. The bacula-sd of 9.x and 15.x reports success
    for ``reload`` and changes nothing, so it is always a restart. A unit that failed too often is let in again first.
    """
    await _run("reset-failed", unit, allowed=(0, 1))
    await _run("restart", unit)


async def reload(unit: str) -> None:
    await _run("reload", unit)


async def _run(command: str, *units: str, allowed: tuple[int, ...] = (0,)) -> None:
    argv = ["systemctl", command, *(["--", *units] if units else [])]
    try:
        await run(argv, timeout_s=TIMEOUT_S, allowed_exits=allowed)
    except CommandFailed as failed:
        unit = units[0] if units else ""
        said = failed.result.stderr
        if "not found" in said or "not loaded" in said:
            raise NotFound(f"systemd has no unit {unit}: install Bacula's package first.") from failed
        lines = [line for line in said.splitlines() if line.strip()]
        reason = shown(lines[0]).rstrip(".") if lines else "it gave no reason"
        raise ToolFailed(
            f"systemctl {command} {unit} failed: {reason}. Look at journalctl -u {unit or 'systemd'}."
        ) from failed
