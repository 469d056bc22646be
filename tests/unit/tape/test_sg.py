"""Questions to libraries and drives through the runner, against fake ones."""

from typing import Literal

import pytest

from bamsd import errors
from bamsd.tape import sg
from tests.fakes.tape_library import Changer, Drive, Health
from tests.unit.tape.conftest import Make, until

LIB = "CHG0001"
DVCID = ["b8", "14", "00", "00", "00", "ff", "01", "00", "10", "00", "00", "00"]
Dvcid = Literal["both", "alone", "none", "ignored"]


@pytest.mark.parametrize(("dvcid", "asked"), [("both", ["14"]), ("alone", ["14", "04"])])
async def test_drive_identities(make: Make, dvcid: Dvcid, asked: list[str]) -> None:
    tapes = make(Changer(dvcid=dvcid, drives=(Drive(cartridge="AAA001L8", source=4), Drive(product="ULT3580-HH7"))))
    found = await sg.drive_identities(tapes.sg(LIB))
    assert [(d.element_address, d.product, d.serial) for d in found.drives] == [
        (256, "ULT3580-TD8", f"{LIB}D0"),
        (257, "ULT3580-HH7", f"{LIB}D1"),
    ]
    assert (found.drives[0].full, found.drives[0].source_address, found.reason) == (True, 4096 + 3, "")
    assert [argv[5] for argv in tapes.calls("sg_raw")] == asked


async def test_the_command_line_is_the_one_that_was_recorded(make: Make) -> None:
    tapes = make()
    await sg.drive_identities(tapes.sg(LIB))
    assert tapes.calls() == [
        ["sg_raw", "-r", "4096", tapes.sg(LIB), *DVCID],
    ]


@pytest.mark.parametrize(
    ("dvcid", "reason"), [("none", "does not support this form"), ("ignored", "does not tell the serial numbers")]
)
async def test_a_library_that_does_not_tell_says_why(make: Make, dvcid: Dvcid, reason: str) -> None:
    tapes = make(Changer(dvcid=dvcid))
    found = await sg.drive_identities(tapes.sg(LIB))
    assert found.drives == ()
    assert reason in found.reason


async def test_a_library_that_is_gone_gives_a_reason_too(make: Make) -> None:
    tapes = make()
    device = tapes.sg(LIB)
    tapes.unplug(LIB)
    found = await sg.drive_identities(device)
    assert found.drives == ()
    assert found.reason


async def test_many_drives_need_a_second_question(make: Make) -> None:
    tapes = make(Changer(drives=tuple(Drive(serial=f"SER{n:07}") for n in range(60))))
    found = await sg.drive_identities(tapes.sg(LIB))
    assert [drive.serial for drive in found.drives] == [f"SER{n:07}" for n in range(60)]


async def test_readiness(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(cartridge="AAA001L8"), Drive())))
    ready, empty = [await sg.test_unit_ready(tapes.sg(LIB, drive)) for drive in (0, 1)]
    assert (ready.ready, ready.medium_present) == (True, True)
    assert (empty.ready, empty.medium_present, empty.sense) == (False, False, (2, 0x3A, 0x00))
    assert "no cartridge" in empty.reason


async def test_readiness_is_asked_again_after_a_unit_attention(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(cartridge="AAA001L8"),)))
    tapes.fail_next(LIB, "test_unit_ready", (6, 0x29, 0x00))
    assert (await sg.test_unit_ready(tapes.sg(LIB, 0))).ready


async def test_a_cleaning_ends_when_the_drive_ejects(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(health=Health(alerts=(20,))),), cartridges={1: "CLN001L1"}, cleaning_polls=2))
    tapes.load(LIB, 1, 0)
    tapes.set_drive(LIB, 0, cleaning_polls=2)
    device = tapes.sg(LIB, 0)
    answers = [(await sg.test_unit_ready(device)).medium_present for _ in range(3)]
    assert answers == [None, None, False]
    assert (await sg.drive_health(device)).alerts == ()


async def test_unload_medium_ejects_and_an_empty_drive_is_left_alone(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(cartridge="AAA001L8"), Drive())))
    for drive in (0, 1):
        await sg.unload_medium(tapes.sg(LIB, drive))
    assert tapes.changer(LIB)["drives"][0]["ejected"]
    assert all("nst" not in word for argv in tapes.calls() for word in argv)


