"""What lvm's refusals mean, on recordings of both versions."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd import errors
from bamsd.disk import lvm
from bamsd.disk.lvm_failure import failure, locked, messages, target
from bamsd.disk.lvm_marks import POOL_TAG
from bamsd.disk.models import Mark
from tests.unit.disk.lvm_recordings import VERSIONS, names, recorded

U = "7d1f6c0a-3b52-4e0c-9a61-1f0e5d2c8b4a"
U2 = "0c9b7e11-52aa-4b7d-8a0f-5b1f7c3d2e10"

REFUSALS: dict[str, tuple[type[errors.BamsError], str]] = {
    "lvchange-activate-none": (errors.NotFound, "vg0/nope"),
    "lvchange-member-missing": (errors.NotReady, "partial LV vg0/lost"),
    "lvconvert-merge-invalid": (errors.NotReady, "its content is lost"),
    "lvconvert-merge-no-snapshot": (errors.NotFound, "not a mergeable"),
    "lvconvert-merge-none": (errors.NotFound, "vg0/thin1.nope"),
    "lvconvert-merge-thin-skip": (errors.NotFound, "not a mergeable"),
    "lvcreate-bad-tag": (errors.ToolFailed, "Invalid argument"),
    "lvcreate-exists": (errors.AlreadyExists, "vg0/repo.*already exists"),
    "lvcreate-exported": (errors.NotReady, "vgimport"),
    "lvcreate-foreign": (errors.NotSupported, "otherhost"),
    "lvcreate-group-full": (errors.OutOfSpace, "insufficient free space"),
    "lvcreate-member-missing": (errors.NotReady, "PVs are missing"),
    "lvcreate-no-group": (errors.NotFound, 'Volume group "nosuch" not found'),
    "lvcreate-odd-size": (errors.ToolFailed, "multiple of 512"),
    "lvcreate-snapshot-exists": (errors.AlreadyExists, "repo.monday"),
    "lvcreate-snapshot-group-full": (errors.OutOfSpace, "insufficient free space"),
    "lvcreate-snapshot-no-origin": (errors.NotFound, "nope"),
    "lvcreate-thin-exists": (errors.AlreadyExists, "thin1"),
    "lvcreate-thin-in-volume": (errors.NotFound, "not a thin pool"),
    "lvcreate-thin-no-pool": (errors.NotFound, "nopool"),
    "lvcreate-thin-pool-exists": (errors.AlreadyExists, "vg0/pool"),
    "lvcreate-thin-pool-full": (errors.OutOfSpace, "insufficient free space"),
    "lvcreate-thin-pool-is-full": (errors.OutOfSpace, "vg0/pool reached threshold"),
    "lvextend-group-full": (errors.OutOfSpace, "extents needed"),
    "lvextend-locked": (errors.Busy, "Another program holds"),
    "lvextend-member-missing": (errors.NotReady, "Bring back"),
    "lvextend-no-volume": (errors.NotFound, "vg0/nope"),
    "lvextend-same": (errors.ToolFailed, "size"),
    "lvextend-smaller": (errors.InvalidArgument, "can only grow"),
    "lvextend-with-snapshot": (errors.InUse, "delete its snapshots first"),
    "lvremove-locked": (errors.Busy, "Another program holds"),
    "lvremove-mounted": (errors.InUse, "filesystem in use"),
    "lvremove-no-group": (errors.NotFound, "nosuch"),
    "lvremove-no-volume": (errors.NotFound, "vg0/nope"),
    "lvremove-open": (errors.InUse, "vg0/foreign in use"),
    "pvremove-in-group": (errors.InUse, "used by VG vg0"),
    "pvremove-none": (errors.NotFound, "No PV found"),
    "vgcreate-device-mounted": (errors.InUse, "release it"),
    "vgcreate-device-taken": (errors.InUse, "already in volume group 'vg0'"),
    "vgcreate-exists": (errors.AlreadyExists, "vg0 already exists"),
    "vgcreate-no-device": (errors.NotFound, "/dev/nope"),
    "vgcreate-signature": (errors.InUse, "agree to wipe"),
    "vgextend-device-taken": (errors.InUse, "Choose a device"),
    "vgextend-no-group": (errors.NotFound, "nosuch"),
    "vgremove-none": (errors.NotFound, "nosuch"),
    "vgremove-not-empty": (errors.InUse, "logical volumes"),
}

COMMANDS: dict[str, tuple[str, ...]] = {
    "vgcreate": lvm.vgcreate("vg0", ["/dev/loop0", "/dev/loop1"]),
    "vgextend": lvm.vgextend("vg0", ["/dev/loop2"]),
    "vgremove-not-empty": lvm.vgremove("vg0"),
    "pvremove-none": lvm.pvremove(["/dev/loop4"]),
    "lvcreate": lvm.lvcreate("vg0", "repo", 104857600, Mark(U)),
    "lvcreate-thin-pool": lvm.lvcreate_thin_pool("vg0", "pool", 209715200, 4194304),
    "lvcreate-thin-pool-exists": lvm.lvcreate_thin_pool("vg0", "pool", 209715200, None),
    "lvcreate-thin": lvm.lvcreate_thin("vg0", "pool", "thin1", 1073741824, Mark(U2, "filesystem", "xfs")),
    "lvcreate-snapshot": lvm.lvcreate_snapshot("vg0", "repo", "monday", 20971520, U),
    "lvcreate-snapshot-thin": lvm.lvcreate_snapshot("vg0", "thin1", "monday", None, U2),
    "lvextend": lvm.lvextend("vg0", "foreign", 104857600),
    "lvextend-pool": lvm.lvextend("vg0", "pool", 134217728),
    "lvconvert-merge": lvm.lvconvert_merge("vg0", "repo.tuesday"),
    "lvconvert-merge-thin": lvm.lvconvert_merge("vg0", "thin1.monday"),
    "lvchange-activate": lvm.lvchange_activate("vg0", "thin1.orphan"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_gets_its_error_and_names_the_object(version: str, name: str) -> None:
    recording = recorded(version, name)
    kind, words = REFUSALS[name]
    assert recording.code in (3, 5)
    found = failure(recording.argv, recording.stdout, recording.stderr)
    assert type(found) is kind
    with pytest.raises(kind, match=words):
        raise found
    assert target(recording.argv) in found.message
    assert found.message.endswith((".", "]"))
    assert "vgreduce --removemissing" not in found.message
    assert locked(recording.stdout, recording.stderr) == name.endswith("-locked")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_refusal_is_expected(version: str) -> None:
    refused = {name for name in names(version, "") if recorded(version, name).code and not name.startswith("report-")}
    assert refused <= set(REFUSALS)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", COMMANDS)
def test_the_commands_are_those_that_were_recorded(version: str, name: str) -> None:
    # Recorded before pools got their mark, which changes nothing in what lvm answers.
    words = [word for word in COMMANDS[name] if word != POOL_TAG]
    if len(words) < len(COMMANDS[name]):
        words.remove("--addtag")
    assert recorded(version, name).argv == tuple(words)


@given(st.text(), st.text())
def test_any_output_becomes_an_error(stdout: str, stderr: str) -> None:
    found = failure(("lvm", "lvcreate", "--name", "repo", "--", "vg0"), stdout, stderr)
    assert found.message.startswith("LVM refused lvcreate vg0/repo: ")
    assert found.message.isprintable()


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["log", "log_type", "log_message", "error"]), inner)
        ),
    )
)
def test_json_of_any_shape_has_messages(value: object) -> None:
    assert isinstance(messages(json.dumps(value), ""), list)


def test_long_and_hostile_text_is_cut() -> None:
    found = failure(("lvm", "vgremove", "--", "x\x1b[1m"), "", "bad\x07 " * 1000)
    assert len(found.message) < 700
    assert "\x1b" not in found.message
    assert "\x07" not in found.message
