"""Let scstadmin apply changes, for those who want that (``apply_with: scstadmin``).

It only adds and sets. What it leaves (removals, new secrets of users who are there) is done in sysfs afterwards, and
the kernel is read again in any case: its exit code proves nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from bamsd.errors import BamsError, ToolFailed
from bamsd.iscsi import scstadmin
from bamsd.iscsi.comparison import with_backings
from bamsd.iscsi.models import Backing
from bamsd.iscsi.register import Register, secrets_of
from bamsd.iscsi.stack import Stack
from bamsd.system.files import replace_file

log = logging.getLogger(__name__)


class ThroughScstadmin:
    """``folder`` is the daemon's own: the file has secrets in it while scstadmin reads it."""

    def __init__(self, register: Register, backings: Callable[[], Mapping[str, Backing]], folder: Path) -> None:
        self._register = register
        self._backings = backings
        self._file = folder / "scst-apply.conf"

    async def __call__(self, stack: Stack, iqn: str) -> None:
        """Have the whole file applied: scstadmin takes a target that is not in it for one to be disabled."""
        desired = self._register.desired
        wanted = with_backings(desired.after_apply_of(iqn), self._backings())
        secrets = {secret for row in desired.rows.values() for secret in secrets_of(row)}
        try:
            await asyncio.to_thread(self._write, stack.render(wanted))
            said = await scstadmin.config(self._file, secrets=sorted(secrets))
            log.info("scstadmin: %s", said.strip().rpartition("\n")[-1])
        except BamsError as error:
            log.warning("scstadmin did not apply the change, so it is done without it: %s", error.message)
        finally:
            await asyncio.to_thread(self._file.unlink, missing_ok=True)

    def _write(self, text: str) -> None:
        try:
            replace_file(self._file, text.encode("utf-8", "surrogateescape"), 0o600)
        except OSError as error:
            raise ToolFailed(f"{self._file} cannot be written: {error.strerror}.") from error