async def test_a_prevented_eject_is_in_use(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(cartridge="AAA001L8"),)))
    tapes.set_drive(LIB, 0, prevented=True)
    with pytest.raises(errors.InUse, match="53/02"):
        await sg.unload_medium(tapes.sg(LIB, 0))


async def test_a_failed_eject_keeps_its_sense(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(cartridge="AAA001L8"),)))
    tapes.fail_next(LIB, "unload_medium", (4, 0x04, 0x03))
    with pytest.raises(errors.HardwareFailed, match="did not eject its tape") as raised:
        await sg.unload_medium(tapes.sg(LIB, 0))
    assert raised.value.sense == (4, 0x04, 0x03)


async def test_a_slow_eject_times_out_but_goes_on(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(cartridge="AAA001L8"),)))
    gate = tapes.hang_next(LIB, "unload_medium")
    with pytest.raises(errors.TimedOut, match="goes on by itself"):
        await sg.unload_medium(tapes.sg(LIB, 0), 2)
    assert not tapes.changer(LIB)["drives"][0]["ejected"]
    gate.open()
    await until(lambda: tapes.changer(LIB)["drives"][0]["ejected"])


async def test_health(make: Make) -> None:
    health = Health(alerts=(20, 3), temperature=41, write_errors=2, read_errors=5)
    tapes = make(Changer(drives=(Drive(health=health, cartridge="AAA001L8"),)))
    found = await sg.drive_health(tapes.sg(LIB, 0))
    assert found.reports_anything
    assert [flag.number for flag in found.alerts or ()] == [3, 20]
    assert (found.temperature_celsius, found.power_on_hours, found.motion_hours) == (41, 8765, 2100)
    assert found.write_errors is not None
    assert found.read_errors is not None
    assert (found.write_errors.uncorrected, found.read_errors.uncorrected) == (2, 5)
    assert (found.activity, found.cleaning_required, found.medium_present) == ("No DT device activity", True, True)
    assert found.volume_statistics is not None
    assert found.page_errors is None


async def test_only_listed_pages_are_asked(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(health=Health(pages=(0x2E,))),)))
    found = await sg.drive_health(tapes.sg(LIB, 0))
    assert (found.alerts, found.temperature_celsius, found.write_errors, found.activity) == ((), None, None, None)
    device = tapes.sg(LIB, 0)
    assert tapes.calls() == [["sg_logs", device], ["sg_logs", "--page=0x2e", device]]


async def test_a_drive_that_reports_nothing_says_so(make: Make) -> None:
    tapes = make()
    found = await sg.drive_health(tapes.sg(LIB, 0))
    assert (found.supported_pages, found.reports_anything, found.alerts) == ((), False, None)
    assert await sg.cartridge_memory(tapes.sg(LIB, 0)) is None


async def test_a_drive_that_is_gone_cannot_be_asked(make: Make) -> None:
    tapes = make()
    device = tapes.sg(LIB, 0)
    tapes.unplug(LIB)
    for question in (sg.drive_health, sg.cartridge_memory, sg.test_unit_ready, sg.unload_medium):
        with pytest.raises(errors.NotFound, match="is gone"):
            await question(device)


async def test_cartridge_memory(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(health=Health(), cartridge="AAA001L8"), Drive(health=Health()))))
    memory = await sg.cartridge_memory(tapes.sg(LIB, 0))
    assert memory is not None
    assert (memory.barcode, memory.maximum_mib) == ("AAA001L8", 500)
    assert await sg.cartridge_memory(tapes.sg(LIB, 1)) is None


async def test_a_page_that_hangs_or_fails_costs_only_itself(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(health=Health(pages=(0x02, 0x0D, 0x2E), alerts=(21,))),)))
    gate = tapes.hang_next(LIB, "sg_logs-0d")
    tapes.fail_next(LIB, "sg_logs-02", (4, 0x44, 0x00))
    found = await sg.drive_health(tapes.sg(LIB, 0), 3)
    gate.open()
    assert [flag.number for flag in found.alerts or ()] == [21]
    assert (found.temperature_celsius, found.write_errors) == (None, None)
    assert found.page_errors is not None
    assert sorted(found.page_errors) == [0x02, 0x0D]


async def test_log_pages_that_hang_altogether_time_out(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(health=Health()),)))
    gate = tapes.hang_next(LIB, "sg_logs")
    with pytest.raises(errors.TimedOut):
        await sg.drive_health(tapes.sg(LIB, 0), 2)
    gate.open()
