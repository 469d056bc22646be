"""The settings of each command, and the filter of the host in them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.disk.lvm_json import loads
from bamsd.disk.lvm_settings import compose, parse_filter


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('global_filter=["a|.*|"]\n', ("a|.*|",)),
        ('global_filter="r|sda|"', ("r|sda|",)),
        ('global_filter=["r|a|", "a/b/"]', ("r|a|", "a/b/")),
        ("global_filter=[]", ()),
        ("", ()),
    ],
)
def test_filters_of_any_form(text: str, found: tuple[str, ...]) -> None:
    assert parse_filter(text) == found


def test_ours_come_first_and_drbd_only_when_the_host_does_not_know_it() -> None:
    assert compose(("a|.*|",)).endswith('["r|^/dev/zd[0-9]|","r|^/dev/zvol/|","r|^/dev/drbd|","a|.*|"]')
    assert compose(("a|^/dev/drbd0|",)).endswith('["r|^/dev/zd[0-9]|","r|^/dev/zvol/|","a|^/dev/drbd0|"]')


def test_a_command_without_log_is_otherwise_the_same() -> None:
    logged, plain = compose().split(), compose(logged=False).split()
    assert set(logged) ^ set(plain) == {
        'report/output_format="json"',
        "log/report_command_log=1",
        'report/output_format="basic"',
        "log/report_command_log=0",
    }


@given(st.lists(st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cs"])), min_size=1))
def test_what_is_composed_is_parsed_again(patterns: list[str]) -> None:
    composed = compose(tuple(patterns)).rpartition(" devices/")[2] if "devices/" not in "".join(patterns) else None
    assert composed is None or parse_filter(composed)[-len(patterns) :] == tuple(patterns)


@given(st.lists(st.dictionaries(st.text(), st.text())))
def test_a_comma_too_many_does_no_harm(rows: list[dict[str, str]]) -> None:
    """As 2.03.16 prints it; strings that look the same are left alone."""
    rows.append({"text": "},\n ]"})
    text = json.dumps(rows, indent=1)
    assert loads(text) == rows
    assert loads(text.removesuffix("\n]") + ",\n]") == rows
    assert loads(text + "x") is None
