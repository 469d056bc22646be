"""zfs and zpool through the runner, against fake pools of both versions."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bamsd import errors
from bamsd.disk import zfs, zpool
from bamsd.disk.models import Mark, Reading, Volume
from bamsd.system.run import still_running
from tests.fakes.zfs_pools import GIB, FakeZfs
from tests.unit.disk.zfs_cases import MIB, ONE, TWO, VERSIONS, start
from tests.unit.tape.conftest import until


@pytest.fixture
def pools(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeZfs:
    """No pools yet. ``both`` runs a test with both versions."""
    return start(tmp_path, monkeypatch, getattr(request, "param", "2.3.9"))


both = pytest.mark.parametrize("pools", VERSIONS, indirect=True)


async def volume(name: str) -> Volume:
    return {found.full_name: found for found in (await zfs.read()).volumes}[name]


async def refused(kind: type[errors.BamsError], words: str, change: Coroutine[Any, Any, None]) -> None:
    with pytest.raises(errors.BamsError, match=words) as raised:
        await change
    assert type(raised.value) is kind


async def test_no_pools(pools: FakeZfs) -> None:
    assert (await zfs.read()).pools == ()


@both
async def test_life_of_a_zvol(pools: FakeZfs) -> None:
    pools.add_pool("tank")
    await zfs.change(zfs.create("tank/a", 64 * MIB, Mark(ONE, "filesystem", "xfs")))
    made = await volume("tank/a")
    assert (made.repository, made.use, made.filesystem, made.sparse, made.size_bytes) == (
        ONE,
        "filesystem",
        "xfs",
        False,
        64 * MIB,
    )
    assert made.used_bytes is not None
    assert made.used_bytes > made.size_bytes
    assert pools.device("tank/a").stat().st_size == 64 * MIB
    pools.device("tank/a").write_bytes(b"before")
    await zfs.change(zfs.snapshot("tank/a", "monday", ONE))
    await zfs.change(zfs.set_volsize("tank/a", 128 * MIB, now_bytes=made.size_bytes))
    grown = await volume("tank/a")
    assert (grown.size_bytes, grown.uuid) == (128 * MIB, made.uuid)
    assert [(s.name, s.volume, s.owned, s.size_bytes) for s in grown.snapshots] == [
        ("monday", "a@monday", True, 64 * MIB)
    ]
    pools.device("tank/a").write_bytes(b"after")
    await zfs.change(zfs.rollback("tank/a@monday"))
    assert (await volume("tank/a")).size_bytes == 64 * MIB
    assert pools.device("tank/a").read_bytes() == b"before"
    await refused(errors.InUse, "has the snapshot", zfs.change(zfs.destroy("tank/a", made.uuid)))
    await zfs.change(zfs.destroy("tank/a@monday", grown.snapshots[0].uuid))
    await zfs.change(zfs.destroy("tank/a", made.uuid))
    assert (await zfs.read()).volumes == ()
    assert not pools.device("tank/a").exists()


async def test_a_sparse_zvol_takes_nothing(pools: FakeZfs) -> None:
    pools.add_pool("tank")
    before = (await zfs.read()).pools[0].free_bytes
    await zfs.change(zfs.create("tank/thin", 1024 * GIB, Mark(ONE), sparse=True))
    made = await volume("tank/thin")
    assert (made.sparse, made.used_bytes, (await zfs.read()).pools[0].free_bytes) == (True, 0, before)


@pytest.mark.parametrize("layout", ["single", "mirror", "raidz1"])
async def test_free_is_what_a_thick_zvol_may_take(pools: FakeZfs, layout: str) -> None:
    pools.add_pool("tank", layout)
    free = (await zfs.read()).pools[0].free_bytes
    assert free is not None
    assert free > GIB
    await refused(errors.OutOfSpace, "out of space", zfs.change(zfs.create("tank/b", free + 64 * MIB, Mark(ONE))))
    await zfs.change(zfs.create("tank/a", free, Mark(ONE)))
    left = (await zfs.read()).pools[0].free_bytes
    assert left is not None
    assert left < 16 * MIB
    await refused(errors.OutOfSpace, "greater", zfs.change(zfs.set_volsize("tank/a", free + 64 * MIB, now_bytes=free)))


@both
async def test_a_zvol_that_lost_power_in_its_creation_is_completed(pools: FakeZfs) -> None:
    """ZFS sets the properties in a transaction of its own, after the one that makes the zvol."""
    pools.add_pool("tank")
    pools.add_volume("tank/a", 64 * MIB, sparse=True)
    assert (await volume("tank/a")).repository == ""
    await zfs.change(zfs.complete("tank/a", Mark(ONE, "filesystem", "xfs")))
    made = await volume("tank/a")
    assert (made.repository, made.use, made.filesystem, made.sparse) == (ONE, "filesystem", "xfs", False)


async def test_a_look_alike_survives(pools: FakeZfs) -> None:
    """Another zvol got the name after we looked."""
    pools.add_pool("tank")
    guid = pools.add_volume("tank/a", MIB, repository=ONE)
    pools.remove("tank/a")
    other = pools.add_volume("tank/a", MIB)
    await refused(errors.OutOfSync, f"is {other}, not {guid}", zfs.change(zfs.destroy("tank/a", guid)))
    assert list(pools.datasets("tank")) == ["tank/a"]


@both
async def test_refusals_of_zvols(pools: FakeZfs) -> None:
    pools.add_pool("tank")
    guid = pools.add_volume("tank/a", MIB)
    await refused(errors.AlreadyExists, "tank/a", zfs.change(zfs.create("tank/a", MIB, Mark(ONE))))
    await refused(errors.NotFound, "no such pool", zfs.change(zfs.create("tonk/a", MIB, Mark(ONE))))
    await refused(errors.NotFound, "tank/b", zfs.change(zfs.set_volsize("tank/b", MIB, now_bytes=MIB)))
    await refused(errors.NotFound, "tank/b", zfs.change(zfs.snapshot("tank/b", "s", ONE)))
    await refused(errors.NotFound, "zfs destroy tank/b", zfs.change(zfs.destroy("tank/b", guid)))
    for name in ("old", "new"):
        await zfs.change(zfs.snapshot("tank/a", name, ONE))
    await refused(errors.AlreadyExists, "@new", zfs.change(zfs.snapshot("tank/a", "new", ONE)))
    await refused(errors.InUse, "newer snapshots", zfs.change(zfs.rollback("tank/a@old")))
    pools.add_volume("tank/open", MIB)
    pools.set_volume("tank/open", is_open=True)
    await refused(errors.InUse, "is busy", zfs.change(zfs.destroy("tank/open", (await volume("tank/open")).uuid)))
    assert len(pools.datasets("tank")) == 4


def test_a_shrink_cannot_be_said() -> None:
    with pytest.raises(errors.InvalidArgument, match="cannot shrink"):
        zfs.set_volsize("tank/a", MIB, now_bytes=2 * MIB)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=1 << 60), st.integers(min_value=1, max_value=1 << 60))
def test_sizes_are_whole_blocks(size: int, now: int) -> None:
    rounded = zfs.rounded(size)
    assert 0 <= rounded - size < zfs.BLOCK_BYTES
    assert f"{rounded}" in zfs.create("tank/a", rounded, Mark(ONE))
    if size != rounded:
        with pytest.raises(errors.InvalidArgument, match="multiple of 16384"):
            zfs.create("tank/a", size, Mark(ONE))
    if rounded < now:
        with pytest.raises(errors.InvalidArgument):
            zfs.set_volsize("tank/a", rounded, now_bytes=now)


def test_command_lines() -> None:
    assert zfs.create("tank/a", MIB, Mark(ONE, "filesystem", "ext4"), sparse=True) == (
        *("zfs", "create", "-s", "-o", "volblocksize=16384", "-o", "volmode=dev", "-o", "snapdev=hidden"),
        *("-o", f"org.bams:repo={ONE}", "-o", "org.bams:use=filesystem", "-o", "org.bams:fs=ext4"),
        *("-V", "1048576", "tank/a"),
    )
    assert zfs.destroy("tank/a@s", "7") == ("zfs", "program", "tank", "-", "tank/a@s", "7")
    assert zpool.create("tank", "single", ["/dev/a", "/dev/b"])[-3:] == ("tank", "/dev/a", "/dev/b")
    assert zpool.add("tank", "raidz1", ["/dev/a", "/dev/b"]) == ("zpool", "add", "tank", "raidz1", "/dev/a", "/dev/b")
    for argv in (zpool.create("tank", "mirror", ["/dev/a", "/dev/b"]), zpool.destroy("tank"), zfs.rollback("tank/a@s")):
        assert not {"-f", "-r", "-R"} & set(argv)


def test_devices_are_paths_and_enough() -> None:
    with pytest.raises(errors.InvalidArgument, match="'-f' is not a device path"):
        zpool.create("tank", "single", ["-f"])
    with pytest.raises(errors.InvalidArgument, match="raidz2 needs at least 3"):
        zpool.add("tank", "raidz2", ["/dev/a", "/dev/b"])


@both
async def test_life_of_a_pool(pools: FakeZfs, tmp_path: Path) -> None:
    disks = []
    for number in range(5):
        disk = tmp_path / f"disk{number}"
        with disk.open("wb") as file:
            file.truncate(256 * MIB if number else 32 * MIB)
        disks.append(str(disk))
    tiny, *disks = disks
    await refused(errors.InvalidArgument, "zpool create tank", zpool.change(zpool.create("tank", "single", [tiny])))
    await refused(errors.NotFound, "cannot resolve", zpool.change(zpool.create("tank", "single", ["/dev/nosuch"])))
    await zpool.change(zpool.create("tank", "mirror", disks[:2]))
    (pool,) = (await zfs.read()).pools
    assert [(member.path, member.state) for member in pool.members] == [(disk, "online") for disk in disks[:2]]
    assert (pool.size_bytes, pool.health, pool.data_percent) == (240 * MIB, "online", 0)
    await refused(errors.AlreadyExists, "pool already", zpool.change(zpool.create("tank", "single", disks[2:])))
    await refused(errors.InUse, "active pool 'tank'", zpool.change(zpool.create("tonk", "single", disks[:1])))
    await refused(errors.InvalidArgument, "zpool add tank", zpool.change(zpool.add("tank", "single", disks[2:3])))
    await zpool.change(zpool.add("tank", "mirror", disks[2:]))
    (pool,) = (await zfs.read()).pools
    assert (pool.size_bytes, len(pool.members)) == (480 * MIB, 4)
    await zpool.change(zpool.destroy("tank"))
    assert pools.pools() == []
    await refused(errors.NotFound, "zpool destroy tank", zpool.change(zpool.destroy("tank")))


async def test_only_a_local_mark_counts(pools: FakeZfs) -> None:
    pools.add_pool("tank")
    for source in ("local", "inherited", "received"):
        pools.add_volume(f"tank/{source}", MIB, repository=ONE, use="block", source=source)
    assert [(v.name, v.repository) for v in (await zfs.read()).volumes] == [
        ("inherited", ""),
        ("local", ONE),
        ("received", ""),
    ]


@pytest.mark.parametrize(
    "value",
    [
        f"{ONE}\ntank/foreign\torg.bams:repo\t{TWO}",
        f"{ONE}\n",
        f"x\ttank/foreign\torg.bams:repo\t{TWO}",
        "caf\u00e9 \udcff",
        "\n\n\n",
    ],
)
async def test_a_hostile_mark_spoils_and_forges_nothing(pools: FakeZfs, value: str) -> None:
    pools.add_pool("tank")
    pools.add_volume("tank/foreign", MIB)
    for number in range(9):
        pools.add_volume(f"tank/ours{number}", MIB, repository=ONE, use="filesystem", filesystem="xfs")
    pools.add_volume("tank/hostile", MIB, repository=value)
    pools.add_snapshot("tank/ours3@s", repository=ONE)
    reading = await zfs.read()
    assert reading.problems == {}
    owned = {v.name for v in reading.volumes if v.repository == ONE and v.filesystem == "xfs"}
    # A single line break at the end of a value is not seen in zfs's output; there the mark says what it says.
    assert owned == {f"ours{number}" for number in range(9)}
    assert {v.name for v in reading.volumes if not v.repository} == {"foreign", "hostile"}
    assert [s.owned for v in reading.volumes for s in v.snapshots] == [True]


@both
async def test_a_degraded_pool(pools: FakeZfs) -> None:
    pools.add_pool("tank", "mirror")
    pools.set_health("tank", "DEGRADED", status="One or more devices is gone.", action="Bring it back\nor replace it.")
    pools.set_member("tank", 1, "UNAVAIL", checksum_errors=3)
    (pool,) = (await zfs.read()).pools
    assert (pool.health, pool.health_text) == (
        "degraded",
        "One or more devices is gone. Bring it back or replace it.",
    )
    assert [(m.state, m.reason) for m in pool.members] == [
        ("online", ""),
        ("unavail", "was not found, 3 checksum errors"),
    ]


@both
async def test_lost_data_is_a_fault(pools: FakeZfs) -> None:
    pools.add_pool("tank")
    pools.set_health("tank", "ONLINE", data_errors=2)
    (pool,) = (await zfs.read()).pools
    assert pool.health == "faulted"
    assert "zpool status -v" in pool.health_text


@both
async def test_a_pool_whose_only_disk_was_pulled_is_missing_though_zfs_calls_it_online(pools: FakeZfs) -> None:
    pools.add_pool("tank", devices={"/dev/disk/by-id/fake-pulled": GIB})
    pools.add_volume("tank/a", MIB, repository=ONE)
    pools.unplug("tank")
    reading = await zfs.read()
    (pool,) = reading.pools
    assert (pool.health, [(m.state, m.reason) for m in pool.members]) == (
        "missing",
        [("missing", "its device node is gone")],
    )
    assert "all reading and writing waits" in pool.health_text
    assert [(v.name, v.health) for v in reading.volumes] == [("a", "missing")]
    assert reading.problems == {}


@both
async def test_a_failing_disk_that_is_there_stays_in_the_words_of_zfs(pools: FakeZfs) -> None:
    pools.add_pool("tank", devices={"/dev/null": GIB})
    pools.unplug("tank")
    (pool,) = (await zfs.read()).pools
    assert (pool.health, pool.members[0].state) == ("faulted", "online")
    assert pool.members[0].reason.endswith("write errors")


@both
async def test_a_suspended_pool_beside_another(pools: FakeZfs) -> None:
    pools.add_pool("good")
    pools.add_volume("good/a", MIB, repository=ONE)
    pools.add_pool("tank")
    guid = pools.add_volume("tank/a", MIB)
    pools.suspend("tank")
    reading = await zfs.read()
    assert [(pool.name, pool.health) for pool in reading.pools] == [("good", "online"), ("tank", "suspended")]
    assert [v.full_name for v in reading.volumes] == ["good/a"]
    assert "currently suspended" in reading.problems["tank"]
    for argv in (
        zfs.create("tank/b", MIB, Mark(ONE)),
        zfs.snapshot("tank/a", "s", ONE),
        zfs.destroy("tank/a", guid),
        zfs.set_volsize("tank/a", MIB, now_bytes=MIB),
    ):
        await refused(errors.NotReady, "zpool clear", zfs.change(argv))
    await refused(errors.NotReady, "zpool clear", zpool.change(zpool.destroy("tank")))


async def test_a_hung_pool_spoils_no_other(pools: FakeZfs) -> None:
    pools.add_pool("good")
    pools.add_pool("tank")
    pools.add_volume("good/a", MIB, repository=ONE)
    gate = pools.hang("tank")
    reading = await zfs.read(timeout_s=3)
    assert [(pool.name, pool.health) for pool in reading.pools] == [("good", "online"), ("tank", "unresponsive")]
    assert [v.full_name for v in reading.volumes] == ["good/a"]
    assert "did not answer within 3 s" in reading.problems["tank"]
    gate.open()
    await until(lambda: not zfs.is_waited_for("tank"))
    assert (await zfs.read()).problems == {}


async def test_a_list_that_hangs_ends_at_the_limit(pools: FakeZfs) -> None:
    pools.add_pool("tank")
    gate = pools.hang_next("zpool list -H -o name")
    reading = await zfs.read(timeout_s=0.3)
    assert reading.pools == ()
    assert "zpool list did not answer" in reading.problems[""]
    gate.open()
    await until(lambda: not zfs.is_waited_for(""))
    assert [pool.name for pool in (await zfs.read()).pools] == ["tank"]


async def test_a_cancelled_reader_leaves_nothing_behind(pools: FakeZfs) -> None:
    pools.add_pool("tank")
    gate = pools.hang("tank")
    reader = asyncio.get_running_loop().create_task(zfs.read_pool("tank"))
    await until(lambda: pools.calls("tank"))
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert "not answered an earlier question" in (await zfs.read()).problems["tank"]
    gate.open()
    await until(lambda: not zfs.is_waited_for("tank"))
    assert (await zfs.read()).problems == {}


async def test_a_pool_of_a_program_that_cannot_be_killed_is_left_alone(pools: FakeZfs) -> None:
    """A question that outlived its reader (here: one that nothing kills) keeps the pool from being asked again."""
    pools.add_pool("tank")
    pools.add_pool("good")
    gate = pools.hang_next("get -Hp -o value available tank")
    with pytest.raises(errors.TimedOut, match="goes on"):
        await zfs.change(("zfs", "get", "-Hp", "-o", "value", "available", "tank"), 0.2)
    assert len(still_running()) == 1
    asked = len(pools.calls("tank"))
    reading = await zfs.read()
    assert [(pool.name, pool.health) for pool in reading.pools] == [("good", "online"), ("tank", "unresponsive")]
    assert len(pools.calls("tank")) == asked
    gate.open()
    await until(lambda: not still_running())
    assert (await zfs.read()).problems == {}


async def test_a_change_is_never_killed(pools: FakeZfs) -> None:
    pools.add_pool("tank")
    gate = pools.hang_next("zfs create")
    await refused(errors.TimedOut, "zfs create tank/a", zfs.change(zfs.create("tank/a", MIB, Mark(ONE)), 0.2))
    assert pools.datasets("tank") == {}
    gate.open()
    await until(lambda: not still_running())
    assert list(pools.datasets("tank")) == ["tank/a"]


async def test_a_pool_that_goes_while_it_is_read(pools: FakeZfs) -> None:
    pools.add_pool("tank")
    assert await zfs.read_pool("tonk") == Reading()
    pools.fail_next("zfs list", "cannot open 'tank': dataset does not exist\n")
    reading = await zfs.read()
    assert [pool.name for pool in reading.pools] == ["tank"]
    assert "does not exist" in reading.problems["tank"]


async def test_without_zfs(pools: FakeZfs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pools.unload_module()
    assert await zfs.read() == Reading()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await zfs.read() == Reading()


@both
async def test_the_version_is_asked_once(pools: FakeZfs) -> None:
    pools.add_pool("tank")
    for _ in range(2):
        await zfs.read()
    assert len(pools.calls("zfs version")) == 1
    speaks_json = pools.state.read_text().find('"version":"2.3') >= 0
    assert len(pools.calls("zpool status -j")) == (2 if speaks_json else 0)


async def test_a_status_without_usable_json_is_read_in_words(pools: FakeZfs) -> None:
    """ZFS ends its JSON early at a device path that is no ASCII; the fake does so too."""
    pools.add_pool("tank", "mirror", {"/dev/caf\u00e9": GIB, "/dev/b": GIB})
    (pool,) = (await zfs.read()).pools
    assert [member.path for member in pool.members] == ["/dev/caf\u00e9", "/dev/b"]
    assert len(pools.calls("zpool status")) == 2
