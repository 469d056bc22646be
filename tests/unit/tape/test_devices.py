"""Changers and drives in sysfs: from trees as the kernel and udev make them, and from broken ones."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.tape.devices import Found, find, naa
from tests.fakes.tape_library import Changer, Drive
from tests.unit.tape.conftest import Make

LIB = "CHG0001"


def device(sysfs: Path, hctl: str) -> Path:
    return sysfs / "bus" / "scsi" / "devices" / hctl


def test_a_library_and_its_drives(make: Make) -> None:
    tapes = make()
    found = find(tapes.sysfs, tapes.dev)
    (changer,) = found.changers
    assert (changer.hctl, changer.vendor, changer.product, changer.revision) == ("0:0:0:0", "STK", "L700", "0108")
    assert (changer.serial, changer.sg) == (LIB, f"{tapes.dev}/sg0")
    assert changer.by_id == f"{tapes.dev}/tape/by-id/scsi-{LIB}"
    drive = found.drives[0]
    assert (drive.serial, drive.wwn[:3], len(drive.wwn)) == (f"{LIB}D0", "0x5", 18)
    assert (drive.st, drive.nst, drive.sg) == tuple(f"{tapes.dev}/{node}" for node in ("st0", "nst0", "sg1"))
    assert drive.by_id_nst == f"{tapes.dev}/tape/by-id/scsi-{LIB}D0-nst"
    assert drive.by_id_sg == f"{tapes.dev}/tape/by-id/scsi-{LIB}D0-sg"


def test_the_kernel_may_number_the_other_way_round(make: Make) -> None:
    tapes = make(Changer(kernel_reversed=True))
    assert [(d.serial[-2:], os.path.basename(d.nst)) for d in find(tapes.sysfs, tapes.dev).drives] == [
        ("D1", "nst0"),
        ("D0", "nst1"),
    ]


def test_several_libraries_in_order_of_their_address(make: Make) -> None:
    tapes = make(*(Changer(serial=f"LIB{n}", drives=(Drive(),)) for n in range(12)))
    found = find(tapes.sysfs, tapes.dev)
    assert [changer.serial for changer in found.changers] == [f"LIB{n}" for n in range(12)]
    assert [drive.hctl for drive in found.drives] == [f"{n}:0:0:1" for n in range(12)]


def test_a_drive_that_this_host_does_not_see(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(attached=False), Drive())))
    assert [drive.serial for drive in find(tapes.sysfs, tapes.dev).drives] == [f"{LIB}D1"]


def test_nothing_at_all(tmp_path: Path) -> None:
    assert find(tmp_path / "sys", tmp_path / "dev") == Found((), ())


def test_a_library_that_comes_and_goes(make: Make) -> None:
    tapes = make()
    before = find(tapes.sysfs, tapes.dev)
    tapes.unplug(LIB)
    assert find(tapes.sysfs, tapes.dev) == Found((), ())
    tapes.plug(LIB)
    assert find(tapes.sysfs, tapes.dev) == before


def test_disks_hosts_and_targets_are_passed_over(make: Make) -> None:
    tapes = make()
    for name in ("host0", "target0:0:0", "9:0:0:0"):
        device(tapes.sysfs, name).mkdir()
        (device(tapes.sysfs, name) / "type").write_text("0\n")
    assert len(find(tapes.sysfs, tapes.dev).changers) == 1


def test_a_device_that_vanishes_while_it_is_read(make: Make) -> None:
    tapes = make()
    (device(tapes.sysfs, "0:0:0:1") / "type").unlink()
    (device(tapes.sysfs, "0:0:0:2") / "vpd_pg80").unlink()
    found = find(tapes.sysfs, tapes.dev)
    assert [(drive.hctl, drive.serial) for drive in found.drives] == [("0:0:0:2", "")]


def test_a_dangling_device_link(make: Make) -> None:
    tapes = make()
    device(tapes.sysfs, "5:0:0:0").symlink_to("gone")
    assert len(find(tapes.sysfs, tapes.dev).changers) == 1


def test_a_changer_without_sg_node_is_left_out_and_a_drive_without_is_kept(make: Make) -> None:
    tapes = make()
    for hctl, node in (("0:0:0:0", "sg0"), ("0:0:0:1", "sg1")):
        (device(tapes.sysfs, hctl) / "scsi_generic" / node).rmdir()
    found = find(tapes.sysfs, tapes.dev)
    assert found.changers == ()
    assert (found.drives[0].sg, found.drives[0].by_id_sg, os.path.basename(found.drives[0].nst)) == ("", None, "nst0")


def test_without_lasting_names(make: Make) -> None:
    tapes = make()
    for link in (tapes.dev / "tape" / "by-id").iterdir():
        link.unlink()
    found = find(tapes.sysfs, tapes.dev)
    assert (found.changers[0].by_id, found.drives[0].by_id_nst, found.drives[0].by_id_sg) == (None, None, None)


def test_the_name_with_the_serial_number_is_preferred(make: Make) -> None:
    tapes = make()
    (tapes.dev / "tape" / "by-id" / "aaa-first").symlink_to("../../nst0")
    assert find(tapes.sysfs, tapes.dev).drives[0].by_id_nst == f"{tapes.dev}/tape/by-id/scsi-{LIB}D0-nst"


@pytest.mark.parametrize(
    ("page", "serial"),
    [
        (b"\x08\x80\x00\x14            DRV00001", "DRV00001"),
        (b"\x08\x80\x00\x0aXYZZY_A1  ", "XYZZY_A1"),
        (b"\x08\x80\x00\x0cABC123\0\0\0\0\0\0", "ABC123"),
        (b"\x08\x80\x00\xffABC", "ABC"),
        (b"\x08\x80\x00\x06AB\x1b[2J", "AB"),
        (b"\x08\x83\x00\x03ABC", ""),
        (b"\x08\x80", ""),
        (b"", ""),
    ],
)
def test_serial_numbers_are_padded_in_many_ways(make: Make, page: bytes, serial: str) -> None:
    tapes = make()
    (device(tapes.sysfs, "0:0:0:0") / "vpd_pg80").write_bytes(page)
    assert find(tapes.sysfs, tapes.dev).changers[0].serial == serial


def test_naa_of_the_logical_unit() -> None:
    port = bytes([1, 0x93, 0, 8]) + bytes.fromhex("5000000000000001")
    unit = bytes([1, 0x03, 0, 8]) + bytes.fromhex("50223344ab000100")
    body = bytes([2, 1, 0, 4]) + b"IBM " + port + unit
    assert naa(b"\x01\x83" + len(body).to_bytes(2) + body) == "0x50223344ab000100"


@given(st.binary(max_size=80))
def test_hostile_vpd_pages_never_raise(data: bytes) -> None:
    for page in (data, b"\x01\x83" + len(data).to_bytes(2) + data):
        name = naa(page)
        assert name == "" or len(name) in (18, 34)
