"""The administrator's guide: its commands exist, its settings are valid, its sentences are ours, its links lead on."""

import contextlib
import io
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import yaml

from bamsd import config
from bamsd.ctl.parser import build
from bamsd.errors import BamsError
from tests import doc_pages
from tests.doc_pages import GUIDE, MARKDOWN, PAGES, ROOT, blocks, examples, prose, read

PROGRAMS = {
    "apt": "installs packages of a host",
    "cat": "shows a file of an initiator",
    "chown": "needs root and the user bacula",
    "cp": "copies the database of a host",
    "diff": "compares restored files, which a real Bacula makes",
    "esxcli": "VMware's; nobody here has one",
    "find": "moves the database of a host",
    "install": "needs root and the group bams-admin",
    "iscsiadm": "the initiator of a real kernel; tests/appliance/targets.py runs the same",
    "journalctl": "reads the journal of a host",
    "lsscsi": "needs real SCSI devices",
    "mkdir": "makes a folder of a host",
    "scp": "needs another host",
    "systemctl": "needs the systemd of a host",
    "usermod": "changes an account of a host",
    "zpool": "imports a real pool",
}
"""Programs in the guide's blocks for a shell that no test runs, and why."""

CMDLETS = {
    "Connect-IscsiTarget",
    "Get-Disk",
    "Get-InitiatorPort",
    "Get-IscsiSession",
    "New-IscsiTargetPortal",
    "Set-IscsiChapSecret",
    "Set-Service",
    "Start-Service",
}
"""Of Windows; nobody here has one."""

CONSOLE = {"messages", "restore", "run", "wait"}
"""Commands of bconsole; tests/appliance/test_bacula.py gives it the same."""

PARSER = cache(build)
LANGUAGES = {"", "powershell", "bconsole", "yaml", "javascript"}


def parses(command: str) -> str:
    """Empty when bamsctl takes the command line; else what it says against it."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            PARSER().parse_args(shlex.split(command)[1:])
    except SystemExit as ended:
        return said.getvalue() if ended.code else ""
    except BamsError as error:
        return error.message
    return ""


def bamsctl_commands(page: str) -> list[str]:
    found = (e for e in examples(page) if e.command.startswith("bamsctl "))
    return [example.command for example in found if not (example.is_said and example.command in doc_pages.MENTIONED)]


@pytest.mark.parametrize("page", [page for page in PAGES if bamsctl_commands(page)])
def test_every_command_of_bamsctl_exists(page: str) -> None:
    assert {command: said for command in bamsctl_commands(page) if (said := parses(command))} == {}


@pytest.mark.parametrize("page", GUIDE)
def test_every_other_program_is_known(page: str) -> None:
    known = {*doc_pages.OURS, *PROGRAMS}
    for block in blocks(page):
        assert block.language in LANGUAGES
        for line in map(doc_pages.without_sudo, block.lines):
            first = line.split()[0].lstrip("(").rstrip(")")
            match block.language:
                case "":
                    assert first in known or re.fullmatch(r"[A-Z]+=\S+", line), line
                case "powershell":
                    assert first.rstrip(").") in {*CMDLETS, "Get-InitiatorPort).NodeAddress"}, line
                case "bconsole":
                    assert first in CONSOLE, line


def test_no_program_is_named_that_the_guide_does_not_use() -> None:
    lines = [doc_pages.without_sudo(line) for page in GUIDE for block in blocks(page) for line in block.lines]
    assert PROGRAMS.keys() - {line.split()[0] for line in lines} == set()


@pytest.mark.parametrize("page", GUIDE)
def test_every_setting_is_one_that_bamsd_takes(page: str, tmp_path: Path) -> None:
    for number, block in enumerate(block for block in blocks(page) if block.language == "yaml"):
        file = tmp_path / f"{number}.yaml"
        file.write_text(block.text)
        config.load(file)
    named = re.findall(r"`((?:alerts|audit|bacula|bundles|disk|iscsi|overview|tape)\.[a-z_.]+)`", prose(page))
    example = yaml.safe_load(read("docs/examples/config.yaml"))
    for name in named:
        section: object = example
        for part in name.split("."):
            assert isinstance(section, dict), name
            assert part in section, name
            section = section[part]


def test_what_bams_is_quoted_with_is_what_it_says() -> None:
    text = prose("docs/guide/troubleshooting.md")
    quoted = re.findall(r'\*\*"(.+?)"\*\*', text)
    assert len(quoted) > 40
    assert [said for said in quoted if not doc_pages.is_ours(said)] == []
    assert not doc_pages.is_ours("Drive … of … is full of cheese.")


def test_the_alerts_are_those_that_bams_raises() -> None:
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", read("docs/guide/alerts.md"), flags=re.MULTILINE)
    ids = [id for row in rows for id in re.findall(r"`([a-z-]+/?)", row)]
    assert len(ids) > 20
    for id in set(ids) - {"disk-metadata/", "disk-space/"}:  # made of two words each
        # The areas disk and iscsi put their names before.
        forms = {id, id.removeprefix("disk-"), id.removeprefix("iscsi-")}
        assert any(form in text for form in forms for text in doc_pages.our_texts()), id


def test_the_index_has_every_page() -> None:
    linked = set(re.findall(r"\]\(([a-z-]+\.md)\)", read("docs/guide/README.md")))
    assert linked == {Path(page).name for page in GUIDE} - {"README.md"}
    assert "](docs/guide/README.md)" in read("README.md")


def headings(page: str) -> set[str]:
    """The anchors that a page's headings make (as GitHub and others do)."""
    found: set[str] = set()
    for title in re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).strip().lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.add(anchor if anchor not in found else f"{anchor}-1")
    return found


def links(page: str) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", [*MARKDOWN, "cockpit-bams/README.md"])
def test_every_link_leads_to_a_file_and_a_heading(page: str) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        if anchor:
            assert anchor in headings(str(target.resolve().relative_to(ROOT))), link


def test_links_are_found() -> None:
    assert len(links("README.md")) > 8
    assert sum(len(links(page)) for page in GUIDE) > 60
