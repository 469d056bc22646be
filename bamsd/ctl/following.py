"""A job to its end: a bar with the time left on a terminal, else a line for every tenth."""

import time
from collections.abc import Mapping
from typing import Any

from bamsd.bus.client import Client
from bamsd.ctl.output import Output
from bamsd.ctl.units import show_duration

JOB = "org.bams.Job"
LOOK_S = 1.0
BAR_COLUMNS = 24


async def follow(client: Client, job: str, output: Output) -> dict[str, Any]:
    """The properties of the job after it ended. The caller listens to org.bams.Job already."""
    shown = _Shown(output, job)
    try:
        while (found := await client.properties(job, JOB))["State"] == "running":
            shown.update(found)
            signal = await client.next_signal(LOOK_S)
            while signal and signal[:2] != (job, "Completed"):
                signal = await client.next_signal(0)
    finally:
        shown.end()
    return found


class _Shown:
    def __init__(self, output: Output, job: str) -> None:
        self._output = output
        self._number = job.rsplit("/", 1)[-1]
        self._last: object = None

    def update(self, found: Mapping[str, Any]) -> None:
        if self._output.progress_on_terminal:
            self._output.bar(bar(found, time.time()))
            self._last = True
            return
        tenth = int(found["Progress"] * 10) if found["ProgressValid"] else 0
        if tenth != self._last:
            percent = f" ({tenth * 10} %)" if tenth else ""
            self._output.say(f"Job {self._number}: {found['Description']}{percent}")
            self._last = tenth

    def end(self) -> None:
        if self._output.progress_on_terminal and self._last:
            self._output.bar("")


def bar(found: Mapping[str, Any], now_s: float) -> str:
    """One line: how far, how long still, and what it is."""
    expected = found["ExpectedEndTime"]
    left = expected / 1_000_000 - now_s if expected else 0
    rest = f"  {show_duration(left)} left" if left > 0 else ""
    if not found["ProgressValid"]:
        since = show_duration(now_s - found["StartTime"] / 1_000_000)
        return f"{found['Description']}: {since}{rest}"
    done = min(1.0, max(0.0, found["Progress"]))
    full = int(done * BAR_COLUMNS)
    return f"[{'#' * full}{'.' * (BAR_COLUMNS - full)}] {done:4.0%}{rest}  {found['Description']}"
