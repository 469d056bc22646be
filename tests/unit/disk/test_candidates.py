"""Which disks may join a pool: identities, signatures, refusals, smartctl's verdict, and odd answers of the tools."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.core.holders import Holder
from bamsd.disk import smartctl
from bamsd.disk.candidates import best_name, candidates
from bamsd.disk.kernel_holders import KernelHolders
from bamsd.disk.lsblk_output import parse
from bamsd.disk.models import Disk
from bamsd.errors import TimedOut, ToolFailed
from tests.fakes.host import GIB, MIB, FakeHost

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "block"


async def found(host: FakeHost, **more: object) -> dict[str, Disk]:
    holders = KernelHolders(host.proc, host.sysfs, host.dev, settle_s=0)
    disks = await candidates(holders, dev=host.dev, **more)  # type: ignore[arg-type]
    return {disk.path.removeprefix(f"{host.dev}/"): disk for disk in disks}


def test_devices_of_a_real_host() -> None:
    text = json.loads((RECORDINGS / "lsblk.json").read_text())["stdout"]
    rows = {row.name: row for row in parse(text)}
    assert (rows["vda"].kind, rows["vda"].size_bytes, rows["vda"].signature) == ("disk", 12884901888, "ext4")
    assert rows["vdb"].read_only
    assert (rows["zd0"].kind, rows["zd0"].rotational) == ("disk", False)
    assert (rows["loop1"].kind, rows["loop1"].signature) == ("loop", "LVM2_member")
    assert rows["dm-0"].path == "/dev/mapper/vg0-plain"
    assert rows["nbd0"].size_bytes == 0


@given(st.text() | st.builds(lambda text: json.dumps({"blockdevices": [{"kname": text, "path": text}]}), st.text()))
def test_other_text_is_no_list(text: str) -> None:
    if text.strip():
        with pytest.raises(ToolFailed, match="lsblk printed no list"):
            parse(text)


async def test_an_empty_disk_is_a_candidate(host: FakeHost) -> None:
    path = host.add_disk(
        "sda", 4 * GIB, model="ST4000", serial="ZC1", wwn="0x5000c500a1b2c3d4", rotational=True, smart="passed"
    )
    assert await candidates(KernelHolders(host.proc, host.sysfs, host.dev, settle_s=0), dev=host.dev) == (
        Disk(
            identity=f"{host.dev}/disk/by-id/wwn-0x5000c500a1b2c3d4",
            path=path,
            size_bytes=4 * GIB,
            model="ST4000",
            serial="ZC1",
            wwn="0x5000c500a1b2c3d4",
            rotational=True,
            smart="passed",
        ),
    )


def test_the_choice_of_a_lasting_name() -> None:
    links = ["/x/ata-A", "/x/lvm-pv-uuid-1", "/x/scsi-35", "/x/wwn-0x5", "/x/scsi-SATA"]
    assert best_name(links) == "/x/wwn-0x5"
    assert best_name(links[:3]) == "/x/scsi-35"
    assert best_name(["/x/nvme-b", "/x/nvme-a"]) == "/x/nvme-a"
    assert best_name(["/x/lvm-pv-uuid-1"]) == "", "that name goes with the content"


async def test_a_disk_without_a_lasting_name_goes_by_its_path(host: FakeHost) -> None:
    path = host.add_disk("vda")
    assert (await found(host))["vda"].identity == path


async def test_a_signature_needs_consent_but_is_no_refusal(host: FakeHost) -> None:
    host.add_disk("sda", signature="ext4")
    host.add_disk("sdb", signature="zfs_member")
    disks = await found(host)
    assert (disks["sda"].signature, disks["sda"].refusals) == ("ext4", ())
    assert (disks["sdb"].signature, disks["sdb"].refusals) == ("zfs_member", ())


async def test_every_reason_against_a_disk(host: FakeHost) -> None:
    system = host.add_disk("sda")
    host.mount(system, "/")
    host.add_disk("sdb")
    boot = host.add_partition("sdb", "sdb1")
    host.mount(boot, "/boot")
    host.add_disk("sdc")
    host.stack("sdc", "dm-0", mapped="vg-lv", uuid="LVM-x")
    host.swap_on(host.add_disk("sdd"))
    host.add_disk("sde", read_only=True)
    host.add_disk("sdf", 0, removable=True)
    host.add_disk("sdg", 10 * MIB)
    host.add_disk("zd0")
    host.add_disk("fd0")
    member = host.add_disk("sdh", signature="LVM2_member")
    disks = await found(host, members={member: "volume group backup"})
    assert {name: disk.refusals for name, disk in disks.items()} == {
        "sda": ("mounted at /",),
        "sdb": ("mounted at /boot", f"holds the partition {boot}, which is in use"),
        "sdc": ("is part of volume group vg",),
        "sdd": ("is used as swap space",),
        "sde": ("is read-only",),
        "sdf": ("has no size: no medium is in, or nothing is connected",),
        "sdg": ("is smaller than 64 MiB",),
        "sdh": ("is part of volume group backup",),
        "zd0": ("is a ZFS volume",),
        "fd0": ("is a floppy disk",),
    }


async def test_a_disk_whose_pools_cannot_be_told_is_not_free(host: FakeHost) -> None:
    known = host.add_disk("sda", signature="LVM2_member")
    host.add_disk("sdb", signature="LVM2_member")
    host.add_disk("sdc", signature="ext4")
    disks = await found(host, members={known: "volume group backup"}, unknown={"LVM2_member": "LVM: no answer"})
    assert {name: disk.refusals for name, disk in disks.items()} == {
        "sda": ("is part of volume group backup",),
        "sdb": ("may be part of a pool, which cannot be told now: LVM: no answer",),
        "sdc": (),
    }


async def test_smaller_things_than_disks_are_left_out(host: FakeHost) -> None:
    for name, kind in (("sda1", "part"), ("dm-0", "lvm"), ("sr0", "rom"), ("loop0", "loop")):
        host.add_disk(name, kind=kind)
    assert await found(host) == {}
    assert list(await found(host, include_loop=True)) == ["loop0"]


async def test_other_users_are_named(host: FakeHost) -> None:
    host.add_disk("sda")

    async def holders(device: str) -> tuple[Holder, ...]:
        return (Holder("iscsi-lun", "LUN 0 of iqn.a", ""),)

    (disk,) = await candidates(holders, dev=host.dev)
    assert disk.refusals == ("in use by LUN 0 of iqn.a",)


async def test_a_disk_that_does_not_answer_is_refused_alone(host: FakeHost) -> None:
    silent, good = host.add_disk("sda"), host.add_disk("sdb", smart="failed")

    async def holders(device: str) -> tuple[Holder, ...]:
        if device == silent:
            raise TimedOut("it did not answer")
        return ()

    first, second = await candidates(holders, dev=host.dev)
    assert first.refusals == ("its users cannot be told: it did not answer",)
    assert (second.path, second.refusals, second.smart) == (good, (), "failed")


async def test_a_disk_that_cannot_be_read_is_refused(host: FakeHost) -> None:
    host.add_disk("sda")
    host.fail_next("wipefs", "wipefs: error: /dev/sda: probing initialization failed: Input/output error\n")
    (disk,) = (await found(host)).values()
    assert len(disk.refusals) == 1
    assert disk.refusals[0].startswith("cannot be read: ")
    assert "Input/output error" in disk.refusals[0]


async def test_hostile_names_of_a_disk_are_shown_on_one_line(host: FakeHost) -> None:
    host.add_disk("sda", model="a\nb\x1b[31m")
    assert (await found(host))["sda"].model == "a\ufffdb\ufffd[31m"


async def test_no_disks(host: FakeHost) -> None:
    host.fail_next("lsblk", "", 32)
    assert await found(host) == {}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('{"smart_status": {"passed": true}}', "passed"),
        ('{"smart_status": {"passed": false}}', "failed"),
        ('{"smart_status": {"passed": 1}}', "unknown"),
        ("{}", "unknown"),
        ("[]", "unknown"),
        ("", "unknown"),
    ],
)
def test_verdicts(text: str, verdict: str) -> None:
    assert smartctl.parse_health(text) == verdict


def test_a_disk_without_smart() -> None:
    text = json.loads((RECORDINGS / "smartctl-virtio.json").read_text())["stdout"]
    assert smartctl.parse_health(text) == "unknown"


async def test_a_smartctl_that_hangs_or_is_missing(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    path = host.add_disk("sda", smart="passed")
    host.hang_next("smartctl")
    assert await smartctl.health(path, timeout_s=0.3) == "unknown"
    assert await smartctl.health(path) == "passed"
    monkeypatch.setenv("PATH", str(host.directory))
    assert await smartctl.health(path) == "unknown"
