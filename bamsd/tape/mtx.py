"""mtx: the robot of a tape library, one function for each subcommand.

The parsers are in ``mtx_output``, the meaning of failures in ``mtx_failure``; both are offered here too.
"""

import asyncio
from collections.abc import Iterable, Sequence

from bamsd.errors import InvalidArgument, NotSupported, TimedOut
from bamsd.system.run import CommandFailed, Result, run
from bamsd.tape import robot_lock
from bamsd.tape.models import ChangerStatus, Inquiry
from bamsd.tape.mtx_failure import classify, diagnose, failure_of
from bamsd.tape.mtx_output import parse_inquiry, parse_moves, parse_status, parse_version

__all__ = [
    "argv",
    "classify",
    "diagnose",
    "failure_of",
    "inquiry",
    "inventory",
    "load",
    "parse_inquiry",
    "parse_moves",
    "parse_status",
    "parse_version",
    "status",
    "transfer",
    "unload",
]

STATUS_TIMEOUT_S = 300.0
INQUIRY_TIMEOUT_S = 60.0
_THREAD_FROM = 50_000
"""Longer output than this, in characters, is parsed in a thread so that the event loop goes on."""


def argv(device: str, words: Iterable[str | int]) -> list[str]:
    """The command line for one subcommand. The device must be an absolute path, which mtx cannot take for an option."""
    if not device.startswith("/"):
        raise InvalidArgument(f"{device!r} is not a device path: it must start with a slash")
    return ["mtx", "-f", device, *(str(word) for word in words)]


async def status(device: str, timeout_s: float = STATUS_TIMEOUT_S, *, library: str | None = None) -> ChangerStatus:
    """Read the whole library. ``library`` is the name for error texts, else the device.

    A unit attention (reset, door opened) makes the first command fail, or leaves mtx without the library's mode page
    and so without the import/export slots: it is asked once more.
    """
    words = argv(device, ["status"])
    name = library or device
    try:
        result = await run(words, timeout_s=timeout_s)
        if "Mode sense (0x1A)" in result.stderr:
            result = await run(words, timeout_s=timeout_s)
    except CommandFailed as failed:
        if diagnose(failed.result.stdout, failed.result.stderr).reason != "unit_attention":
            raise classify(failed.result.stdout, failed.result.stderr, library=name) from failed
        result = await _run(words, timeout_s, name)
    if len(result.stdout) < _THREAD_FROM:
        return parse_status(result.stdout + _warning_lines(result.stderr))
    return await asyncio.to_thread(parse_status, result.stdout + _warning_lines(result.stderr))


def _warning_lines(stderr: str) -> str:
    return "".join(f"{line}\n" for line in stderr.split("\n") if line.startswith("Warning:"))


async def inquiry(device: str, timeout_s: float = INQUIRY_TIMEOUT_S, *, library: str | None = None) -> Inquiry:
    """Vendor, product and revision. Raises ``NotSupported`` when the device is not a medium changer."""
    result = await _run(argv(device, ["inquiry"]), timeout_s, library or device)
    found = parse_inquiry(result.stdout)
    if not found.is_changer:
        raise NotSupported(
            f"{device} is not a medium changer but a {found.product_type}: choose the sg node of the robot."
        )
    return found


async def inventory(device: str, timeout_s: float, *, library: str | None = None) -> None:
    """Make the robot look at every slot (INITIALIZE ELEMENT STATUS). Never killed: ``TimedOut`` leaves it running."""
    await _robot(device, ["inventory"], timeout_s, library or device)


async def load(device: str, slot: int, drive: int, timeout_s: float, *, library: str | None = None) -> None:
    """Move a cartridge from a slot into a drive. Never killed: ``TimedOut`` leaves the robot moving."""
    await _robot(device, ["load", slot, drive], timeout_s, library or device)


async def unload(device: str, slot: int, drive: int, timeout_s: float, *, library: str | None = None) -> None:
    """Move the cartridge of a drive into a slot. Never killed: ``TimedOut`` leaves the robot moving."""
    await _robot(device, ["unload", slot, drive], timeout_s, library or device)


async def transfer(device: str, source: int, target: int, timeout_s: float, *, library: str | None = None) -> None:
    """Move a cartridge from one slot to another. Never killed: ``TimedOut`` leaves the robot moving."""
    await _robot(device, ["transfer", source, target], timeout_s, library or device)


async def _robot(device: str, words: list[str | int], timeout_s: float, library: str) -> None:
    line = argv(device, words)
    try:
        async with robot_lock.held(device, library) as lock:
            result = await _run(line, timeout_s, library, kill_on_timeout=False, keep_open=lock)
    except TimedOut as slow:
        raise TimedOut(
            f"The robot of library {library} did not finish {words[0]} within {timeout_s:g} s. "
            "It goes on by itself: look at the state again before the next move."
        ) from slow
    announced = words[0] in ("load", "unload")
    if announced and not any(move.done for move in parse_moves(result.stdout)):
        raise classify(result.stdout, result.stderr, library=library)


async def _run(
    words: list[str], timeout_s: float, library: str, *, kill_on_timeout: bool = True, keep_open: Sequence[int] = ()
) -> Result:
    try:
        return await run(words, timeout_s=timeout_s, kill_on_timeout=kill_on_timeout, keep_open=keep_open)
    except CommandFailed as failed:
        raise classify(failed.result.stdout, failed.result.stderr, library=library) from failed
