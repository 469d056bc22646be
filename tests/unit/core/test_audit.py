"""The audit log: no acknowledged record is lost, and no unfinished one breaks the chain."""

import asyncio
import json
import random
import resource
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bamsd.core.audit import Report
from bamsd.errors import Internal, InvalidArgument, OutOfSpace
from tests.unit import child
from tests.unit.core.audit_log import ENTRY, Log, write


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


async def test_a_record_is_one_line_for_the_group_only(log: Log) -> None:
    async with log.opened() as audit:
        assert await audit.record(ENTRY) == 1
        assert await audit.record(replace(ENTRY, outcome="done", ref=1, job=7, duration_us=12)) == 2
        first, second = log.lines()
        assert first["description"] == "load slot 1 into drive 0 of a"
        assert (first["arguments"], first["login_uid"], first["person"]) == (dict(ENTRY.arguments), 1000, "anna")
        assert (second["seq"], second["prev"], second["ref"], second["outcome"]) == (2, first["hash"], 1, "done")
        assert await audit.verify() == Report(True, 2, "")
    assert stat.S_IMODE(log.file.stat().st_mode) == 0o640
    assert stat.S_IMODE(log.directory.stat().st_mode) == 0o750


async def test_the_chain_goes_on_over_restarts(log: Log) -> None:
    for turn in range(3):
        async with log.opened() as audit:
            await write(audit, 2)
            assert await audit.verify() == Report(True, 2 * (turn + 1), "")
    assert [record["seq"] for record in log.lines()] == [1, 2, 3, 4, 5, 6]


async def test_records_at_the_same_time_keep_their_order_and_share_writes(log: Log) -> None:
    async with log.opened() as audit:
        numbers = await asyncio.gather(
            *(audit.record(replace(ENTRY, description=f"number {number}")) for number in range(500))
        )
        assert numbers == list(range(1, 501))
        assert [line["description"] for line in log.lines()] == [f"number {number}" for number in range(500)]
        rows = await log.store.query("SELECT seq FROM audit_head")
        assert rows == [{"seq": 500}]
        assert (await audit.verify()).ok


async def test_verify_while_records_come_in(log: Log) -> None:
    async with log.opened() as audit:
        writing = asyncio.gather(*(write(audit, 20) for _ in range(5)))
        reports = []
        while not writing.done():
            reports.append(await audit.verify())
        assert reports
        assert [report for report in reports if not report.ok] == []
        assert await audit.verify() == Report(True, 100, "")


async def test_a_cancelled_caller_does_not_take_its_record_back(log: Log) -> None:
    async with log.opened() as audit:
        task = asyncio.create_task(audit.record(ENTRY))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await audit.record(ENTRY) == 2


async def test_closed_is_said_and_what_waits_is_written_first(log: Log) -> None:
    async with log.opened() as audit:
        waiting = asyncio.create_task(audit.record(ENTRY))
        await asyncio.sleep(0)
    assert await waiting == 1
    with pytest.raises(Internal, match="not open"):
        await audit.record(ENTRY)


async def test_the_journal_gets_a_copy(log: Log) -> None:
    async with log.opened() as audit:
        await audit.record(replace(ENTRY, outcome="denied", error="org.bams.Error.NotAuthorized"))
    (fields,) = log.told
    assert fields["MESSAGE"] == "anna: load slot 1 into drive 0 of a: denied"
    assert (fields["BAMS_SEQ"], fields["BAMS_PERSON"], fields["BAMS_UID"]) == ("1", "anna", "0")
    assert fields["PRIORITY"] == "4"
    assert fields["BAMS_HASH"] == log.lines()[0]["hash"]
    assert json.loads(fields["BAMS_ARGUMENTS"]) == ENTRY.arguments
    assert all(isinstance(value, str) for value in fields.values())


