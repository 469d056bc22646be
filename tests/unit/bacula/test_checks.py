"""What Bacula does not look at, and why Bacula refuses."""

from dataclasses import replace
from typing import Any

import pytest

from bamsd.bacula import checks, config_error, reach
from bamsd.bacula.account import Account, Node, look
from bamsd.bacula.models import Finding, Repository, TapeDrive, TapeLibrary
from bamsd.bacula.resources import SdConfig
from bamsd.errors import NotReady

GOOD = Node(exists=True, is_device=True, may_read=True, may_write=True, may_execute=True, group="tape", mode=0o660)
DRIVE: dict[str, Any] = {"Autochanger": True, "RandomAccess": False, "MediaType": "LTO-8"}


def config(*devices: dict[str, Any], changer: str = "/dev/sg1", command: str = "/x/mtx-changer %c") -> SdConfig:
    names = [device["Name"] for device in devices]
    robot = {"Name": "lib", "Device": names, "ChangerDevice": changer, "ChangerCommand": command}
    return SdConfig({"Device": devices, "Autochanger": (robot,)})


def drive(number: int, **changes: Any) -> dict[str, Any]:
    path = f"/dev/tape/by-id/scsi-{number}-nst"
    return DRIVE | {"Name": f"d{number}", "ArchiveDevice": path, "DriveIndex": number} | changes


def found(what: SdConfig, **nodes: Node) -> list[Finding]:
    ours = frozenset(row["Name"] for kind in ("Device", "Autochanger") for row in what.of(kind))
    by_path = {path.replace("_", "/"): node for path, node in nodes.items()}
    return list(checks.configured(what, ours, lambda path: by_path.get(path, GOOD), "bacula"))


def test_a_good_configuration_has_no_findings() -> None:
    assert found(config(drive(0), drive(1))) == []


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (config(drive(0), drive(1, DriveIndex=0)), "both have Drive Index 0"),
        (config(drive(0), drive(1, ArchiveDevice="/dev/tape/by-id/scsi-0-nst")), "d0 uses"),
        (config(drive(0, Autochanger=False)), "no Autochanger = yes"),
        (config(drive(0, ArchiveDevice="/dev/tape/by-id/scsi-0")), "rewinds the tape"),
        (config(drive(0), command=""), "no Changer Command"),
        (config(drive(0), command="flock %c mtx-changer"), "no Changer Command"),
        (config(drive(0, SpoolDirectory="/spool")), "its Spool Directory /spool is no folder"),
        (config(drive(0), {"Name": "f", "RandomAccess": True, "ArchiveDevice": "/a", "MediaType": "LTO-8"}), "shares"),
    ],
)
def test_faults_of_the_text(what: SdConfig, words: str) -> None:
    errors = [finding.text for finding in found(what) if finding.severity == "error"]
    assert any(words in text for text in errors), errors


FOLDER = Node(exists=True, is_folder=True, may_read=True, may_write=True, may_execute=True, free_bytes=10 << 30)


def test_spooling_needs_a_folder_with_room_for_all_drives() -> None:
    two = [drive(n, SpoolDirectory="/spool", MaximumSpoolSize=6 << 30) for n in (0, 1)]
    assert found(config(two[0]), _spool=FOLDER) == []
    [finding] = found(config(*two), _spool=FOLDER)
    assert (finding.severity, finding.text) == (
        "warning",
        "/spool has room for 10 GiB, and the drives may spool 12 GiB there",
    )
    closed = replace(FOLDER, may_write=False, group="root", mode=0o755)
    [finding] = found(config(two[0]), _spool=closed)
    assert finding.severity == "error"
    assert "may not write /spool" in finding.text


