"""sg3_utils: what a library and its drives tell over their sg nodes.

Everything goes to /dev/sgN. An nst node blocks for about two minutes when no tape is in. Questions degrade: what a
device does not support is ``None``, not an error.
"""

from bamsd.errors import BamsError, HardwareFailed, InUse, NotFound, NotReady, NotSupported, TimedOut, ToolFailed
from bamsd.system.run import CommandFailed, Result, run
from bamsd.tape import scsi
from bamsd.tape.elements import byte_count, parse_elements
from bamsd.tape.models import CartridgeMemory, DriveHealth, DriveIdentities, DriveReadiness, ErrorCounters
from bamsd.tape.sg_output import (
    hex_dump_bytes,
    parse_attributes,
    parse_device_statistics,
    parse_device_status,
    parse_error_counters,
    parse_supported_pages,
    parse_tape_alerts,
    parse_temperature,
    parse_volume_statistics,
)

__all__ = [
    "cartridge_memory",
    "drive_health",
    "drive_identities",
    "hex_dump_bytes",
    "parse_elements",
    "test_unit_ready",
    "unload_medium",
]

QUERY_TIMEOUT_S = 60.0
MEMORY_TIMEOUT_S = 300.0
"""Reading the cartridge's chip can wait for a filemark to be written on LTO-9."""
UNLOAD_TIMEOUT_S = 900.0
"""Rewind and eject of a full tape; the drive's own limit is about 10 minutes."""

_WRITE_ERRORS, _READ_ERRORS, _TEMPERATURE, _STATUS = 0x02, 0x03, 0x0D, 0x11
_STATISTICS, _VOLUME, _TAPE_ALERT = 0x14, 0x17, 0x2E
_UNIT_ATTENTION_EXIT = 6
_REFUSED_EXITS = {2, 5, 6, 9, 17, 22}
"""Not ready, illegal request, unit attention, invalid opcode: the device's answer, not a failure of the program."""


async def drive_identities(changer: str, timeout_s: float = QUERY_TIMEOUT_S) -> DriveIdentities:
    """Ask a library which drive is in which bay (READ ELEMENT STATUS with DVCID). Never fails: ``reason`` says why not.

    Some libraries cannot give volume tags and identifiers at once, so the second try leaves the tags out.
    """
    reason = "the library does not tell the serial numbers of its drives"
    for flags in ("14", "04"):  # element type 4; 10h is VOLTAG
        try:
            drives = parse_elements(await _element_status(changer, flags, timeout_s))
        except CommandFailed as failed:
            reason = scsi.explain(_sense(failed.result))
            continue
        except BamsError as error:
            reason = error.message
            continue
        if any(drive.serial for drive in drives):
            return DriveIdentities(drives)
    return DriveIdentities((), reason)


async def _element_status(changer: str, flags: str, timeout_s: float) -> bytes:
    cdb = ["b8", flags, "00", "00", "00", "ff", "01", "00", "10", "00", "00", "00"]
    data = await _received(changer, 4096, cdb, timeout_s)
    if byte_count(data) > len(data) >= 4096:
        # More than about 45 drives. Some libraries look only at the lower two bytes of this length.
        cdb[7:10] = ["00", "ff", "ff"]
        data = await _received(changer, 65535, cdb, timeout_s)
    return data


async def _received(device: str, size: int, cdb: list[str], timeout_s: float) -> bytes:
    result = await _sg_raw(["-r", str(size)], device, cdb, timeout_s)
    return hex_dump_bytes(f"{result.stdout}\n{result.stderr}")


async def test_unit_ready(drive: str, timeout_s: float = QUERY_TIMEOUT_S) -> DriveReadiness:  # noqa: PT028 (no test)
    """TEST UNIT READY. A drive that is not ready is an answer; a device that cannot be asked raises a ``BamsError``."""
    try:
        await _sg_raw([], drive, ["00"] * 6, timeout_s)
    except CommandFailed as failed:
        if failed.result.code not in scsi.EXIT_KEYS:
            raise _failure(failed, drive, "was asked whether it is ready") from failed
        sense = _sense(failed.result)
        return DriveReadiness(False, sense, scsi.explain(sense))
    return DriveReadiness(True, (0, 0, 0), "the drive is ready")


async def unload_medium(drive: str, timeout_s: float = UNLOAD_TIMEOUT_S) -> None:
    """Rewind and eject the tape inside the drive (UNLOAD, 1Bh). Never killed. A drive without a tape is left as it is.

    Raises ``InUse`` when a program prevents the removal, ``NotReady``, ``HardwareFailed``, ``TimedOut``.
    """
    # sg_raw would abort the command after 20 s; ours is the limit that counts.
    options = ["-t", str(int(timeout_s) + 300)]
    try:
        await _sg_raw(options, drive, ["1b", "00", "00", "00", "00", "00"], timeout_s, kill_on_timeout=False)
    except TimedOut as slow:
        raise TimedOut(
            f"Drive {drive} did not eject its tape within {timeout_s:g} s. "
            "It goes on by itself: look at the drive before the next move."
        ) from slow
    except CommandFailed as failed:
        if _sense(failed.result).asc == 0x3A:
            return
        raise _failure(failed, drive, "did not eject its tape") from failed


