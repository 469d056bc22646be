"""A fake host for tests: disks, what stands on them, mounts, units, and the programs that work on all that.

host = FakeHost(tmp_path)      # tmp_path is BAMS_FAKE_DISKS; the fakes of LVM and ZFS live beside it
host.add_disk("sda", serial="S1", wwn="0x5000c500a1b2c3d4")
environment |= host.environment
KernelHolders(host.proc, host.sysfs, host.dev)
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from tests.fakes import device_header
from tests.fakes.tape_library import BIN, Gate
from tests.fakes.tape_robot import Json, locked

MIB = 1 << 20
GIB = 1 << 30
LINKS = {"sd": "scsi-3", "vd": "virtio-", "nvme": "nvme-"}


class FakeHost:
    """One host below ``directory``. Devices are sparse regular files below ``dev``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = directory / "host.json"
        self.proc, self.sysfs, self.dev = directory / "proc", directory / "sys", directory / "dev"
        self.units = directory / "units"
        for folder in (self.proc / "self", self.sysfs / "class" / "block", self.dev / "disk" / "by-id", self.units):
            folder.mkdir(parents=True, exist_ok=True)
        self.mountinfo.touch()
        self.swaps.write_text("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")
        self.state.write_text(json.dumps({"disks": [], "busy": [], "busy_mounts": [], "failures": [], "next": 0}))

    @property
    def environment(self) -> dict[str, str]:
        return {
            "BAMS_FAKE_DISKS": str(self.directory),
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }

    @property
    def mountinfo(self) -> Path:
        return self.proc / "self" / "mountinfo"

    @property
    def swaps(self) -> Path:
        return self.proc / "swaps"

    # Services

    def service(self, unit: str, state: str = "active") -> None:
        """Install a service; ``state`` is its ActiveState."""
        file = self.directory / "services.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(known | {unit: state}))

    # Disks

    def add_disk(
        self,
        name: str,
        size_bytes: int = GIB,
        *,
        kind: str = "disk",
        model: str = "",
        serial: str = "",
        wwn: str = "",
        rotational: bool = True,
        read_only: bool = False,
        removable: bool = False,
        smart: str = "unknown",
        signature: str = "",
    ) -> str:
        """Plug a disk in; returns its path. It gets names in by-id for its WWN and its serial number."""
        path = self.dev / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            file.truncate(size_bytes)
        with locked(str(self.state)) as state:
            state["next"] += 1
            number = f"8:{16 * state['next']}"
            row = {"kname": name, "name": name, "path": str(path), "type": kind, "size": size_bytes, "ro": read_only}
            row |= {"rm": removable, "rota": rotational, "model": model or None, "serial": serial or None}
            row |= {"wwn": wwn or None, "smart": smart, "number": number}
            state["disks"].append(row)
        home = self.sysfs / "class" / "block" / name
        (home / "holders").mkdir(parents=True)
        (home / "dev").write_text(f"{number}\n")
        for link in self._links(name, serial, wwn):
            (self.dev / "disk" / "by-id" / link).symlink_to(Path("../..") / name)
        if signature:
            self.set_signature(str(path), signature)
        return str(path)

    @staticmethod
    def _links(name: str, serial: str, wwn: str) -> list[str]:
        prefix = next((link for start, link in LINKS.items() if name.startswith(start)), "ata-")
        return [*([f"wwn-{wwn}"] if wwn else []), *([f"{prefix}{serial}"] if serial else [])]

    def remove_disk(self, name: str) -> None:
        """Pull a disk: its node is gone and lsblk no longer has it."""
        (self.dev / name).unlink()
        with locked(str(self.state)) as state:
            state["disks"] = [disk for disk in state["disks"] if disk["name"] != name]

    def add_partition(self, disk: str, name: str) -> str:
        """A partition as the kernel shows it; returns its path."""
        home = self.sysfs / "class" / "block"
        number = (home / disk / "dev").read_text().strip()
        major, minor = number.split(":")
        part = home / disk / name
        (part / "holders").mkdir(parents=True)
        (part / "partition").write_text("1\n")
        (part / "dev").write_text(f"{major}:{int(minor) + 1}\n")
        (home / name).symlink_to(part)
        (self.dev / name).touch()
        return str(self.dev / name)

    def stack(self, below: str, name: str, *, mapped: str = "", uuid: str = "", raid: bool = False) -> None:
        """Build a device on another one, as device-mapper or md do."""
        home = self.sysfs / "class" / "block"
        (home / name / "holders").mkdir(parents=True, exist_ok=True)
        if raid:
            (home / name / "md").mkdir()
        elif uuid or mapped:
            (home / name / "dm").mkdir(exist_ok=True)
            (home / name / "dm" / "name").write_text(f"{mapped}\n")
            (home / name / "dm" / "uuid").write_text(f"{uuid}\n")
        (home / below / "holders" / name).symlink_to(home / name)

    def add_loop(self, name: str, backing: str) -> None:
        folder = self.sysfs / "class" / "block" / name / "loop"
        folder.mkdir(parents=True)
        (folder / "backing_file").write_text(f"{backing}\n")

    # What stands on them

    def set_signature(self, device: str, kind: str, uuid: str = "", label: str = "") -> None:
        device_header.write(device, [device_header.signature(kind, uuid, label)])

    def signatures(self, device: str) -> list[str]:
        return [str(found["type"]) for found in device_header.read(device)]

    def filesystem(self, device: str) -> Json:
        """The one signature of a device with what mkfs was told: uuid, label, size, owner, mode."""
        (found,) = device_header.read(device)
        return found

    # Who uses them

    def mount(self, device: str, point: str, filesystem: str = "ext4", number: str = "0:99") -> None:
        """A person mounts it by hand."""
        with locked(str(self.state)), open(self.mountinfo, "a") as file:
            file.write(device_header.mount_line(device, point, filesystem, number))

    def mounts(self) -> list[str]:
        """Mount points now."""
        return [line.split(" ")[4] for line in self.mountinfo.read_text().splitlines()]

    def swap_on(self, device: str) -> None:
        with open(self.swaps, "a") as file:
            file.write(f"{device:<39} partition\t307196\t\t0\t\t-2\n")

    def set_busy(self, device: str, *, busy: bool = True) -> None:
        """The kernel refuses an exclusive open of the device: wipefs and mkfs say so."""
        self._listed("busy", device, busy)

    def set_busy_mount(self, point: str, *, busy: bool = True) -> None:
        """Something has a file open there, so it cannot be unmounted."""
        self._listed("busy_mounts", point, busy)

    def _listed(self, key: str, value: str, present: bool) -> None:
        with locked(str(self.state)) as state:
            state[key] = [other for other in state[key] if other != value] + ([value] if present else [])

    def enabled(self, unit: str) -> bool:
        return (self.units / "local-fs.target.wants" / unit).is_symlink()

    # Faults and delays

    def fail_next(self, words: str, stderr: str, code: int = 1, *, stdout: str = "", done: bool = False) -> None:
        """The next command line that begins with ``words`` fails; ``done``: it does its work all the same."""
        self._script({"on": words.split(), "stderr": stderr, "stdout": stdout, "code": code, "done": done})

    def lie_next(self, words: str) -> None:
        """The next such command reports success and does nothing."""
        self._script({"on": words.split(), "stderr": "", "stdout": "", "code": 0, "done": False})

    def hang_next(self, words: str) -> Gate:
        """The next such command does not go on until the gate is opened."""
        gates = self.directory / "gates"
        gates.mkdir(exist_ok=True)
        gate = Gate(gates / f"host-{len(list(gates.iterdir()))}-{len(self.calls())}")
        self._script({"on": words.split(), "hang": str(gate.path)})
        return gate

    def _script(self, failure: Json) -> None:
        with locked(str(self.state)) as state:
            state["failures"].append(failure)

    def calls(self, *programs: str) -> list[list[str]]:
        """Command lines of the fake programs so far, in order."""
        log = Path(f"{self.state}.calls")
        lines = log.read_text().splitlines() if log.exists() else []
        found: Sequence[list[str]] = [json.loads(line)["argv"] for line in lines]
        return [argv for argv in found if not programs or argv[0] in programs]
