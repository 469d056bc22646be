"""The parsers of mtx against every recording, and against hostile text."""

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.errors import InvalidArgument, ToolFailed
from bamsd.tape import mtx
from bamsd.tape.models import AnnouncedMove, ChangerStatus, Slot, check_barcode, clean_text
from tests.unit.tape.recordings import recorded, sample, samples


def as_expected(status: ChangerStatus) -> dict[str, Any]:
    """The shape of expected.json, without what this layer does not judge (ok, cleaning)."""
    return {
        "changer": status.changer,
        "declared": {
            "drives": status.declared_drives,
            "slots": status.declared_slots,
            "import_export": status.declared_import_export,
        },
        "drives": [
            {
                "index": drive.index,
                "state": "full" if drive.full else "empty",
                "source_slot": drive.source_slot,
                "barcode": drive.barcode,
                "alternate_barcode": drive.alternate_barcode,
            }
            for drive in status.drives
        ],
        "slots": [
            {
                "number": slot.number,
                "import_export": slot.import_export,
                "state": "full" if slot.full else "empty",
                "barcode": slot.barcode,
                "alternate_barcode": slot.alternate_barcode,
            }
            for slot in status.slots
        ],
        "warnings": list(status.warnings),
    }


@pytest.mark.parametrize("name", samples("status"))
def test_every_status_sample_parses_as_expected(name: str) -> None:
    expected = samples("status")[name]["expected"]
    del expected["ok"]
    for element in expected["drives"] + expected["slots"]:
        del element["cleaning"]
    assert as_expected(mtx.parse_status(sample(name))) == expected


@pytest.mark.parametrize("name", samples("inquiry"))
def test_every_inquiry_sample_parses_as_expected(name: str) -> None:
    expected = samples("inquiry")[name]["expected"]
    found = mtx.parse_inquiry(sample(name))
    assert (found.product_type, found.vendor, found.product, found.revision, found.is_changer) == tuple(
        expected[key] for key in ("product_type", "vendor", "product", "revision", "is_changer")
    )


@pytest.mark.parametrize("name", samples("version"))
def test_the_version_is_found(name: str) -> None:
    assert mtx.parse_version(sample(name)) == samples("version")[name]["expected"]["version"]


@pytest.mark.parametrize(
    ("name", "moves"),
    [
        ("30_load_ok.txt", [AnnouncedMove("load", 14, 1, True)]),
        ("31_unload_ok.txt", [AnnouncedMove("unload", 9, 0, True)]),
        ("32_transfer_ok.txt", []),
        ("33_next_swap_ok.txt", [AnnouncedMove("unload", 3, 0, True), AnnouncedMove("load", 4, 0, True)]),
        ("34_first_already_loaded.txt", []),
        ("41_err_source_empty.txt", [AnnouncedMove("load", 20, 1, False)]),
    ],
)
def test_announced_moves(name: str, moves: list[AnnouncedMove]) -> None:
    assert list(mtx.parse_moves(sample(name))) == moves


def test_a_tgt_library() -> None:
    status = mtx.parse_status(recorded("mtx/tgt/mtx-status-loaded.txt").text)
    assert (status.changer, len(status.drives), len(status.slots), status.warnings) == ("/dev/sg3", 2, 23, ())
    assert (status.drives[0].barcode, status.drives[0].source_slot) == ("BAM001L5", 1)
    assert status.slots[0] == Slot(1, False, False, None, None)
    assert status.slots[19] == Slot(20, False, True, "CLN001L1", None)
    assert [slot.number for slot in status.slots if slot.import_export] == [21, 22, 23]


def test_a_mhvtl_library() -> None:
    status = mtx.parse_status(recorded("mtx/mhvtl/mtx-status-loaded.txt").text)
    assert (len(status.drives), len(status.slots), status.declared_import_export) == (4, 43, 4)
    assert (status.drives[0].barcode, status.drives[1].full) == ("E01001L8", False)
    assert status.warnings == ()


def status_text(drives: str, slots: str, counts: str = "1 Drives, 1 Slots ( 0 Import/Export )") -> str:
    return f"  Storage Changer /dev/sg0:{counts}\n{drives}{slots}"


def test_drive_without_number_is_drive_0() -> None:
    """Very old mtx prints no number for the only drive."""
    status = mtx.parse_status(
        status_text("Data Transfer Element:Full (Storage Element 3 Loaded)\n", "      Storage Element 1:Empty\n")
    )
    assert (status.drives[0].index, status.drives[0].source_slot) == (0, 3)


def test_unknown_source_is_none() -> None:
    status = mtx.parse_status(
        status_text(
            "Data Transfer Element 0:Full (Unknown Storage Element Loaded):VolumeTag = A00001L5\n",
            "      Storage Element 1:Full :VolumeTag=A00002L5\n",
        )
    )
    assert (status.drives[0].full, status.drives[0].source_slot, status.drives[0].barcode) == (True, None, "A00001L5")


