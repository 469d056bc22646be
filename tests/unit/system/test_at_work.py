"""A program is known by the mark of its job, and what it leaves behind is not taken for it."""

import asyncio
import os
import signal

from bamsd.errors import TimedOut
from bamsd.system.at_work import at_work, for_job
from bamsd.system.run import run, still_running

SLEEP = ["sleep", "60"]


async def left(argv: list[str]) -> None:
    """Start a program and give up on it."""
    try:
        await run(argv, timeout_s=0.2, kill_on_timeout=False)
    except TimedOut:
        return
    raise AssertionError("it ended")


async def ended(mark: str) -> None:
    async with asyncio.timeout(20):
        while await at_work(mark):
            await asyncio.sleep(0.01)


async def test_a_program_is_at_work_until_it_ends_and_only_for_its_own_job() -> None:
    assert await at_work("test-1") == ""
    with for_job("test-1"):
        await left(["timeout", "2", *SLEEP])
    assert await at_work("test-1") == "timeout"
    assert await at_work("test-") == await at_work("test-11") == ""
    assert any(line.startswith("timeout 2") for line in still_running())
    await ended("test-1")


async def test_programs_of_no_job_have_no_mark() -> None:
    said = await run(["env"], timeout_s=20)
    assert "BAMS_JOB" not in said.stdout
    with for_job("test-2"):
        said = await run(["env"], timeout_s=20)
    assert "BAMS_JOB=test-2\nBAMS_PROGRAM=env\n" in said.stdout


async def test_a_daemon_that_a_program_leaves_behind_does_not_count() -> None:
    with for_job("test-3"):
        said = await run(["sh", "-c", "timeout 30 sleep 30 >/dev/null 2>&1 & echo $!"], timeout_s=20)
    await ended("test-3")
    os.kill(int(said.stdout), signal.SIGTERM)  # it was there all the time
