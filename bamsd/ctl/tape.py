"""bamsctl tape: libraries, drives, slots, cartridges."""

from argparse import Namespace
from typing import Any

from bamsd.ctl.command import Argument, Call, Command, flag
from bamsd.ctl.output import record_of
from bamsd.ctl.session import Session
from bamsd.ctl.table import Column, number, plain, state, time
from bamsd.errors import NotFound

TAPE = "/org/bams/Tape"
IFACE = "org.bams.Tape"
LIBRARY, DRIVE = "org.bams.Tape.Library", "org.bams.Tape.Drive"
PAGE = 500

LIBRARIES = (
    Column("name", "LIBRARY"),
    Column("vendor", "VENDOR"),
    Column("product", "PRODUCT"),
    number("drive_count", "DRIVES"),
    number("slot_count", "SLOTS"),
    number("full_count", "FULL"),
    Column("last_inventory", "LAST READ", time),
    state(),
    Column("error", "PROBLEM"),
)
DRIVES = (
    Column("library", "LIBRARY"),
    number("index", "DRIVE"),
    Column("serial", "SERIAL"),
    Column("device", "DEVICE"),
    state(),
    Column("barcode", "BARCODE"),
    number("source_slot", "FROM"),
    Column("held_by", "HELD BY"),
    Column("needs_cleaning", "CLEAN?"),
)
SLOT_KEYS = ("number", "state", "import_export", "barcode", "kind", "generation")
SLOTS = (
    number("number", "SLOT"),
    state(),
    Column("barcode", "BARCODE"),
    Column("kind", "KIND"),
    number("generation", "LTO"),
    Column("import_export", "IMPORT/EXPORT"),
)
CARTRIDGES = (
    Column("barcode", "BARCODE"),
    Column("kind", "KIND"),
    Column("library", "LIBRARY"),
    Column("place", "PLACE"),
    number("number", "NUMBER"),
    number("loads", "LOADS"),
    Column("last_seen", "LAST SEEN", time),
)
MOVES = (
    Column("time_us", "TIME", time),
    Column("library", "LIBRARY"),
    Column("from_kind", "FROM"),
    number("from_number", "NUMBER"),
    Column("to_kind", "TO"),
    number("to_number", "NUMBER"),
    Column("cause", "CAUSE"),
    Column("person", "PERSON"),
)

LIB = Argument("library", "serial number or alias of the library", names="library")
DRIVE_NUMBER = Argument("drive", "number of the drive, from 0", names="drive", value=int)
RELEASE = flag("--release", "when Bacula has the drive open, let it give the drive back first", option="release")


async def status(session: Session, given: Namespace) -> None:
    libraries = [record_of(path, p) for path, p in (await session.client.objects(LIBRARY)).items()]
    drives = [record_of(path, p) for path, p in (await session.client.objects(DRIVE)).items()]
    await session.say_incomplete("tape")
    if given.library:
        libraries = [one_library(libraries, given.library)]
    serials = {library["serial"] for library in libraries}
    drives = sorted((d for d in drives if d["library"] in serials), key=lambda d: (d["library"], d["index"]))
    if session.output.as_json:
        session.output.document({"libraries": libraries, "drives": drives})
    elif libraries:
        session.output.table(libraries, LIBRARIES)
        session.output.line()
        session.output.table(drives, DRIVES)
    else:
        session.output.say("There is no tape library.")


