"""org.bams.Disk when things break: bamsd killed, the machine reset, pools full, disks pulled, tools that hang.

It runs after test_disk.py, on the same machine, and gives the disks back empty. The pulled disks come last: they are
back only after the machine was switched off and on.
"""

import os
import random
import shlex
import time
from collections.abc import Callable, Iterator

import pytest

from bamsd.core.names import pool_path, repository_path
from tests.appliance import accelerator, image
from tests.appliance.area import options
from tests.appliance.disk_truth import BUSCTL, POOL, REPOSITORY, Truth, disagreements, rested
from tests.appliance.disks import DISK, MIB, Disks, by_id
from tests.appliance.guest import Guest
from tests.appliance.image import BaseImage
from tests.appliance.layer import Layer
from tests.appliance.tape_library import INSIDE
from tests.appliance.test_tape import ready
from tests.appliance.vm import DISKS

pytestmark = [
    pytest.mark.appliance,
    pytest.mark.skipif(not image.wanted_recipe().with_zfs, reason="faults are shown with ZFS beside LVM"),
]
POOLS = {"fvg", "fvg/ftp", "ftank"}
KILLS = 20 if os.environ.get("BAMS_LONG") == "1" else 6


@pytest.fixture(scope="module")
def admin(guest: Guest) -> Iterator[Disks]:
    """A volume group of two disks with a thin pool, and a mirror."""
    disks = Disks(guest)
    have = rested(Disks(guest, "root"), set()).pools
    if not have.keys() >= POOLS:
        disks.job("CreatePool", "ssas", "fvg", "lvm", "2", by_id(DISKS[0]), by_id(DISKS[1]), wipe=True)
        disks.job("CreatePool", "ssas", "fvg/ftp", "lvm-thin", "0", size=1024 * MIB)
        sides = ("2", by_id(DISKS[2]), by_id(DISKS[3]))
        disks.job("CreatePool", "ssas", "ftank", "zfs", *sides, layout="mirror", wipe=True)
    yield disks
    root = Disks(guest, "root")
    delete_all(root)
    for pool in sorted(rested(root, POOLS).pools, key=lambda name: "/" not in name):
        root.job("DeletePool", "s", pool, confirm=pool)
    assert "BAMSDISK" not in guest.run("pvs; zpool status -P")


def begin(method: str, signature: str, *words: str, **given: object) -> str:
    """A line of shell that makes a call and waits for its end."""
    argv = (*BUSCTL.split(), "call", "org.bams", *DISK, method, f"{signature}a{{sv}}", *words)
    return shlex.join((*argv, *options(**({"wait": True, "queue": True} | given)))) + " >/dev/null 2>&1"


def agreed(truth: Truth) -> Truth:
    assert list(disagreements(truth)) == []
    assert {volume.name for volume in truth.volumes if not volume.mark} <= POOLS, "a volume of ours has lost its mark"
    return truth


def audit_is_whole(guest: Guest) -> None:
    [ok, _records, problem] = guest.call("/org/bams", "org.bams.Manager", "VerifyAudit")
    assert ok, problem


def settle(disks: Disks, truth: Truth, finish: Callable[[], bool]) -> Truth:
    """Finish or delete what an interrupted change left; nothing may stay incomplete or missing."""
    for name, found in truth.repositories.items():
        if found["State"] == "incomplete" and finish():
            disks.job("FinishRepository", "s", name)
        elif found["State"] in ("incomplete", "missing"):
            if found["Mounted"]:
                disks.job("UnmountRepository", "s", name)
            disks.delete(name)
    truth = agreed(rested(disks, POOLS))
    assert {found["State"] for found in truth.repositories.values()} <= {"ready"}
    return truth


def delete_all(disks: Disks) -> None:
    """Nothing of ours may stay behind: no volume, no mount unit."""
    for name, found in rested(disks, POOLS).repositories.items():
        if found["Mounted"]:
            disks.job("UnmountRepository", "s", name)
        disks.delete(name)
    truth = agreed(rested(disks, POOLS))
    assert (truth.repositories, truth.units) == ({}, [])
    assert not [volume for volume in truth.volumes if volume.mark]


# --- Live state ------------------------------------------------------------------------------------------------------

