"""Fake tape libraries for tests: state, a sysfs tree, a dev tree, and programs on PATH that work on them.

tapes = make_library(tmp_path)                      # one library with two drives
tapes = make_library(tmp_path, changers=[Changer(serial="A", slots=10_000), Changer(serial="B")])
environment |= tapes.environment                    # PATH and BAMS_FAKE_STATE for the daemon under test
devices.find(tapes.sysfs, tapes.dev)
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from tests.fakes.tape_robot import Json, changer_by_serial, locked

BIN = Path(__file__).parent / "bin"
DRIVE_ADDRESS, STATION_ADDRESS, SLOT_ADDRESS = 256, 16, 4096


@dataclass(frozen=True)
class Health:
    """What a drive's log pages say. ``pages`` are the ones it supports."""

    pages: tuple[int, ...] = (0x02, 0x03, 0x0D, 0x11, 0x14, 0x17, 0x2E)
    alerts: tuple[int, ...] = ()
    temperature: int = 38
    write_errors: int = 0
    read_errors: int = 0
    loads: int = 1234
    cleanings: int = 17
    power_on_hours: int = 8765
    motion_hours: int = 2100


@dataclass(frozen=True)
class Drive:
    """A drive; without a serial it gets the library's with D0, D1 ... ``health`` None: no log pages, no chip."""

    serial: str = ""
    vendor: str = "IBM"
    product: str = "ULT3580-TD8"
    revision: str = "2160"
    cartridge: str | None = None
    source: int = 0
    """Slot number that the cartridge came from, 0 for unknown to the library."""
    installed: bool = True
    attached: bool = True
    """False: the library has it, this host does not see it."""
    health: Health | None = None


@dataclass(frozen=True)
class Changer:
    """A library. ``cartridges`` maps slot numbers to barcodes; "" is a cartridge without a readable label.

    ``dvcid``: both (tags and identifiers at once), alone (identifiers without tags only), none (refused), ignored
    (accepted, but no identifiers come). ``kernel_reversed``: the kernel numbers the drives the other way round.
    ``needs_offline``: the robot does not take a tape that the drive has not ejected. ``guessed_source``: the library
    does not say where a loaded cartridge came from, so mtx guesses. ``cleaning_polls``: how often a drive answers
    that it cleans before it ejects the cleaning cartridge.
    """

    serial: str = "CHG0001"
    vendor: str = "STK"
    product: str = "L700"
    revision: str = "0108"
    drives: Sequence[Drive] = (Drive(), Drive())
    slots: int = 20
    import_export: int = 3
    cartridges: Mapping[int, str] = field(default_factory=lambda: {n: f"BAM{n:03}L8" for n in range(1, 11)})
    dvcid: Literal["both", "alone", "none", "ignored"] = "both"
    barcode_reader: bool = True
    blank_tags: bool = False
    tag_width: int = 36
    guessed_source: bool = False
    needs_offline: bool = False
    kernel_reversed: bool = False
    cleaning_polls: int = 0
    move_seconds: float = 0.0


