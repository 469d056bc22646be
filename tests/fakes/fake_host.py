"""Fake lsblk, wipefs, blkid, mkfs.xfs, mkfs.ext4, debugfs, xfs_growfs, resize2fs, systemctl and smartctl.

Texts, streams and exit codes are those in tests/recordings/block and tests/recordings/bacula. The state is host.json in
the folder that BAMS_FAKE_DISKS names; tests/fakes/host.py makes it.
"""

import json
import os
import re
import sys
from collections.abc import Callable
from typing import NoReturn

from tests.fakes import device_header
from tests.fakes.tape_robot import Json, locked, log_call, wait_for_file

MIB = 1 << 20


def state_path() -> str:
    folder = os.environ.get("BAMS_FAKE_DISKS", "")
    if not folder:
        sys.exit("this is a fake program of a test: BAMS_FAKE_DISKS is not set")
    return os.path.join(folder, "host.json")


def fail(text: str, code: int = 1) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.write(text)
    sys.exit(code)


def operand(argv: list[str]) -> str:
    """The one argument after ``--``, or the last one."""
    return argv[-1]


def option(argv: list[str], name: str) -> str:
    return argv[argv.index(name) + 1]


def state() -> Json:
    with locked(state_path()) as found:
        return dict(found)


def mounted_lines() -> list[list[str]]:
    path = os.path.join(os.environ["BAMS_FAKE_DISKS"], "proc", "self", "mountinfo")
    with open(path) as file:
        return [line.split(" ") for line in file.read().splitlines()]


def write_mounts(lines: list[list[str]]) -> None:
    path = os.path.join(os.environ["BAMS_FAKE_DISKS"], "proc", "self", "mountinfo")
    with open(path + ".new", "w") as file:
        file.writelines(" ".join(line) + "\n" for line in lines)
    os.replace(path + ".new", path)


def is_mounted(device: str) -> bool:
    real = os.path.realpath(device)
    return any(os.path.realpath(line[line.index("-") + 2]) == real for line in mounted_lines())


def is_busy(device: str) -> bool:
    return is_mounted(device) or device in state()["busy"]


def lsblk(argv: list[str]) -> None:
    columns = option(argv, "--output").lower().split(",")
    rows = []
    for disk in state()["disks"]:
        try:
            signatures = device_header.read(disk["path"])
        except OSError:
            signatures = []
        disk["fstype"] = next((s["type"] for s in signatures if s["type"] not in ("gpt", "dos")), None)
        disk["pttype"] = next((s["type"] for s in signatures if s["type"] in ("gpt", "dos")), None)
        rows.append({column: disk.get(column) for column in columns})
    sys.stdout.write(json.dumps({"blockdevices": rows}, indent=3) + "\n")


def wipefs(argv: list[str]) -> None:
    device = operand(argv)
    if not os.path.exists(device):
        fail(f"wipefs: error: {device}: probing initialization failed: No such file or directory\n")
    if "--no-act" in argv:
        rows = [
            {"device": os.path.basename(device), **{key: found[key] for key in ("offset", "type", "uuid", "label")}}
            for found in device_header.read(device)
        ]
        sys.stdout.write(json.dumps({"signatures": rows}, indent=3) + "\n")
        return
    if is_busy(device):
        fail(f"wipefs: error: {device}: probing initialization failed: Device or resource busy\n")
    for found in device_header.read(device):
        offset = int(found["offset"], 16)
        sys.stdout.write(f"{device}: 2 bytes were erased at offset 0x{offset:08x} ({found['type']}): 53 ef\n")
    device_header.write(device, [])


def blkid(argv: list[str]) -> None:
    device = operand(argv)
    signatures = device_header.read(device) if os.path.exists(device) else []
    if len(signatures) != 1:
        sys.exit(2)
    (found,) = signatures
    table = found["type"] in ("gpt", "dos")
    lines = [f"DEVNAME={device}"]
    if found["label"]:
        lines.append("LABEL=" + re.sub(r"([^A-Za-z0-9_.:/-])", r"\\\1", found["label"]))
    if found["uuid"]:
        lines.append(f"{'PTUUID' if table else 'UUID'}={found['uuid']}")
    lines.append(f"{'PTTYPE' if table else 'TYPE'}={found['type']}")
    sys.stdout.write("\n".join(lines) + "\n")


