"""org.bams.Disk on real kernels: real LVM, real ZFS, real disks, real polkit, through busctl alone."""

import json
import shlex
from collections.abc import Iterator

import pytest

from tests.appliance import image
from tests.appliance.disks import MIB, Disks, by_id, checksum, lvs, write, zvols
from tests.appliance.guest import Guest
from tests.appliance.vm import DISKS

pytestmark = pytest.mark.appliance
WITH_ZFS = image.wanted_recipe().with_zfs
STACKS = [("bvg", "lvm"), ("bvg/btp", "lvm"), *([("btank", "zfs")] if WITH_ZFS else [])]
EACH = pytest.mark.parametrize(("pool", "stack"), STACKS, ids=lambda value: value.replace("/", "-"))


def device_of(pool: str, stack: str, name: str) -> str:
    return f"/dev/zvol/{pool}/{name}" if stack == "zfs" else f"/dev/{pool.split('/')[0]}/{name}"


def volume_of(pool: str, name: str) -> str:
    return f"{pool.split('/')[0]}/{name}"


@pytest.fixture(scope="module")
def admin(guest: Guest) -> Iterator[Disks]:
    """A volume group with a thin pool, and a zpool, made by BAMS on empty disks."""
    disks = Disks(guest)
    disks.job("CreatePool", "ssas", "bvg", "lvm", "2", by_id(DISKS[0]), by_id(DISKS[1]))
    disks.job("CreatePool", "ssas", "bvg/btp", "lvm-thin", "0", size=1024 * MIB)
    if WITH_ZFS:
        disks.job("CreatePool", "ssas", "btank", "zfs", "2", by_id(DISKS[2]), by_id(DISKS[3]), layout="mirror")
    yield disks
    if WITH_ZFS:
        disks.job("DeletePool", "s", "btank", confirm="btank")
    disks.job("DeletePool", "s", "bvg/btp", confirm="bvg/btp")
    disks.job("DeletePool", "s", "bvg", confirm="bvg")
    assert "bvg" not in guest.run("vgs")
    assert "BAMSDISK" not in guest.run("pvs")


def test_the_empty_disks_are_candidates_and_the_disk_of_the_system_is_not(admin: Disks) -> None:
    found = {disk["path"]: disk for disk in admin.candidates()}
    system = found["/dev/vda"]
    assert not system["candidate"]
    assert any("mounted at /" in reason for reason in system["refusals"])
    free = {disk["serial"]: disk for disk in found.values() if disk["candidate"]}
    assert set(free) >= {DISKS[4], DISKS[5]}
    assert free[DISKS[4]]["id"] == by_id(DISKS[4])
    taken = {disk["serial"]: disk for disk in found.values()}[DISKS[0]]
    assert any("bvg" in reason for reason in taken["refusals"]), taken


@EACH
def test_data_survives_a_grow_and_comes_back_with_a_rollback(guest: Guest, admin: Disks, pool: str, stack: str) -> None:
    device, volume = device_of(pool, stack, "life"), volume_of(pool, "life")
    admin.create("life", pool, 64)
    made = admin.repository(volume, stack)
    assert (made["Name"], made["Owned"], made["State"], made["CreatedBy"]) == ("life", True, "ready", "admin")
    assert made["Device"] == device
    assert int(guest.run(f"blockdev --getsize64 {device}")) == made["Size"] == 64 * MIB

    before = write(guest, device, "before")
    admin.job("ResizeRepository", "st", "life", str(96 * MIB))
    assert int(guest.run(f"blockdev --getsize64 {device}")) == admin.repository(volume, stack)["Size"] == 96 * MIB
    assert checksum(guest, device) == before
    assert "cannot shrink" in admin.refusal("ResizeRepository", "st", "life", str(64 * MIB))

    admin.job("CreateSnapshot", "ss", "life", "monday")
    after = write(guest, device, "after")
    assert after != before
    [snapshot] = admin.repository(volume, stack)["Snapshots"]
    assert (snapshot["name"]["data"], snapshot["owned"]["data"], snapshot["valid"]["data"]) == ("monday", True, True)
    assert "InUse" in admin.refusal("DeleteRepository", "s", "life", confirm="life")
    assert "InvalidArgument" in admin.refusal("RollbackSnapshot", "ss", "life", "monday", confirm="monday")
    assert checksum(guest, device) == after
    admin.job("RollbackSnapshot", "ss", "life", "monday", confirm="life")
    assert checksum(guest, device) == before

    if stack == "zfs":
        admin.job("DeleteSnapshot", "ss", "life", "monday", confirm="monday")
    assert admin.repository(volume, stack)["Snapshots"] == []
    assert "InvalidArgument" in admin.refusal("DeleteRepository", "s", "life")
    assert volume in lvs(guest) | (zvols(guest) if WITH_ZFS else set())
    admin.delete("life")
    assert volume not in lvs(guest) | (zvols(guest) if WITH_ZFS else set())
    assert not admin.exists(volume, stack)


