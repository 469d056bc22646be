"""An appliance with something of everything, the same machine made anew around its disks and library, and an export."""

import json
import shutil
from pathlib import Path
from typing import Any

from tests.bus import targets
from tests.bus.ctl import Appliance
from tests.bus.tapes import TAPE, Library
from tests.bus.targets import HOST, A, B, Targets
from tests.fakes.bacula import MONITOR, PASSWORD, WRITTEN
from tests.fakes.disks_lvm import MIB

MANAGER = "org.bams.Manager"
PASSPHRASE = "correct horse battery"
SECRET, MUTUAL = "First-Secret.1", "Second-Secret2"
LOADED = 4
CHANGING = ("SessionCount", "State", "StateText", "Pending", "Holders")


class Machine:
    """One appliance before and after its hardware was exchanged."""

    def __init__(self, appliance: Appliance) -> None:
        self.appliance = appliance
        self.stack, self.world, self.side = appliance.stack, appliance.world, appliance.side
        self.exports: Path = self.stack.directory / "state/exports"

    @property
    def client(self) -> Any:
        return self.world.client

    @property
    def targets(self) -> Targets:
        return Targets(self.world.disks, self.side)

    async def fill(self) -> None:
        """Repositories, a target with CHAP both ways, one that waits for an Apply, moves of tapes, Bacula."""
        disks = self.world.disks
        await disks.create("raw", "vg0", 64 * MIB)
        await disks.create("later", "tank", 64 * MIB)
        await disks.create("files", "vg0", use="filesystem", filesystem="xfs")
        await self.appliance.show_volumes()
        found = self.targets
        await found.done("CreateTarget", "s", A, initiators=[HOST], alias="first")
        await found.done("AddLun", "ss", A, "raw", lun=3)
        await found.done(
            "SetCredentials", "s", A, user="joe", secret=SECRET, mutual_user="us", mutual_secret=MUTUAL, apply=True
        )
        await found.done("CreateTarget", "s", B, initiators=[HOST])
        await found.done("AddLun", "ss", B, "later")
        library = Library(self.client)
        await library.done("Load", LOADED, 0)
        await library.done("Unload", 0)
        await library.done("Load", LOADED, 1)
        await self.world.done("ApplyConfig", local_director=True)

    async def exchange(self) -> None:
        """The daemon ends, and all that was not on the data disks or in the library is gone."""
        directory, bacula = self.stack.directory, self.world.bacula
        self.stack.end(self.stack.processes[-1])
        for folder in ("state", "log", "units", "etc/rtslib-fb-target", "etc/bacula/bams.d"):
            shutil.rmtree(directory / folder, ignore_errors=True)
        (directory / "units").mkdir()
        mountinfo = self.stack.host.mountinfo
        kept = [line for line in mountinfo.read_text().splitlines(True) if str(directory / "srv") not in line]
        mountinfo.write_text("".join(kept))
        self.side.forget_everything()
        bacula.write(WRITTEN.format(port=bacula.daemon.port, password="fresh-" + PASSWORD) + MONITOR)
        for name in ("bacula-dir.conf", "bconsole.conf"):
            (bacula.etc / name).write_text("Director {\n  Name = vm-dir\n  Password = fresh\n}\n")

    async def start(self) -> None:
        await self.stack.daemon()
        await self.world.connect()
        await targets.until_ready(self.client)

    async def jobs(self) -> dict[str, dict[str, Any]]:
        """By path."""
        found = await self.client.objects()
        return {path: one["org.bams.Job"] for path, one in found.items() if "org.bams.Job" in one}

    async def job(self, member: str, signature: str = "", *words: Any, **options: Any) -> dict[str, Any]:
        given = {"passphrase": PASSPHRASE} | options
        job: dict[str, Any] = await self.client.job(
            await self.client.call("/org/bams", f"{MANAGER}.{member}", f"{signature}a{{sv}}", *words, given)
        )
        return job

    async def export(self) -> str:
        """Its name."""
        job = await self.job("ExportState", wait=True)
        assert job["State"] == "succeeded", job
        return str(job["Result"]["name"])

    async def import_(self, name: str, **options: Any) -> dict[str, Any]:
        job = await self.job("ImportState", "s", name, **{"confirm": name} | options)
        assert job["State"] == "succeeded", job
        result: dict[str, Any] = job["Result"]
        return result

    async def refused(self, member: str, signature: str, *words: Any, **options: Any) -> Exception:
        given = {"passphrase": PASSPHRASE, "wait": True} | options
        error: Exception = await self.client.fails(
            "/org/bams", f"{MANAGER}.{member}", f"{signature}a{{sv}}", *words, given
        )
        return error

    async def bring(self, name: str, kept: bytes) -> None:
        """As root does who copies the file in."""
        self.exports.mkdir(exist_ok=True)
        (self.exports / f"{name}.bams").write_bytes(kept)
        (self.exports / f"{name}.bams").chmod(0o640)

    async def seen(self) -> dict[str, Any]:
        """What must be the same on the other hardware."""
        repositories = await self.world.disks.repositories()
        cartridges = await self.client.call(TAPE, "org.bams.Tape.ListCartridges", "a{sv}", {})
        wanted = ("barcode", "library", "place", "number", "home_slot", "loads", "first_seen", "kind", "generation")
        return {
            "repositories": {
                name: {key: value for key, value in one.items() if key not in CHANGING}
                for name, one in repositories.items()
            },
            "targets": {
                iqn: {k: v for k, v in (await self.targets.target(iqn)).items() if k not in CHANGING} for iqn in (A, B)
            },
            "kernel": self.side.snapshot(A),
            "cartridges": [{key: one.get(key) for key in wanted} for one in cartridges[0]],
            "bacula": self.bacula_files(),
            "mounted": self.stack.host.mounts(),
            "config": (self.stack.directory / "config.yaml").read_text(),
        }

    async def seen_here(self) -> dict[str, Any]:
        """What an import could change on a host without targets."""
        repositories = await self.world.disks.repositories()
        return {
            "repositories": {name: (one["Mounted"], one["CreatedBy"]) for name, one in repositories.items()},
            "targets": (await self.targets.targets(), self.side.iqns()),
            "bacula": self.bacula_files(),
            "config": (self.stack.directory / "config.yaml").read_text(),
        }

    def bacula_files(self) -> dict[str, str]:
        etc = self.world.bacula.etc
        paths = [etc / name for name in ("bacula-sd.conf", "bacula-dir.conf", "bconsole.conf")]
        paths += [etc / "bams.d/storage-daemon.conf", etc / "bams.d/director.conf"]
        paths += [self.stack.directory / "units/bacula-sd.service.d/bams.conf"]
        return {path.name: path.read_text(encoding="latin-1") for path in paths if path.exists()}

    async def moves(self, barcode: str) -> list[tuple[str, int, str, int]]:
        found = await self.client.call(TAPE, "org.bams.Tape.GetCartridge", "s", barcode)
        return [(m["from_kind"], m["from_number"], m["to_kind"], m["to_number"]) for m in found["moves"]]

    def told(self) -> str:
        """Everything that a secret must not be in."""
        jobs = self.stack.directory / "state/bams.db"
        stored = b"".join(path.read_bytes() for path in jobs.parent.glob("bams.db*")).decode("latin-1")
        return self.stack.log.read_text() + json.dumps(self.stack.audit()) + stored
