"""The rows and intents of disks in the store."""

from pathlib import Path

import pytest

from bamsd.core.store import Store
from bamsd.disk.register import Register
from bamsd.errors import Internal
from tests.unit.disk.pictures import GIB, THICK, UUID, intent, row


async def opened(path: Path) -> tuple[Store, Register]:
    store = Store(path / "bams.db")
    await store.open()
    register = Register(store)
    await register.open()
    return store, register


async def test_what_is_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    store, register = await opened(tmp_path)
    begun = intent("disk-create", size_bytes=GIB, devices=("/dev/vdb", "/dev/vdc"))
    await register.begin(begun)
    await register.reach(7, 2)
    await register.keep(row())
    await store.close()
    store, register = await opened(tmp_path)
    assert register.rows == {UUID: row()}
    [found] = await register.intents()
    assert (found.stage, found.devices, found.ended, found.size_bytes) == (2, ("/dev/vdb", "/dev/vdc"), False, GIB)
    await store.close()


async def test_an_end_keeps_the_row_and_forgets_the_intent_together(tmp_path: Path) -> None:
    store, register = await opened(tmp_path)
    await register.begin(intent("disk-create"))
    await register.end(7, saved=row())
    assert await register.intents() == []
    await register.begin(intent("disk-delete"))
    await register.end(7, forgotten=UUID)
    assert (register.rows, await register.intents()) == ({}, [])
    assert await store.query("SELECT * FROM repositories") == []
    await store.close()


async def test_two_repositories_never_get_one_name(tmp_path: Path) -> None:
    """Replacing the older row would make BAMS forget a repository with data in it."""
    store, register = await opened(tmp_path)
    await register.keep(row())
    await register.begin(intent("disk-create"))
    with pytest.raises(Internal, match="UNIQUE"):
        await register.end(7, saved=row(THICK, uuid=UUID.replace("1", "2")))
    assert set(register.rows) == {UUID}
    assert len(await register.intents()) == 1
    await store.close()


async def test_a_row_is_changed_in_place(tmp_path: Path) -> None:
    store, register = await opened(tmp_path)
    await register.keep(row())
    await register.keep(row(leftover="grow", size_bytes=2 * GIB))
    assert [entry["leftover"] for entry in await store.query("SELECT * FROM repositories")] == ["grow"]
    assert register.named("thick") == row(leftover="grow", size_bytes=2 * GIB)
    assert register.named("other") is None
    await store.close()