FILES = [("bvg", "lvm", "ext4"), ("bvg/btp", "lvm", "xfs"), *([("btank", "zfs", "xfs")] if WITH_ZFS else [])]


@pytest.mark.parametrize(("pool", "stack", "kind"), FILES, ids=lambda value: value.replace("/", "-"))
def test_a_file_system_is_ready_for_bacula_and_grows(
    guest: Guest, admin: Disks, pool: str, stack: str, kind: str
) -> None:
    volume, point = volume_of(pool, "files"), "/srv/bams/files"
    admin.create("files", pool, 320, use="filesystem", filesystem=kind)
    made = admin.repository(volume, stack)
    assert (made["Mounted"], made["MountPoint"], made["Filesystem"], made["State"]) == (True, point, kind, "ready")
    assert guest.run(f"findmnt -no FSTYPE {point}").strip() == kind
    assert guest.run(f"stat -c %U:%G:%a {point}").strip() == "bacula:bacula:750"
    guest.run(f"su -s /bin/sh -c 'echo kept > {point}/volume' bacula")
    admin.job("ResizeRepository", "st", "files", str(400 * MIB))
    assert int(guest.run(f"df --output=size -B1M {point} | tail -1")) > 330
    refused = admin.refusal("DeleteRepository", "s", "files", confirm="files")
    assert refused.startswith("InUse: ")
    assert "UnmountRepository" in refused
    admin.job("UnmountRepository", "s", "files")
    assert guest.attempt(f"mountpoint -q {point}").code != 0
    admin.job("MountRepository", "s", "files")
    assert guest.run(f"cat {point}/volume").strip() == "kept"
    admin.job("UnmountRepository", "s", "files")
    admin.delete("files")
    assert guest.run("ls /etc/systemd/system").count("srv-bams") == 0


@EACH
def test_a_dry_run_shows_the_commands_and_changes_nothing(guest: Guest, admin: Disks, pool: str, stack: str) -> None:
    before = lvs(guest), zvols(guest) if WITH_ZFS else set()
    steps = admin.plan("CreateRepository", "sst", "planned", pool, str(320 * MIB), use="filesystem")
    assert all(step["effect"] == "safe" for step in steps)
    assert steps[0]["command"].startswith("zfs create" if stack == "zfs" else "lvm lvcreate")
    assert "mkfs.xfs" in steps[1]["command"]
    assert (lvs(guest), zvols(guest) if WITH_ZFS else set()) == before
    assert not admin.exists(volume_of(pool, "planned"), stack)


def test_people_may_do_what_their_group_may(guest: Guest, admin: Disks) -> None:
    before = lvs(guest)
    for person in ("viewer", "operator"):
        assert "Authoriz" in Disks(guest, person).refusal("CreateRepository", "sst", "x", "bvg", str(64 * MIB))
        assert "Authoriz" in Disks(guest, person).refusal("DeleteRepository", "s", "x", confirm="x")
    assert lvs(guest) == before
    assert admin.job("CreateRepository", "sst", "x", "bvg", str(64 * MIB))["StartedBy"] == "admin"
    admin.delete("x")


HOSTILE = [
    "-rf",
    "--help",
    "../x",
    "/dev/vda",
    "a b",
    "$(touch /tmp/owned)",
    "a;b",
    "%n%s",
    "x" * 200,
    "größe",
    "a@b",
    "",
]


