"""Python programs that a test can kill: the only way to see what a kill -9 leaves behind."""

import os
import subprocess
import sys
from pathlib import Path

import bamsd

_ROOT = Path(bamsd.__file__).parent.parent


def start(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """Start ``code`` with the bamsd under test importable. Its standard output is a pipe."""
    environment = os.environ | {"PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"}
    argv = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)


def kill_after(child: "subprocess.Popen[str]", lines: int) -> list[str]:
    """Kill -9 when the child has printed so many lines. Returns every line that it printed whole before it died."""
    assert child.stdout is not None
    with child, child.stdout:
        seen = [child.stdout.readline() for _ in range(lines)]
        child.kill()
        seen += child.stdout.readlines()
    return [line.rstrip("\n") for line in seen if line.endswith("\n")]
