"""The fake programs print what the real ones printed: each is held against recordings."""

import asyncio
import re
import subprocess

import pytest

from bamsd.tape import mtx
from bamsd.tape.sg_output import hex_dump_bytes
from tests.fakes.fake_sg import hex_dump
from tests.fakes.tape_library import Changer, Drive, Health
from tests.unit.tape.conftest import Make
from tests.unit.tape.recordings import Recording, recorded


def run_merged(*argv: str) -> tuple[str, int]:
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
    return done.stdout, done.returncode


def modelled_on(name: str, **settings: object) -> Changer:
    """A library with the contents of a recorded status."""
    status = mtx.parse_status(recorded(name).text)
    stations = sum(slot.import_export for slot in status.slots)
    drives = tuple(
        Drive(cartridge=drive.barcode if drive.full else None, source=drive.source_slot or 0) for drive in status.drives
    )
    cartridges = {slot.number: slot.barcode or "" for slot in status.slots if slot.full}
    changer = Changer(drives=drives, slots=len(status.slots) - stations, import_export=stations, cartridges=cartridges)
    return Changer(**{**vars(changer), **settings})


MHVTL = {"tag_width": 36}
TGT = {"tag_width": 32, "blank_tags": True}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("mtx/mhvtl/mtx-status.txt", MHVTL),
        ("mtx/mhvtl/mtx-status-loaded.txt", MHVTL),
        ("mtx/mhvtl/mtx-status-l80.txt", MHVTL),
        ("mtx/tgt/mtx-status.txt", TGT),
        ("mtx/tgt/mtx-status-loaded.txt", TGT),
    ],
)
def test_status_is_printed_as_recorded(make: Make, name: str, settings: dict[str, object]) -> None:
    tapes = make(modelled_on(name, **settings))
    device = tapes.sg("CHG0001")
    recording = recorded(name)
    assert run_merged("mtx", "-f", device, "status") == (
        recording.text.replace(recording.command[2], device),
        recording.code,
    )


def same_text(printed: str, recording: Recording, device: str) -> bool:
    """Equal but for the device and SCSI element addresses, which differ from library to library."""

    def plain(text: str) -> str:
        return re.sub(r"Address \d+( to \d+)?", "Address N", text.replace(device, "DEV"))

    return plain(printed) == plain(recording.text.replace(recording.command[2], device))


@pytest.mark.parametrize(
    "name",
    [
        "tgt/mtx-load.txt",
        "tgt/mtx-load-again.txt",
        "tgt/mtx-load-empty.txt",
        "tgt/mtx-load-range.txt",
        "tgt/mtx-transfer.txt",
        "tgt/mtx-unload-empty.txt",
        "tgt/mtx-inventory.txt",
        "tgt/mtx-status-notchanger.txt",
        "mhvtl/mtx-load-hardware-error.txt",
    ],
)
def test_commands_print_and_exit_as_recorded(make: Make, name: str) -> None:
    loaded = name in ("tgt/mtx-load-again.txt", "tgt/mtx-unload-empty.txt")
    tapes = make(modelled_on("mtx/tgt/mtx-status-loaded.txt" if loaded else "mtx/tgt/mtx-status.txt", **TGT))
    device = tapes.sg("CHG0001", 0 if "notchanger" in name else None)
    if "hardware-error" in name:
        tapes.fail_next("CHG0001", "load", (4, 0x04, 0x03))
    if "unload-empty" in name:  # the recorded slot had been filled again
        tapes.put("CHG0001", 1, "OTHER1L5")
    recording = recorded(f"mtx/{name}")
    words = [device if word == recording.command[2] else word for word in recording.command]
    printed, code = run_merged(*words)
    assert same_text(printed, recording, device), printed
    assert code == recording.code


def test_unload_prints_as_recorded(make: Make) -> None:
    tapes = make(modelled_on("mtx/mhvtl/mtx-status-loaded.txt"))
    recording = recorded("mtx/mhvtl/mtx-unload.txt")
    assert run_merged("mtx", "-f", tapes.sg("CHG0001"), "unload", "1", "0") == (recording.text, 0)
    assert tapes.barcode_in_slot("CHG0001", 1) == "E01001L8"


def test_inquiry_prints_as_recorded(make: Make) -> None:
    tapes = make(Changer())
    assert run_merged("mtx", "-f", tapes.sg("CHG0001"), "inquiry") == (recorded("mtx/mhvtl/mtx-inquiry.txt").text, 0)


def test_a_missing_device_prints_as_recorded(make: Make) -> None:
    make(Changer())
    recording = recorded("mtx/tgt/mtx-status-nodev.txt")
    assert run_merged(*recording.command) == (recording.text, recording.code)


