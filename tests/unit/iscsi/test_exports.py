"""Which LUNs lie over a device: live ones of each stack, configured ones, and what cannot be told."""

import shutil
import time
from pathlib import Path

import pytest

from bamsd.core.holders import Holder
from bamsd.errors import ToolFailed
from bamsd.iscsi.exports import Exports
from tests.fakes.export_trees import (
    add_lio_lun,
    add_lio_object,
    add_nvmet_namespace,
    add_scst_device,
    recorded_scst,
)
from tests.fakes.host import FakeHost

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
ALPHA, BETA, GAMMA = (f"iqn.2026-01.org.bams:{name}" for name in ("alpha", "beta", "gamma"))


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(tmp_path)


def exports(host: FakeHost) -> Exports:
    files = host.directory / "etc"
    return Exports(
        host.sysfs,
        dev=host.dev,
        scst_conf=files / "scst.conf",
        saveconfigs=(files / "saveconfig.json", files / "old" / "saveconfig.json"),
    )


async def names(host: FakeHost, device: str) -> list[str]:
    return [holder.name for holder in await exports(host)(device)]


def put(host: FakeHost, name: str, text: str) -> None:
    file = host.directory / "etc" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


async def test_without_any_target_nobody_exports(host: FakeHost) -> None:
    assert await exports(host)(host.add_disk("sda")) == ()


async def test_luns_of_scst(host: FakeHost) -> None:
    recorded_scst(host.sysfs)
    assert await exports(host)("/dev/bamsvg/repo1") == (
        Holder("iscsi-lun", f"LUN 0 of {ALPHA}", "Remove the LUN, then the device repo1, from SCST."),
    )
    assert await names(host, "/srv/file1.img") == [f"LUN 0 of {BETA}", f"LUN 5 of {GAMMA}"]
    assert await names(host, "/dev/zvol/tank/zv1") == [f"LUN 1 of {ALPHA}"]
    assert await names(host, "/dev/bamsvg/other") == []


async def test_a_device_of_scst_without_a_lun_holds_all_the_same(host: FakeHost) -> None:
    device = host.add_disk("sda")
    add_scst_device(host.sysfs, "parked", device, luns=("copy_manager/copy_manager_tgt/luns/3",))
    assert await exports(host)(device) == (
        Holder("iscsi-lun", "device parked", "No LUN leads to it, but SCST holds it: remove the device there."),
    )


async def test_another_name_of_the_same_device(host: FakeHost) -> None:
    device = host.add_disk("sda", serial="S1")
    add_scst_device(host.sysfs, "a", f"{host.dev}/disk/by-id/scsi-3S1", luns=(f"iscsi/{ALPHA}/luns/0",))
    assert await names(host, device) == [f"LUN 0 of {ALPHA}"]
    assert await names(host, host.add_disk("sdb")) == []


@pytest.mark.parametrize("name", ["/dev/vg-a/repo-1", "/dev/mapper/vg--a-repo--1", "/dev//vg-a/./repo-1"])
async def test_the_names_of_a_volume_that_is_not_active(host: FakeHost, name: str) -> None:
    add_scst_device(host.sysfs, "a", name, luns=(f"iscsi/{ALPHA}/luns/0",))
    assert await names(host, "/dev/vg-a/repo-1") == [f"LUN 0 of {ALPHA}"]
    assert await names(host, "/dev/mapper/vg--a-repo--1") == [f"LUN 0 of {ALPHA}"]
    assert await names(host, "/dev/vg/a-repo-1") == []


async def test_a_scsi_disk_that_is_passed_through(host: FakeHost) -> None:
    device = host.add_disk("sda")
    (host.sysfs / "class" / "block" / "sda" / "device").symlink_to("../../../6:0:0:1")
    add_scst_device(host.sysfs, "6:0:0:1", "")
    assert await names(host, device) == []
    add_scst_device(host.sysfs, "6:0:0:2", "", luns=(f"iscsi/{BETA}/luns/0",))
    (host.sysfs / "class" / "block" / "sda" / "device").unlink()
    (host.sysfs / "class" / "block" / "sda" / "device").symlink_to("../../../6:0:0:2")
    assert await names(host, device) == [f"LUN 0 of {BETA}"]


async def test_luns_of_lio(host: FakeHost) -> None:
    device = host.add_disk("sda")
    add_lio_object(host.sysfs, "iblock_0", "repo", device)
    add_lio_lun(host.sysfs, ALPHA, 7, "iblock_0", "repo")
    add_lio_lun(host.sysfs, BETA, 0, "iblock_0", "repo")
    assert await exports(host)(device) == (
        Holder("iscsi-lun", f"LUN 7 of {ALPHA}", "Remove the LUN, then the device repo, from LIO."),
        Holder("iscsi-lun", f"LUN 0 of {BETA}", "Remove the LUN, then the device repo, from LIO."),
    )


