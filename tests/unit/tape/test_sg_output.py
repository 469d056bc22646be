"""What sg3_utils print, from recordings of 1.46 and 1.48, and hostile text and bytes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.errors import ToolFailed
from bamsd.tape import sg_output, tape_alert
from bamsd.tape.elements import byte_count, parse_elements
from bamsd.tape.models import ErrorCounters, clean_text
from tests.unit.tape.recordings import RECORDINGS, recorded


def decoded(name: str) -> str:
    return (RECORDINGS / "sg" / "decoded-1.46" / name).read_text()


def mhvtl(name: str) -> str:
    return recorded(f"sg/mhvtl/{name}").text


def test_supported_pages() -> None:
    assert sg_output.parse_supported_pages(decoded("pages.txt")) == (0, 2, 3, 0x0C, 0x0D, 0x11, 0x14, 0x17, 0x2E)
    assert sg_output.parse_supported_pages(mhvtl("sg-logs-list.txt"))[-4:] == (0x30, 0x31, 0x32, 0x37)
    assert sg_output.parse_supported_pages(recorded("sg/tgt/sg-logs-list.txt").text) == ()


def test_tape_alerts() -> None:
    raised = sg_output.parse_tape_alerts(decoded("tape-alert.txt"))
    assert [(flag.number, flag.name, flag.severity) for flag in raised] == [
        (3, "Hard error", "warning"),
        (20, "Cleaning required", "critical"),
        (21, "Cleaning requested", "warning"),
        (22, "Expired cleaning media", "critical"),
        (39, "Diagnostics required", "warning"),
    ]
    assert sg_output.parse_tape_alerts(mhvtl("sg-logs-tapealert.txt")) == ()


@pytest.mark.parametrize("text", [decoded("tape-alert.txt"), mhvtl("sg-logs-tapealert.txt")], ids=["1.46", "1.48"])
def test_each_flag_is_known_by_the_name_of_the_tool(text: str) -> None:
    lines = [line for line in text.splitlines() if line.endswith((": 0", ": 1"))]
    assert len(lines) == 64
    for number, line in enumerate(lines, 1):
        flag = tape_alert.by_tool_name(line.rpartition(":")[0])
        assert flag is not None
        assert flag.number == number


@pytest.mark.parametrize(
    "name", ["", "Reserved (zzh)", "Reserved (-1h)", "Reserved (00h)", "Reserved (FFh)", "Obsolete ("]
)
def test_other_names_are_no_flag(name: str) -> None:
    assert tape_alert.by_tool_name(name) is None


def test_temperature() -> None:
    assert sg_output.parse_temperature(decoded("temperature.txt")) == 38
    assert sg_output.parse_temperature(mhvtl("sg-logs-temp.txt")) is None


def test_error_counters() -> None:
    expected = ErrorCounters(corrected=12, uncorrected=1, bytes_processed=123456789012)
    assert sg_output.parse_error_counters(decoded("write-errors.txt")) == expected
    assert sg_output.parse_error_counters(decoded("read-errors.txt")) == expected
    assert sg_output.parse_error_counters(mhvtl("sg-logs-write-errors.txt")) == ErrorCounters(0, 0, 0)
    assert sg_output.parse_error_counters("") is None


def test_device_statistics() -> None:
    assert sg_output.parse_device_statistics(decoded("device-statistics.txt")) == {
        "loads": 1234,
        "cleanings": 17,
        "power_on_hours": 8765,
        "motion_hours": 2100,
    }


def test_device_status() -> None:
    activity, bits = sg_output.parse_device_status(decoded("device-status-cleaning.txt"))
    assert activity == "Cleaning operation in progress"
    assert (bits["CRQRD"], bits["CRQST"], bits["MPRSNT"]) == (True, True, False)
    activity, bits = sg_output.parse_device_status(mhvtl("sg-logs-dtdstatus.txt"))
    assert (activity, bits["CRQRD"], bits["MPRSNT"]) == ("No DT device activity", False, True)


def test_volume_statistics_of_both_versions() -> None:
    found = sg_output.parse_volume_statistics(decoded("volume-statistics.txt"))
    assert (found["lifetime_megabytes_written"], found["total_native_capacity"]) == (3_000_000, 12_000_000)
    assert (found["volume_barcode"], found["beginning_of_medium_passes"], found["worm"]) == ("ABC123L8", 250, 0)
    newer = sg_output.parse_volume_statistics(mhvtl("sg-logs-volume-stats.txt"))
    assert (newer["total_native_capacity"], newer["page_valid"], newer["medium_mount_time"]) == (500, 1, 0)
    assert "volume_barcode" not in newer


def test_attributes() -> None:
    memory = sg_output.parse_attributes(decoded("attributes.txt"))
    assert (memory.load_count, memory.remaining_mib, memory.maximum_mib) == (17, 11_500_000, 11_547_000)
    assert (memory.written_mib, memory.read_mib, memory.density_code, memory.medium_type) == (25_000, 125, 0x5E, 0)
    assert (memory.manufacturer, memory.serial, memory.manufacture_date) == ("FUJIFILM", "HF01234567", "20190214")
    assert (memory.barcode, memory.media_pool, memory.owner) == ("ABC123L8", "Default", "host1")
    assert (memory.last_written, memory.last_drive) == ("202601020304", "IBM     1013000ABC")
    assert (memory.is_cleaning, memory.is_worm) == (False, False)


def test_attributes_that_are_blank_are_unknown() -> None:
    memory = sg_output.parse_attributes(mhvtl("sg-read-attr-written.txt"))
    assert (memory.barcode, memory.remaining_mib, memory.load_count) == ("E01001L8", 495, 1)
    assert (memory.media_pool, memory.last_written) == (None, None)
    all_ones = "Attribute values:\n  Remaining capacity in partition [MiB]: 18446744073709551615\n"
    assert sg_output.parse_attributes(all_ones).remaining_mib is None


def test_elements_of_mhvtl() -> None:
    drives = parse_elements(sg_output.hex_dump_bytes(mhvtl("read-element-dvcid.txt")))
    assert [(d.element_address, d.product, d.serial) for d in drives] == [
        (500, "ULT3580-TD8", "XYZZY_A1"),
        (501, "ULT3580-TD8", "XYZZY_A2"),
        (502, "ULT3580-TD6", "XYZZY_A3"),
        (503, "ULT3580-TD6", "XYZZY_A4"),
    ]
    assert all(d.vendor == "IBM" and d.installed and not d.full and d.barcode is None for d in drives)


def answer(*descriptors: bytes, flags: int = 0, kind: int = 4) -> bytes:
    body = b"".join(descriptors)
    page = bytes([kind, flags]) + len(descriptors[0]).to_bytes(2) + b"\0" + len(body).to_bytes(3) + body
    return b"\x01\x00" + len(descriptors).to_bytes(2) + b"\0" + len(page).to_bytes(3) + page


def element(
    identifier: bytes = b"",
    *,
    address: int = 256,
    flags: int = 0,
    code: tuple[int, int] = (0, 0),
    source: int | None = None,
) -> bytes:
    told = b"\0\0\0" if source is None else b"\x80" + source.to_bytes(2)
    return address.to_bytes(2) + bytes([flags, 0, *code, 0, 0, 0]) + told + identifier


@pytest.mark.parametrize(
    ("identifier", "names"),
    [
        (b"\x02\x00\x00\x0aSERIAL0001", ("", "", "SERIAL0001")),
        (b"\x02\x01\x00\x22IBM     ULT3580-TD8     1013000ABC", ("IBM", "ULT3580-TD8", "1013000ABC")),
        (b"\x02\x01\x00\x20HP      Ultrium 5-SCSI  HU123456", ("HP", "Ultrium 5-SCSI", "HU123456")),
        (b"\x02\x01\x00\x12QUANTUM SERIAL0001", ("QUANTUM", "", "SERIAL0001")),
        (b"\x02\x01\x00\x04IBM ", ("IBM", "", "")),
        (b"\x01\x03\x00\x08\x50\x01\x02\x03\x04\x05\x06\x07", ("", "", "")),
        (b"\x02\x00\x00\x00", ("", "", "")),
        (b"\x02\x00\x00\xffSHORT", ("", "", "SHORT")),
        (b"\x02\x00\x00\x08\x1b[2JEVIL", ("", "", "")),
        (b"\x02\x01", ("", "", "")),
        (b"", ("", "", "")),
    ],
)
def test_identifiers_of_many_libraries(identifier: bytes, names: tuple[str, str, str]) -> None:
    (drive,) = parse_elements(answer(element(identifier)))
    assert (drive.vendor, drive.product, drive.serial) == names


def test_tags_exception_and_source() -> None:
    tag = b"ABC123L8".ljust(32) + bytes(4)
    alternate = b"OTHER".ljust(32) + bytes(4)
    serial = b"\x02\x00\x00\x04SER1"
    data = answer(element(tag + alternate + serial, flags=0x05, code=(0x83, 0x04), source=4097), flags=0xC0)
    (drive,) = parse_elements(data)
    assert (drive.full, drive.exception, drive.asc, drive.ascq, drive.installed) == (True, True, 0x83, 0x04, False)
    assert (drive.barcode, drive.alternate_barcode, drive.serial, drive.source_address) == (
        "ABC123L8",
        "OTHER",
        "SER1",
        4097,
    )


def test_pages_of_other_types_and_what_follows_nonsense_are_passed_over() -> None:
    storage, drives = answer(element(address=4096), kind=2), answer(element(b"\x02\x00\x00\x02D0"))
    both = storage[8:] + drives[8:]
    whole = storage[:5] + len(both).to_bytes(3) + both
    assert [d.serial for d in parse_elements(whole)] == ["D0"]
    padded = drives[:5] + (len(drives) - 8 + 64).to_bytes(3) + drives[8:] + bytes(64)
    assert [d.serial for d in parse_elements(padded)] == ["D0"]
    assert parse_elements(answer(b"\0\0\0")) == ()


def test_the_end_of_an_answer_that_tgt_cuts_off_is_kept() -> None:
    drives = parse_elements(sg_output.hex_dump_bytes(recorded("sg/tgt/read-element-dvcid.txt").text))
    assert [(d.element_address, d.product, d.serial) for d in drives] == [
        (256, "ULT3580-HH8", "10WT000001"),
        (257, "ULT3580-HH8", "10"),
    ]


def test_an_answer_that_was_cut_off_gives_what_is_left() -> None:
    data = answer(*(element(b"\x02\x00\x00\x02D%d" % n, address=256 + n) for n in range(3)))
    cut = data[:-5]
    assert byte_count(cut) > len(cut)
    assert [d.serial for d in parse_elements(cut)] == ["D0", "D1", ""]
    assert len(parse_elements(cut[:-4])) == 2


@given(st.binary(max_size=300))
def test_hostile_elements_are_drives_or_a_tool_failure(data: bytes) -> None:
    for candidate in (data, b"\0\0\0\1\0\0\xff\xff\x04\xc0" + data):
        with contextlib.suppress(ToolFailed):
            for drive in parse_elements(candidate):
                assert clean_text(drive.serial, 200) in (drive.serial, None)


def test_a_short_hex_dump_is_a_tool_failure() -> None:
    text = mhvtl("read-element-dvcid.txt")
    with pytest.raises(ToolFailed, match="announced 360 bytes but printed 352"):
        sg_output.hex_dump_bytes(text[: text.index(" 160 ")])
    assert sg_output.hex_dump_bytes("SCSI Status: Good \n\nNo data received\n") == b""


PIECES = st.lists(
    st.sampled_from(
        [
            "Received 16 bytes of data:\n",
            " 00     ",
            "01 f4 ",
            "zz ",
            "\n",
            "  Load count: ",
            "99999999999999999999",
            "  Barcode: ",
            "\x1b[2J",
            "é",
            "  Read warning: 1\n",
            "  Current temperature = 999 C\n",
            "  Total uncorrected errors = ",
            "0x5e",
            ": ",
        ]
    ),
    max_size=25,
).map("".join)


@given(PIECES | st.text(max_size=200))
def test_hostile_text_never_raises_more_than_tool_failed(text: str) -> None:
    with contextlib.suppress(ToolFailed):
        sg_output.hex_dump_bytes(text)
    assert all(1 <= flag.number <= 64 for flag in sg_output.parse_tape_alerts(text))
    memory = sg_output.parse_attributes(text)
    assert memory.load_count is None or 0 <= memory.load_count < 2**64
    assert memory.barcode is None or memory.barcode.isprintable()
    for value in sg_output.parse_volume_statistics(text).values():
        assert (isinstance(value, int) and value < 2**64) or (isinstance(value, str) and value.isprintable())
    sg_output.parse_error_counters(text)
    sg_output.parse_device_status(text)
    sg_output.parse_temperature(text)
    sg_output.parse_supported_pages(text)
    sg_output.parse_device_statistics(text)
