import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bamsd.system.open_files import OpenBy, who_has_open

HOLD = "import sys; file = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
FORK = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', sys.argv[2], sys.argv[1]]))"


@pytest.fixture
def node(tmp_path: Path) -> Path:
    path = tmp_path / "nst0"
    path.touch()
    return path


def hold(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == b"open\n"
    with process:
        yield process
        process.stdin.close()


@pytest.fixture
def child(node: Path) -> Iterator[subprocess.Popen[bytes]]:
    yield from hold(HOLD, str(node))


@pytest.fixture
def grandchild(node: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Stands for a program that bamsd did not start."""
    yield from hold(FORK, str(node), HOLD)


async def test_a_foreign_program_is_named(node: Path, grandchild: subprocess.Popen[bytes]) -> None:
    [found] = await who_has_open([str(node), "/nothing"])
    assert found.path == str(node)
    assert found.command.startswith("python")
    assert found.pid not in (os.getpid(), grandchild.pid)


async def test_another_name_of_the_file_counts(node: Path, tmp_path: Path, grandchild: subprocess.Popen[bytes]) -> None:
    link = tmp_path / "by-id"
    link.symlink_to(node)
    assert [opener.path for opener in await who_has_open([str(link)])] == [str(link)]


async def test_own_children_count_only_when_asked(node: Path, child: subprocess.Popen[bytes]) -> None:
    assert await who_has_open([str(node)]) == ()
    [found] = await who_has_open([str(node)], children=True)
    assert found.pid == child.pid


async def test_this_process_is_left_out(node: Path) -> None:
    with node.open():
        assert await who_has_open([str(node)], children=True) == ()


async def test_a_device_is_known_by_its_number(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    (proc / "77" / "fd").mkdir(parents=True)
    (proc / "77" / "fd" / "3").symlink_to("/dev/null")
    (proc / "77" / "stat").write_text("77 (a) b) S 1 77\n")
    (proc / "77" / "comm").write_text("bacula-sd\n")
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    assert await who_has_open([str(link)], proc) == (OpenBy(77, "bacula-sd", str(link)),)


async def test_a_process_that_vanishes_is_skipped(tmp_path: Path, node: Path) -> None:
    (tmp_path / "proc" / "78").mkdir(parents=True)
    assert await who_has_open([str(node)], tmp_path / "proc") == ()
