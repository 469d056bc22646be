"""What zfs and zpool print, against recordings of both versions."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bamsd import errors
from bamsd.disk import zfs_failure, zfs_output, zpool_output
from bamsd.disk.models import Mark
from bamsd.disk.zfs_output import MARKS, REPOSITORY, USE, Place
from tests.unit.tape.recordings import RECORDINGS, recorded

ONE = "0f3c1d52-6a1e-4c55-9d0b-3a5f6d1e7a01"
TWO = "0f3c1d52-6a1e-4c55-9d0b-3a5f6d1e7a02"
VERSIONS = ("2.1.11", "2.3.9")
both = pytest.mark.parametrize("version", VERSIONS)


def text_of(version: str, name: str) -> str:
    recording = recorded(f"zfs/{version}/{name}.txt")
    return recording.text


def marks_of(version: str, name: str) -> dict[Place, str] | None:
    places = zfs_output.parse_marked(text_of(version, f"marked-{name}"))
    return zfs_output.parse_values(text_of(version, f"values-{name}"), places)


@both
def test_version(version: str) -> None:
    assert zpool_output.parse_version(text_of(version, "version")) == tuple(map(int, version.split(".")[:2]))
    with pytest.raises(errors.ToolFailed):
        zpool_output.parse_version("")


@both
def test_names(version: str) -> None:
    assert zpool_output.parse_names(text_of(version, "names-none")) == ()
    assert zpool_output.parse_names(text_of(version, "names-two")) == ("tank", "vault")


@both
def test_figures_of_a_pool(version: str) -> None:
    pool = zpool_output.parse_list(text_of(version, "pool-full"))
    assert (pool.kind, pool.name, pool.stack, pool.size_bytes, pool.health) == (
        "zfs",
        "tank",
        "zfs",
        251658240,
        "online",
    )
    assert pool.data_percent is not None
    assert pool.data_percent == 18.24
    assert pool.metadata_percent is None
    assert set(pool.reasons) == {"metadata_percent", "free_bytes"}


@both
@pytest.mark.parametrize(
    ("name", "health"),
    [("single", "online"), ("mirror-offline", "degraded"), ("mirror-missing", "degraded"), ("suspended", "suspended")],
)
def test_health(version: str, name: str, health: str) -> None:
    assert zpool_output.parse_list(text_of(version, f"pool-{name}")).health == health


def test_a_pool_that_cannot_be_opened_has_reasons() -> None:
    pool = zpool_output.parse_list("tank\t123\t-\t-\t-\tUNAVAIL\n")
    assert (pool.health, pool.size_bytes, pool.data_percent) == ("missing", None, None)
    assert {"size_bytes", "data_percent"} <= set(pool.reasons)


@both
def test_two_rows_are_no_pool(version: str) -> None:
    with pytest.raises(errors.ToolFailed):
        zpool_output.parse_list(text_of(version, "err-pool-two"))


LEAVES: dict[str, list[tuple[str, str, str]]] = {
    "single": [("/dev/loop0", "online", "")],
    "stripe": [("/dev/loop0", "online", ""), ("/dev/loop1", "online", "")],
    "mirror": [("/dev/loop0", "online", ""), ("/dev/loop1", "online", "")],
    "mirror-offline": [("/dev/loop0", "online", ""), ("/dev/loop1", "offline", "")],
    "mirror-missing": [("/dev/loop0", "online", ""), ("/dev/loop1", "unavail", "was not found")],
    "raidz": [(f"/dev/loop{n}", "online", "") for n in range(3)],
    "raidz2-twice": [(f"/dev/loop{n}", "online", "") for n in range(8)],
    "extras": [
        *((f"/dev/loop{n}", "online", "") for n in range(3)),
        ("/dev/loop3", "online", "log"),
        ("/dev/loop4", "online", "cache"),
        ("/dev/loop5", "avail", "spare"),
    ],
    "file": [("/var/tmp/file.img", "online", "")],
}


@pytest.mark.parametrize("name", LEAVES)
def test_members(name: str) -> None:
    """JSON and both texts tell the same devices; sizes are in the JSON only."""
    found = [zpool_output.parse_status_text(text_of(version, f"status-{name}")) for version in VERSIONS]
    found.append(zpool_output.parse_status_json(text_of("2.3.9", f"status-json-{name}"), "tank"))
    for status in found:
        assert [(member.path, member.state, member.reason) for member in status.members] == LEAVES[name]
        assert not status.has_data_errors
    assert len({(status.state, status.text) for status in found}) == 1
    missing = [member for member in found[-1].members if member.size_bytes is None]
    assert [member.state for member in missing if member.state not in ("unavail", "avail")] == []


def test_what_is_wrong_is_told_on_one_line() -> None:
    status = zpool_output.parse_status_text(text_of("2.3.9", "status-mirror-missing"))
    assert status.text == (
        "One or more devices could not be used because the label is missing or invalid. Sufficient replicas exist for "
        "the pool to continue functioning in a degraded state. Replace the device using 'zpool replace'."
    )


@pytest.mark.parametrize("name", ["data-errors", "checksum-errors"])
def test_errors_are_counted(name: str) -> None:
    for version in VERSIONS:
        status = zpool_output.parse_status_text(text_of(version, f"status-{name}"))
        assert status.has_data_errors == (name == "data-errors")
        assert status.members[1].reason.endswith("K checksum errors")
    status = zpool_output.parse_status_json(text_of("2.3.9", f"status-json-{name}"), "tank")
    assert status.has_data_errors == (name == "data-errors")
    assert status.members[1].reason.endswith(" checksum errors")


def test_an_unplugged_disk_is_online_for_zfs_and_gone_for_us() -> None:
    path = "/dev/disk/by-id/virtio-BAMSDISK4-part1"
    assert zpool_output.parse_list(text_of("2.3.9", "pool-unplugged")).health == "online"
    text = zpool_output.parse_status_text(text_of("2.3.9", "status-unplugged"))
    json_ = zpool_output.parse_status_json(text_of("2.3.9", "status-json-unplugged"), "fsolo")
    for status in (text, json_):
        assert (status.state, status.has_data_errors) == ("ONLINE", True)
        assert zpool_output.failing(status) == (path,)
        assert zpool_output.unplugged(status, ()) == status
        gone = zpool_output.unplugged(status, (path,))
        assert (gone.is_unplugged, gone.members[0].state) == (True, "missing")
        assert gone.members[0].reason == "its device node is gone"


@both
@pytest.mark.parametrize("name", [*LEAVES, "checksum-errors", "data-errors"])
def test_only_what_cannot_be_read_or_written_is_failing(version: str, name: str) -> None:
    status = zpool_output.parse_status_text(text_of(version, f"status-{name}"))
    assert zpool_output.failing(status) == ()


def test_a_mirror_that_lost_one_side_is_not_unplugged() -> None:
    status = zpool_output.parse_status_text(text_of("2.3.9", "status-mirror"))
    gone = zpool_output.unplugged(status, ("/dev/loop0",))
    assert (gone.is_unplugged, [member.state for member in gone.members]) == (False, ["missing", "online"])


def test_json_ends_early_at_a_path_that_is_no_ascii_and_the_words_do_not() -> None:
    with pytest.raises(errors.ToolFailed, match="no usable JSON"):
        zpool_output.parse_status_json(text_of("2.3.9", "status-json-odd-path"), "tank")
    for version in VERSIONS:
        status = zpool_output.parse_status_text(text_of(version, "status-odd-path"))
        assert [member.path for member in status.members] == ["/dev/loop0", "/dev/loop1", "/dev/café x"]


def test_the_json_of_datasets_ends_early_too() -> None:
    """Why zvols are read as text: a recording in which one property hides what stands behind it, with exit code 0."""
    recording = recorded("zfs/2.3.9/json-cut-short.txt")
    assert recording.code == 0
    with pytest.raises(json.JSONDecodeError):
        json.loads(recording.text)


@both
def test_zvols_and_snapshots(version: str) -> None:
    marks = marks_of(version, "marks")
    assert marks is not None
    sparse, thick = zfs_output.parse_volumes(text_of(version, "volumes-marks"), marks)
    assert (thick.full_name, thick.device, thick.kind, thick.size_bytes) == (
        "tank/thick",
        "/dev/zvol/tank/thick",
        "zvol",
        33554432,
    )
    assert (thick.repository, thick.use, thick.filesystem, thick.sparse) == (ONE, "block", "", False)
    assert (sparse.repository, sparse.use, sparse.filesystem, sparse.sparse) == (TWO, "filesystem", "xfs", True)
    assert thick.uuid.isdigit()
    assert 1_700_000_000_000_000 < thick.created_us < 2_000_000_000_000_000
    assert [(s.name, s.volume, s.owned) for s in thick.snapshots] == [
        ("monday", "thick@monday", True),
        ("foreign", "thick@foreign", False),
    ]
    assert thick.snapshots[0].used_bytes is not None
    assert thick.snapshots[0].used_bytes > 0


@both
def test_a_guid_above_two_to_the_63_stays_whole(version: str) -> None:
    lines = [zfs_output.parse_volumes(text_of(version, f"volumes-{name}"), {}) for name in ("inherited", "forged")]
    guids = [int(volume.uuid) for volumes in lines for volume in volumes]
    assert any(guid > 1 << 63 for guid in guids)
    assert (1 << 63) - 1 not in guids


@both
def test_an_inherited_mark_is_none(version: str) -> None:
    marks = marks_of(version, "inherited")
    assert marks is not None
    volumes = {v.name: v for v in zfs_output.parse_volumes(text_of(version, "volumes-inherited"), marks)}
    assert {name for name, volume in volumes.items() if volume.repository} == {"thick", "sparse"}
    assert volumes["two words"].device == "/dev/zvol/tank/two+words"
    assert not volumes["hidden"].active
    assert not volumes["secret"].active
    assert "key" in volumes["secret"].health_text


@both
def test_a_received_mark_is_none(version: str) -> None:
    assert "received" in text_of(version, "received-source")
    marks = marks_of(version, "received")
    assert marks is not None
    received = [
        v for v in zfs_output.parse_volumes(text_of(version, "volumes-received"), marks) if v.name == "received"
    ]
    assert [(v.repository, [s.owned for s in v.snapshots]) for v in received] == [("", [False])]


@both
def test_a_forged_row_is_noticed(version: str) -> None:
    """One zvol's mark holds a line that reads as the mark of its neighbour."""
    assert f"\ntank/child\torg.bams:repo\t{TWO}\n" in text_of(version, "values-forged")
    assert marks_of(version, "forged") is None
    value = zfs_output.parse_single(text_of(version, "single-forged"))
    places = zfs_output.parse_marked(text_of(version, "marked-forged"))
    assert ("tank/fs/deep", REPOSITORY) in places
    assert ("tank/child", REPOSITORY) not in places
    assert zfs_output.read_mark("tank/fs/deep", {("tank/fs/deep", REPOSITORY): value}) is None