def test_a_guess_can_collide_with_a_true_source(make: Make) -> None:
    drives = (Drive(cartridge="AAA001L8"), Drive(cartridge="AAA002L8", source=2))
    tapes = make(Changer(drives=drives, slots=3, import_export=0, cartridges={1: "AAA003L8"}))
    status = mtx.parse_status(run_merged("mtx", "-f", tapes.sg("CHG0001"), "status")[0])
    assert [drive.source_slot for drive in status.drives] == [2, 2]
    assert status.warnings == ("drives 0 and 1 both claim slot 2 as the source of their cartridge",)


def test_no_free_slot_is_an_unknown_source(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(cartridge="AAA001L8"),), slots=1, import_export=0, cartridges={1: "AAA002L8"}))
    text, _ = run_merged("mtx", "-f", tapes.sg("CHG0001"), "status")
    assert "Full (Unknown Storage Element Loaded)" in text
    assert run_merged("mtx", "-f", tapes.sg("CHG0001"), "unload") == ("No Source for tape in drive 0!\n", 1)


def test_the_hex_dump_is_laid_out_as_recorded() -> None:
    recording = recorded("sg/mhvtl/read-element-dvcid.txt").text
    data = hex_dump_bytes(recording)
    assert recording.endswith(hex_dump(data))
    assert hex_dump_bytes(f"Received 6000 bytes of data:\n{hex_dump(bytes(6000))}") == bytes(6000)


def test_element_status_is_the_recorded_one(make: Make) -> None:
    recording = recorded("sg/mhvtl/read-element-dvcid.txt")
    products = ("ULT3580-TD8", "ULT3580-TD8", "ULT3580-TD6", "ULT3580-TD6")
    drives = tuple(Drive(serial=f"XYZZY_A{n}", product=product) for n, product in enumerate(products, 1))
    tapes = make(Changer(drives=drives))
    printed, code = run_merged("sg_raw", "-r", "4096", tapes.sg("CHG0001"), *recording.command[4:])
    assert code == recording.code
    # mhvtl's elements begin at 500 and it fills absent tags with zero bytes instead of blanks.
    ours, theirs = hex_dump_bytes(printed), hex_dump_bytes(recording.text)
    assert ours[:2] == (256).to_bytes(2)
    for at in range(4):
        start = 16 + 86 * at
        assert ours[start + 2 : start + 12] == theirs[start + 2 : start + 12]
        assert ours[start + 48 : start + 86] == theirs[start + 48 : start + 86]
    assert (len(ours), ours[8:16]) == (len(theirs), theirs[8:16])


@pytest.mark.parametrize(
    "name", ["sg-logs-dtdstatus.txt", "sg-logs-tapealert.txt", "sg-logs-volume-stats.txt", "sg-logs-write-errors.txt"]
)
def test_log_pages_print_as_recorded(make: Make, name: str) -> None:
    tapes = make(Changer(drives=(Drive(health=Health()),)))
    recording = recorded(f"sg/mhvtl/{name}")
    assert run_merged("sg_logs", recording.command[1], tapes.sg("CHG0001", 0)) == (recording.text, 0)


@pytest.mark.parametrize(("program", "name"), [("sg_logs", "sg-logs-list.txt"), ("sg_read_attr", "readattr.txt")])
def test_a_drive_without_log_pages_answers_as_recorded(make: Make, program: str, name: str) -> None:
    tapes = make(Changer(drives=(Drive(vendor="HP", product="Ultrium 5-SCSI", revision="I3AZ"),)))
    recording = recorded(f"sg/tgt/{name}")
    done = subprocess.run([program, tapes.sg("CHG0001", 0)], capture_output=True, text=True, check=False, timeout=60)
    # Recorded through a pipe: standard error came first.
    assert (done.stderr + done.stdout, done.returncode) == (recording.text, recording.code)


def test_the_recorded_attributes_are_those_of_the_loaded_cartridge(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(health=Health(), cartridge="E01001L8"),)))
    recording = recorded("sg/mhvtl/sg-read-attr-written.txt")
    printed, code = run_merged("sg_read_attr", tapes.sg("CHG0001", 0))
    assert (printed.replace("Load count: 0", "Load count: 1"), code) == (recording.text, recording.code)


async def test_two_moves_of_one_robot_follow_each_other(make: Make) -> None:
    tapes = make(Changer())
    device = tapes.sg("CHG0001")
    await asyncio.gather(mtx.load(device, 1, 0, 60), mtx.load(device, 2, 1, 60))
    assert (tapes.barcode_in_drive("CHG0001", 0), tapes.barcode_in_drive("CHG0001", 1)) == ("BAM001L8", "BAM002L8")
