"""The subcommands of lvm through the runner, against a fake LVM."""

import asyncio
import time
from pathlib import Path

import pytest

from bamsd import errors
from bamsd.disk import lvm
from bamsd.disk.lvm_marks import snapshot_tag, tags_of
from bamsd.disk.lvm_settings import compose
from bamsd.disk.models import Mark, Reading, Volume
from bamsd.system.run import run, still_running
from tests.fakes.disks_lvm import GIB, MIB, FakeLvm

U = "7d1f6c0a-3b52-4e0c-9a61-1f0e5d2c8b4a"
MARK = Mark(U)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeLvm:
    found = FakeLvm(tmp_path)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def vg0(fake: FakeLvm) -> FakeLvm:
    fake.add_group("vg0")
    return fake


async def volume(name: str) -> Volume:
    return next(volume for volume in (await lvm.read()).volumes if volume.name == name)


def write(device: Path, content: bytes) -> None:
    with device.open("r+b") as file:
        file.write(content)


def start_of(device: Path) -> bytes:
    with device.open("rb") as file:
        return file.read(6)


async def test_the_life_of_a_thick_repository(fake: FakeLvm) -> None:
    for path in ("/dev/a", "/dev/b"):
        fake.add_device(path, GIB)
    await lvm.change(lvm.vgcreate("vg0", ["/dev/a"]))
    await lvm.change(lvm.vgextend("vg0", ["/dev/b"]))
    await lvm.change(lvm.lvcreate("vg0", "repo", 100 * MIB + 1, MARK))
    made = await volume("repo")
    assert (made.repository, made.size_bytes, made.device) == (U, 104 * MIB, str(fake.device("vg0", "repo")))
    write(fake.device("vg0", "repo"), b"before")
    await lvm.change(lvm.lvcreate_snapshot("vg0", "repo", "monday", 20 * MIB, U))
    write(fake.device("vg0", "repo"), b"after!")
    with pytest.raises(errors.InUse, match="delete its snapshots first"):
        await lvm.change(lvm.lvextend("vg0", "repo", 200 * MIB))
    await lvm.change(lvm.lvconvert_merge("vg0", "repo.monday"))
    assert start_of(fake.device("vg0", "repo")) == b"before"
    await lvm.change(lvm.lvextend("vg0", "repo", 200 * MIB))
    grown = await volume("repo")
    assert (grown.size_bytes, grown.uuid, grown.snapshots) == (200 * MIB, made.uuid, ())
    assert fake.device("vg0", "repo").stat().st_size == 200 * MIB
    await lvm.change(lvm.lvremove("vg0", "repo", made.uuid))
    await lvm.change(lvm.vgremove("vg0"))
    await lvm.change(lvm.pvremove(["/dev/a", "/dev/b"]))
    assert await lvm.read() == Reading()
    assert not fake.device("vg0", "repo").exists()


async def test_the_life_of_a_thin_repository(vg0: FakeLvm) -> None:
    await lvm.change(lvm.lvcreate_thin_pool("vg0", "pool", GIB, None))
    await lvm.change(lvm.lvcreate_thin("vg0", "pool", "repo", 20 * GIB, Mark(U, "filesystem", "xfs")))
    made = await volume("repo")
    assert (made.kind, made.pool, made.filesystem, made.size_bytes) == ("lvm-thin", "vg0/pool", "xfs", 20 * GIB)
    for name in ("monday", "tuesday"):
        await lvm.change(lvm.lvcreate_snapshot("vg0", "repo", name, None, U))
    assert not vg0.device("vg0", "repo.monday").exists()
    await lvm.change(lvm.lvchange_activate("vg0", "repo.monday"))
    assert vg0.device("vg0", "repo.monday").exists()
    await lvm.change(lvm.lvconvert_merge("vg0", "repo.monday"))
    after = await volume("repo")
    assert (after.uuid, after.repository, after.merging) == (made.uuid, U, False)
    assert [(s.name, s.owned, s.detached) for s in after.snapshots] == [("tuesday", True, True)]
    with pytest.raises(errors.NotFound, match="not a mergeable"):
        await lvm.change(lvm.lvconvert_merge("vg0", "repo.tuesday"))


async def test_the_settings_stand_behind_the_subcommand(vg0: FakeLvm) -> None:
    await lvm.read()
    await lvm.change(lvm.lvcreate("vg0", "repo", GIB, MARK))
    assert vg0.settings() == [compose()] * 2
    assert vg0.calls() == [list(lvm.fullreport()), list(lvm.lvcreate("vg0", "repo", GIB, MARK))]
    assert len(vg0.calls("lvmconfig")) == 1
    for setting in ("global/wait_for_locks=0", "devices/scan_lvs=0", "r|^/dev/zd[0-9]|", "r|^/dev/drbd|"):
        assert setting in vg0.settings()[0]