@both
def test_bytes_that_are_no_text_count_as_no_mark(version: str) -> None:
    marks = marks_of(version, "bytes")
    assert marks is not None
    volumes = zfs_output.parse_volumes(text_of(version, "volumes-bytes"), marks)
    assert {volume.name for volume in volumes if volume.repository} == {"thick", "sparse"}


@both
def test_snapshots_of_file_systems_are_passed_over(version: str) -> None:
    text = text_of(version, "volumes-root-snapshot")
    assert "tank@root\tsnapshot" in text
    assert all("root" not in str(volume) for volume in zfs_output.parse_volumes(text, {}))


@both
def test_available_and_reservation(version: str) -> None:
    assert zfs_output.parse_available(text_of(version, "available-empty")) == 125715456
    assert zfs_output.parse_reservation(text_of(version, "estimate-empty")) == 70254592
    assert zfs_output.parse_available("-\n") is None
    with pytest.raises(errors.ToolFailed):
        zfs_output.parse_reservation("create\ttank/a\n")


@pytest.mark.parametrize(
    ("repository", "use", "filesystem", "is_ours"),
    [
        (ONE, "block", "", True),
        (ONE, "filesystem", "ext4", True),
        (ONE, "filesystem", "", False),
        (ONE, "block", "xfs", False),
        (ONE, "tape", "", False),
        (ONE + "\n", "block", "", False),
        (ONE.upper(), "block", "", False),
        ("", "block", "", False),
    ],
)
def test_marks(repository: str, use: str, filesystem: str, is_ours: bool) -> None:
    values = dict(zip(MARKS, (repository, use, filesystem), strict=False))
    marks = {("tank/a", prop): value for prop, value in values.items() if value}
    assert (zfs_output.read_mark("tank/a", marks) is not None) == is_ours


