"""Conditions that need a person: raised and cleared by the areas, kept over restarts, acknowledged by a person."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal

from bamsd.core.clock import Clock, now_us
from bamsd.core.store import Store
from bamsd.errors import NotFound, unexpected

log = logging.getLogger(__name__)

Severity = Literal["critical", "warning", "info"]

_SAVE = (
    "INSERT OR REPLACE INTO alerts "
    "(id, severity, summary, advice, object, since_us, acknowledged_by, acknowledged_us) VALUES "
    "(:id, :severity, :summary, :advice, :object, :since_us, :acknowledged_by, :acknowledged_us)"
)
WORST: tuple[Severity, ...] = ("critical", "warning", "info")
_LEVELS = {"critical": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO}


@dataclass(frozen=True, slots=True)
class Alert:
    """One condition. ``object`` is an object path or empty; ``acknowledged_us`` is 0 until a person has seen it."""

    id: str
    severity: Severity
    summary: str
    advice: str
    object: str
    since_us: int
    acknowledged_by: str = ""
    acknowledged_us: int = 0


Listener = Callable[[tuple[Alert, ...]], None]


class Alerts:
    """Every change is on the disk before it is told and before the method returns."""

    def __init__(self, store: Store, *, clock: Clock = now_us) -> None:
        self._store = store
        self._clock = clock
        self._alerts: dict[str, Alert] = {}
        self._listeners: list[Listener] = []

    async def open(self) -> None:
        rows = await self._store.query("SELECT * FROM alerts ORDER BY since_us, id")
        self._alerts = {row["id"]: Alert(**row) for row in rows}

    def subscribe(self, listener: Listener) -> None:
        """Call ``listener`` with all alerts, the worst first, after every change."""
        self._listeners.append(listener)

    def list(self) -> tuple[Alert, ...]:
        """The worst first, and of equal ones the oldest first."""
        return tuple(sorted(self._alerts.values(), key=lambda alert: (WORST.index(alert.severity), alert.since_us)))

    async def raise_alert(self, id: str, severity: Severity, summary: str, advice: str, object: str = "") -> None:
        """Say that a condition holds. One that holds already keeps its time and its acknowledgement.

        A condition that became worse or better in severity needs a new look, so its acknowledgement falls away.
        """
        old = self._alerts.get(id)
        fresh = Alert(id, severity, summary, advice, object, old.since_us if old else self._clock())
        if old and old.severity == severity:
            fresh = replace(fresh, acknowledged_by=old.acknowledged_by, acknowledged_us=old.acknowledged_us)
        if fresh == old:
            return
        await self._save(fresh)
        if old is None or old.severity != severity:
            log.log(_LEVELS[severity], "alert %s: %s", id, summary)

    async def clear(self, id: str) -> None:
        """Say that a condition holds no longer. Nothing happens when it did not hold."""
        if id not in self._alerts:
            return
        await self._store.execute("DELETE FROM alerts WHERE id = ?", (id,))
        cleared = self._alerts.pop(id, None)
        if cleared:
            log.info("alert %s is over: %s", id, cleared.summary)
            self._tell()

    async def acknowledge(self, id: str, person: str) -> None:
        """Note that a person has seen it. It stays until its condition ends."""
        if id not in self._alerts:
            raise NotFound(f"There is no alert {id!r}; it may be over by now.")
        await self._save(replace(self._alerts[id], acknowledged_by=person, acknowledged_us=self._clock()))

    async def _save(self, alert: Alert) -> None:
        await self._store.execute(_SAVE, asdict(alert))
        self._alerts[alert.id] = alert
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            try:
                listener(self.list())
            except Exception as error:
                unexpected(error, "telling of alerts")