class FakeTapes:
    """The libraries of one test. Slots count from 1 and drives from 0, as in mtx; a library is named by its serial."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = directory / "tapes.json"
        self.sysfs = directory / "sys"
        self.dev = directory / "dev"

    @property
    def environment(self) -> dict[str, str]:
        return {"BAMS_FAKE_STATE": str(self.state), "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}

    # What is there now

    def changer(self, serial: str) -> Json:
        with locked(str(self.state)) as state:
            return changer_by_serial(state, serial)

    def barcode_in_slot(self, serial: str, slot: int) -> str | None:
        """``None`` when the slot is empty."""
        return _barcode(self.changer(serial)["slots"][slot - 1])

    def barcode_in_drive(self, serial: str, drive: int) -> str | None:
        return _barcode(self.changer(serial)["drives"][drive])

    def barcode_moving(self, serial: str) -> str | None:
        """The cartridge that the robot holds right now."""
        moving = self.changer(serial)["moving"]
        return _barcode(moving) if moving else None

    def calls(self, program: str = "") -> list[list[str]]:
        """Command lines of the fake programs so far, in order."""
        log = Path(f"{self.state}.calls")
        lines = log.read_text().splitlines() if log.exists() else []
        found: list[list[str]] = [json.loads(line)["argv"] for line in lines]
        return [argv for argv in found if not program or argv[0] == program]

    def sg(self, serial: str, drive: int | None = None) -> str:
        """The sg node of a library or of one of its drives."""
        changer = self.changer(serial)
        return str((changer if drive is None else changer["drives"][drive])["sg"])

    # What happens to them from outside

    def put(self, serial: str, slot: int, barcode: str) -> None:
        """A person puts a cartridge into a slot."""
        with locked(str(self.state)) as state:
            changer_by_serial(state, serial)["slots"][slot - 1]["cartridge"] = _cartridge(barcode)

    def take(self, serial: str, slot: int) -> None:
        """A person takes the cartridge out of a slot."""
        with locked(str(self.state)) as state:
            changer_by_serial(state, serial)["slots"][slot - 1]["cartridge"] = None

    def load(self, serial: str, slot: int, drive: int) -> None:
        """Another program loads a cartridge."""
        with locked(str(self.state)) as state:
            changer = changer_by_serial(state, serial)
            source, target = changer["slots"][slot - 1], changer["drives"][drive]
            target |= {"cartridge": source["cartridge"], "source": source["address"], "ejected": False}
            source["cartridge"] = None

    def set(self, serial: str, **values: object) -> None:
        """Change settings of a library: offline, unit_attentions, refuse_open, move_seconds, needs_offline, ..."""
        with locked(str(self.state)) as state:
            changer = changer_by_serial(state, serial)
            assert values.keys() <= changer.keys(), f"unknown settings: {values.keys() - changer.keys()}"
            changer |= values

    def set_drive(self, serial: str, drive: int, **values: object) -> None:
        """Change settings of a drive: prevented, ejected, cleaning_polls, ..."""
        with locked(str(self.state)) as state:
            target = changer_by_serial(state, serial)["drives"][drive]
            assert values.keys() <= target.keys(), f"unknown settings: {values.keys() - target.keys()}"
            target |= values

    def set_alerts(self, serial: str, drive: int, flags: Sequence[int]) -> None:
        """Raise exactly these TapeAlert flags. The drive must have health."""
        with locked(str(self.state)) as state:
            changer_by_serial(state, serial)["drives"][drive]["health"]["alerts"] = list(flags)

    # Faults and delays

    def fail_next(self, serial: str, on: str, sense: tuple[int, int, int], *, moved: bool = False) -> None:
        """The next such command gives sense data. ``moved``: the cartridge moves all the same.

        ``on``: load, unload, transfer, move (any of the three), status, inventory, element_status, test_unit_ready,
        unload_medium, sg_logs, sg_logs-2e (one page), or any.
        """
        self._script(serial, {"on": on, "sense": list(sense), "moved": moved})

    def lie_next(self, serial: str, on: str = "move") -> None:
        """The next move reports success and moves nothing."""
        self._script(serial, {"on": on, "silent": True})

    def give_up_next(self, serial: str, on: str = "move") -> None:
        """The next move does not say that it is done, moves nothing, and exits with 0 all the same."""
        self._script(serial, {"on": on, "quiet": True})

    def hang_next(self, serial: str, on: str) -> "Gate":
        """The next such command (also sg_read_attr) does not end until the gate is opened."""
        gate = self._gate()
        self._script(serial, {"on": on, "hang": str(gate.path)})
        return gate

    def hold_moves(self, serial: str) -> "Gate":
        """Every move takes its cartridge and then waits until the gate is opened; later ones find it open."""
        gate = self._gate()
        self.set(serial, gate=str(gate.path))
        return gate

    def _gate(self) -> "Gate":
        gates = self.directory / "gates"
        gates.mkdir(exist_ok=True)
        return Gate(gates / str(len(list(gates.iterdir())) + len(self.calls())))

    def _script(self, serial: str, failure: Json) -> None:
        with locked(str(self.state)) as state:
            changer_by_serial(state, serial)["failures"].append(failure)

    # Cables

    def unplug(self, serial: str, only: str = "") -> None:
        """The library and its drives vanish from sysfs and dev, or ``only`` the drive with this serial number."""
        for device in self._devices(serial):
            if only not in ("", device["serial"]):
                continue
            (self.sysfs / "bus" / "scsi" / "devices" / device["hctl"]).unlink()
            for node in device["nodes"]:
                (self.dev / node).unlink()
        for link in (self.dev / "tape" / "by-id").iterdir():
            if not link.exists():
                link.unlink()

    def plug(self, serial: str, only: str = "") -> None:
        """The library comes back under the same names, or ``only`` the drive with this serial number."""
        for device in self._devices(serial):
            if only not in ("", device["serial"]):
                continue
            _plug(self.sysfs, self.dev, device)

    def _devices(self, serial: str) -> list[Json]:
        devices: list[Json] = self.changer(serial)["devices"]
        return devices


class Gate:
    """Something waits until this is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> None:
        self.path.touch()


