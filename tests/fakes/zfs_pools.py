"""Fake zpools for tests: prepare them, let things happen to them, and look at what the programs did.

zfs = FakeZfs(tmp_path / "disks")                    # no pools, ZFS 2.3.9
zfs.add_pool("tank"); zfs.add_volume("tank/a", 64 * MIB, repository=UUID)
environment |= zfs.environment                       # PATH and BAMS_FAKE_DISKS for the code under test
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.fakes.fake_zfs import BLOCK, new_volume
from tests.fakes.fake_zpool import group_of, new_pool
from tests.fakes.tape_library import BIN, Gate
from tests.fakes.tape_robot import Json, locked
from tests.fakes.zfs_state import copy_sparse, next_guid, reservation, resize, unlink

GIB = 1024 * 1024 * 1024


class FakeZfs:
    """The zpools of one test. ``version`` chooses what the programs understand: JSON from 2.3 on."""

    def __init__(self, directory: Path, version: str = "2.3.9") -> None:
        self.directory = directory
        self.state = directory / "zfs.json"
        (directory / "dev" / "zvol").mkdir(parents=True)
        first: Json = {"version": version, "module": True, "pools": {}, "scripted": [], "guids": 1, "clock": 1795595000}
        self.state.write_text(json.dumps(first))

    @property
    def environment(self) -> dict[str, str]:
        path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        return {"BAMS_FAKE_DISKS": str(self.directory), "PATH": path}

    def device(self, dataset: str) -> Path:
        """The file that stands for the device of a zvol."""
        return self.directory / "dev" / "zvol" / dataset.replace(" ", "+")

    # What is there now

    def pools(self) -> list[str]:
        with locked(str(self.state)) as state:
            return sorted(state["pools"])

    def datasets(self, pool: str) -> dict[str, Json]:
        """The zvols and snapshots of a pool by whole name."""
        with locked(str(self.state)) as state:
            found: dict[str, Json] = state["pools"][pool]["datasets"]
            return found

    def calls(self, words: str = "") -> list[list[str]]:
        """Command lines so far that hold these words, in order."""
        log = Path(f"{self.state}.calls")
        lines = log.read_text().splitlines() if log.exists() else []
        found: list[list[str]] = [json.loads(line)["argv"] for line in lines]
        return [argv for argv in found if words in " ".join(argv)]

    # Prepare

    def add_pool(self, name: str, layout: str = "single", devices: Mapping[str, int] | None = None) -> None:
        """``devices`` maps paths to bytes; without it there are as many of 10 GiB as the layout needs."""
        count = {"single": 1, "mirror": 2, "raidz1": 3, "raidz2": 4, "raidz3": 5}[layout]
        sizes = dict(devices) if devices else {f"/dev/disk/by-id/fake-{name}-{n}": 10 * GIB for n in range(count)}
        with locked(str(self.state)) as state:
            state["pools"][name] = new_pool(state, name, [group_of(state, layout, sizes)])

    def add_volume(
        self,
        dataset: str,
        size_bytes: int,
        *,
        repository: str = "",
        use: str = "",
        filesystem: str = "",
        sparse: bool = False,
        source: str = "local",
    ) -> str:
        """Make a zvol as somebody else would; returns its guid. ``source`` of the mark: local, received, inherited."""
        (guid,) = self.add_volumes(
            [dataset],
            size_bytes,
            repository=repository,
            use=use,
            filesystem=filesystem,
            sparse=sparse,
            source=source,
        )
        return guid

    def add_volumes(
        self,
        datasets: Sequence[str],
        size_bytes: int,
        *,
        repository: str = "",
        use: str = "",
        filesystem: str = "",
        sparse: bool = False,
        source: str = "local",
    ) -> list[str]:
        """Many at once, all alike."""
        marks = {"org.bams:repo": repository, "org.bams:use": use, "org.bams:fs": filesystem}
        guids = []
        with locked(str(self.state)) as state:
            for dataset in datasets:
                volume = new_volume(state, size_bytes, 0 if sparse else reservation(size_bytes, BLOCK), {})
                volume["properties"] = {key: (value, source) for key, value in marks.items() if value}
                state["pools"][dataset.partition("/")[0]]["datasets"][dataset] = volume
                guids.append(str(volume["guid"]))
        for dataset in datasets:
            resize(str(self.device(dataset)), size_bytes)
        return guids

    def add_snapshot(self, name: str, *, repository: str = "") -> str:
        """Take a snapshot (dataset@name) as somebody else would; returns its guid."""
        volume = name.partition("@")[0]
        with locked(str(self.state)) as state:
            datasets = state["pools"][name.partition("/")[0]]["datasets"]
            taken = new_volume(
                state, datasets[volume]["volsize"], 0, {"org.bams:snap": repository} if repository else {}
            )
            datasets[name] = taken | {"referenced": datasets[volume]["written"]}
        copy_sparse(str(self.device(volume)), str(self.directory / "zfs-snapshots" / name))
        return str(taken["guid"])

    # What happens to them from outside

    def remove(self, name: str) -> None:
        """Somebody else destroys a pool, a zvol or a snapshot."""
        with locked(str(self.state)) as state:
            if "/" not in name:
                del state["pools"][name]
                return
            del state["pools"][name.partition("/")[0]]["datasets"][name]
        unlink(str(self.device(name)))

    def set_volume(self, name: str, **values: object) -> None:
        """Change a zvol or snapshot: written, volmode, keystatus, is_open, volsize, guid."""
        with locked(str(self.state)) as state:
            dataset = state["pools"][name.partition("/")[0]]["datasets"][name]
            assert values.keys() <= dataset.keys(), f"unknown: {values.keys() - dataset.keys()}"
            dataset |= values

    def set_property(self, name: str, prop: str, value: str, source: str = "local") -> None:
        """Give a zvol or snapshot a user property with any characters."""
        with locked(str(self.state)) as state:
            state["pools"][name.partition("/")[0]]["datasets"][name]["properties"][prop] = (value, source)

    def set_health(self, pool: str, health: str, *, status: str = "", action: str = "", data_errors: int = 0) -> None:
        """ONLINE, DEGRADED, FAULTED, SUSPENDED, UNAVAIL, with the lines that zpool status prints."""
        with locked(str(self.state)) as state:
            state["pools"][pool] |= {"health": health, "status": status, "action": action, "data_errors": data_errors}

    def set_member(self, pool: str, index: int, state: str, *, checksum_errors: int = 0, write_errors: int = 0) -> None:
        """The state of the first group's device: ONLINE, OFFLINE, UNAVAIL (it is gone), FAULTED, REMOVED."""
        with locked(str(self.state)) as all_:
            member = all_["pools"][pool]["groups"][0]["devices"][index]
            member |= {"state": state, "checksum_errors": checksum_errors, "write_errors": write_errors}

    def suspend(self, pool: str) -> None:
        """A pool that lost its devices: zpool answers, zfs refuses."""
        self.set_health(
            pool,
            "SUSPENDED",
            status="One or more devices are faulted in response to IO failures.",
            action="Make sure the affected devices are connected, then run 'zpool clear'.",
        )

    def unplug(self, pool: str) -> None:
        """The only disk of a pool is pulled while it is written to: ZFS does not notice (status-unplugged)."""
        said = (
            "One or more devices has experienced an error resulting in data\ncorruption.  Applications may be affected."
        )
        self.set_health(pool, "ONLINE", status=said, action="Restore the entire pool from backup.", data_errors=7)
        self.set_member(pool, 0, "ONLINE", write_errors=73731)

    def resume(self, pool: str) -> None:
        self.set_health(pool, "ONLINE")

    def hang(self, pool: str) -> Gate:
        """Every command that names this pool waits until the gate is opened."""
        gate = self._gate()
        with locked(str(self.state)) as state:
            state["pools"][pool]["gate"] = str(gate.path)
        return gate

    def unload_module(self) -> None:
        with locked(str(self.state)) as state:
            state["module"] = False

    # Scripted

    def fail_next(self, words: str, text: str, code: int = 1) -> None:
        """The next command whose line holds these words prints this on standard error and does nothing."""
        self._script({"words": words, "text": text, "code": code, "gate": ""})

    def hang_next(self, words: str) -> Gate:
        """The next such command waits until the gate is opened, then does what it should."""
        gate = self._gate()
        self._script({"words": words, "text": "", "code": 0, "gate": str(gate.path)})
        return gate

    def _script(self, entry: Json) -> None:
        with locked(str(self.state)) as state:
            state["scripted"].append(entry)

    def _gate(self) -> Gate:
        gates = self.directory / "zfs-gates"
        gates.mkdir(exist_ok=True)
        with locked(str(self.state)) as state:
            return Gate(gates / next_guid(state))
