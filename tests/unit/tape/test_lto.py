"""LTO generations from barcodes, product names and density codes, and which cartridge goes with which drive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.tape import lto
from tests.unit.tape.recordings import samples


@pytest.mark.parametrize(
    ("barcode", "generation", "worm", "words"),
    [
        ("ABC123L1", 1, False, "LTO-1"),
        ("ABC123L5", 5, False, "LTO-5"),
        ("ABC123L9", 9, False, "LTO-9"),
        ("ABC123LA", 10, False, "LTO-10"),
        ("ABC123M8", 7, False, "LTO-7 type M"),
        ("ABC123LT", 3, True, "LTO-3 WORM"),
        ("WRM015LY", 8, True, "LTO-8 WORM"),
        ("ABC123LZ", 9, True, "LTO-9 WORM"),
        ("ERH412JD", None, False, ""),
        ("G03001TA", None, False, ""),
        ("BOXL1", None, False, ""),
        ("LONGLABEL1L8", None, False, ""),
        ("", None, False, ""),
        ("CLN101L8", None, False, "cleaning"),
    ],
)
def test_what_a_barcode_tells(barcode: str, generation: int | None, worm: bool, words: str) -> None:
    assert (lto.generation(barcode), lto.is_worm(barcode), lto.describe(barcode)) == (generation, worm, words)


@pytest.mark.parametrize("barcode", ["CLN001L1", "CLNU16L1", "CLNU01CU", "CLN", "CLEAN1CU"])
def test_cleaning_cartridges(barcode: str) -> None:
    assert lto.is_cleaning(barcode)


@pytest.mark.parametrize("barcode", ["ABC123L8", "XCLN01L8", "cln001L8", "", "CU"])
def test_other_cartridges(barcode: str) -> None:
    assert not lto.is_cleaning(barcode)


@pytest.mark.parametrize("name", samples("status"))
def test_cleaning_as_the_samples_expect(name: str) -> None:
    expected = samples("status")[name]["expected"]
    for element in expected["drives"] + expected["slots"]:
        assert lto.is_cleaning(element["barcode"] or "") == element["cleaning"]


@pytest.mark.parametrize(
    ("vendor", "product", "generation"),
    [
        ("IBM", "ULT3580-TD8", 8),
        ("IBM", "ULT3580-HH8", 8),
        ("IBM", "ULT3580-TDA", 10),
        ("IBM", "ULTRIUM-HH7", 7),
        ("IBM", "ULTRIUM-TD3", 3),
        ("HP", "Ultrium 5-SCSI", 5),
        ("HPE", "Ultrium 9-SCSI", 9),
        ("HPE", "Ultrium 10-SCSI", 10),
        ("QUANTUM", "ULTRIUM 4", 4),
        ("CERTANCE", "ULTRIUM 2", 2),
        ("SEAGATE", "ULTRIUM06242-XXX", 1),
        ("TANDBERG", "LTO-3 HH", 3),
        ("STK", "T10000B", None),
        ("IBM", "03592E07", None),
        ("", "", None),
    ],
)
def test_what_a_drive_name_tells(vendor: str, product: str, generation: int | None) -> None:
    assert lto.drive_generation(vendor, product) == generation


@pytest.mark.parametrize(
    ("code", "generation"), [(0x40, 1), (0x46, 4), (0x58, 5), (0x5D, 7), (0x5E, 8), (0x60, 9), (0, None)]
)
def test_density_codes(code: int, generation: int | None) -> None:
    assert lto.density_generation(code) == generation


READS = {1: {1}, 2: {1, 2}, 5: {3, 4, 5}, 6: {4, 5, 6}, 7: {5, 6, 7}, 8: {7, 8}, 9: {8, 9}, 10: {10}}
WRITES = {1: {1}, 2: {1, 2}, 5: {4, 5}, 6: {5, 6}, 7: {6, 7}, 8: {7, 8}, 9: {8, 9}, 10: {10}}


@pytest.mark.parametrize("drive", READS)
@pytest.mark.parametrize("cartridge", range(1, 11))
def test_which_cartridge_goes_with_which_drive(drive: int, cartridge: int) -> None:
    assert lto.can_read(drive, cartridge) == (cartridge in READS[drive])
    assert lto.can_write(drive, cartridge) == (cartridge in WRITES[drive])


@pytest.mark.parametrize("drive", range(1, 11))
def test_type_m_goes_with_lto_8_alone(drive: int) -> None:
    assert lto.reads(drive, "ABC123M8") == (drive == 8)
    assert lto.writes(drive, "ABC123M8") == (drive == 8)


def test_lto_8_writes_lto_7_and_lto_7_only_reads_lto_5() -> None:
    assert lto.writes(8, "ABC123L7")
    assert lto.reads(7, "ABC123LV")
    assert not lto.writes(7, "ABC123L5")


@given(st.integers(1, 10), st.text(max_size=12))
def test_the_unknown_is_allowed(drive: int, barcode: str) -> None:
    assert lto.writes(None, barcode)
    if lto.generation(barcode) is None:
        assert lto.reads(drive, barcode)
    if lto.writes(drive, barcode):
        assert lto.reads(drive, barcode)