def test_a_mark_without_use_is_for_blocks() -> None:
    assert zfs_output.read_mark("tank/a", {("tank/a", REPOSITORY): ONE}) == Mark(ONE)


REFUSALS = {
    "err-create-exists": (errors.AlreadyExists, "dataset already exists"),
    "err-create-space": (errors.OutOfSpace, "out of space"),
    "err-create-no-pool": (errors.NotFound, "no such pool"),
    "err-create-no-parent": (errors.NotFound, "parent does not exist"),
    "err-create-name": (errors.InvalidArgument, "invalid character"),
    "err-volsize-space": (errors.OutOfSpace, "greater than available"),
    "err-volsize-multiple": (errors.InvalidArgument, "multiple of volume block size"),
    "err-volsize-missing": (errors.NotFound, "does not exist"),
    "err-snapshot-exists": (errors.AlreadyExists, "dataset already exists"),
    "err-snapshot-missing": (errors.NotFound, "does not exist"),
    "err-snapshot-space": (errors.OutOfSpace, "out of space"),
    "err-rollback-newer": (errors.InUse, "more recent snapshots"),
    "err-rollback-missing": (errors.NotFound, "does not exist"),
    "err-destroy-children": (errors.InUse, "has children"),
    "err-destroy-busy-by-name": (errors.InUse, "dataset is busy"),
    "err-destroy-guid": (errors.OutOfSync, "guid of tank/thick is"),
    "err-destroy-missing": (errors.NotFound, "no such dataset 'tank/nosuch'"),
    "err-destroy-snapshots": (errors.InUse, "has the snapshot tank/thick@foreign"),
    "err-destroy-clones": (errors.InUse, "origin of tank/clone"),
    "err-destroy-held": (errors.InUse, "has the hold keep"),
    "err-destroy-busy": (errors.InUse, "tank/child is busy"),
    "err-pool-exists": (errors.AlreadyExists, "pool already exists"),
    "err-pool-device-in-use": (errors.InUse, "part of active pool 'tank'"),
    "err-pool-device-ext4": (errors.InUse, "contains a filesystem of type 'ext4'"),
    "err-pool-device-missing": (errors.NotFound, "cannot resolve path"),
    "err-pool-device-small": (errors.InvalidArgument, "less than the minimum size"),
    "err-pool-name": (errors.InvalidArgument, "name is reserved"),
    "err-add-layout": (errors.InvalidArgument, "mismatched replication level"),
    "err-add-in-use": (errors.InUse, "part of active pool"),
    "err-suspended-program": (errors.NotReady, "pool I/O is currently suspended"),
    "err-program-no-pool": (errors.NotFound, "no such pool"),
    "err-destroy-pool-missing": (errors.NotFound, "no such pool"),
    "err-pool-missing": (errors.NotFound, "no such pool"),
    "module-names": (errors.NotSupported, "."),
}
NEW_ONLY = {
    "err-destroy-held-by-name": (errors.InUse, "being held"),
    "err-suspended-create": (errors.NotReady, "currently suspended"),
    "err-suspended-snapshot": (errors.NotReady, "currently suspended"),
    "err-suspended-destroy": (errors.NotReady, "currently suspended"),
    "err-suspended-volsize": (errors.NotReady, "currently suspended"),
    "err-suspended-rollback": (errors.NotReady, "currently suspended"),
    "volumes-suspended": (errors.NotReady, "currently suspended"),
    "err-pool-device-exported": (errors.InUse, "part of exported pool"),
}


