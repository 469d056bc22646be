"""The folder of exports: what is taken from it, and what is left when it cannot be written."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bamsd.errors import InvalidArgument, NotFound, NotReady, OutOfSpace, ToolFailed
from bamsd.rebuild.files import ExportFiles

NAME = "bams-backup1-20260101-120000"


@pytest.fixture
def files(tmp_path: Path) -> ExportFiles:
    return ExportFiles(tmp_path / "exports")


def test_it_is_written_listed_read_and_deleted(files: ExportFiles) -> None:
    assert files.list() == ()
    written = files.write(NAME, b"sealed")
    assert (written.name, written.size_bytes) == (NAME, 6)
    assert files.list() == (written,)
    assert files.read(NAME) == b"sealed"
    (files.folder / "stranger.bams").write_text("x")
    (files.folder / "bams-x-20260101-120000.bams").symlink_to("/etc/passwd")
    assert files.list() == (written,)
    files.delete(NAME)
    with pytest.raises(NotFound, match="There is no export"):
        files.delete(NAME)
    with pytest.raises(NotFound, match="copy it there"):
        files.read(NAME)


@pytest.mark.parametrize("name", ["", "../bams", f"{NAME}\n", f"{NAME}/x", "x" * 300])
def test_what_is_no_name_touches_nothing(files: ExportFiles, name: str) -> None:
    for do in (files.read, files.delete):
        with pytest.raises(InvalidArgument, match="no name of an export"):
            do(name)


def test_only_what_root_alone_wrote_is_read(files: ExportFiles) -> None:
    path = files.write(NAME, b"sealed").path
    for mode in (0o642, 0o660):
        path.chmod(mode)
        with pytest.raises(NotReady, match="root alone"):
            files.read(NAME)
    path.unlink()
    path.mkdir()
    with pytest.raises(NotReady, match="root alone"):
        files.read(NAME)
    path.rmdir()
    path.symlink_to("/etc/passwd")
    with pytest.raises(ToolFailed, match="cannot be opened"):
        files.read(NAME)


@pytest.fixture
def full(files: ExportFiles) -> Iterator[ExportFiles]:
    """Its disk has no room."""
    files.folder.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(files.folder)]
    if subprocess.run(argv, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield files
    finally:
        subprocess.run(["umount", str(files.folder)], check=True)


def test_a_full_disk_is_said_and_leaves_nothing(full: ExportFiles) -> None:
    with pytest.raises(OutOfSpace, match=r"is full, so the export was not made\. Make room there"):
        full.write(NAME, b"x" * 20_000)
    assert list(full.folder.iterdir()) == []
    full.write(NAME, b"x" * 100)


def test_a_file_in_the_way_is_no_full_disk(files: ExportFiles) -> None:
    files.folder.write_text("in the way")
    with pytest.raises(ToolFailed, match="exports"):
        files.write(NAME, b"x")


def test_what_a_crash_left_is_cleared(files: ExportFiles) -> None:
    files.write(NAME, b"whole")
    (files.folder / f".{NAME}.bams.new").write_bytes(b"half")
    files.clear()
    assert [path.name for path in files.folder.iterdir()] == [f"{NAME}.bams"]
    ExportFiles(files.folder / "not there").clear()
