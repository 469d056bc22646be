"""The fake programs answer as the real ones did when they were recorded."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from bamsd.disk.lsblk_output import COLUMNS
from bamsd.disk.mkfs import Root, xfs
from tests.fakes import device_header
from tests.fakes.host import GIB, FakeHost

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "block"
UUID = "11111111-2222-4333-8444-555555555555"


def said(name: str, there: str, here: str) -> tuple[int, str, str]:
    """A recording, with the device of the recording replaced by ours."""
    seen = json.loads((RECORDINGS / f"{name}.json").read_text())
    return seen["code"], seen["stdout"].replace(there, here), seen["stderr"].replace(there, here)


def ran(*argv: str, stdin: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run(argv, input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("name", "there", "argv"),
    [
        ("wipefs-none", "/dev/none", "wipefs --json --no-act -- {}"),
        ("blkid-none", "/dev/none", "blkid --probe --output export -- {}"),
        ("mkfs-ext4-none", "/dev/none", "mkfs.ext4 -q -F -- {}"),
        ("debugfs-none", "/dev/none", "debugfs -w -R x {}"),
        ("resize2fs-none", "/dev/none", "resize2fs {}"),
        ("xfs_growfs-none", "/mnt/none", "xfs_growfs -d {}"),
        ("systemctl-none", "none.mount", "systemctl enable --now -- {}"),
        ("systemctl-stop-none", "none.mount", "systemctl stop -- {}"),
        ("systemctl-disable-none", "none.mount", "systemctl disable -- {}"),
        ("systemctl-active-none", "none.mount", "systemctl is-active --quiet -- {}"),
    ],
)
def test_what_is_not_there(host: FakeHost, name: str, there: str, argv: str) -> None:
    assert ran(*argv.format(there).split()) == said(name, there, there)


def test_a_busy_device(host: FakeHost) -> None:
    device = host.add_disk("sda")
    host.set_busy(device)
    assert ran("wipefs", "--all", "--", device) == said("wipe-busy", "/dev/loop1", device)
    assert ran("mkfs.ext4", "-q", "-F", "--", device) == said("mkfs-ext4-busy", "/dev/loop1", device)
    assert ran(*xfs(device, UUID, "a")) == said("mkfs-xfs-busy", "/dev/loop1", device)
    host.mount(device, "/srv")
    assert ran("mkfs.ext4", "-q", "-F", "--", device) == said("mkfs-ext4-mounted", "/dev/loop3", device)


def test_an_xfs(host: FakeHost) -> None:
    device = host.add_disk("loop3", 2 * GIB)
    prototype = b"/dev/null\n0 0\nd--750 104 26\n$\n"
    done = subprocess.run(xfs(device, UUID, "a"), stdin=memory(prototype), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    host.set_signature(device, "xfs", UUID, 'a "b')
    _, wiped, _ = ran("wipefs", "--json", "--no-act", "--", device)
    assert json.loads(wiped) == json.loads(said("wipefs-xfs", "", "")[1])
    _, probed, _ = ran("blkid", "--probe", "--output", "export", "--", device)
    recorded = said("blkid-xfs", "/dev/loop3", device)[1].splitlines()
    assert set(probed.splitlines()) <= set(recorded)
    assert {line.split("=")[0] for line in probed.splitlines()} == {"DEVNAME", "LABEL", "UUID", "TYPE"}
    assert Root().mode == 0o750


def memory(content: bytes) -> int:
    file = os.memfd_create("stdin")
    with open(file, "wb", closefd=False) as opened:
        opened.write(content)
    os.lseek(file, 0, 0)
    return file


def test_nothing_and_too_much(host: FakeHost) -> None:
    device = host.add_disk("sda")
    assert ran("blkid", "--probe", "--output", "export", "--", device) == said("blkid-empty", "", "")
    _, text, _ = ran("wipefs", "--json", "--no-act", "--", device)
    assert json.loads(text) == json.loads(said("wipefs-empty", "", "")[1])
    device_header.write(device, [device_header.signature("xfs"), device_header.signature("ext4")])
    assert ran("blkid", "--probe", "--output", "export", "--", device) == said("blkid-ambivalent", "", "")


def test_lsblk_prints_the_same_columns(host: FakeHost) -> None:
    host.add_disk("sda")
    _, text, _ = ran("lsblk", "--json", "--bytes", "--list", "--output", ",".join(COLUMNS))
    (row,) = json.loads(text)["blockdevices"]
    recorded = json.loads(said("lsblk", "", "")[1])["blockdevices"]
    assert all(row.keys() == other.keys() for other in recorded)
    kinds = {key: {type(other[key]) for other in recorded} for key in row}
    assert all(type(value) in kinds[key] | {str} for key, value in row.items())
