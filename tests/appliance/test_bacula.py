"""From nothing to a restored file with a real Bacula 15, through org.bams; bconsole only runs the jobs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from bamsd.bacula import resources, sd_config
from bamsd.bacula.sd_config import Wanted
from bamsd.errors import AlreadyExists, InvalidArgument
from tests.appliance.bacula import BACULA, Bacula, running
from tests.appliance.disks import Disks, by_id
from tests.appliance.guest import Guest
from tests.appliance.steps import wait_until
from tests.appliance.tape_library import INSIDE
from tests.appliance.test_tape import Words, mtx_status, ready
from tests.appliance.vm import DISKS
from tests.unit.bacula.hosts import PASSWORDS, SHAPES, assert_is_asked, wanted

pytestmark = pytest.mark.appliance
LIBRARY = INSIDE.changer[3]
LABELLED = [1, 2, 3, 4, 5, 6]
TREE = "/usr/share"
CONFIG = "/etc/bacula/bacula-dir.conf"
SD_CONFIG = "/etc/bacula/bacula-sd.conf"


@pytest.fixture(scope="module")
def bacula(guest: Guest) -> Iterator[Bacula]:
    """Debian's packages as they are installed, with a file set of our own; a repository with a file system."""
    with running(guest, f"sed -i 's#^    File = /usr/sbin#    File = {TREE}#' {CONFIG}") as found:
        ready(guest, INSIDE)
        disks = Disks(guest)
        disks.job("CreatePool", "ssas", "bacvg", "lvm", "1", by_id(DISKS[5]))
        disks.create("bacfiles", "bacvg", 600, use="filesystem", filesystem="ext4")
        yield found
    disks.job("UnmountRepository", "s", "bacfiles")
    disks.delete("bacfiles")
    disks.job("DeletePool", "s", "bacvg", confirm="bacvg")


def run_backup(bacula: Bacula, storage: str) -> int:
    """Start a full backup; its JobId."""
    said = bacula.console(f"run job=BackupClient1 storage={storage} pool={storage} level=Full yes", "quit")
    return int(said.split("JobId=")[1].split()[0])


def restored(bacula: Bacula, jobid: int, where: str) -> None:
    bacula.guest.run(f"mkdir -p {where} && chown bacula: {where}")
    bacula.console(f"restore jobid={jobid} where={where} all done yes", "wait", "quit")


def eventually(what: str, look: Callable[[], Any], limit_s: float) -> Any:
    """What ``look`` finds as soon as it finds something."""
    found: list[Any] = []

    def seen() -> bool:
        found[:] = [look()]
        return bool(found[0])

    wait_until(what, seen, limit_s, pause_s=1)
    return found[0]


def end_of(bacula: Bacula, jobid: int) -> str:
    def ended() -> str:
        job = next(job for job in bacula.jobs() if job["jobid"] == jobid)
        return str(job["status"]) if job["ended"] and job["status"] not in "RC" else ""

    return str(eventually(f"job {jobid} to end", ended, 600))


def test_missing_rights_are_named_and_mended(bacula: Bacula) -> None:
    guest = bacula.guest
    drive = f"/dev/tape/by-id/scsi-{INSIDE.drives[0].serial}-nst"
    robot = f"/dev/tape/by-id/scsi-{LIBRARY}"
    guest.run(f"chgrp root $(readlink -f {drive}) && chmod 0600 $(readlink -f {robot})")
    errors = {finding["subject"]: finding["text"] for finding in bacula.errors(libraries=[LIBRARY], repositories=[])}
    assert "may not read or write" in errors[f"{LIBRARY}-drive-0"]
    assert "may not read and write" in errors[LIBRARY]
    assert bacula.refusal("ApplyConfig", "", libraries=[LIBRARY], repositories=[]).startswith("NotReady")
    [rule] = guest.call(*BACULA, "FixPermissions", "a{sv}", "0", user="admin")
    assert rule == "/etc/udev/rules.d/62-bams-bacula.rules"
    assert bacula.errors(libraries=[LIBRARY], repositories=[]) == []
    guest.run(f"rm {rule}")


def test_a_configuration_of_what_is_there_comes_into_force(bacula: Bacula) -> None:
    given: dict[str, Any] = {"libraries": [LIBRARY], "repositories": ["bacfiles"], "virtual_autochangers": ["bacfiles"]}
    job = bacula.job("ApplyConfig", "", local_director=True, **given)
    assert job["State"] == "succeeded"
    status = bacula.status()
    assert (status["reachable"], status["director_reachable"]) == (True, True), status
    assert {LIBRARY, "bacfiles"} <= set(status["storages"])
    shown = {device["name"]: device for device in status["devices"]}
    assert {f"{LIBRARY}-drive-0", f"{LIBRARY}-drive-1", "bacfiles-0", "bacfiles-1"} <= set(shown)
    configured = bacula.configured()
    for index, drive in enumerate(INSIDE.drives):
        row = configured[f"Device {LIBRARY}-drive-{index}"]
        assert row["ArchiveDevice"] == f"/dev/tape/by-id/scsi-{drive.serial}-nst"
        assert (row.get("DriveIndex", 0), row["MediaType"], row["Autochanger"]) == (index, "LTO-8", True)
    assert configured[f"Autochanger {LIBRARY}"]["ChangerDevice"] == f"/dev/tape/by-id/scsi-{LIBRARY}"
    assert bacula.guest.run("stat -c %a:%U:%G /etc/bacula/bams.d/storage-daemon.conf").strip() == "640:root:bacula"
    again = bacula.job("ApplyConfig", "", local_director=True, **given)
    assert again["Result"]["changed"]["data"] is False


def test_bacula_and_bams_move_the_robot_by_turns(bacula: Bacula) -> None:
    """The user bacula holds the lock as the generated Changer Command does: BAMS sees who it is, and moves nothing."""
    guest, words = bacula.guest, Words(bacula.guest, INSIDE)
    command = bacula.configured()[f"Autochanger {LIBRARY}"]["ChangerCommand"]
    robot = f"/dev/tape/by-id/scsi-{LIBRARY}"
    lock = command.split(" %c", 1)[0]
    guest.run(f"systemd-run --unit=moves -p User=bacula -p SupplementaryGroups=tape {lock} {robot} sleep 3600")
    try:
        eventually("the robot to be held", lambda: guest.run(f"flock --nonblock {robot} true || echo held"), 30)
        before = mtx_status(guest, INSIDE)
        assert words.refusal("Transfer", 6, 17).startswith("Busy: Another program uses the robot")
        assert mtx_status(guest, INSIDE) == before
    finally:
        guest.run("systemctl stop moves")
    assert words.job("Transfer", 6, 17)["State"] == "succeeded"
    assert words.job("Transfer", 17, 6)["State"] == "succeeded"


@pytest.mark.parametrize("config", [SD_CONFIG, CONFIG])
def test_a_command_in_the_configuration_has_baculas_rights_and_no_more(bacula: Bacula, config: str) -> None:
    """Bacula runs ``@|command``, in the middle of a line too. Who writes as the user bacula must not become root."""
    guest, asked = bacula.guest, "/dev/shm/asked"
    script = f"printf '#!/bin/sh\\n: >> {asked}/$(id -un)\\n' > /usr/local/bin/who && chmod 755 /usr/local/bin/who"
    line = "Messages { @|/usr/local/bin/who\n  Name = Asked; console = all; }"
    guest.run(f"install -d -m 1777 {asked}; {script}; cp -a {config} /root/unasked.conf; echo '{line}' >> {config}")
    try:
        assert bacula.errors(libraries=[LIBRARY], repositories=[], local_director=config == CONFIG) == []
        assert guest.run(f"ls {asked}").split() == ["bacula"]
        assert bacula.status()["reachable"], "such a configuration is read like any other"
        assert guest.run(f"ls {asked}").split() == ["bacula"]
    finally:
        guest.run(f"mv /root/unasked.conf {config}; rm -r {asked} /usr/local/bin/who")


def test_a_configuration_that_bacula_refuses_is_not_installed(bacula: Bacula) -> None:
    guest = bacula.guest
    guest.run(
        "cp -a /etc/bacula/bacula-sd.conf /root/good.conf; sed -i 's/LabelMedia/LebelMedia/' /etc/bacula/bacula-sd.conf"
    )
    before = guest.run("md5sum /etc/bacula/bams.d/* /etc/bacula/bacula-sd.conf; systemctl show -p MainPID bacula-sd")
    refusal = bacula.refusal("ApplyConfig", "", libraries=[LIBRARY], repositories=[])
    assert "ToolFailed: " in refusal
    assert "LebelMedia" in refusal
    assert "/etc/bacula/bacula-sd.conf, line" in refusal
    after = guest.run("md5sum /etc/bacula/bams.d/* /etc/bacula/bacula-sd.conf; systemctl show -p MainPID bacula-sd")
    guest.run("mv /root/good.conf /etc/bacula/bacula-sd.conf")
    assert before == after


def test_six_tapes_are_labelled_by_their_barcodes(bacula: Bacula) -> None:
    job = bacula.job("Label", "ss", LIBRARY, LIBRARY, slots=LABELLED, limit_s=600)
    wanted = [INSIDE.cartridges[slot - 1] for slot in LABELLED]
    assert job["Result"]["labelled"]["data"] == wanted, job
    volumes = bacula.volumes()
    for slot, barcode in zip(LABELLED, wanted, strict=True):
        volume = volumes[barcode]
        assert (volume["pool"], volume["status"], volume["media_type"]) == (LIBRARY, "Append", "LTO-8")
        assert (volume["slot"], volume["in_changer"], volume["library"]) == (slot, True, LIBRARY)
    inventory = bacula.job("Inventory", "s", LIBRARY)
    assert inventory["Result"]["known"]["data"] == 6


def test_tape_and_disk_give_back_what_they_got(bacula: Bacula) -> None:
    guest = bacula.guest
    tape = run_backup(bacula, LIBRARY)
    assert "flock" in bacula.configured()[f"Autochanger {LIBRARY}"]["ChangerCommand"]
    running = eventually("the job to write to tape", lambda: bacula.status()["running"], 120)
    assert running[0]["name"] == "BackupClient1"
    refusal = bacula.refusal("Restart", "")
    assert refusal.startswith("InUse")
    assert f"BackupClient1 (JobId {tape})" in refusal
    mounted = eventually("a mounted tape", lambda: [d for d in bacula.status()["devices"] if d["writers"]], 120)
    drive = int(mounted[0]["name"].rsplit("-", 1)[1])
    words = Words(guest, INSIDE)
    assert words.refusal("Unload", drive).startswith("InUse")
    assert words.refusal("Unload", drive, options=("2", "wait", "b", "true", "release", "b", "true")).startswith(
        "InUse"
    )
    assert end_of(bacula, tape) == "T"
    written = [volume for volume in bacula.volumes().values() if volume["bytes"] > 1 << 20]
    assert [volume["pool"] for volume in written] == [LIBRARY]

    disk = run_backup(bacula, "bacfiles")
    assert end_of(bacula, disk) == "T"
    assert guest.run("ls /srv/bams/bacfiles | grep -c ^bacfiles-").strip() == "1"

    for jobid, where in ((tape, "/tmp/from-tape"), (disk, "/tmp/from-disk")):
        restored(bacula, jobid, where)
        assert guest.run(f"diff -r --no-dereference {TREE} {where}{TREE} && echo equal", limit_s=300).strip() == "equal"

    # The drive is still Bacula's; on request it is given back, and the cartridge is in a slot again. Bacula's own robot
    # has decided meanwhile which drive that is, so BAMS has to look.
    words.job("Inventory")
    status = {device["name"]: device for device in bacula.status()["devices"]}
    loaded = [index for index in (0, 1) if words.drive(index, "State") == "loaded"]
    assert loaded, status
    job = words.job("Unload", loaded[0], options=("2", "wait", "b", "true", "release", "b", "true"))
    assert job["State"] == "succeeded", job
    assert words.drive(loaded[0], "State") == "empty"


def test_a_daemon_that_does_not_start_gets_the_configuration_before(bacula: Bacula) -> None:
    """The unit refuses to start while a file is there that only the new configuration brings."""
    guest = bacula.guest
    folder = "/run/systemd/system/bacula-sd.service.d"
    condition = "ExecStartPre=/bin/sh -c '! grep -q bacfiles-3 /etc/bacula/bams.d/storage-daemon.conf'"
    guest.run(
        f"mkdir -p {folder} && printf '%s\\n' '[Service]' \"{condition}\" > {folder}/trap.conf; systemctl daemon-reload"
    )
    before = guest.run("cat /etc/bacula/bams.d/storage-daemon.conf")
    given: dict[str, Any] = {"libraries": [LIBRARY], "repositories": ["bacfiles"], "virtual_autochangers": ["bacfiles"]}
    refusal = bacula.refusal("ApplyConfig", "", devices_per_repository=4, **given)
    assert "the one before is in force again" in refusal
    assert guest.run("cat /etc/bacula/bams.d/storage-daemon.conf") == before
    assert "bacula-apply-failed" in bacula.alerts()
    assert len([d for d in bacula.status()["devices"] if d["name"].startswith("bacfiles")]) == 2
    guest.run(f"rm -r {folder}; systemctl daemon-reload")
    bacula.job("ApplyConfig", "", devices_per_repository=4, **given)
    assert "bacula-apply-failed" not in bacula.alerts()
    assert len([d for d in bacula.status()["devices"] if d["name"].startswith("bacfiles")]) == 4


def make_certificate(bacula: Bacula, name: str) -> None:
    files = f"-keyout /etc/bacula/{name}.key -out /etc/bacula/{name}.pem"
    bacula.guest.run(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={name} -days 30 {files}"
        f" && chgrp bacula /etc/bacula/{name}.* && chmod 640 /etc/bacula/{name}.*"
    )


def test_tls_to_the_storage_daemon(bacula: Bacula) -> None:
    """People set TLS up for their Director; BAMS's own login then asks for the same and speaks it."""
    guest = bacula.guest
    make_certificate(bacula, "sd")
    make_certificate(bacula, "stranger")
    guest.run(f"cp -a {SD_CONFIG} /root/plain.conf")
    lines = "TLS Require = yes\\n  TLS Certificate = /etc/bacula/sd.pem\\n  TLS Key = /etc/bacula/sd.key"
    guest.run(f"sed -i '0,/^Director {{/s|^Director {{|&\\n  {lines}\\n  TLS Verify Peer = no|' {SD_CONFIG}")
    bacula.job("ApplyConfig", "", libraries=[LIBRARY], repositories=["bacfiles"])
    written = guest.run("cat /etc/bacula/bams.d/storage-daemon.conf")
    assert "TLS Require = yes" in written
    assert "TLS Certificate = /etc/bacula/sd.pem" in written
    assert bacula.status()["reachable"]
    # A stranger on the port would have another certificate than the one that the configuration names.
    guest.run("mv /etc/bacula/sd.pem /etc/bacula/sd.aside && cp -a /etc/bacula/stranger.pem /etc/bacula/sd.pem")
    status = bacula.status()
    assert not status["reachable"]
    assert "must show the certificate" in status["problem"]
    guest.run(f"mv /etc/bacula/sd.aside /etc/bacula/sd.pem && cp -a /root/plain.conf {SD_CONFIG}")
    bacula.job("ApplyConfig", "", libraries=[LIBRARY], repositories=["bacfiles"])
    own = "/etc/bacula/bams.d/storage-daemon.conf"
    assert "TLS" not in guest.run(f"cat {own}")
    assert bacula.status()["reachable"]
    # Without a certificate the password is the key.
    guest.run(f"sed -i 's/^  Monitor = yes/&\\n  TLS Require = yes/' {own} && systemctl restart bacula-sd", limit_s=180)
    eventually("the storage daemon to answer", lambda: bacula.status()["reachable"], 120)
    bacula.job("ApplyConfig", "", libraries=[LIBRARY], repositories=["bacfiles"])
    assert "TLS" not in guest.run(f"cat {own}")


@settings(deadline=None, max_examples=15, derandomize=True)
@given(asked=wanted)
def test_the_real_bsdjson_reads_what_was_asked_for(guest: Guest, asked: Wanted) -> None:
    """For hosts with up to two libraries, three repositories and virtual changers."""
    agrees(guest, asked)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_real_bsdjson_reads_the_shapes_of_hosts(guest: Guest, shape: str) -> None:
    agrees(guest, SHAPES[shape])


def agrees(guest: Guest, asked: Wanted) -> None:
    alone = replace(asked, base=resources.SdConfig())  # nothing by hand: the text is a whole configuration
    try:
        text = sd_config.text(sd_config.resources(alone, PASSWORDS))
    except (AlreadyExists, InvalidArgument):
        return  # the same name twice, or nothing to configure
    said = guest.vm.run("cat > /root/asked.conf && bsdjson -c /root/asked.conf; rm /root/asked.conf", stdin=text).out
    config = resources.parse(said)
    kinds = ("Storage", "Director", "Device", "Autochanger", "Messages")
    assert_is_asked(alone, {kind: found for kind in kinds if (found := config.of(kind))})
