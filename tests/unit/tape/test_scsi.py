"""Sense data: from mtx, from sg3_utils, and in plain words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.tape import scsi
from tests.unit.tape.recordings import recorded, sample

# As sg_decode_sense of sg3_utils 1.46 prints them.
SG_TEXTS = [
    ("Not Ready", "Additional sense: Logical unit is in process of becoming ready", (2, 0x04, 0x01)),
    ("Not Ready", "Additional sense: Logical unit not ready, offline", (2, 0x04, 0x12)),
    ("Not Ready", "Additional sense: Medium not present", (2, 0x3A, 0x00)),
    ("Illegal Request", "Additional sense: Medium removal prevented", (5, 0x53, 0x02)),
    ("Illegal Request", "Additional sense: Invalid command operation code", (5, 0x20, 0x00)),
    ("Unit Attention", "Additional sense: Power on, reset, or bus device reset occurred", (6, 0x29, 0x00)),
    ("Hardware Error", "vendor specific ASC=83, ASCQ=02 (hex)", (4, 0x83, 0x02)),
    ("Not Ready", "ASC=04, vendor specific qualification ASCQ=8d (hex)", (2, 0x04, 0x8D)),
    ("Hardware Error", "Additional sense: a name that we do not know", (4, 0, 0)),
]


@pytest.mark.parametrize(("key", "line", "sense"), SG_TEXTS)
def test_sense_as_sg3_utils_print_it(key: str, line: str, sense: tuple[int, int, int]) -> None:
    text = f"SCSI Status: Check Condition \n\nSense Information:\nFixed format, current; Sense key: {key}\n{line}\n"
    assert scsi.sg_sense(text) == sense


def test_a_hex_dump_counts_more_than_names() -> None:
    text = (
        "Fixed format, current; Sense key: Not Ready\nAdditional sense: Something new\n"
        " Raw sense data (in hex), sb_len=18, embedded_len=18\n"
        "        70 00 02 00 00 00 00 0a  00 00 00 00 3a 01 00 00\n        00 00\n"
    )
    assert scsi.sg_sense(text) == (2, 0x3A, 0x01)


def test_no_sense_in_other_text() -> None:
    assert scsi.sg_sense("sg_logs failed: Illegal request, Invalid opcode\n") is None
    assert scsi.mtx_sense(sample("51_err_permission.txt")) is None


def test_sense_as_mtx_prints_it() -> None:
    assert scsi.mtx_sense(sample("48_err_hardware_0403.txt")) == (4, 0x04, 0x03)
    assert scsi.mtx_sense(recorded("mtx/mhvtl/mtx-altres.txt").text) == (5, 0x24, 0x00)


@pytest.mark.parametrize(
    ("data", "sense"),
    [
        ("70000500000000 0a 00000000 2400 0000", (5, 0x24, 0x00)),
        ("f0000400000000 0a 00000000 0403 0000", (4, 0x04, 0x03)),
        ("72053a00 00000000", (5, 0x3A, 0x00)),
        ("70000500", None),
        ("7f", None),
        ("", None),
    ],
)
def test_decode_sense(data: str, sense: tuple[int, int, int] | None) -> None:
    assert scsi.decode_sense(bytes.fromhex(data.replace(" ", ""))) == sense


@pytest.mark.parametrize(
    ("sense", "words"),
    [
        ((4, 0x04, 0x03), "needs a person"),
        ((5, 0x30, 0x00), "does not fit this drive"),
        ((5, 0x53, 0x02), "a program keeps the cartridge"),
        ((4, 0x83, 0x77), "vendor's own code (Hardware Error)"),
        ((4, 0x12, 0x34), "the device reports Hardware Error"),
        ((2, 0x00, 0x00), "the device reports Not Ready"),
    ],
)
def test_plain_words_end_in_the_code(sense: tuple[int, int, int], words: str) -> None:
    explained = scsi.explain(sense)
    assert words in explained
    assert explained.endswith(f"(ASC/ASCQ {sense[1]:02X}/{sense[2]:02X})")


@given(st.text(max_size=300), st.binary(max_size=40))
def test_hostile_input_is_sense_or_nothing(text: str, data: bytes) -> None:
    for found in (scsi.sg_sense(text), scsi.mtx_sense(text), scsi.decode_sense(data)):
        assert found is None or all(0 <= part <= 255 for part in found)
