"""A fake mtx 1.3.12: same grammar, texts, streams and exit status as the recordings in tests/recordings/mtx."""

import os
import sys
from typing import NoReturn

from tests.fakes.tape_robot import (
    Json,
    SenseError,
    check_offline,
    find_device,
    locked,
    log_call,
    move,
    state_path,
    take_failure,
    wait_for_file,
)

SENSE_KEYS = {2: "Not Ready", 3: "Medium Error", 4: "Hardware Error", 5: "Illegal Request", 6: "Unit Attention"}
USAGE = "Usage:\n\tmtx --version\n\tmtx [ -f <loader-dev> ] noattach <more commands>\n"
ARGUMENTS = {"load": 2, "unload": 2, "transfer": 2}


def fatal(text: str) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.write(text + "\n")
    sys.exit(1)


def print_sense(sense: SenseError) -> None:
    lines = [
        "Long Report=yes",
        f"Valid Residual={'yes' if sense.residual else 'no'}",
        "Error Code=70 (Current)",
        f"Sense Key={SENSE_KEYS[sense.key]}",
        "FileMark=no",
        "EOM=no",
        "ILI=no",
        *(["Residual = 00 00 00 00"] if sense.residual else []),
        f"Additional Sense Code = {sense.asc:02X}",
        f"Additional Sense Qualifier = {sense.ascq:02X}",
        "BPV=no",
        "Error in CDB=no",
        "SKSV=no",
    ]
    sys.stdout.flush()
    sys.stderr.write("".join(f"mtx: Request Sense: {line}\n" for line in lines))


def number(argv: list[str]) -> int:
    """mtx takes an argument that begins with a digit, else it is the next command."""
    return int(argv.pop(0)) if argv and argv[0][:1].isdigit() else -1


