from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.errors import BamsError, InUse, InvalidArgument, NotFound, NotSupported, OutOfSpace
from bamsd.tape import rules
from bamsd.tape.models import ChangerStatus, DriveElement, Slot
from bamsd.tape.views import Move, Place


def reading(
    slots: list[str | None], drives: list[str | None], *, import_export: int = 0, sources: tuple[int, ...] = ()
) -> ChangerStatus:
    """A library whose slots and drives hold these barcodes; None is empty, "" is full without a barcode."""
    first_import_export = len(slots) - import_export + 1
    return ChangerStatus(
        "/dev/sg0", len(drives), len(slots), import_export,
        tuple(
            DriveElement(n, b is not None, sources[n] if n < len(sources) and b is not None else None, b or None, None)
            for n, b in enumerate(drives)
        ),
        tuple(Slot(n, n >= first_import_export, b is not None, b or None, None) for n, b in enumerate(slots, 1)),
        (),
    )  # fmt: skip


STATUS = reading(["A00001L8", None, "CLN001L8", "A00004L5", "A00005L6", ""], [None, "A00009L8"], import_export=1)


def test_load_plans_the_move() -> None:
    move = rules.load(STATUS, "lib", 1, 0, 8)
    assert (move.source, move.target, move.barcode) == (Place("slot", 1), Place("drive", 0), "A00001L8")
    assert move.summary == "Move cartridge A00001L8 from slot 1 to drive 0 of lib."


@pytest.mark.parametrize(
    ("slot", "drive", "generation", "error", "words"),
    [
        (2, 0, 8, NotFound, "Slot 2 of lib is empty"),
        (99, 0, 8, NotFound, "no slot 99; it has 6 slots"),
        (1, 7, 8, NotFound, "no drive 7; its drives are: 0, 1"),
        (1, 1, 8, InUse, "Drive 1 of lib holds cartridge A00009L8. Unload it first"),
        (3, 0, 8, InvalidArgument, "CLN001L8 .* cleaning cartridge. Use Clean"),
        (4, 0, 8, NotSupported, "LTO-8 and can neither read nor write A00004L5, an LTO-5 cartridge"),
        (1, 0, 7, NotSupported, "LTO-7 and can neither"),
    ],
)
def test_load_refuses(slot: int, drive: int, generation: int, error: type[BamsError], words: str) -> None:
    with pytest.raises(error, match=words):
        rules.load(STATUS, "lib", slot, drive, generation)


def test_a_cartridge_that_can_only_be_read_is_loaded_and_said_so() -> None:
    assert "can only read" in rules.load(STATUS, "lib", 4, 0, 7).note
    assert rules.load(STATUS, "lib", 5, 0, 7).note == ""


def test_a_cartridge_or_drive_of_unknown_generation_is_loaded() -> None:
    assert rules.load(STATUS, "lib", 6, 0, 8).barcode == ""
    assert rules.load(STATUS, "lib", 4, 0, None).note == ""


def test_clean_takes_the_first_cleaning_cartridge_and_no_data_cartridge() -> None:
    assert rules.clean(STATUS, "lib", 0, None).source == Place("slot", 3)
    with pytest.raises(InvalidArgument, match="A00001L8, which is not known as a cleaning"):
        rules.clean(STATUS, "lib", 0, 1)
    with pytest.raises(InUse):
        rules.clean(STATUS, "lib", 1, None)
    with pytest.raises(NotFound, match="no cleaning cartridge"):
        rules.clean(reading(["A00001L8"], [None]), "lib", 0, None)


def test_unload_goes_home_first() -> None:
    status = reading([None, None, None], ["A", None], sources=(2,))
    assert rules.unload(status, "lib", 0, None, home=3).target == Place("slot", 3)
    assert rules.unload(status, "lib", 0, 1, home=3).target == Place("slot", 1)


def test_unload_trusts_the_hint_only_when_one_drive_claims_it() -> None:
    assert rules.unload(reading([None, None, None], ["A", None], sources=(3,)), "lib", 0, None, None).target.number == 3
    both = reading([None, None, None], ["A", "B"], sources=(3, 3))
    assert rules.unload(both, "lib", 0, None, None).target.number == 1


def test_unload_finds_a_free_slot_when_home_is_taken() -> None:
    status = reading(["X", None, None], ["A"], import_export=1, sources=(1,))
    assert rules.unload(status, "lib", 0, None, home=1).target == Place("slot", 2)


def test_unload_never_chooses_an_import_export_slot_by_itself() -> None:
    status = reading(["X", "Y", None], ["A"], import_export=1)
    with pytest.raises(OutOfSpace, match="no free slot"):
        rules.unload(status, "lib", 0, None, None)
    assert rules.unload(status, "lib", 0, 3, None).target == Place("import-export", 3)


def test_unload_refuses() -> None:
    with pytest.raises(NotFound, match="Drive 0 of lib is empty"):
        rules.unload(STATUS, "lib", 0, None, None)
    with pytest.raises(InUse, match="Slot 1 of lib holds cartridge A00001L8"):
        rules.unload(STATUS, "lib", 1, 1, None)
    with pytest.raises(NotFound, match="no slot 50"):
        rules.unload(STATUS, "lib", 1, 50, None)


def test_transfer() -> None:
    assert rules.transfer(STATUS, "lib", 1, 2).target == Place("slot", 2)
    for source, target, error in ((2, 1, NotFound), (1, 3, InUse), (1, 1, InvalidArgument), (1, 60, NotFound)):
        with pytest.raises(error):
            rules.transfer(STATUS, "lib", source, target)


BARCODES = st.none() | st.just("") | st.from_regex(r"\A(CLN|[A-Z]{3})[0-9]{3}L[5-9]\Z")


@given(st.lists(BARCODES, max_size=6), st.lists(BARCODES, max_size=3), st.data())
def test_no_plan_ever_leads_into_a_full_place_or_out_of_an_empty_one(
    slots: list[str | None], drives: list[str | None], data: st.DataObject
) -> None:
    status = reading(slots, drives, import_export=min(1, len(slots)))
    number = st.integers(0, 8)
    one, other, drive = data.draw(number), data.draw(number), data.draw(number)
    plans: tuple[Callable[[], Move], ...] = (
        lambda: rules.load(status, "lib", one, drive, 8),
        lambda: rules.unload(status, "lib", drive, data.draw(st.none() | number), data.draw(st.none() | number)),
        lambda: rules.transfer(status, "lib", one, other),
        lambda: rules.clean(status, "lib", drive, data.draw(st.none() | number)),
    )
    full = {Place("drive", d.index) for d in status.drives if d.full}
    full |= {rules.place_of(s) for s in status.slots if s.full}
    everywhere = {Place("drive", d.index) for d in status.drives} | {rules.place_of(s) for s in status.slots}
    for plan in plans:
        try:
            move = plan()
        except BamsError:
            continue
        assert move.source in full
        assert move.target in everywhere - full