@pytest.mark.parametrize(
    ("version", "name"), [(v, name) for v in VERSIONS for name in REFUSALS] + [("2.3.9", name) for name in NEW_ONLY]
)
def test_refusals(version: str, name: str) -> None:
    kind, words = (REFUSALS | NEW_ONLY)[name]
    error = zfs_failure.classify(text_of(version, name), "the test")
    assert type(error) is kind
    assert words in error.message
    assert error.message.startswith("the test failed: ")
    assert not [part for part in ("\n", "traceback", "use '-", "usage", "Channel program") if part in error.message]


def test_a_refusal_that_nobody_knows() -> None:
    assert (
        zfs_failure.classify("cannot do: \x1b[31mflux\n", "zfs x").message == "zfs x failed: cannot do: \ufffd[31mflux."
    )
    assert zfs_failure.classify("", "zfs x").message == "zfs x failed without a reason."


# Any text at all

PIECES = st.sampled_from(
    ["tank/a", "tank/b", "tank", "\t", "\n", " ", "-", "volume", "snapshot", "@s", "0", "123", *MARKS]
)
TEXT = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))


@settings(deadline=None)
@given(TEXT)
def test_no_text_is_a_fault(text: str) -> None:
    for parse in (
        zpool_output.parse_list,
        zpool_output.parse_status_text,
        zpool_output.parse_version,
        zfs_output.parse_marked,
        zfs_output.parse_reservation,
        lambda text: zpool_output.parse_status_json(text, "tank"),
        lambda text: zfs_output.parse_volumes(text, {}),
    ):
        try:
            parse(text)
        except errors.ToolFailed:
            continue
    zfs_output.parse_values(text, [("tank/a", REPOSITORY)])
    zfs_output.parse_marks(text, zfs_output.parse_datasets(text))
    zfs_output.parse_available(text)
    zfs_failure.classify(text, "x")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["vdevs", "path", "state", "name", "logs", "vdev_type", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON)
