"""The fake zfs and zpool print what the real ones printed: each is held against recordings."""

import re
import subprocess
from pathlib import Path

import pytest

from bamsd.disk import zfs, zpool_output
from bamsd.disk.models import Mark
from tests.fakes.zfs_pools import FakeZfs
from tests.fakes.zfs_state import reservation
from tests.unit.disk.zfs_cases import MIB, ONE, TWO, VERSIONS, start
from tests.unit.tape.recordings import Recording, recorded

DESTROY = zfs._DESTROY.decode()


def run(*argv: str, stdin: str = "") -> tuple[str, int]:
    done = subprocess.run(
        argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60
    )
    return done.stdout, done.returncode


def replayed(recording: Recording) -> tuple[str, int]:
    return run(*recording.command, stdin=DESTROY if recording.command[1] == "program" else "")


def plain(text: str) -> str:
    """Guids and the usage lines differ."""
    return re.sub(r"\d{15,20}", "GUID", text).partition("usage:")[0]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeZfs:
    return start(tmp_path, monkeypatch)


def with_tank(fake: FakeZfs) -> None:
    """What the recordings of errors were made with."""
    fake.add_pool("tank", devices={"/dev/loop0": 256 * MIB})
    fake.add_volume("tank/thick", 32 * MIB, repository=ONE, use="block")
    fake.add_snapshot("tank/thick@monday", repository=ONE)
    fake.add_snapshot("tank/thick@foreign")
    fake.add_volume("tank/child", 32 * MIB, sparse=True)


ERRORS = (
    "err-create-exists",
    "err-create-space",
    "err-create-no-pool",
    "err-create-no-parent",
    "err-volsize-space",
    "err-volsize-multiple",
    "err-volsize-missing",
    "err-snapshot-exists",
    "err-snapshot-missing",
    "err-rollback-newer",
    "err-rollback-missing",
    "err-list-missing",
    "err-get-missing",
    "err-pool-missing",
    "err-status-missing",
    "err-destroy-pool-missing",
    "err-pool-exists",
    "err-pool-device-missing",
    "err-destroy-missing",
    "err-destroy-guid",
    "err-program-no-pool",
    "names-one",
)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ERRORS)
def test_refusals_are_printed_as_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, name: str
) -> None:
    fake = start(tmp_path, monkeypatch, version)
    with_tank(fake)
    recording = recorded(f"zfs/{version}/{name}.txt")
    printed, code = replayed(recording)
    assert plain(printed) == plain(recording.text)
    assert code == recording.code


@pytest.mark.parametrize("name", ["snapshots", "busy"])
def test_a_destroy_is_refused_as_recorded(fake: FakeZfs, name: str) -> None:
    with_tank(fake)
    fake.set_volume("tank/child", is_open=True)
    recording = recorded(f"zfs/2.3.9/err-destroy-{name}.txt")
    target = recording.command[4]
    words = (*recording.command[:5], fake.datasets("tank")[target]["guid"])
    printed, code = run(*words, stdin=DESTROY)
    assert (plain(printed), code) == (plain(recording.text), recording.code)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "layout", "count"), [("single", "single", 1), ("mirror", "mirror", 2), ("raidz2", "raidz2", 4)]
)
def test_pools_are_printed_as_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, name: str, layout: str, count: int
) -> None:
    fake = start(tmp_path, monkeypatch, version)
    fake.add_pool("tank", layout, {f"/dev/loop{n}": 256 * MIB for n in range(count)})
    recording = recorded(f"zfs/{version}/status-{name}.txt")
    assert replayed(recording) == (recording.text, 0)
    if version == "2.3.9":
        text = recorded(f"zfs/{version}/status-json-{name}.txt").text
        assert zpool_output.parse_status_json(run(*["zpool", "status", "-j", "-P", "-p", "tank"])[0], "tank") == (
            zpool_output.parse_status_json(text, "tank")
        )


