"""The storage daemon's own protocol against a fake daemon."""

import json
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bamsd.bacula import cram_md5, resources, sd_client
from bamsd.bacula.models import Login, Tls
from bamsd.errors import BamsError, NotAuthorized, NotReady, NotSupported, TimedOut, ToolFailed
from tests.fakes.storage_daemon import FakeStorageDaemon
from tests.fakes.tls import certificate, speak_tls


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
    assert [command.split()[0] for command in daemon.asked] == [".status"] * 5


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


async def test_why_a_job_waits_is_told(daemon: FakeStorageDaemon) -> None:
    state = json.loads(daemon.state.read_text())
    job = {"jobid": 7, "job": "nightly.2026-11-22_22.17.24_04", "level": "F", "type": "B", "status": "m"}
    lines = [
        "3604 JobId=7 reading device drive-0 is BLOCKED due to user unmount.",
        '3608 JobId=7 wants Pool="A" but have Pool="B" nreserve=1 on append device drive-1.',
        "3605 JobId=8 wants free drive but append device drive-1 is busy.",
    ]
    daemon.state.write_text(json.dumps(state | {"running": [job], "waiting": lines}))
    [found] = (await sd_client.status(login(daemon))).running
    assert found.waiting == (
        "reading device drive-0 is BLOCKED due to user unmount; "
        'wants Pool="A" but have Pool="B" nreserve=1 on append device drive-1'
    )


@pytest.mark.parametrize("verifies_peer", [False, True])
async def test_tls_with_the_certificate_of_the_configuration(
    daemon: FakeStorageDaemon, tmp_path: Path, verifies_peer: bool
) -> None:
    files = certificate(tmp_path, "sd")
    speak_tls(daemon, files, verifies_peer=verifies_peer)
    found = await sd_client.status(replace(login(daemon), tls=files.tls(verifies_peer=verifies_peer)))
    assert daemon.was_secure
    assert found.devices


async def test_another_certificate_is_not_believed(daemon: FakeStorageDaemon, tmp_path: Path) -> None:
    speak_tls(daemon, certificate(tmp_path, "stranger"))
    error = await refused(daemon, replace(login(daemon), tls=certificate(tmp_path, "sd").tls()))
    assert isinstance(error, NotAuthorized)
    assert "must show the certificate" in error.message
    assert daemon.asked == []


async def test_an_expired_certificate_is_said(daemon: FakeStorageDaemon, tmp_path: Path) -> None:
    files = certificate(tmp_path, "sd", datetime(2024, 1, 1, tzinfo=UTC))
    speak_tls(daemon, files)
    error = await refused(daemon, replace(login(daemon), tls=files.tls()))
    assert "expired" in error.message


@pytest.mark.parametrize(
    "content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
async def test_a_certificate_that_cannot_be_used_is_named(
    daemon: FakeStorageDaemon, tmp_path: Path, content: str
) -> None:
    speak_tls(daemon, certificate(tmp_path, "sd"))
    file = tmp_path / "broken.pem"
    file.write_text(content)
    error = await refused(daemon, replace(login(daemon), tls=Tls(str(file), "", True)))
    assert isinstance(error, NotReady)
    assert str(file) in error.message


async def test_a_daemon_that_requires_tls_behind_our_back_is_said(daemon: FakeStorageDaemon) -> None:
    daemon.tls = 2
    error = await refused(daemon, login(daemon))
    assert isinstance(error, NotReady)
    assert "restart bacula-sd" in error.message


async def test_a_daemon_without_the_tls_that_is_required_is_not_asked(
    daemon: FakeStorageDaemon, tmp_path: Path
) -> None:
    error = await refused(daemon, replace(login(daemon), tls=certificate(tmp_path, "sd").tls()))
    assert isinstance(error, NotReady)
    assert "speaks none" in error.message
    assert daemon.asked == []


async def test_a_certificate_that_the_daemon_demands_is_missing(daemon: FakeStorageDaemon, tmp_path: Path) -> None:
    """TLS 1.3 tells it only after the handshake (recorded: "peer, client without certificate")."""
    files = certificate(tmp_path, "sd")
    speak_tls(daemon, files, verifies_peer=True)
    error = await refused(daemon, replace(login(daemon), tls=files.tls()))
    assert isinstance(error, NotAuthorized)
    assert "CERTIFICATE_REQUIRED" in error.message
    assert "take the same one from BAMS" in error.message


async def test_an_older_daemon_knows_no_key_from_the_password(daemon: FakeStorageDaemon) -> None:
    error = await refused(daemon, replace(login(daemon), tls=Tls(is_required=True)))
    assert isinstance(error, NotReady)
    assert "speaks none" in error.message


async def test_a_key_from_the_password_works_or_needs_a_newer_python(daemon: FakeStorageDaemon) -> None:
    daemon.has_psk = True
    who = replace(login(daemon), tls=Tls(is_required=True))
    if hasattr(ssl.SSLContext, "set_psk_client_callback"):
        assert (await sd_client.status(who)).devices
        assert daemon.was_secure
        error = await refused(daemon, replace(who, password="another"))
        assert isinstance(error, NotAuthorized)
        assert "password of" in error.message
    else:
        error = await refused(daemon, who)
        assert isinstance(error, NotSupported)
        assert "3.13" in error.message
        assert "TLS Require = no" in error.message


RECORDED = json.loads((Path(__file__).parents[2] / "recordings/bacula/sd-login-15.json").read_text())


@pytest.mark.parametrize("name", [name for name in RECORDED if "wrong" not in name])
def test_the_proofs_of_the_real_daemon(name: str) -> None:
    """Both answers in a recorded login follow from its password."""
    wire = [text for who, text in RECORDED[name]["wire"] if who != "tls" and not text.startswith("starttls")][1:]
    theirs = cram_md5.parse_challenge(wire[0])
    assert theirs
    if len(wire) > 1:
        assert wire[1] == cram_md5.answer("secret", theirs.text)
        ours = cram_md5.parse_challenge(wire[3])
        assert ours
        assert cram_md5.proves(wire[4], "secret", ours.text)


def test_tls_of_the_real_configurations() -> None:
    """What bsdjson prints of a Director, and what its daemon then says of TLS."""
    for recorded in RECORDED.values():
        if (row := recorded.get("director")) is None:
            continue
        tls = resources.tls_of(row)
        offers = any("tlspsk=" in text for _, text in recorded["wire"][:1])
        assert tls.needs_psk == offers
        challenge = next(found for _, text in recorded["wire"] if (found := cram_md5.parse_challenge(text)))
        wanted = {(True, True): 2, (True, False): 1}.get((bool(tls.certificate), tls.is_required), 0)
        assert challenge.tls == wanted


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