class Mtx:
    """One run of mtx, which may hold several commands."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.device = ""
        self.tags = True
        self.failed = False

    def open(self, device: str) -> None:
        if not os.path.lexists(device):
            fatal(f"cannot open SCSI device '{device}' - No such file or directory")
        with locked(self.path) as state:
            changer, _ = find_device(state, device)
            if changer is not None and changer["refuse_open"]:
                fatal(f"cannot open SCSI device '{device}' - {changer['refuse_open']}")
        if changer is None:
            fatal(f"{device} is not an sg device, or old sg driver")
        self.device = device
        # Held to the end, as the real program does: others see who uses the robot.
        self.held = os.open(device, os.O_RDONLY)

    def run(self, argv: list[str]) -> None:
        while argv:
            word = argv.pop(0)
            if word == "-f":
                self.open(argv.pop(0))
            elif word == "--version":
                fatal(f"mtx version 1.3.12\n\n{USAGE}")
            elif word == "nobarcode":
                self.tags = False
            elif word in ("noattach", "invert"):
                continue
            elif word in ("inquiry", "inventory", "status", "eject"):
                getattr(self, word)()
            elif word in ARGUMENTS:
                first = number(argv)
                getattr(self, word)(first, number(argv) if first >= 0 else -1)
            else:
                fatal(USAGE)

    def changer(self, command: str) -> Json:
        """The library as READ ELEMENT STATUS shows it; refusals end the program."""
        with locked(self.path) as state:
            changer, drive = find_device(state, self.device)
            if changer is None:
                fatal(f"cannot open SCSI device '{self.device}' - No such device or address")
            if drive is not None:
                print_sense(SenseError(5, 0x20, 0x00))
                fatal("READ ELEMENT STATUS Command Failed")
            failure = take_failure(changer, "status") if command == "status" else None
            if failure and "sense" in failure:
                print_sense(SenseError.scripted(failure))
                fatal("READ ELEMENT STATUS Command Failed")
            self.attention(changer)
        if failure and failure.get("hang"):
            wait_for_file(failure["hang"], self.path)
        return changer

    def attention(self, changer: Json) -> None:
        """A pending unit attention meets the MODE SENSE first, the next one the READ ELEMENT STATUS."""
        changer["mode_page"] = True
        for words in ("Mode sense (0x1A) for Page 0x1D failed", "READ ELEMENT STATUS Command Failed"):
            try:
                if changer["unit_attentions"]:
                    changer["unit_attentions"] -= 1
                    raise SenseError(6, 0x29, 0x00)
                check_offline(changer)
            except SenseError as sense:
                print_sense(sense)
                sys.stderr.write(words + "\n")
                changer["mode_page"] = False
                if words.startswith("READ"):
                    self.failed = True
                    return
        self.failed = False

    def readable(self, command: str) -> Json:
        changer = self.changer(command)
        if self.failed:
            sys.stdout.flush()
            sys.exit(1)
        return changer

    def status(self) -> None:
        changer = self.readable("status")
        sources = guess_sources(changer)
        slots = [slot for slot in changer["slots"] if changer["mode_page"] or not slot["ie"]]
        stations = sum(slot["ie"] for slot in slots)
        drives = [drive for drive in changer["drives"] if drive["installed"]]
        out = [
            f"  Storage Changer {self.device}:{len(drives)} Drives, {len(slots)} Slots ( {stations} Import/Export )\n"
        ]
        for index, drive in enumerate(drives):
            out.append(f"Data Transfer Element {index}:{self.drive_state(changer, drive, sources[index])}\n")
        for at, slot in enumerate(slots, 1):
            station = " IMPORT/EXPORT" if slot["ie"] else ""
            out.append(f"      Storage Element {at}{station}:{self.slot_state(changer, slot)}\n")
        sys.stdout.write("".join(out))

    def drive_state(self, changer: Json, drive: Json, source: int) -> str:
        cartridge = drive["cartridge"]
        if cartridge is None:
            return "Empty"
        origin = f"Storage Element {source} Loaded" if source > 0 else "Unknown Storage Element Loaded"
        return f"Full ({origin})" + self.tag(changer, cartridge, " = ")

    def slot_state(self, changer: Json, slot: Json) -> str:
        cartridge = slot["cartridge"]
        if cartridge is None:
            blank = changer["blank_tags"] and changer["barcode_reader"] and self.tags
            return "Empty" + (f":VolumeTag={'':{changer['tag_width']}}" if blank else "")
        return "Full " + self.tag(changer, cartridge, "=")

    def tag(self, changer: Json, cartridge: Json, equals: str) -> str:
        if not (changer["barcode_reader"] and self.tags):
            return ""
        text = f":VolumeTag{equals}{cartridge['barcode']:{changer['tag_width']}}" if cartridge["barcode"] else ""
        alternate = cartridge.get("alternate")
        return text + (f":AlternateVolumeTag{equals}{alternate}" if alternate else "")

    def inquiry(self) -> None:
        with locked(self.path) as state:
            changer, drive = find_device(state, self.device)
        about = drive or changer or {}
        kind = "Tape Drive" if drive else "Medium Changer"
        sys.stdout.write(
            f"Product Type: {kind}\nVendor ID: '{about['vendor']:8}'\nProduct ID: '{about['product']:16}'\n"
            f"Revision: '{about['revision']:4}'\nAttached Changer API: No\n"
        )

    def inventory(self) -> None:
        with locked(self.path) as state:
            changer, _ = find_device(state, self.device)
            failure = take_failure(changer, "inventory") if changer else None
            bad = changer is None or changer["offline"] or bool(failure and "sense" in failure)
        if failure and failure.get("hang"):
            wait_for_file(failure["hang"], self.path)
        if bad:
            fatal("mtx:inventory failed")

    def eject(self) -> None:
        """Leaves with 0 although it failed, as mtx does."""
        sys.stderr.write("mtx:eject failed\n")

    def load(self, slot: int, drive: int) -> None:
        if slot < 1:
            fatal("No source specified")
        changer = self.readable("load")
        drives = [d for d in changer["drives"] if d["installed"]]
        drive = max(drive, 0)
        if slot > len(changer["slots"]):
            fatal(f"Invalid <storage-element-number> argument '{slot}' to 'load' command")
        if drive >= len(drives):
            fatal(f"illegal <drive-number> argument '{drive}' to 'load' command")
        if drives[drive]["cartridge"] is not None:
            fatal(f"Drive {drive} Full (Storage Element {guess_sources(changer)[drive]} loaded)")
        sys.stdout.write(f"Loading media from Storage Element {slot} into drive {drive}...")
        self.move(changer, "load", changer["slots"][slot - 1]["address"], drives[drive]["address"])
        sys.stdout.write("done\n")

    def unload(self, slot: int, drive: int) -> None:
        changer = self.readable("unload")
        drives = [d for d in changer["drives"] if d["installed"]]
        drive = max(drive, 0)
        if slot < 0 and drive < len(drives):
            slot = guess_sources(changer)[drive]
            if slot < 1:
                fatal(f"No Source for tape in drive {drive}!")
        if slot > len(changer["slots"]):
            fatal(f"illegal <storage-element-number> argument '{slot}' to 'unload' command")
        if drive >= len(drives):
            fatal(f"illegal <drive-number> argument '{drive}' to 'unload' command")
        if drives[drive]["cartridge"] is None:
            fatal(f"Data Transfer Element {drive} is Empty")
        if changer["slots"][slot - 1]["cartridge"] is not None:
            fatal(f"Storage Element {slot} is Already Full")
        sys.stdout.write(f"Unloading drive {drive} into Storage Element {slot}...")
        self.move(changer, "unload", drives[drive]["address"], changer["slots"][slot - 1]["address"])
        sys.stdout.write("done\n")

    def transfer(self, source: int, target: int) -> None:
        if source < 1 or target < 1:
            fatal("No source specified" if source < 1 else "No destination specified")
        changer = self.readable("transfer")
        for at, word in ((source, "source"), (target, "destination")):
            if at > len(changer["slots"]):
                fatal(f"Invalid {word}")
        slots = changer["slots"]
        self.move(changer, "transfer", slots[source - 1]["address"], slots[target - 1]["address"])

    def move(self, changer: Json, command: str, source: int, target: int) -> None:
        sys.stdout.flush()
        try:
            move(self.path, changer["serial"], command, source, target)
        except SenseError as sense:
            sentence = {
                (0x30, 0x03): "Cleaning Cartridge Installed and Ejected",
                (0x3A, 0x00): "Drive needs offline before move",
                (0x3B, 0x0D): f"Destination Element Address {target} is Already Full",
                (0x3B, 0x0E): f"Source Element Address {source} is Empty",
            }.get((sense.asc, sense.ascq))
            if sentence is None:
                print_sense(sense)
                sentence = f"MOVE MEDIUM from Element Address {source} to {target} Failed"
            fatal(sentence)


def guess_sources(changer: Json) -> list[int]:
    """Slot numbers that mtx prints as the source of each installed drive, 0 for none.

    mtx believes a source address when that slot is empty. Drives left over get the first empty storage slots in turn,
    even one that another drive has claimed already.
    """
    drives = [drive for drive in changer["drives"] if drive["installed"]]
    empty = [n for n, slot in enumerate(changer["slots"], 1) if slot["cartridge"] is None]
    by_address = {slot["address"]: n for n, slot in enumerate(changer["slots"], 1)}
    free = iter([n for n in empty if not changer["slots"][n - 1]["ie"]])
    sources = []
    for drive in drives:
        told = 0 if changer["guessed_source"] else by_address.get(drive["source"] or -1, 0)
        sources.append(told if told in empty and drive["cartridge"] else 0)
    for index, drive in enumerate(drives):
        if drive["cartridge"] and not sources[index]:
            sources[index] = next(free, 0)
    return sources


def main() -> None:
    path = state_path()
    log_call(path, ["mtx", *sys.argv[1:]])
    if len(sys.argv) < 2:
        fatal(USAGE)
    Mtx(path).run(sys.argv[1:])
    sys.stdout.flush()