def test_hostile_names_are_refused_by_name_and_nothing_is_run(guest: Guest, admin: Disks) -> None:
    before = lvs(guest)
    for name in HOSTILE:
        assert admin.refusal("CreateRepository", "sst", "--", name, "bvg", str(64 * MIB)).startswith("InvalidArgument")
        assert "NotFound" in admin.refusal("CreateRepository", "sst", "--", "good", name, str(64 * MIB)), name
        assert admin.refusal("CreatePool", "ssas", "--", name, "lvm", "1", by_id(DISKS[5])).startswith("InvalidArg")
    assert "InvalidArgument" in admin.refusal("CreatePool", "ssas", "good", "btrfs", "0")
    assert "NotFound" in admin.refusal("CreatePool", "ssas", "good", "lvm", "1", "/dev/vda1")
    assert lvs(guest) == before
    assert guest.attempt("test -e /tmp/owned").code != 0


def test_what_does_not_fit_is_refused_with_what_is_there(guest: Guest, admin: Disks) -> None:
    assert admin.refusal("CreateRepository", "sst", "big", "bvg", str(1 << 40)).startswith("OutOfSpace: Pool bvg has")
    if WITH_ZFS:
        assert admin.refusal("CreateRepository", "sst", "big", "btank", str(1 << 40)).startswith("OutOfSpace")
    refused = admin.refusal("CreatePool", "ssas", "other", "lvm", "1", by_id(DISKS[0]))
    assert refused.startswith("InUse")
    assert "bvg" in refused
    guest.run(f"mkfs.ext4 -q -F {by_id(DISKS[5])}")
    assert "holds ext4" in admin.refusal("CreatePool", "ssas", "other", "lvm", "1", by_id(DISKS[5]))
    admin.job("CreatePool", "ssas", "other", "lvm", "1", by_id(DISKS[5]), wipe=True)
    admin.job("DeletePool", "s", "other", confirm="other")


def test_a_volume_made_by_hand_is_seen_at_once_and_never_changed(guest: Guest, admin: Disks) -> None:
    guest.run("lvcreate -qq -y -n hand -L 16M bvg")
    admin.wait_for("the volume made by hand", lambda: admin.exists("bvg/hand"), 20)
    found = admin.repository("bvg/hand")
    assert (found["Owned"], found["Name"]) == (False, "bvg/hand")
    for method in ("DeleteRepository", "UnmountRepository", "FinishRepository"):
        given = {"confirm": "bvg/hand"} if method == "DeleteRepository" else {}
        assert "not made by BAMS" in admin.refusal(method, "s", "bvg/hand", **given)
    guest.run("lvremove -qq -y bvg/hand")
    admin.wait_for("it to be gone", lambda: not admin.exists("bvg/hand"), 20)


def test_a_lost_store_is_made_again_from_the_marks(guest: Guest, admin: Disks) -> None:
    names = {"keep1": "bvg", "keep2": "bvg/btp"} | ({"keep3": "btank"} if WITH_ZFS else {})
    for name, pool in names.items():
        admin.create(name, pool, 64)
    uuids = {n: admin.repository(volume_of(p, n), "zfs" if p == "btank" else "lvm")["Uuid"] for n, p in names.items()}
    guest.run("systemctl stop bamsd && rm /var/lib/bams/bams.db* && systemctl start bamsd", limit_s=180)
    for name, pool in names.items():
        stack = "zfs" if pool == "btank" else "lvm"
        volume = volume_of(pool, name)
        admin.wait_for(f"{name} to be found", lambda v=volume, s=stack: admin.exists(v, s), 60)
        found = admin.repository(volume, stack)
        assert (found["Name"], found["Owned"], found["Uuid"], found["State"]) == (name, True, uuids[name], "ready")
        admin.delete(name)