async def test_the_filter_of_the_host_is_kept(vg0: FakeLvm) -> None:
    await lvm.read()
    with vg0.changing() as state:
        state["global_filter"] = '["a|^/dev/drbd[0-9]|","r|^/dev/sd\\"x|"]'
    (vg0.system_dir / "lvm.conf").write_text("changed")
    await lvm.read()
    assert vg0.settings()[1].endswith(
        'devices/global_filter=["r|^/dev/zd[0-9]|","r|^/dev/zvol/|","a|^/dev/drbd[0-9]|","r|^/dev/sd\\"x|"]'
    )


async def test_a_look_alike_is_not_removed(vg0: FakeLvm) -> None:
    """Somebody removed our volume and made another of the same name."""
    old = vg0.add_volume("vg0", "repo", GIB, tags=tags_of(MARK))
    with vg0.changing() as state:
        del state["groups"]["vg0"]["volumes"]["repo"]
    new = vg0.add_volume("vg0", "repo", GIB)
    with pytest.raises(errors.OutOfSync, match=r"vg0/repo.*another one now"):
        await lvm.change(lvm.lvremove("vg0", "repo", old))
    assert vg0.volume("vg0", "repo")["uuid"] == new


async def test_a_thick_snapshot_does_not_go_with_its_origin(vg0: FakeLvm) -> None:
    uuid = vg0.add_volume("vg0", "repo", GIB, tags=tags_of(MARK))
    vg0.add_snapshot("vg0", "repo", "repo.monday", 100 * MIB, tags=[snapshot_tag(U)])
    with pytest.raises(errors.OutOfSync, match="has snapshots"):
        await lvm.change(lvm.lvremove("vg0", "repo", uuid))
    assert vg0.volumes("vg0") == ["repo", "repo.monday"]


async def test_a_thin_pool_goes_only_when_it_is_empty(vg0: FakeLvm) -> None:
    uuid = vg0.add_thin_pool("vg0", "pool", GIB)
    thin = vg0.add_volume("vg0", "repo", GIB, pool="pool")
    with pytest.raises(errors.OutOfSync, match="pool with volumes"):
        await lvm.change(lvm.lvremove("vg0", "pool", uuid))
    await lvm.change(lvm.lvremove("vg0", "repo", thin))
    await lvm.change(lvm.lvremove("vg0", "pool", uuid))
    assert vg0.volumes("vg0") == []


@pytest.mark.parametrize("use", ["open", "mounted"])
async def test_a_volume_in_use(vg0: FakeLvm, use: str) -> None:
    uuid = vg0.add_volume("vg0", "repo", GIB, tags=tags_of(MARK))
    vg0.set("vg0", "repo", **{use: True})
    assert (await volume("repo")).is_open
    with pytest.raises(errors.InUse, match="vg0/repo"):
        await lvm.change(lvm.lvremove("vg0", "repo", uuid))


async def test_a_rollback_that_would_come_later_is_an_error(vg0: FakeLvm) -> None:
    vg0.add_volume("vg0", "repo", GIB, tags=tags_of(MARK))
    vg0.add_snapshot("vg0", "repo", "repo.monday", 100 * MIB, tags=[snapshot_tag(U)])
    vg0.set("vg0", "repo", open=True)
    with pytest.raises(errors.InUse, match="when it is next activated"):
        await lvm.change(lvm.lvconvert_merge("vg0", "repo.monday"))
    assert (await volume("repo")).merging


async def test_a_rollback_goes_on_in_the_background(vg0: FakeLvm) -> None:
    vg0.add_volume("vg0", "repo", GIB, tags=tags_of(MARK))
    vg0.add_snapshot("vg0", "repo", "repo.monday", 100 * MIB, tags=[snapshot_tag(U)])
    vg0.make_merges_wait()
    await lvm.change(lvm.lvconvert_merge("vg0", "repo.monday"))
    under_way = await volume("repo")
    assert (under_way.merging, [s.merging for s in under_way.snapshots]) == (True, [True])
    vg0.finish_merges()
    assert not (await volume("repo")).merging


