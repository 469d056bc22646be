"""An audit log in a directory, for tests that close it, change it and open it again."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bamsd.core.audit import Audit, Entry, Report
from bamsd.core.store import Store

ENTRY = Entry(
    action="org.bams.tape.operate",
    method="org.bams.Tape.Load",
    object="/org/bams/Tape",
    description="load slot 1 into drive 0 of a",
    arguments={"library": "a", "slot": 1, "drive": 0},
    person="anna",
    login_uid=1000,
    uid=0,
    pid=4711,
    outcome="allowed",
)


class Log:
    def __init__(self, directory: Path, *, max_bytes: int = 1 << 20, keep: int = 3) -> None:
        self.directory = directory / "log"
        self.file = self.directory / "audit.log"
        self.store_path = directory / "bams.db"
        self.told: list[Mapping[str, str]] = []
        self.journal: Callable[[Mapping[str, str]], None] = self.told.append
        self._max_bytes = max_bytes
        self._keep = keep

    @asynccontextmanager
    async def reported(self) -> AsyncIterator[tuple[Audit, Report]]:
        """The open log, and what ``open`` said about it."""
        self.store = Store(self.store_path)
        await self.store.open()
        audit = Audit(
            self.directory, self.store, max_bytes=self._max_bytes, keep=self._keep, journal=lambda f: self.journal(f)
        )
        try:
            yield audit, await audit.open()
        finally:
            await audit.close()
            await self.store.close()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Audit]:
        async with self.reported() as (audit, report):
            assert report.ok
            yield audit

    async def verify(self) -> Report:
        async with self.reported() as (audit, _):
            return await audit.verify()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_bytes().splitlines()]

    def files(self) -> list[str]:
        return sorted(path.name for path in self.directory.iterdir())


async def write(audit: Audit, count: int) -> None:
    for number in range(count):
        await audit.record(replace(ENTRY, description=f"number {number}"))
