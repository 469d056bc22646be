"""The ways to reach a person: mail through the host's sendmail, and a program of their own."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bamsd.config import HookSettings, MailSettings
from bamsd.delivery import hook, mail
from bamsd.delivery.models import Change, Severity, Way
from bamsd.delivery.programs import demand_safe
from bamsd.delivery.systemd_run import NO_RIGHTS, run_apart

MAIL_LIMIT_S = 60.0


class Route(Protocol):
    """One way with its settings. ``most_at_once`` changes go in one message; ``per_hour`` None: any number."""

    @property
    def way(self) -> Way: ...
    @property
    def is_on(self) -> bool: ...
    @property
    def least(self) -> Severity: ...
    @property
    def per_hour(self) -> int | None: ...
    @property
    def most_at_once(self) -> int: ...
    @property
    def target(self) -> str: ...

    async def demand_ready(self) -> None:
        """Raises NotFound or NotAuthorized when the program cannot be run."""

    async def send(self, changes: Sequence[Change], host: str, now_us: int, limit_s: float | None = None) -> None:
        """Raises an error of ``run_apart`` or ``demand_ready``."""


class MailRoute:
    way: Way = "mail"
    most_at_once = 10_000

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self.is_on = bool(settings.to)
        self.least: Severity = settings.severity
        self.per_hour: int | None = settings.per_hour
        self.target = ", ".join(settings.to)

    async def demand_ready(self) -> None:
        await asyncio.to_thread(demand_safe, self._settings.sendmail)

    async def send(self, changes: Sequence[Change], host: str, now_us: int, limit_s: float | None = None) -> None:
        await self.demand_ready()
        await run_apart(
            mail.arguments(self._settings),
            unit=f"bams-mail-{mail.identity(changes)}",
            stdin=mail.message(changes, self._settings, host, now_us),
            timeout_s=limit_s or MAIL_LIMIT_S,
            # exim and dma deliver in a child that goes on after sendmail has ended; it must not end with the unit.
            properties={"Description": "Mail about alerts of BAMS", "KillMode": "process"},
            environment={},
        )


class HookRoute:
    way: Way = "hook"
    most_at_once = 1
    per_hour: int | None = None

    def __init__(self, settings: HookSettings) -> None:
        self._settings = settings
        self.is_on = bool(settings.command)
        self.least: Severity = settings.severity
        self.target = settings.command[0] if settings.command else ""

    async def demand_ready(self) -> None:
        await asyncio.to_thread(demand_safe, self._settings.command[0])

    async def send(self, changes: Sequence[Change], host: str, now_us: int, limit_s: float | None = None) -> None:
        await self.demand_ready()
        user = self._settings.user
        for change in changes:
            await run_apart(
                self._settings.command,
                unit=f"bams-hook-{mail.identity([change])}",
                stdin=hook.document(change, host, now_us),
                timeout_s=min(limit_s or self._settings.timeout_s, self._settings.timeout_s),
                properties={"Description": "Program for alerts of BAMS"} | ({"User": user} if user else NO_RIGHTS),
                environment=hook.environment(change, host),
            )
