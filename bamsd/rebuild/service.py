"""Export and import of the appliance's own state: what is read, in which order it is brought back, and what refuses.

The areas keep and restore their own parts (``core/carried.py``); here they become one sealed file and come back out
of it. Each part is brought back by the area's own jobs, with all their checks, so a crash leaves nothing new to settle.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Unpack

from bamsd.core.carried import Part, Step, step
from bamsd.core.clock import now_us
from bamsd.core.confirm import confirmed
from bamsd.core.jobs import How, Job, Jobs, Progress, Starter
from bamsd.core.names import host_in_names
from bamsd.core.shelf import Kept, new_name
from bamsd.core.turn import Turn
from bamsd.errors import BamsError, InvalidArgument, NotReady
from bamsd.rebuild import document, sealing
from bamsd.rebuild.configuration import Configuration
from bamsd.rebuild.document import Document
from bamsd.rebuild.files import ExportFiles

log = logging.getLogger(__name__)

MANAGE = "org.bams.manage"
START_LIMIT_S = 120.0
"""After a start of bamsd the areas must have looked at the host before anything is read of them."""
_EXPORTING = "export the appliance's state"


class Rebuild:
    def __init__(
        self, state: Path, jobs: Jobs, configuration: Configuration, parts: Sequence[Part], version: str
    ) -> None:
        """``parts`` in the order in which they are brought back, after the configuration."""
        self._files = ExportFiles(state / "exports")
        self._jobs = jobs
        self._configuration = configuration
        self._parts: Sequence[Part] = (configuration, *parts)
        self._version = version
        self._turn = Turn("export and import")
        self._started = asyncio.Event()

    async def start(self, interrupted: Sequence[Job]) -> None:
        """The areas have looked at the host. Clears what a crash left, and ends the jobs that it cut off."""
        try:
            await asyncio.to_thread(self._files.clear)
        except OSError as error:
            log.warning("%s cannot be cleared: %s", self._files.folder, error.strerror)
        for job in interrupted:
            if job.operation in ("export", "import"):
                await self._jobs.finish(job.id, state="failed", error=_cut_off(job))
        self._started.set()

    async def export(self, passphrase: str, starter: Starter, **how: Unpack[How]) -> Job:
        """Raises Busy while another export or import runs. The job's Result: name, path, size."""
        _check(passphrase)
        if how["dry_run"]:
            kept = ", ".join(part.title for part in self._parts)
            plan = [step(f"Write what BAMS keeps ({kept}) into one encrypted file.", object=str(self._files.folder))]
            return await self._planned("export", _EXPORTING, starter, plan)

        async def work(_: None, progress: Progress) -> dict[str, Any]:
            parts: dict[str, Any] = {}
            for number, part in enumerate(self._parts):
                progress.set(0.8 * number / len(self._parts))
                parts[part.title] = await part.kept()
            found = Document(self._version, host_in_names(), now_us(), parts)
            written = await asyncio.to_thread(self._write, new_name(), found, passphrase)
            return {"name": written.name, "path": str(written.path), "size": written.size_bytes}

        return await self._jobs.run(
            operation="export",
            description=_EXPORTING,
            objects=(),
            action=MANAGE,
            starter=starter,
            guard=self._held(_EXPORTING, queue=how["queue"]),
            work=work,
            wait=how["wait"],
        )

    async def import_(self, name: str, passphrase: str, confirm: str, starter: Starter, **how: Unpack[How]) -> Job:
        """Raises InvalidArgument for a wrong passphrase or a damaged file, NotFound, NotSupported for a newer format,
        AlreadyExists where this host has something of its own. The job's Result: restored, warnings."""
        confirmed(confirm, name, "bring back what an export holds")
        _check(passphrase)
        doing = f"import {name}"
        guard = self._planning(name, passphrase, doing, queue=how["queue"])
        if how["dry_run"]:
            async with guard as (_, plan):
                pass
            return await self._planned("import", doing, starter, plan)

        async def work(held: tuple[Document, Sequence[Step]], progress: Progress) -> dict[str, Any]:
            return await self._restore(held[0], starter, progress)

        return await self._jobs.run(
            operation="import",
            description=doing,
            objects=(),
            action=MANAGE,
            starter=starter,
            guard=guard,
            work=work,
            wait=how["wait"],
        )

    async def shown(self) -> Sequence[Mapping[str, Any]]:
        """The exports on this host as they go out on the bus, the newest first."""
        return [one.shown for one in await asyncio.to_thread(self._files.list)]

    async def delete(self, name: str) -> None:
        await asyncio.to_thread(self._files.delete, name)

    def _write(self, name: str, found: Document, passphrase: str) -> Kept:
        return self._files.write(name, sealing.seal(document.write(found), passphrase))

    def _open(self, name: str, passphrase: str) -> Document:
        return document.read(sealing.unseal(self._files.read(name), passphrase, name), name)

    @asynccontextmanager
    async def _held(self, doing: str, *, queue: bool) -> AsyncIterator[None]:
        async with self._turn.held(doing, queue=queue):
            try:
                async with asyncio.timeout(START_LIMIT_S):
                    await self._started.wait()
            except TimeoutError:
                raise NotReady("bamsd still looks at the disks and targets of this host. Try again later.") from None
            yield

    @asynccontextmanager
    async def _planning(
        self, name: str, passphrase: str, doing: str, *, queue: bool
    ) -> AsyncIterator[tuple[Document, Sequence[Step]]]:
        """Open the file and let every part refuse, before any of them is touched."""
        async with self._held(doing, queue=queue):
            found = await asyncio.to_thread(self._open, name, passphrase)
            plan: list[Step] = []
            for part in self._parts:
                if part.title in found.parts:
                    plan += await part.plan(found.parts[part.title])
            yield found, plan

    async def _restore(self, found: Document, starter: Starter, progress: Progress) -> dict[str, Any]:
        """One part after the other. What fails in one is a warning, and the others go on."""
        restored: list[str] = []
        warnings: list[str] = []
        for number, part in enumerate(self._parts):
            if part.title not in found.parts:
                continue
            progress.describe(f"import {part.title} of {found.host}")
            progress.set(number / len(self._parts))
            try:
                done = await part.restore(found.parts[part.title], starter)
            except BamsError as error:
                warnings.append(f"The part {part.title} was left out: {error.message}")
                continue
            restored += [part.title] if done.is_there else []
            warnings += done.warnings
            if part is self._configuration and (keys := await self._configuration.waits_for_restart()):
                warnings.append(f"{keys} of the configuration count after a restart: restart bamsd, then import again.")
                break
        if not restored:
            raise NotReady(" ".join(warnings) or "There is nothing in this export.")
        log.info("the state of %s was imported: %s", found.host, ", ".join(restored))
        return {"restored": restored} | ({"warnings": warnings} if warnings else {})

    async def _planned(self, operation: str, doing: str, starter: Starter, plan: Sequence[Step]) -> Job:
        return await self._jobs.planned(
            operation=operation, description=doing, objects=(), action=MANAGE, starter=starter, plan=plan
        )


def _check(passphrase: str) -> None:
    """No word of it is in the error."""
    if len(passphrase) < sealing.LEAST_PASSPHRASE:
        raise InvalidArgument(f"The passphrase is too short: give at least {sealing.LEAST_PASSPHRASE} characters.")


def _cut_off(job: Job) -> NotReady:
    if job.operation == "export":
        return NotReady("bamsd ended while it wrote the export, and nothing of it is left. Export again.")
    return NotReady(f"bamsd ended while it tried to {job.description}. What was done stays; import again to finish it.")