def one_library(libraries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for library in libraries:
        if name in (library["name"], library["serial"]):
            return library
    raise NotFound(f"There is no tape library {name!r}. See: bamsctl tape status")


async def slots(session: Session, given: Namespace) -> None:
    rows: list[dict[str, Any]] = []
    first = 1
    while True:
        options = {"first": first, "count": PAGE} | ({"filter": given.filter} if given.filter else {})
        page = await session.client.call(TAPE, f"{IFACE}.ListSlots", "sa{sv}", given.library, options)
        rows += [dict(zip(SLOT_KEYS, slot, strict=True)) for slot in page]
        if len(page) < PAGE:
            break
        first = page[-1][0] + 1
    shown = [row for row in rows if not given.full or row["state"] == "full"]
    session.output.rows(shown, SLOTS, "No slot is like that.")


async def drive(session: Session, given: Namespace) -> None:
    libraries = [record_of(path, p) for path, p in (await session.client.objects(LIBRARY)).items()]
    serial = one_library(libraries, given.library)["serial"]
    for path, found in (await session.client.objects(DRIVE)).items():
        if (found["Library"], found["Index"]) == (serial, given.drive):
            record = record_of(path, found)
            break
    else:
        raise NotFound(f"The library {given.library} has no drive {given.drive}.")
    if session.output.as_json:
        session.output.document(record)
        return
    nested = {key: record.pop(key) for key in ("health", "cartridge")}
    session.output.facts([(key.replace("_", " "), plain(value)) for key, value in record.items() if key != "path"])
    for title, values in nested.items():
        if values:
            session.output.line()
            session.output.title(title)
            session.output.facts([(key.replace("_", " "), plain(value)) for key, value in values.items()])


async def cartridges(session: Session, given: Namespace) -> None:
    asked = {"library": given.library, "filter": given.filter}
    options: dict[str, Any] = {key: value for key, value in asked.items() if value}
    rows = await session.pages(TAPE, f"{IFACE}.ListCartridges", options, given.limit)
    session.output.rows(rows, CARTRIDGES, "No cartridge is known.")


async def cartridge(session: Session, given: Namespace) -> None:
    record = await session.client.call(TAPE, f"{IFACE}.GetCartridge", "s", given.barcode)
    if session.output.as_json:
        session.output.document(record)
        return
    moves = record.pop("moves", [])
    times = {"first_seen": time, "last_seen": time}
    session.output.facts([(key.replace("_", " "), times.get(key, plain)(value)) for key, value in record.items()])
    if moves:
        session.output.line()
        session.output.table(moves, MOVES)


def _move(word: str, help: str, member: str, signature: str, *more: Argument) -> Command:
    return Command(("tape", word), help, (LIB, *more), call=Call(TAPE, f"{IFACE}.{member}", signature))


COMMANDS = (
    Command(
        ("tape", "status"),
        "show libraries and drives",
        (Argument("library", "only this library", names="library", optional=True),),
        status,
        shape="tape_status",
        default=True,
    ),
    Command(
        ("tape", "slots"),
        "show the slots of a library as they were last seen",
        (
            LIB,
            Argument("--filter", "only barcodes that have this text", metavar="TEXT"),
            flag("--full", "only full ones"),
        ),
        slots,
        shape="slots",
    ),
    Command(
        ("tape", "drive"),
        "show one drive, its health and the cartridge in it",
        (LIB, DRIVE_NUMBER),
        drive,
        shape="drive",
    ),
    _move(
        "load",
        "load a cartridge into a drive",
        "Load",
        "suu",
        Argument("slot", "the slot to take it from", names="slot", value=int),
        DRIVE_NUMBER,
        RELEASE,
    ),
    _move(
        "unload",
        "put the cartridge in a drive back",
        "Unload",
        "su",
        DRIVE_NUMBER,
        Argument("--slot", "where to; else where it came from", option="slot", value=int, metavar="SLOT"),
        RELEASE,
    ),
    _move(
        "transfer",
        "move a cartridge from one slot to another",
        "Transfer",
        "suu",
        Argument("from", "the slot to take it from", names="slot", value=int),
        Argument("to", "the slot to put it into", value=int),
    ),
    _move("inventory", "let the library read all its barcodes, which may take half an hour", "Inventory", "s"),
    _move(
        "clean",
        "clean a drive with a cleaning cartridge",
        "Clean",
        "su",
        DRIVE_NUMBER,
        Argument("--slot", "of the cleaning cartridge; else the first found", option="slot", value=int, metavar="SLOT"),
        RELEASE,
    ),
    Command(
        ("tape", "cartridges"),
        "show every cartridge that was ever seen",
        (
            Argument("--library", "only those in this library", names="library", metavar="LIBRARY"),
            Argument("--filter", "only barcodes that have this text", metavar="TEXT"),
            Argument("--limit", "how many at most (all)", value=int, metavar="N"),
        ),
        cartridges,
        shape="cartridges",
    ),
    Command(
        ("tape", "cartridge"),
        "show one cartridge and its last moves",
        (Argument("barcode", "the whole barcode", names="cartridge"),),
        cartridge,
        shape="cartridge",
    ),
    Command(
        ("tape", "refresh"),
        "look for libraries and read their state again, without moving anything",
        (),
        call=Call(TAPE, f"{IFACE}.Refresh", "", job=False),
    ),
)
