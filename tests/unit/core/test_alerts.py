from pathlib import Path

import pytest

from bamsd.core.alerts import Alert, Alerts, Severity
from bamsd.core.store import Store
from bamsd.errors import NotFound


class Ticks:
    def __init__(self) -> None:
        self.now = 100

    def __call__(self) -> int:
        self.now += 1
        return self.now


async def opened(store: Store) -> tuple[Alerts, list[tuple[Alert, ...]]]:
    alerts = Alerts(store, clock=Ticks())
    told: list[tuple[Alert, ...]] = []
    alerts.subscribe(told.append)
    await alerts.open()
    return alerts, told


async def test_an_alert_survives_a_restart_with_its_acknowledgement(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    await store.open()
    alerts, _ = await opened(store)
    await alerts.raise_alert("a", "warning", "It is.", "Do.", "/x")
    await alerts.acknowledge("a", "anna")
    again, _ = await opened(store)
    assert again.list() == (Alert("a", "warning", "It is.", "Do.", "/x", 101, "anna", 102),)
    await store.close()


async def test_the_same_condition_is_told_once_and_keeps_its_time(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    await store.open()
    alerts, told = await opened(store)
    await alerts.raise_alert("a", "warning", "81 % full.", "Do.")
    await alerts.raise_alert("a", "warning", "81 % full.", "Do.")
    assert len(told) == 1
    await alerts.raise_alert("a", "warning", "82 % full.", "Do.")
    assert [(a.summary, a.since_us) for a in alerts.list()] == [("82 % full.", 101)]
    await store.close()


async def test_a_worse_condition_must_be_seen_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    await store.open()
    alerts, _ = await opened(store)
    await alerts.raise_alert("a", "warning", "It is.", "Do.")
    await alerts.acknowledge("a", "anna")
    await alerts.raise_alert("a", "critical", "It is worse.", "Do.")
    [alert] = alerts.list()
    assert (alert.since_us, alert.acknowledged_by) == (101, "")
    await store.close()


async def test_the_worst_comes_first(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    await store.open()
    alerts, told = await opened(store)
    raised: tuple[tuple[str, Severity], ...] = (("a", "info"), ("b", "warning"), ("c", "critical"), ("d", "warning"))
    for id, severity in raised:
        await alerts.raise_alert(id, severity, "It is.", "Do.")
    assert [alert.id for alert in alerts.list()] == [alert.id for alert in told[-1]] == ["c", "b", "d", "a"]
    await alerts.raise_alert("a", "critical", "It is.", "Do.")
    assert [alert.id for alert in alerts.list()] == ["a", "c", "b", "d"]
    await store.close()


async def test_a_condition_that_is_over_is_gone(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    await store.open()
    alerts, told = await opened(store)
    await alerts.clear("a")
    assert told == []
    await alerts.raise_alert("a", "info", "It is.", "Do.")
    await alerts.clear("a")
    assert told[-1] == ()
    with pytest.raises(NotFound, match="'a'"):
        await alerts.acknowledge("a", "anna")
    assert await store.query("SELECT * FROM alerts") == []
    await store.close()
