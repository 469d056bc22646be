"""Mount units: names as systemd makes them, their text, and units that come and go on the fake host."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.disk import mkfs, mount_unit, systemctl
from bamsd.disk.mount_unit import escape_path, unescape_path, unit_name, unit_text
from bamsd.errors import InUse, InvalidArgument, NotFound, TimedOut, ToolFailed
from tests.fakes.host import FakeHost

UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
ESCAPED = {  # systemd-escape --path of systemd 257
    "/srv/bams/repo-1": r"srv-bams-repo\x2d1",
    "/srv/a.b/.hid/c d/ü_é:x": r"srv-a.b-.hid-c\x20d-\xc3\xbc_\xc3\xa9:x",
    "/": "-",
    "/.x/y": r"\x2ex-y",
    "//a//b/": "a-b",
    "/a\\b": r"a\x5cb",
}
PATHS = st.lists(
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1).filter(
        lambda part: part not in (".", "..")
    ),
    max_size=4,
).map(lambda parts: "/" + "/".join(parts))


@pytest.mark.parametrize("path", ESCAPED)
def test_names_as_systemd_escapes_them(path: str) -> None:
    assert escape_path(path) == ESCAPED[path]


@pytest.mark.skipif(not shutil.which("systemd-escape"), reason="systemd-escape is not installed")
def test_the_systemd_of_this_host_agrees() -> None:
    for path, escaped in ESCAPED.items():
        argv = ["systemd-escape", "--path", "--", path]
        assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip() == escaped


@given(PATHS)
def test_an_escaped_path_comes_back(path: str) -> None:
    assert unescape_path(escape_path(path)) == path
    assert set(escape_path(path)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.-\\")


@pytest.mark.parametrize("path", ["", "a/b", "/a/../b", "/..", "/a\0b"])
def test_what_is_no_absolute_path(path: str) -> None:
    with pytest.raises(InvalidArgument):
        escape_path(path)


def test_a_name_that_is_too_long() -> None:
    with pytest.raises(InvalidArgument, match="too long for a unit"):
        unit_name("/srv/" + "a-" * 60 + "a" * 20)


def test_the_unit_of_a_logical_volume() -> None:
    text = unit_text("/dev/vg/a", "/srv/bams/a", "xfs", "BAMS repository a (100%)")
    assert text.splitlines()[1:] == [
        "[Unit]",
        "Description=BAMS repository a (100%%)",
        "",
        "[Mount]",
        "What=/dev/vg/a",
        "Where=/srv/bams/a",
        "Type=xfs",
        "Options=nofail,nosuid,nodev,noexec,nouuid",
        "",
        "[Install]",
        "WantedBy=local-fs.target",
    ]


def test_the_unit_of_a_zvol_waits_for_its_link() -> None:
    text = unit_text("/dev/zvol/tank/a", "/srv/bams/a", "ext4", "a")
    assert "After=zfs-volumes.target" in text
    assert "Options=nofail,nosuid,nodev,noexec\n" in text


@pytest.mark.parametrize("device", ["/dev/a\nExecStart=/bin/sh", "/dev/a\\", "/dev/a "])
def test_a_value_cannot_forge_a_line(device: str) -> None:
    with pytest.raises(InvalidArgument, match="cannot stand in a mount unit"):
        unit_text(device, "/srv/a", "xfs", "a")


async def test_a_unit_is_written_readable_and_whole(host: FakeHost) -> None:
    point = "/srv/bams/repo-1"
    for text in ("# one\n", unit_text("/dev/vg/a", point, "xfs", "a")):
        path = await mount_unit.write(point, text, host.units)
    assert path == host.units / "srv-bams-repo\\x2d1.mount"
    assert path.read_text() == text
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(host.units) == [path.name]
    assert await mount_unit.exists(point, host.units)
    assert await mount_unit.remove(point, host.units)
    assert not await mount_unit.exists(point, host.units)
    assert not await mount_unit.remove(point, host.units)


async def test_a_unit_of_somebody_else_is_not_removed(host: FakeHost) -> None:
    foreign = host.units / "srv-a.mount"
    foreign.write_text("[Mount]\n")
    with pytest.raises(ToolFailed, match="was not written by BAMS"):
        await mount_unit.remove("/srv/a", host.units)
    assert foreign.exists()


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="cannot be written: No such file"):
        await mount_unit.write("/srv/a", "", tmp_path / "none")


async def mounted(host: FakeHost) -> tuple[str, str]:
    device, point = host.add_disk("sda"), str(host.directory / "mnt" / "a")
    await mkfs.change(mkfs.xfs(device, UUID, "a"))
    await mount_unit.write(point, unit_text(device, point, "xfs", "a"), host.units)
    unit = unit_name(point)
    await systemctl.change(systemctl.daemon_reload())
    await systemctl.change(systemctl.enable_now(unit))
    return point, unit


async def test_a_unit_is_enabled_stopped_and_disabled(host: FakeHost) -> None:
    point, unit = await mounted(host)
    assert host.mounts() == [point]
    assert host.enabled(unit)
    assert await systemctl.is_active(unit)
    await systemctl.change(systemctl.stop(unit))
    assert host.mounts() == []
    assert not await systemctl.is_active(unit)
    await systemctl.change(systemctl.disable(unit))
    assert not host.enabled(unit)


async def test_a_busy_mount_stays_mounted_and_enabled(host: FakeHost) -> None:
    point, unit = await mounted(host)
    host.set_busy_mount(point)
    with pytest.raises(InUse, match=f"^{re.escape(point)} is still mounted, because something uses it"):
        await systemctl.change(systemctl.stop(unit))
    assert host.mounts() == [point]
    assert host.enabled(unit)


async def test_a_unit_that_is_not_there(host: FakeHost) -> None:
    for argv in (systemctl.enable_now("no.mount"), systemctl.stop("no.mount"), systemctl.disable("no.mount")):
        with pytest.raises(NotFound, match=r"systemd has no unit no\.mount"):
            await systemctl.change(argv)
    assert not await systemctl.is_active("no.mount")


async def test_a_mount_that_fails_says_so(host: FakeHost) -> None:
    device, point = host.add_disk("sda"), str(host.directory / "mnt")
    await mount_unit.write(point, unit_text(device, point, "xfs", "a"), host.units)
    with pytest.raises(ToolFailed, match="failed: Job failed"):
        await systemctl.change(systemctl.enable_now(unit_name(point)))
    assert host.mounts() == []


async def test_a_systemctl_that_hangs(host: FakeHost) -> None:
    gate = host.hang_next("systemctl daemon-reload")
    with pytest.raises(TimedOut, match=r"systemd did not finish daemon-reload within 0\.3 s and goes on"):
        await systemctl.change(systemctl.daemon_reload(), timeout_s=0.3)
    gate.open()
