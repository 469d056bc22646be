"""org.bams.Iscsi on LIO of a real kernel with a real initiator, through busctl alone."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.appliance import image
from tests.appliance.disks import MIB, Disks, by_id, checksum, write
from tests.appliance.guest import Guest
from tests.appliance.steps import wait_until
from tests.appliance.targets import ISCSI, Initiator, Targets
from tests.appliance.vm import DISKS

pytestmark = pytest.mark.appliance
WITH_ZFS = image.wanted_recipe().with_zfs

IQN = "iqn.2026-01.org.example:backup1"
FOREIGN = "iqn.2026-01.org.example:by-hand"
HOST = "iqn.2026-01.org.example.initiator:host1"
STRANGER = "iqn.2026-01.org.example.initiator:stranger"
SECRETS = {"first": "First-Secret.1", "second": "Second-Secret2", "mutual": "Mutual-Secret3"}


@pytest.fixture(scope="module")
def disks(guest: Guest) -> Iterator[Disks]:
    """A volume group and a zpool with a repository for each LUN."""
    found = Disks(guest)
    found.job("CreatePool", "ssas", "ivg", "lvm", "1", by_id(DISKS[0]), wipe=True)
    if WITH_ZFS:
        found.job("CreatePool", "ssas", "itank", "zfs", "1", by_id(DISKS[1]), wipe=True)
    for name, pool in (("lun0", "ivg"), ("lun1", "itank" if WITH_ZFS else "ivg"), ("lun2", "ivg"), ("lun3", "ivg")):
        found.create(name, pool, 64)
    yield found
    for name in ("lun0", "lun1", "lun2", "lun3"):
        found.delete(name)
    if WITH_ZFS:
        found.job("DeletePool", "s", "itank", confirm="itank")
    found.job("DeletePool", "s", "ivg", confirm="ivg")


@pytest.fixture(scope="module")
def admin(guest: Guest, disks: Disks) -> Iterator[Targets]:
    """Whatever a test leaves behind is removed before the disks."""
    found = Targets(guest)
    yield found
    for name in (HOST, STRANGER):
        Initiator(guest, name.rpartition(":")[2], name).log_out(IQN)
    if found.exists(IQN):
        found.job("DeleteTarget", "s", IQN, confirm=IQN, apply=True, force=True)


@pytest.fixture(scope="module")
def host(guest: Guest) -> Initiator:
    found = Initiator(guest, "host1", HOST)
    found.prepare()
    return found


@pytest.fixture(scope="module")
def stranger(guest: Guest) -> Initiator:
    found = Initiator(guest, "stranger", STRANGER)
    found.prepare()
    return found


def auth(secret: str, mutual: str = "") -> dict[str, str]:
    found = {"authmethod": "CHAP", "username": "joe", "password": secret}
    return found | ({"username_in": "bams", "password_in": mutual} if mutual else {})


def test_a_target_is_kept_planned_and_then_applied(guest: Guest, admin: Targets) -> None:
    plan = admin.plan("CreateTarget", "s", IQN, initiators=[HOST], alias="first")
    assert any(IQN in step["summary"] for step in plan)
    assert not admin.exists(IQN)
    admin.job("CreateTarget", "s", IQN, initiators=[HOST], alias="first")
    assert admin.target(IQN)["State"] == "pending"
    assert admin.target(IQN)["Pending"]
    assert guest.attempt(f"test -d /sys/kernel/config/target/iscsi/{IQN}").code != 0
    job = admin.job(
        "SetCredentials",
        "s",
        IQN,
        user="joe",
        secret=SECRETS["first"],
        mutual_user="bams",
        mutual_secret=SECRETS["mutual"],
        apply=True,
    )
    assert job["State"] == "succeeded"
    assert admin.state(IQN) == "in-sync"
    assert admin.target(IQN)["Pending"] == []
    assert admin.target(IQN)["ChapUsers"] == ["joe"]


def test_luns_on_a_volume_and_on_a_zvol_are_written_by_an_initiator(
    guest: Guest, admin: Targets, host: Initiator
) -> None:
    assert "AlreadyExists" in admin.refusal("CreateTarget", "s", IQN)
    for name in ("lun0", "lun1"):
        admin.job("AddLun", "ss", IQN, name, apply=True)
    found = admin.target(IQN)
    assert [lun[:2] for lun in found["Luns"]] == [[0, "lun0"], [1, "lun1"]]
    host.record(IQN, **auth(SECRETS["first"], SECRETS["mutual"]))
    host.log_in(IQN)
    identities = admin.identities(IQN)
    for number, repository in ((0, "/dev/ivg/lun0"), (1, "/dev/zvol/itank/lun1" if WITH_ZFS else "/dev/ivg/lun1")):
        disk = host.disk(identities[number])
        assert int(guest.run(f"blockdev --getsize64 {disk}")) == 64 * MIB
        written = write(guest, disk, f"lun {number}")
        assert checksum(guest, repository) == written
    [session] = admin.sessions(IQN)
    assert (session["initiator"], session["luns"]) == (HOST, [0, 1])
    wait_until("the session to be counted", lambda: admin.target(IQN)["SessionCount"] == 1, 90)


def test_wrong_initiators_and_wrong_secrets_are_refused(admin: Targets, host: Initiator, stranger: Initiator) -> None:
    stranger.record(IQN, **auth(SECRETS["first"]))
    assert "authorization failure" in stranger.refused(IQN)
    stranger.record(IQN)
    stranger.refused(IQN)
    assert [session["initiator"] for session in admin.sessions(IQN)] == [HOST]


def test_nobody_deletes_what_is_under_a_lun(disks: Disks, admin: Targets) -> None:
    for name in ("lun0", "lun1"):
        refused = disks.refusal("DeleteRepository", "s", name, confirm=name)
        assert refused.startswith("InUse: ")
        assert f"of {IQN}" in refused
    assert "InUse" in admin.refusal("RemoveLun", "su", IQN, "0", apply=True)
    refused = admin.refusal("DeleteTarget", "s", IQN, confirm=IQN, apply=True)
    assert refused.startswith("InUse: ")
    assert HOST in refused
    assert admin.state(IQN) == "in-sync"


def test_a_grown_repository_is_announced_under_a_session(
    guest: Guest, disks: Disks, admin: Targets, host: Initiator
) -> None:
    disk = host.disk(admin.identities(IQN)[0])
    before = checksum(guest, disk)
    disks.job("ResizeRepository", "st", "lun0", str(96 * MIB))

    def grown() -> bool:
        host.rescan(IQN)
        return int(guest.run(f"blockdev --getsize64 {disk}")) == 96 * MIB

    wait_until("the initiator to see the new size", grown, 120, pause_s=2)
    assert checksum(guest, disk) == before
    assert admin.state(IQN) == "in-sync"


def test_a_lun_is_added_under_a_session(guest: Guest, admin: Targets, host: Initiator) -> None:
    [step] = [s for s in admin.plan("AddLun", "ss", IQN, "lun2", apply=True) if "disconnect" in s["effect"]] or [{}]
    assert not step, "adding a LUN disturbs nobody"
    admin.job("AddLun", "ss", IQN, "lun2", apply=True, read_only=True, lun=7)
    host.rescan(IQN)
    disk = host.disk(admin.identities(IQN)[7])
    assert guest.attempt(f"dd if=/dev/zero of={disk} bs=4096 count=1 oflag=direct").code != 0
    assert [session["luns"] for session in admin.sessions(IQN)] == [[0, 1, 7]]


def test_a_secret_is_rotated_and_the_session_stays(admin: Targets, host: Initiator) -> None:
    [before] = admin.sessions(IQN)
    admin.job("SetCredentials", "s", IQN, user="joe", secret=SECRETS["second"], apply=True)
    [after] = admin.sessions(IQN)
    assert (before["id"], before["since"]) == (after["id"], after["since"])
    host.log_out(IQN)
    host.record(IQN, **auth(SECRETS["first"], SECRETS["mutual"]))
    assert "authorization failure" in host.refused(IQN)
    host.record(IQN, **auth(SECRETS["second"], SECRETS["mutual"]))
    host.log_in(IQN)


def test_targetcli_shows_the_same(guest: Guest, admin: Targets) -> None:
    shown = guest.run("targetcli ls / 2>/dev/null", limit_s=180)
    assert IQN in shown
    assert HOST in shown
    for name in ("lun0", "lun1", "lun2"):
        assert name in shown
    saved = json.loads(guest.run("targetcli saveconfig /root/now.json >/dev/null && cat /root/now.json", limit_s=180))
    file = "/etc/rtslib-fb-target/saveconfig.json"
    ours = json.loads(guest.run(f"cat {file}"))
    guest.run("rm /root/now.json")

    def told(config: dict[str, list[dict[str, object]]]) -> tuple[object, object]:
        objects = sorted((str(o["name"]), str(o["dev"]), str(o["wwn"])) for o in config["storage_objects"])
        return objects, sorted(json.dumps(_target(t), sort_keys=True) for t in config["targets"])

    assert told(saved) == told(ours)
    assert guest.run(f"stat -c %a {file}").strip() == "600"


def _target(target: dict[str, object]) -> object:
    """What matters of a target in saveconfig.json: who gets in, where, to which LUNs."""
    tpgs = target["tpgs"]
    assert isinstance(tpgs, list)
    return [
        target["wwn"],
        [
            {
                "enable": tpg["enable"],
                "luns": sorted((lun["index"], lun["storage_object"]) for lun in tpg["luns"]),
                "portals": sorted((p["ip_address"], p["port"]) for p in tpg["portals"]),
                "acls": sorted(
                    (
                        acl["node_wwn"],
                        acl.get("chap_userid"),
                        acl.get("chap_password"),
                        sorted((m["index"], m["tpg_lun"], m["write_protect"]) for m in acl["mapped_luns"]),
                    )
                    for acl in tpg["node_acls"]
                ),
            }
            for tpg in tpgs
        ],
    ]


def test_drift_is_named_and_repaired(guest: Guest, admin: Targets) -> None:
    [tpg] = guest.run(f"ls -d /sys/kernel/config/target/iscsi/{IQN}/tpgt_1").split()
    guest.run(f"echo 0 > {tpg}/attrib/authentication")
    drift = admin.drift()
    assert drift
    assert all(entry["targets"] == [IQN] for entry in drift)
    assert admin.target(IQN)["State"] == "drifted"
    wait_until("the alert", lambda: f"iscsi-target/{IQN}" in admin.alerts(), 30)
    admin.job("Apply", "s", IQN)
    assert guest.run(f"cat {tpg}/attrib/authentication").strip() == "1"
    assert admin.drift() == []
    assert f"iscsi-target/{IQN}" not in admin.alerts()


def test_a_target_made_by_hand_is_foreign_until_it_is_imported(guest: Guest, admin: Targets) -> None:
    guest.run("truncate -s 16M /root/hand.img")
    for line in (
        "/backstores/fileio create hand /root/hand.img 16M",
        f"/iscsi create {FOREIGN}",
        f"/iscsi/{FOREIGN}/tpg1/luns create /backstores/fileio/hand",
        f"/iscsi/{FOREIGN}/tpg1/acls create {HOST}",
    ):
        guest.run(f"targetcli {line} 2>&1", limit_s=180)
    admin.drift()  # looks at the kernel now
    found = admin.target(FOREIGN)
    assert (found["Owned"], found["State"]) == (False, "foreign")
    assert "NotFound" in admin.refusal("DeleteTarget", "s", FOREIGN, confirm=FOREIGN)
    admin.job("Apply", "s", "")
    assert FOREIGN in guest.run("targetcli ls /iscsi 2>/dev/null", limit_s=180)
    admin.job("ImportTargets", "as", "1", FOREIGN)
    assert admin.target(FOREIGN)["Owned"]
    assert admin.state(FOREIGN) == "in-sync"
    admin.job("DeleteTarget", "s", FOREIGN, confirm=FOREIGN, apply=True)
    assert FOREIGN not in guest.run("ls /sys/kernel/config/target/iscsi")
    guest.run("rm /root/hand.img")


def test_a_viewer_may_look_and_not_touch(guest: Guest) -> None:
    viewer = Targets(guest, user="viewer")
    assert viewer.target(IQN)["Iqn"] == IQN
    refused = (
        viewer.refusal("CreateTarget", "s", "iqn.2026-01.org.example:x"),
        viewer.refusal("SetCredentials", "s", IQN, user="eve", secret=SECRETS["first"], apply=True),
    )
    assert all("NotAuthorized" in text or "InteractiveAuthorizationRequired" in text for text in refused), refused
    assert viewer.target(IQN)["ChapUsers"] == ["joe"]


def test_no_secret_ever_comes_out(guest: Guest, admin: Targets) -> None:
    objects = guest.run(
        "busctl --json=short call org.bams /org/bams org.freedesktop.DBus.ObjectManager GetManagedObjects"
    )
    audit = guest.run("cat /var/log/bams/audit.log")
    assert IQN in objects
    assert "SetCredentials" in audit
    admin.plan("SetCredentials", "s", IQN, user="joe", secret=SECRETS["first"])
    places = "/var/lib/bams /var/log/bams /run/bams"
    for secret in SECRETS.values():
        assert secret not in objects + audit
        assert guest.attempt(f"grep -raF -e {secret} {places}").out == ""
        # The test's own commands are in the journal of sshd and in auth.log only when something logs commands; bamsd's
        # own lines are what counts.
        assert secret not in guest.run("journalctl -u bamsd -o cat --no-pager", limit_s=240)
        assert (
            guest.attempt(f"grep -aF -e {secret} /proc/$(pidof -s -x bamsd || pgrep -f bamsd | head -1)/cmdline").out
            == ""
        )
    for file in (
        "/etc/rtslib-fb-target/saveconfig.json",
        "/etc/target/saveconfig.json",
        "/var/lib/bams/iscsi-secrets.cred",
    ):
        assert guest.attempt(f"stat -c %a:%U {file}").out.strip() in ("600:root", "")


def test_a_reboot_brings_the_same_targets_back(guest: Guest, admin: Targets, host: Initiator) -> None:
    before = admin.target(IQN)
    identities = admin.identities(IQN)
    sums = {number: checksum(guest, host.disk(identities[number])) for number in (0, 1)}
    host.log_out(IQN)
    guest.vm.reset()
    wait_until("the target to be in sync", lambda: admin.exists(IQN) and admin.state(IQN) == "in-sync", 300)
    after = admin.target(IQN)
    for name in ("Luns", "LunIdentities", "Initiators", "RelativeTargetId", "ChapUsers", "Alias"):
        assert after[name] == before[name]
    host.record(IQN, **auth(SECRETS["second"], SECRETS["mutual"]))
    host.log_in(IQN)
    for number, known in sums.items():
        assert checksum(guest, host.disk(identities[number])) == known


def test_a_session_is_closed_and_a_forced_removal_names_nobody(guest: Guest, admin: Targets, host: Initiator) -> None:
    [session] = admin.sessions(IQN)
    guest.call(*ISCSI, "CloseSession", "ssa{sv}", IQN, session["id"], "0", user="admin")
    wait_until("the session to end", lambda: session["id"] not in [s["id"] for s in admin.sessions(IQN)], 60)
    wait_until("the initiator to be back", lambda: bool(admin.sessions(IQN)), 120)
    host.log_out(IQN)
    admin.job("RemoveLun", "su", IQN, "7", apply=True)
    assert [lun[0] for lun in admin.target(IQN)["Luns"]] == [0, 1]


def test_a_removed_target_leaves_nothing_but_the_data(guest: Guest, disks: Disks, admin: Targets) -> None:
    identity = admin.identities(IQN)[0]
    assert "InvalidArgument" in admin.refusal("DeleteTarget", "s", IQN, apply=True)
    admin.job("DeleteTarget", "s", IQN, confirm=IQN, apply=True)
    assert not admin.exists(IQN)
    assert guest.attempt(f"test -d /sys/kernel/config/target/iscsi/{IQN}").code != 0
    assert not re.search(r"\blun[0-3]\b", guest.run("ls /sys/kernel/config/target/core/*/ 2>/dev/null || true"))
    assert disks.holders("lun0") == []
    admin.job("CreateTarget", "s", IQN, initiators=[HOST])
    admin.job("AddLun", "ss", IQN, "lun0")
    assert admin.identities(IQN)[0] == identity
    admin.job("DeleteTarget", "s", IQN, confirm=IQN)
    assert not admin.exists(IQN)
