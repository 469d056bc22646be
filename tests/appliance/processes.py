"""Processes that outlive the command that started them, known by a pid file and recognised by their command line."""

import os
import signal
import socket
from pathlib import Path

from tests.appliance.steps import StepFailed, as_root, run_logged, wait_until


def running(pid_file: Path, mark: str) -> int | None:
    """The pid in the file when that process lives and `mark` stands in its command line, else None."""
    try:
        pid = int(pid_file.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return None
    return pid if mark.encode() in command and state != "Z" else None


def kill(pid_file: Path, mark: str, *, root: bool = False) -> None:
    """End that process at once, and no other: a pid that now belongs to somebody else is left alone."""
    pid = running(pid_file, mark)
    if pid is not None:
        if root and os.geteuid() != 0:
            run_logged(as_root(["kill", "-9", str(pid)]), "stop")
        else:
            os.kill(pid, signal.SIGKILL)
        wait_until(f"process {pid} to end", lambda: running(pid_file, mark) is None, 15)
    pid_file.unlink(missing_ok=True)


def free_port(wanted: int | None = None) -> int:
    """A TCP port of 127.0.0.1 that nobody listens on: `wanted` when it is free, else any."""
    for port in (wanted, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StepFailed("there is no free TCP port on 127.0.0.1")
