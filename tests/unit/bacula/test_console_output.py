"""The text of bconsole, from recordings of 15.0.3."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bamsd.bacula import console, console_output
from bamsd.bacula.views import Whereabouts, job, volume
from bamsd.errors import BamsError, InvalidArgument, NotFound, ToolFailed

RECORDINGS = Path(__file__).parents[2] / "recordings" / "bacula"
SAID = {name: found["stdout"] for name, found in json.loads((RECORDINGS / "console-15.json").read_text()).items()}
GOOD = ["label", "update-slots", "release", "release-again", "mount", "unmount", "unmount-again", "disable", "enable"]


@pytest.mark.parametrize("name", [*GOOD, "pools-storages", "llist-jobs", "llist-volumes"])
def test_what_was_done_is_no_error(name: str) -> None:
    said = "\n".join(line for line in SAID[name].splitlines() if not line.startswith("3920"))
    console_output.check(said, "The test")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("unknown-storage", NotFound, "does not know 'nosuch'"),
        ("unknown-pool", NotFound, "does not know 'Nosuch'"),
        ("label", ToolFailed, 'already labeled: "HPE004L6"'),
    ],
)
def test_what_was_refused_is_an_error(name: str, kind: type[BamsError], words: str) -> None:
    with pytest.raises(kind, match=words):
        console_output.check(SAID[name], "The test")


def test_no_director_is_said_in_words() -> None:
    with pytest.raises(ToolFailed, match="no Director answers: Director authorization error"):
        console_output.check("Connecting to Director localhost:9101\nDirector authorization error at x\n", "The test")


def test_slots_and_labels_are_read() -> None:
    found = {
        report.volume: (report.slot, report.is_known) for report in console_output.slot_reports(SAID["update-slots"])
    }
    assert found["HPE007L6"] == (7, False)
    assert found["HPE003L6"][1]
    assert console_output.labelled(SAID["label"]) == ()
    problems = console_output.label_problems(SAID["label"])
    assert 'Media record for Slot 3 Volume "HPE003L6" already exists.' in problems
    assert any(problem.startswith("3920 Cannot label") for problem in problems)


def test_volumes_and_jobs_are_read() -> None:
    known = {"HPE003L6": Whereabouts("DEC4530A7K", "slot", 5)}
    found = {v.name: v for v in (volume(r, known) for r in console_output.records(SAID["llist-volumes"]))}
    third = found["HPE003L6"]
    assert (third.pool, third.slot, third.media_type, third.in_changer) == ("DEC4530A7K", 3, "LTO-6", True)
    assert third.needs_inventory
    assert not found["HPE001L6"].needs_inventory
    assert (found["CLN002L6"].status, found["CLN002L6"].media_type) == ("Cleaning", "")
    [ran] = [job(record) for record in console_output.records(SAID["llist-jobs"])]
    assert (ran.jobid, ran.name, ran.status, ran.files, ran.bytes) == (1, "BackupClient1", "T", 337, 29822734)
    assert ran.ended_us > ran.started_us > 0


def test_names_are_read() -> None:
    said = SAID["pools-storages"]
    assert console_output.names(said, ".pools") == ("Default", "File", "Scratch", "DEC4530A7K", "repo")
    assert console_output.names(said, ".storage") == ("File1", "File2", "DEC4530A7K", "repo")


@settings(deadline=None)
@given(st.text(), st.sampled_from(sorted(SAID)), st.integers(0, 5000))
def test_any_text_is_read_or_refused(text: str, name: str, cut: int) -> None:
    for said in (text, SAID[name][:cut] + text):
        console_output.slot_reports(said)
        for record in console_output.records(said):
            volume(record, {})
            job(record)
        assert refusal(said).isprintable()


def refusal(said: str) -> str:
    """What is said against it; empty when nothing is."""
    try:
        console_output.check(said, "The test")
    except BamsError as error:
        return error.message
    return ""


@given(st.lists(st.integers(1, 65535), min_size=1, max_size=60))
def test_ranges_of_slots_hold_each_slot_once(slots: list[int]) -> None:
    parts = [part.split("-") for part in console.slot_ranges(slots).split(",")]
    assert [n for part in parts for n in range(int(part[0]), int(part[-1]) + 1)] == sorted(set(slots))


@pytest.mark.parametrize("slots", [[0], [-1], [65536], list(range(1, 10_003))])
def test_numbers_that_are_no_slots_are_refused(slots: list[int]) -> None:
    with pytest.raises(InvalidArgument):
        console.slot_ranges(slots)
