"""One look at all pools and zvols. Pools are read at the same time and apart, so a hung one spoils no other."""

import asyncio
import os
import shlex
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from bamsd.disk import zpool
from bamsd.disk.models import KNOWN_ILL, Health, Pool, Reading, Volume
from bamsd.disk.zfs_output import (
    LIST_COLUMNS,
    MARKS,
    Place,
    parse_available,
    parse_datasets,
    parse_marked,
    parse_marks,
    parse_reservation,
    parse_single,
    parse_values,
    parse_volumes,
)
from bamsd.disk.zpool_output import Status, failing, unplugged
from bamsd.errors import BamsError, NotFound, NotSupported, TimedOut, shown
from bamsd.system.run import still_running

READ_TIMEOUT_S = 30.0
BLOCK_BYTES = 16384
"""volblocksize of our zvols: the default since ZFS 2.2, and what raidz wastes least with."""
_SPARE_BYTES = 2 * 1024 * 1024
"""What the estimate of free space leaves alone: the metadata of a small zvol does not grow with its size."""

DEEP = ("-r", "-t", "volume,snapshot")

Answer = TypeVar("Answer")
Other = TypeVar("Other")
_UNPLUGGED = "Its devices are gone, so all reading and writing waits. Reconnect them and restart the host."
_QUESTIONS = (["zfs", "list"], ["zfs", "get"], ["zpool", "list"], ["zpool", "status"])

_late: dict[str, "asyncio.Task[Any]"] = {}


async def read(timeout_s: float = READ_TIMEOUT_S) -> Reading:
    """All pools and zvols. Returns about at the limit at the latest; what is not known by then is in ``problems``.

    A pool that does not answer is ``unresponsive`` and is not asked again until the program that waits for it has
    ended. Without ZFS, or without its kernel module, the reading is empty.
    """
    try:
        names = await _within("", zpool.names(timeout_s), timeout_s)
    except NotSupported:
        return Reading()
    except BamsError as error:
        return Reading(problems={"": error.message})
    return _joined(await asyncio.gather(*(read_pool(name, timeout_s) for name in names)))


async def read_pool(name: str, timeout_s: float = READ_TIMEOUT_S) -> Reading:
    """One pool with its zvols, as ``read`` gives it; empty when there is no such pool."""
    found: list[Pool] = []
    try:
        return await _within(name, _read_pool(name, timeout_s, found), timeout_s)
    except NotFound as gone:
        return Reading() if not found else _failed(name, found, gone)
    except BamsError as error:
        return _failed(name, found, error)


def _failed(name: str, found: list[Pool], error: BamsError) -> Reading:
    """What is known of a pool that could not be read to the end: its volumes are not."""
    late = isinstance(error, TimedOut)
    pool = found[-1] if found else _unknown(name)
    if late and pool.health not in KNOWN_ILL:
        pool = replace(pool, health="unresponsive", health_text=error.message)
    return Reading((pool,), problems={name: error.message})


def _unknown(name: str) -> Pool:
    reasons = dict.fromkeys(("size_bytes", "free_bytes", "data_percent", "metadata_percent"), "The pool was not read.")
    return Pool("zfs", name, "", None, None, None, None, "unknown", reasons=reasons)


async def _within(pool: str, reading: Coroutine[Any, Any, Answer], timeout_s: float) -> Answer:
    """Await a reading up to the limit. The pool is not asked again while an earlier one still waits.

    The reading is left to end by itself after the limit: stopping its program can take long, or fail while that waits
    in the kernel.
    """
    what = f"ZFS pool {shown(pool)}" if pool else "zpool list"
    if is_waited_for(pool):
        reading.close()
        raise TimedOut(f"{what} has not answered an earlier question yet; it is asked again when that one has ended.")
    task = asyncio.get_running_loop().create_task(reading)
    try:
        await asyncio.wait((task,), timeout=timeout_s)
    finally:
        if not task.done():  # also when our caller was cancelled
            _late[pool] = task
            task.add_done_callback(lambda ended: _forget(pool, ended))
    if task.done():
        return task.result()
    raise TimedOut(f"{what} did not answer within {timeout_s:g} s: look at its devices.")


