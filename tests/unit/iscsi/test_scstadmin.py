"""scstadmin as a program: what it prints is passed on without secrets, and its exit code decides nothing."""

import os
from pathlib import Path

import pytest

from bamsd.errors import InvalidArgument, NotSupported
from bamsd.iscsi import scstadmin
from tests.fakes.tape_library import BIN

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "scst"


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    file = tmp_path / "scst.conf"
    file.touch()
    return file


@pytest.mark.parametrize("name", ["config-again", "config-changed-chap", "config-relid-conflict"])
async def test_no_credential_is_passed_on(
    name: str, conf: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BAMS_FAKE_SCSTADMIN", str(RECORDINGS / f"{name}.txt"))
    said = await scstadmin.config(conf)
    for secret in ("secretsecret12", "secretsecret34", "changedsecret12", "alice"):
        assert secret not in said + caplog.text
    assert ("***" in said) == (name != "config-again")
    assert "change(s) made" in said or "FATAL" in said


async def test_a_given_secret_is_blanked_wherever_it_stands(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAMS_FAKE_SCSTADMIN", str(RECORDINGS / "config-again.txt"))
    assert "copy_manager" not in await scstadmin.config(conf, secrets=["copy_manager"])


async def test_it_is_not_there_or_the_path_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidArgument):
        await scstadmin.config(Path("scst.conf"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotSupported, match="scstadmin"):
        await scstadmin.config(tmp_path / "scst.conf")


@pytest.mark.parametrize("secret", ["it's for 'you'", "a' for device", "***"])
def test_redaction_holds_for_odd_secrets(secret: str) -> None:
    line = (
        f"\t-> Adding target attribute 'IncomingUser' with value 'joe {secret}' for driver/target 'iscsi/iqn.x': done."
    )
    assert f"joe {secret}" not in scstadmin.redacted(line)
    assert "joe" not in scstadmin.redacted(line)
