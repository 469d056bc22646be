"""Collecting is bounded and waits for nobody, whatever lies about."""

import os
from pathlib import Path

from bamsd.errors import NotReady
from bamsd.support import collecting
from bamsd.support.collecting import MOST_BYTES
from bamsd.support.models import Collected, Command, Copies, Document, Item, Tree


async def all_of(item: Item) -> list[Collected]:
    return [found async for found in collecting.collect(item)]


async def test_a_command_that_fails_is_an_answer() -> None:
    [found] = await all_of(Command("x.txt", ("sh", "-c", "echo said; echo why >&2; exit 3")))
    assert (found.content, found.exit_code, found.problem) == (b"said\nwhy\n", 3, "")


async def test_a_command_that_is_not_there_is_noted() -> None:
    [found] = await all_of(Command("x.txt", ("no-such-program",)))
    assert found.content == b""
    assert "no-such-program cannot be run" in found.problem


async def test_a_command_that_hangs_is_given_up() -> None:
    [found] = await all_of(Command("x.txt", ("sleep", "60"), timeout_s=0.1))
    assert "did not end within 0.1 s" in found.problem


async def test_a_command_that_talks_without_end_is_cut() -> None:
    [found] = await all_of(Command("x.txt", ("yes", "line"), timeout_s=30))
    assert len(found.content) == MOST_BYTES
    assert found.content.startswith(b"line\n")
    assert "printed more than" in found.problem


async def test_links_pipes_and_folders_out_of_the_tree_are_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "etc", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "shadow").write_text("not yours")
    (root / "link").symlink_to(outside / "shadow")
    (root / "folder").symlink_to(outside)
    os.mkfifo(root / "pipe")
    (root / "kept.conf").write_text("text")
    found = {Path(one.file).name: one for one in await all_of(Copies("bacula", (root,)))}
    assert found["kept.conf"].content == b"text"
    assert found["pipe"].problem == "not a file"
    assert set(found) == {"kept.conf", "pipe"}
    assert await all_of(Copies("bacula", (root / "link",))) == []


async def test_a_huge_file_is_cut(tmp_path: Path) -> None:
    with (tmp_path / "huge.conf").open("wb") as file:
        file.truncate(5 << 30)  # sparse
    [found] = await all_of(Copies("bacula", (tmp_path,)))
    assert len(found.content) == MOST_BYTES
    assert found.problem == "cut at the end"


async def test_hostile_names_are_harmless_in_the_archive(tmp_path: Path) -> None:
    (tmp_path / "a\nb\x1b[2J.conf").write_text("x")
    (tmp_path / "-rf").write_text("y")
    names = [one.file for one in await all_of(Copies("bacula", (tmp_path,)))]
    assert len(names) == 2
    assert all(name.isprintable() and ".." not in name and name.startswith("bacula/") for name in names)


async def test_more_files_than_anybody_needs_are_cut(tmp_path: Path) -> None:
    for number in range(collecting.MOST_FILES + 5):
        (tmp_path / f"{number}.conf").touch()
    found = await all_of(Copies("bacula", (tmp_path,)))
    assert len(found) == collecting.MOST_FILES + 1
    assert "more than" in found[-1].problem


async def test_a_tree_of_the_kernel_without_its_secrets(tmp_path: Path) -> None:
    auth = tmp_path / "iscsi" / "iqn.2026-01.org.example:a" / "auth"
    auth.mkdir(parents=True)
    (auth / "userid").write_text("joe\n")
    (auth / "password").write_text("geheim geheim\n")
    (tmp_path / "IncomingUser").write_text("joe secret12secret\n[key]\n")
    (auth / "lun").symlink_to("../../somewhere")
    [found] = await all_of(Tree("iscsi/lio.txt", tmp_path))
    text = found.content.decode()
    assert "iscsi/iqn.2026-01.org.example:a/auth/userid: joe\n" in text
    assert "auth/lun: -> ../../somewhere" in text
    assert "geheim" not in text
    assert "secret12" not in text
    assert {"geheim geheim", "secret12secret"} <= found.secrets


async def test_a_tree_that_is_not_there_is_noted(tmp_path: Path) -> None:
    [found] = await all_of(Tree("iscsi/scst.txt", tmp_path / "none"))
    assert found.problem == "not there"


async def test_what_bamsd_cannot_tell_is_noted() -> None:
    async def nothing() -> str:
        raise NotReady("The store is busy.")

    [found] = await all_of(Document("bams/audit.jsonl", nothing))
    assert found.problem == "The store is busy."