BY_HAND = {
    "lvcreate": ("lvcreate -qq -y -n hand -L 16M fvg", "fvg/hand", "lvm", 16),
    "lvextend": ("lvextend -qq -L 32M fvg/hand", "fvg/hand", "lvm", 32),
    "lvremove": ("lvremove -qq -y fvg/hand", "fvg/hand", "lvm", 0),
    "zfs create": ("zfs create -V 16M ftank/hand", "ftank/hand", "zfs", 16),
    "zfs destroy": ("zfs destroy ftank/hand", "ftank/hand", "zfs", 0),
}


@pytest.mark.parametrize("change", BY_HAND)
def test_a_change_by_hand_is_seen_at_once(guest: Guest, admin: Disks, change: str) -> None:
    command, volume, stack, mib = BY_HAND[change]
    path = repository_path(stack, volume)
    size = f"$(busctl get-property org.bams {path} {REPOSITORY} Size 2>/dev/null)"
    wanted = f"t {mib * MIB}" if mib else ""
    # Timed in the guest, because the way in takes longer than bamsd.
    line = (
        f"{command}; begun=$EPOCHREALTIME; until test \"{size}\" = '{wanted}'; do :; done; echo $begun $EPOCHREALTIME"
    )
    begun, ended = guest.run(f"timeout 30 bash -c {shlex.quote(line)}").split()
    print(f"{change} by hand was seen after {float(ended) - float(begun):.1f} s")
    assert float(ended) - float(begun) < 15


# --- bamsd killed, the machine reset ---------------------------------------------------------------------------------


def thrown() -> random.Random:
    """Dice that fall the same way again with the seed that is printed."""
    seed = int(os.environ.get("BAMS_SEED", time.time()))
    print(f"BAMS_SEED={seed}")
    return random.Random(seed)


def work(dice: random.Random, pool: str, truth: Truth) -> str:
    """What happens next to the repository of a pool: made, grown, or deleted, by the dice."""
    name = f"f{pool.rpartition('/')[2]}"
    found = truth.repositories.get(name)
    if found is None:
        kind = dice.choice(["", "ext4", "ext4", "xfs"])
        use: dict[str, object] = {"use": "filesystem", "filesystem": kind} if kind else {}
        return begin("CreateRepository", "sst", name, pool, str((320 if kind == "xfs" else 64) * MIB), **use)
    if found["Size"] < 350 * MIB and dice.random() < 0.5:
        return begin("ResizeRepository", "st", name, str(found["Size"] + 32 * MIB))
    delete = begin("DeleteRepository", "s", name, confirm=name)
    return f"{begin('UnmountRepository', 's', name)} && {delete}" if found["Mounted"] else delete


@pytest.mark.long
def test_killed_at_random_moments_all_agree_or_an_alert_says_what_is_left(guest: Guest, admin: Disks) -> None:
    dice = thrown()
    root = Disks(guest, "root")
    truth = agreed(rested(root, POOLS))
    left = 0
    for number in range(KILLS):
        lines = [work(dice, pool, truth) for pool in (dice.choice(["fvg", "fvg/ftp"]), "ftank")]
        delay = dice.uniform(0.5, 7)
        begun = " ".join(f"( {line} ) &" for line in lines)
        kill = "systemctl kill -s KILL --kill-whom=main bamsd"
        # systemd would start it again after three seconds.
        guest.run(f"{begun} sleep {delay:.2f}; {kill}; systemctl restart bamsd; wait")
        truth = agreed(rested(root, POOLS))
        shown = {name: found["State"] for name, found in truth.repositories.items()}
        print(f"kill {number} after {delay:.1f} s: {shown}")
        if set(shown.values()) - {"ready"}:
            left += 1
            truth = settle(root, truth, lambda: dice.random() < 0.7)
    delete_all(root)
    print(f"{KILLS} kills, after {left} of them something was left over")
    audit_is_whole(guest)


RESETS = [("fvg", "lvm", "ext4"), ("ftank", "zfs", "xfs")]