def mkfs_xfs(argv: list[str]) -> None:
    device = operand(argv)
    if not os.path.exists(device):
        fail(f"Error accessing specified device {device}: No such file or directory\nUsage: mkfs.xfs\n")
    if is_mounted(device):
        fail(f"mkfs.xfs: {device} contains a mounted filesystem\nUsage: mkfs.xfs\n")
    if is_busy(device):
        fail(f"mkfs.xfs: cannot open {device}: Device or resource busy\n")
    if device_header.size(device) < 300 * MIB:
        fail("Filesystem must be larger than 300MB.\nUsage: mkfs.xfs\n")
    with open(option(argv, "-p")) as file:
        _, _, root, *_ = file.read().split("\n")
    mode, uid, gid = root.removeprefix("d--").split(" ")
    uuid, label = option(argv, "-m").removeprefix("uuid="), option(argv, "-L")
    if len(label) > 12:
        fail(f"Invalid value {label} for -L option. Label is too long.\n")
    make(device, "xfs", uuid, label, owner=f"{uid}:{gid}", mode=f"0{mode}")


def mkfs_ext4(argv: list[str]) -> None:
    device = operand(argv)
    if not os.path.exists(device):
        fail(f"The file {device} does not exist and no size was specified.\n")
    if is_mounted(device):
        fail(f"{device} is mounted; will not make a filesystem here!\n")
    if is_busy(device):
        fail(f"{device} is apparently in use by the system; will not make a filesystem here!\n")
    found = re.search(r"root_owner=(\d+:\d+)", option(argv, "-E"))
    owner = found[1] if found else "0:0"
    make(device, "ext4", option(argv, "-U"), option(argv, "-L"), owner=owner, mode="0755")


def make(device: str, kind: str, uuid: str, label: str, **more: object) -> None:
    size = device_header.size(device)
    device_header.write(device, [device_header.signature(kind, uuid, label, size=size, **more)])


def debugfs(argv: list[str]) -> None:
    device = operand(argv)
    sys.stderr.write("debugfs 1.47.2 (1-Jan-2025)\n")
    if not os.path.exists(device):
        sys.stderr.write(f"debugfs: No such file or directory while trying to open {device}\n")
        sys.stderr.write("set_inode_field: Filesystem not open\n")
        return
    signatures = device_header.read(device)
    signatures[0]["mode"] = "0" + option(argv, "-R").split(" ")[-1][-3:]
    device_header.write(device, signatures)


def xfs_growfs(argv: list[str]) -> None:
    point = operand(argv)
    if not os.path.exists(point):
        fail(f"xfs_growfs: path resolution failed for {point}: No such file or directory\n")
    for line in mounted_lines():
        if line[4] == point and line[line.index("-") + 1] == "xfs":
            grow(line[line.index("-") + 2])
            return
    fail(f"xfs_growfs: {point} is not a mounted XFS filesystem\n")


def resize2fs(argv: list[str]) -> None:
    device = operand(argv)
    sys.stderr.write("resize2fs 1.47.2 (1-Jan-2025)\n")
    if not os.path.exists(device):
        fail(f"open: No such file or directory while opening {device}\n")
    if [found["type"] for found in device_header.read(device)] != ["ext4"]:
        sys.stdout.write("Couldn't find valid filesystem superblock.\n")
        fail(f"resize2fs: Bad magic number in super-block while trying to open {device}\n")
    if not is_mounted(device):
        fail(f"Please run 'e2fsck -f {device}' first.\n\n")
    grow(device)


def grow(device: str) -> None:
    signatures = device_header.read(device)
    signatures[0]["size"] = device_header.size(device)
    device_header.write(device, signatures)


def smartctl(argv: list[str]) -> None:
    verdict = next((disk["smart"] for disk in state()["disks"] if disk["path"] == operand(argv)), "unknown")
    report: Json = {"json_format_version": [1, 0], "smartctl": {"version": [7, 4], "exit_status": 0}}
    if verdict == "unknown":
        text = f"{operand(argv)}: Unable to detect device type"
        report["smartctl"] |= {"messages": [{"string": text, "severity": "error"}], "exit_status": 1}
    else:
        report["smart_status"] = {"passed": verdict == "passed"}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    sys.exit({"unknown": 1, "passed": 0, "failed": 8}[verdict])


def scripted(path: str, argv: list[str]) -> Json:
    """What a test wants the next such command to do; taken once."""
    with locked(path) as found:
        for index, failure in enumerate(found["failures"]):
            if argv[: len(failure["on"])] == failure["on"]:
                taken: Json = found["failures"].pop(index)
                return taken
    return {}


def main(program: str, work: Callable[[list[str]], None]) -> None:
    path, argv = state_path(), [program, *sys.argv[1:]]
    log_call(path, argv)
    failure = scripted(path, argv)
    if "hang" in failure:
        wait_for_file(failure["hang"], path)
    elif failure and not failure["done"]:
        sys.stdout.write(failure["stdout"])
        fail(failure["stderr"], failure["code"])
    work(argv)
    if failure and "hang" not in failure:
        sys.stdout.write(failure["stdout"])
        fail(failure["stderr"], failure["code"])
