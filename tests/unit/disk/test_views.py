"""Pools, volumes and the store's rows joined into what is shown."""

from dataclasses import replace

import pytest

from bamsd.core.names import repository_path
from bamsd.disk import views
from bamsd.disk.conditions import conditions, level
from bamsd.disk.models import Health, Member, Stack, Volume
from bamsd.disk.register import Row
from tests.unit.disk.pictures import GIB, SNAPSHOT, TANK, THICK, THIN, UUID, VG, ZVOL, picture, row

PATH = repository_path("lvm", "vg0/thick")


def alerts(*args: object, **how: object) -> dict[str, tuple[str, str]]:
    """Alert id to severity and summary."""
    seen = picture(*args, **how)  # type: ignore[arg-type]
    found = conditions(seen, views.repositories(seen))
    return {id: (condition.severity, condition.summary) for id, condition in found.items()}


def test_a_repository_of_ours_is_shown_with_its_name_and_maker() -> None:
    view = views.repositories(picture(THICK))[PATH]
    assert (view.name, view.owned, view.uuid, view.state, view.created_by) == ("thick", True, UUID, "ready", "alice")


def test_a_strangers_volume_is_shown_under_its_full_name_and_not_owned() -> None:
    view = views.repositories(picture(replace(THICK, repository="")))[PATH]
    assert (view.name, view.owned, view.uuid) == ("vg0/thick", False, "lv-uuid")


def test_a_file_system_is_shown_with_its_place_and_whether_it_is_mounted() -> None:
    files = row(use="filesystem", filesystem="xfs")
    view = views.repositories(picture(THICK, rows=(files,)))[PATH]
    assert (view.mount_point, view.mounted) == ("/srv/bams/thick", False)
    mounted = picture(THICK, rows=(files,), mounted=frozenset({"/srv/bams/thick"}))
    assert views.repositories(mounted)[PATH].mounted


@pytest.mark.parametrize(
    ("volume", "entry", "state"),
    [
        (replace(THICK, health="faulted", health_text="partial"), row(), "faulted"),
        (replace(THICK, merging=True), row(), "rolling-back"),
        (replace(THICK, active=False), row(), "inactive"),
        (THICK, row(leftover="format"), "incomplete"),
    ],
)
def test_what_is_not_ready_says_why(volume: Volume, entry: Row, state: str) -> None:
    view = views.repositories(picture(volume, rows=(entry,)))[PATH]
    assert view.state == state
    assert view.state_text


def test_a_repository_without_a_volume_is_missing_and_never_ready() -> None:
    seen = picture(rows=(row(),))
    view = views.repositories(seen)[PATH]
    assert (view.state, view.device) == ("missing", "")
    [(id, (severity, summary))] = alerts(rows=(row(),)).items()
    assert (id, severity) == (f"disk-missing/{UUID}", "critical")
    assert "thick" in summary


def test_a_stranger_in_the_place_of_a_lost_repository_is_shown_beside_it() -> None:
    stranger = replace(THICK, repository="", uuid="other")
    found = views.repositories(picture(stranger, rows=(row(),)))
    assert len(found) == 2
    assert {(view.owned, view.state) for view in found.values()} == {(False, "ready"), (True, "missing")}


def test_a_pool_that_does_not_answer_is_said_so_and_its_repositories_are_not_called_missing() -> None:
    silent: dict[Stack, dict[str, str]] = {"zfs": {"tank": "zfs did not end within 30 s"}}
    seen = picture(ZVOL, problems=silent)
    [view] = views.repositories(seen).values()
    assert view.state == "unresponsive"
    assert alerts(ZVOL, problems=silent)["disk-unresponsive/zfs:tank"][0] == "critical"
    gone = picture(rows=(row(ZVOL),), problems=silent)
    assert [view.state for view in views.repositories(gone).values()] == ["unresponsive"]
    assert not [id for id in alerts(rows=(row(ZVOL),), problems=silent) if "missing" in id]


def test_the_volumes_of_a_copy_are_an_alert_and_the_copy_is_a_stranger() -> None:
    copy = replace(THICK, name="copy", uuid="other")
    found = views.repositories(picture(THICK, copy, rows=(row(),)))
    assert {view.name: view.owned for view in found.values()} == {"thick": True, "vg0/copy": False}
    assert f"disk-copy/{UUID}" in alerts(THICK, copy, rows=(row(),))


@pytest.mark.parametrize(
    ("percent", "severity"),
    [
        (None, None),
        (79.9, None),
        (80.0, "info"),
        (90.0, "warning"),
        (94.9, "warning"),
        (95.0, "critical"),
        (100.0, "critical"),
    ],
)
def test_a_filling_pool_is_told_in_three_steps(percent: float | None, severity: str | None) -> None:
    assert level(percent) == severity
    found = alerts(pools=(replace(THIN, data_percent=percent, metadata_percent=percent),))
    expected = {} if severity is None else {"disk-space/lvm:vg0/tp0": severity, "disk-metadata/lvm:vg0/tp0": severity}
    assert {id: value[0] for id, value in found.items()} == expected


@pytest.mark.parametrize(
    ("health", "severity"),
    [("degraded", "warning"), ("faulted", "critical"), ("suspended", "critical"), ("missing", "critical")],
)
def test_a_sick_pool_names_its_sick_disks(health: Health, severity: str) -> None:
    sick = replace(
        TANK, health=health, members=(Member("/dev/vdb", GIB, "online"), Member("/dev/vdc", None, "gone", "pulled"))
    )
    [(id, (found, summary))] = alerts(pools=(sick,)).items()
    assert (id, found) == ("disk-health/zfs:tank", severity)
    assert "/dev/vdc is gone (pulled)" in summary
    assert "/dev/vdb" not in summary


def test_a_thick_snapshot_that_fills_or_is_lost_is_told() -> None:
    def snapshot(**changes: object) -> dict[str, tuple[str, str]]:
        taken = replace(SNAPSHOT, **changes)  # type: ignore[arg-type]
        return alerts(replace(THICK, snapshots=(taken,)))

    assert snapshot(used_percent=50.0) == {}
    assert [value[0] for value in snapshot(used_percent=92.0).values()] == ["warning"]
    [(severity, summary)] = snapshot(used_percent=100.0, valid=False).values()
    assert severity == "critical"
    assert "lost its content" in summary
    assert snapshot(used_percent=99.0, owned=False) == {}


def test_a_healthy_host_has_no_alert() -> None:
    assert alerts(THICK, replace(ZVOL, repository=UUID.replace("1", "2"))) == {}


def test_the_views_of_a_thousand_repositories_take_a_moment() -> None:
    """A wide bound against an answer that grows with the square: some 15 ms on a slow machine."""
    volumes = [replace(THICK, name=f"r{n}", repository=f"{n:08x}-0000-4000-8000-000000000000") for n in range(1000)]
    seen = picture(*volumes)
    assert len(views.repositories(seen)) == 1000
    assert all(view.owned for view in views.repositories(seen).values())
    assert conditions(seen, views.repositories(seen)) == {}
    assert VG in seen.pools
