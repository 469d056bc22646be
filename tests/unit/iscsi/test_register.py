"""Targets and devices in the store, secrets in the sealed file."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bamsd.core.store import Store
from bamsd.errors import ToolFailed
from bamsd.iscsi.documents import lost_secrets
from bamsd.iscsi.models import Credential, Device, Group, Identity, Lun, Portal, Secret, Target
from bamsd.iscsi.register import Register, Row
from bamsd.iscsi.sealed import SealedFile

A = "iqn.2026-01.org.example:a"
FAKES = Path(__file__).parents[2] / "fakes" / "bin"
SECRET, OTHER = "TopSecret-abc1", "TopSecret-xyz2"
FULL = Target(
    A,
    "alias",
    False,
    (Portal("192.0.2.1"), Portal("2001:db8::1", 3261)),
    (Group("default", ("iqn.2026-01.x:1",), None), Group("ro", (), (0,))),
    (Lun(0, "repo1", read_only=True),),
    (Credential("joe", Secret(SECRET)),),
    Credential("me", Secret(OTHER)),
    (("QueuedCommands", "64"),),
    7,
)
DEVICE = Device("repo1", "block", "/dev/vg0/repo1", Identity("1" * 20, "6" * 32, "1" * 20), True, repository="uuid")


class Memory:
    """A vault that forgets nothing, and counts."""

    def __init__(self) -> None:
        self.content: Mapping[str, str] = {}
        self.kept = 0

    async def open(self) -> Mapping[str, str]:
        return self.content

    async def keep(self, secrets: Mapping[str, str]) -> None:
        self.content = dict(secrets)
        self.kept += 1


async def opened(path: Path, vault: Memory) -> tuple[Store, Register]:
    store = Store(path / "bams.db")
    await store.open()
    register = Register(store, vault)
    await register.open()
    return store, register


async def test_what_is_saved_is_there_after_a_restart(tmp_path: Path) -> None:
    vault = Memory()
    store, register = await opened(tmp_path, vault)
    row = Row(FULL, created_us=5, created_by="ada")
    await register.save([row], [DEVICE])
    await store.close()
    store, register = await opened(tmp_path, vault)
    assert register.desired.rows == {A: row}
    assert register.desired.devices == {"repo1": DEVICE}
    await store.close()


async def test_no_secret_is_in_the_store(tmp_path: Path) -> None:
    store, register = await opened(tmp_path, Memory())
    await register.save([Row(FULL)], [DEVICE])
    await register.mark_applied([A])
    await store.close()
    for file in tmp_path.iterdir():
        assert SECRET.encode() not in file.read_bytes()
        assert OTHER.encode() not in file.read_bytes()


async def test_applied_is_remembered_beside_what_is_wanted(tmp_path: Path) -> None:
    vault = Memory()
    store, register = await opened(tmp_path, vault)
    await register.save([Row(FULL)], [DEVICE])
    assert not register.desired.rows[A].is_applied
    assert register.desired.applied().targets == {}
    await register.mark_applied([A])
    assert register.desired.rows[A].is_applied
    changed = replace(FULL, alias="other", luns=())
    await register.save([replace(register.desired.rows[A], target=changed)])
    await store.close()
    store, register = await opened(tmp_path, vault)
    assert register.desired.wanted().targets == {A: changed}
    assert register.desired.wanted().devices == {}
    assert register.desired.applied().targets == {A: FULL}
    assert register.desired.applied().devices == {"repo1": DEVICE}
    await store.close()


async def test_a_target_that_is_not_wanted_goes_when_that_is_applied(tmp_path: Path) -> None:
    vault = Memory()
    store, register = await opened(tmp_path, vault)
    await register.save([Row(FULL)], [DEVICE])
    await register.save([replace(register.desired.rows[A], wanted=False)])
    assert A in register.desired.rows
    await register.mark_applied([A])
    assert register.desired.rows == {}
    await store.close()
    store, register = await opened(tmp_path, vault)
    assert register.desired.rows == {}
    assert register.desired.devices == {"repo1": DEVICE}
    await store.close()


async def test_the_sealed_file_is_written_only_for_a_new_secret(tmp_path: Path) -> None:
    vault = Memory()
    store, register = await opened(tmp_path, vault)
    await register.save([Row(FULL)])
    await register.save([replace(register.desired.rows[A], target=replace(FULL, alias="x"))])
    await register.mark_applied([A])
    assert vault.kept == 1
    numbers = set(vault.content)
    rotated = replace(FULL, credentials=(Credential("joe", Secret("another-secret")),))
    await register.save([replace(register.desired.rows[A], target=rotated)])
    assert vault.kept == 2
    assert set(vault.content.values()) == {SECRET, OTHER, "another-secret"}
    await register.mark_applied([A])
    again = replace(FULL, credentials=(Credential("joe", Secret("third-secret1")),))
    await register.save([replace(register.desired.rows[A], target=again)])
    assert SECRET not in vault.content.values()
    assert not numbers & {n for n, secret in vault.content.items() if secret == "third-secret1"}
    await store.close()


async def test_a_lost_secret_locks_its_target_instead_of_opening_it(tmp_path: Path) -> None:
    vault = Memory()
    store, register = await opened(tmp_path, vault)
    await register.save([Row(FULL)])
    await store.close()
    vault.content = {}
    store, register = await opened(tmp_path, vault)
    found = register.desired.rows[A].target
    assert [c.user for c in found.credentials] == ["joe"]
    assert lost_secrets(found) == ["joe", "me"]
    await register.save([replace(register.desired.rows[A], target=replace(found, alias="still locked"))])
    await store.close()
    store, register = await opened(tmp_path, vault)
    assert lost_secrets(register.desired.rows[A].target) == ["joe", "me"]
    await store.close()


def test_a_secret_never_shows_itself() -> None:
    for text in (repr(FULL), str(FULL), f"{FULL}", f"{FULL.credentials[0].secret!s}", repr(Row(FULL))):
        assert SECRET not in text
        assert OTHER not in text
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("ä") != "ä"


@pytest.fixture
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SealedFile:
    monkeypatch.setenv("PATH", f"{FAKES}:/usr/bin:/bin")
    return SealedFile(tmp_path)


async def test_secrets_are_sealed_and_readable_by_root_alone(sealed: SealedFile) -> None:
    assert await sealed.open() == {}
    await sealed.keep({"1": SECRET})
    assert sealed.sealed.stat().st_mode & 0o777 == 0o600
    assert SECRET.encode() not in sealed.sealed.read_bytes()
    assert await sealed.open() == {"1": SECRET}


async def test_a_sealed_file_that_cannot_be_opened_is_an_error_and_stays(sealed: SealedFile) -> None:
    sealed.sealed.write_text("rubbish")
    with pytest.raises(ToolFailed, match="cannot be opened on this machine"):
        await sealed.open()
    assert sealed.sealed.read_text() == "rubbish"


async def test_without_systemd_creds_a_file_for_root_alone(
    sealed: SealedFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    await sealed.keep({"1": SECRET})
    assert sealed.plain.stat().st_mode & 0o777 == 0o600
    assert await sealed.open() == {"1": SECRET}
    monkeypatch.setenv("PATH", f"{FAKES}:/usr/bin:/bin")
    await sealed.keep({"1": SECRET, "2": OTHER})
    assert not sealed.plain.exists()
    assert await sealed.open() == {"1": SECRET, "2": OTHER}


@pytest.mark.parametrize("content", ["", "[]", '{"x": "y"}', '{"1": 2}', '{"1": "TopSecret-abc1"'])
async def test_a_damaged_file_is_refused_without_its_content(sealed: SealedFile, content: str) -> None:
    sealed.plain.write_text(content)
    with pytest.raises(ToolFailed, match="holds no secrets of BAMS") as raised:
        await sealed.open()
    assert SECRET not in raised.value.message
    assert json.dumps(raised.value.message)