def test_the_audit_names_the_person_and_holds_no_gap(guest: Guest, admin: Disks) -> None:
    admin.create("audited", "bvg", 16)
    admin.delete("audited")
    [ok, _records, problem] = guest.call("/org/bams", "org.bams.Manager", "VerifyAudit")
    assert ok, problem
    line = "busctl --json=short call org.bams /org/bams org.bams.Manager ListAudit 'a{sv}' 1 limit u 6"
    entries = json.loads(guest.run(line))["data"][0]
    said = [(e["person"]["data"], e["description"]["data"], e["outcome"]["data"]) for e in entries]
    assert ("admin", "delete repository audited", "done") in said


HOLDERS = {
    "mounted": ("mkfs.ext4 -q -F {d} && mount {d} /mnt", "umount /mnt", "/mnt"),
    "swap": ("mkswap -q {d} && swapon {d}", "swapoff {d}", "swap"),
    "opened exclusively": (
        'systemd-run -q --unit=opener python3 -c \'import os,signal; os.open("{d}", os.O_RDONLY | os.O_EXCL); '
        'open("/run/opened","w"); signal.pause()\' && until test -e /run/opened; do sleep 0.1; done',
        "systemctl stop opener; rm /run/opened",
        "python3",
    ),
    "loop": ("losetup -f {d}", "losetup -j {d}; losetup -D", "loop"),
    "iSCSI LUN": (
        "targetcli /backstores/block create name=held dev={d} && targetcli /iscsi create iqn.2026-01.org.bams:held && "
        "targetcli /iscsi/iqn.2026-01.org.bams:held/tpg1/luns create /backstores/block/held",
        "targetcli /iscsi delete iqn.2026-01.org.bams:held && targetcli /backstores/block delete held",
        "iqn.2026-01.org.bams:held",
    ),
    "Bacula device": (
        "cp /etc/bacula/bacula-sd.conf /root/sd.conf && printf 'Device {{\\n Name = Held\\n Media Type = File\\n "
        "Archive Device = {d}\\n}}\\n' >> /etc/bacula/bacula-sd.conf",
        "cp /root/sd.conf /etc/bacula/bacula-sd.conf",
        "Held",
    ),
    "physical volume": (
        "pvcreate -qq --config devices/scan_lvs=1 {d} && vgcreate -qq --config devices/scan_lvs=1 inner {d} && "
        "lvcreate -qq -y --config devices/scan_lvs=1 -n lv -L 8M inner",
        "vgremove -qq -y --config devices/scan_lvs=1 inner && pvremove -qq --config devices/scan_lvs=1 {d}",
        "inner",
    ),
}


WHERE = [("bvg", "lvm", kind) for kind in HOLDERS]
WHERE += [
    ("bvg/btp", "lvm", "mounted"),
    *([("btank", "zfs", kind) for kind in ("mounted", "iSCSI LUN")] if WITH_ZFS else []),
]


@pytest.mark.parametrize(("pool", "stack", "kind"), WHERE, ids=lambda value: value.replace("/", "-"))
def test_what_is_in_use_is_refused_by_name_until_it_is_released(
    guest: Guest, admin: Disks, pool: str, stack: str, kind: str
) -> None:
    device, volume = device_of(pool, stack, "held"), volume_of(pool, "held")
    hold, release, name = (text.format(d=device) for text in HOLDERS[kind])
    admin.create("held", pool, 64)
    admin.job("CreateSnapshot", "ss", "held", "before")
    guest.run(f"bash -c {shlex.quote(hold)}")
    try:
        assert name in json.dumps(admin.holders("held")), kind
        refused = admin.refusal("RollbackSnapshot", "ss", "held", "before", confirm="held")
        assert refused.startswith("InUse: ")
        assert name in refused
        if stack == "lvm" and pool == "bvg":
            admin.job("DeleteSnapshot", "ss", "held", "before", confirm="before")
            refused = admin.refusal("DeleteRepository", "s", "held", confirm="held")
            assert refused.startswith("InUse: ")
            assert name in refused
        assert admin.exists(volume, stack)
    finally:
        guest.run(f"bash -c {shlex.quote(release)}")
    if admin.repository(volume, stack)["Snapshots"]:
        admin.job("DeleteSnapshot", "ss", "held", "before", confirm="before")
    assert admin.holders("held") == []
    admin.delete("held")
    assert not admin.exists(volume, stack)
