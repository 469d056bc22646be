"""systemctl: units of repositories, started and stopped."""

from bamsd.disk.mount_unit import unescape_path
from bamsd.errors import BamsError, InUse, NotFound, TimedOut, ToolFailed, shown
from bamsd.system.run import CommandFailed, run

TIMEOUT_S = 120.0
_DONE = ("Created symlink", "Removed ")
"""Steps that systemctl reports on standard error before the one that fails."""
_NOT_ACTIVE, _NO_SUCH_UNIT = 3, 4  # systemctl(1), "EXIT STATUS"


def daemon_reload() -> tuple[str, ...]:
    return ("systemctl", "daemon-reload")


def enable_now(unit: str) -> tuple[str, ...]:
    return ("systemctl", "enable", "--now", "--", unit)


def stop(unit: str) -> tuple[str, ...]:
    """Comes before ``disable``: with disable --now, a busy mount is disabled and then stays mounted."""
    return ("systemctl", "stop", "--", unit)


def disable(unit: str) -> tuple[str, ...]:
    return ("systemctl", "disable", "--", unit)


async def change(argv: tuple[str, ...], timeout_s: float = TIMEOUT_S) -> None:
    """Run one of the above. systemd itself does the work, so a systemctl that is killed changes nothing.

    Raises ``InUse`` for a mount that is busy, ``NotFound`` for a unit that is not there, ``TimedOut``, ``ToolFailed``.
    """
    try:
        await run(argv, timeout_s=timeout_s)
    except CommandFailed as failed:
        raise await _failure(argv, failed) from failed
    except TimedOut as slow:
        raise TimedOut(
            f"systemd did not finish {' '.join(argv[1:])} within {timeout_s:g} s and goes on: "
            "look at the state again before the next step."
        ) from slow


async def _failure(argv: tuple[str, ...], failed: CommandFailed) -> BamsError:
    said, unit = failed.result.stderr, argv[-1]
    if "does not exist" in said or "not loaded" in said or "not found" in said:
        return NotFound(f"systemd has no unit {unit}: write it again, then try once more.")
    if argv[1] == "stop" and unit.endswith(".mount") and await is_active(unit):
        # umount's "target is busy" is in the journal only.
        point = shown(unescape_path(unit.removesuffix(".mount")))
        return InUse(
            f"{point} is still mounted, because something uses it: end what has files open there, then try again."
        )
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith(_DONE)]
    reason = shown(lines[0]).rstrip(".") if lines else "it gave no reason"
    return ToolFailed(f"systemctl {' '.join(argv[1:])} failed: {reason}. Look at systemctl status {unit}.")


async def is_active(unit: str, timeout_s: float = 30.0) -> bool:
    """Whether the unit is active, for a mount unit: mounted."""
    result = await run(
        ["systemctl", "is-active", "--quiet", "--", unit],
        timeout_s=timeout_s,
        allowed_exits=(0, _NOT_ACTIVE, _NO_SUCH_UNIT),
    )
    return result.code == 0
