"""A fake LVM for tests: volume groups that the fake program ``lvm`` on PATH works on.

lvm = FakeLvm(tmp_path)                             # no groups yet
lvm.add_group("vg0", sizes=(10 * GIB,))             # /dev/disk1 is its member
lvm.add_volume("vg0", "repo", GIB, tags=tags_of(mark))
environment |= lvm.environment                      # PATH and BAMS_FAKE_DISKS for what is under test
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.fakes import lvm_world as world
from tests.fakes.fake_lvm import finish_merge
from tests.fakes.lvm_world import EXTENT, Json
from tests.fakes.tape_robot import locked

BIN = Path(__file__).parent / "bin"
MIB, GIB = 1 << 20, 1 << 30


class Gate:
    """Something waits until this is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> None:
        self.path.touch()


class FakeLvm:
    """The state below ``directory``; other fakes of disks may live in the same folder."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = Path(world.state_path(str(directory)))
        if not self.state.exists():
            self.state.write_text(json.dumps(world.new_state(str(directory))))
        self.system_dir = directory / "etc-lvm"
        self.system_dir.mkdir(exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}",
            "BAMS_FAKE_DISKS": str(self.directory),
            # An own lvm.conf, so that what is known of the host's is asked for anew in each test.
            "LVM_SYSTEM_DIR": str(self.system_dir),
        }

    @contextmanager
    def changing(self) -> Iterator[Json]:
        """The whole state, for changes that have no method here."""
        with locked(str(self.state)) as state:
            yield state
            world.sync_devices(state)

    # Prepare

    def add_device(self, path: str, size_bytes: int, *, signature: str = "", busy: bool = False) -> str:
        """A device that vgcreate may use; ``busy``: somebody has it open exclusively."""
        with self.changing() as state:
            state["devices"][path] = {"size": size_bytes, "signature": signature, "busy": busy, "label": False}
        return path

    def add_group(self, name: str, sizes: Sequence[int] = (10 * GIB,)) -> tuple[str, ...]:
        """A volume group on new devices of these sizes; returns their paths."""
        first = len(self._read()["devices"]) + 1
        paths = [self.add_device(f"/dev/disk{first + at}", size) for at, size in enumerate(sizes)]
        with self.changing() as state:
            world.new_group(state, name, paths)
        return tuple(paths)

    def add_thin_pool(self, group: str, name: str, size_bytes: int) -> str:
        return self._add(group, name, world.new_volume("thin-pool", size_bytes, metadata=EXTENT // EXTENT))

    def add_volume(self, group: str, name: str, size_bytes: int, *, tags: Sequence[str] = (), pool: str = "") -> str:
        """A thick volume, or a thin one in ``pool``; returns its uuid."""
        kind = "thin" if pool else "thick"
        return self._add(group, name, world.new_volume(kind, size_bytes, tags=sorted(tags), pool=pool))

    def add_volumes(self, group: str, count: int, size_bytes: int, *, pool: str = "", prefix: str = "v") -> None:
        """Many volumes at once, called v0, v1 ..."""
        kind = "thin" if pool else "thick"
        with self.changing() as state:
            for number in range(count):
                volume = world.new_volume(kind, size_bytes, pool=pool)
                state["groups"][group]["volumes"][f"{prefix}{number}"] = volume

    def add_snapshot(self, group: str, origin: str, name: str, size_bytes: int = 0, *, tags: Sequence[str] = ()) -> str:
        """A thick snapshot of this size, or a thin one; ``name`` is the whole name of the LV."""
        pool = self.volume(group, origin)["pool"]
        if pool:
            size = self.volume(group, origin)["extents"] * EXTENT
            about = world.new_volume("thin", size, pool=pool, origin=origin, tags=sorted(tags), active=False)
        else:
            about = world.new_volume("snapshot", size_bytes, origin=origin, tags=sorted(tags))
        return self._add(group, name, about)

    def set(self, group: str, name: str, **values: object) -> None:
        """Change fields of a volume: open, mounted, active, suspended, used, health, tags ..."""
        with self.changing() as state:
            state["groups"][group]["volumes"][name].update(values)

    def fill_pool(self, group: str, pool: str, percent: float, metadata: float | None = None) -> None:
        """Fill a thin pool; at 100 it is out of data space, as the kernel then reports it."""
        self.set(group, pool, used=percent, health="out_of_data" if percent >= 100 else "")
        if metadata is not None:
            self.set(group, pool, metadata_used=metadata)

    def fill_snapshot(self, group: str, name: str, percent: float) -> None:
        """Fill a thick snapshot; at 100 its content is lost."""
        self.set(group, name, used=percent, invalid=percent >= 100)

    def lose_member(self, group: str, path: str, *, lost: bool = True) -> None:
        """A device of a group goes away, or comes back. Volumes are partial while one is away."""
        with self.changing() as state:
            about = state["groups"][group]
            for member in about["members"]:
                if member["path"] == path:
                    member["missing"] = lost
            for volume in about["volumes"].values():
                volume["health"] = "partial" if lost else ""

    def set_group(self, group: str, **values: object) -> None:
        """Change fields of a group: exported, shared, system."""
        with self.changing() as state:
            state["groups"][group].update(values)

    def hold_lock(self, group: str, *, held: bool = True) -> None:
        """Another program holds the lock of a group, or lets it go."""
        with self.changing() as state:
            state["held"] = [*(name for name in state["held"] if name != group), *([group] if held else [])]

    def make_merges_wait(self, *, wait: bool = True) -> None:
        """Merges of thick snapshots go on until ``finish_merges``."""
        with self.changing() as state:
            state["merges_wait"] = wait

    def finish_merges(self) -> None:
        with self.changing() as state:
            for name, group in state["groups"].items():
                merging = [n for n, v in group["volumes"].items() if v["merging"] and v["origin"]]
                for volume in merging:
                    finish_merge(state, name, volume)

    def fail_next(self, subcommand: str, text: str, code: int = 5) -> None:
        """The next such command does nothing and fails with this text."""
        with self.changing() as state:
            state["failures"].append({"on": subcommand, "text": text, "code": code})

    def hang_next(self, subcommand: str, *, done: bool = False) -> Gate:
        """The next such command hangs until the gate opens, before it does anything, or after it has ``done`` it."""
        with self.changing() as state:
            gate = Gate(self.directory / f"lvm-gate-{len(self.calls())}-{len(state['hangs'])}")
            state["hangs"].append({"on": subcommand, "gate": str(gate.path), "done": done})
        return gate

    def hangs(self) -> bool:
        """Whether every command that is to hang has begun."""
        return not self._read()["hangs"]

    def _add(self, group: str, name: str, volume: Json) -> str:
        with self.changing() as state:
            state["groups"][group]["volumes"][name] = volume
        return str(volume["uuid"])

    # Inspect

    def _read(self) -> Json:
        with locked(str(self.state)) as state:
            return state

    def group(self, name: str) -> Json | None:
        found: Json | None = self._read()["groups"].get(name)
        return found

    def volumes(self, group: str) -> list[str]:
        return sorted(self._read()["groups"][group]["volumes"])

    def volume(self, group: str, name: str) -> Json:
        found: Json = self._read()["groups"][group]["volumes"][name]
        return found

    def device(self, group: str, name: str) -> Path:
        """The sparse file that stands for a volume's device; it is there while the volume is active."""
        return Path(world.device(self._read(), group, name))

    def calls(self, subcommand: str = "") -> list[list[str]]:
        """Command lines so far without ``--config`` and its value, of one subcommand or of all but questions."""
        log = Path(f"{self.state}.calls")
        argvs = [json.loads(line)["argv"] for line in log.read_text().splitlines()] if log.exists() else []
        plain = [argv[:2] + argv[4:] if argv[2:3] == ["--config"] else argv for argv in argvs]
        questions = ("lvmconfig", "systemid")
        return [argv for argv in plain if (argv[1] == subcommand if subcommand else argv[1] not in questions)]

    def settings(self) -> list[str]:
        """The values of ``--config`` so far."""
        log = Path(f"{self.state}.calls")
        argvs = [json.loads(line)["argv"] for line in log.read_text().splitlines()] if log.exists() else []
        return [argv[3] for argv in argvs if argv[2:3] == ["--config"]]
