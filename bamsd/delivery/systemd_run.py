"""systemd-run: run a program outside bamsd's own sandbox, as a unit of its own.

Mail systems need what the sandbox takes away: sendmail is setuid (exim) or hands over to a setgid program (postfix),
and writes below /var/spool. docs/decisions/0010 has the measurements.
"""

from collections.abc import Mapping, Sequence

from bamsd.errors import NotSupported, TimedOut, ToolFailed, shown
from bamsd.system.run import CommandFailed, run

_GRACE_S = 15.0
"""systemd starts the limit later than we do, and ends the unit before systemd-run does."""
_MOST_OUTPUT = 1 << 20
_NO_PROGRAM, _NO_USER = 203, 217  # systemd.exec(5), "PROCESS EXIT CODES"

NO_RIGHTS = {"DynamicUser": "yes", "CapabilityBoundingSet": "", "NoNewPrivileges": "yes"}
"""For a program that needs nothing but the network."""


async def run_apart(
    argv: Sequence[str],
    *,
    unit: str,
    stdin: bytes,
    timeout_s: float,
    properties: Mapping[str, str],
    environment: Mapping[str, str],
) -> None:
    """Returns when the program has ended well. Raises NotSupported, TimedOut, or ToolFailed with what it said.

    A unit of this name that still runs is a failure too, so one message is never on its way twice at a time.
    """
    given = {"RuntimeMaxSec": f"{timeout_s:g}", **properties}
    command = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--no-ask-password", "--service-type=exec"]
    command += [f"--unit={unit}", *(f"--property={key}={value}" for key, value in given.items())]
    command += [f"--setenv={key}={shown(value)}" for key, value in environment.items()]
    # systemd would put the value of a variable in the place of $NAME.
    command += ["--", *(word.replace("$", "$$") for word in argv)]
    try:
        await run(command, timeout_s=timeout_s + _GRACE_S, stdin=stdin, max_output_bytes=_MOST_OUTPUT)
    except NotSupported:
        raise NotSupported("systemd-run is not there, so no program can be run outside bamsd's sandbox.") from None
    except TimedOut:
        raise TimedOut(f"{argv[0]} did not end within {timeout_s:g} s and was stopped.") from None
    except CommandFailed as failed:
        raise _failure(argv[0], failed, timeout_s) from failed


def _failure(program: str, failed: CommandFailed, timeout_s: float) -> ToolFailed | TimedOut:
    result = failed.result
    if result.duration_s >= timeout_s:
        return TimedOut(f"{program} did not end within {timeout_s:g} s and was stopped.")
    if result.code == _NO_USER:
        return ToolFailed(f"{program} could not be run: there is no such user.")
    if result.code == _NO_PROGRAM:
        return ToolFailed(
            f"{program} could not be started by systemd (exit code {_NO_PROGRAM}): look whether it is there."
        )
    lines = [line for line in (*result.stdout.splitlines(), *result.stderr.splitlines()) if line.strip()]
    said = shown(lines[-1].strip()).rstrip(".") if lines else "it gave no reason"
    return ToolFailed(f"{program} ended with exit code {result.code}: {said}.")
