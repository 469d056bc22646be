"""org.bams.Disk of the appliance through busctl, as a person."""

import json
import shlex
from dataclasses import dataclass
from typing import Any

from bamsd.core.names import pool_path, repository_path
from tests.appliance.guest import Guest
from tests.appliance.steps import wait_until

DISK = ("/org/bams/Disk", "org.bams.Disk")
MIB = 1 << 20


def by_id(serial: str) -> str:
    return f"/dev/disk/by-id/virtio-{serial}"


def options(**values: Any) -> tuple[str, ...]:
    """Options in the words of busctl: their number, then key, type and value of each."""
    words = [str(len(values))]
    for name, value in values.items():
        match value:
            case bool():
                words += [name, "b", "true" if value else "false"]
            case int():
                words += [name, "t", str(value)]
            case _:
                words += [name, "s", value]
    return tuple(words)


@dataclass(frozen=True, slots=True)
class Disks:
    guest: Guest
    user: str = "admin"

    def job(self, method: str, signature: str, *words: str, limit_s: float = 240, **given: Any) -> dict[str, Any]:
        """Call a changing method, wait for its end, return the properties of the job. It must succeed."""
        given = {"wait": True} | given
        argv = (f"{signature}a{{sv}}", *words, *options(**given))
        [path] = self.guest.call(*DISK, method, *argv, user=self.user, limit_s=limit_s)
        return {name: self.guest.get(path, "org.bams.Job", name) for name in ("State", "Result", "StartedBy")}

    def refusal(self, method: str, signature: str, *words: str, **given: Any) -> str:
        """The error's name without its prefix, and its text."""
        argv = (f"{signature}a{{sv}}", *words, *options(**({"wait": True} | given)))
        found = self.guest.refusal(*DISK, method, *argv, user=self.user)
        return f"{found.name.removeprefix('org.bams.Error.')}: {found.text}"

    def plan(self, method: str, signature: str, *words: str, **given: Any) -> list[dict[str, Any]]:
        job = self.job(method, signature, *words, dry_run=True, **given)
        assert job["State"] == "planned"
        return [{key: value["data"] for key, value in step.items()} for step in job["Result"]["plan"]["data"]]

    def create(self, name: str, pool: str, size_mib: int, **given: Any) -> None:
        self.job("CreateRepository", "sst", name, pool, str(size_mib * MIB), **given)

    def delete(self, name: str) -> None:
        self.job("DeleteRepository", "s", name, confirm=name)

    def holders(self, name: str) -> list[dict[str, str]]:
        [found] = self.guest.call(*DISK, "GetHolders", "s", name)
        return [{key: value["data"] for key, value in holder.items()} for holder in found]

    def candidates(self) -> list[dict[str, Any]]:
        [found] = self.guest.call(*DISK, "ListCandidates", "a{sv}", "0")
        return [{key: value["data"] for key, value in disk.items()} for disk in found]

    def repository(self, volume: str, stack: str = "lvm") -> dict[str, Any]:
        return self._all(repository_path(stack, volume), "org.bams.Disk.Repository")

    def pool(self, name: str, stack: str = "lvm") -> dict[str, Any]:
        return self._all(pool_path(stack, name), "org.bams.Disk.Pool")

    def exists(self, volume: str, stack: str = "lvm") -> bool:
        path = repository_path(stack, volume)
        return self.guest.attempt(f"busctl introspect org.bams {path} >/dev/null").code == 0

    def alerts(self) -> dict[str, str]:
        found = self.guest.get("/org/bams", "org.bams.Manager", "Alerts")
        return {alert["id"]["data"]: alert["summary"]["data"] for alert in found}

    def wait_for(self, what: str, claim: Any, limit_s: float = 90) -> None:
        wait_until(what, claim, limit_s)

    def _all(self, path: str, interface: str) -> dict[str, Any]:
        words = ("call", "org.bams", path, "org.freedesktop.DBus.Properties", "GetAll", "s", interface)
        [found] = self.guest.busctl(*words)["data"]
        return {name: value["data"] for name, value in found.items()}


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
