"""What systemctl says of several units, and which of them are down."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.units import systemctl
from bamsd.units.models import Unit

RECORDING = (Path(__file__).parents[2] / "recordings/systemctl/show-units.txt").read_text()
NAMES = ("bacula-sd.service", "scst.service", "tgt.service", "rtslib-fb-targetctl.service")
RUNS = Unit("x.service", "loaded", "active", "running", "success", "enabled", True, "")


def test_each_unit_is_told_in_the_order_asked() -> None:
    found = systemctl.parse(NAMES, RECORDING)
    assert [unit.name for unit in found] == list(NAMES)
    assert [unit.load for unit in found] == ["loaded", "not-found", "masked", "loaded"]
    assert found[3].description == "Restore LIO kernel target configuration"
    assert [unit.is_installed for unit in found] == [True, False, False, True]
    assert not any(unit.has_failed or unit.is_missed for unit in found)


@pytest.mark.parametrize(
    ("changes", "failed", "missed"),
    [
        ({}, False, False),
        ({"active": "failed"}, True, False),
        ({"active": "failed", "file_state": "disabled"}, True, False),
        ({"active": "inactive"}, False, True),
        ({"active": "inactive", "condition": False}, False, False),
        ({"active": "inactive", "file_state": "disabled"}, False, False),
        ({"active": "inactive", "load": "masked"}, False, False),
        ({"active": "failed", "load": "not-found"}, False, False),
        ({"active": "activating", "sub": "auto-restart"}, False, False),
    ],
)
def test_which_units_are_down(changes: dict[str, str], failed: bool, missed: bool) -> None:
    unit = replace(RUNS, **changes)  # type: ignore[arg-type]
    assert (unit.has_failed, unit.is_missed) == (failed, missed)


def test_a_unit_that_systemd_starts_again_and_again_keeps_failing() -> None:
    """bacula-sd of Debian 13 with a bad configuration, as the appliance showed it."""
    assert replace(RUNS, active="activating", sub="auto-restart", result="exit-code").keeps_failing
    assert not replace(RUNS, active="activating", sub="start-pre").keeps_failing
    assert not RUNS.keeps_failing


def test_a_condition_counts_only_when_it_was_looked_at() -> None:
    never = "LoadState=loaded\nConditionResult=no\nConditionTimestamp=\n"
    unmet = "LoadState=loaded\nConditionResult=no\nConditionTimestamp=Wed 2026-11-25 15:50:48 UTC\n"
    assert [unit.condition for unit in systemctl.parse(("a", "b"), f"{never}\n{unmet}")] == [True, False]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    for unit in systemctl.parse(NAMES, text):
        assert unit.description.isprintable()
