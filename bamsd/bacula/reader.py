"""With whose rights Bacula's programs read a configuration for BAMS: those with which its own daemon reads it.

Bacula runs the commands that a configuration includes (``@|command``), and Debian's bacula-sd.conf belongs to the user
bacula. Read with the rights of the daemon, such a command can do nothing that it could not do already.
"""

import asyncio
import time

from bamsd.bacula import account, systemctl
from bamsd.errors import NotFound
from bamsd.system.run import Rights

FRESH_S = 30.0
"""A unit's user changes by hand and rarely; holders are asked for by the hundred."""


class Reader:
    """``user`` counts where a unit is not installed. Raises ``NotFound`` when there is no such account."""

    def __init__(self, user: str) -> None:
        self._user = user
        self._known: dict[str, tuple[float, Rights]] = {}

    async def storage(self) -> Rights:
        """Those of bacula-sd."""
        return await self._of(systemctl.STORAGE)

    async def director(self) -> Rights:
        """Those of bacula-dir."""
        return await self._of(systemctl.DIRECTOR)

    async def _of(self, unit: str) -> Rights:
        at, known = self._known.get(unit, (0.0, None))
        if known is None or time.monotonic() - at > FRESH_S:
            known = await self._look(unit)
            self._known[unit] = time.monotonic(), known
        return known

    async def _look(self, unit: str) -> Rights:
        """A unit that names no user starts its daemon as root, whatever the daemon becomes later (bacula-sd -u)."""
        found = await systemctl.look(unit)
        name = found.user or ("root" if found.is_installed else self._user)
        known = await asyncio.to_thread(account.find, name, found.groups)
        if known is None:
            raise NotFound(f"There is no user {name} to read the configuration of {unit}: install Bacula's package.")
        return known.rights
