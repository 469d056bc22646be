#!/usr/bin/python3
"""A tape library out of Debian's tgt: a real changer and real drives for the kernel, exported over iSCSI.

The same file serves both libraries of the appliance: the one inside the guest (there it is installed as
/usr/lib/bams-appliance/tape_library.py) and the one on the build host that QEMU passes through. It needs only a tgtd
that listens already. tgt keeps nothing over a restart of tgtd but the tape files, so `up` runs after each start.

    tape_library.py [--control N] [--tgtadm PROGRAM] [--tgtimg PROGRAM] --folder DIR up|down LIBRARY
    tape_library.py ... insert LIBRARY SLOT BARCODE     a hand puts a cartridge into import/export slot SLOT (1, 2, ...)
    tape_library.py ... remove LIBRARY SLOT             and takes it out again

tgt's limits that show here: barcodes and serials have at most 10 characters, a tape's file is named like its barcode,
and the changer needs a backing file of its own.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TAPE_MIB = 200
CHANGER_LUN = 1


@dataclass(frozen=True, slots=True)
class Drive:
    lun: int
    serial: str


@dataclass(frozen=True, slots=True)
class Library:
    name: str
    iqn: str
    changer: tuple[str, str, str, str]  # vendor, product, revision, serial
    drive_model: tuple[str, str, str]  # vendor, product, revision
    drives: tuple[Drive, ...]  # in the changer's order: drive 0 first
    slots: int
    import_export: int
    cartridges: tuple[str, ...]  # barcodes, from slot 1 on; the other slots stay empty
    first_robot: int = 1
    first_import_export: int = 16
    first_drive: int = 256
    first_slot: int = 4096


INSIDE = Library(
    name="inside",
    iqn="iqn.2026-01.org.bams:inside",
    changer=("IBM", "3573-TL", "F.11", "00L2U78A01"),
    drive_model=("IBM", "ULT3580-HH8", "N9M1"),
    drives=(Drive(2, "10WT000001"), Drive(3, "10WT000002")),
    slots=20,
    import_export=3,
    # 12 for data, one WORM, one that cleans, one too old to be read by an LTO-8 drive and one too new for it.
    cartridges=(*(f"BAM{n:03d}L8" for n in range(1, 13)), "WRM001LY", "CLN001L8", "OLD001L5", "NEW001L9"),
)

# Drive 0 has the higher LUN: neither the kernel's numbers nor the SCSI addresses follow the changer's order, so that
# only the serials tell which drive is which.
PASSED_THROUGH = Library(
    name="passed-through",
    iqn="iqn.2026-01.org.bams:passed-through",
    changer=("HP", "MSL G3 Series", "9.60", "DEC4530A7K"),
    drive_model=("HP", "Ultrium 6-SCSI", "35GD"),
    drives=(Drive(3, "HUJ5230F0A"), Drive(2, "HUJ5230F0B")),
    slots=12,
    import_export=2,
    cartridges=(*(f"HPE{n:03d}L6" for n in range(1, 9)), "CLN002L6"),
    first_import_export=101,
    first_drive=480,
    first_slot=1001,
)

LIBRARIES = {library.name: library for library in (INSIDE, PASSED_THROUGH)}


@dataclass(frozen=True, slots=True)
class Tgt:
    """How to reach one running tgtd, and where its tapes are."""

    folder: Path
    control: int = 0
    tgtadm: str = "tgtadm"
    tgtimg: str = "tgtimg"

    def admin(self, *arguments: str) -> None:
        self._run([self.tgtadm, "-C", str(self.control), "--lld", "iscsi", *arguments])

    def changer(self, **params: object) -> None:
        """Change the changer's element table; the words are tgtadm's own."""
        text = ",".join(f"{key}={value}" for key, value in params.items())
        self.admin("--op", "update", *LOGICAL_UNIT, "--lun", str(CHANGER_LUN), "--params", text)

    def make_tape(self, barcode: str) -> None:
        """An empty cartridge, unless there is one with this barcode already."""
        file = self.folder / barcode
        if file.exists():
            return
        kind = kind_of(barcode)
        size = "10" if kind == "clean" else str(TAPE_MIB)
        what = ["--barcode", barcode, "--size", size, "--type", kind, "--thin-provisioning", "--file", str(file)]
        self._run([self.tgtimg, "--op", "new", "--device-type", "tape", *what])

    def _run(self, argv: Sequence[str]) -> None:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(argv)}: exit {done.returncode}: {done.stdout}{done.stderr}".strip())


def kind_of(barcode: str) -> str:
    """The words of tgtimg --type. CLN cleans; an ending of LT to LZ stands for WORM of LTO-3 to LTO-9."""
    if barcode.startswith("CLN"):
        return "clean"
    return "WORM" if barcode[-2:-1] == "L" and barcode[-1] in "TUVWXYZ" else "data"


TARGET = ("--mode", "target", "--tid", "1")
LOGICAL_UNIT = ("--mode", "logicalunit", "--tid", "1")


def up(tgt: Tgt, library: Library) -> None:
    tgt.folder.mkdir(parents=True, exist_ok=True)
    for barcode in library.cartridges:
        tgt.make_tape(barcode)
    (tgt.folder / "changer").write_bytes(bytes(1024))
    tgt.admin("--op", "new", *TARGET, "-T", library.iqn)
    for drive in library.drives:
        add_drive(tgt, library, drive)
    add_changer(tgt, library)
    # "ALL" lets any initiator in; tgtd itself listens on 127.0.0.1 only.
    tgt.admin("--op", "bind", *TARGET, "-I", "ALL")


def add_drive(tgt: Tgt, library: Library, drive: Drive) -> None:
    vendor, product, revision = library.drive_model
    blank = tgt.folder / library.cartridges[0]  # tgt wants a file to start with; the drive then goes offline = empty
    lun = ("--lun", str(drive.lun))
    tgt.admin("--op", "new", *LOGICAL_UNIT, *lun, "--device-type", "tape", "-b", str(blank))
    model = f"vendor_id={vendor},product_id={product},product_rev={revision}"
    identity = f"{model},scsi_sn={drive.serial},scsi_id={drive.serial},removable=1,sense_format=0"
    tgt.admin("--op", "update", *LOGICAL_UNIT, *lun, "--params", identity)
    tgt.admin("--op", "update", *LOGICAL_UNIT, *lun, "--params", "online=0")


def add_changer(tgt: Tgt, library: Library) -> None:
    vendor, product, revision, serial = library.changer
    lun = ("--lun", str(CHANGER_LUN))
    tgt.admin("--op", "new", *LOGICAL_UNIT, *lun, "--device-type", "changer", "-b", str(tgt.folder / "changer"))
    tgt.changer(vendor_id=vendor, product_id=product, product_rev=revision, scsi_sn=serial, scsi_id=serial)
    tgt.changer(media_home=tgt.folder)
    tgt.changer(element_type=4, start_address=library.first_drive, quantity=len(library.drives))
    for index, drive in enumerate(library.drives):
        tgt.changer(element_type=4, address=library.first_drive + index, tid=1, lun=drive.lun)
    tgt.changer(element_type=1, start_address=library.first_robot, quantity=1)
    tgt.changer(element_type=3, start_address=library.first_import_export, quantity=library.import_export)
    tgt.changer(element_type=2, start_address=library.first_slot, quantity=library.slots)
    for index, barcode in enumerate(library.cartridges):
        tgt.changer(element_type=2, address=library.first_slot + index, barcode=barcode, sides=1)


def down(tgt: Tgt, library: Library) -> None:
    tgt.admin("--op", "delete", *TARGET, "--force")


def insert(tgt: Tgt, library: Library, slot: int, barcode: str) -> None:
    tgt.make_tape(barcode)
    tgt.changer(element_type=3, address=import_export_address(library, slot), barcode=barcode, sides=1)


def remove(tgt: Tgt, library: Library, slot: int) -> None:
    tgt.changer(element_type=3, address=import_export_address(library, slot), clear_slot=1)


def import_export_address(library: Library, slot: int) -> int:
    if not 1 <= slot <= library.import_export:
        raise SystemExit(f"library {library.name} has import/export slots 1 to {library.import_export}, not {slot}")
    return library.first_import_export + slot - 1


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="a tape library out of tgt")
    parser.add_argument("--folder", type=Path, default=Path("/var/lib/bams-appliance/tapes"))
    parser.add_argument("--control", type=int, default=0, help="control port of the tgtd to talk to")
    parser.add_argument("--tgtadm", default="tgtadm")
    parser.add_argument("--tgtimg", default="tgtimg")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "insert", "remove"):
        command = commands.add_parser(name)
        command.add_argument("library", choices=sorted(LIBRARIES))
        if name in ("insert", "remove"):
            command.add_argument("slot", type=int, help="import/export slot, counted from 1")
        if name == "insert":
            command.add_argument("barcode")
    chosen = parser.parse_args(arguments)
    tgt = Tgt(chosen.folder, chosen.control, chosen.tgtadm, chosen.tgtimg)
    library = LIBRARIES[chosen.library]
    if chosen.command == "insert":
        insert(tgt, library, chosen.slot, chosen.barcode)
    elif chosen.command == "remove":
        remove(tgt, library, chosen.slot)
    elif chosen.command == "up":
        up(tgt, library)
    else:
        down(tgt, library)


if __name__ == "__main__":
    main(sys.argv[1:])