async def drive_health(drive: str, timeout_s: float = QUERY_TIMEOUT_S) -> DriveHealth:
    """Read the log pages that the drive lists, and only those. Reading may clear TapeAlert flags: ask from one place.

    A drive without log pages gives a ``DriveHealth`` whose parts are all ``None``. Raises a ``BamsError`` when the
    device cannot be asked at all.
    """
    try:
        pages = parse_supported_pages((await _run(["sg_logs", drive], timeout_s)).stdout)
    except CommandFailed as failed:
        if failed.result.code in _REFUSED_EXITS:
            return DriveHealth(supported_pages=())
        raise _failure(failed, drive, "was asked for its log pages") from failed
    texts: dict[int, str] = {}
    errors: dict[int, str] = {}
    for page in (_TAPE_ALERT, _TEMPERATURE, _WRITE_ERRORS, _READ_ERRORS, _STATUS, _STATISTICS, _VOLUME):
        if page not in pages:
            continue
        try:
            texts[page] = (await _run(["sg_logs", f"--page=0x{page:02x}", drive], timeout_s)).stdout
        except CommandFailed as failed:
            errors[page] = scsi.explain(_sense(failed.result))
        except TimedOut as slow:
            errors[page] = slow.message
    return _health(pages, texts, errors)


def _health(pages: tuple[int, ...], texts: dict[int, str], errors: dict[int, str]) -> DriveHealth:
    activity, bits = parse_device_status(texts.get(_STATUS, ""))
    statistics = parse_device_statistics(texts.get(_STATISTICS, ""))
    return DriveHealth(
        supported_pages=pages,
        alerts=parse_tape_alerts(texts[_TAPE_ALERT]) if _TAPE_ALERT in texts else None,
        temperature_celsius=parse_temperature(texts.get(_TEMPERATURE, "")),
        write_errors=_counters(texts, _WRITE_ERRORS),
        read_errors=_counters(texts, _READ_ERRORS),
        power_on_hours=statistics.get("power_on_hours"),
        motion_hours=statistics.get("motion_hours"),
        loads=statistics.get("loads"),
        cleanings=statistics.get("cleanings"),
        activity=activity,
        medium_present=bits.get("MPRSNT"),
        cleaning_requested=bits.get("CRQST"),
        cleaning_required=bits.get("CRQRD"),
        volume_statistics=parse_volume_statistics(texts[_VOLUME]) if _VOLUME in texts else None,
        page_errors=errors or None,
    )


def _counters(texts: dict[int, str], page: int) -> ErrorCounters | None:
    return parse_error_counters(texts[page]) if page in texts else None


async def cartridge_memory(drive: str, timeout_s: float = MEMORY_TIMEOUT_S) -> CartridgeMemory | None:
    """Read the chip of the cartridge in a drive; ``None`` when there is no cartridge or the drive cannot read it.

    Do not ask while a job writes: the answer may wait for a filemark.
    """
    try:
        return parse_attributes((await _run(["sg_read_attr", drive], timeout_s)).stdout)
    except CommandFailed as failed:
        if failed.result.code in _REFUSED_EXITS:
            return None
        raise _failure(failed, drive, "was asked for the cartridge's memory") from failed


async def _sg_raw(
    options: list[str], device: str, cdb: list[str], timeout_s: float, *, kill_on_timeout: bool = True
) -> Result:
    return await _run(["sg_raw", *options, device, *cdb], timeout_s, kill_on_timeout=kill_on_timeout)


async def _run(argv: list[str], timeout_s: float, *, kill_on_timeout: bool = True) -> Result:
    """Run, once more after a unit attention: the command was not done, and the device reports it only once."""
    try:
        return await run(argv, timeout_s=timeout_s, kill_on_timeout=kill_on_timeout)
    except CommandFailed as failed:
        if failed.result.code != _UNIT_ATTENTION_EXIT:
            raise
        return await run(argv, timeout_s=timeout_s, kill_on_timeout=kill_on_timeout)


def _sense(result: Result) -> scsi.Sense:
    """What the device answered, from the text, else from the exit status alone."""
    found = scsi.sg_sense(f"{result.stderr}\n{result.stdout}")
    if found is not None:
        return found
    if result.code == 9:
        return scsi.Sense(scsi.ILLEGAL_REQUEST, 0x20, 0x00)
    return scsi.Sense(scsi.EXIT_KEYS.get(result.code, 0), 0, 0)


_NO_SUCH_DEVICE = {50 + 2, 50 + 6, 50 + 19}  # 50 + errno: ENOENT, ENXIO, ENODEV


def _failure(failed: CommandFailed, device: str, what: str) -> BamsError:
    code = failed.result.code
    if code in _NO_SUCH_DEVICE:
        return NotFound(f"The device {device} is gone: check that the drive is on and connected.")
    if code not in scsi.EXIT_KEYS:
        return ToolFailed(f"Drive {device} {what}, and {failed.result.argv[0]} failed: {failed.message}")
    sense = _sense(failed.result)
    text = f"Drive {device} {what}: {scsi.explain(sense)}."
    if (sense.asc, sense.ascq) == (0x53, 0x02):
        return InUse(text)
    if (sense.asc, sense.ascq) == (0x20, 0x00):
        return NotSupported(text)
    if sense.key in (scsi.NOT_READY, scsi.UNIT_ATTENTION):
        return NotReady(text)
    return HardwareFailed(text, sense)
