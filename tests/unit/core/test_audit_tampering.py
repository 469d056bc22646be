"""Every way to change the audit log behind bamsd's back is found and named."""

import hashlib
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bamsd.core.audit import Report
from bamsd.core.audit_check import AuditFile, check
from bamsd.core.audit_record import Head, head_of, read, seal
from tests.unit.core.audit_log import ENTRY, Log, write

RECORDS = 12


async def a_log(directory: Path, **limits: int) -> Log:
    log = Log(directory, **limits)
    async with log.opened() as audit:
        await write(audit, RECORDS)
    return log


def changed(lines: list[bytes]) -> str:
    lines[4] = lines[4].replace(b"anna", b"bert")
    return r"audit\.log: record 5 in line 5 was changed"


def changed_with_its_hash(lines: list[bytes]) -> str:
    """Without the records after it, a forger can make one record look right by itself."""
    lines[4] = seal(ENTRY, head_of(read(lines[3])), 1)[0]
    return r"record 6 in line 6 does not follow record 5; one was replaced"


def last_changed_with_its_hash(lines: list[bytes]) -> str:
    lines[-1] = seal(ENTRY, head_of(read(lines[-2])), 1)[0]
    return r"Record 12, the last one, was replaced"


def removed(lines: list[bytes]) -> str:
    del lines[4]
    return r"Record 5 was removed before record 6 in line 5"


def several_removed(lines: list[bytes]) -> str:
    del lines[0:3]
    return r"Records 1 to 3 were removed before record 4 in line 1"


def reordered(lines: list[bytes]) -> str:
    lines[4], lines[5] = lines[5], lines[4]
    return r"Record 5 was removed before record 6 in line 5"


def repeated(lines: list[bytes]) -> str:
    lines.insert(6, lines[2])
    return r"line 7 holds record 3 again, where record 7 belongs"


def inserted(lines: list[bytes]) -> str:
    lines.insert(6, b'{"seq":7}\n')
    return r"line 7 is no record; record 7 belongs there"


def emptied_line(lines: list[bytes]) -> str:
    lines[3] = b"\n"
    return r"line 4 is no record; record 4 belongs there"


def joined(lines: list[bytes]) -> str:
    lines[3] = lines[3].rstrip(b"\n")
    return r"line 4 is no record"


def spaced(lines: list[bytes]) -> str:
    lines[3] = lines[3].replace(b'":', b'": ', 1)
    return r"record 4 in line 4 is not in the form that bamsd writes"


def end_removed(lines: list[bytes]) -> str:
    del lines[-2:]
    return r"Records 11 to 12 were removed from the end of the log"


def end_added(lines: list[bytes]) -> str:
    lines.append(seal(ENTRY, head_of(read(lines[-1])), 1)[0])
    return r"Record 13 was added; the last one that bamsd wrote is 12"


def emptied(lines: list[bytes]) -> str:
    lines.clear()
    return r"Records 1 to 12 were removed from the end of the log"


CASES = [
    changed,
    changed_with_its_hash,
    last_changed_with_its_hash,
    removed,
    several_removed,
    reordered,
    repeated,
    inserted,
    emptied_line,
    joined,
    spaced,
    end_removed,
    end_added,
    emptied,
]


@pytest.mark.parametrize("tamper", CASES, ids=lambda case: case.__name__)
async def test_found_while_bamsd_runs(tmp_path: Path, tamper: Callable[[list[bytes]], str]) -> None:
    log = Log(tmp_path)
    async with log.opened() as audit:
        await write(audit, RECORDS)
        lines = log.file.read_bytes().splitlines(keepends=True)
        named = tamper(lines)
        log.file.write_bytes(b"".join(lines))
        report = await audit.verify()
        assert not report.ok
        assert report.problem.endswith(".")
        with pytest.raises(AssertionError, match=named):
            raise AssertionError(report.problem)


@pytest.mark.parametrize("tamper", [case for case in CASES if case is not end_added], ids=lambda case: case.__name__)
async def test_found_after_the_next_start_for_good(tmp_path: Path, tamper: Callable[[list[bytes]], str]) -> None:
    log = await a_log(tmp_path)
    lines = log.file.read_bytes().splitlines(keepends=True)
    tamper(lines)
    log.file.write_bytes(b"".join(lines))
    async with log.reported() as (audit, _):
        assert not (await audit.verify()).ok
        await write(audit, 3)
        assert not (await audit.verify()).ok
    assert not (await log.verify()).ok


