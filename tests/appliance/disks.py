"""org.bams.Disk of the appliance through busctl, as a person."""

import json
import shlex
from dataclasses import dataclass
from typing import Any

from bamsd.core.names import pool_path, repository_path
from tests.appliance.area import Area, plain
from tests.appliance.guest import Guest
from tests.appliance.steps import wait_until

DISK = ("/org/bams/Disk", "org.bams.Disk")
MIB = 1 << 20


def by_id(serial: str) -> str:
    return f"/dev/disk/by-id/virtio-{serial}"


@dataclass(frozen=True, slots=True)
class Disks(Area):
    entry = DISK

    def create(self, name: str, pool: str, size_mib: int, **given: Any) -> None:
        self.job("CreateRepository", "sst", name, pool, str(size_mib * MIB), **given)

    def delete(self, name: str) -> None:
        self.job("DeleteRepository", "s", name, confirm=name)

    def holders(self, name: str) -> list[dict[str, str]]:
        [found] = self.guest.call(*DISK, "GetHolders", "s", name)
        return [plain(holder) for holder in found]

    def candidates(self) -> list[dict[str, Any]]:
        [found] = self.guest.call(*DISK, "ListCandidates", "a{sv}", "0")
        return [plain(disk) for disk in found]

    def repository(self, volume: str, stack: str = "lvm") -> dict[str, Any]:
        return self.properties(repository_path(stack, volume), "org.bams.Disk.Repository")

    def pool(self, name: str, stack: str = "lvm") -> dict[str, Any]:
        return self.properties(pool_path(stack, name), "org.bams.Disk.Pool")

    def exists(self, volume: str, stack: str = "lvm") -> bool:
        path = repository_path(stack, volume)
        return self.guest.attempt(f"busctl introspect org.bams {path} >/dev/null").code == 0

    def wait_for(self, what: str, claim: Any, limit_s: float = 90) -> None:
        wait_until(what, claim, limit_s)


def write(guest: Guest, device: str, seed: str, mib: int = 8) -> str:
    """Fill the start of a device with bytes made from a seed; their checksum."""
    line = f"head -c {mib}M < <(yes {shlex.quote(seed)}) | dd of={device} bs=1M iflag=fullblock conv=fsync status=none"
    guest.run(f"bash -c {shlex.quote(line)}")
    return checksum(guest, device, mib)


def checksum(guest: Guest, device: str, mib: int = 8) -> str:
    return guest.run(f"head -c {mib}M {device} | sha256sum").split()[0]


def lvs(guest: Guest) -> set[str]:
    """VG/LV of every visible volume, as LVM itself says."""
    text = guest.run("lvs --reportformat json -o vg_name,lv_name")
    return {f"{row['vg_name']}/{row['lv_name']}" for row in json.loads(text)["report"][0]["lv"]}


def zvols(guest: Guest) -> set[str]:
    return set(guest.run("zfs list -H -t volume -o name").split())