async def test_a_journal_that_fails_stops_no_record(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    def failing(fields: Mapping[str, str]) -> None:
        raise OSError("no journal")

    log.journal = failing
    async with log.opened() as audit:
        assert await audit.record(ENTRY) == 1
        assert (await audit.verify()).ok
    assert "no journal" in caplog.text


async def test_entries_come_newest_first_in_pages_and_over_files(tmp_path: Path) -> None:
    log = Log(tmp_path, max_bytes=2000, keep=50)
    async with log.opened() as audit:
        for number in range(30):
            await audit.record(replace(ENTRY, person="bert" if number % 10 == 0 else "anna", job=number))
        assert len(log.files()) > 5
        newest = await audit.entries(limit=4)
        assert [record["seq"] for record in newest] == [30, 29, 28, 27]
        assert [record["seq"] for record in await audit.entries(before_seq=27, limit=2)] == [26, 25]
        assert [record["seq"] for record in await audit.entries(before_seq=3)] == [2, 1]
        assert [record["seq"] for record in await audit.entries(person="bert")] == [21, 11, 1]
        assert [record["seq"] for record in await audit.entries(job=7, person="anna")] == [8]
        tenth = (await audit.entries(before_seq=11, limit=1))[0]["time_us"]
        eleventh = (await audit.entries(before_seq=12, limit=1))[0]["time_us"]
        assert (await audit.entries(until_us=tenth, limit=1))[0]["seq"] == 10
        assert [record["seq"] for record in await audit.entries(since_us=eleventh)][-1] == 11
        assert await audit.entries(outcome="failed") == []
        with pytest.raises(InvalidArgument, match="colour"):
            await audit.entries(colour="red")


async def test_rotation_keeps_the_chain_and_says_what_it_dropped(tmp_path: Path) -> None:
    log = Log(tmp_path, max_bytes=2000, keep=2)
    async with log.opened() as audit:
        await write(audit, 40)
        assert await audit.verify() == Report(True, (await audit.verify()).records, "")
        rotated = [name for name in log.files() if name != "audit.log"]
        assert len(rotated) == 2
        dropped = await audit.entries(method="", limit=1)
        assert dropped[0]["description"] == "drop the oldest audit file"
        assert dropped[0]["outcome"] == "done"
        kept = await log.store.query("SELECT dropped_seq, dropped_hash FROM audit_head")
        assert kept == [
            {"dropped_seq": dropped[0]["arguments"]["last"], "dropped_hash": dropped[0]["arguments"]["hash"]}
        ]
        oldest = json.loads((log.directory / rotated[0]).read_bytes().splitlines()[0])
        assert (oldest["seq"], oldest["prev"]) == (kept[0]["dropped_seq"] + 1, kept[0]["dropped_hash"])
    assert (await log.verify()).ok
    assert [json.loads((log.directory / name).read_bytes().splitlines()[-1])["seq"] for name in rotated] == [
        int(name.rsplit(".", 1)[1]) for name in rotated
    ]
    for name in rotated:
        assert stat.S_IMODE((log.directory / name).stat().st_mode) == 0o640


async def test_a_dropped_file_that_was_changed_is_called_so(tmp_path: Path) -> None:
    log = Log(tmp_path, max_bytes=2000, keep=1)
    async with log.opened() as audit:
        while len(log.files()) < 2:
            await write(audit, 1)
        rotated = log.directory / next(name for name in log.files() if name != "audit.log")
        rotated.write_bytes(rotated.read_bytes().replace(b"anna", b"bert", 1))
        assert not (await audit.verify()).ok
        while rotated.exists():
            await write(audit, 1)
        (dropped,) = await audit.entries(method="")
        assert dropped["outcome"] == "recovered"
        assert "record 1 in line 1 was changed" in dropped["error"]
        assert (await audit.verify()).ok, "the rest is intact, and the record of the drop tells the story"


async def test_a_kill_in_mid_rotation_is_taken_up(log: Log) -> None:
    async with log.opened() as audit:
        await write(audit, 3)
    log.file.rename(log.directory / "audit.log.000000000003")
    async with log.opened() as audit:
        await write(audit, 2)
        assert await audit.verify() == Report(True, 5, "")


async def test_a_file_whose_drop_was_cut_off_goes_at_the_next_start(tmp_path: Path) -> None:
    log = Log(tmp_path, max_bytes=2000, keep=1)
    async with log.opened() as audit:
        while len(log.files()) < 2:
            await write(audit, 1)
        name = next(name for name in log.files() if name != "audit.log")
        content = (log.directory / name).read_bytes()
        while (log.directory / name).exists():
            await write(audit, 1)
    (log.directory / name).write_bytes(content)
    async with log.opened() as audit:
        assert (await audit.verify()).ok
        assert name not in log.files()


@pytest.mark.parametrize("rest", [b'{"action":"or', b"\0" * 700, b"\n\n", b'{"seq":4}\n{"seq":5}\n', b"\xff\n"])
async def test_an_unfinished_line_is_moved_aside_and_recorded(log: Log, rest: bytes) -> None:
    async with log.opened() as audit:
        await write(audit, 3)
    whole = log.file.read_bytes()
    log.file.write_bytes(whole + rest)
    async with log.opened() as audit:
        assert await audit.verify() == Report(True, 4, "")
        note = log.lines()[3]
        assert (note["outcome"], note["person"]) == ("recovered", "bamsd")
        assert note["arguments"]["bytes"] == len(rest)
        assert (log.directory / note["arguments"]["file"]).read_bytes() == rest
        assert await audit.record(ENTRY) == 5
    assert log.file.read_bytes().startswith(whole)
    assert (await log.verify()).ok


async def test_records_that_a_kill_kept_from_the_store_are_taken_up(log: Log) -> None:
    async with log.opened() as audit:
        await write(audit, 2)
        early = (await log.store.query("SELECT seq, hash FROM audit_head"))[0]
        await write(audit, 2)
        await log.store.execute("UPDATE audit_head SET seq = :seq, hash = :hash", early)
    async with log.opened() as audit:
        assert await audit.verify() == Report(True, 5, "")
        assert log.lines()[4]["arguments"] == {"first": 3, "last": 4}


async def test_a_new_store_takes_up_the_log_it_finds(tmp_path: Path) -> None:
    log = Log(tmp_path, max_bytes=2000, keep=2)
    async with log.opened() as audit:
        await write(audit, 30)
        last = (await audit.entries(limit=1))[0]["seq"]
    for path in tmp_path.glob("bams.db*"):
        path.unlink()
    with log.file.open("ab") as file:
        file.write(b"half a li")
    async with log.opened() as audit:
        assert (await audit.verify()).ok
        news = [entry["description"] for entry in await audit.entries(person="bamsd") if entry["seq"] > last]
        assert "take up an audit log that the store does not know" in news
        assert "move an unfinished record aside" in news


@contextmanager
def files_end_at(size_bytes: int) -> Iterator[None]:
    """No file of this process can grow beyond this: as on a full disk, a write ends in the middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_refuses_the_record_and_leaves_no_half_line(log: Log) -> None:
    large = {"text": ["x" * 1900] * 10}
    async with log.opened() as audit:
        await asyncio.gather(*(audit.record(replace(ENTRY, arguments=large)) for _ in range(30)))
        before = log.file.read_bytes()
        assert len(before) > log.store_path.with_name("bams.db-wal").stat().st_size, "the limit hits the log alone"
        with files_end_at(len(before) + 5000):
            for _ in range(3):
                with pytest.raises(OutOfSpace, match=r"audit\.log"):
                    await audit.record(replace(ENTRY, arguments=large))
                assert log.file.read_bytes() == before
            assert await audit.record(ENTRY) == 31, "what fits is still written"
        assert await audit.record(replace(ENTRY, arguments=large)) == 32
        assert await audit.verify() == Report(True, 32, "")


async def test_an_unusable_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    with pytest.raises(Internal, match=r"log/audit\.log cannot be used"):
        async with Log(tmp_path).opened():
            pass


async def test_a_link_in_place_of_the_file_is_not_followed(log: Log, tmp_path: Path) -> None:
    log.directory.mkdir()
    log.file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Internal, match="cannot be used"):
        async with log.opened():
            pass
    assert not (tmp_path / "elsewhere").exists()


_WRITER = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from bamsd.core.store import Store
from tests.unit.core.audit_log import ENTRY, Log

async def main():
    log = Log(Path(sys.argv[1]), max_bytes=6000, keep=100)
    print("opening")
    async with log.opened() as audit:
        async def writer(name):
            number = 0
            while True:
                seq = await audit.record(replace(ENTRY, description=f"{name} {number}"))
                print(f"{seq} {name} {number}")
                number += 1
        await asyncio.gather(*(writer(f"{sys.argv[2]}-{name}") for name in "abc"))

asyncio.run(main())
"""


async def test_kill_9_at_any_point_loses_no_acknowledged_record(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: dict[int, str] = {}
    for turn in range(12):
        printed = child.kill_after(child.start(_WRITER, tmp_path, turn), chance.choice([1, 2, 4, 30, 60]))
        acknowledged |= {int(line.split(" ", 1)[0]): line.split(" ", 1)[1] for line in printed[1:]}
        log = Log(tmp_path, max_bytes=6000, keep=100)
        async with log.opened() as audit:
            report = await audit.verify()
            assert report.ok, report.problem
            found = {entry["seq"]: entry["description"] for entry in await audit.entries(limit=100_000)}
        assert {seq: found.get(seq) for seq in acknowledged} == acknowledged
        assert sorted(found) == list(range(1, len(found) + 1))
    assert len(acknowledged) > 100
