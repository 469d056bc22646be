"""Configurations of SCST and LIO, as their own tools wrote them and as anybody may have mangled them."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.errors import ToolFailed
from bamsd.iscsi.configured import Backing, parse_saveconfig, parse_scst_conf

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
ALPHA, BETA, GAMMA = (f"iqn.2026-01.org.bams:{name}" for name in ("alpha", "beta", "gamma"))


def test_what_scstadmin_wrote() -> None:
    text = (RECORDINGS / "scst" / "write-config.conf").read_text()
    assert parse_scst_conf(text, "scst.conf") == (
        Backing("repo1", "/dev/bamsvg/repo1", (f"LUN 0 of {ALPHA}",)),
        Backing("zv1", "/dev/zvol/tank/zv1", (f"LUN 1 of {ALPHA}",)),
        Backing("file1", "/srv/file1.img", (f"LUN 0 of {BETA}", f"LUN 5 of {GAMMA}")),
    )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("HANDLER vdisk_blockio {\nDEVICE a {\n filename /dev/vg/a # x\n}\n}", "/dev/vg/a"),
        ('HANDLER h { DEVICE a { filename "/dev/with blank" } }', "/dev/with blank"),
        ("HANDLER h {\nDEVICE a\n{\nfilename /dev/vg/a\n}\n}", "/dev/vg/a"),
        ("HANDLER h {\nDEVICE a {\nFileName /dev/a\\#b\n}\n}", "/dev/a#b"),
        ("filename /dev/vg/a", "/dev/vg/a"),
    ],
)
def test_ways_to_write_a_device(text: str, path: str) -> None:
    assert [found.path for found in parse_scst_conf(text, "scst.conf")] == [path]


def test_a_comment_holds_no_device() -> None:
    assert parse_scst_conf("# HANDLER h {\n#  filename /dev/a\n", "scst.conf") == ()


@pytest.mark.parametrize("text", ["HANDLER h {\nDEVICE a {\n}", "}\n", 'IncomingUser "joe pass{word"'])
def test_braces_that_do_not_match_are_no_answer(text: str) -> None:
    with pytest.raises(ToolFailed, match=r"^/etc/scst\.conf cannot be understood"):
        parse_scst_conf(text, "/etc/scst.conf")


def test_what_targetcli_wrote() -> None:
    text = (RECORDINGS / "lio" / "saveconfig.json").read_text()
    found = {backing.path: backing.luns for backing in parse_saveconfig(text, "saveconfig.json")}
    assert found == {
        "/root/ff.img": (),
        "/dev/vg0/active": (),
        "/dev/zvol/tank/zv1": (f"LUN 7 of {ALPHA}",),
        "/dev/vg0/thin": (f"LUN 0 of {BETA}", f"LUN 0 of {ALPHA}"),
    }


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"storage_objects": [{"dev": 5, "name": "a", "plugin": "block"}]}', '{"targets": [7]}']
)
def test_another_file_is_no_answer(text: str) -> None:
    with pytest.raises(ToolFailed, match=r"^/etc/target/saveconfig\.json cannot be understood"):
        parse_saveconfig(text, "/etc/target/saveconfig.json")


def test_a_configuration_without_targets() -> None:
    assert parse_saveconfig("{}", "f") == ()
    assert parse_saveconfig('{"storage_objects": [], "targets": [], "fabric_modules": []}', "f") == ()


@given(st.text())
def test_any_text_is_understood_or_refused(text: str) -> None:
    for parse in (parse_scst_conf, parse_saveconfig):
        with suppress(ToolFailed):
            assert all(backing.path for backing in parse(text, "f"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"storage_objects": JSON, "targets": JSON}))
def test_any_json_is_understood_or_refused(content: object) -> None:
    with suppress(ToolFailed):
        assert all(backing.path for backing in parse_saveconfig(json.dumps(content), "f"))


PATHS = st.from_regex(r"/dev/[a-zA-Z0-9_./-]{1,30}", fullmatch=True)


@given(st.lists(PATHS, max_size=6))
def test_every_device_is_found(paths: list[str]) -> None:
    blocks = "".join(f"\tDEVICE d{index} {{\n\t\tfilename {path}\n\t}}\n" for index, path in enumerate(paths))
    found = parse_scst_conf(f"HANDLER vdisk_blockio {{\n{blocks}}}\n", "scst.conf")
    assert [backing.path for backing in found] == paths