def _forget(pool: str, task: "asyncio.Task[Any]") -> None:
    if _late.get(pool) is task:
        del _late[pool]
    if not task.cancelled():
        task.exception()  # it was reported as late already


def is_waited_for(pool: str) -> bool:
    """Whether an earlier question about this pool, or ("") about the list of pools, has no answer yet.

    After its reader gave up, the program that asked is stopped; one that waits in the kernel stays all the same.
    """
    late = _late.get(pool)
    return (late is not None and not late.done()) or any(pool == _asked_for(line) for line in still_running())


def _asked_for(command: str) -> str | None:
    """The pool that one of the commands of this module asks for; None for any other command."""
    try:
        words = shlex.split(command)
    except ValueError:  # a long one is cut off, maybe in the middle of a quoted name
        words = command.split()
    if words == list(zpool.NAMES):
        return ""
    if words[:2] not in _QUESTIONS and words[:3] != ["zfs", "create", "-nP"]:
        return None
    # Only get can have several names, and they may be cut off: the first stands behind -o, columns and properties.
    at = words.index("-o") + 3 if words[1] == "get" else len(words) - 1
    return words[at].partition("/")[0].partition("@")[0] if at < len(words) else None


async def _read_pool(name: str, timeout_s: float, found: list[Pool]) -> Reading:
    """``found`` gets the pool as it becomes known, for a caller that stops waiting.

    Six programs, however many zvols there are. Two of them visit each zvol, which is what takes the time; they run at
    once. Only a value that breaks its row leads to more.
    """
    found.append(await zpool.figures(name, timeout_s))
    status = await zpool.status(name, timeout_s)
    status = unplugged(status, await asyncio.to_thread(_gone, failing(status)))
    found.append(_with_status(found[-1], status))
    volumes, (free, owned) = await _both(_volumes(name, timeout_s), _free_bytes(name, timeout_s))
    if status.is_unplugged:
        volumes = tuple(replace(v, health="missing", health_text="the devices of its pool are gone") for v in volumes)
    pool = replace(found[-1], owned=owned)
    if free is not None:
        pool = replace(
            pool, free_bytes=free, reasons={key: why for key, why in pool.reasons.items() if key != "free_bytes"}
        )
    return Reading((pool,), volumes)


async def _volumes(pool: str, timeout_s: float) -> tuple[Volume, ...]:
    listing, marks = await _both(
        zpool.ran(("zfs", "list", "-Hp", *DEEP, "-o", ",".join(LIST_COLUMNS), pool), timeout_s),
        zpool.ran(("zfs", "get", "-Hp", *DEEP, "-o", "name,property,value,source", ",".join(MARKS), pool), timeout_s),
    )
    found = parse_marks(marks.stdout, parse_datasets(listing.stdout))
    return parse_volumes(listing.stdout, await _marks(pool, timeout_s) if found is None else found)


