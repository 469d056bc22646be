"""Making and growing file systems on the fake host, and what the real programs say when they refuse."""

import json
from pathlib import Path

import pytest

from bamsd.disk import mkfs
from bamsd.disk.mkfs import Root
from bamsd.errors import BamsError, InUse, InvalidArgument, NotFound, ToolFailed
from bamsd.system.run import CommandFailed, Result
from tests.fakes.host import GIB, MIB, FakeHost

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "block"
UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
ROOT = Root(104, 26, 0o750)


@pytest.mark.parametrize("kind", ["xfs", "ext4"])
async def test_a_file_system_belongs_to_its_user(host: FakeHost, kind: str) -> None:
    device = host.add_disk("sda", signature="ext4")
    if kind == "xfs":
        await mkfs.change(mkfs.xfs(device, UUID, "a-long-repository-name"), ROOT)
    else:
        await mkfs.change(mkfs.ext4(device, UUID, "a-long-repository-name", ROOT))
        await mkfs.change(mkfs.ext4_root_mode(device, ROOT))
    found = host.filesystem(device)
    assert (found["type"], found["uuid"], found["owner"], found["mode"]) == (kind, UUID, "104:26", "0750")
    assert found["label"] == ("a-long-repos" if kind == "xfs" else "a-long-reposito" + "r")


def test_the_prototype_of_a_root_directory() -> None:
    assert mkfs.prototype(ROOT) == b"/dev/null\n0 0\nd--750 104 26\n$\n"


@pytest.mark.parametrize("kind", ["xfs", "ext4"])
async def test_a_mounted_file_system_grows(host: FakeHost, tmp_path: Path, kind: str) -> None:
    device, point = host.add_disk("sda", GIB), tmp_path / "mnt"
    point.mkdir()
    make = mkfs.xfs(device, UUID, "a") if kind == "xfs" else mkfs.ext4(device, UUID, "a", ROOT)
    await mkfs.change(make, ROOT)
    host.mount(device, str(point), kind)
    with open(device, "r+b") as file:
        file.truncate(2 * GIB)
    assert host.filesystem(device)["size"] == GIB
    await mkfs.change(mkfs.xfs_growfs(str(point)) if kind == "xfs" else mkfs.resize2fs(device))
    assert host.filesystem(device)["size"] == 2 * GIB


@pytest.mark.parametrize("kind", ["xfs", "ext4"])
async def test_a_mounted_device_is_not_touched(host: FakeHost, kind: str) -> None:
    device = host.add_disk("sda", signature="ext4")
    host.mount(device, "/srv")
    with pytest.raises(InUse, match=f"^{device} is in use"):
        await mkfs.change(mkfs.xfs(device, UUID, "a") if kind == "xfs" else mkfs.ext4(device, UUID, "a", ROOT))
    assert host.signatures(device) == ["ext4"]


async def test_too_small_for_xfs(host: FakeHost) -> None:
    device = host.add_disk("sda", mkfs.XFS_MINIMUM_BYTES - MIB)
    with pytest.raises(InvalidArgument, match=f"^{device} is too small"):
        await mkfs.change(mkfs.xfs(device, UUID, "a"))


async def test_debugfs_that_failed_with_exit_code_0(host: FakeHost) -> None:
    with pytest.raises(ToolFailed, match="could not be given its mode: debugfs: No such file"):
        await mkfs.change(mkfs.ext4_root_mode("/dev/none", ROOT))


FAILURES: list[tuple[str, tuple[str, ...], type[BamsError], str]] = [
    ("mkfs-xfs-busy", mkfs.xfs("/dev/loop1", UUID, "a"), InUse, "is in use"),
    ("mkfs-xfs-mounted", mkfs.xfs("/dev/loop3", UUID, "a"), InUse, "is in use"),
    ("mkfs-xfs-none", mkfs.xfs("/dev/none", UUID, "a"), NotFound, "is not there"),
    ("mkfs-xfs-small", mkfs.xfs("/dev/vg0/small", UUID, "a"), InvalidArgument, "too small"),
    ("mkfs-ext4-busy", mkfs.ext4("/dev/loop1", UUID, "a", ROOT), InUse, "is in use"),
    ("mkfs-ext4-mounted", mkfs.ext4("/dev/loop3", UUID, "a", ROOT), InUse, "is in use"),
    ("mkfs-ext4-none", mkfs.ext4("/dev/none", UUID, "a", ROOT), NotFound, "is not there"),
    ("xfs_growfs-unmounted", mkfs.xfs_growfs("/mnt/a"), NotFound, "No xfs is mounted at /mnt/a"),
    ("xfs_growfs-none", mkfs.xfs_growfs("/mnt/none"), NotFound, "is not there"),
    ("resize2fs-none", mkfs.resize2fs("/dev/none"), NotFound, "is not there"),
    ("resize2fs-xfs", mkfs.resize2fs("/dev/loop3"), ToolFailed, "Bad magic number"),
    ("resize2fs-unmounted", mkfs.resize2fs("/dev/loop4"), ToolFailed, "Please run 'e2fsck -f /dev/loop4' first."),
]


@pytest.mark.parametrize(("name", "argv", "kind", "text"), FAILURES, ids=[failure[0] for failure in FAILURES])
def test_recorded_failures(name: str, argv: tuple[str, ...], kind: type[BamsError], text: str) -> None:
    seen = json.loads((RECORDINGS / f"{name}.json").read_text())
    assert seen["code"] != 0
    error = mkfs.failure(argv, CommandFailed("it failed.", Result(argv, seen["code"], "", seen["stderr"], 0.1)))
    assert type(error) is kind
    assert text in error.message
    assert ".." not in error.message
