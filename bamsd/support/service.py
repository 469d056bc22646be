"""Support bundles: made by a job, listed, deleted, and no more of them kept than wanted.

A bundle is collected in a folder that root alone can read. Secrets are taken out there, then it is packed beside its
place and moved in when it is complete. A start clears what a crash left behind.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from bamsd.config import BundleSettings
from bamsd.core.jobs import How, Job, Jobs, Progress, Starter
from bamsd.core.names import host_in_names
from bamsd.core.shelf import GROUP, MODE, Kept, Shelf, new_name
from bamsd.core.turn import Turn
from bamsd.errors import BamsError, OutOfSpace
from bamsd.support import archive, collecting, redaction
from bamsd.support.models import Collected, Item
from bamsd.system.files import group_number, sync_folder

log = logging.getLogger(__name__)

MANAGE = "org.bams.manage"
LEAST_FREE_BYTES = 64 << 20
_TYPICAL_S = 60.0
_DOING = "make a support bundle"

Items = Callable[[tuple[str, ...], int], Awaitable[Sequence[Item]]]
"""What to collect: the services whose logs are wanted (none for the usual ones), and since when, in microseconds."""
Secrets = Callable[[], Awaitable[Iterable[str]]]
"""Every secret that bamsd knows. They are searched for and go nowhere else."""


class Support:
    def __init__(
        self, settings: BundleSettings, state: Path, jobs: Jobs, items: Items, secrets: Secrets, version: str
    ) -> None:
        self.settings = settings
        self._shelf = Shelf(state / "bundles", archive.SUFFIX, "a bundle", "ListBundles")
        self._spool = state / "bundle.work"
        self._jobs = jobs
        self._items = items
        self._secrets = secrets
        self._version = version
        self._turn = Turn("making of bundles")
        self._cleared = asyncio.Event()

    async def start(self) -> None:
        """Clear what a crash left. Raises nothing: the next bundle says what is wrong."""
        try:
            await asyncio.to_thread(self._clear)
        except OSError as error:
            log.warning("%s cannot be cleared: %s", self._spool, error.strerror)
        finally:
            self._cleared.set()

    async def create(self, services: tuple[str, ...], since_us: int, starter: Starter, **how: Unpack[How]) -> Job:
        """Raises NotFound for a service without a log, Busy while another bundle is made, OutOfSpace."""
        items = await self._items(services, since_us)
        if how["dry_run"]:
            step = {"summary": "Collect configuration, states and logs, without secrets.", "effect": "safe"}
            step |= {"object": str(self._shelf.folder), "command": ""}
            return await self._jobs.planned(
                operation="bundle", description=_DOING, objects=(), action=MANAGE, starter=starter, plan=[step]
            )

        async def work(_: None, progress: Progress) -> dict[str, Any]:
            return await self._make(items, progress)

        return await self._jobs.run(
            operation="bundle",
            description=_DOING,
            objects=(),
            action=MANAGE,
            starter=starter,
            guard=self._turn.held(_DOING, queue=how["queue"]),
            work=work,
            wait=how["wait"],
            cancelable=True,
            expected_s=_TYPICAL_S,
        )

    async def shown(self) -> Sequence[Mapping[str, Any]]:
        """The bundles as they go out on the bus, the newest first."""
        return [one.shown for one in await asyncio.to_thread(self._shelf.list)]

    async def delete(self, name: str) -> None:
        await asyncio.to_thread(self._shelf.delete, name)

    async def _make(self, items: Sequence[Item], progress: Progress) -> dict[str, Any]:
        name = new_name()
        work = self._spool / name
        await self._cleared.wait()  # or it would take a bundle that was begun right after a start for a remainder
        try:
            with self._disk_full_is_said():
                await asyncio.to_thread(self._prepare, work)
                found = await self._collect(items, work, progress)
                progress.describe("take secrets out")
                await self._redact(work, found)
                progress.set(0.9)
                progress.describe("pack the bundle")
                bundle = await self._pack(name, work)
        finally:
            await asyncio.to_thread(self._clear)
        progress.set(1.0)
        return {"name": bundle.name, "path": str(bundle.path), "size": bundle.size_bytes}

    def _prepare(self, work: Path) -> None:
        self._clear()
        self._shelf.open()
        free = shutil.disk_usage(self._shelf.folder).free
        if free < LEAST_FREE_BYTES:
            raise OutOfSpace(
                f"{self._shelf.folder} has only {free >> 20} MiB left: delete bundles or make room there first."
            )
        work.mkdir(mode=0o700, parents=True)

    def _clear(self) -> None:
        shutil.rmtree(self._spool, ignore_errors=True)
        self._shelf.clear()

    async def _collect(self, items: Sequence[Item], work: Path, progress: Progress) -> list[Collected]:
        """Each file on the disk; what is kept in memory of it is its description."""
        found: list[Collected] = []
        size, most = 0, self.settings.max_mib << 20
        for number, item in enumerate(items):
            progress.set(0.8 * number / len(items))
            async for one in collecting.collect(item):
                if size + len(one.content) > most:
                    found.append(_without_content(one, f"left out: the bundle has {self.settings.max_mib} MiB already"))
                    continue
                content, secrets, count = await asyncio.to_thread(redaction.by_rule, one.content)
                size += len(content)
                await asyncio.to_thread(_write, work / one.file, content)
                found.append(_without_content(one, one.problem, one.secrets | secrets, count))
        return found

    async def _redact(self, work: Path, found: list[Collected]) -> None:
        """Search every file for every secret, now that all are known, and write the manifest."""
        known = set(await self._secrets()).union(*(one.secrets for one in found))
        forms = await asyncio.to_thread(redaction.forms_of, known)
        rows = [await asyncio.to_thread(_finish, work / one.file, one, forms) for one in found]
        manifest = {
            "version": self._version,
            "host": host_in_names(),
            "created": time.strftime("%FT%T%z"),
            "files": rows,
        }
        text = json.dumps(manifest, indent=1)
        content, _ = redaction.by_search(text.encode(), forms)
        await asyncio.to_thread(_write, work / "manifest.json", content)

    async def _pack(self, name: str, work: Path) -> Kept:
        unfinished = self._shelf.folder / f".{name}.new"
        await archive.pack(work, unfinished)
        return await asyncio.to_thread(self._place, unfinished, name)

    def _place(self, unfinished: Path, name: str) -> Kept:
        path = self._shelf.path(name)
        descriptor = os.open(unfinished, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchown(descriptor, -1, group_number(GROUP))
            os.fchmod(descriptor, MODE)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        unfinished.rename(path)
        sync_folder(self._shelf.folder)
        for old in self._shelf.list()[self.settings.keep :]:
            old.path.unlink(missing_ok=True)
        return self._shelf.about(path)

    @contextlib.contextmanager
    def _disk_full_is_said(self) -> Iterator[None]:
        try:
            with self._shelf.making():
                yield
        except BamsError as error:
            if "No space left" in error.message:  # tar and zstd say so in their own output
                raise self._shelf.full() from error
            raise


def _finish(path: Path, one: Collected, forms: Sequence[bytes]) -> Mapping[str, Any]:
    row: dict[str, Any] = {"file": one.file, "source": one.source, "duration_s": round(one.duration_s, 3)}
    row |= {"exit_code": one.exit_code, "problem": one.problem}
    if not path.exists():
        return row
    content = path.read_bytes()
    clean, count = redaction.by_search(content, forms)
    if count:
        path.write_bytes(clean)
    digest = hashlib.sha256(clean).hexdigest()
    return row | {"size": len(clean), "sha256": digest, "secrets_removed": count + one.removed}


def _without_content(
    one: Collected, problem: str, secrets: frozenset[str] | None = None, removed: int = 0
) -> Collected:
    kept = one.secrets if secrets is None else secrets
    return Collected(one.file, one.source, b"", one.exit_code, one.duration_s, problem, kept, removed)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(content)
