"""With whose rights a configuration of Bacula is read."""

import os
import pwd
from pathlib import Path

import pytest

from bamsd.bacula.reader import Reader
from bamsd.errors import NotFound

SELF = pwd.getpwuid(os.geteuid()).pw_name
NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What systemctl prints of a unit; how often it was asked stands in ``asked`` beside it."""
    said = tmp_path / "said"
    program = tmp_path / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\ncat {said}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return said


@pytest.mark.parametrize(
    ("load", "user", "uid"),
    [
        pytest.param("loaded", "nobody", NOBODY.pw_uid, id="the user of the unit"),
        pytest.param("loaded", "", 0, id="a unit without one starts as root"),
        pytest.param("not-found", "", os.geteuid(), id="no unit, so the user of the settings"),
    ],
)
async def test_the_user_who_reads_it_for_the_daemon(systemd: Path, load: str, user: str, uid: int) -> None:
    systemd.write_text(f"LoadState={load}\nUser={user}\nGroup=\nSupplementaryGroups=root\n")
    found = await Reader(SELF).storage()
    assert found.uid == uid
    assert 0 in found.groups, "the groups of the unit count"
    assert found.gid == pwd.getpwuid(uid).pw_gid


async def test_the_director_may_be_another(systemd: Path) -> None:
    reader = Reader(SELF)
    systemd.write_text("LoadState=loaded\nUser=nobody\n")
    first = await reader.storage()
    systemd.write_text("LoadState=loaded\nUser=root\n")
    assert (await reader.director()).uid == 0
    assert await reader.storage() == first, "what was found is kept for a while"
    asked = (systemd.parent / "asked").read_text().splitlines()
    assert [line.rsplit(" ", 1)[1] for line in asked] == ["bacula-sd.service", "bacula-director.service"]


async def test_a_user_who_is_not_there_is_named(systemd: Path) -> None:
    systemd.write_text("LoadState=loaded\nUser=no-such-user\n")
    with pytest.raises(NotFound, match="no user no-such-user to read the configuration of bacula-sd"):
        await Reader(SELF).storage()
