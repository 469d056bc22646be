"""The file that rtslib restores at boot."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bamsd.errors import ToolFailed
from bamsd.iscsi.configured import parse_saveconfig
from bamsd.iscsi.models import Configuration, Credential, Group, Lun, Secret, Target
from tests.unit.iscsi.configurations import INITIATORS, IQNS, device
from tests.unit.iscsi.lio_rig import Rig

RECORDED = Path(__file__).resolve().parents[2] / "recordings" / "lio" / "saveconfig.json"
DISK = device("disk-a")
TARGET = Target(
    IQNS[0],
    groups=(Group("default", INITIATORS[:1]),),
    luns=(Lun(3, "disk-a", read_only=True),),
    credentials=(Credential("joe", Secret("firstsecret12")),),
    mutual=Credential("target", Secret("mutualsecret1")),
)
WANTED = Configuration({TARGET.iqn: TARGET}, {DISK.name: DISK})


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "saveconfig.json")


def save(rig: Rig, wanted: Configuration) -> dict[str, object]:
    text = rig.lio.render(wanted)
    rig.boot_file.write_text(text)
    content: dict[str, object] = json.loads(text)
    return content


def names(content: dict[str, object], kind: str, field: str) -> set[str]:
    entries = content[kind]
    assert isinstance(entries, list)
    return {entry[field] for entry in entries}


def test_it_has_the_keys_that_targetcli_writes(rig: Rig) -> None:
    recorded = json.loads(RECORDED.read_text())
    ours = json.loads(rig.lio.render(WANTED))
    (target,) = ours["targets"]
    (group,) = target["tpgs"]
    theirs = recorded["targets"][1]["tpgs"][0]
    assert group.keys() == theirs.keys()
    assert group["attributes"].keys() <= theirs["attributes"].keys()
    assert group["parameters"].keys() <= theirs["parameters"].keys()
    assert group["luns"][0].keys() <= theirs["luns"][0].keys()
    assert group["portals"] == theirs["portals"]
    (acl,) = group["node_acls"]
    assert acl.keys() - theirs["node_acls"][0].keys() == {
        "chap_userid",
        "chap_password",
        "chap_mutual_userid",
        "chap_mutual_password",
    }
    assert acl["mapped_luns"] == [{"alias": "bams", "index": 3, "tpg_lun": 3, "write_protect": True}]


def test_the_holders_of_disks_find_the_device_in_it(rig: Rig) -> None:
    (backing,) = parse_saveconfig(rig.lio.render(WANTED), "x")
    assert (backing.path, backing.luns) == (DISK.path, (f"LUN 3 of {TARGET.iqn}",))


def test_what_others_saved_stays(rig: Rig) -> None:
    rig.boot_file.write_text(RECORDED.read_text())
    before = json.loads(RECORDED.read_text())
    content = save(rig, WANTED)
    assert names(content, "targets", "wwn") == {TARGET.iqn, *(t["wwn"] for t in before["targets"])}
    emptied = save(rig, Configuration())
    assert emptied["targets"] == before["targets"]
    assert emptied["storage_objects"] == before["storage_objects"]


def test_what_bams_removed_goes_also_when_targetcli_saved_meanwhile(rig: Rig) -> None:
    rig.apply(WANTED)
    content = save(rig, WANTED)
    del content["bams"]
    rig.boot_file.write_text(json.dumps(content))
    rig.apply(Configuration())
    assert save(rig, Configuration())["targets"] == []


def test_after_a_restart_its_mark_tells_what_was_ours(rig: Rig) -> None:
    save(rig, WANTED)
    rig.restart()
    content = save(rig, Configuration())
    assert (content["targets"], content["storage_objects"]) == ([], [])


@pytest.mark.parametrize("text", ["{", "[]", '{"targets": {}}', '{"storage_objects": [1]}', "[" * 100000])
def test_a_file_that_is_not_understood_is_not_overwritten(rig: Rig, text: str) -> None:
    rig.boot_file.write_text(text)
    with pytest.raises(ToolFailed, match=r"saveconfig\.json"):
        rig.lio.render(WANTED)


def test_without_a_credential_none_is_asked_for(rig: Rig) -> None:
    text = rig.lio.render(Configuration({TARGET.iqn: replace(TARGET, credentials=(), mutual=None)}, WANTED.devices))
    assert "chap" not in text
    assert '"authentication": 0' in text