def make_library(directory: Path, *, changers: Sequence[Changer] = (Changer(),)) -> FakeTapes:
    """Build libraries below ``directory``. The kernel's numbers begin with sg0 and nst0 for the first library."""
    tapes = FakeTapes(directory)
    (tapes.sysfs / "bus" / "scsi" / "devices").mkdir(parents=True)
    (tapes.dev / "tape" / "by-id").mkdir(parents=True)
    listed = []
    sg = nst = 0
    for host, changer in enumerate(changers):
        drives = [_drive(changer, drive, index) for index, drive in enumerate(changer.drives)]
        state = _changer(changer, drives)
        order = list(reversed(drives)) if changer.kernel_reversed else drives
        state["sg"] = str(tapes.dev / f"sg{sg}")
        state["devices"] = [_scsi_device(state, "8", f"{host}:0:0:0", [f"sg{sg}"])]
        for lun, drive in enumerate(order, 1):
            sg += 1
            drive["sg"] = str(tapes.dev / f"sg{sg}")
            if drive["attached"]:
                nodes = [f"sg{sg}", f"st{nst}", f"nst{nst}"]
                state["devices"].append(_scsi_device(drive, "1", f"{host}:0:0:{lun}", nodes))
                nst += 1
        sg += 1
        listed.append(state)
        for device in state["devices"]:
            _plug(tapes.sysfs, tapes.dev, device)
    tapes.state.write_text(json.dumps({"changers": listed}))
    return tapes


def _changer(changer: Changer, drives: list[Json]) -> Json:
    state = asdict(changer)
    del state["cartridges"], state["import_export"], state["kernel_reversed"]
    total = changer.slots + changer.import_export
    slots = []
    for number in range(1, total + 1):
        station = number > changer.slots
        address = STATION_ADDRESS + number - changer.slots - 1 if station else SLOT_ADDRESS + number - 1
        barcode = changer.cartridges.get(number)
        slots.append({"address": address, "ie": station, "cartridge": None if barcode is None else _cartridge(barcode)})
    return state | {
        "drives": drives,
        "slots": slots,
        "failures": [],
        "gate": "",
        "moving": None,
        "offline": False,
        "refuse_open": "",
        "unit_attentions": 0,
    }


def _drive(changer: Changer, drive: Drive, index: int) -> Json:
    return asdict(drive) | {
        "serial": drive.serial or f"{changer.serial[-7:]}D{index}",
        "address": DRIVE_ADDRESS + index,
        "cartridge": None if drive.cartridge is None else _cartridge(drive.cartridge),
        "source": SLOT_ADDRESS + drive.source - 1 if drive.source else None,
        "ejected": False,
        "prevented": False,
        "cleaning_polls": 0,
    }


def _cartridge(barcode: str) -> Json:
    return {"barcode": barcode, "loads": 0}


def _barcode(place: Json) -> str | None:
    return place["cartridge"]["barcode"] if place["cartridge"] else None


def _scsi_device(about: Json, kind: str, hctl: str, nodes: list[str]) -> Json:
    return {
        "hctl": hctl,
        "type": kind,
        "vendor": about["vendor"],
        "model": about["product"],
        "rev": about["revision"],
        "serial": about["serial"],
        "naa": about["serial"].encode().hex()[-14:].rjust(15, "0"),
        "nodes": nodes,
    }


def _plug(sysfs: Path, dev: Path, device: Json) -> None:
    """What the kernel and udev make when a device comes: attributes, nodes and lasting names."""
    home = sysfs / "devices" / f"host{device['hctl'].split(':')[0]}" / device["hctl"]
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(parents=True)
    for attribute, width in (("type", 0), ("vendor", 8), ("model", 16), ("rev", 4)):
        (home / attribute).write_text(f"{device[attribute]:{width}}\n")
    serial = f"{device['serial']:>12}".encode()
    kind = bytes([int(device["type"])])
    (home / "vpd_pg80").write_bytes(kind + b"\x80" + len(serial).to_bytes(2) + serial)
    name = bytes.fromhex("5" + device["naa"])
    vendor = f"{device['vendor']:8}{device['model']:16}{device['serial']}".encode()
    designators = bytes([2, 1, 0, len(vendor)]) + vendor + bytes([1, 3, 0, len(name)]) + name
    (home / "vpd_pg83").write_bytes(kind + b"\x83" + len(designators).to_bytes(2) + designators)
    links = sysfs / "bus" / "scsi" / "devices"
    (links / device["hctl"]).symlink_to(os.path.relpath(home, links))
    for node in device["nodes"]:
        (dev / node).touch()
        kind_of = "scsi_generic" if node.startswith("sg") else "scsi_tape"
        for variant in ("",) if kind_of == "scsi_generic" else ("", "a", "l", "m"):
            (home / kind_of / f"{node}{variant}").mkdir(parents=True)
    _link(dev, device)


def _link(dev: Path, device: Json) -> None:
    """Names of systemd's 60-persistent-storage-tape.rules, and of the project's own rule for sg nodes."""
    serial, naa = f"scsi-{device['serial']}", f"scsi-35{device['naa']}"
    for node in device["nodes"]:
        if device["type"] == "8":
            names = [serial, f"{naa}-changer", f"{serial}-sg"]
        elif node.startswith("sg"):
            names = [f"{serial}-sg"]
        else:
            names = [f"{serial}-nst", f"{naa}-nst"] if node.startswith("nst") else [serial, naa]
        for name in names:
            link = dev / "tape" / "by-id" / name
            link.unlink(missing_ok=True)
            link.symlink_to(f"../../{node}")