@pytest.mark.long
def test_after_a_hard_reset_all_agree_and_what_was_mounted_is_mounted(guest: Guest, admin: Disks) -> None:
    dice = thrown()
    root = Disks(guest, "root")
    kept = {f"kept{stack}": pool for pool, stack, _kind in RESETS}
    for name, pool in kept.items():
        root.create(name, pool, 64, use="filesystem", filesystem="ext4")
        guest.run(f"echo {name} > /srv/bams/{name}/file && sync -f /srv/bams/{name}/file")
    for pool, stack, kind in RESETS:
        name, size = f"cut{stack}", (320 if kind == "xfs" else 64) * MIB
        line = begin("CreateRepository", "sst", name, pool, str(size), use="filesystem", filesystem=kind)
        delay = dice.uniform(1, 6)
        guest.run(f"( {line} ) >/dev/null 2>&1 & sleep {delay:.2f}")
        guest.vm.reset()
        truth = agreed(rested(root, POOLS))
        shown = {name: found["State"] for name, found in truth.repositories.items()}
        print(f"reset during the creation of {name} in {pool}, after {delay:.1f} s: {shown}")
        for name in kept:
            assert (truth.repositories[name]["State"], truth.repositories[name]["Mounted"]) == ("ready", True)
            assert guest.run(f"cat /srv/bams/{name}/file").strip() == name
        audit_is_whole(guest)
        settle(root, truth, lambda: dice.random() < 0.5)
    delete_all(root)


# --- Full pools ------------------------------------------------------------------------------------------------------


def test_a_full_volume_group_takes_nothing_more_and_keeps_what_it_has(guest: Guest, admin: Disks) -> None:
    admin.job("CreateRepository", "sst", "all", "fvg", str(admin.pool("fvg")["Free"]))
    assert admin.pool("fvg")["Free"] == 0
    assert admin.refusal("CreateRepository", "sst", "more", "fvg", str(16 * MIB)).startswith("OutOfSpace: Pool fvg ")
    assert admin.refusal("ExtendPool", "sas", "fvg/ftp", "0", size=2048 * MIB).startswith("OutOfSpace: Pool fvg ")
    assert admin.repository("fvg/all")["State"] == "ready"
    admin.delete("all")


def severity(disks: Disks, alert: str) -> str:
    """Of an alert that stands, after a fresh look; empty when it does not."""
    disks.guest.call(*DISK, "Refresh", "a{sv}", "0")
    found = disks.guest.get("/org/bams", "org.bams.Manager", "Alerts")
    return next((entry["severity"]["data"] for entry in found if entry["id"]["data"] == alert), "")


def test_a_thin_pool_that_fills_up_raises_alerts_until_it_is_extended(guest: Guest, admin: Disks) -> None:
    alert = "disk-space/lvm:fvg/fsmall"
    admin.job("CreatePool", "ssas", "fvg/fsmall", "lvm-thin", "0", size=128 * MIB)
    admin.create("filler", "fvg/fsmall", 128)
    for percent, expected in ((70, ""), (82, "info"), (92, "warning"), (97, "critical")):
        guest.run(f"dd if=/dev/zero of=/dev/fvg/filler bs=64K count={percent * 2048 // 100} oflag=direct status=none")
        assert severity(admin, alert) == expected, percent
    refused = admin.refusal("CreateRepository", "sst", "more", "fvg/fsmall", str(16 * MIB))
    assert refused.startswith("OutOfSpace: The data of thin pool fvg/fsmall is 97 % full.")
    admin.job("ExtendPool", "sas", "fvg/fsmall", "0", size=256 * MIB)
    assert severity(admin, alert) == ""
    admin.delete("filler")
    admin.job("DeletePool", "s", "fvg/fsmall", confirm="fvg/fsmall")


def test_a_full_zpool_raises_an_alert_until_space_is_freed(guest: Guest, admin: Disks) -> None:
    # ZFS keeps 128 MiB of so small a pool for itself: it is full at 87 %.
    alert = "disk-space/zfs:ffull"
    guest.run(
        "truncate -s 1G /var/tmp/ffull && zpool create -O compression=off -O mountpoint=none ffull /var/tmp/ffull"
    )
    try:
        guest.run("zfs create -s -V 2G ffull/v && udevadm settle")
        filled = guest.attempt("dd if=/dev/zero of=/dev/zvol/ffull/v bs=1M count=1024 oflag=direct status=none")
        assert "No space left" in filled.err
        assert severity(admin, alert) == "info"
        assert admin.refusal("CreateRepository", "sst", "more", "ffull", str(64 * MIB)).startswith("OutOfSpace: ")
        assert admin.repository("ffull/v", "zfs")["State"] == "ready"
        guest.run("blkdiscard /dev/zvol/ffull/v && zpool sync ffull")
        admin.wait_for("the alert to be over", lambda: severity(admin, alert) == "", 30)
    finally:
        guest.run("zpool destroy ffull; rm /var/tmp/ffull")


# --- Tools that hang and disks that go -------------------------------------------------------------------------------


