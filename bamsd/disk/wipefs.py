"""wipefs and blkid: what stands on a device, and erasing it.

udev's own answers (lsblk's FSTYPE) can be stale, so the device itself is read.
"""

import json
from dataclasses import dataclass
from typing import Any

from bamsd.errors import BamsError, InUse, NotFound, NotSupported, OutOfSync, ToolFailed, shown
from bamsd.system.run import CommandFailed, run

QUERY_TIMEOUT_S = 30.0
WIPE_TIMEOUT_S = 300.0
_NOTHING_FOUND, _AMBIVALENT = 2, 8  # blkid(8), "EXIT STATUS"


@dataclass(frozen=True, slots=True)
class Signature:
    """``kind`` is blkid's word: ext4, xfs, LVM2_member, zfs_member, linux_raid_member, gpt, dos, ...

    A file system's ``uuid`` and ``label`` are as they stand on the device; both may be empty.
    """

    kind: str
    uuid: str = ""
    label: str = ""


def wipe(device: str) -> tuple[str, ...]:
    """Erase every signature of the whole device, also both copies of a GPT and all labels of ZFS.

    Without --force: the kernel then refuses while the device is mounted or part of something. What lies inside the
    partitions of an erased table is not touched.
    """
    return ("wipefs", "--all", "--", device)


async def change(argv: tuple[str, ...], timeout_s: float = WIPE_TIMEOUT_S) -> None:
    """Run ``wipe`` and look whether nothing is left. Raises ``InUse``, ``NotFound``, ``OutOfSync``, ``ToolFailed``."""
    device = argv[-1]
    try:
        await run(argv, timeout_s=timeout_s, kill_on_timeout=False)
    except CommandFailed as failed:
        raise _failure(device, failed) from failed
    left = await signatures(device)
    if left:
        raise OutOfSync(f"{device} still holds {left[0].kind} after it was wiped: look at it with wipefs {device}.")


async def signatures(device: str, timeout_s: float = QUERY_TIMEOUT_S) -> tuple[Signature, ...]:
    """Every signature on the device, each kind once, in the order of their place. Works while it is in use."""
    argv = ("wipefs", "--json", "--no-act", "--", device)
    try:
        result = await run(argv, timeout_s=timeout_s)
    except CommandFailed as failed:
        raise _failure(device, failed) from failed
    return parse_signatures(result.stdout)


def parse_signatures(text: str) -> tuple[Signature, ...]:
    """Turn the output of ``wipefs --json`` (util-linux 2.33 and newer) into signatures.

    An older wipefs prints nothing at all for an empty device. Raises ``ToolFailed`` for other text.
    """
    if not text.strip():
        return ()
    try:
        rows = json.loads(text)["signatures"]
        found = [Signature(_word(row["type"]), _word(row.get("uuid")), _word(row.get("label"))) for row in rows]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ToolFailed("wipefs printed no list of signatures: run wipefs --json by hand and look at it.") from None
    return tuple({signature.kind: signature for signature in reversed(found)}.values())[::-1]


async def probe(device: str, timeout_s: float = QUERY_TIMEOUT_S) -> Signature | None:
    """What the device holds by itself (a file system, a member of something), None for nothing.

    Raises ``ToolFailed`` when several contradict each other, ``NotFound`` when the device is not there.
    """
    argv = ("blkid", "--probe", "--output", "export", "--", device)
    try:
        result = await run(argv, timeout_s=timeout_s, allowed_exits=(0, _NOTHING_FOUND, _AMBIVALENT))
    except CommandFailed as failed:
        raise _failure(device, failed) from failed
    found = parse_probe(result.stdout)
    # blkid 2.41 prints nothing and ends with 2 for an empty device, for one that it cannot open, and for one whose
    # signatures contradict each other. Only wipefs tells these apart.
    if found is None and (kinds := [signature.kind for signature in await signatures(device, timeout_s)]):
        raise ToolFailed(
            f"{device} holds {' and '.join(kinds)}, which contradict each other: look at it with wipefs {device}."
        )
    return found


def parse_probe(text: str) -> Signature | None:
    """Turn the output of ``blkid --probe --output export`` into a signature.

    Values are quoted as a shell would need it, with backslashes. PTTYPE is a partition table.
    """
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        if separator:
            values.setdefault(name, _unquoted(value))
    kind = values.get("TYPE") or values.get("PTTYPE")
    if not kind:
        return None
    uuid = values.get("UUID") or values.get("PTUUID") or ""
    return Signature(shown(kind), shown(uuid), shown(values.get("LABEL", "")))


def _unquoted(value: str) -> str:
    words, escaped = [], False
    for char in value:
        if char == "\\" and not escaped:
            escaped = True
            continue
        words.append(char)
        escaped = False
    return "".join(words)


def _word(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise TypeError(value)
    return shown(value or "")


def _failure(device: str, failed: CommandFailed) -> BamsError:
    said = failed.result.stderr
    if "Device or resource busy" in said:
        return InUse(f"{device} is in use: ask who holds it, and end that first.")
    if "No such file or directory" in said or "No such device" in said:
        return NotFound(f"{device} is not there: check that the disk is connected or the volume active.")
    if "unrecognized option" in said:
        return NotSupported("This wipefs is too old: BAMS needs util-linux 2.33 or newer.")
    return ToolFailed(f"{device} could not be examined or wiped: {failed.message}")
