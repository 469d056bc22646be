"""The index of the audit log: it finds what is in the files, whatever became of itself or of them."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bamsd.core.audit import Audit
from bamsd.core.audit_index import AuditIndex
from bamsd.errors import InvalidArgument
from tests.unit.core.audit_log import ENTRY, Log, write


async def seqs(audit: Audit, **filters: object) -> list[int]:
    return [record["seq"] for record in await audit.entries(**filters)]  # type: ignore[arg-type]


async def test_an_index_that_lost_its_end_or_everything_is_made_again(tmp_path: Path) -> None:
    log = Log(tmp_path, max_bytes=2000, keep=50)
    async with log.opened() as audit:
        await write(audit, 20)
    for lost in (15, 0):
        async with log.opened() as audit:
            await log.store.execute("DELETE FROM audit_index WHERE seq > ?", (lost,))
        async with log.opened() as audit:
            assert await seqs(audit) == list(range(20, 0, -1))
            assert await seqs(audit, text="NUMBER 7") == [8]


async def test_records_of_a_dropped_file_are_found_no_more(tmp_path: Path) -> None:
    log = Log(tmp_path, max_bytes=2000, keep=2)
    async with log.opened() as audit:
        await write(audit, 40)
        listed = await seqs(audit)
        rows = await log.store.query("SELECT min(seq) AS first, count(*) AS count FROM audit_index")
        assert (rows[0]["first"], rows[0]["count"]) == (listed[-1], len(listed))
        assert await seqs(audit, text="drop the oldest") != []


async def test_lines_that_an_edit_moved_are_still_found(tmp_path: Path) -> None:
    log = Log(tmp_path)
    async with log.opened() as audit:
        await write(audit, 5)
        log.file.write_bytes(log.file.read_bytes().replace(b'"person":"anna"', b'"person":"annabella"', 2))
        assert await seqs(audit) == [5, 4, 3, 2, 1]
        assert [record["person"] for record in await audit.entries()][-2:] == ["annabella", "annabella"]
        lines = log.file.read_bytes().splitlines(keepends=True)
        log.file.write_bytes(b"".join(lines[:2] + lines[3:]))
        assert await seqs(audit) == [5, 4, 2, 1]
        assert not (await audit.verify()).ok


async def test_an_object_is_found_with_what_is_below_it(tmp_path: Path) -> None:
    log = Log(tmp_path)
    async with log.opened() as audit:
        for path in ("/a", "/a/b", "/ab", "/a0", "/a/b/c"):
            await audit.record(replace(ENTRY, object=path))
        assert await seqs(audit, object="/a") == [5, 2, 1]
        assert await seqs(audit, object="/a/b") == [5, 2]
        with pytest.raises(InvalidArgument, match="colour"):
            await audit.entries(colour="red")


async def test_words_are_found_over_many_windows(tmp_path: Path) -> None:
    log = Log(tmp_path)
    async with log.opened() as audit:
        for number in range(20):
            await audit.record(replace(ENTRY, description="rare Ü" if number in (0, 9) else "common"))
        index = AuditIndex(log.store, window=3)

        async def found(text: str, before: int = 21, limit: int = 100) -> list[int]:
            return [seq for seq, _, _ in await index.find(0, before, limit, {"text": text})]

        assert await found("RARE ü") == [10, 1]
        assert await found("rare", limit=1) == [10]
        assert await found("common", before=4) == [3, 2]
        assert await found("nothing") == []


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=30), min_size=1, max_size=6), st.data())
async def test_any_text_is_found_again(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], data: st.DataObject
) -> None:
    log = Log(tmp_path_factory.mktemp("log"))
    async with log.opened() as audit:
        for text in texts:
            await audit.record(replace(ENTRY, description=text, person=text))
        number = data.draw(st.integers(0, len(texts) - 1))
        wanted = texts[number].encode("utf-8", "replace").decode()
        assert number + 1 in await seqs(audit, person=wanted)
        if "\n" not in wanted and wanted:
            assert number + 1 in await seqs(audit, text=wanted)
