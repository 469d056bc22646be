"""Answers of the storage daemon, from recordings and made up."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bamsd.bacula import sd_output
from bamsd.bacula.models import SdDevice
from bamsd.errors import ToolFailed

RECORDINGS = Path(__file__).parents[2] / "recordings" / "bacula"
JSON_FORM = json.loads((RECORDINGS / "sd-status-15.json").read_text())
LINE_FORM = json.loads((RECORDINGS / "sd-status-api2.json").read_text())


def test_json_of_15_is_read_although_it_is_no_json() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(JSON_FORM["devices"])
    found = sd_output.parse_devices(JSON_FORM["devices"])
    assert [(d.name, d.kind, d.autochanger, d.is_open) for d in found] == [
        ("DEC4530A7K-drive-0", "Tape", "DEC4530A7K", False),
        ("DEC4530A7K-drive-1", "Tape", "DEC4530A7K", True),
        ("repo-0", "File", "repo", False),
        ("repo-1", "File", "repo", False),
    ]
    assert all(d.is_enabled and not d.is_mounted and not d.blocked for d in found)
    header = sd_output.parse_header(JSON_FORM["header"])
    assert (header.name, header.version, header.started_us) == (
        "vm-sd", "15.0.3 (25 March 2025)", 1795608686_000_000,
    )  # fmt: skip
    assert sd_output.parse_running(JSON_FORM["running"]) == ()
    assert sd_output.parse_terminated(JSON_FORM["terminated"]) == ()


def test_lines_of_keys_and_values_are_read() -> None:
    first, second = sd_output.parse_devices(LINE_FORM["devices"])
    assert (first.name, first.volume, first.pool, first.is_mounted) == ("L700-drive-0", "BAM003L5", "Default", True)
    assert (first.autochanger, first.written_bytes) == ("L700", 1548288)
    assert (second.name, second.volume, second.is_mounted, second.autochanger) == ("L700-drive-1", "", False, "L700")
    header = sd_output.parse_header(LINE_FORM["header"])
    assert (header.name, header.jobs_run) == ("bams-sd", 1)
    [job] = sd_output.parse_terminated(LINE_FORM["terminated"])
    assert (job.jobid, job.name, job.status, job.files) == (1, "backup", "T", 697)
    assert sd_output.parse_running(LINE_FORM["running"]) == ()


@pytest.mark.parametrize("text", ["", "\0", "\n\n"])
def test_no_answer_is_not_taken_for_an_idle_daemon(text: str) -> None:
    with pytest.raises(ToolFailed):
        sd_output.parse_running(text)


def test_a_comma_inside_a_name_stays() -> None:
    text = '{"devices":{"device":[\0,{"name":"a[,b","archive_device":"/x","media_type":"\\"[,"}]}}'
    [device] = sd_output.parse_devices(text)
    assert (device.name, device.media_type) == ("a[,b", '"[,')


def test_hostile_text_cannot_reach_a_terminal_or_a_log() -> None:
    text = json.dumps({"device": [{"name": "a\x1b[2J\nb", "archive_device": "x" * 5000, "blocked": 1}]})
    [device] = sd_output.parse_devices(text)
    assert device.name.isprintable()
    assert len(device.archive_device) == 300
    assert device.blocked == "blocked"


@settings(deadline=None)
@given(
    st.text() | st.dictionaries(st.text(), st.recursive(st.none() | st.floats() | st.text(), st.lists)).map(json.dumps)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (sd_output.parse_header, sd_output.parse_running, sd_output.parse_devices, sd_output.parse_terminated):
        try:
            found = parse(text)
        except ToolFailed:
            continue
        if isinstance(found, tuple):
            assert all(isinstance(item, SdDevice) or item.jobid > 0 for item in found)


@pytest.mark.parametrize(
    ("job", "name"), [("backup.2026-11-22_22.17.24_04", "backup"), ("a.b.2026-11-22_22.17.24_04", "a.b"), ("x", "x")]
)
def test_the_name_of_a_job(job: str, name: str) -> None:
    assert sd_output.job_name(job) == name
