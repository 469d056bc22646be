"""The subcommands of mtx through the runner, against fake libraries."""

import asyncio

import pytest

from bamsd import errors
from bamsd.tape import mtx
from tests.fakes.tape_library import Changer, Drive
from tests.unit.tape.conftest import Make, until

LIB = "CHG0001"


async def test_load_transfer_unload(make: Make) -> None:
    tapes = make()
    device = tapes.sg(LIB)
    await mtx.load(device, 1, 1, 60)
    status = await mtx.status(device)
    assert (status.drives[1].barcode, status.drives[1].source_slot, status.slots[0].full) == ("BAM001L8", 1, False)
    await mtx.unload(device, 21, 1, 60)
    await mtx.transfer(device, 21, 1, 60)
    await mtx.inventory(device, 60)
    assert (tapes.barcode_in_slot(LIB, 1), tapes.barcode_in_drive(LIB, 1)) == ("BAM001L8", None)
    assert tapes.calls("mtx") == [
        ["mtx", "-f", device, *words]
        for words in (["load", "1", "1"], ["status"], ["unload", "21", "1"], ["transfer", "21", "1"], ["inventory"])
    ]


async def test_inquiry_refuses_a_drive(make: Make) -> None:
    tapes = make()
    assert (await mtx.inquiry(tapes.sg(LIB))).product == "L700"
    with pytest.raises(errors.NotSupported, match="is not a medium changer but a Tape Drive"):
        await mtx.inquiry(tapes.sg(LIB, 0))


async def test_a_library_without_barcode_reader(make: Make) -> None:
    tapes = make(Changer(barcode_reader=False, drives=(Drive(cartridge="HIDDEN"),)))
    status = await mtx.status(tapes.sg(LIB))
    assert (status.slots[0].full, status.slots[0].barcode, status.drives[0].barcode) == (True, None, None)


async def test_a_refusal_names_the_library(make: Make) -> None:
    tapes = make()
    with pytest.raises(errors.NotFound, match="Library Archive found no cartridge in slot 15"):
        await mtx.load(tapes.sg(LIB), 15, 0, 60, library="Archive")


async def test_the_diagnosis_stays_with_the_error(make: Make) -> None:
    tapes = make(Changer(needs_offline=True, drives=(Drive(cartridge="AAA001L8"),)))
    with pytest.raises(errors.NotReady, match="has not ejected its tape") as raised:
        await mtx.unload(tapes.sg(LIB), 20, 0, 60)
    failure = mtx.failure_of(raised.value)
    assert failure is not None
    assert (failure.reason, failure.slot, failure.drive) == ("needs_offline", 20, 0)


async def test_a_prevented_removal_is_in_use(make: Make) -> None:
    tapes = make(Changer(drives=(Drive(cartridge="AAA001L8"),)))
    tapes.set_drive(LIB, 0, prevented=True)
    with pytest.raises(errors.InUse, match="keeps the cartridge in drive 0"):
        await mtx.unload(tapes.sg(LIB), 20, 0, 60)


async def test_a_hardware_error_keeps_its_sense(make: Make) -> None:
    tapes = make()
    tapes.fail_next(LIB, "load", (4, 0x04, 0x03))
    with pytest.raises(errors.HardwareFailed, match="04/03") as raised:
        await mtx.load(tapes.sg(LIB), 1, 0, 60)
    assert raised.value.sense == (4, 0x04, 0x03)
    assert tapes.barcode_in_slot(LIB, 1) == "BAM001L8"


async def test_status_is_asked_again_after_unit_attentions(make: Make) -> None:
    """Two attentions make the first status fail; one leaves it without the import/export slots."""
    tapes = make()
    for pending in (1, 2):
        tapes.set(LIB, unit_attentions=pending)
        status = await mtx.status(tapes.sg(LIB))
        assert (len(status.slots), status.declared_import_export) == (23, 3)
    assert len(tapes.calls("mtx")) == 4


async def test_lasting_unit_attentions_are_not_ready(make: Make) -> None:
    tapes = make()
    tapes.set(LIB, unit_attentions=9)
    with pytest.raises(errors.NotReady, match="29/00"):
        await mtx.status(tapes.sg(LIB))


async def test_an_offline_library(make: Make) -> None:
    tapes = make()
    tapes.set(LIB, offline=True)
    with pytest.raises(errors.NotReady, match="is offline"):
        await mtx.status(tapes.sg(LIB))
    with pytest.raises(errors.HardwareFailed, match="inventory"):
        await mtx.inventory(tapes.sg(LIB), 60)


async def test_a_library_that_is_gone(make: Make) -> None:
    tapes = make()
    device = tapes.sg(LIB)
    tapes.unplug(LIB)
    with pytest.raises(errors.NotFound, match="cannot be opened"):
        await mtx.status(device)
    tapes.plug(LIB)
    assert (await mtx.status(device)).declared_slots == 23


async def test_a_device_open_elsewhere_is_busy(make: Make) -> None:
    tapes = make()
    tapes.set(LIB, refuse_open="Device or resource busy")
    with pytest.raises(errors.Busy, match="open for itself"):
        await mtx.status(tapes.sg(LIB))


async def test_a_move_shows_the_cartridge_under_way(make: Make) -> None:
    tapes = make()
    gate = tapes.hold_moves(LIB)
    load = asyncio.create_task(mtx.load(tapes.sg(LIB), 1, 0, 60))
    await until(lambda: tapes.barcode_moving(LIB) == "BAM001L8")
    status = await mtx.status(tapes.sg(LIB))
    assert (status.slots[0].full, status.drives[0].full) == (False, False)
    gate.open()
    await load
    assert tapes.barcode_in_drive(LIB, 0) == "BAM001L8"


async def test_a_slow_move_times_out_but_goes_on(make: Make) -> None:
    tapes = make()
    gate = tapes.hold_moves(LIB)
    with pytest.raises(errors.TimedOut, match="did not finish load within 2 s"):
        await mtx.load(tapes.sg(LIB), 1, 0, 2)
    await until(lambda: tapes.barcode_moving(LIB) == "BAM001L8")
    gate.open()
    await until(lambda: tapes.barcode_in_drive(LIB, 0) == "BAM001L8")


async def test_exit_status_0_without_the_word_done_is_a_failure(make: Make) -> None:
    tapes = make()
    tapes.give_up_next(LIB)
    with pytest.raises(errors.ToolFailed, match=f"mtx failed on library {LIB}"):
        await mtx.load(tapes.sg(LIB), 1, 0, 60, library=LIB)


async def test_a_device_that_looks_like_an_option_is_refused(make: Make) -> None:
    tapes = make()
    with pytest.raises(errors.InvalidArgument, match="must start with a slash"):
        await mtx.status("--version")
    assert tapes.calls() == []


async def test_ten_thousand_slots(make: Make) -> None:
    tapes = make(Changer(slots=10_000, cartridges={n: f"B{n:05}L9" for n in range(1, 10_001)}))
    status = await mtx.status(tapes.sg(LIB))
    assert (len(status.slots), status.slots[9_999].barcode) == (10_003, "B10000L9")
