"""The parser of lvm's full report, on recordings of real systems and on anything that JSON can hold."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.disk import lvm, lvm_report
from bamsd.disk.models import Reading, Snapshot, Volume
from bamsd.errors import ToolFailed
from tests.unit.disk.lvm_recordings import VERSIONS, names, recorded

U = "7d1f6c0a-3b52-4e0c-9a61-1f0e5d2c8b4a"
U2 = "0c9b7e11-52aa-4b7d-8a0f-5b1f7c3d2e10"
MIB = 1 << 20

pytestmark = pytest.mark.parametrize("version", VERSIONS)


def reading(version: str, name: str) -> Reading:
    return lvm_report.parse(recorded(version, name).stdout)


def volume(found: Reading, name: str) -> Volume:
    return next(volume for volume in found.volumes if volume.name == name)


def snapshot(found: Reading, name: str) -> Snapshot:
    return next(one for volume in found.volumes for one in volume.snapshots if one.volume == name)


def test_the_recordings_answer_the_command_that_is_run(version: str) -> None:
    for name in names(version, "report-"):
        # Recorded before the marks of pools were asked for.
        now = tuple(word.removesuffix(",vg_tags") for word in lvm.fullreport())
        assert recorded(version, name).argv == now


def test_a_pool_that_bams_made_has_its_mark(version: str) -> None:
    name = next(name for name in names(version, "report-") if "thin" in name)
    report = json.loads(recorded(version, name).stdout.replace(",\n      ]", "\n      ]"))
    for part in report["report"]:
        for row in (*part.get("vg", ()), *(lv for lv in part.get("lv", ()) if lv["lv_layout"] == "thin,pool")):
            row["vg_tags" if "vg_name" in row else "lv_tags"] = "other,bams.pool"
    found = lvm_report.parse(json.dumps(report)).pools
    assert {pool.kind for pool in found} == {"lvm", "lvm-thin"}
    assert all(pool.owned for pool in found)
    assert not any(pool.owned for pool in reading(version, name).pools)


def test_nothing(version: str) -> None:
    assert reading(version, "report-empty") == Reading()


def test_a_group_without_volumes(version: str) -> None:
    found = reading(version, "report-group-without-volumes")
    (pool,) = found.pools
    assert (pool.kind, pool.name, pool.size_bytes, pool.free_bytes) == ("lvm", "vg0", 765 * 4 * MIB, 765 * 4 * MIB)
    assert [(m.path, m.size_bytes, m.state) for m in pool.members] == [
        (f"/dev/loop{number}", 255 * 4 * MIB, "online") for number in range(3)
    ]
    assert (pool.health, pool.data_percent, pool.metadata_percent) == ("online", None, None)
    assert set(pool.reasons) == {"data_percent", "metadata_percent"}
    assert found.volumes == ()


def test_thick_thin_and_foreign_volumes(version: str) -> None:
    found = reading(version, "report-volumes")
    group, pool = found.pools
    assert (pool.kind, pool.name, pool.size_bytes, pool.data_percent) == ("lvm-thin", "vg0/pool", 200 * MIB, 0.0)
    assert pool.metadata_percent is not None
    assert (pool.group, group.group, set(pool.reasons)) == ("vg0", "vg0", {"members"})
    assert [volume.name for volume in found.volumes] == ["foreign", "repo", "thin1"]
    thick, thin, foreign = volume(found, "repo"), volume(found, "thin1"), volume(found, "foreign")
    assert (thick.kind, thick.pool, thick.size_bytes, thick.used_bytes) == ("lvm", "vg0", 100 * MIB, 100 * MIB)
    assert (thick.repository, thick.use, thick.filesystem, thick.sparse) == (U, "block", "", False)
    assert (thick.device, thick.active, thick.is_open, thick.merging) == ("/dev/vg0/repo", True, False, False)
    assert 1_700_000_000_000_000 < thick.created_us < 2_000_000_000_000_000
    assert (thin.kind, thin.pool, thin.full_name, thin.used_bytes) == ("lvm-thin", "vg0/pool", "vg0/thin1", 0)
    assert (thin.repository, thin.use, thin.filesystem, thin.sparse) == (U2, "filesystem", "xfs", True)
    assert foreign.repository == ""


def test_snapshots_belong_to_their_origin(version: str) -> None:
    found = reading(version, "report-snapshots")
    assert [v.name for v in found.volumes] == ["repo", "thin1"]
    assert [(s.name, s.owned) for s in volume(found, "repo").snapshots] == [("monday", True), ("repo_byhand", False)]
    assert [(s.name, s.owned) for s in volume(found, "thin1").snapshots] == [
        ("monday", True),
        ("thin1_byhand", False),
        ("tuesday", True),
    ]
    thick, thin = snapshot(found, "repo.monday"), snapshot(found, "thin1.monday")
    assert (thick.size_bytes, thick.valid, thick.merging, thick.detached) == (40 * MIB, True, False, False)
    assert thick.used_percent is not None
    assert 10 < thick.used_percent < 11
    assert thick.used_bytes == int(40 * MIB * thick.used_percent / 100)
    assert (thin.used_percent, thin.used_bytes, thin.valid) == (None, None, True)
    assert volume(found, "thin1").used_bytes == int(256 * MIB * 3.91 / 100)


def test_a_full_thick_snapshot_is_invalid(version: str) -> None:
    found = snapshot(reading(version, "report-snapshot-invalid"), "repo.full")
    assert (found.valid, found.used_percent) == (False, 100.0)


@pytest.mark.parametrize(
    ("name", "origin", "merged"),
    [
        ("report-merge-waits", "repo", "repo.monday"),
        ("report-merging", "repo", "repo.tuesday"),
        ("report-thin-merge-waits", "thin1", "thin1.wed"),
    ],
)
def test_a_rollback_under_way(version: str, name: str, origin: str, merged: str) -> None:
    if (version, name) == ("2.03.16", "report-merging"):
        return  # there is none: the copying was over too soon
    found = reading(version, name)
    assert volume(found, origin).merging
    assert snapshot(found, merged).merging
    assert not any(v.merging for v in found.volumes if v.name != origin)


def test_other_thin_snapshots_after_a_rollback(version: str) -> None:
    """LVM forgets whose they are; those with our mark stay with their repository, others are volumes."""
    found = reading(version, "report-snapshot-invalid")
    (left,) = volume(found, "thin1").snapshots
    assert (left.volume, left.name, left.owned, left.detached) == ("thin1.tuesday", "tuesday", True, True)
    assert volume(found, "thin1_byhand").repository == ""


def test_thin_snapshots_whose_volume_is_gone(version: str) -> None:
    found = reading(version, "report-thin-origin-gone")
    assert [v.name for v in found.volumes] == ["repo", "thin1.orphan", "thin1.tuesday", "thin1_byhand"]
    assert not volume(found, "thin1.orphan").active
    assert volume(found, "thin1.orphan").is_open is None


def test_a_lost_member(version: str) -> None:
    found = reading(version, "report-member-missing")
    (pool,) = found.pools
    assert pool.health == "missing"
    assert "[unknown]" in pool.health_text
    assert [member.state for member in pool.members] == ["online", "missing"]
    assert "PV UUID" in pool.members[1].reason
    assert (volume(found, "lost").health, volume(found, "repo").health) == ("missing", "online")


def test_a_full_thin_pool(version: str) -> None:
    found = reading(version, "report-thin-pool-full")
    pool = next(pool for pool in found.pools if pool.name == "vg0/pool")
    assert (pool.data_percent, pool.free_bytes, pool.health) == (100.0, 0, "suspended")
    assert "no room left" in pool.health_text
    assert volume(found, "thin2").health == "suspended"
    grown = reading(version, "report-thin-pool-grown").pools[1]
    assert (grown.size_bytes, grown.health) == (128 * MIB, "online")


def test_a_failed_thin_pool(version: str) -> None:
    found = reading(version, "report-thin-pool-failed")
    assert found.pools[1].health == "faulted"
    assert volume(found, "thin2").health == "faulted"


def test_an_exported_group(version: str) -> None:
    (pool,) = reading(version, "report-exported").pools
    assert (pool.health, "vgimport" in pool.health_text) == ("unknown", True)


def test_a_group_of_another_host(version: str) -> None:
    text = recorded(version, "report-foreign").stdout
    (pool,) = lvm_report.parse(text).pools
    assert (pool.health, "otherhost" in pool.health_text) == ("unknown", True)
    (pool,) = lvm_report.parse(text, "otherhost").pools
    assert pool.health == "online"
    assert lvm_report.system_ids(text)
    assert not lvm_report.system_ids(recorded(version, "report-volumes").stdout)


def test_a_group_that_is_locked(version: str) -> None:
    found = reading(version, "report-locked")
    assert lvm_report.is_locked(found)
    assert list(found.problems) == ["vg0"]
    assert found.pools == ()
    assert not lvm_report.is_locked(reading(version, "report-volumes"))


def altered(version: str, name: str, **values: str) -> Reading:
    """The recording ``report-snapshots`` with fields of one volume changed."""
    data = json.loads(recorded(version, "report-snapshots").stdout)
    for row in data["report"][0]["lv"]:
        if row["lv_name"] == name:
            row.update(values)
    return lvm_report.parse(json.dumps(data))


@pytest.mark.parametrize("tags", ["", f"bams.snap.{U2}", f"bams.snap.{U},bams.snap.{U2}", "bams.snap.x"])
def test_a_snapshot_without_a_sound_mark_is_foreign(version: str, tags: str) -> None:
    found = snapshot(altered(version, "repo.monday", lv_tags=tags), "repo.monday")
    assert (found.owned, found.name) == (False, "repo.monday")


def test_a_snapshot_of_a_foreign_volume_is_foreign(version: str) -> None:
    assert not snapshot(altered(version, "repo", lv_tags=""), "repo.monday").owned


def test_a_snapshot_keeps_its_name_when_the_volume_gets_another(version: str) -> None:
    found = snapshot(altered(version, "repo.monday", lv_name="older.monday"), "older.monday")
    assert (found.owned, found.name) == (True, "monday")


def test_a_snapshot_of_a_snapshot_is_a_volume(version: str) -> None:
    found = altered(version, "thin1_byhand", origin="thin1.monday")
    assert volume(found, "thin1_byhand").repository == ""


def test_a_row_that_comes_twice_counts_once(version: str) -> None:
    data = json.loads(recorded(version, "report-snapshots").stdout)
    data["report"][0]["lv"] *= 2
    assert lvm_report.parse(json.dumps(data)) == reading(version, "report-snapshots")


def test_text_of_a_hostile_name_is_made_safe(version: str) -> None:
    found = altered(version, "repo", lv_name="\x1b[2Jx\n")
    assert "\ufffd[2Jx\ufffd" in [v.name for v in found.volumes]


@pytest.mark.parametrize("field", ["lv_size", "lv_time", "data_percent"])
@pytest.mark.parametrize("text", ["", "-1", "1e9", "\u0661", "9" * 400, "100.00.00", "nan", "unknown"])
def test_odd_figures_are_not_known(version: str, field: str, text: str) -> None:
    found = volume(altered(version, "thin1", **{field: text}), "thin1")
    assert (found.size_bytes if field == "lv_size" else 0) == 0
    assert (found.created_us if field == "lv_time" else 0) == 0
    assert field != "data_percent" or found.used_bytes is None


def test_a_pool_that_is_not_active_says_why_figures_lack(version: str) -> None:
    found = altered(version, "pool", lv_active="", data_percent="", metadata_percent="")
    pool = found.pools[1]
    assert (pool.data_percent, pool.metadata_percent, pool.free_bytes) == (None, None, None)
    assert {pool.reasons[name] for name in ("data_percent", "metadata_percent", "free_bytes")} == {
        "The thin pool is not active."
    }


words = st.sampled_from(
    [f for fields in lvm_report.FIELDS.values() for f in fields]
    + ["report", "log", "vg", "pv", "lv", "log_type", "error", "log_message", "vg0", "thin,pool", "public,snapshot"]
)
texts = words | st.text(max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=6),
    max_leaves=30,
)
rows = st.lists(st.dictionaries(words, texts, max_size=8), max_size=4)
reports = st.fixed_dictionaries(
    {"report": st.lists(st.fixed_dictionaries({"vg": rows, "pv": rows, "lv": rows}) | values, max_size=3)},
    optional={"log": rows | values},
)


@given(reports | values)
def test_json_of_any_shape_parses_or_is_refused(version: str, value: Any) -> None:
    try:
        found = lvm_report.parse(json.dumps(value))
    except ToolFailed:
        return
    assert isinstance(found, Reading)


@given(st.text())
def test_text_of_any_kind_is_refused(version: str, text: str) -> None:
    with pytest.raises(ToolFailed, match="no report"):
        lvm_report.parse(text)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"report": ' + "9" * 5000 + "}", '{"report": {}}', "[]", "null"])
def test_json_that_is_no_report(version: str, text: str) -> None:
    with pytest.raises(ToolFailed, match="no report"):
        lvm_report.parse(text)