async def test_growing_to_the_same_size_is_no_error(vg0: FakeLvm) -> None:
    vg0.add_volume("vg0", "repo", GIB)
    await lvm.change(lvm.lvextend("vg0", "repo", GIB))
    with pytest.raises(errors.InvalidArgument, match="can only grow"):
        await lvm.change(lvm.lvextend("vg0", "repo", GIB // 2))
    assert vg0.volume("vg0", "repo")["extents"] == 256


async def test_no_room(vg0: FakeLvm) -> None:
    with pytest.raises(errors.OutOfSpace, match="vg0/repo"):
        await lvm.change(lvm.lvcreate("vg0", "repo", 11 * GIB, MARK))
    vg0.add_thin_pool("vg0", "pool", GIB)
    vg0.fill_pool("vg0", "pool", 100.0)
    with pytest.raises(errors.OutOfSpace, match="vg0/pool reached threshold"):
        await lvm.change(lvm.lvcreate_thin("vg0", "pool", "thin", GIB, MARK))
    assert (await lvm.read()).pools[1].health == "suspended"
    await lvm.change(lvm.lvextend("vg0", "pool", 2 * GIB))
    assert (await lvm.read()).pools[1].data_percent == 50.0


async def test_a_lock_that_is_let_go(vg0: FakeLvm) -> None:
    vg0.hold_lock("vg0")
    change = asyncio.create_task(lvm.change(lvm.lvcreate("vg0", "repo", GIB, MARK)))
    read = asyncio.create_task(lvm.read())
    while len(vg0.calls("lvcreate")) < 2 or len(vg0.calls("fullreport")) < 2:
        await asyncio.sleep(0.01)
    vg0.hold_lock("vg0", held=False)
    await change
    assert (await read).problems == {}
    assert vg0.volumes("vg0") == ["repo"]


async def test_a_lock_that_stays(vg0: FakeLvm) -> None:
    vg0.add_group("vg1")
    vg0.hold_lock("vg0")
    with pytest.raises(errors.Busy, match="Another program holds LVM's lock"):
        await lvm.change(lvm.lvcreate("vg0", "repo", GIB, MARK), lock_wait_s=0)
    found = await lvm.read(lock_wait_s=0)
    assert list(found.problems) == ["vg0"]
    assert [pool.name for pool in found.pools] == ["vg1"]


async def test_a_change_that_hangs_is_never_killed(vg0: FakeLvm) -> None:
    gate = vg0.hang_next("lvcreate")
    with pytest.raises(errors.TimedOut, match=r"lvcreate vg0/repo within 0.2 s.*goes on by itself"):
        await lvm.change(lvm.lvcreate("vg0", "repo", GIB, MARK), timeout_s=0.2)
    assert vg0.volumes("vg0") == []
    gate.open()
    while still_running():
        await asyncio.sleep(0.01)
    assert vg0.volumes("vg0") == ["repo"]


async def test_a_reading_that_hangs_is_stopped(vg0: FakeLvm) -> None:
    vg0.hang_next("fullreport")
    with pytest.raises(errors.TimedOut):
        await lvm.read(timeout_s=0.2)
    assert still_running() == ()
    assert len((await lvm.read()).pools) == 1


async def test_a_failure_without_a_better_name(vg0: FakeLvm) -> None:
    vg0.fail_next("lvcreate", "Internal error: \x1b[31mkaboom")
    with pytest.raises(errors.ToolFailed, match=r"lvcreate vg0/repo: Internal error: \ufffd.31mkaboom"):
        await lvm.change(lvm.lvcreate("vg0", "repo", GIB, MARK))


async def test_without_lvm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LVM_SYSTEM_DIR", str(tmp_path))
    with pytest.raises(errors.NotSupported, match="Install it"):
        await lvm.read()


async def test_groups_of_other_hosts(vg0: FakeLvm) -> None:
    vg0.set_group("vg0", system="here")
    assert (await lvm.read()).pools[0].health == "unknown"
    with vg0.changing() as state:
        state["system"] = "here"
    assert (await lvm.read()).pools[0].health == "online"


async def test_a_thousand_volumes_are_read_in_one_command(vg0: FakeLvm) -> None:
    vg0.add_thin_pool("vg0", "pool", GIB)
    vg0.add_volumes("vg0", 1000, GIB, pool="pool")
    started = time.process_time()
    found = await lvm.read()
    assert len(found.volumes) == 1000
    assert len(vg0.calls()) == 1
    assert time.process_time() - started < 1.0


async def test_lvm_that_waits_in_the_kernel_is_not_asked_again_until_it_has_answered(vg0: FakeLvm) -> None:
    gate = vg0.hang_next("fullreport")
    with pytest.raises(errors.TimedOut):  # as when even SIGKILL does not end it
        await run(lvm.fullreport(), timeout_s=0.05, kill_on_timeout=False)
    asked = len(vg0.calls("fullreport"))
    with pytest.raises(errors.TimedOut, match="an earlier question"):
        await lvm.read()
    assert len(vg0.calls("fullreport")) == asked
    gate.open()
    async with asyncio.timeout(20):
        while still_running():
            await asyncio.sleep(0.01)
    assert (await lvm.read()).problems == {}
