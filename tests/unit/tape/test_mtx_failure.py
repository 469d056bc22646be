"""What each failure of mtx means, and what a person gets to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd import errors
from bamsd.tape import mtx
from tests.unit.tape.recordings import recorded, sample, samples

SENSE_KEYS = {"Hardware Error": 4, "Not Ready": 2, "Illegal Request": 5}


@pytest.mark.parametrize("name", samples("error"))
def test_every_error_sample_is_diagnosed_as_expected(name: str) -> None:
    expected = samples("error")[name]["expected"]
    failure = mtx.diagnose("", sample(name))
    assert failure.reason == expected["error"]
    for key, attribute in (
        ("device", "device"),
        ("drive", "drive"),
        ("slot", "slot"),
        ("source_address", "source_address"),
        ("destination_address", "target_address"),
    ):
        if key in expected:
            assert getattr(failure, attribute) == expected[key], key
    if "element_address" in expected:
        assert failure.source_address == expected["element_address"]
    if "sense_key" in expected:
        assert failure.sense == (SENSE_KEYS[expected["sense_key"]], int(expected["asc"], 16), int(expected["ascq"], 16))


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("40_err_drive_full.txt", errors.InUse, ["Drive 0", "L1", "slot 4"]),
        ("41_err_source_empty.txt", errors.NotFound, ["slot 20", "L1"]),
        ("42_err_dest_full_precheck.txt", errors.InUse, ["slot 7", "L1"]),
        ("44_err_drive_empty.txt", errors.NotFound, ["Drive 1", "L1"]),
        ("46_err_cleaning_ejected.txt", errors.HardwareFailed, ["Drive 0", "cleaning cartridge", "30/03"]),
        ("48_err_hardware_0403.txt", errors.HardwareFailed, ["slot 2", "drive 2", "needs a person", "04/03"]),
        ("50_err_becoming_ready.txt", errors.NotReady, ["L1", "becoming ready", "04/01"]),
        ("51_err_permission.txt", errors.ToolFailed, ["/dev/sg2", "group tape"]),
        ("52_err_no_device.txt", errors.NotFound, ["/dev/sg99", "L1"]),
        ("53_err_not_sg.txt", errors.NotSupported, ["/dev/null", "not a medium changer"]),
        ("54_err_asked_a_tape_drive.txt", errors.NotSupported, ["not a medium changer"]),
        ("55_err_bad_slot.txt", errors.InvalidArgument, ["no such slot or drive", "'99'"]),
        ("56_err_bad_drive.txt", errors.InvalidArgument, ["no such slot or drive", "'9'"]),
        ("60_err_incompatible_media.txt", errors.HardwareFailed, ["Drive 0 of library L1 did not accept", "30/00"]),
        ("62_inventory_failed.txt", errors.HardwareFailed, ["L1", "inventory"]),
    ],
)
def test_each_failure_is_a_plain_sentence(name: str, error: type[errors.BamsError], words: list[str]) -> None:
    raised = mtx.classify("", sample(name), library="L1")
    assert type(raised) is error
    for word in words:
        assert word in raised.message
    assert raised.message.endswith(".")
    assert "\n" not in raised.message


def sense_block(key: str, asc: int, ascq: int) -> str:
    return (
        "mtx: Request Sense: Long Report=yes\n"
        f"mtx: Request Sense: Sense Key={key}\n"
        f"mtx: Request Sense: Additional Sense Code = {asc:02X}\n"
        f"mtx: Request Sense: Additional Sense Qualifier = {ascq:02X}\n"
    )


@pytest.mark.parametrize(
    ("key", "asc", "ascq", "error", "words"),
    [
        ("Illegal Request", 0x53, 0x02, errors.InUse, "bacula-sd"),
        ("Not Ready", 0x04, 0x12, errors.NotReady, "offline"),
        ("Not Ready", 0x3B, 0x11, errors.NotReady, "magazine"),
        ("Not Ready", 0x3B, 0x12, errors.NotReady, "magazine"),
        ("Unit Attention", 0x28, 0x00, errors.NotReady, "read the state again"),
        ("Unit Attention", 0x29, 0x00, errors.NotReady, "read the state again"),
        ("Hardware Error", 0x83, 0x11, errors.HardwareFailed, "83/11"),
        ("Hardware Error", 0x44, 0x00, errors.HardwareFailed, "44/00"),
        ("Illegal Request", 0x20, 0x00, errors.NotSupported, "20/00"),
    ],
)
def test_sense_of_a_failed_move(key: str, asc: int, ascq: int, error: type[errors.BamsError], words: str) -> None:
    stderr = sense_block(key, asc, ascq) + "MOVE MEDIUM from Element Address 256 to 4096 Failed\n"
    raised = mtx.classify("Unloading drive 0 into Storage Element 1...", stderr, library="L1")
    assert type(raised) is error
    assert words in raised.message
    assert f"{asc:02X}/{ascq:02X}" in raised.message
    if isinstance(raised, errors.HardwareFailed):
        assert raised.sense is not None
        assert raised.sense[1:] == (asc, ascq)


@pytest.mark.parametrize(
    ("stdout", "stderr", "words"),
    [
        (
            "Loading media from Storage Element 3 into drive 1...",
            "Destination Element Address 257 is Already Full\n",
            "drive 1 is",
        ),
        (
            "Unloading drive 1 into Storage Element 3...",
            "Destination Element Address 4098 is Already Full\n",
            "slot 3 is",
        ),
        ("Unloading drive 1 into Storage Element 3...", "Source Element Address 257 is Empty\n", "in drive 1"),
        ("", "Source Element Address 4096 is Empty\n", "element address 4096"),
        (
            "Unloading drive 1 into Storage Element 3...",
            "Drive needs offline before move\n",
            "Drive 1 of library L1 has not ejected",
        ),
        ("", "No Source for tape in drive 0!\n", "no free slot for the cartridge in drive 0"),
        ("", "Invalid source\n", "no such slot"),
        ("", "something new\n", "something new"),
        ("", "", "gave no reason"),
    ],
)
def test_the_sentence_names_the_right_place(stdout: str, stderr: str, words: str) -> None:
    assert words in mtx.classify(stdout, stderr, library="L1").message


def test_the_last_sense_block_counts() -> None:
    """mtx gets over a refused mode page and goes on; what failed in the end is what matters."""
    text = (
        sense_block("Illegal Request", 0x24, 0x00)
        + "Mode sense (0x1A) for Page 0x1D failed\n"
        + sense_block("Not Ready", 0x04, 0x12)
    )
    assert mtx.diagnose("", text + "READ ELEMENT STATUS Command Failed\n").reason == "library_offline"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tgt/mtx-load-again.txt", "drive_full"),
        ("tgt/mtx-load-empty.txt", "source_empty"),
        ("tgt/mtx-load-range.txt", "bad_argument"),
        ("tgt/mtx-status-nodev.txt", "no_device"),
        ("tgt/mtx-status-notchanger.txt", "not_a_changer"),
        ("tgt/mtx-unload-empty.txt", "destination_full"),
        ("mhvtl/mtx-load-hardware-error.txt", "move_failed"),
        ("mhvtl/mtx-altres.txt", "unknown"),
    ],
)
def test_recorded_failures(name: str, reason: str) -> None:
    assert mtx.diagnose("", recorded(f"mtx/{name}").text).reason == reason


@given(st.text(max_size=400), st.text(max_size=400))
def test_hostile_text_always_gives_a_clean_sentence(stdout: str, stderr: str) -> None:
    message = mtx.classify(stdout, stderr, library="L1").message
    assert message.isprintable()
    assert message.isascii()
