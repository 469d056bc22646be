"""A bamsd that is killed in the middle of changes, what stands before it, and what must hold after its next start."""

import json
import os
import signal
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from bamsd.disk.lvm_marks import snapshot_tag, tags_of
from bamsd.disk.models import Filesystem, Mark
from bamsd.disk.mount_unit import unit_name, unit_text
from bamsd.disk.views import device_path
from tests.bus.disks import DISK, Disks, connected, stack_of
from tests.bus.stack import Stack, until
from tests.fakes.disks_lvm import GIB, MIB

THICK, THIN, ZFS = POOLS = ("vg0", "vg1/tp0", "tank")
MOMENTS = ("its program goes on", "its program is killed too", "its program had done its work")
"""The last one is for lvm, which waits for udev when all is done."""

Words = tuple[str, str, tuple[Any, ...], dict[str, Any]]
"""Method, signature, arguments, options."""


def filesystem(pool: str) -> Filesystem:
    return "ext4" if pool == ZFS else "xfs"


def group_of(pool: str) -> str:
    return pool.partition("/")[0]


class World:
    """The fakes, what stands on them, and a bamsd that is killed again and again."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        stack.config["paths"] |= {name: str(stack.directory / name) for name in ("proc", "etc", "units")}
        stack.config["disk"] = {"mount_root": str(stack.directory / "srv"), "mount_owner": "root"}
        (stack.directory / "etc").mkdir(exist_ok=True)
        stack.lvm.add_group("vg0", sizes=(100 * GIB,))
        stack.lvm.add_group("vg1", sizes=(100 * GIB,))
        stack.lvm.add_thin_pool("vg1", "tp0", 50 * GIB)
        stack.zfs.add_pool("tank", devices={"/dev/disk/by-id/fake-tank": 100 * GIB})
        self.disks: Disks

    async def start(self) -> None:
        self.process = await self.stack.daemon()
        self.disks = await connected(self.stack)

    # What there is before

    def give(self, pool: str, name: str, given: str) -> None:
        if given == "nothing":
            return
        files = given in ("made", "mounted")
        mark = Mark(str(uuid.uuid4()), *(("filesystem", filesystem(pool)) if files else ("block", "")))
        self._volume(pool, name, mark)
        if given == "snapshot":
            self._snapshot(pool, name, mark.repository)
        if files:
            self._files(pool, name, mark.repository, mounted=given == "mounted")

    def _volume(self, pool: str, name: str, mark: Mark) -> None:
        if pool == ZFS:
            marks = {"repository": mark.repository, "use": mark.use, "filesystem": mark.filesystem}
            self.stack.zfs.add_volume(f"tank/{name}", GIB, **marks)  # type: ignore[arg-type]
        else:
            thin = pool.partition("/")[2]
            self.stack.lvm.add_volume(group_of(pool), name, GIB, tags=tags_of(mark), pool=thin)

    def _snapshot(self, pool: str, name: str, repository: str) -> None:
        if pool == ZFS:
            self.stack.zfs.add_snapshot(f"tank/{name}@old", repository=repository)
        else:
            tags = [snapshot_tag(repository)]
            self.stack.lvm.add_snapshot(group_of(pool), name, f"{name}.old", 100 * MIB, tags=tags)

    def _files(self, pool: str, name: str, repository: str, *, mounted: bool) -> None:
        device, point = self.device(pool, name), f"{self.stack.directory}/srv/{name}"
        self.stack.host.set_signature(device, filesystem(pool), repository)
        unit = self.stack.host.units / unit_name(point)
        unit.write_text(unit_text(device, point, filesystem(pool), f"BAMS repository {name}"))
        if mounted:
            Path(point).mkdir(parents=True)
            self.stack.host.mount(device, point, filesystem(pool))

    def device(self, pool: str, name: str) -> str:
        return device_path(self.stack.host.dev, stack_of(pool), f"{group_of(pool)}/{name}")

    # Hanging and killing

    def hang(self, command: str, *, done: bool) -> Any:
        program, _, rest = command.partition(" ")
        if program == "lvm":
            return self.stack.lvm.hang_next(rest, done=done)
        return (self.stack.zfs if program in ("zfs", "zpool") else self.stack.host).hang_next(command)

    def to_hang(self) -> int:
        """How many programs have not come to their hanging yet."""
        directory = self.stack.directory
        states = (("lvm", "hangs"), ("zfs", "scripted"), ("host", "failures"))
        return sum(len(json.loads((directory / f"{name}.json").read_text())[key]) for name, key in states)

    def kill_programs(self, about: str) -> None:
        """Those that have this in their command line and still hang."""
        for log in self.stack.directory.glob("*.json.calls"):
            for call in map(json.loads, log.read_text().splitlines()):
                with suppress(OSError):
                    ours = str(self.stack.directory).encode() in Path(f"/proc/{call['pid']}/environ").read_bytes()
                    if ours and about in " ".join(call["argv"]):
                        os.kill(call["pid"], signal.SIGKILL)

    async def cut(self, changes: list[tuple[Words, str, str]]) -> list[dict[str, Any]]:
        """Begin changes, each with what it hangs in and its moment. Kill bamsd while all hang, and start it again.

        The jobs as it ended them.
        """
        gates = [self.hang(hangs_in, done=moment == MOMENTS[2]) for _, hangs_in, moment in changes]
        paths = []
        for (member, signature, words, options), _, _ in changes:
            full = f"org.bams.Disk.{member}"
            paths.append(await self.disks.client.call(DISK, full, f"{signature}a{{sv}}", *words, options))
        await until(lambda: not self.to_hang(), f"{changes} hang")
        self.process.kill()
        self.process.wait()
        killed = [words[2][0].rpartition("/")[2] for words, _, moment in changes if moment != MOMENTS[0]]
        for name in killed if len(killed) < len(changes) else [""]:
            self.kill_programs(name)
        await self.start()
        for path, (_, _, moment) in zip(paths, changes, strict=True):
            if moment == MOMENTS[0]:
                job = await self.disks.client.get(path, "org.bams.Job")
                assert job["State"] == "running", "the end of a job waits for its program"
        for gate in gates:
            gate.open()
        return [await self.disks.client.job(path) for path in paths]

    # What must hold

    async def invariants(self) -> None:
        disks = self.disks
        repositories, alerts = await disks.repositories(), await disks.alerts()
        volumes = self.marks()
        owned = {r["Uuid"]: r for r in repositories.values() if r["Owned"]}
        for one in owned.values():
            if one["State"] == "ready":
                assert one["Uuid"] in volumes.values(), f"{one['Name']} is said to be ready without a volume"
            leftover = f"disk-leftover/{one['Uuid']}"
            assert (one["State"] == "incomplete") == (leftover in alerts), one
            assert one["Name"] in alerts.get(leftover, one["Name"])
        for volume, mark in volumes.items():
            assert mark in owned or f"disk-copy/{mark}" in alerts, f"{volume} carries our mark and is unknown"
        assert not [id for id in alerts if id.startswith(("disk-unsettled/", "disk-missing/"))]
        manager = disks.client
        assert (await manager.call("/org/bams", "org.bams.Manager.VerifyAudit"))[0] is True
        entries, _ = await manager.call("/org/bams", "org.bams.Manager.ListAudit", "a{sv}", {})
        ends = {entry["job"]: entry["outcome"] for entry in entries if entry["method"] == "org.bams.Job"}
        for path, interfaces in (await manager.objects()).items():
            if job := interfaces.get("org.bams.Job"):
                wanted = "done" if job["State"] == "succeeded" else "failed"
                assert ends[int(path.rpartition("/")[2])] == wanted, job

    def marks(self) -> dict[str, str]:
        """Volume to mark, of every volume that carries one, by what the fakes really have."""
        found: dict[str, str] = {}
        for group in ("vg0", "vg1"):
            for name in self.stack.lvm.volumes(group):
                tags = self.stack.lvm.volume(group, name)["tags"]
                found |= {f"{group}/{name}": t.removeprefix("bams.repo.") for t in tags if t.startswith("bams.repo.")}
        for name, dataset in self.stack.zfs.datasets("tank").items():
            if "org.bams:repo" in dataset["properties"]:
                found[name] = dataset["properties"]["org.bams:repo"][0]
        return found

    async def is_new(self, method: str, name: str) -> bool:
        """Whether the change happened, as its kind shows it."""
        one = (await self.disks.repositories()).get(name)
        if method in ("CreateRepository", "DeleteRepository"):
            return (one is not None) == (method == "CreateRepository")
        assert one is not None, name
        shown = {
            "ResizeRepository": one["Size"] == 2 * GIB,
            "CreateSnapshot": "new" in [s["name"] for s in one["Snapshots"]],
            "DeleteSnapshot": not one["Snapshots"],
            "RollbackSnapshot": not one["Snapshots"],
            "MountRepository": one["Mounted"],
            "UnmountRepository": not one["Mounted"],
            "FinishRepository": one["State"] == "ready",
        }
        return bool(shown[method])

    async def check(self, job: dict[str, Any], end: str, words: Words, *, finish: bool) -> None:
        method, _, (name, *_), _ = words
        if end == "done":
            assert job["State"] == "succeeded", job
            assert await self.is_new(method, name), job
            return
        assert (job["State"], job["Error"][0]) == ("failed", "org.bams.Error.OutOfSync"), job
        assert "bamsd ended while it tried to" in job["Error"][1]
        if end == "undone":
            assert not await self.is_new(method, name), job
        elif end in ("format", "mount", "grow"):
            await self.settle(name, end, finish=finish)
        else:
            assert end in job["Error"][1]
            await self.disks.done(method, *words[1:2], *words[2], **words[3])

    async def settle(self, name: str, leftover: str, *, finish: bool) -> None:
        """What is left over is finished, or taken back."""
        one = (await self.disks.repositories())[name]
        said = {"format": "not made", "mount": "not set up to be mounted", "grow": "did not grow"}
        assert (one["State"], said[leftover] in one["StateText"]) == ("incomplete", True), one
        if finish:
            await self.disks.done("FinishRepository", "s", name)
            one = (await self.disks.repositories())[name]
            assert (one["State"], one["Mounted"]) == ("ready", True)
            assert self.disks.host.filesystem(one["Device"])["uuid"] == one["Uuid"]
        else:
            if one["Mounted"]:
                await self.disks.done("UnmountRepository", "s", name)
            await self.disks.done("DeleteRepository", "s", name, confirm=name)
            assert name not in await self.disks.repositories()
            assert one["Uuid"] not in self.marks().values()
