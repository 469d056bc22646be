"""The store: durable, all or nothing, and never silently made anew."""

import asyncio
import contextlib
import os
import random
import sqlite3
import stat
import threading
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from bamsd.core.store import Store
from bamsd.errors import AlreadyExists, Internal, NotSupported, OutOfSpace
from tests.unit import child


async def test_first_start_makes_file_and_directory_for_the_group_only(store: Store) -> None:
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o640
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o750
    await store.execute("INSERT INTO meta VALUES ('a', 'b')")
    for file in store.path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o027 == 0, file


async def test_settings_that_make_it_durable(store: Store) -> None:
    assert await store.query("PRAGMA journal_mode") == [{"journal_mode": "wal"}]
    assert await store.query("PRAGMA synchronous") == [{"synchronous": 2}]
    assert await store.query("PRAGMA foreign_keys") == [{"foreign_keys": 1}]


async def test_rows_outlive_the_daemon(tmp_path: Path) -> None:
    store = Store(tmp_path / "bams.db")
    await store.open()
    await store.execute("INSERT INTO meta VALUES (?, ?)", ("by place", "1"))
    await store.execute("INSERT INTO meta VALUES (:key, :value)", {"key": "by name", "value": "2"})
    await store.close()
    again = Store(store.path)
    await again.open()
    assert await again.query("SELECT * FROM meta ORDER BY value") == [
        {"key": "by place", "value": "1"},
        {"key": "by name", "value": "2"},
    ]
    await again.close()


async def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    with pytest.raises(Internal, match=r"bams\.db failed: UNIQUE constraint"):
        await store.transaction(
            [("INSERT INTO meta VALUES ('a', ?)", ("1",)), ("INSERT INTO meta VALUES ('a', '2')", ())]
        )
    assert await store.query("SELECT * FROM meta") == []
    await store.transaction([("INSERT INTO meta VALUES ('a', '1')", ()), ("INSERT INTO meta VALUES ('b', '2')", ())])
    assert len(await store.query("SELECT * FROM meta")) == 2


async def test_statements_run_on_one_other_thread_and_leave_the_loop_free(store: Store) -> None:
    slow = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT max(i) AS top FROM n"
    )
    before = threading.active_count()
    queries = asyncio.gather(*(store.query(slow) for _ in range(3)))
    turns = 0
    while not queries.done():
        await asyncio.sleep(0)
        turns += 1
    assert [rows[0]["top"] for rows in queries.result()] == [1000000] * 3
    assert turns > 100
    assert threading.active_count() == before


async def test_a_full_disk_is_named(store: Store) -> None:
    await store.query("PRAGMA max_page_count = 60")
    rows = [("INSERT INTO meta VALUES (?, ?)", (f"k{i}", "x" * 4000)) for i in range(100)]
    with pytest.raises(OutOfSpace, match=r"bams\.db"):
        await store.transaction(rows)
    assert await store.query("SELECT * FROM meta") == []
    await store.transaction(rows[:3])
    assert len(await store.query("SELECT * FROM meta")) == 3


async def test_a_wrong_statement_names_the_file(store: Store) -> None:
    for sql in ("SELECT nothing FROM nowhere", "SELECT ?"):
        with pytest.raises(Internal, match=r"bams\.db"):
            await store.query(sql)


async def test_not_open_and_closed_are_said(tmp_path: Path) -> None:
    store = Store(tmp_path / "bams.db")
    with pytest.raises(Internal, match="not open"):
        await store.query("SELECT 1")
    await store.open()
    await store.close()
    with pytest.raises(Internal, match="closed"):
        await store.query("SELECT 1")


def content(directory: Path) -> dict[str, bytes]:
    """What the files hold. SQLite makes empty side files while it looks."""
    return {file.name: data for file in directory.iterdir() if (data := file.read_bytes()) and file.suffix != ".db-shm"}


def no_database(path: Path) -> None:
    path.write_bytes(os.urandom(8192))


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def cut_off(path: Path) -> None:
    os.truncate(path, 4096 * 3)


def overwritten_inside(path: Path) -> None:
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 4)


def gone_with_its_log_left(path: Path) -> None:
    path.rename(path.with_name("bams.db-wal"))


