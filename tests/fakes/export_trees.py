"""Fake sysfs and configfs trees of SCST, LIO and nvmet, of the shape recorded in tests/recordings/scst and lio."""

import json
import os
from pathlib import Path

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"


def recorded_scst(sysfs: Path) -> None:
    """The tree of SCST 3.11 with three devices, four LUNs and some SCSI disks of the host."""
    home = sysfs / "kernel" / "scst_tgt"
    for name, entry in json.loads((RECORDINGS / "scst" / "sysfs.json").read_text()).items():
        path = home / name
        if entry is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if "link" in entry:
            path.symlink_to(entry["link"])
        else:
            path.write_text(entry.get("text", ""))


def add_scst_device(sysfs: Path, name: str, filename: str, luns: tuple[str, ...] = ()) -> None:
    """``luns`` are places below targets: ``iscsi/iqn.../luns/0``, ``iscsi/iqn.../ini_groups/g/luns/0``."""
    home = sysfs / "kernel" / "scst_tgt" / "devices" / name
    (home / "exported").mkdir(parents=True)
    if filename:
        (home / "filename").write_text(f"{filename}\n[key]\n\n")
    for index, place in enumerate(luns):
        (home / "exported" / f"export{index}").symlink_to(f"../../../targets/{place}")


def add_lio_object(sysfs: Path, adapter: str, name: str, path: str, number: str = "") -> None:
    """``adapter`` is iblock_0, fileio_1 ...; ``number`` is major:minor, which only iblock tells."""
    home = sysfs / "kernel" / "config" / "target" / "core" / adapter / name
    home.mkdir(parents=True)
    (home / "udev_path").write_text(f"{path}\n" if path else "")
    (home / "enable").write_text("1\n")
    head = "Status: ACTIVATED  Max Queue Depth: 0  SectorSize: 512  HwMaxSectors: 2560\n"
    if adapter.startswith("fileio"):
        tail = f"        TCM FILEIO ID: 0        File: {path}  Size: 0  Mode: Buffered-WCE Async: 0\n"
    else:
        major, minor = number.split(":") if number else ("0", "0")
        tail = f"        iBlock device: dm-9  UDEV PATH: {path}  readonly: 0\n"
        tail += f"        Major: {major} Minor: {minor}  CLAIMED: IBLOCK\n"
    (home / "info").write_text(head + tail)
    (home.parent / "hba_info").write_text("HBA Index: 1 plugin: iblock version: v5.0\n")


def add_lio_lun(sysfs: Path, target: str, lun: int, adapter: str, name: str) -> None:
    home = sysfs / "kernel" / "config" / "target" / "iscsi" / target / "tpgt_1" / "lun" / f"lun_{lun}"
    (home / "statistics").mkdir(parents=True)
    (home / "c4a4ff30ba").symlink_to(os.path.relpath(sysfs / "kernel/config/target/core" / adapter / name, home))
    (home.parents[1] / "enable").write_text("1\n")


def add_nvmet_namespace(sysfs: Path, subsystem: str, number: int, path: str) -> None:
    home = sysfs / "kernel" / "config" / "nvmet" / "subsystems" / subsystem / "namespaces" / str(number)
    home.mkdir(parents=True)
    (home / "device_path").write_text(f"{path}\n")
    (home / "enable").write_text("0\n")
