"""The commands as data: help, D-Bus signatures against the contract, exit codes, the command line, JSON."""

import io
import json
import math
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bamsd.ctl import completion, exits, following
from bamsd.ctl.__main__ import main
from bamsd.ctl.command import Command, options_of, values_of
from bamsd.ctl.commands import COMMANDS, GROUPS
from bamsd.ctl.logs import course, entry_line, parse_priority
from bamsd.ctl.output import Output, snake
from bamsd.ctl.parser import build, default_of
from bamsd.ctl.ssh import checked_host
from bamsd.errors import BY_NAME, HardwareFailed, InteractiveAuthorizationRequired, InvalidArgument

ROOT = Path(__file__).resolve().parents[3]


def declared() -> dict[str, str]:
    """Method to the signature of what it takes, from the contract."""
    found = {}
    for path in (ROOT / "dbus").glob("org.bams.*.xml"):
        interface = ET.parse(path).getroot().find("interface")
        assert interface is not None
        for method in interface.iter("method"):
            given = [a.attrib["type"] for a in method.findall("arg") if a.attrib["direction"] == "in"]
            found[f"{interface.attrib['name']}.{method.attrib['name']}"] = "".join(given)
    return found


def test_every_change_calls_a_method_of_the_contract() -> None:
    methods = declared()
    calls = [command.call for command in COMMANDS if command.call]
    assert len(calls) > 30
    assert [call.member for call in calls if methods.get(call.member) != call.signature + "a{sv}"] == []


def test_every_changing_method_has_a_command() -> None:
    called = {command.call.member for command in COMMANDS if command.call}
    changing = {name for name, signature in declared().items() if signature.endswith("a{sv}")}
    reading = {name for name in changing if name.rsplit(".", 1)[-1].startswith(("List", "Get", "Check", "Generate"))}
    logs = {name for name in changing if ".Logs." in name}
    assert changing - reading - logs - called == set()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_explains_itself(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.words, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"usage: bamsctl {command.name}" in shown
    for argument in command.arguments:
        assert argument.help
        assert argument.name in shown or argument.metavar in shown


def test_groups_and_words() -> None:
    words = [command.words for command in COMMANDS]
    assert len(words) == len(set(words))
    assert {w[:depth] for w in words for depth in range(1, len(w))} == set(GROUPS)
    for group in GROUPS:
        if default := default_of(group):
            assert build().parse_args(group).command is default
    with pytest.raises(SystemExit):
        build().parse_args(["disk", "snapshot"])


def test_arguments_become_values_and_options() -> None:
    given = build().parse_args(["disk", "create", "w", "vg1", "1.5T", "--filesystem", "--json", "--host", "joe@h"])
    assert values_of(given.command, given) == ["w", "vg1", 1649267441664]
    assert options_of(given.command, given) == {"use": "filesystem"}
    assert (given.json, given.host) == (True, "joe@h")
    given = build().parse_args(["--json", "iscsi", "update", "i", "--initiator=", "--enabled", "--group", "g=a,b/0,1"])
    assert options_of(given.command, given) == {
        "initiators": [],
        "enabled": True,
        "groups": [{"name": "g", "initiators": ["a", "b"], "luns": [0, 1]}],
    }
    assert given.json
    given = build().parse_args(["iscsi", "apply"])
    assert values_of(given.command, given) == [""]


@pytest.mark.parametrize("words", [["disk", "create", "x", "p", "--sparse=1", "1G"], ["disk", "creat"], [], ["--frob"]])
def test_a_wrong_command_line_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == exits.USAGE


def test_each_class_of_errors_has_a_code() -> None:
    for error in BY_NAME.values():
        assert exits.code_of(error("x")) not in (0, exits.USAGE, exits.INTERRUPTED)
    assert exits.code_of(HardwareFailed("x")) == 15
    assert exits.code_of(InteractiveAuthorizationRequired("x")) == 3
    codes = [code for code, _, _ in exits.explained()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("host", ["-oProxyCommand=x", "a b", "a;b", "joe@-x", "a@b@c", "", "a\nb", "@b", "[::1;]"])
def test_a_host_that_could_be_something_else_is_refused(host: str) -> None:
    with pytest.raises(InvalidArgument):
        checked_host(host)


@pytest.mark.parametrize("host", ["backup1", "joe@backup1.example.org", "root@192.0.2.1", "[2001:db8::1]", "j_d@[::1]"])
def test_a_host_is_taken(host: str) -> None:
    assert checked_host(host) == host


def test_json_is_always_json() -> None:
    out, err = io.StringIO(), io.StringIO()
    output = Output(True, out, err)
    output.document({"nan": math.nan, "list": [math.inf, 1.5], "text": "\x1b\ud800"})
    assert json.loads(out.getvalue()) == {"nan": None, "list": [None, 1.5], "text": "\x1b\ud800"}
    output.error(InvalidArgument("no"))
    assert json.loads(err.getvalue()) == {"error": {"name": "InvalidArgument", "message": "no"}}
    assert [snake(name) for name in ("Name", "StartedByUid")] == ["name", "started_by_uid"]


def test_the_bar_of_a_job() -> None:
    job = {"Description": "load", "ProgressValid": True, "Progress": 0.5, "StartTime": 0}
    job["ExpectedEndTime"] = 130_000_000
    assert following.bar(job, 65.0) == "[############............]  50%  1 min 05 s left  load"
    assert following.bar(job | {"ProgressValid": False}, 10.0) == "load: 10 s  2 min 00 s left"
    assert following.bar(job | {"Progress": 7.0, "ExpectedEndTime": 0}, 1.0) == f"[{'#' * 24}] 100%  load"


def test_log_lines() -> None:
    entry = {"time": 0, "identifier": "sshd", "pid": 7, "message": "two\nlines \x1b[2J"}
    assert entry_line(entry) == "- sshd[7]: two\\x0alines \\x1b[2J"
    assert (parse_priority("err"), parse_priority("7")) == (3, 7)
    with pytest.raises(InvalidArgument):
        parse_priority("8")
    assert (course([]), course([5.0, 5.0]), course([0.0, 1.0])) == ("", "▁▁", "▁█")


def offered(*words: str) -> set[str]:
    *before, last = words
    return {value for value, _ in completion.offered(completion.read(before), last) if value.startswith(last)}


def test_words_and_options_are_completed_without_a_daemon() -> None:
    assert offered("di") == {"disk"}
    assert {"create", "snapshot", "pool"} <= offered("disk", "")
    assert offered("--json", "iscsi", "lun", "") == {"add", "remove"}
    assert "--filesystem" in offered("disk", "create", "x", "--f")
    assert {"--dry-run", "--json", "--confirm"} <= offered("disk", "delete", "--")
    assert "--confirm" not in offered("disk", "list", "--")
    assert offered("disk", "create", "x", "--type", "") == {"xfs", "ext4"}
    assert offered("disk", "pool", "create", "x", "") == {"lvm", "lvm-thin", "zfs"}
    assert offered("disk", "create", "--type", "e") == {"ext4"}


def test_each_kind_of_name_has_a_source() -> None:
    kinds = {argument.names for command in COMMANDS for argument in command.arguments} - {"", "file"}
    assert kinds - completion.SOURCES.keys() == set()
    assert completion.SOURCES.keys() - kinds == set()