def test_no_json_is_a_fault(entry: Any) -> None:
    try:
        zpool_output.parse_status_json(json.dumps({"pools": {"tank": entry}}), "tank")
    except errors.ToolFailed:
        return


VALUES = st.one_of(
    st.text(), st.lists(st.sampled_from([ONE, "\n", "\t", "tank/a", "tank/b", REPOSITORY]), max_size=8).map("".join)
)


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=4))
def test_values_are_read_as_they_were_set_or_not_at_all(values: list[str]) -> None:
    """Whatever the values hold, no place ever gets a value that was not set there."""
    places = [(f"tank/{'abcd'[index]}", REPOSITORY) for index in range(len(values))]
    text = "".join(f"{name}\t{prop}\t{value}\n" for (name, prop), value in zip(places, values, strict=True))
    found = zfs_output.parse_values(text, places)
    assert found is None or found == dict(zip(places, values, strict=True))
    assert (found is None) == any("\n" in value for value in values)


SOURCES = st.sampled_from(["local", "-", "received", "inherited from tank"])


@settings(deadline=None)
@given(st.lists(st.tuples(VALUES, SOURCES), min_size=8, max_size=8), st.permutations(["tank/a", "tank/b"]))
def test_marks_are_read_as_they_were_set_or_not_at_all(cells: list[tuple[str, str]], listed: list[str]) -> None:
    """As ZFS prints them, one row for each dataset and mark, whatever the values hold."""
    places = [(name, prop) for name in ("tank/a", "tank/b") for prop in MARKS]
    text = "".join(f"{n}\t{p}\t{v}\t{s}\n" for (n, p), (v, s) in zip(places, cells, strict=True))
    found = zfs_output.parse_marks(text, listed)
    true = {place: value for place, (value, source) in zip(places, cells, strict=True) if source == "local"}
    assert found is None or found == true
    assert (found is None) == any("\n" in value for value, _ in cells)


def test_marks_of_other_datasets_than_listed_are_not_taken() -> None:
    text = "".join(f"tank/a\t{prop}\t-\t-\n" for prop in MARKS)
    assert zfs_output.parse_marks(text, ["tank/a"]) == {}
    for listed in ([], ["tank/b"], ["tank/a", "tank/b"]):
        assert zfs_output.parse_marks(text, listed) is None
    assert zfs_output.parse_marks("", []) == {}
    assert zfs_output.parse_marks(text.removesuffix("\n"), ["tank/a"]) is None
    assert zfs_output.parse_marks(text.replace("\t-\t-", ""), ["tank/a"]) is None


@settings(deadline=None)
@given(VALUES, VALUES)
def test_a_mark_is_what_create_writes(repository: str, use: str) -> None:
    mark = zfs_output.read_mark("tank/a", {("tank/a", REPOSITORY): repository, ("tank/a", USE): use})
    assert mark is None or (mark == Mark(ONE) and repository == ONE and use == "block")


def test_every_recording_is_complete() -> None:
    files = sorted((RECORDINGS / "zfs").rglob("*.txt"))
    assert len(files) > 200
    for file in files:
        recorded(str(file.relative_to(RECORDINGS)))


def test_names_that_cannot_be_printed_are_shown_safely() -> None:
    line = "tank/a\x1b[31m\u202e\tvolume\t7\t5\t1048576\tnone\t0\tdev\tnone\n"
    [found] = zfs_output.parse_volumes(line, {})
    assert found.name == "a\ufffd[31m\ufffd"