async def test_records_added_while_bamsd_was_away_are_recorded_as_such(tmp_path: Path) -> None:
    log = await a_log(tmp_path)
    lines = log.file.read_bytes().splitlines(keepends=True)
    end_added(lines)
    log.file.write_bytes(b"".join(lines))
    async with log.opened() as audit:
        (note,) = await audit.entries(method="")
        assert note["description"] == "take up records that nobody was told of"
        assert note["arguments"] == {"first": 13, "last": 13}


@pytest.mark.parametrize("tamper", [end_removed, last_changed_with_its_hash, emptied], ids=lambda case: case.__name__)
async def test_a_lost_end_is_reported_at_the_start(tmp_path: Path, tamper: Callable[[list[bytes]], str]) -> None:
    log = await a_log(tmp_path)
    lines = log.file.read_bytes().splitlines(keepends=True)
    tamper(lines)
    log.file.write_bytes(b"".join(lines))
    async with log.reported() as (audit, report):
        assert not report.ok
        assert "Record 12" in report.problem
        assert (await audit.entries(limit=1))[0]["outcome"] == "recovered"
    async with log.reported() as (_, report):
        assert report.ok, "said once at the start; verify keeps saying it"


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("how", ["removed", "emptied", "cut"])
async def test_a_rotated_file_that_is_gone_or_short_is_found(tmp_path: Path, place: int, how: str) -> None:
    log = await a_log(tmp_path, max_bytes=1000, keep=20)
    rotated = [log.directory / name for name in log.files() if name != "audit.log"]
    assert len(rotated) >= 3
    path = rotated[place]
    first = json.loads(path.read_bytes().splitlines()[0])["seq"]
    last = json.loads(path.read_bytes().splitlines()[-1])["seq"]
    if how == "removed":
        path.unlink()
    elif how == "emptied":
        path.write_bytes(b"")
    else:
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
        first = last
    numbers = f"Record {first} was" if first == last else f"Records {first} to {last} were"
    report = await log.verify()
    assert not report.ok
    assert f"{numbers} removed" in report.problem
    if how != "removed":
        assert path.name in report.problem


async def test_a_file_moved_away_while_bamsd_runs_is_begun_anew_and_missed(tmp_path: Path) -> None:
    log = Log(tmp_path)
    async with log.opened() as audit:
        await write(audit, 3)
        log.file.rename(tmp_path / "away")
        await write(audit, 2)
        assert [record["seq"] for record in log.lines()] == [4, 5]
        report = await audit.verify()
        assert "Records 1 to 3 were removed before record 4" in report.problem


async def test_a_changed_head_in_the_store_is_found(tmp_path: Path) -> None:
    log = Log(tmp_path)
    async with log.opened() as audit:
        await write(audit, 3)
        await log.store.execute("UPDATE audit_head SET hash = 'x'")
        assert "does not name record 3" in (await audit.verify()).problem


@pytest.fixture(scope="module")
def pristine() -> bytes:
    """The lines of a log of 12 records, made without a daemon."""
    lines, at = [], Head()
    for _ in range(RECORDS):
        line, record = seal(ENTRY, at, 1)
        lines.append(line)
        at = head_of(record)
    return b"".join(lines)


def _check(content: bytes, pristine: bytes) -> Report:
    end = head_of(read(pristine.splitlines(keepends=True)[-1]))
    return check([AuditFile("audit.log", BytesIO(content), len(content))], Head(), end)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changed_bytes_are_found(pristine: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(pristine) - 1))
    length = data.draw(st.integers(0, 400))
    instead = data.draw(st.binary(max_size=400) | st.just(pristine[at + length : at + 2 * length]))
    content = pristine[:at] + instead + pristine[at + length :]
    assert _check(content, pristine).ok == (content == pristine)


@given(st.lists(st.integers(0, RECORDS - 1), max_size=RECORDS + 2))
def test_any_other_choice_or_order_of_lines_is_found(pristine: bytes, order: list[int]) -> None:
    lines = pristine.splitlines(keepends=True)
    report = _check(b"".join(lines[number] for number in order), pristine)
    assert report.ok == (order == list(range(RECORDS)))


def test_the_hash_is_what_the_documentation_says(pristine: bytes) -> None:
    previous = "0" * 64
    for line in pristine.splitlines():
        record = json.loads(line)
        stated = record.pop("hash")
        body = json.dumps(record, sort_keys=True, separators=(",", ":"))
        assert record["prev"] == previous
        assert hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest() == stated
        previous = stated
