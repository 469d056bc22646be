"""What each way was last told, kept in the store."""

from collections.abc import Iterable
from dataclasses import asdict

from bamsd.core.store import Store
from bamsd.delivery.models import Change, Told, Way

_SAVE = (
    "INSERT OR REPLACE INTO alerts_told (way, id, severity, summary, advice, object, since_us, is_over, told_us) VALUES"
    " (:way, :id, :severity, :summary, :advice, :object, :since_us, :is_over, :told_us)"
)


class Register:
    def __init__(self, store: Store, way: Way) -> None:
        self._store = store
        self._way: Way = way
        self.told: dict[str, Told] = {}

    async def open(self) -> None:
        rows = await self._store.query("SELECT * FROM alerts_told WHERE way = ?", (self._way,))
        self.told = {row["id"]: Told(**row | {"is_over": bool(row["is_over"])}) for row in rows}

    async def note(self, changes: Iterable[Change], now_us: int, forget_before_us: int) -> None:
        """The way was told of these. What is over for long is forgotten: it would be told as new."""
        fresh = [
            Told(self._way, c.id, c.severity, c.summary, c.advice, c.object, c.since_us, c.event == "cleared", now_us)
            for c in changes
        ]
        old = [told.id for told in self.told.values() if told.is_over and told.told_us < forget_before_us]
        forget = "DELETE FROM alerts_told WHERE way = ? AND id = ?"
        await self._store.transaction(
            [*((forget, (self._way, id)) for id in old), *((_SAVE, asdict(told)) for told in fresh)]
        )
        for id in old:
            del self.told[id]
        self.told |= {told.id: told for told in fresh}
