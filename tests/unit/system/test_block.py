"""What proc and sysfs say of block devices: recorded text, odd text, and trees of a fake host."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.errors import TimedOut
from bamsd.system import block
from tests.fakes.host import FakeHost

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "block"


def recorded(name: str) -> str:
    return str(json.loads((RECORDINGS / f"{name}.json").read_text())["stdout"])


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(tmp_path)


@pytest.fixture
def roots(host: FakeHost) -> block.Roots:
    return block.Roots(host.proc, host.sysfs, host.dev)


def test_mounts_of_a_real_host() -> None:
    mounts = {mount.point: mount for mount in block.parse_mountinfo(recorded("mountinfo"))}
    assert mounts["/"] == block.Mount("/", "/dev/vda", "ext4", (254, 0))
    assert mounts["/mnt/a"] == block.Mount("/mnt/a", "/dev/loop4", "ext4", (7, 4))
    assert mounts["/sys"].source == "sysfs"
    assert len(mounts) > 10


@pytest.mark.parametrize(
    ("line", "mount"),
    [
        (r"1 2 8:1 / /a\040b\011\134 rw - ext4 /dev/sda1 rw", block.Mount("/a b\t\\", "/dev/sda1", "ext4", (8, 1))),
        ("1 2 8:1 / /a rw shared:1 master:2 - xfs /dev/sda1 rw", block.Mount("/a", "/dev/sda1", "xfs", (8, 1))),
        ("1 2 0:5 / /a rw - btrfs /dev/sda1 rw", block.Mount("/a", "/dev/sda1", "btrfs", (0, 5))),
    ],
)
def test_lines_of_mountinfo(line: str, mount: block.Mount) -> None:
    assert block.parse_mountinfo(line) == (mount,)


@pytest.mark.parametrize("line", ["", "1 2 8:1 / /a rw", "1 2 x:1 / /a rw - a b", "a - b c", "1 2 8:1 / /a rw - ext4"])
def test_lines_that_are_no_mount(line: str) -> None:
    assert block.parse_mountinfo(line) == ()


@given(st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"]), min_size=1))
def test_every_mount_point_comes_back(point: str) -> None:
    octal = "".join(f"\\{ord(char):03o}" if char in " \t\n\\" else char for char in point)
    (mount,) = block.parse_mountinfo(f"1 2 8:1 / {octal} rw shared:1 - ext4 /dev/sda rw")
    assert mount.point == point


@given(st.text())
def test_any_text_is_passed_over(text: str) -> None:
    block.parse_mountinfo(text)
    block.parse_swaps(text)


def test_swaps_of_a_real_host() -> None:
    assert block.parse_swaps(recorded("swaps")) == ("/dev/loop6",)
    assert block.parse_swaps("Filename\tType\n/a\\040b file 1 2 3\n/c (deleted) file 1 2 3") == ("/a b", "/c")


def test_a_device_is_found_by_every_link(host: FakeHost, roots: block.Roots) -> None:
    device = host.add_disk("sda", serial="S1")
    node = block.node(f"{host.dev}/disk/by-id/scsi-3S1", roots)
    assert node is not None
    assert (node.real_path, node.name, node.number) == (device, "sda", (8, 16))
    assert block.is_device(device, node)
    assert not block.is_device(host.add_disk("sdb"), node)
    assert not block.is_device("sda", node)


def test_a_device_that_is_not_there(roots: block.Roots) -> None:
    assert block.node(f"{roots.dev}/none", roots) is None
    assert block.node(f"{roots.dev}/none/below", roots) is None


def test_a_real_device_node_is_told_by_its_number() -> None:
    node = block.node("/dev/null")
    assert node is not None
    assert node.number is None, "a character device is none"


def test_mounts_by_number_and_by_source(host: FakeHost, roots: block.Roots) -> None:
    device = host.add_disk("sda")
    other = host.add_disk("sdb")
    host.mount("none", "/by-number", number="8:16")
    host.mount(device, "/by-source", "btrfs", number="0:40")
    host.mount(other, "/other", number="8:32")
    node = block.node(device, roots)
    assert node is not None
    assert [mount.point for mount in block.mounts_of(node, block.mounts(roots))] == ["/by-number", "/by-source"]


def test_stacking_and_partitions(host: FakeHost, roots: block.Roots) -> None:
    host.add_disk("sda")
    host.add_partition("sda", "sda1")
    host.stack("sda1", "dm-3", mapped="vg-lv", uuid="LVM-abc")
    host.stack("sda", "md0", raid=True)
    host.add_loop("loop0", "/srv/a (deleted)")
    assert block.partitions("sda", roots) == ("sda1",)
    assert block.partitions("sda1", roots) == ()
    assert block.number_of_name("sda1", roots) == (8, 17)
    assert block.stacked_on("sda1", roots) == ("dm-3",)
    assert block.stacked_on("gone", roots) == ()
    assert block.mapping("dm-3", roots) == block.Mapping("vg-lv", "LVM-abc")
    assert block.mapping("md0", roots) is None
    assert block.is_raid("md0", roots)
    assert list(block.loops(roots)) == [("loop0", "/srv/a")]
    assert block.node_path("cciss!c0d0", roots) == f"{host.dev}/cciss/c0d0"


def test_sizes_are_bytes(host: FakeHost, roots: block.Roots) -> None:
    host.add_disk("sda")
    assert block.size_bytes("sda", roots) is None
    (host.sysfs / "class" / "block" / "sda" / "size").write_text("2048\n")
    assert block.size_bytes("sda", roots) == 1 << 20


def test_a_list_of_mounts_that_cannot_be_read_is_an_error(roots: block.Roots) -> None:
    (roots.proc / "self" / "mountinfo").unlink()
    with pytest.raises(FileNotFoundError):
        block.mounts(roots)


@pytest.fixture
def zvol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The link to a new zvol zd0, and an empty sysfs. The fake udevadm sees a removal and a new link."""
    (tmp_path / "zd0").touch()
    link = tmp_path / "vol"
    link.symlink_to("zd0")
    settle = tmp_path / "bin" / "udevadm"
    settle.parent.mkdir()
    settle.write_text(f"#!/bin/sh\nrm {link}\ntest -e {tmp_path}/gone || ln -s zd0 {link}\n")
    settle.chmod(0o755)
    monkeypatch.setenv("PATH", str(settle.parent), prepend=":")
    return link


def minors(zvol: Path, text: str) -> Path:
    """A sysfs in which zd0 has that many minor numbers."""
    folder = zvol.parent / "sys" / "class" / "block" / "zd0"
    folder.mkdir(parents=True)
    (folder / "range").write_text(f"{text}\n")
    return zvol.parent / "sys"


async def test_a_new_zvol_is_there_when_its_last_device_is_and_udev_has_seen_all(zvol: Path) -> None:
    await block.appear(str(zvol), 5, minors(zvol, "1"))
    assert zvol.exists()


async def test_the_link_of_a_zvols_first_device_is_not_believed(zvol: Path) -> None:
    with pytest.raises(TimedOut, match="did not appear"):
        await block.appear(str(zvol), 0.1, minors(zvol, "16"))
    assert zvol.exists()


async def test_a_link_that_udev_takes_away_is_waited_for(zvol: Path) -> None:
    (zvol.parent / "gone").touch()
    with pytest.raises(TimedOut, match="did not appear"):
        await block.appear(str(zvol), 0.1, minors(zvol, "1"))


async def test_a_node_of_which_sysfs_says_nothing_is_believed(zvol: Path) -> None:
    await block.appear(str(zvol), 0.1, zvol.parent / "sys")
