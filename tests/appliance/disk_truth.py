"""What bamsd says of disks beside what LVM, ZFS and the kernel say, in one look, and where they differ."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.appliance.disks import Disks
from tests.appliance.steps import wait_until

BUSCTL = "busctl --system --json=short --timeout=100"
REPOSITORY, POOL, JOB = "org.bams.Disk.Repository", "org.bams.Disk.Pool", "org.bams.Job"
LOOK = f"""
{BUSCTL} --auto-start=no call org.bams /org/bams org.freedesktop.DBus.ObjectManager GetManagedObjects || exit 9
echo @@; {BUSCTL} --auto-start=no get-property org.bams /org/bams org.bams.Manager Alerts || exit 9
echo @@; lvs --reportformat json --units b --nosuffix -o vg_name,lv_name,lv_size,lv_tags
echo @@; zfs list -Hp -t volume -o name,volsize,org.bams:repo
echo @@; findmnt -rno TARGET
echo @@; ls /etc/systemd/system /etc/systemd/system/local-fs.target.wants | grep ^srv-bams- || true
echo @@; pgrep -lx 'lvm|zfs|zpool|mkfs.*|debugfs|resize2fs|xfs_growfs' || true
"""


@dataclass(frozen=True, slots=True)
class Volume:
    """``mark`` is the repository's UUID in the LV's tags or the zvol's property, empty without one."""

    name: str
    size_bytes: int
    mark: str


@dataclass(frozen=True, slots=True)
class Truth:
    """``objects`` are those of org.bams: path -> interface -> property -> value. ``alerts``: id -> summary."""

    objects: dict[str, dict[str, dict[str, Any]]]
    alerts: dict[str, str]
    volumes: list[Volume]
    mounts: list[str]
    units: list[str]
    tools: str
    """Programs of storage that run just now."""

    def of(self, interface: str) -> list[dict[str, Any]]:
        return [found[interface] for found in self.objects.values() if interface in found]

    @property
    def repositories(self) -> dict[str, dict[str, Any]]:
        """Those that BAMS made, by name."""
        return {found["Name"]: found for found in self.of(REPOSITORY) if found["Owned"]}

    @property
    def pools(self) -> dict[str, dict[str, Any]]:
        return {found["Name"]: found for found in self.of(POOL)}

    @property
    def is_resting(self) -> bool:
        return not self.tools and not any(job["State"] == "running" for job in self.of(JOB))


def look(disks: Disks, limit_s: float = 60) -> Truth | None:
    """One look, or None while bamsd is away, or ssh (which ends with 255 then)."""
    answer = disks.guest.attempt(LOOK, limit_s=limit_s)
    if answer.code in (9, 255):
        return None
    managed, standing, lvm, zfs, mounts, units, tools = answer.out.split("@@\n")
    objects = {
        path: {name: {key: value["data"] for key, value in values.items()} for name, values in interfaces.items()}
        for path, interfaces in json.loads(managed)["data"][0].items()
    }
    alerts = {alert["id"]["data"]: alert["summary"]["data"] for alert in json.loads(standing)["data"]}
    volumes = [*_lvs(json.loads(lvm)), *_zvols(zfs)]
    return Truth(objects, alerts, volumes, mounts.split(), units.split(), tools)


def rested(disks: Disks, pools: set[str], limit_s: float = 120) -> Truth:
    """A look at a moment when nothing is under way and bamsd knows these pools."""
    seen: list[Truth] = []

    def resting() -> bool:
        found = look(disks)
        if found is None or not found.is_resting or not pools <= found.pools.keys():
            return False
        seen.append(found)
        return True

    wait_until(f"bamsd to know {', '.join(sorted(pools))} and to rest", resting, limit_s)
    return seen[0]


def disagreements(truth: Truth) -> Iterator[str]:
    """Every way in which the store, LVM, ZFS, the mounts and the alerts contradict each other, as a sentence."""
    known = {found["Uuid"]: found for found in truth.repositories.values()}
    for volume in truth.volumes:
        if volume.mark and volume.mark not in known and f"disk-copy/{volume.mark}" not in truth.alerts:
            yield f"{volume.name} carries mark {volume.mark} and is unknown"
    for uuid, found in known.items():
        sizes = [volume.size_bytes for volume in truth.volumes if volume.mark == uuid]
        yield from _of_repository(truth, found, sizes)


def _of_repository(truth: Truth, found: dict[str, Any], sizes: list[int]) -> Iterator[str]:
    name, uuid, state = found["Name"], found["Uuid"], found["State"]
    alert = {"missing": "missing", "incomplete": "leftover", "faulted": "faulted"}.get(state)
    if alert and f"disk-{alert}/{uuid}" not in truth.alerts:
        yield f"{name} is {state} and no alert says so"
    if state != "missing" and not sizes:
        yield f"{name} is {state} without a volume"
    if state == "ready" and sizes != [found["Size"]]:
        yield f"{name} is shown with {found['Size']} bytes, its volumes have {sizes}"
    if found["Mounted"] != (found["MountPoint"] in truth.mounts):
        yield f"{name} is shown as mounted={found['Mounted']}, which is wrong"


def _lvs(report: Any) -> Iterator[Volume]:
    for row in report["report"][0]["lv"]:
        tags = row["lv_tags"] if isinstance(row["lv_tags"], list) else row["lv_tags"].split(",")
        marks = [tag.removeprefix("bams.repo.") for tag in tags if tag.startswith("bams.repo.")]
        yield Volume(f"{row['vg_name']}/{row['lv_name']}", int(row["lv_size"]), "".join(marks))


def _zvols(text: str) -> Iterator[Volume]:
    for line in text.splitlines():
        name, size, mark = line.split("\t")
        yield Volume(name, int(size), mark.removeprefix("-"))
