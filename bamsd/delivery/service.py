"""Telling people of alerts: which ways there are, and trying them out."""

import asyncio
import socket

from bamsd.config import AlertSettings
from bamsd.core.alerts import Alerts
from bamsd.core.clock import Clock, now_us
from bamsd.core.store import Store
from bamsd.delivery.courier import Courier
from bamsd.delivery.models import Change, Outcome
from bamsd.delivery.ways import HookRoute, MailRoute, Route
from bamsd.errors import BamsError

TEST_LIMIT_S = 20.0
"""Below the 25 seconds that a D-Bus client waits for a reply."""


class Delivery:
    def __init__(self, settings: AlertSettings, store: Store, alerts: Alerts, clock: Clock = now_us) -> None:
        self._clock = clock
        self._host = socket.gethostname()
        self._couriers = [Courier(route, store, alerts, self._host, clock) for route in _routes(settings)]
        self.configure(settings)

    async def start(self) -> None:
        for courier in self._couriers:
            await courier.start()

    async def stop(self) -> None:
        await asyncio.gather(*(courier.stop() for courier in self._couriers))

    def configure(self, settings: AlertSettings) -> None:
        """Take new settings at a reload."""
        for courier, route in zip(self._couriers, _routes(settings), strict=True):
            courier.route = route
            courier.settle_s, courier.quiet_s = settings.settle_s, settings.quiet_s
            courier.look()

    async def test(self, *, dry_run: bool) -> tuple[Outcome, ...]:
        """Send a test along every way that is configured; with ``dry_run`` only look whether its program may run."""
        ways = [courier for courier in self._couriers if courier.route.is_on]
        return tuple(await asyncio.gather(*(self._try_out(courier, dry_run) for courier in ways)))

    async def _try_out(self, courier: Courier, dry_run: bool) -> Outcome:
        route = courier.route
        try:
            if dry_run:
                await route.demand_ready()
                return Outcome(route.way, True, f"A test would go to {route.target}.")
            now = self._clock()
            text = f"This is a test of the alerts of {self._host}; nothing is wrong."
            await route.send([Change("test", "test", "info", text, "", "", now)], self._host, now, TEST_LIMIT_S)
        except BamsError as error:
            return Outcome(route.way, False, error.message)
        await courier.works()
        courier.look()
        taken = "The mail system took a test for" if route.way == "mail" else "A test was taken by"
        return Outcome(route.way, True, f"{taken} {route.target}.")


def _routes(settings: AlertSettings) -> tuple[Route, ...]:
    return MailRoute(settings.mail), HookRoute(settings.hook)
