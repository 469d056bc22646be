"""The fake lvm does what the recordings of LVM 2.03.31 show of the real one, command by command."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bamsd.disk import lvm_report
from bamsd.disk.lvm_failure import messages
from bamsd.disk.lvm_settings import compose
from bamsd.disk.models import Pool, Reading, Volume
from tests.fakes.disks_lvm import BIN, GIB, MIB, FakeLvm
from tests.unit.disk.lvm_recordings import recorded

VERSION = "2.03.31"
U, U2 = "7d1f6c0a-3b52-4e0c-9a61-1f0e5d2c8b4a", "0c9b7e11-52aa-4b7d-8a0f-5b1f7c3d2e10"


@pytest.fixture
def fake(tmp_path: Path) -> FakeLvm:
    found = FakeLvm(tmp_path)
    for number in range(6):
        found.add_device(f"/dev/loop{number}", GIB)
    return found


def run(fake: FakeLvm, argv: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
    words = (*argv[:2], "--config", compose(logged="--select" not in argv), *argv[2:])
    return subprocess.run([str(BIN / "lvm"), *words[1:]], env=fake.environment, capture_output=True, text=True)


def same(fake: FakeLvm, name: str) -> None:
    """Run a recorded command: the fake ends as the real lvm did and says the same."""
    real = recorded(VERSION, name)
    done = run(fake, real.argv)
    assert done.returncode == real.code, name
    assert messages(done.stdout, done.stderr) == messages(real.stdout, real.stderr), name
    kinds = ("print",)
    if real.code == 0:
        said = [m for m in messages(real.stdout, "", kinds) if m.endswith((".", "created", "extended"))]
        telling = [m for m in said if not m.startswith(("WARNING", "Size of", "Thin pool volume"))]
        assert messages(done.stdout, "", kinds) == telling, name


def looks_like(fake: FakeLvm, name: str) -> None:
    """The whole reading is that of the recording, but for identities, times, device paths and metadata in use."""
    real = recorded(VERSION, name)
    done = run(fake, real.argv)
    assert plain(lvm_report.parse(done.stdout)) == plain(lvm_report.parse(real.stdout)), name
    assert json.loads(done.stdout)["report"][0].keys() == json.loads(real.stdout)["report"][0].keys()
    ours, theirs = (json.loads(text)["report"][0] for text in (done.stdout, real.stdout))
    for kind in ("vg", "pv", "lv"):
        for row in ours[kind]:
            assert row.keys() == theirs[kind][0].keys()


def plain(reading: Reading) -> Reading:
    return Reading(tuple(map(plain_pool, reading.pools)), tuple(map(plain_volume, reading.volumes)), reading.problems)


def plain_pool(pool: Pool) -> Pool:
    members = tuple(replace(member, reason="") for member in pool.members)
    return replace(pool, uuid="", members=members, metadata_percent=pool.metadata_percent and 10.0)


def plain_volume(volume: Volume) -> Volume:
    snapshots = tuple(
        sorted((replace(s, uuid="", created_us=0) for s in volume.snapshots), key=lambda snapshot: snapshot.volume)
    )
    return replace(volume, uuid="", created_us=0, device=volume.device.split("/")[-1], snapshots=snapshots)


def test_groups_and_volumes_command_by_command(fake: FakeLvm) -> None:
    for name in ("vgcreate", "vgcreate-exists", "vgcreate-device-taken", "vgcreate-no-device"):
        same(fake, name)
    fake.add_device("/dev/loop5", GIB, signature="ext4")
    same(fake, "vgcreate-signature")
    run(fake, ("lvm", "vgcreate", "--", "left", "/dev/loop2"))
    run(fake, ("lvm", "vgremove", "--", "left"))
    for name in ("vgextend-no-group", "vgextend", "vgextend-device-taken"):
        same(fake, name)
    looks_like(fake, "report-group-without-volumes")
    for kind in ("", "-exists", "-no-group", "-group-full", "-odd-size"):
        same(fake, f"lvcreate{kind}")
    for kind in ("", "-exists"):
        same(fake, f"lvcreate-thin-pool{kind}")
    for kind in ("", "-exists", "-no-pool", "-in-volume"):
        same(fake, f"lvcreate-thin{kind}")
    fake.add_volume("vg0", "foreign", 8 * MIB)
    looks_like(fake, "report-volumes")
    for kind in ("", "-exists", "-no-origin", "-thin"):
        same(fake, f"lvcreate-snapshot{kind}")
    fake.add_snapshot("vg0", "thin1", "thin1_byhand")
    fake.add_snapshot("vg0", "repo", "repo_byhand", 8 * MIB)
    for name in ("-with-snapshot", "-thin", "-smaller", "", "-same", "-no-volume"):
        same(fake, f"lvextend{name}")
    looks_like(fake, "report-with-snapshots")
    for name in ("-other-uuid", "-no-volume", "-no-group"):
        same(fake, f"lvremove{name}")
    assert "foreign" in fake.volumes("vg0")
    with fake.changing() as state:
        del state["groups"]["vg0"]["volumes"]["foreign"]
    for name in ("vgremove-not-empty", "pvremove-in-group", "pvremove-none", "vgremove-none"):
        same(fake, name)


def test_removal_of_what_is_in_use(fake: FakeLvm) -> None:
    fake.add_group("vg0")
    fake.add_volume("vg0", "foreign", MIB)
    for name, values in (("lvremove-mounted", {"mounted": True}), ("lvremove-open", {"open": True, "mounted": False})):
        selection = recorded(VERSION, name).argv[4]
        fake.set("vg0", "foreign", uuid=selection.split('"')[1], **values)
        same(fake, name)
    fake.set("vg0", "foreign", open=False, uuid=recorded(VERSION, "lvremove").argv[4].split('"')[1])
    same(fake, "lvremove")
    assert fake.volumes("vg0") == []


@pytest.fixture
def rolled(fake: FakeLvm) -> FakeLvm:
    """The system that the recordings of snapshots began with."""
    with fake.changing() as state:
        state["devices"].clear()
    fake.add_device("/dev/loop0", GIB)
    fake.add_device("/dev/loop1", GIB)
    run(fake, ("lvm", "vgcreate", "--", "vg0", "/dev/loop0", "/dev/loop1"))
    fake.add_volume("vg0", "repo", 64 * MIB, tags=[f"bams.repo.{U}", "bams.use.block"])
    fake.add_thin_pool("vg0", "pool", 64 * MIB)
    tags = [f"bams.repo.{U2}", "bams.use.filesystem", "bams.fs.xfs"]
    fake.add_volume("vg0", "thin1", 256 * MIB, pool="pool", tags=tags)
    fake.add_snapshot("vg0", "repo", "repo.monday", 40 * MIB, tags=[f"bams.snap.{U}"])
    fake.add_snapshot("vg0", "repo", "repo_byhand", 8 * MIB)
    for name, tag in (
        ("thin1.monday", [f"bams.snap.{U2}"]),
        ("thin1_byhand", []),
        ("thin1.tuesday", [f"bams.snap.{U2}"]),
    ):
        fake.add_snapshot("vg0", "thin1", name, tags=tag)
    fake.set("vg0", "thin1", used=3.91)
    fake.fill_pool("vg0", "pool", 15.62)
    fake.fill_snapshot("vg0", "repo.monday", 10.06)
    fake.fill_snapshot("vg0", "repo_byhand", 50.29)
    return fake


def test_snapshots_and_rollback_command_by_command(rolled: FakeLvm) -> None:
    looks_like(rolled, "report-snapshots")
    rolled.hold_lock("vg0")
    real = recorded(VERSION, "report-locked")
    done = run(rolled, real.argv)
    assert done.returncode == real.code
    assert lvm_report.parse(done.stdout).problems == lvm_report.parse(real.stdout).problems
    same(rolled, "lvextend-locked")
    rolled.hold_lock("vg0", held=False)
    rolled.set("vg0", "repo", uuid=recorded(VERSION, "lvremove-origin-refused").argv[4].split('"')[1])
    same(rolled, "lvremove-origin-refused")
    with rolled.changing() as state:
        del state["groups"]["vg0"]["volumes"]["repo_byhand"]
    rolled.set("vg0", "repo", open=True)
    same(rolled, "lvconvert-merge-origin-open")
    looks_like(rolled, "report-merge-waits")
    rolled.set("vg0", "repo", open=False)
    rolled.finish_merges()
    for name in ("lvconvert-merge-thin", "lvconvert-merge-thin-skip", "lvconvert-merge-none"):
        same(rolled, name)
    same(rolled, "lvconvert-merge-no-snapshot")
    rolled.add_snapshot("vg0", "repo", "repo.tuesday", 60 * MIB, tags=[f"bams.snap.{U}"])
    rolled.make_merges_wait()
    same(rolled, "lvconvert-merge")
    rolled.set("vg0", "thin1", used=0.0)
    rolled.fill_pool("vg0", "pool", 0.0)
    looks_like(rolled, "report-merging")
    rolled.finish_merges()
    rolled.add_snapshot("vg0", "repo", "repo.full", 8 * MIB, tags=[f"bams.snap.{U}"])
    rolled.fill_snapshot("vg0", "repo.full", 100)
    looks_like(rolled, "report-snapshot-invalid")
    same(rolled, "lvconvert-merge-invalid")
    rolled.add_snapshot("vg0", "repo", "repo.monday", 8 * MIB)
    rolled.set("vg0", "repo.monday", uuid=recorded(VERSION, "lvremove-snapshot").argv[4].split('"')[1])
    same(rolled, "lvremove-snapshot")


def test_a_group_in_trouble(fake: FakeLvm) -> None:
    paths = fake.add_group("vg0", sizes=(GIB, GIB))
    fake.add_volume("vg0", "repo", 64 * MIB)
    fake.lose_member("vg0", paths[1])
    for command in ("lvcreate", "lvextend"):
        first = messages(recorded(VERSION, f"{command}-member-missing").stdout, "")[0]
        done = run(fake, recorded(VERSION, f"{command}-member-missing").argv)
        assert (done.returncode, messages(done.stdout, "")[0]) == (5, first)
    pool = lvm_report.parse(run(fake, recorded(VERSION, "report-empty").argv).stdout).pools[0]
    real = lvm_report.parse(recorded(VERSION, "report-member-missing").stdout).pools[0]
    assert (pool.health, pool.health_text) == (real.health, real.health_text)
    assert [m.state for m in pool.members] == [m.state for m in real.members]
    fake.lose_member("vg0", paths[1], lost=False)
    fake.set_group("vg0", exported=True)
    same(fake, "lvcreate-exported")
    fake.set_group("vg0", exported=False, system="otherhost")
    real_text = messages(recorded(VERSION, "lvcreate-foreign").stdout, "")[0]
    assert messages(run(fake, recorded(VERSION, "lvcreate-foreign").argv).stdout, "")[0] == real_text


def test_a_pool_and_a_group_that_are_full(fake: FakeLvm) -> None:
    fake.add_group("vg0", sizes=(GIB,))
    fake.add_volume("vg0", "repo", 900 * MIB)
    same(fake, "lvcreate-snapshot-group-full")
    with fake.changing() as state:
        state["groups"]["vg0"]["volumes"].clear()
        state["groups"]["vg0"]["members"][0]["path"] = "/dev/loop0"
    fake.add_thin_pool("vg0", "pool", 64 * MIB)
    fake.add_volume("vg0", "thin2", GIB, pool="pool")
    fake.set("vg0", "thin2", used=6.25, open=True)
    fake.fill_pool("vg0", "pool", 100.0)
    looks_like(fake, "report-thin-pool-full")
    real = recorded(VERSION, "lvcreate-thin-pool-is-full")
    done = run(fake, real.argv)
    assert (done.returncode, messages(done.stdout, "")) == (real.code, messages(real.stdout, ""))
    same(fake, "lvextend-pool")


def test_a_setting_that_lvm_does_not_have(fake: FakeLvm) -> None:
    """So that a mistake in our command lines does not pass here and fail on a real system."""
    assert run(fake, ("lvm", "lvcreate", "--nmae", "x", "--size", "1b", "--", "vg0")).returncode == 3
    assert run(fake, ("lvm", "lvfrobnicate")).returncode == 2
