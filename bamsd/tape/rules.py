"""What a robot may be asked to do. Pure: a fresh reading and a request in, a planned move or a refusal out.

Every rule is checked against a reading that was taken under the library's lock, so a stale view never moves a tape.
"""

from bamsd.errors import InUse, InvalidArgument, NotFound, NotSupported, OutOfSpace
from bamsd.tape import lto
from bamsd.tape.models import ChangerStatus, DriveElement, Slot
from bamsd.tape.views import Move, Place


def slot_of(status: ChangerStatus, library: str, number: int) -> Slot:
    found = next((slot for slot in status.slots if slot.number == number), None)
    if found is None:
        raise NotFound(f"Library {library} has no slot {number}; it has {len(status.slots)} slots.")
    return found


def drive_of(status: ChangerStatus, library: str, index: int) -> DriveElement:
    found = next((drive for drive in status.drives if drive.index == index), None)
    if found is None:
        numbers = ", ".join(str(drive.index) for drive in status.drives) or "none"
        raise NotFound(f"Library {library} has no drive {index}; its drives are: {numbers}.")
    return found


def place_of(slot: Slot) -> Place:
    return Place("import-export" if slot.import_export else "slot", slot.number)


def load(status: ChangerStatus, library: str, slot: int, drive: int, drive_generation: int | None) -> Move:
    """Plan to bring a data cartridge into an empty drive."""
    source, target = _into_drive(status, library, slot, drive)
    barcode = source.barcode or ""
    if lto.is_cleaning(barcode):
        raise InvalidArgument(
            f"{barcode} in slot {slot} of {library} is a cleaning cartridge. Use Clean to clean drive {drive} with it."
        )
    note = _fits(library, drive, drive_generation, barcode)
    return Move("tape-load", library, place_of(source), Place("drive", target.index), barcode, note)


def clean(status: ChangerStatus, library: str, drive: int, slot: int | None) -> Move:
    """Plan to clean a drive, with the cartridge in ``slot`` or with the first cleaning cartridge that fits."""
    drive_of(status, library, drive)
    if slot is None:
        fitting = [s for s in status.slots if s.full and s.barcode and lto.is_cleaning(s.barcode)]
        if not fitting:
            raise NotFound(
                f"Library {library} holds no cleaning cartridge (barcode CLN...). Put one into a slot, then try again."
            )
        slot = fitting[0].number
    source, target = _into_drive(status, library, slot, drive)
    if not source.barcode or not lto.is_cleaning(source.barcode):
        named = source.barcode or "a cartridge without a readable barcode"
        raise InvalidArgument(f"Slot {slot} of {library} holds {named}, which is not known as a cleaning cartridge.")
    return Move("tape-clean", library, place_of(source), Place("drive", target.index), source.barcode)


def unload(status: ChangerStatus, library: str, drive: int, slot: int | None, home: int | None) -> Move:
    """Plan to take the cartridge out of a drive: to ``slot``, else home, else to a free storage slot.

    ``home`` is the slot that BAMS remembers for the cartridge. What the library says of the source is a hint only:
    mtx invents it when the library does not know (it ignores the SVALID bit).
    """
    element = drive_of(status, library, drive)
    if not element.full:
        raise NotFound(f"Drive {drive} of {library} is empty; there is nothing to unload.")
    target = slot_of(status, library, slot) if slot is not None else _free_slot(status, library, element, home)
    if target.full:
        raise InUse(f"Slot {target.number} of {library} holds {_named(target.barcode)}. Choose an empty slot.")
    return Move("tape-unload", library, Place("drive", drive), place_of(target), element.barcode or "")


def transfer(status: ChangerStatus, library: str, source: int, target: int) -> Move:
    if source == target:
        raise InvalidArgument(f"Slot {source} is both source and target of the transfer in {library}.")
    origin, destination = slot_of(status, library, source), slot_of(status, library, target)
    if not origin.full:
        raise NotFound(f"Slot {source} of {library} is empty; there is nothing to transfer.")
    if destination.full:
        raise InUse(f"Slot {target} of {library} holds {_named(destination.barcode)}. Choose an empty slot.")
    return Move("tape-transfer", library, place_of(origin), place_of(destination), origin.barcode or "")


def has_free_slot(status: ChangerStatus) -> bool:
    return any(not slot.full and not slot.import_export for slot in status.slots)


def _into_drive(status: ChangerStatus, library: str, slot: int, drive: int) -> tuple[Slot, DriveElement]:
    source, target = slot_of(status, library, slot), drive_of(status, library, drive)
    if not source.full:
        raise NotFound(f"Slot {slot} of {library} is empty; there is no cartridge to load.")
    if target.full:
        raise InUse(f"Drive {drive} of {library} holds {_named(target.barcode)}. Unload it first.")
    return source, target


def _fits(library: str, drive: int, drive_generation: int | None, barcode: str) -> str:
    """Refuse a cartridge that the drive can neither write nor read; say when it can only read it."""
    cartridge = lto.describe(barcode)
    if not lto.reads(drive_generation, barcode):
        raise NotSupported(
            f"Drive {drive} of {library} is LTO-{drive_generation} and can neither read nor write {barcode}, "
            f"an {cartridge} cartridge."
        )
    if not lto.writes(drive_generation, barcode):
        return f"An LTO-{drive_generation} drive can only read this {cartridge} cartridge."
    return ""


def _free_slot(status: ChangerStatus, library: str, drive: DriveElement, home: int | None) -> Slot:
    by_number = {slot.number: slot for slot in status.slots}
    claims = [d.source_slot for d in status.drives if d.full]
    wanted = [home]
    if drive.source_slot is not None and claims.count(drive.source_slot) == 1:
        wanted.append(drive.source_slot)
    for number in wanted:
        if number in by_number and not by_number[number].full:
            return by_number[number]
    free = next((slot for slot in status.slots if not slot.full and not slot.import_export), None)
    if free is None:
        raise OutOfSpace(
            f"Library {library} has no free slot for the cartridge in drive {drive.index}. "
            "Take a cartridge out, or name an empty import/export slot."
        )
    return free


def _named(barcode: str | None) -> str:
    return f"cartridge {barcode}" if barcode else "a cartridge without a readable barcode"