@pytest.fixture
def quick_poll(guest: Guest) -> Iterator[None]:
    """Two looks at all pools within seconds."""
    guest.run("cp /etc/bams/config.yaml /root/config.yaml")
    guest.run("printf 'disk:\n  poll_interval_s: 3\n' > /etc/bams/config.yaml && systemctl reload bamsd")
    yield
    guest.run("cp /root/config.yaml /etc/bams/config.yaml && systemctl reload bamsd")


def answer_s(guest: Guest, path: str, interface: str, name: str) -> float:
    """Seconds until bamsd has told a property, timed in the guest, with the start of busctl."""
    line = f"begun=$EPOCHREALTIME; busctl get-property org.bams {path} {interface} {name} >/dev/null; "
    begun, ended = guest.run(f"bash -c {shlex.quote(line + 'echo $begun $EPOCHREALTIME')}").split()
    return float(ended) - float(begun)


HANGING = """#!/bin/sh
trap '' TERM
while :; do sleep 1; done
"""


def test_an_lvm_that_hangs_stops_nobody_else(guest: Guest, admin: Disks, quick_poll: None) -> None:
    alert = "disk-unresponsive/lvm:"
    admin.create("thick", "fvg", 16)
    guest.run(f"printf '%s' {shlex.quote(HANGING)} > /usr/local/sbin/lvm && chmod +x /usr/local/sbin/lvm")
    try:
        admin.wait_for("the alert", lambda: alert in admin.alerts(), 120)
        assert admin.repository("fvg/thick")["State"] == "unresponsive"
        assert admin.pool("fvg")["Health"] == "unresponsive"
        print(f"answer within {answer_s(guest, pool_path('lvm', 'fvg'), POOL, 'Health'):.2f} s")
        guest.call(*DISK, "ListCandidates", "a{sv}", "0", limit_s=20)
        ready(guest, INSIDE).job("Inventory")
        admin.create("zvol", "ftank", 16)
        admin.delete("zvol")
        assert admin.refusal("DeleteRepository", "s", "thick", confirm="thick").startswith("NotReady: ")
    finally:
        guest.run("rm /usr/local/sbin/lvm")
    admin.wait_for("LVM to answer", lambda: alert not in admin.alerts(), 120)
    assert admin.repository("fvg/thick")["State"] == "ready"
    admin.delete("thick")


def keep_writing(guest: Guest, device: str) -> None:
    """Write to a device until the unit fault-writer is stopped, held open all the time.

    The last close of a zvol waits for ZFS and keeps the kernel's lock of the device. udev would wait for that lock, and
    whatever waits for udev too: LVM, and the nodes of other zvols.
    """
    writing = f"exec 3>{device}; while :; do dd if=/dev/zero of={device} bs=1M count=32 conv=notrunc oflag=direct; done"
    guest.run(f"systemd-run -q --unit=fault-writer --property=StandardError=null sh -c {shlex.quote(writing)}")


def told(disks: Disks, pool: str, expected: set[str]) -> str:
    """Wait until BAMS says one of these of a zpool; what it says, once an alert does so too."""
    disks.wait_for(f"{pool} to be {expected}", lambda: disks.pool(pool, "zfs")["Health"] in expected, 120)
    said = [text for name, text in disks.alerts().items() if name.endswith(f"/zfs:{pool}")]
    print(f"{pool} is {disks.pool(pool, 'zfs')['Health']}: {said}")
    assert said
    return " ".join(said)


def refused_at_once(disks: Disks, pool: str, lonely: str) -> None:
    """Nothing is begun in a pool that cannot do it, and bamsd answers as ever."""
    assert disks.refusal("CreateRepository", "sst", "more", pool, str(16 * MIB)).startswith("NotReady: ")
    assert disks.refusal("DeleteRepository", "s", lonely, confirm=lonely).startswith("NotReady: ")
    took = answer_s(disks.guest, pool_path("zfs", pool), POOL, "Health")
    print(f"answer within {took:.2f} s")
    assert took < 1


@pytest.fixture
def failing_disk(guest: Guest) -> Iterator[Callable[[str], None]]:
    """/dev/mapper/ffails, a disk that is ``linear`` (works) or ``error`` (whatever is asked fails), as it is told."""
    sectors = 1 << 20
    table = {"linear": f"0 {sectors} linear $(losetup -nO NAME -j /var/tmp/ffails) 0", "error": f"0 {sectors} error"}
    guest.run("truncate -s 512M /var/tmp/ffails && losetup -f /var/tmp/ffails")
    guest.run(f'dmsetup create ffails --table "{table["linear"]}"')

    def turn(kind: str) -> None:
        guest.run(f'dmsetup reload ffails --table "{table[kind]}" && dmsetup suspend --noflush ffails')
        guest.run("dmsetup resume ffails")

    yield turn
    guest.run("dmsetup remove ffails && losetup -D && rm /var/tmp/ffails")