async def test_fileio_of_lio_on_a_device_without_a_lun(host: FakeHost) -> None:
    device = host.add_disk("sda")
    add_lio_object(host.sysfs, "fileio_2", "fio", device)
    assert await names(host, device) == ["device fio"]


async def test_the_number_counts_where_the_path_of_lio_is_wrong(host: FakeHost) -> None:
    device = host.add_disk("sda")
    number = (host.sysfs / "class" / "block" / "sda" / "dev").read_text().strip()
    add_lio_object(host.sysfs, "iblock_0", "repo", "/dev/somewhere/else", number)
    assert await names(host, device) == ["device repo"]


async def test_a_namespace_of_nvmet(host: FakeHost) -> None:
    device = host.add_disk("sda")
    add_nvmet_namespace(host.sysfs, "nqn.2026-01.org.bams:n", 3, device)
    (found,) = await exports(host)(device)
    assert (found.kind, found.name) == ("nvme-namespace", "namespace 3 of nqn.2026-01.org.bams:n")


async def test_configured_but_not_active(host: FakeHost) -> None:
    (host.directory / "etc" / "old").mkdir(parents=True)
    shutil.copy(RECORDINGS / "lio" / "saveconfig.json", host.directory / "etc" / "old" / "saveconfig.json")
    shutil.copy(RECORDINGS / "scst" / "write-config.conf", host.directory / "etc" / "scst.conf")
    assert await names(host, "/dev/vg0/thin") == [f"LUN 0 of {BETA}", f"LUN 0 of {ALPHA}"]
    assert await names(host, "/dev/vg0/active") == ["device fio"]
    (found,) = await exports(host)("/dev/bamsvg/repo1")
    assert found.name == f"LUN 0 of {ALPHA}"
    assert found.release == f"It is configured but not active: take it out of {host.directory}/etc/scst.conf."


async def test_active_and_configured_is_named_once(host: FakeHost) -> None:
    recorded_scst(host.sysfs)
    put(host, "scst.conf", (RECORDINGS / "scst" / "write-config.conf").read_text())
    assert await names(host, "/dev/bamsvg/repo1") == [f"LUN 0 of {ALPHA}"]


@pytest.mark.parametrize(("name", "text"), [("scst.conf", "HANDLER h {\n"), ("saveconfig.json", "{")])
async def test_a_broken_file_is_not_taken_for_nobody(host: FakeHost, name: str, text: str) -> None:
    put(host, name, text)
    with pytest.raises(ToolFailed, match=name):
        await exports(host)(host.add_disk("sda"))


async def test_what_cannot_be_read_is_not_taken_for_nobody(host: FakeHost) -> None:
    home = host.sysfs / "kernel" / "scst_tgt" / "devices" / "loop"
    home.mkdir(parents=True)
    (home / "filename").symlink_to("filename")
    with pytest.raises(ToolFailed, match="cannot be read"):
        await exports(host)(host.add_disk("sda"))


async def test_an_empty_file_configures_nothing(host: FakeHost) -> None:
    put(host, "saveconfig.json", "\n")
    assert await names(host, host.add_disk("sda")) == []


async def test_hostile_names_are_shown_on_one_line(host: FakeHost) -> None:
    device = host.add_disk("sda")
    add_scst_device(host.sysfs, "a\nb", device)
    (found,) = await exports(host)(device)
    assert found.name == "device a\ufffdb"


async def test_a_thousand_targets_take_less_than_a_second(host: FakeHost) -> None:
    device = host.add_disk("sda")
    for index in range(500):
        add_scst_device(host.sysfs, f"d{index}", f"/dev/vg/d{index}", luns=(f"iscsi/{ALPHA}{index}/luns/0",))
        add_lio_object(host.sysfs, f"iblock_{index}", f"l{index}", f"/dev/vg/l{index}", "1:1")
        add_lio_lun(host.sysfs, f"{BETA}{index}", 0, f"iblock_{index}", f"l{index}")
    add_scst_device(host.sysfs, "last", device, luns=(f"iscsi/{GAMMA}/luns/1",))
    source = exports(host)
    begun = time.process_time()
    assert [holder.name for holder in await source(device)] == [f"LUN 1 of {GAMMA}"]
    assert time.process_time() - begun < 1.0
