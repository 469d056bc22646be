"""Bring a configuration into force, and the one before back when the storage daemon does not come up with it."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Sequence, Set
from typing import Any, TypeVar

from bamsd.bacula import config_files, systemctl
from bamsd.bacula.config_files import Places, Texts
from bamsd.bacula.daemon import StorageDaemon
from bamsd.bacula.drafts import Draft
from bamsd.core.alerts import Alerts
from bamsd.core.clock import now_us
from bamsd.core.jobs import Job, Jobs, Progress
from bamsd.core.store import Store
from bamsd.errors import BamsError, NotReady, ToolFailed

log = logging.getLogger(__name__)

ALERT = "bacula-apply-failed"
_FORGET = "DELETE FROM bacula_intents WHERE job_id = ?"
T = TypeVar("T")


class Applying:
    def __init__(self, places: Places, daemon: StorageDaemon, store: Store, alerts: Alerts) -> None:
        self._places, self._daemon = places, daemon
        self._store, self._alerts = store, alerts

    async def apply(self, draft: Draft, progress: Progress) -> dict[str, Any]:
        """Install, restart, look whether all is there. Nothing but the end of the machine stops it half way.

        Raises ``ToolFailed`` after the version before is in force again; the alert says when it is not.
        """
        return await unstoppable(self._apply(draft, progress))

    async def _apply(self, draft: Draft, progress: Progress) -> dict[str, Any]:
        group = draft.account.group if draft.account else None
        before = {path: draft.before.get(path) for path in draft.texts}
        await asyncio.to_thread(self._keep, before, group)
        await self._store.execute(
            "INSERT OR REPLACE INTO bacula_intents (job_id, devices, started_us) VALUES (?, ?, ?)",
            (progress.job_id, json.dumps(sorted(draft.devices)), now_us()),
        )
        progress.end_with(_FORGET, (progress.job_id,))
        progress.set(0.4)
        try:
            await asyncio.to_thread(config_files.install, draft.texts, self._places, group)
            await systemctl.daemon_reload()
            await self._daemon.restart(draft.devices)
            progress.set(0.9)
            await self._tell_director(draft)
        except BamsError as error:
            raise await self.take_back(error, before, group) from error
        await self._alerts.clear(ALERT)
        return {"changed": True, "devices": sorted(draft.devices)}

    def _keep(self, before: Texts, group: int | None) -> None:
        config_files.make_folder(self._places.folder, group=group)
        config_files.keep(before, self._places)

    async def _tell_director(self, draft: Draft) -> None:
        """A Director reads its configuration again without harm to its jobs."""
        if self._places.own_director in draft.texts and (await systemctl.look(systemctl.DIRECTOR)).is_active:
            await systemctl.reload(systemctl.DIRECTOR)

    async def take_back(self, error: BamsError, before: Texts, group: int | None) -> ToolFailed:
        """Put the version before in force. Returns the error to raise; the alert stays until an apply succeeds."""
        try:
            await asyncio.to_thread(config_files.install, before, self._places, group)
            await systemctl.daemon_reload()
            await self._daemon.restart()
        except BamsError as worse:
            text = (
                f"The new configuration of bacula-sd failed ({error.message}), and bacula-sd does not run with the one "
                f"before either: {worse.message}"
            )
            advice = "Look at journalctl -u bacula-sd, correct /etc/bacula/bacula-sd.conf and start bacula-sd.service."
            await self._alerts.raise_alert(ALERT, "critical", text, advice)
            return ToolFailed(f"{text} {advice}")
        text = f"The new configuration of bacula-sd failed, and the one before is in force again: {error.message}"
        await self._alerts.raise_alert(ALERT, "warning", text, "Correct what it names, then call ApplyConfig again.")
        return ToolFailed(text)

    async def recover(self, jobs: Jobs, interrupted: Sequence[Job]) -> None:
        """End the jobs that a crash cut off: an apply is finished or taken back, of others the end is not known."""
        rows = await self._store.query("SELECT job_id, devices FROM bacula_intents")
        devices = {row["job_id"]: frozenset(json.loads(row["devices"])) for row in rows}
        for job in interrupted:
            if job.operation.startswith("bacula-"):
                await self._recover_one(jobs, job, devices.get(job.id))
        await self._store.execute("DELETE FROM bacula_intents")

    async def _recover_one(self, jobs: Jobs, job: Job, devices: Set[str] | None) -> None:
        try:
            if devices is None:
                raise NotReady(f"bamsd ended during this: {job.description}. Look with GetStatus what became of it.")
            await self._settle(devices)
        except BamsError as error:
            log.warning("job %d: %s: %s", job.id, job.description, error.message)
            await jobs.finish(job.id, state="failed", error=error)
        else:
            await jobs.finish(job.id, state="succeeded", result={"changed": True, "devices": sorted(devices)})

    async def _settle(self, devices: Set[str]) -> None:
        """Whether the daemon works with the new version; if not, the version before is put back."""
        try:
            found = await self._daemon.status()
            missing = devices - {device.name for device in found.devices}
            if missing:
                raise NotReady(f"bacula-sd does not show the device {min(missing)}.")
        except BamsError as error:
            before = await asyncio.to_thread(config_files.kept, self._places)
            interrupted = NotReady(f"bamsd ended while it was applied. {error.message}")
            raise await self.take_back(interrupted, before, None) from error
        await self._alerts.clear(ALERT)


async def unstoppable(work: Awaitable[T]) -> T:
    """The work to its end, also when the caller is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if task.cancelled() or current is None:
                raise
            current.uncancel()
