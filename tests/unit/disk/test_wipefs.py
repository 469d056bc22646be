"""What stands on a device: recordings, hostile labels, contradictions, and wiping on the fake host."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.disk import wipefs
from bamsd.disk.wipefs import Signature, parse_probe, parse_signatures
from bamsd.errors import InUse, NotFound, OutOfSync, ToolFailed
from tests.fakes import device_header
from tests.fakes.host import FakeHost

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "block"


def recorded(name: str) -> str:
    return str(json.loads((RECORDINGS / f"{name}.json").read_text())["stdout"])


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("lvm", ["LVM2_member"]),
        ("zfs", ["zfs_member"]),
        ("ext4", ["ext4"]),
        ("xfs", ["xfs"]),
        ("gpt", ["gpt", "PMBR"]),
        ("empty", []),
        ("ambivalent", ["xfs", "ext4"]),
    ],
)
def test_recorded_signatures(name: str, kinds: list[str]) -> None:
    assert [found.kind for found in parse_signatures(recorded(f"wipefs-{name}"))] == kinds


def test_recorded_probes() -> None:
    assert parse_probe(recorded("blkid-xfs")) == Signature("xfs", "11111111-2222-4333-8444-555555555555", 'a "b')
    assert parse_probe(recorded("blkid-zfs")) == Signature("zfs_member", "13628975478894335330", "tank")
    assert parse_probe(recorded("blkid-lvm")) == Signature("LVM2_member", "AB5nwn-3QyT-uD09-0cjf-Kk0Y-6xde-d0rQ74")
    assert parse_probe(recorded("blkid-gpt")) == Signature("gpt", "97657973-1330-48f1-b5b0-35fe8a6c63b8")
    assert parse_probe(recorded("blkid-empty")) is None


def test_a_label_cannot_forge_a_line() -> None:
    found = parse_probe("DEVNAME=/dev/a\nTYPE=ext4\nUUID=u\nLABEL=a\\\nb\nTYPE=xfs\n")
    assert found is not None
    assert found.kind == "ext4"


@given(st.text())
def test_any_text_is_understood_or_refused(text: str) -> None:
    parse_probe(text)
    for content in (text, json.dumps({"signatures": [{"type": text, "uuid": text, "label": None}]})):
        try:
            found = parse_signatures(content)
        except ToolFailed:
            continue
        assert all(char.isprintable() for signature in found for char in signature.kind + signature.uuid)


@pytest.mark.parametrize("text", ["{}", "[]", '{"signatures": [{"type": 5}]}', '{"signatures": [7]}', "no"])
def test_other_text_is_no_empty_device(text: str) -> None:
    with pytest.raises(ToolFailed, match="printed no list"):
        parse_signatures(text)


async def test_wiping_removes_what_stands_there(host: FakeHost) -> None:
    device = host.add_disk("sda", signature="ext4")
    assert await wipefs.probe(device) == Signature("ext4")
    await wipefs.change(wipefs.wipe(device))
    assert await wipefs.signatures(device) == ()
    assert await wipefs.probe(device) is None
    assert host.calls("wipefs")[0] == ["wipefs", "--all", "--", device]


async def test_a_device_in_use_is_not_wiped(host: FakeHost) -> None:
    device = host.add_disk("sda", signature="ext4")
    host.set_busy(device)
    with pytest.raises(InUse, match=f"^{device} is in use"):
        await wipefs.change(wipefs.wipe(device))
    assert host.signatures(device) == ["ext4"]
    assert await wipefs.signatures(device) == (Signature("ext4"),), "looking works all the same"


async def test_a_wipe_that_did_nothing_is_found_out(host: FakeHost) -> None:
    device = host.add_disk("sda", signature="ext4")
    host.lie_next("wipefs --all")
    with pytest.raises(OutOfSync, match="still holds ext4"):
        await wipefs.change(wipefs.wipe(device))


async def test_a_device_that_is_not_there(host: FakeHost) -> None:
    for question in (wipefs.probe, wipefs.signatures):
        with pytest.raises(NotFound, match="/dev/none is not there"):
            await question("/dev/none")
    with pytest.raises(NotFound):
        await wipefs.change(wipefs.wipe("/dev/none"))


async def test_contradicting_signatures_are_not_taken_for_none(host: FakeHost) -> None:
    device = host.add_disk("sda")
    device_header.write(device, [device_header.signature("xfs"), device_header.signature("ext4")])
    with pytest.raises(ToolFailed, match="holds xfs and ext4, which contradict each other"):
        await wipefs.probe(device)
