"""Takes what is due along one way: at its pace, again after a failure, and never more than the limit allows."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping, Sequence

from bamsd.core.alerts import Alert, Alerts
from bamsd.core.clock import Clock
from bamsd.core.rounds import Rounds
from bamsd.core.store import Store
from bamsd.delivery.due import Due, Pace, due
from bamsd.delivery.models import Change
from bamsd.delivery.register import Register
from bamsd.delivery.ways import Route
from bamsd.errors import BamsError

log = logging.getLogger(__name__)

FIRST_RETRY_S, LONGEST_RETRY_S = 60.0, 3600.0
STOP_LIMIT_S = 3.0
_HOUR_US = 3_600_000_000
_LONGEST_WAIT_S = 600.0
"""The clock may be set meanwhile, so it is looked at again."""


class Courier:
    """``settle_s`` and ``quiet_s`` are those of the configuration; ``route`` may be replaced at a reload."""

    def __init__(self, route: Route, store: Store, alerts: Alerts, host: str, clock: Clock) -> None:
        self.route = route
        self.settle_s = self.quiet_s = 0.0
        self._store, self._alerts, self._clock = store, alerts, clock
        self._host = host
        self._register = Register(store, route.way)
        self._changed_us: dict[str, int] = {}
        self._came_back: dict[str, int] = {}
        self._known: Mapping[str, Alert] = {}
        self._sent_us: list[int] = []
        self._failures = 0
        self._retry_us = 0
        self._wake = asyncio.Event()
        self._at_work = asyncio.Lock()
        self._rounds = Rounds(self._round)

    @property
    def failure(self) -> str:
        """The id of the alert that says that this way does not work."""
        return f"delivery-failed/{self.route.way}"

    async def start(self) -> None:
        """What stands or stood when bamsd ended has to settle again: the areas are only looking now."""
        await self._register.open()
        self._sent_us = _times(await self._store.recall(self._sent_key))
        self._known = {alert.id: alert for alert in self._alerts.list()}
        self._changed_us = dict.fromkeys((*self._known, *self._register.told), self._clock())
        self._alerts.subscribe(self._follow)
        self._rounds.start()

    async def stop(self) -> None:
        """A message that is on its way gets a moment, so that it is not sent again by the next bamsd."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_LIMIT_S), self._at_work:
                pass
        await self._rounds.stop()

    def look(self) -> None:
        """Something changed: the settings, or the way works again. What waits for another try is tried now."""
        self._retry_us = 0
        self._wake.set()

    @property
    def _sent_key(self) -> str:
        return f"delivery_sent_{self.route.way}"

    def _follow(self, alerts: Sequence[Alert]) -> None:
        fresh = {alert.id: alert for alert in alerts}
        now = self._clock()
        for id in fresh.keys() ^ self._known.keys():
            self._changed_us[id] = now
            self._came_back[id] = self._came_back.get(id, 0) + (id in fresh)
        for id, alert in fresh.items():
            if id in self._known and alert.severity != self._known[id].severity:
                self._changed_us[id] = now
        self._known = fresh
        for id in self._changed_us.keys() - fresh.keys() - self._register.told.keys():
            del self._changed_us[id]
            self._came_back.pop(id, None)
        self._wake.set()

    def _due(self, now: int) -> Due:
        pace = Pace(int(self.settle_s * 1e6), int(self.quiet_s * 1e6), self.route.least)
        # A mail about mail that does not work would only fail, too.
        alerts = [alert for alert in self._known.values() if alert.id != self.failure]
        return due(alerts, self._register.told, self._changed_us, self._came_back, pace, now)

    async def _round(self) -> None:
        self._wake.clear()
        if not self.route.is_on:
            await self._alerts.clear(self.failure)
            await self._wake.wait()
            return
        now = self._clock()
        found = self._due(now)
        if not found.changes:
            await self._wait(found.next_us - now)
        elif (ready_us := max(self._retry_us, self._free_us(now))) > now:
            await self._wait(ready_us - now)
        else:
            async with self._at_work:
                await self._tell(found.changes[: self.route.most_at_once])

    async def _wait(self, wait_us: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(wait_us / 1e6, _LONGEST_WAIT_S)):
                await self._wake.wait()

    def _free_us(self, now: int) -> int:
        """When the limit of messages an hour lets the next one go."""
        recent = [time_us for time_us in self._sent_us if now - _HOUR_US < time_us <= now]
        limit = self.route.per_hour
        return recent[-limit] + _HOUR_US if limit and len(recent) >= limit else 0

    async def _tell(self, changes: Sequence[Change]) -> None:
        now = self._clock()
        try:
            await self.route.send(changes, self._host, now)
        except BamsError as error:
            await self._failed(error, now)
            return
        for change in changes:
            self._came_back.pop(change.id, None)
        await self._register.note(changes, now, now - int(self.quiet_s * 1e6))
        if limit := self.route.per_hour:
            self._sent_us = [*self._sent_us, now][-limit:]
            await self._store.remember(self._sent_key, json.dumps(self._sent_us))
        await self.works()

    async def works(self) -> None:
        """The way was seen to work."""
        self._failures, self._retry_us = 0, 0
        await self._alerts.clear(self.failure)

    async def _failed(self, error: BamsError, now: int) -> None:
        delay_s = min(FIRST_RETRY_S * 2**self._failures, LONGEST_RETRY_S)
        self._failures = min(self._failures + 1, 10)
        self._retry_us = now + int(delay_s * 1e6)
        log.warning("%s: %s Tried again in %.0f s.", self.route.way, error.message, delay_s)
        what = f"Mail to {self.route.target}" if self.route.way == "mail" else f"The program {self.route.target}"
        await self._alerts.raise_alert(
            self.failure,
            "warning",
            f"{what} does not work, so nobody is told of alerts that way: {error.message}",
            "Correct what it names, then try it out with TestDelivery. What could not be told is kept until then.",
        )


def _times(text: str) -> list[int]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return [time_us for time_us in found if type(time_us) is int] if isinstance(found, list) else []