def test_a_suspended_pool_stops_nobody_else_and_comes_back(
    guest: Guest, admin: Disks, quick_poll: None, failing_disk: Callable[[str], None]
) -> None:
    guest.run("zpool create -O mountpoint=none fsusp /dev/mapper/ffails")
    guest.call(*DISK, "Refresh", "a{sv}", "0")
    admin.create("lonely", "fsusp", 64)
    keep_writing(guest, "/dev/zvol/fsusp/lonely")
    failing_disk("error")
    told(admin, "fsusp", {"suspended"})
    assert admin.repository("fsusp/lonely", "zfs")["State"] == "unresponsive"
    refused_at_once(admin, "fsusp", "lonely")
    for pool in ("ftank", "fvg"):
        admin.create("beside", pool, 16)
        admin.delete("beside")
    failing_disk("linear")
    guest.run("zpool clear fsusp && systemctl stop fault-writer")
    admin.wait_for(
        "the repository to be back", lambda: admin.repository("fsusp/lonely", "zfs")["State"] == "ready", 120
    )
    print(f"then: {admin.pool('fsusp', 'zfs')}, {admin.alerts()}")
    admin.delete("lonely")
    guest.run("zpool destroy fsusp")


@pytest.fixture(scope="module")
def pullable(guest: Guest, admin: Disks, base: BaseImage, project: Layer) -> Iterator[Disks]:
    """Pulled disks are back, and their pools answer again, only after the machine was switched off and on."""
    yield admin
    guest.vm.kill()
    guest.vm.start(base, project, fresh=False)


def test_a_pulled_disk_is_told_with_what_it_takes_along(guest: Guest, pullable: Disks, quick_poll: None) -> None:
    admin = pullable
    half = admin.pool("fvg")["Free"] // 2
    admin.create("whole", "fvg", 16)
    admin.job("CreateRepository", "sst", "spread", "fvg", str(half + 512 * MIB))
    admin.create("sided", "ftank", 16)
    for serial in (DISKS[1], DISKS[3]):
        guest.vm.pull_disk(serial)
    started = time.monotonic()
    for alert in ("disk-health/lvm:fvg", "disk-health/zfs:ftank"):
        admin.wait_for(alert, lambda wanted=alert: wanted in admin.alerts(), 90)
        print(f"{alert} after {time.monotonic() - started:.1f} s: {admin.alerts()[alert]}")
    states = {name: admin.repository(*where)["State"] for name, where in PLACES.items()}
    assert states == {"whole": "ready", "spread": "faulted", "sided": "ready"}
    assert (admin.pool("fvg")["Health"], admin.pool("ftank", "zfs")["Health"]) == ("missing", "degraded")
    assert answer_s(guest, pool_path("lvm", "fvg"), POOL, "Health") < 1


PLACES = {"whole": ("fvg/whole", "lvm"), "spread": ("fvg/spread", "lvm"), "sided": ("ftank/sided", "zfs")}


@pytest.fixture
def real_processor(base: BaseImage) -> None:
    if accelerator.is_emulated(base.kernel):
        pytest.skip(
            "without KVM all programs, not bamsd alone, stood still for a minute and more here; why is not known"
        )


def test_the_pulled_disk_of_a_pool_without_another_stops_nobody_else(
    guest: Guest, real_processor: None, pullable: Disks, quick_poll: None
) -> None:
    """ZFS 2.3.9 goes on calling such a pool online; another version may suspend it."""
    admin = pullable
    admin.job("CreatePool", "ssas", "fsolo", "zfs", "1", by_id(DISKS[4]), wipe=True)
    admin.create("lonely", "fsolo", 64)
    keep_writing(guest, "/dev/zvol/fsolo/lonely")
    guest.vm.pull_disk(DISKS[4])
    assert DISKS[4] in told(admin, "fsolo", {"missing", "suspended", "unresponsive"})
    assert admin.repository("fsolo/lonely", "zfs")["State"] in ("faulted", "unresponsive")
    refused_at_once(admin, "fsolo", "lonely")
    admin.create("zvol", "ftank", 16)
    admin.delete("zvol")
