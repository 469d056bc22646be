"""The files around the code agree with each other: contract, documentation, bus policy, polkit, build, example."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bamsd import config

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = sorted((ROOT / "dbus").glob("org.bams.*.xml"))
GENERATE = ROOT / "docs" / "generate_api.py"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def annotations(name: str) -> list[str]:
    found = (a for path in CONTRACT for a in ET.parse(path).getroot().iter("annotation"))
    return [a.attrib["value"] for a in found if a.attrib["name"] == name]


def check_api(root: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(root / "docs" / "generate_api.py"), "--check"]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_api_page_is_current_and_every_member_is_explained() -> None:
    done = check_api(ROOT)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      @slot: the slot to take the cartridge from\n", "", "Load: has the arguments"),
        ("      Load:\n", "      Lode:\n", "does not begin with 'Load:'"),
        ('name="SlotsChanged"', 'name="SlotsMoved"', "does not begin with 'SlotsMoved:'"),
        ("Load a cartridge into a drive.", "Load one cartridge into a drive.", "docs/api.md is old"),
    ],
)
def test_a_member_without_explanation_is_found(tmp_path: Path, old: str, new: str, said: str) -> None:
    for folder in ("dbus", "docs", "polkit"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "bamsd").mkdir()
    shutil.copy(ROOT / "bamsd" / "errors.py", tmp_path / "bamsd")
    tape = tmp_path / "dbus" / "org.bams.Tape.xml"
    source = tape.read_text(encoding="utf-8")
    assert old in source
    tape.write_text(source.replace(old, new, 1), encoding="utf-8")
    done = check_api(tmp_path)
    assert done.returncode == 1
    assert said in done.stderr


def test_each_interface_has_a_file_of_its_name() -> None:
    assert len(CONTRACT) >= 5
    for path in CONTRACT:
        names = [interface.attrib["name"] for interface in ET.parse(path).getroot().iter("interface")]
        assert names == [path.stem]


def test_every_member_says_since_when() -> None:
    members = [m for path in CONTRACT for m in ET.parse(path).getroot().iter() if "name" in m.attrib]
    members = [m for m in members if m.tag in ("interface", "method", "property", "signal")]
    assert len(annotations("org.bams.Since")) == len(members)


def test_every_property_says_whether_changes_are_announced() -> None:
    for path in CONTRACT:
        for member in ET.parse(path).getroot().iter("property"):
            values = [a.attrib["value"] for a in member if a.attrib["name"].endswith(".EmitsChangedSignal")]
            assert len(values) == 1
            assert values[0] in ("true", "const", "false")
            assert member.attrib["access"] == "read"


def test_a_method_with_a_polkit_action_takes_options_last_or_only_reads() -> None:
    readers = ("VerifyAudit", "ListServices")
    for path in CONTRACT:
        for member in ET.parse(path).getroot().iter("method"):
            inputs = [a for a in member.iter("arg") if a.attrib["direction"] == "in"]
            if any(a.attrib["name"] == "org.bams.Action" for a in member) and member.attrib["name"] not in readers:
                assert (inputs[-1].attrib["name"], inputs[-1].attrib["type"]) == ("options", "a{sv}")


def test_actions_of_the_contract_are_in_the_policy() -> None:
    policy = {action.attrib["id"] for action in ET.parse(ROOT / "polkit" / "org.bams.policy").getroot().iter("action")}
    named = set(annotations("org.bams.Action")) - {"*"}
    assert named
    assert named <= policy


def test_policy_and_rules_name_the_same_actions() -> None:
    policy = {action.attrib["id"] for action in ET.parse(ROOT / "polkit" / "org.bams.policy").getroot().iter("action")}
    assert set(re.findall(r'^ +"(org\.bams\.[\w.]+)":', text("polkit/50-bams.rules"), flags=re.MULTILINE)) == policy


def test_policy_defaults_ask_an_administrator_everywhere() -> None:
    for action in ET.parse(ROOT / "polkit" / "org.bams.policy").getroot().iter("action"):
        defaults = {d.text for d in action.iter() if d.tag.startswith("allow_")}
        destroys = action.attrib["id"].endswith(".destroy")
        assert defaults == {"auth_admin" if destroys else "auth_admin_keep"}
        assert action.findtext("description")
        assert action.findtext("message")


def test_the_rules_know_the_groups_that_are_made() -> None:
    made = set(re.findall(r"^g (\S+)", text("dbus/bams.sysusers"), flags=re.MULTILINE))
    assert set(re.findall(r'"(bams-\w+)"', text("polkit/50-bams.rules"))) == made


def test_the_bus_lets_every_interface_through() -> None:
    rules = ET.parse(ROOT / "dbus" / "org.bams.conf").getroot()
    allowed = {a.attrib["send_interface"] for a in rules.iter("allow") if "send_interface" in a.attrib}
    standard = {f"org.freedesktop.DBus.{name}" for name in ("Introspectable", "ObjectManager", "Peer", "Properties")}
    assert allowed == {path.stem for path in CONTRACT} | standard
    owners = [p.attrib for p in rules.iter("policy") if any("own" in rule.attrib for rule in p)]
    assert owners == [{"user": "root"}]


def test_the_example_is_valid_and_shows_the_defaults() -> None:
    example = config.load(ROOT / "docs" / "examples" / "config.yaml")
    assert example.tape.libraries
    without = example.model_copy(update={"tape": example.tape.model_copy(update={"libraries": ()})})
    assert without == config.defaults()


def test_the_example_shows_every_key() -> None:
    example = config.load(ROOT / "docs" / "examples" / "config.yaml")
    assert example.model_fields_set == set(config.Config.model_fields)
    for section in (example.paths, example.audit, example.tape, example.tape.libraries[0]):
        assert section.model_fields_set == set(type(section).model_fields)


def test_pinned_versions_fit_what_the_project_accepts() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    pins = dict(re.findall(r"^([\w-]+)==([\d.]+)", text("tests/requirements.txt").lower(), flags=re.MULTILINE))
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    for requirement in wanted:
        match = re.fullmatch(r"([\w-]+)(?:(==|>=)([\d.]+))?", requirement.lower())
        assert match, requirement
        name, relation, version = match.groups()
        assert name in pins
        pinned, least = (tuple(map(int, v.split("."))) for v in (pins[name], version or "0"))
        assert pinned == least if relation == "==" else pinned >= least


def test_every_target_of_the_makefile_is_explained() -> None:
    help_shows = set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), flags=re.MULTILINE))
    targets = {
        "run",
        "stop",
        "shell",
        "status",
        "check",
        "check-fast",
        "check-long",
        "bench",
        "build",
        "install",
        "deb",
        "page",
        "demo",
        "clean",
        "help",
    }
    assert help_shows == targets


def test_the_generator_is_not_run_by_its_import() -> None:
    spec = importlib.util.spec_from_file_location("generate_api", GENERATE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.groups_of()["org.bams.manage"] == ["bams-admin"]
