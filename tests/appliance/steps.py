"""Progress for a person at a terminal: one line a step with its seconds, and the name of the log when one fails."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.appliance import paths


class StepFailed(Exception):
    """A step did not work. The text names the step and says where to look."""


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print `title`, then the seconds it took. Any failure inside is named after the step."""
    print(f"  {title} ...", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except (StepFailed, OSError, subprocess.SubprocessError) as error:
        print(" failed", flush=True)
        raise StepFailed(f"Step “{title}” failed: {error}") from error
    print(f" {time.monotonic() - started:.0f} s", flush=True)


def run_logged(argv: Sequence[str], log: str, *, root: bool = False, env: Mapping[str, str] | None = None) -> None:
    """Run a program, its output appended to build/appliance/logs/`log`.log. Raises StepFailed with the last lines."""
    command = as_root(argv) if root else list(argv)
    file = paths.logs() / f"{log}.log"
    with file.open("ab") as output:
        output.write(f"+ {' '.join(command)}\n".encode())
        output.flush()
        environment = None if env is None else {**os.environ, **env}
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
    if done.returncode != 0:
        raise StepFailed(f"{command[0]} ended with {done.returncode}. Its log is {file}; the end of it:\n{tail(file)}")


@contextmanager
def locked(name: str, what: str) -> Iterator[None]:
    """Hold a lock file in the cache while doing `what`. The kernel releases it however this process ends."""
    with (paths.cache() / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another {what} is under way; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def as_root(argv: Sequence[str]) -> list[str]:
    """The same command, through sudo unless we are root already."""
    return list(argv) if os.geteuid() == 0 else ["sudo", "--", *argv]


def tail(file: Path, lines: int = 12) -> str:
    text = file.read_text(errors="replace") if file.exists() else ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def wait_until(what: str, condition: Callable[[], bool], limit_s: float, pause_s: float = 0.25) -> None:
    """Ask `condition` again and again until it holds. Raises StepFailed naming `what` after `limit_s` seconds."""
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            raise StepFailed(f"waited {limit_s:.0f} s in vain for {what}")
        time.sleep(pause_s)


def say(text: str) -> None:
    print(text, flush=True)


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