def test_a_missing_member_is_printed_as_recorded(fake: FakeZfs) -> None:
    fake.add_pool("tank", "mirror", {f"/dev/loop{n}": 256 * MIB for n in range(2)})
    real = recorded("zfs/2.3.9/status-mirror-missing.txt")
    fake.set_health("tank", "DEGRADED")
    fake.set_member("tank", 1, "UNAVAIL")
    printed = run(*real.command)[0]
    assert zpool_output.parse_status_text(printed).members == zpool_output.parse_status_text(real.text).members
    text = recorded("zfs/2.3.9/status-json-mirror-missing.txt").text
    assert zpool_output.parse_status_json(run(*["zpool", "status", "-j", "-P", "-p", "tank"])[0], "tank").members == (
        zpool_output.parse_status_json(text, "tank").members
    )


def test_json_is_refused_by_the_old_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = start(tmp_path, monkeypatch, "2.1.11")
    fake.add_pool("tank")
    recording = recorded("zfs/2.1.11/status-json-refused.txt")
    printed, code = replayed(recording)
    assert (printed.split("\n")[0], code) == (recording.text.split("\n")[0], recording.code)


@pytest.mark.parametrize("version", VERSIONS)
def test_marks_are_printed_as_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    fake = start(tmp_path, monkeypatch, version)
    fake.add_pool("tank", devices={"/dev/loop0": 256 * MIB})
    fake.add_volume("tank/thick", 32 * MIB, repository=ONE, use="block")
    fake.add_volume("tank/sparse", 1024 * MIB, repository=TWO, use="filesystem", filesystem="xfs", sparse=True)
    fake.add_snapshot("tank/thick@monday", repository=ONE)
    fake.add_snapshot("tank/thick@foreign")
    for name in ("tank/thick", "tank/sparse"):
        fake.set_volume(name, volmode="dev")
    for name in ("marked-marks", "values-marks", "estimate-marks"):
        recording = recorded(f"zfs/{version}/{name}.txt")
        printed, code = replayed(recording)
        # zfs create -n prints its properties in no lasting order.
        assert (sorted(printed.split("\n")), code) == (sorted(recording.text.split("\n")), 0)
    recording = recorded(f"zfs/{version}/volumes-marks.txt")
    real = [line.split("\t") for line in recording.text.splitlines()]
    ours = [line.split("\t") for line in replayed(recording)[0].splitlines()]
    # Guid, time and what was written are the recording's own.
    assert [row[:2] + row[4:6] + row[7:] for row in ours] == [row[:2] + row[4:6] + row[7:] for row in real]


@pytest.mark.parametrize("version", VERSIONS)
def test_reservations_are_the_recorded(version: str) -> None:
    row = next(
        line.split("\t")
        for line in recorded(f"zfs/{version}/volumes-marks.txt").text.splitlines()
        if line.startswith("tank/thick\t")
    )
    assert reservation(int(row[4]), 16384) == int(row[5])


def test_a_missing_module_is_told_as_recorded(fake: FakeZfs) -> None:
    fake.unload_module()
    recording = recorded("zfs/2.3.9/module-names.txt")
    assert replayed(recording) == (recording.text, recording.code)


@pytest.mark.parametrize(
    "name",
    [
        "volumes-suspended",
        "available-suspended",
        "err-suspended-create",
        "err-suspended-destroy",
        "err-suspended-program",
    ],
)
def test_a_suspended_pool_answers_as_recorded(fake: FakeZfs, name: str) -> None:
    with_tank(fake)
    fake.suspend("tank")
    recording = recorded(f"zfs/2.3.9/{name}.txt")
    assert replayed(recording) == (recording.text, recording.code)


async def test_a_thousand_zvols(fake: FakeZfs) -> None:
    fake.add_pool("tank", devices={"/dev/loop0": 1 << 44})
    fake.add_volumes([f"tank/v{number:04}" for number in range(1000)], MIB, repository=ONE, use="block", sparse=True)
    await zfs.change(zfs.create("tank/last", MIB, Mark(TWO)))
    reading = await zfs.read()
    assert len(reading.volumes) == 1001
    assert {volume.repository for volume in reading.volumes} == {ONE, TWO}
    # One look at a pool starts no more programs for many zvols than for one.
    assert len(fake.calls()) == 1 + 8