@pytest.mark.parametrize(
    "damage", [no_database, emptied, cut_off, overwritten_inside, gone_with_its_log_left], ids=lambda f: f.__name__
)
async def test_a_damaged_store_is_refused_and_left_as_it_is(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "bams.db"
    store = Store(path)
    await store.open()
    await store.transaction([("INSERT INTO meta VALUES (?, ?)", (f"k{i}", "x" * 500)) for i in range(100)])
    await store.close()
    damage(path)
    before = content(tmp_path)
    store = Store(path)
    with pytest.raises(Internal, match=r"bams\.db is damaged .*move it away"):
        await store.open()
    await store.close()
    assert content(tmp_path) == before


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bams.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    store = Store(path)
    with pytest.raises(Internal, match="is not a store of BAMS"):
        await store.open()
    await store.close()
    assert path.read_bytes() == before


async def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bams.db"
    store = Store(path)
    await store.open()
    await store.query("PRAGMA user_version = 9999")
    await store.close()
    store = Store(path)
    with pytest.raises(NotSupported, match="has version 9999, and this bamsd knows up to"):
        await store.open()
    await store.close()


def older_store(path: Path) -> None:
    """A store as the first version made it, with something in it."""
    script = (resources.files("bamsd.core") / "migrations" / "0001_first.sql").read_text()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"{script}; PRAGMA application_id = 0x42414D53; PRAGMA user_version = 1;")
        connection.execute("INSERT INTO meta (key, value) VALUES ('what', 'of before')")
        connection.commit()


async def test_an_older_store_is_brought_up_and_kept_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "bams.db"
    older_store(path)
    store = Store(path)
    await store.open()
    assert await store.recall("what") == "of before"
    assert (await store.query("PRAGMA user_version"))[0]["user_version"] > 1
    await store.close()
    kept = tmp_path / "bams-v1.db"
    assert kept.stat().st_mode & 0o777 == 0o640
    with contextlib.closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT value FROM meta WHERE key = 'what'").fetchone() == ("of before",)


async def test_the_kept_copy_is_no_older_than_the_last_upgrade(tmp_path: Path) -> None:
    """Who goes back to the older bamsd and forth again wants what was there last, not the copy of the first time."""
    path, kept = tmp_path / "bams.db", tmp_path / "bams-v1.db"
    kept.write_text("of another time")
    (tmp_path / "bams-v1.db.new").write_text("of a start that was killed")
    older_store(path)
    store = Store(path)
    await store.open()
    await store.close()
    with contextlib.closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'what'").fetchone() == ("of before",)
    assert sorted(file.name for file in tmp_path.glob("bams-v*")) == ["bams-v1.db"]


async def test_a_newer_store_names_the_copy_of_this_version(tmp_path: Path) -> None:
    path = tmp_path / "bams.db"
    store = Store(path)
    await store.open()
    newest = (await store.query("PRAGMA user_version"))[0]["user_version"]
    await store.query(f"PRAGMA user_version = {newest + 1}")
    await store.close()
    store = Store(path)
    with pytest.raises(NotSupported, match=rf"put the copy .*bams-v{newest}\.db in its place"):
        await store.open()
    await store.close()


async def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file" / "bams.db")
    with pytest.raises(Internal, match=r"file/bams\.db"):
        await store.open()
    await store.close()


_WRITER = """
import asyncio, sys
from pathlib import Path
from bamsd.core.store import Store

async def main():
    store = Store(Path(sys.argv[1]))
    print("opening")
    await store.open()
    number = int(sys.argv[2])
    while True:
        row = "INSERT INTO meta VALUES (?, ?)"
        await store.transaction([(row, (f"{number:08}-{half}", "x" * 1000)) for half in "ab"])
        print(number)
        number += 1

asyncio.run(main())
"""


async def test_kill_9_at_any_point_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "bams.db"
    chance = random.Random(4)
    kept: list[str] = []
    for turn in range(15):
        lines = chance.choice([1, 1, 2, 3, 40]) if turn else 1
        printed = child.kill_after(child.start(_WRITER, path, 1000 * turn), lines)
        store = Store(path)
        await store.open()
        rows = [row["key"] for row in await store.query("SELECT key FROM meta ORDER BY key")]
        await store.close()
        acknowledged = kept + [f"{int(line):08}-{half}" for line in printed[1:] for half in "ab"]
        assert rows[: len(acknowledged)] == acknowledged
        assert len(rows) - len(acknowledged) in (0, 2), (
            "at most the one that was not acknowledged, and never half of it"
        )
        kept = rows
    assert len(kept) > 50


async def test_a_second_daemon_cannot_open_the_same_store(tmp_path: Path) -> None:
    first, second = Store(tmp_path / "bams.db"), Store(tmp_path / "bams.db")
    await first.open()
    with pytest.raises(AlreadyExists, match="another bamsd"):
        await second.open()
    await first.close()
    await second.open()
    await second.close()