@pytest.mark.parametrize(
    ("path", "node", "words"),
    [
        ("/dev/tape/by-id/scsi-0-nst", Node(exists=False), "does not exist"),
        ("/dev/tape/by-id/scsi-0-nst", Node(exists=True, is_device=True, group="root", mode=0o600), "read or write"),
        ("/dev/sg1", Node(exists=False), "Changer Device /dev/sg1 does not exist"),
        ("/dev/sg1", Node(exists=True, is_device=True, may_read=True), "read and write /dev/sg1"),
        ("/x/mtx-changer", Node(exists=True, may_read=True), "cannot run /x/mtx-changer"),
        ("/x/flock", Node(exists=False), "cannot run /x/flock"),
        ("/dev/sg9", Node(exists=True, is_device=True), "read and write /dev/sg9"),
    ],
)
def test_faults_of_the_host(path: str, node: Node, words: str) -> None:
    what = config(drive(0, ControlDevice="/dev/sg9"), command="/x/flock --no-fork %c /x/mtx-changer %c %o")
    ours = frozenset({"d0", "lib"})
    seen = checks.configured(what, ours, lambda asked: node if asked == path else GOOD, "bacula")
    assert [finding.severity for finding in seen] == ["error"]
    assert words in seen[0].text
    # The same fault in what people wrote themselves keeps nothing from being applied.
    theirs = checks.configured(what, frozenset(), lambda asked: node if asked == path else GOOD, "bacula")
    assert [finding.severity for finding in theirs] == ["warning"]


def test_faults_of_the_picture() -> None:
    unplugged = TapeLibrary(
        "lib", "S", "/dev/sg1", "order", (TapeDrive(0, "", "", generation=8), TapeDrive(1, "s", "/x"))
    )
    texts = [(f.severity, f.text) for f in checks.picture([unplugged], [Repository("r", "/srv/r", is_mounted=False)])]
    assert ("error", "drive 0 is not connected to this host") in texts
    assert ("error", "nothing is mounted at /srv/r") in texts
    assert any("was guessed" in text for severity, text in texts if severity == "warning")
    assert any("different generations" in text for _, text in texts)


def test_rights_are_told_by_owner_group_and_mode(tmp_path: Any) -> None:
    file = tmp_path / "f"
    file.touch()
    file.chmod(0o640)
    owner, group = file.stat().st_uid, file.stat().st_gid
    member = look(str(file), Account("x", owner + 1, 1, frozenset({group})))
    assert (member.may_read, member.may_write) == (True, False)
    other = look(str(file), Account("x", owner + 1, 1, frozenset({group + 1})))
    assert (other.may_read, other.may_write) == (False, False)
    assert not look(str(tmp_path / "none"), Account("x", 0, 0, frozenset())).exists


BROKEN = """\
bacula-sd: ERROR TERMINATION at parse_conf.c:1698
Config error: Keyword "MediaTipe" not permitted in this resource.
Perhaps you left the trailing brace off of the previous resource.
            : line 3, col 11 of file /trial/bad.conf
 MediaTipe = 3; Password = "geheim9"

"""


def test_file_and_line_of_a_refusal_without_the_line_itself() -> None:
    finding = config_error.parse(BROKEN * 2, "/trial/sd.conf", {"/trial/bad.conf": "/etc/bacula/bad.conf"})
    assert (finding.file, finding.line) == ("/etc/bacula/bad.conf", 3)
    said = config_error.sentence("bacula-sd", finding)
    assert 'Keyword "MediaTipe" not permitted in this resource (/etc/bacula/bad.conf, line 3)' in said
    assert "geheim9" not in said
    reference = config_error.parse('Config error: Could not find config Resource "D7" referenced on line 7', "/a", {})
    assert (reference.file, reference.line) == ("/a", 7)
    assert config_error.parse("", "/a", {}).text == "no reason was given"


def test_where_the_daemon_is_and_who_may_ask_it() -> None:
    rows = {"Storage": ({"Name": "s", "SdAddresses": [{"Addr": "10.0.0.1", "Port": 9999}]},)}
    assert reach.address_of(SdConfig(rows)) == ("10.0.0.1", 9999)
    assert reach.address_of(SdConfig({"Storage": ({"SdAddress": "0.0.0.0", "SdPort": 9104},)})) == ("127.0.0.1", 9104)
    people = ({"Name": "vm-mon", "Password": "p", "Monitor": True}, {"Name": "d", "Password": "q"})
    assert reach.login_of(SdConfig({"Director": people})).director == "vm-mon"
    ours = ({"Name": "bams-monitor", "Password": "r", "Monitor": True},)
    assert reach.login_of(SdConfig({"Director": people + ours})).director == "bams-monitor"
    with pytest.raises(NotReady, match="ApplyConfig"):
        reach.login_of(SdConfig({"Director": people[1:]}))
