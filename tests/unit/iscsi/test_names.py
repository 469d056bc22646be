"""Names, addresses and secrets: what is taken, what is refused, and that a refusal never quotes a secret."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.errors import InvalidArgument
from bamsd.iscsi import names
from bamsd.iscsi.models import Portal
from tests.unit.disk.test_rules import HOSTILE

IQN = "iqn.2026-01.org.example:backup1"


@pytest.mark.parametrize(
    "name",
    [
        IQN,
        "iqn.2026-12.org.example",
        "eui.02004567a425678d",
        "naa.52004567ba64678d",
        "naa." + "6" * 32,
        IQN + ":a:b.c-d",
    ],
)
def test_iscsi_names_that_are_taken(name: str) -> None:
    assert names.check_target_name(name) == name
    assert names.check_initiator(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *HOSTILE,
        "",
        "iqn.2026-13.org.example:a",
        "iqn.26-01.org.example:a",
        "iqn.2026-01.org.example:",
        "iqn.2026-01.org.example:a b",
        "iqn.2026-01.org.example:a_b",
        "iqn.2026-01.-example:a",
        "eui.02004567A425678",
        "naa.6",
        IQN + "\n",
        "iqn.2026-01.org.example:" + "a" * 200,
    ],
)
def test_iscsi_names_that_are_refused(name: str) -> None:
    with pytest.raises(InvalidArgument):
        names.check_target_name(name)


def test_a_name_in_upper_case_is_refused_with_the_right_one() -> None:
    with pytest.raises(InvalidArgument, match=r"must be in lower case: iqn\.2026-01\.org\.example:backup1\."):
        names.check_target_name("iqn.2026-01.org.Example:Backup1")


def test_the_limit_of_a_name_is_223_bytes() -> None:
    longest = IQN + "x" * (223 - len(IQN))
    assert names.check_target_name(longest) == longest
    with pytest.raises(InvalidArgument):
        names.check_target_name(longest + "x")


@pytest.mark.parametrize("pattern", ["*", "iqn.2026-01.org.example:*", "!iqn.2026-01.org.example:bad", "iqn.????-*"])
def test_patterns_are_patterns(pattern: str) -> None:
    assert names.is_pattern(pattern)
    assert names.check_initiator(pattern) == pattern


@pytest.mark.parametrize("pattern", ["* ", "iqn.*\n", "IQN.*", "*" + "a" * 223, '*"', "*#"])
def test_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidArgument):
        names.check_initiator(pattern)


@given(st.text(max_size=60))
def test_no_text_breaks_the_checks(text: str) -> None:
    for check in (names.check_target_name, names.check_initiator, names.check_group, names.check_user):
        try:
            found = check(text)
        except InvalidArgument:
            continue
        assert re.fullmatch(r"[\x21-\x7e]+", found)
        assert not set(found) & set("\"'#{}\\= ")


texts: set[str] = set()
"""All refusals of a secret. They are one and the same, so nothing of a secret can be in them."""


@given(st.text(max_size=40))
def test_a_refused_secret_is_not_in_the_error(secret: str) -> None:
    try:
        found = names.check_secret(secret, "secret")
    except InvalidArgument as error:
        texts.add(error.message)
    else:
        assert found == secret
        assert 12 <= len(secret) <= 16
        assert not set(secret) & set("\"'#{}\\= \t\n`$")
    assert len(texts) <= 1


@pytest.mark.parametrize(
    ("text", "portal"),
    [
        ("192.0.2.10", Portal("192.0.2.10")),
        ("192.0.2.10:3261", Portal("192.0.2.10", 3261)),
        ("2001:db8:0:0::10", Portal("2001:db8::10")),
        ("[2001:DB8::10]:860", Portal("2001:db8::10", 860)),
        ("[2001:db8::10]", Portal("2001:db8::10")),
    ],
)
def test_portals(text: str, portal: Portal) -> None:
    assert names.parse_portal(text) == portal
    assert names.parse_portal(str(portal)) == portal


@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE,
        *("", "192.0.2", "192.0.2.10:", "192.0.2.10:0", "192.0.2.10:65536", "[192.0.2.10", "host", "0.0.0.0", "::"),
        *("[::]:3260", "fe80::1", "224.0.0.1", "192.0.2.10/24", "1.2.3.4:3260:1", "[fe80::1%eth0]:3260"),
    ],
)
def test_portals_that_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        names.parse_portal(text)


def test_a_portal_twice_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="given twice"):
        names.parse_portals(["192.0.2.10", "192.0.2.10:3260"])


def test_parameters() -> None:
    assert names.check_parameters({"QueuedCommands": "64", "DataDigest": ""}) == (("QueuedCommands", "64"),)
    for name, value in [("QueuedCommands", "0"), ("QueuedCommands", "2049"), ("InitialR2T", "yes"), ("X", "1")]:
        with pytest.raises(InvalidArgument, match=name):
            names.check_parameters({name: value})
    for value in ("\u0661", "1e3", "-1", " 64", "64\n", "0x40"):
        with pytest.raises(InvalidArgument):
            names.check_parameters({"QueuedCommands": value})


@pytest.mark.parametrize("alias", ['a"b', "a#b", "a{b}", "a\\b", "a=b", "a\n", "a\x00", "a" * 65, "ä", "$(id)", "%s"])
def test_aliases_that_are_refused(alias: str) -> None:
    with pytest.raises(InvalidArgument):
        names.check_alias(alias)


def test_luns() -> None:
    assert names.check_lun(0) == 0
    assert names.check_lun(16382) == 16382
    with pytest.raises(InvalidArgument):
        names.check_lun(16383)
