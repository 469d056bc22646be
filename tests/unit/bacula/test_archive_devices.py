"""Which block devices Bacula uses: read by bsdjson, searched as text, and matched with devices and mounts."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.bacula.archive_devices import ArchiveDevices, mount_point_of
from bamsd.bacula.archive_text import ArchiveDevice, includes, parse_bsdjson, search
from bamsd.core.holders import Holder
from bamsd.errors import NotFound, ToolFailed
from bamsd.system.run import Rights
from tests.fakes.host import FakeHost

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "bacula"
THREE = (
    ArchiveDevice("FileA", "/srv/repo"),
    ArchiveDevice("Raw B", "/dev/vg0/plain"),
    ArchiveDevice("T", "/dev/nst0"),
)


async def ours() -> Rights:
    return Rights(os.geteuid(), os.getegid(), frozenset())


async def nobody() -> Rights:
    raise NotFound("There is no user bacula.")


def recorded(name: str) -> str:
    return str(json.loads((RECORDINGS / f"{name}.json").read_text())["stdout"])


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    found = FakeHost(tmp_path)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found


def configured(host: FakeHost, text: str) -> ArchiveDevices:
    file = host.directory / "bacula-sd.conf"
    file.write_text(text)
    return ArchiveDevices(ours, host.proc, host.sysfs, host.dev, configurations=(file, host.directory / "none"))


def device(name: str, path: str) -> str:
    return f"Device {{\n  Name = {name}\n  Media Type = File\n  Archive Device = {path}\n}}\n"


async def names(source: ArchiveDevices, path: str) -> list[str]:
    return [holder.name for holder in await source(path)]


def test_what_bsdjson_prints() -> None:
    assert parse_bsdjson(recorded("bsdjson")) == THREE
    for text in (recorded("bsdjson-broken"), recorded("bsdjson-nodevice"), "", "{}x", '[{"Name": "a"}]', "[7]"):
        with pytest.raises(ToolFailed, match="bsdjson printed no list"):
            parse_bsdjson(text)


def test_the_same_file_searched_as_text() -> None:
    text = (RECORDINGS / "bacula-sd.conf").read_text()
    assert [found.path for found in search(text)] == [found.path for found in THREE]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Archive Device = /srv/a # x", "/srv/a"),
        ("archivedevice=/srv/a;", "/srv/a"),
        ("ARCHIVE-DEVICE = /srv/a}", "/srv/a"),
        ("Archive_Device\n=\n/srv/a", "/srv/a"),
        ('Archive Device = "/srv/a \\"b;c"', '/srv/a "b;c'),
        ("# Archive Device = /srv/a", "/srv/a"),
    ],
)
def test_ways_to_write_an_archive_device(text: str, path: str) -> None:
    assert search(text) == (ArchiveDevice("", path),)


@given(st.text())
def test_any_text_is_searched(text: str) -> None:
    assert all(found.path for found in search(text))
    includes(text)


@given(st.from_regex(r"/[A-Za-z0-9_./-]{1,40}", fullmatch=True))
def test_every_path_is_found(path: str) -> None:
    assert ArchiveDevice("", path) in search(f"Device {{ Name = a; {{{{ Archive Device = {path}\n")


def test_the_mount_point_of_a_path(tmp_path: Path) -> None:
    points = ["/", str(tmp_path), f"{tmp_path}/a", f"{tmp_path}/ab"]
    assert mount_point_of(f"{tmp_path}/a/b/c", points) == f"{tmp_path}/a"
    assert mount_point_of(f"{tmp_path}/abc", points) == str(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "ab")
    assert mount_point_of(f"{tmp_path}/link/x", points) == f"{tmp_path}/ab"


async def test_without_bacula_nobody_uses_it(host: FakeHost) -> None:
    source = ArchiveDevices(ours, host.proc, host.sysfs, host.dev, configurations=(host.directory / "none",))
    assert await source(host.add_disk("sda")) == ()
    assert host.calls("bsdjson") == []


async def test_a_device_that_bacula_writes_to(host: FakeHost) -> None:
    path = host.add_disk("sda", serial="S1")
    source = configured(host, device("Raw", f"{host.dev}/disk/by-id/scsi-3S1"))
    (found,) = await source(path)
    assert found == Holder(
        "bacula-device",
        f"Raw (archive device {host.dev}/disk/by-id/scsi-3S1)",
        "Take the device Raw out of bacula-sd.conf and restart bacula-sd when no job runs.",
    )
    assert await source(host.add_disk("sdb")) == ()
    (call, *_) = host.calls("bsdjson")
    assert call[:5] == ["bsdjson", "-r", "Device", "-D", "-c"], "no password may come out"


async def test_a_directory_on_a_file_system_of_it(host: FakeHost) -> None:
    path, other = host.add_disk("sda"), host.add_disk("sdb")
    point = host.directory / "mnt"
    source = configured(host, device("File", f"{point}/volumes"))
    assert await names(source, path) == []
    host.mount(other, "/")
    host.mount(path, str(point))
    assert await names(source, path) == [f"File (archive device {point}/volumes)"]
    assert await names(source, other) == []


async def test_a_directory_on_a_partition_of_it(host: FakeHost) -> None:
    path = host.add_disk("sda")
    host.mount(host.add_partition("sda", "sda1"), "/data")
    assert await names(configured(host, device("File", "/data/x")), path) == ["File (archive device /data/x)"]


async def test_a_volume_that_is_not_active_or_not_mounted(host: FakeHost) -> None:
    file = host.directory / "bacula-sd.conf"
    file.write_text(device("Raw", "/dev/vg/a") + device("File", "/srv/bams/b/volumes"))
    points = {"/dev/vg/b": ["/srv/bams/b"]}
    source = ArchiveDevices(
        ours,
        host.proc,
        host.sysfs,
        host.dev,
        configurations=(file,),
        mount_points=lambda path: points.get(path, []),
    )
    assert await names(source, "/dev/vg/a") == ["Raw (archive device /dev/vg/a)"]
    assert await names(source, "/dev/vg/b") == ["File (archive device /srv/bams/b/volumes)"]
    assert await names(source, "/dev/vg/c") == []


async def test_a_file_that_bacula_refuses_is_searched(host: FakeHost) -> None:
    path = host.add_disk("sda")
    source = configured(host, device("Raw", path) + "Storage { Name = a\n")
    assert await names(source, path) == [f"archive device {path}"]


async def test_a_file_without_bsdjson_is_searched(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    path = host.add_disk("sda")
    source = configured(host, device("Raw", path))
    monkeypatch.setenv("PATH", str(host.directory))
    assert await names(source, path) == [f"archive device {path}"]


async def test_a_file_that_nobody_may_read_for_bacula_is_searched(host: FakeHost) -> None:
    path = host.add_disk("sda")
    file = host.directory / "bacula-sd.conf"
    file.write_text(device("Raw", path))
    source = ArchiveDevices(nobody, host.proc, host.sysfs, host.dev, configurations=(file,))
    assert await names(source, path) == [f"archive device {path}"]
    assert host.calls("bsdjson") == []


async def test_what_a_broken_file_includes_is_searched_too(host: FakeHost) -> None:
    path = host.add_disk("sda")
    folder = host.directory / "conf.d"
    folder.mkdir()
    (folder / "a.conf").write_text(device("Raw", path))
    source = configured(host, f"@conf.d/a.conf\n@{folder}/a.conf\nStorage {{\n")
    assert await names(source, path) == [f"archive device {path}"]


@pytest.mark.parametrize(
    "include",
    [
        "@conf.d/none.conf",
        '@|"sh -c devices"',
        "Messages { @|/usr/local/bin/devices",
        "Storage { Name = a; } @conf.d/none.conf",
        "Storage { Name = a\t@conf.d/none.conf }",
    ],
)
async def test_what_cannot_be_followed_is_not_taken_for_nobody(host: FakeHost, include: str) -> None:
    source = configured(host, f"{include}\nStorage {{\n")
    with pytest.raises(ToolFailed, match=r"bacula-sd -t -c .*bacula-sd\.conf"):
        await source(host.add_disk("sda"))


def test_what_is_no_include() -> None:
    assert includes("# see @conf.d\n  Mail = root@localhost = all\n\t# @|cmd\n") == ()
    assert includes("@a.conf\nDevice { @b.conf\n") == ("a.conf", "b.conf")


async def test_a_pipe_that_is_included_holds_nobody_up(host: FakeHost) -> None:
    os.mkfifo(host.directory / "pipe.conf")
    source = configured(host, "@pipe.conf\nStorage {\n")
    host.fail_next("bsdjson", "It was stopped.\n")
    with pytest.raises(ToolFailed, match=r"pipe\.conf cannot be read.*it is no regular file"):
        await source(host.add_disk("sda"))


async def test_a_bsdjson_that_prints_something_else(host: FakeHost) -> None:
    source = configured(host, device("Raw", "/dev/a"))
    path = host.add_disk("sda")
    for text in ("", "{"):
        host.fail_next("bsdjson", "", 0, stdout=text)
        with pytest.raises(ToolFailed, match="printed no list"):
            await source(path)


async def test_mounts_that_cannot_be_read(host: FakeHost) -> None:
    source = configured(host, device("Raw", "/dev/a"))
    host.mountinfo.unlink()
    with pytest.raises(ToolFailed, match="Whether Bacula uses"):
        await source(host.add_disk("sda"))
