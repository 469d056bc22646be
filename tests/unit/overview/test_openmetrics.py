"""The metrics file, read by the parsers of Prometheus' own client."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from bamsd.core.alerts import Alert
from bamsd.overview.counters import Traffic
from bamsd.overview.forecast import Forecast
from bamsd.overview.metrics import Known, families
from bamsd.overview.models import Bacula, BaculaJob, Drive, Iscsi, Library, Space, Target, UnitState
from bamsd.overview.openmetrics import Family, escaped, render
from bamsd.overview.sampling import Counted

HOSTILE = 'a"b\\c\nd} 1\n# EOF\n\x00\x1b[31m\ud800é'
REPOSITORY = Space(
    "repository", "u1", "weekly", "/r", "lvm-thin", "ready", "", True, 1000, 250, 750, pool="vg0/tp0", use="block"
)
POOL = Space("pool", "lvm:vg0", "vg0", "/p", "lvm", "degraded", "", False, 5000, None, None)
DRIVE = Drive("/d", "D1", 0, "loaded", "A00001L8", "", True, "st0")


def known(name: str = "LIB1") -> Known:
    return Known(
        [POOL, REPOSITORY],
        [Library("/l", "S1", name, "ready", "", 20, 5, 2, 1, (DRIVE,))],
        Iscsi("lio", "", (Target("/t", "iqn.2026-01.org.example:a", "", "in-sync", "", 2),)),
        Bacula(True, "", (), BaculaJob(7, "backup", "F", "E", 1, 2, 3, 4, 5_000_000)),
        {
            "bacula-sd.service": UnitState("loaded", "active", "running"),
            "scst.service": UnitState("not-found", "absent", ""),
        },
        [Alert("a", "warning", "s", "a", "", 1)],
        {REPOSITORY.series: Forecast("growing", "soon", 1.0, 2.5, 2.0, 3.0)},
        Counted(
            1_700_000_000_500_000,
            traffic={REPOSITORY.series: Traffic(11, 22), "drive/D1": Traffic(33, 44)},
            targets={"iqn.2026-01.org.example:a": Traffic(55, 66)},
            loads={"drive/D1": 9},
        ),
    )


def values(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels."""
    found = {}
    for family in openmetrics(text):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_the_file_is_openmetrics() -> None:
    text = render(families(known()))
    assert text.endswith("# EOF\n")
    found = values(text)
    repository = (("kind", "lvm-thin"), ("pool", "vg0/tp0"), ("repository", "weekly"))
    assert found["bams_repository_size_bytes", repository] == 1000
    assert found["bams_repository_used_bytes", repository] == 250
    assert found["bams_repository_written_bytes_total", repository] == 22
    assert found["bams_repository_full_seconds", repository] == 2.5 * 86400
    drive = (("drive", "0"), ("library", "LIB1"))
    assert found["bams_drive_loads_total", drive] == 9
    assert found["bams_drive_written_bytes_total", drive] == 44
    assert found["bams_drive_needs_cleaning", drive] == 1
    assert found["bams_library_slots", (("library", "LIB1"), ("state", "free"))] == 15
    assert found["bams_iscsi_read_bytes_total", (("target", "iqn.2026-01.org.example:a"),)] == 55
    assert found["bams_pool_ready", (("kind", "lvm"), ("pool", "vg0"))] == 0
    assert ("bams_pool_used_bytes", (("kind", "lvm"), ("pool", "vg0"))) not in found, "it is not known"
    assert found["bams_unit_active", (("unit", "bacula-sd.service"),)] == 1
    assert ("bams_unit_active", (("unit", "scst.service"),)) not in found, "it is not installed"
    assert found["bams_alerts", (("severity", "warning"),)] == 1
    assert found["bams_sample_timestamp_seconds", ()] == 1_700_000_000.5
    assert found["bams_bacula_last_failure_timestamp_seconds", ()] == 5


def test_the_older_format_gives_the_same_values() -> None:
    text = render(families(known()))
    plain = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in prometheus(text)
        for sample in family.samples
    }
    assert plain == values(text)


def test_units_stand_in_the_names() -> None:
    for family in families(known()):
        assert family.help.endswith(".")
        assert not family.unit or family.name.endswith(f"_{family.unit}")
        assert not family.name.endswith("_total")


def test_hostile_names_stay_labels() -> None:
    text = render(families(known(HOSTILE)))
    [library] = {dict(labels)["library"] for name, labels in values(text) if name == "bams_library_ready"}
    assert library.startswith('a"b\\c\nd} 1\n# EOF')
    text.encode()


def test_two_things_of_one_name_do_not_spoil_the_file() -> None:
    family = Family("bams_x", "gauge", "X.")
    family.add(1, library="a")
    family.add(2, library="a")
    assert values(render([family])) == {("bams_x", (("library", "a"),)): 1}


@given(st.text())
def test_any_text_can_be_a_label(text: str) -> None:
    family = Family("bams_x", "gauge", f"Help {text}")
    family.add(1, label=text)
    written = render([family])
    assert written.count("\n") == 4
    [((_, labels), value)] = values(written).items()
    assert value == 1
    assert escaped(dict(labels)["label"]) == escaped(text)


@pytest.mark.parametrize("value", [0, 1, 1 << 62, 0.25, 1e300, -3.5])
def test_numbers_come_back_as_they_are(value: float) -> None:
    family = Family("bams_x", "gauge", "X.")
    family.add(value)
    assert values(render([family])) == {("bams_x", ()): value}
