"""Whether the audit record is as it was written, looked at once a day too, and an alert as long as it is not."""

import asyncio

from bamsd.core.alerts import Alerts
from bamsd.core.audit import Audit, Report

ALERT = "audit-broken"
INTERVAL_S = 86400.0


class AuditWatch:
    def __init__(self, audit: Audit, alerts: Alerts) -> None:
        self._audit = audit
        self._alerts = alerts

    async def verify(self) -> Report:
        report = await self._audit.verify()
        await self.judge(report)
        return report

    async def daily(self) -> None:
        """Nobody may ask for years: the whole chain is checked once a day."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self.verify()

    async def judge(self, report: Report) -> None:
        """A broken chain is an alert until it is whole again."""
        if report.ok:
            await self._alerts.clear(ALERT)
            return
        await self._alerts.raise_alert(
            ALERT,
            "critical",
            f"The audit record was changed by something else than bamsd: {report.problem}",
            "Find out who can write to the log folder. The journal of bamsd holds a second copy of every record.",
        )
