"""The rules of org.bams.Bacula: what each call reads, checks and starts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from bamsd.bacula import config_files, systemctl, udev_rule
from bamsd.bacula.applying import Applying
from bamsd.bacula.config_files import Texts
from bamsd.bacula.daemon import StorageDaemon
from bamsd.bacula.drafts import Choice, Draft, Drafts, refuse
from bamsd.bacula.models import Finding, SdStatus
from bamsd.bacula.operating import Operating
from bamsd.bacula.resources import redacted
from bamsd.core.jobs import How, Job, Jobs, Progress, Starter
from bamsd.core.turn import Turn
from bamsd.errors import BamsError, NotReady

CONFIGURE, RESTART = "org.bams.bacula.configure", "org.bams.bacula.restart"
_TYPICAL_RESTART_S = 20.0


@dataclass(frozen=True, slots=True)
class Status:
    """``problem`` says why the daemon tells nothing, ``director_problem`` why the Director does not."""

    unit: systemctl.Unit
    storage: SdStatus | None
    problem: str
    storages: tuple[str, ...]
    pools: tuple[str, ...]
    director_problem: str


class Bacula:
    def __init__(
        self,
        drafts: Drafts,
        daemon: StorageDaemon,
        applying: Applying,
        operating: Operating,
        jobs: Jobs,
        rules: Path,
    ) -> None:
        self.operating = operating
        self._drafts, self._daemon, self._applying = drafts, daemon, applying
        self._jobs = jobs
        self._rules = rules
        self.turn = Turn("configuration of bacula-sd")

    async def status(self) -> Status:
        """Never fails for what is not there: the words say what is known and what to set up."""
        unit, daemon, director = await asyncio.gather(
            systemctl.look(systemctl.STORAGE), self._storage_status(), self._director_status()
        )
        storage, problem = daemon
        storages, pools, director_problem = director
        if not unit.is_installed:
            problem = "bacula-sd is not installed: install the package bacula-sd."
        return Status(unit, storage, problem, storages, pools, director_problem)

    async def _storage_status(self) -> tuple[SdStatus | None, str]:
        try:
            return await self._daemon.status(), ""
        except BamsError as error:
            return None, error.message

    async def _director_status(self) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        if not await asyncio.to_thread(self._drafts.places.console.exists):
            return (), (), f"There is no {self._drafts.places.console}: install bacula-console to see volumes and jobs."
        try:
            storages, pools = await asyncio.gather(self.operating.console.storages(), self.operating.console.pools())
        except BamsError as error:
            return (), (), error.message
        return storages, pools, ""

    async def configuration(self) -> str:
        """The files as they are, one after the other, without passwords."""
        places = self._drafts.places
        texts = await asyncio.gather(
            *(asyncio.to_thread(config_files.read, path) for path in (places.main, places.own))
        )
        found = zip((places.main, places.own), texts, strict=True)
        return "\n".join(f"# {path}\n{redacted(text)}" for path, text in found if text is not None)

    async def generate(self, choice: Choice) -> Draft:
        return await self._drafts.make(choice)

    async def check(self, choice: Choice) -> tuple[Finding, ...]:
        return await self._drafts.check(await self._drafts.make(choice))

    async def apply(
        self, choice: Choice, starter: Starter, *, force: bool, wait_for_jobs: bool, **how: Unpack[How]
    ) -> Job:
        doing = "apply the configuration of bacula-sd"

        async def make() -> Draft:
            return await self._drafts.make(choice)

        return await self._bring(doing, make, starter, force=force, wait_for_jobs=wait_for_jobs, **how)

    async def install(self, texts: Texts, starter: Starter, **how: Unpack[How]) -> Job:
        """Bring whole files into force that were kept elsewhere, with every check and the way back of ``apply``."""

        async def make() -> Draft:
            return await self._drafts.of(texts)

        doing = "install the configuration of bacula-sd from an export"
        return await self._bring(doing, make, starter, force=False, wait_for_jobs=False, **how)

    async def _bring(
        self,
        doing: str,
        make: Callable[[], Awaitable[Draft]],
        starter: Starter,
        *,
        force: bool,
        wait_for_jobs: bool,
        **how: Unpack[How],
    ) -> Job:
        if how["dry_run"]:
            draft = await self._checked(await make())
            return await self._planned("bacula-apply", doing, CONFIGURE, starter, plan(draft))

        async def work(_: None, progress: Progress) -> dict[str, Any]:
            draft = await self._checked(await make())
            progress.set(0.2)
            if not draft.is_new and await self._shows(draft):
                return {"changed": False, "devices": sorted(draft.devices)}
            await self._daemon.until_idle(force=force, wait_for_jobs=wait_for_jobs, progress=progress)
            return await self._applying.apply(draft, progress)

        return await self._run("bacula-apply", doing, CONFIGURE, starter, work, cancelable=wait_for_jobs, **how)

    async def restart(self, starter: Starter, *, force: bool, wait_for_jobs: bool, **how: Unpack[How]) -> Job:
        doing = "restart bacula-sd"
        if how["dry_run"]:
            step = _step("Restart the storage daemon.", "disconnect", f"systemctl restart {systemctl.STORAGE}")
            return await self._planned("bacula-restart", doing, RESTART, starter, [step])

        async def work(_: None, progress: Progress) -> dict[str, Any]:
            await self._daemon.until_idle(force=force, wait_for_jobs=wait_for_jobs, progress=progress)
            found = await self._daemon.restart()
            return {"devices": sorted(device.name for device in found.devices) if found else []}

        return await self._run("bacula-restart", doing, RESTART, starter, work, cancelable=wait_for_jobs, **how)

    async def fix_permissions(self) -> str:
        """Let the tape group use drives and changers, by a rule of udev. Returns the rule's path."""
        return str(await udev_rule.install(self._rules))

    async def _checked(self, draft: Draft) -> Draft:
        refuse(await self._drafts.check(draft))
        return draft

    async def _shows(self, draft: Draft) -> bool:
        status, _ = await self._storage_status()
        return status is not None and draft.devices <= {device.name for device in status.devices}

    async def _planned(
        self, operation: str, doing: str, action: str, starter: Starter, plan: Sequence[Mapping[str, Any]]
    ) -> Job:
        return await self._jobs.planned(
            operation=operation, description=doing, objects=(), action=action, starter=starter, plan=plan
        )

    async def _run(
        self,
        operation: str,
        doing: str,
        action: str,
        starter: Starter,
        work: Any,
        *,
        cancelable: bool,
        queue: bool,
        wait: bool,
        dry_run: bool,
    ) -> Job:
        if dry_run:
            raise NotReady(f"A plan is not run: {doing}.")
        return await self._jobs.run(
            operation=operation,
            description=doing,
            objects=(),
            action=action,
            starter=starter,
            guard=self.turn.held(doing, queue=queue),
            work=work,
            wait=wait,
            cancelable=cancelable,
            expected_s=_TYPICAL_RESTART_S,
        )


def plan(draft: Draft) -> list[dict[str, str]]:
    """The files that an apply would change, and the restart."""
    steps = [
        _step(f"{'Write' if text is not None else 'Remove'} {path}.", "safe", f"write {path}" if text else f"rm {path}")
        for path, text in draft.texts.items()
        if draft.before.get(path) != text
    ]
    if not steps:
        return [_step("Nothing changes.", "safe", "")]
    return [*steps, _step("Restart the storage daemon.", "disconnect", f"systemctl restart {systemctl.STORAGE}")]


def _step(summary: str, effect: str, command: str) -> dict[str, str]:
    return {"summary": summary, "effect": effect, "object": systemctl.STORAGE, "command": command}
