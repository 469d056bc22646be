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
"""The job's number, and the program's own name."""

_job: ContextVar[int] = ContextVar("job", default=0)
_WORDS = 3
"""A script stands behind its interpreter in its command line, and that may have an option."""


@contextlib.contextmanager
def for_job(number: int) -> Iterator[None]:
    """Programs that are started within are marked as this job's, so that a later bamsd can tell whose they are."""
    token = _job.set(number)
    try:
        yield
    finally:
        _job.reset(token)


def marks(program: str) -> dict[str, str]:
    """What ``run`` adds to the environment of a program."""
    job = _job.get()
    return {JOB_VARIABLE: str(job), PROGRAM_VARIABLE: program} if job else {}


async def at_work(job: int, proc: Path = Path("/proc")) -> str:
    """The name of a program of the job that has not ended; empty when there is none."""
    return await asyncio.to_thread(_find, job, str(proc))


def _find(job: int, proc: str) -> str:
    mark = f"{JOB_VARIABLE}={job}".encode()
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