async def _both(one: Coroutine[Any, Any, Answer], other: Coroutine[Any, Any, Other]) -> tuple[Answer, Other]:
    """Await two at once. When one fails, the other is waited for too, so that no program is left behind."""
    answers = await asyncio.gather(one, other, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return cast(tuple[Answer, Other], answers)


def _gone(paths: Sequence[str]) -> tuple[str, ...]:
    """Those without a node. Elsewhere than in /dev a look could wait, for a server of files for instance."""
    return tuple(path for path in paths if path.startswith("/dev/") and not os.path.lexists(path))


def _with_status(pool: Pool, status: Status) -> Pool:
    health: Health = pool.health
    text = status.text
    if status.has_data_errors and health in ("online", "degraded"):
        health = "faulted"
        text = text or "Some data cannot be read any more: zpool status -v names it."
    if status.is_unplugged and health != "suspended":
        health, text = "missing", _UNPLUGGED
    return replace(pool, health=health, health_text=text, members=status.members)


async def _free_bytes(name: str, timeout_s: float) -> tuple[int | None, bool]:
    """What a new thick zvol may take: less than ``available``, as it reserves parity and metadata too.

    ``zfs create -n`` tells, for the pool's layout, what a zvol would reserve, and creates nothing. With it comes
    whether the pool has BAMS's mark: the second line, so that no value of the mark can forge the first.
    """
    answer = await zpool.ran(("zfs", "get", "-Hp", "-o", "value", f"available,{zpool.OWNER}", name), timeout_s)
    first, _, mark = answer.stdout.partition("\n")
    available, owned = parse_available(first), mark == f"{zpool.OWNED}\n"
    if available is None or available <= 2 * _SPARE_BYTES:
        return available and 0, owned
    size = available // BLOCK_BYTES * BLOCK_BYTES
    reserved = await reservation_bytes(f"{name}/bams-estimate", size, timeout_s)
    return max(0, size * size // max(size, reserved) - _SPARE_BYTES) // BLOCK_BYTES * BLOCK_BYTES, owned


async def reservation_bytes(dataset: str, size_bytes: int, timeout_s: float = READ_TIMEOUT_S) -> int:
    """What a new thick zvol of this size would take from the pool: more than its size, for parity and metadata."""
    argv = ("zfs", "create", "-nP", "-o", f"volblocksize={BLOCK_BYTES}", "-V", str(size_bytes), dataset)
    return parse_reservation((await zpool.ran(argv, timeout_s)).stdout)


async def _marks(pool: str, timeout_s: float) -> dict[Place, str]:
    """The locally set marks of a pool's zvols and snapshots, where some value breaks its row or datasets came and went.

    Inherited and received marks are none of ours.
    """
    places = parse_marked(await _get(("name", "property"), MARKS, (pool,), timeout_s))
    if not places:
        return {}
    values = parse_values(await _get(("name", "property", "value"), MARKS, (pool,), timeout_s), places)
    return await _apart(places, timeout_s) if values is None else values


async def _apart(places: Sequence[Place], timeout_s: float) -> dict[Place, str]:
    """The values where some value breaks its row: ask for halves, until the row that breaks stands alone."""
    if len(places) == 1:
        ((dataset, prop),) = places
        return {places[0]: parse_single(await _get_some(("value",), (prop,), (dataset,), timeout_s))}
    values: dict[Place, str] = {}
    middle = len(places) // 2
    for half in (places[:middle], places[middle:]):
        datasets = tuple(dict.fromkeys(dataset for dataset, _ in half))
        properties = tuple(dict.fromkeys(prop for _, prop in half))
        answer = await _get_some(("name", "property", "value"), properties, datasets, timeout_s)
        read_values = parse_values(answer, half)
        values |= await _apart(half, timeout_s) if read_values is None else read_values
    return values


async def _get_some(
    columns: Sequence[str], properties: Sequence[str], datasets: Sequence[str], timeout_s: float
) -> str:
    try:
        return await _get(columns, properties, datasets, timeout_s)
    except NotFound:  # destroyed since it was listed
        return ""


async def _get(columns: Sequence[str], properties: Sequence[str], datasets: Sequence[str], timeout_s: float) -> str:
    deep = DEEP if "/" not in datasets[0] else ()
    argv = ("zfs", "get", "-Hp", "-s", "local", *deep, "-o", ",".join(columns), ",".join(properties), *datasets)
    return (await zpool.ran(argv, timeout_s)).stdout


def _joined(readings: Sequence[Reading]) -> Reading:
    return Reading(
        tuple(pool for reading in readings for pool in reading.pools),
        tuple(volume for reading in readings for volume in reading.volumes),
        {name: text for reading in readings for name, text in reading.problems.items()},
    )
