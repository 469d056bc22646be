"""Programs that root runs: others must not be able to change them."""

from pathlib import Path

import pytest

from bamsd.delivery.programs import demand_safe
from bamsd.errors import NotAuthorized, NotFound


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "bin" / "tell"
    path.parent.mkdir(mode=0o755)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_program_of_root_is_taken_also_through_a_link(program: Path, tmp_path: Path) -> None:
    demand_safe(str(program))
    link = tmp_path / "link"
    link.symlink_to(program)
    demand_safe(str(link))


@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_a_program_or_folder_that_others_can_write_is_refused(program: Path, mode: int) -> None:
    program.chmod(mode)
    with pytest.raises(NotAuthorized, match="others than root can change"):
        demand_safe(str(program))
    program.chmod(0o755)
    program.parent.chmod(mode)
    with pytest.raises(NotAuthorized, match="bin"):
        demand_safe(str(program))


def test_a_link_in_a_folder_that_others_can_write_is_refused(program: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "link").symlink_to(program)
    shared.chmod(0o777)
    with pytest.raises(NotAuthorized, match="shared"):
        demand_safe(str(shared / "link"))


@pytest.mark.parametrize("mode", [0o644, None])
def test_what_is_missing_or_no_program_is_said(program: Path, mode: int | None) -> None:
    if mode:
        program.chmod(mode)
    else:
        program.unlink()
    with pytest.raises(NotFound, match="There is no program"):
        demand_safe(str(program))
    with pytest.raises(NotFound):
        demand_safe(str(program.parent))
