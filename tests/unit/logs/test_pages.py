"""Pages of real journal files: complete, without doubles, bounded, and safe to show."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bamsd.errors import InvalidArgument, NotFound, NotReady
from bamsd.logs import catalogue, pages
from bamsd.logs.models import Query
from bamsd.system.journal import MOST_FIELD_BYTES, Entry, readable
from tests.fakes.journal import START_US, Journal

BAMSD = catalogue.find("bamsd")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal")
    yield journal
    journal.finish()


def messages(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.message for entry in entries]


def everything(query: Query, folder: Path, limit: int, backwards: bool) -> list[str]:
    """All pages, one after the other."""
    found: list[str] = []
    cursor = ""
    while True:
        page = pages.read(query, limit=limit, cursor=cursor, backwards=backwards, folder=folder)
        assert len(page.entries) <= limit
        found += messages(page.entries)
        if not page.cursor:
            return found
        cursor = page.cursor


@pytest.mark.parametrize("limit", [1, 3, 10, 11, 1000])
def test_pages_hold_every_entry_once_in_both_directions(journal: Journal, limit: int) -> None:
    lines = [f"line {number}" for number in range(10)]
    journal.write(*lines[:6])
    journal.write("of another unit", unit="ssh.service")
    journal.rotate()
    journal.write(*lines[6:])
    journal.finish()
    assert everything(Query(BAMSD), journal.folder, limit, backwards=False) == lines
    assert everything(Query(BAMSD), journal.folder, limit, backwards=True) == lines[::-1]


def test_a_cursor_of_an_entry_that_is_gone_goes_on_behind_it(journal: Journal) -> None:
    journal.write("a", "b", "c")
    journal.rotate()
    journal.write("d", "e")
    journal.finish()
    page = pages.read(Query(BAMSD), limit=2, backwards=False, folder=journal.folder)
    assert messages(page.entries) == ["a", "b"]
    journal.vacuum()
    rest = pages.read(Query(BAMSD), limit=10, cursor=page.cursor, backwards=False, folder=journal.folder)
    assert messages(rest.entries) == ["d", "e"]


def test_bounds_of_time_are_included(journal: Journal) -> None:
    journal.write("a", "b", "c", "d")
    journal.finish()
    query = Query(BAMSD, since_us=START_US + 2000, until_us=START_US + 3000)
    assert everything(query, journal.folder, 10, backwards=False) == ["b", "c"]
    assert everything(query, journal.folder, 10, backwards=True) == ["c", "b"]


def test_priority_takes_this_and_worse(journal: Journal) -> None:
    for level in range(8):
        journal.write(f"level {level}", priority=level)
    journal.finish()
    assert everything(Query(BAMSD, priority=3), journal.folder, 10, backwards=False) == [
        f"level {level}" for level in range(4)
    ]


def test_text_is_found_in_capitals_or_not_and_is_no_pattern(journal: Journal) -> None:
    journal.write("Drive FAILED", "drive failed again", "all is well", "a.b", "axb")
    journal.finish()
    assert everything(Query(BAMSD, text="failed"), journal.folder, 10, backwards=False) == [
        "Drive FAILED",
        "drive failed again",
    ]
    assert everything(Query(BAMSD, text="A.B"), journal.folder, 10, backwards=False) == ["a.b"]


def test_what_systemd_says_of_a_unit_belongs_to_it_and_what_others_claim_does_not(journal: Journal) -> None:
    journal.write("Started", unit="init.scope", UNIT="bamsd.service", _PID="1")
    journal.write("Forged", unit="user@1000.service", UNIT="bamsd.service")
    journal.finish()
    page = pages.read(Query(BAMSD), limit=10, folder=journal.folder)
    assert messages(page.entries) == ["Started"]
    assert page.entries[0].unit == "bamsd.service"


def test_the_kernel_is_read_for_storage_alone(journal: Journal) -> None:
    for line in ("st 2:0:0:1: Attached scsi tape st0", "usb 1-1: new device", "I/O error, dev vdb, sector 8"):
        journal.write(line, unit="", _TRANSPORT="kernel")
    journal.write("scsi of a liar", unit="user.service")
    journal.finish()
    found = everything(Query(catalogue.find("kernel")), journal.folder, 10, backwards=False)
    assert found == ["st 2:0:0:1: Attached scsi tape st0", "I/O error, dev vdb, sector 8"]


def test_a_long_line_is_cut_and_says_so(journal: Journal) -> None:
    journal.write("x" * 48_000, "next")
    journal.finish()
    page = pages.read(Query(BAMSD), limit=10, backwards=False, folder=journal.folder)
    assert len(page.entries[0].message) <= MOST_FIELD_BYTES + 10
    assert page.entries[0].message.endswith("… (cut)")
    assert page.entries[1].message == "next"


def test_a_page_of_long_lines_stays_below_what_the_bus_takes(journal: Journal) -> None:
    journal.write(*("y" * 8000 for _ in range(200)))
    journal.finish()
    page = pages.read(Query(BAMSD), limit=1000, folder=journal.folder)
    assert page.cursor
    assert sum(len(entry.message) for entry in page.entries) < 600_000
    assert len(everything(Query(BAMSD), journal.folder, 1000, backwards=True)) == 200


def test_a_cursor_that_is_none_is_refused(journal: Journal) -> None:
    journal.write("a")
    journal.finish()
    with pytest.raises(InvalidArgument, match="none of the journal"):
        pages.read(Query(BAMSD), limit=1, cursor="s=nonsense", folder=journal.folder)


def test_a_journal_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="cannot be read"):
        pages.read(Query(BAMSD), limit=1, folder=tmp_path / "nothing")


def test_an_unknown_service_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(NotFound, match=r"no log of '\\n-f'.*bacula-sd.*kernel"):
        catalogue.find("\n-f")


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_line_can_be_shown(raw: bytes) -> None:
    shown = readable(raw)
    assert all(char.isprintable() or char in "\n\t" for char in shown)
    shown.encode()


def test_hostile_bytes_of_a_real_entry(journal: Journal) -> None:
    journal.write(b"\x1b[2Jgone\x00\xff\xfe bell\x07\nsecond line\tend")
    journal.finish()
    [entry] = pages.read(Query(BAMSD), limit=5, folder=journal.folder).entries
    assert entry.message == "\ufffd[2Jgone\ufffd\ufffd\ufffd bell\ufffd\nsecond line\tend"
