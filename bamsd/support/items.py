"""What a bundle is made of on this host."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bamsd.support.models import Command, Copies, Document, Item, Tree

LINES_OF_A_LOG = 20_000
_LOG_TIMEOUT_S = 60.0
_DEVICE = re.compile(r"/dev/[A-Za-z0-9/_.+:-]+")


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are on this host."""

    config: Path
    sysfs: Path
    etc: Path
    proc: Path


@dataclass(frozen=True, slots=True)
class Robot:
    """A tape library that nobody moves at this moment: its name, its changer, and its drives' generic nodes."""

    name: str
    changer: str
    drives: tuple[str, ...]


def system() -> Sequence[Item]:
    """Versions, units and hardware."""
    return (
        Command("system/uname.txt", ("uname", "-a")),
        Command("system/packages.txt", ("dpkg-query", "--show", "--showformat=${Package} ${Version} ${Status}\\n")),
        Command("system/failed-units.txt", ("systemctl", "list-units", "--failed", "--no-pager", "--plain")),
        Command("system/free.txt", ("free", "-b")),
        Command("system/df.txt", ("df", "--output=source,fstype,size,used,avail,target", "-B1")),
        Command("hardware/lspci.txt", ("lspci", "-nn")),
        Command("hardware/lsscsi.txt", ("lsscsi", "--generic", "--size")),
        Command("hardware/dmidecode.txt", ("dmidecode", "--type", "system,baseboard,processor,memory")),
    )


def units(names: Sequence[str]) -> Sequence[Item]:
    argv = ("systemctl", "status", "--no-pager", "--full", "--lines=0", "--", *names)
    return (
        Command("system/units.txt", argv),
        Command("system/units-properties.txt", ("systemctl", "show", "--no-pager", "--", *names)),
    )


def storage(places: Places) -> Sequence[Item]:
    return (
        Command("storage/lvm.json", ("lvm", "fullreport", "--reportformat", "json", "--units", "b"), 60),
        Command("storage/zpool-status.txt", ("zpool", "status", "-P", "-v"), 60),
        Command("storage/zpool-list.txt", ("zpool", "list", "-v", "-p"), 60),
        Command("storage/zfs-list.txt", ("zfs", "list", "-t", "all", "-p"), 60),
        Command("storage/lsblk.json", ("lsblk", "--json", "--bytes", "--output-all")),
        Command("storage/multipath.txt", ("multipath", "-ll")),
        Copies("storage", (places.proc / "mdstat", places.proc / "self" / "mountinfo", places.proc / "swaps")),
    )


def tapes(robots: Sequence[Robot]) -> Sequence[Item]:
    """Reads only. A name that is no device path is left out: it came from a device."""
    found: list[Item] = []
    for robot in robots:
        name = re.sub(r"[^A-Za-z0-9._-]", "_", robot.name)[:64]
        if _DEVICE.fullmatch(robot.changer):
            found.append(Command(f"tape/{name}/inquiry.txt", ("mtx", "-f", robot.changer, "inquiry"), 60))
            found.append(Command(f"tape/{name}/status.txt", ("mtx", "-f", robot.changer, "status"), 300))
        for drive in filter(_DEVICE.fullmatch, robot.drives):
            node = os.path.basename(drive)
            found.append(Command(f"tape/{name}/{node}-inquiry.txt", ("sg_inq", drive), 60))
            found.append(Command(f"tape/{name}/{node}-logs.txt", ("sg_logs", "--all", drive), 120))
    return found


def targets(places: Places) -> Sequence[Item]:
    etc = places.etc
    return (
        Tree("iscsi/lio.txt", places.sysfs / "kernel/config/target"),
        Tree("iscsi/scst.txt", places.sysfs / "kernel/scst_tgt"),
        Copies("iscsi", (etc / "scst.conf", etc / "rtslib-fb-target/saveconfig.json", etc / "target/saveconfig.json")),
        Command("iscsi/initiator-sessions.txt", ("iscsiadm", "-m", "session", "-P", "1")),
    )


def configuration(places: Places) -> Sequence[Item]:
    return (
        Copies("bams", (places.config,)),
        Copies("bacula", (places.etc / "bacula", Path("/opt/bacula/etc"))),
    )


def logs(wanted: Mapping[str, Sequence[str]], since_us: int) -> Sequence[Item]:
    """``wanted`` are the services and their units; a service without units is the kernel."""
    found: list[Item] = []
    for service, names in wanted.items():
        of = [word for unit in names for word in ("--unit", unit)] or ["--dmesg"]
        # The newest first: what is too much for the bundle is then the oldest.
        argv = ["journalctl", "--no-pager", "--reverse", "--output=short-iso-precise", f"--lines={LINES_OF_A_LOG}"]
        argv += [f"--since=@{since_us // 1_000_000}", *of]
        found.append(Command(f"journal/{service}.txt", tuple(argv), _LOG_TIMEOUT_S))
    return found


def everything(
    places: Places,
    robots: Sequence[Robot],
    wanted_logs: Mapping[str, Sequence[str]],
    since_us: int,
    documents: Sequence[Document],
) -> list[Item]:
    """All items. What holds passwords comes first: what a rule finds there is searched for in all the rest."""
    names = sorted({unit for units_ in wanted_logs.values() for unit in units_})
    return [
        *configuration(places),
        *targets(places),
        *documents,
        *system(),
        *units(names),
        *storage(places),
        *tapes(robots),
        *logs(wanted_logs, since_us),
    ]
