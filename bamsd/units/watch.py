"""Look every minute whether the services run that backups need, and raise an alert for one that does not."""

import asyncio
import logging

from bamsd.core.alerts import Alerts
from bamsd.core.rounds import Rounds
from bamsd.errors import BamsError
from bamsd.units import systemctl
from bamsd.units.models import Unit

log = logging.getLogger(__name__)

WATCHED = (
    "bacula-sd.service",
    "bacula-director.service",
    "bacula-fd.service",
    "scst.service",
    "rtslib-fb-targetctl.service",
    "target.service",
    "tgt.service",
)
"""Bacula, and the services of Debian and others that bring iSCSI targets up at boot."""

ALERT = "unit-down/"


class UnitWatch:
    """``interval_s`` is that of the configuration. ``units`` is the latest look, empty before the first."""

    def __init__(self, alerts: Alerts, interval_s: float) -> None:
        self.interval_s = interval_s
        self.units: tuple[Unit, ...] = ()
        self._alerts = alerts
        self._down: frozenset[str] = frozenset()
        self._rounds = Rounds(self._round)

    def start(self) -> None:
        self._rounds.start()

    async def stop(self) -> None:
        await self._rounds.stop()

    async def _round(self) -> None:
        try:
            self.units = await systemctl.look(WATCHED)
        except BamsError as error:
            log.warning("the state of services is not known: %s", error.message)
        else:
            await self._judge()
        await asyncio.sleep(self.interval_s)

    async def _judge(self) -> None:
        """A unit that has not failed for good must be down twice: it may be just on its way to be started."""
        down = frozenset(unit.name for unit in self.units if unit.is_missed or unit.keeps_failing)
        for unit in self.units:
            if unit.has_failed:
                await self._raise(unit, "critical", f"has failed ({unit.result or unit.sub})")
            elif unit.name in down & self._down:
                how = "fails again and again" if unit.keeps_failing else "does not run, although it is enabled"
                await self._raise(unit, "critical" if unit.keeps_failing else "warning", how)
            elif unit.name not in down and unit.active not in ("activating", "deactivating"):
                await self._alerts.clear(f"{ALERT}{unit.name}")
        self._down = down

    async def _raise(self, unit: Unit, severity: str, what: str) -> None:
        await self._alerts.raise_alert(
            f"{ALERT}{unit.name}",
            "critical" if severity == "critical" else "warning",
            f"The service {unit.name} {what}.",
            f"Look at journalctl -u {unit.name}, correct what it names, and start it: systemctl restart {unit.name}.",
            unit.name,
        )
