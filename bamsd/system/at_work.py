"""Is a program of a job still at work? Also one that a bamsd started which was killed since.

Found by the mark in its environment, /proc/PID/environ. A daemon that the program left behind (dmeventd, LVM's own
polling) has inherited the mark and does not count: it goes by another name.
"""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path, PurePath

JOB_VARIABLE, PROGRAM_VARIABLE = "BAMS_JOB", "BAMS_PROGRAM"
"""Whose work it is, and the program's own name."""

_job: ContextVar[str] = ContextVar("job", default="")
_WORDS = 3
"""A script stands behind its interpreter in its command line, and that may have an option."""


@contextlib.contextmanager
def for_job(mark: str) -> Iterator[None]:
    """Programs that are started within carry this mark, so that a later bamsd can tell whose work they do."""
    token = _job.set(mark)
    try:
        yield
    finally:
        _job.reset(token)


def marks(program: str) -> dict[str, str]:
    """What ``run`` adds to the environment of a program."""
    job = _job.get()
    return {JOB_VARIABLE: job, PROGRAM_VARIABLE: program} if job else {}


async def at_work(mark: str, proc: Path = Path("/proc")) -> str:
    """The name of a program with this mark that has not ended; empty when there is none."""
    return await asyncio.to_thread(_find, mark, str(proc))


def _find(wanted: str, proc: str) -> str:
    mark = f"{JOB_VARIABLE}={wanted}".encode()
    for pid in filter(str.isdecimal, os.listdir(proc)):
        # A program that has ended and was not collected yet has no environment any more.
        environment = _words(f"{proc}/{pid}/environ")
        if mark not in environment:
            continue
        name = next((w.partition(b"=")[2] for w in environment if w.startswith(f"{PROGRAM_VARIABLE}=".encode())), b"")
        called = [PurePath(os.fsdecode(word)).name for word in _words(f"{proc}/{pid}/cmdline")[:_WORDS]]
        if os.fsdecode(name) in called:
            return os.fsdecode(name)
    return ""


def _words(path: str) -> list[bytes]:
    try:
        with open(path, "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []
