"""Hardware exchanged around the same disks and the same library: exported by bamsctl, and imported again."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.appliance.bacula import Bacula
from tests.appliance.disks import Disks, by_id, checksum, write
from tests.appliance.guest import Guest
from tests.appliance.image import BaseImage
from tests.appliance.layer import Layer
from tests.appliance.steps import wait_until
from tests.appliance.tape_library import PASSED_THROUGH
from tests.appliance.targets import Initiator, Targets
from tests.appliance.test_tape import Words, ready
from tests.appliance.vm import DISKS, VirtualMachine

pytestmark = [pytest.mark.appliance, pytest.mark.long]
IQN = "iqn.2026-01.org.example:rebuilt"
HOST = "iqn.2026-01.org.example.initiator:host1"
LIBRARY = PASSED_THROUGH.changer[3]
PASSPHRASE, SECRET, MUTUAL = "correct horse battery", "First-Secret.1", "Second-Secret2"
BACULA_FILES = (
    "bacula-sd.conf",
    "bacula-dir.conf",
    "bconsole.conf",
    "bams.d/storage-daemon.conf",
    "bams.d/director.conf",
)


@dataclass(frozen=True)
class Old:
    """What is known of the machine that is gone."""

    name: str
    file: Path
    seen: dict[str, Any]
    content: str
    written: str
    moves: list[Any]


@pytest.fixture(scope="module")
def machine(base: BaseImage, project: Layer) -> Iterator[VirtualMachine]:
    found = VirtualMachine("rebuild")
    found.kill()
    found.start(base, project, fresh=True)
    found.wait_for_bamsd()
    yield found
    found.end()


def ctl(guest: Guest, *words: str, stdin: str = "") -> Any:
    return json.loads(guest.vm.run(f"bamsctl {shlex.join(words)} --json", stdin=stdin, limit_s=400).out)


def cartridges(guest: Guest) -> dict[str, Any]:
    """Barcode to home and first sight. tgt forgets what was in its drives when the machine ends, so no places."""
    rows = ctl(guest, "tape", "cartridges", "--library", LIBRARY)
    return {row["barcode"]: [row["home_slot"], row["first_seen"]] for row in rows}


def seen(guest: Guest) -> dict[str, Any]:
    """What must be the same on the other hardware."""
    repositories = {row["name"]: row for row in ctl(guest, "disk", "list") if row["owned"]}
    target = ctl(guest, "iscsi", "show", IQN)
    lio = f"/sys/kernel/config/target/iscsi/{IQN}/tpgt_1"
    auth = "".join(f"cat {lio}/acls/{HOST}/auth/{name}; " for name in ("userid", "password", "userid_mutual"))
    wanted = ("name", "uuid", "size", "kind", "use", "mount_point", "mounted", "created", "created_by", "state")
    return {
        "repositories": {name: [row[key] for key in wanted] for name, row in repositories.items()},
        "target": {key: target[key] for key in ("iqn", "alias", "luns", "initiators", "chap_users", "state")},
        "kernel": guest.run(f"{auth} cat {lio}/acls/{HOST}/auth/password_mutual; ls {lio}/lun {lio}/acls"),
        "cartridges": cartridges(guest),
        "bacula": {name: guest.run(f"sha256sum < /etc/bacula/{name}") for name in BACULA_FILES},
        "devices": sorted(Bacula(guest).configured()),
        "drop-in": guest.run("cat /etc/systemd/system/bacula-sd.service.d/bams.conf"),
        "config": guest.run("cat /etc/bams/config.yaml"),
    }


@pytest.fixture(scope="module")
def old(machine: VirtualMachine, tmp_path_factory: pytest.TempPathFactory) -> Old:
    """Filled, exported, and then its plug is pulled for good."""
    guest = Guest(machine)
    disks, targets = Disks(guest), Targets(guest)
    library = ready(guest, PASSED_THROUGH)
    guest.run("echo 'log_level: debug' >> /etc/bams/config.yaml && bamsctl config reload")
    disks.job("CreatePool", "ssas", "rebuilt", "lvm", "1", by_id(DISKS[0]))
    disks.create("files", "rebuilt", 512, use="filesystem", filesystem="ext4")
    disks.create("block", "rebuilt", 64)
    guest.run("echo precious > /srv/bams/files/kept && sync")
    targets.job("CreateTarget", "s", IQN, initiators=[HOST], alias="first")
    targets.job("AddLun", "ss", IQN, "block")
    secrets: dict[str, Any] = {"user": "joe", "secret": SECRET, "mutual_user": "bams", "mutual_secret": MUTUAL}
    targets.job("SetCredentials", "s", IQN, **secrets, apply=True)
    written = write(guest, "/dev/rebuilt/block", "kept")
    for numbers in ((2, 0), (3, 1)):
        assert library.job("Load", *numbers)["State"] == "succeeded"
    assert library.job("Unload", 1)["State"] == "succeeded"
    guest.run("systemctl start bacula-sd bacula-director", limit_s=180)
    guest.call("/org/bams/Bacula", "org.bams.Bacula", "FixPermissions", "a{sv}", "0")
    Bacula(guest).job("ApplyConfig", "", libraries=[LIBRARY], repositories=["files"], local_director=True)
    before = seen(guest)
    moves = ctl(guest, "tape", "cartridge", PASSED_THROUGH.cartridges[2])["moves"]
    made = ctl(guest, "config", "export", "--passphrase-file", "-", stdin=f"{PASSPHRASE}\n")["result"]
    assert guest.run(f"stat -c '%a %U %G' {made['path']}").strip() == "640 root bams-admin"
    assert guest.attempt(f"head -c 4 {made['path']}", user="admin").code == 0
    assert guest.attempt(f"head -c 4 {made['path']}", user="viewer").code != 0
    file = tmp_path_factory.mktemp("export") / f"{made['name']}.bams"
    machine.shell.copy_out(made["path"], file)
    said = guest.run(
        "journalctl -b --no-pager -o cat; cat /var/log/bams/audit.log; tr -cd '[:print:]' < /var/lib/bams/bams.db"
    )
    for secret in (PASSPHRASE, SECRET, MUTUAL):
        assert secret not in said
        assert secret.encode() not in file.read_bytes()
    guest.run("sync")
    return Old(made["name"], file, before, guest.run("sha256sum < /srv/bams/files/kept"), written, moves)


@pytest.fixture(scope="module")
def fresh(machine: VirtualMachine, old: Old, base: BaseImage, project: Layer) -> Guest:
    """Another machine around the same disks, the export copied into it. Only the marks tell it of the repositories."""
    machine.power_off()
    machine.start(base, project, fresh=True, same_disks=True)
    machine.wait_for_bamsd()
    guest = Guest(machine)
    ready(guest, PASSED_THROUGH)
    wait_until("the volumes to be known", lambda: len(ctl(guest, "disk", "list")) == 2, 120, pause_s=1)
    guest.run("systemctl start bacula-sd bacula-director", limit_s=180)
    folder = "/var/lib/bams/exports"
    machine.shell.copy_in(old.file.parent, folder)
    guest.run(f"chown -R root:bams-admin {folder} && chmod 750 {folder} && chmod 640 {folder}/*")
    return guest


def test_a_plan_comes_first_and_a_wrong_passphrase_opens_nothing(fresh: Guest, old: Old) -> None:
    assert ctl(fresh, "iscsi", "list") == []
    command = f"bamsctl config import {old.name} --confirm {old.name} --passphrase-file -"
    refused = fresh.vm.run(command, stdin="correct horse batterY\n", check=False)
    assert refused.code == 10
    assert "the passphrase is another one, or the file is damaged" in refused.err
    planned = ctl(fresh, "config", "import", old.name, "--passphrase-file", "-", "--dry-run", stdin=f"{PASSPHRASE}\n")
    said = "\n".join(step["summary"] for step in planned["result"]["plan"])
    assert "Mount repository files" in said
    assert f"Make target {IQN}" in said
    assert "Leave out" not in said


def test_the_import_makes_the_same_appliance(fresh: Guest, old: Old) -> None:
    words = ("config", "import", old.name, "--confirm", old.name, "--passphrase-file", "-")
    result = ctl(fresh, *words, stdin=f"{PASSPHRASE}\n")["result"]
    assert result == {"restored": ["config", "repositories", "cartridges", "targets", "bacula"]}
    after = seen(fresh)
    for part, value in old.seen.items():
        assert after[part] == value, part
    assert fresh.run("sha256sum < /srv/bams/files/kept") == old.content
    assert checksum(fresh, "/dev/rebuilt/block") == old.written
    moves = ctl(fresh, "tape", "cartridge", PASSED_THROUGH.cartridges[2])["moves"]
    assert [move for move in moves if move in old.moves] == old.moves
    again = ctl(fresh, *words, stdin=f"{PASSPHRASE}\n")["result"]
    assert again == result
    assert seen(fresh) == after


def test_the_initiator_and_the_storage_daemon_find_what_they_knew(fresh: Guest, old: Old) -> None:
    host = Initiator(fresh, "host1", HOST)
    host.prepare()
    auth = {"authmethod": "CHAP", "username": "joe", "password": SECRET, "username_in": "bams", "password_in": MUTUAL}
    host.record(IQN, **auth)
    host.log_in(IQN)
    naa = old.seen["target"]["luns"][0]["naa"]
    assert checksum(fresh, host.disk(naa)) == old.written
    host.log_out(IQN)
    status = Bacula(fresh).status()
    assert (status["reachable"], status["director_reachable"]) == (True, True), status
    shown = {device["name"] for device in status["devices"]}
    assert {f"{LIBRARY}-drive-0", f"{LIBRARY}-drive-1", "files-0"} <= shown
    library = Words(fresh, PASSED_THROUGH)
    assert library.job("Load", 2, 0)["State"] == "succeeded"
    assert library.job("Unload", 0)["State"] == "succeeded"
    assert library.slot(2)[3] == PASSED_THROUGH.cartridges[1]


def test_it_is_still_the_same_after_a_restart(fresh: Guest, old: Old) -> None:
    fresh.run("sync")
    fresh.vm.reset()
    fresh.vm.wait_for_bamsd()
    ready(fresh, PASSED_THROUGH)
    targets = Targets(fresh)
    wait_until("the target to be in sync", lambda: targets.exists(IQN) and targets.state(IQN) == "in-sync", 300)
    assert fresh.run("sha256sum < /srv/bams/files/kept") == old.content
    assert seen(fresh)["kernel"] == old.seen["kernel"]