def test_two_drives_that_claim_one_slot_are_a_warning() -> None:
    lines = "".join(f"Data Transfer Element {n}:Full (Storage Element 8 Loaded)\n" for n in (0, 1))
    status = mtx.parse_status(
        status_text(lines, "      Storage Element 1:Empty\n", "2 Drives, 1 Slots ( 0 Import/Export )")
    )
    assert status.warnings == ("drives 0 and 1 both claim slot 8 as the source of their cartridge",)


def test_barcode_keeps_blanks_inside_and_in_front() -> None:
    status = mtx.parse_status(
        status_text("Data Transfer Element 0:Empty\n", "      Storage Element 1:Full :VolumeTag= DG 01 \n")
    )
    assert status.slots[0].barcode == " DG 01"


def test_a_tag_on_an_empty_slot_is_stale_and_dropped() -> None:
    status = mtx.parse_status(
        status_text("Data Transfer Element 0:Empty\n", "      Storage Element 1:Empty:VolumeTag=OLD001L5\n")
    )
    assert status.slots[0] == Slot(1, False, False, None, None)


def test_a_slot_reported_twice_counts_once() -> None:
    slots = "      Storage Element 1:Full :VolumeTag=A1\n      Storage Element 1:Empty\n"
    status = mtx.parse_status(status_text("Data Transfer Element 0:Empty\n", slots))
    assert [slot.barcode for slot in status.slots] == ["A1"]
    assert status.warnings == ("slot 1 was reported twice",)


def test_text_without_a_changer_line_is_a_tool_failure() -> None:
    with pytest.raises(ToolFailed, match="no line about the changer"):
        mtx.parse_status(sample("54_err_asked_a_tape_drive.txt"))


def test_an_inquiry_without_a_line_is_a_tool_failure() -> None:
    with pytest.raises(ToolFailed, match="Product ID"):
        mtx.parse_inquiry("Product Type: Medium Changer\nVendor ID: 'HP      '\n")


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("ABC123L8                        ", "ABC123L8"),
        ("    ", None),
        ("", None),
        ("AB\x1b[31mC", "AB"),
        ("AB\ufffdC", "AB"),
        ("\x00ABC", None),
        ("AB\x7fC", "AB"),
        ("A B", "A B"),
        ("X" * 99, "X" * 36),
    ],
)
def test_clean_text(raw: str, clean: str | None) -> None:
    assert clean_text(raw) == clean


@given(st.text(max_size=60))
def test_clean_text_is_always_printable_ascii(raw: str) -> None:
    cleaned = clean_text(raw)
    assert cleaned is None or (cleaned.isascii() and cleaned.isprintable() and raw.startswith(cleaned))


@pytest.mark.parametrize("text", ["", "A\n", "A ", "Ä", "X" * 37])
def test_a_barcode_from_a_person_is_checked(text: str) -> None:
    with pytest.raises(InvalidArgument, match="is not a barcode"):
        check_barcode(text)
    assert check_barcode("ABC123L8") == "ABC123L8"


HOSTILE = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from(list(" :=()\n0123456789"))), max_size=200
) | st.lists(
    st.sampled_from(
        [
            "  Storage Changer /dev/sg0:1 Drives, 1 Slots ( 0 Import/Export )\n",
            "Data Transfer Element 0:",
            "Full (Storage Element 999999 Loaded)",
            ":VolumeTag = ",
            ":AlternateVolumeTag=",
            "      Storage Element ",
            "1 IMPORT/EXPORT:Full ",
            "99999999999999999999:Full ",
            "\n",
            "\r",
            "\u2028",
            "\x1b[2J",
            "é",
        ]
    ),
    max_size=30,
).map("".join)


@given(HOSTILE)
def test_hostile_status_text_parses_or_is_a_tool_failure(text: str) -> None:
    try:
        status = mtx.parse_status(text)
    except ToolFailed:
        return
    tags = [slot.barcode for slot in status.slots] + [drive.barcode for drive in status.drives]
    tags += [slot.alternate_barcode for slot in status.slots] + [drive.alternate_barcode for drive in status.drives]
    assert all(tag is None or clean_text(tag) == tag for tag in tags)


@given(HOSTILE)
def test_hostile_inquiry_and_moves_never_surprise(text: str) -> None:
    assert all(move.action in ("load", "unload") for move in mtx.parse_moves(text))
    with contextlib.suppress(ToolFailed):
        assert mtx.parse_inquiry(text).product_type.isprintable()


def big_library(slots: int) -> str:
    lines = [
        f"  Storage Changer /dev/sg9:1 Drives, {slots} Slots ( 10 Import/Export )\n",
        "Data Transfer Element 0:Empty\n",
    ]
    lines += [
        f"      Storage Element {n}{' IMPORT/EXPORT' if n > slots - 10 else ''}:Full :VolumeTag=B{n:05}L9{' ' * 24}\n"
        for n in range(1, slots + 1)
    ]
    return "".join(lines)


def test_ten_thousand_slots_parse_fast() -> None:
    """A guard against quadratic work: natively this takes about 30 ms."""
    text = big_library(10_000)
    began = time.process_time()
    status = mtx.parse_status(text)
    took_s = time.process_time() - began
    assert (len(status.slots), status.slots[9_999].barcode, status.warnings) == (10_000, "B10000L9", ())
    assert took_s < 1.0
