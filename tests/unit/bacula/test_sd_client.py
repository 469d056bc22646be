"""The storage daemon's own protocol against a fake daemon."""

import json
from dataclasses import replace

import pytest

from bamsd.bacula import sd_client
from bamsd.bacula.models import Login
from bamsd.errors import BamsError, NotAuthorized, NotReady, NotSupported, TimedOut, ToolFailed
from tests.fakes.storage_daemon import FakeStorageDaemon


def login(daemon: FakeStorageDaemon) -> Login:
    return Login("127.0.0.1", daemon.port, "mon", "secret")


@pytest.mark.parametrize("version", ["15.0.3 (25 March 2025)", "9.6.7 (10 December 2020)"])
async def test_a_monitor_sees_devices_and_jobs(daemon: FakeStorageDaemon, version: str) -> None:
    state = json.loads(daemon.state.read_text())
    job = {"jobid": 7, "job": "nightly.2026-11-22_22.17.24_04", "level": "F", "type": "B", "status": "R"}
    now = {"drive-0": {"open": 1, "mounted": 1, "volume": "A00001L8", "pool": "Full", "writers": 1}}
    now["drive-0"] |= {"blocked": 1, "blocked_desc": "waiting for media"}
    job |= {"jobbytes": 12, "jobfiles": 3, "write_device": "drive-0", "write_volume": "A00001L8"}
    daemon.state.write_text(json.dumps(state | {"version": version, "running": [job], "now": now}))
    found = await sd_client.status(login(daemon))
    assert found.header.version == version
    [device] = found.devices
    assert (device.name, device.kind, device.autochanger) == ("drive-0", "Tape", "lib")
    assert (device.volume, device.is_mounted, device.writers, device.blocked) == (
        "A00001L8",
        True,
        1,
        "waiting for media",
    )
    [running] = found.running
    assert (running.called, running.bytes, running.volume) == ("nightly (JobId 7)", 12, "A00001L8")
    assert [command.split()[0] for command in daemon.asked] == [".status"] * 4


async def refused(daemon: FakeStorageDaemon, who: Login, timeout_s: float = 5) -> BamsError:
    with pytest.raises(BamsError) as caught:
        await sd_client.status(who, timeout_s)
    assert who.password not in caught.value.message
    assert who.password not in repr(who)
    return caught.value


async def test_a_wrong_password_or_name_is_said_in_words(daemon: FakeStorageDaemon) -> None:
    wrong = await refused(daemon, replace(login(daemon), password="guess"))
    assert isinstance(wrong, NotAuthorized)
    assert "does not let mon in" in wrong.message
    stranger = await refused(daemon, replace(login(daemon), director="nobody"))
    assert isinstance(stranger, NotAuthorized)
    assert "unknown Director nobody" in stranger.message
    assert "\n" not in stranger.message


async def test_a_daemon_that_does_not_know_the_password_is_not_believed(daemon: FakeStorageDaemon) -> None:
    daemon.lies = True
    error = await refused(daemon, login(daemon))
    assert isinstance(error, NotAuthorized)
    assert "may not be the storage daemon" in error.message
    assert daemon.asked == []


async def test_required_tls_is_said_in_words(daemon: FakeStorageDaemon) -> None:
    daemon.tls = 2
    error = await refused(daemon, login(daemon))
    assert isinstance(error, NotSupported)
    assert "TLS Require = no" in error.message


async def test_nobody_there_and_a_daemon_that_goes_away(daemon: FakeStorageDaemon) -> None:
    daemon.state.write_text(json.dumps(json.loads(daemon.state.read_text()) | {"active": False}))
    assert isinstance(await refused(daemon, login(daemon)), NotReady)
    await daemon.stop()
    gone = await refused(daemon, login(daemon))
    assert isinstance(gone, NotReady)
    assert "start bacula-sd.service" in gone.message


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9\r\n", b"\x7f\xff\xff\xff", b"\x80\0\0\0"])
async def test_another_program_on_the_port_is_found_out(daemon: FakeStorageDaemon, answer: bytes) -> None:
    daemon.garbage = answer
    assert isinstance(await refused(daemon, login(daemon)), ToolFailed)


async def test_silence_ends_after_the_limit(daemon: FakeStorageDaemon) -> None:
    daemon.is_silent = True
    assert isinstance(await refused(daemon, login(daemon), timeout_s=0.1), TimedOut)
