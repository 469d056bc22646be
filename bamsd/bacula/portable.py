"""Bacula's configuration in an export: the files that BAMS writes, and those of people that include them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bamsd.bacula import config_files, systemctl, udev_rule
from bamsd.bacula.config_files import Places
from bamsd.bacula.daemon import StorageDaemon, names
from bamsd.bacula.drafts import Drafts
from bamsd.bacula.service import Bacula, plan
from bamsd.core.carried import Restored, Step, step, understood
from bamsd.core.jobs import Starter
from bamsd.errors import AlreadyExists, BamsError

_DIRECTOR = ("director", "own_director", "console")
_FILES = ("main", "own", "drop_in", *_DIRECTOR)
"""By their names in ``Places``, because another host may have them elsewhere."""


class BaculaFiles:
    """A ``carried.Part``."""

    title = "bacula"

    def __init__(self, bacula: Bacula, drafts: Drafts, daemon: StorageDaemon, rules: Path) -> None:
        """``rules`` is the folder of udev's rules."""
        self._bacula, self._drafts, self._daemon = bacula, drafts, daemon
        self._rules = rules

    @property
    def _places(self) -> Places:
        return self._drafts.places

    async def kept(self) -> Any:
        """The Director's files only where BAMS has its part in them; the console's belongs to them by its password."""
        texts = await asyncio.to_thread(self._texts)
        if not {"own", "main"} <= texts.keys():
            return {"texts": {}, "permissions": False}
        if not {"own_director", "director"} <= texts.keys():
            texts = {name: text for name, text in texts.items() if name not in _DIRECTOR}
        permissions = await asyncio.to_thread((self._rules / udev_rule.NAME).exists)
        return {"texts": texts, "permissions": permissions}

    def _texts(self) -> dict[str, str | None]:
        """Only the drop-in is wanted to be away where it is away."""
        texts = {name: config_files.read(getattr(self._places, name)) for name in _FILES}
        return {name: text for name, text in texts.items() if text is not None or name == "drop_in"}

    async def plan(self, kept: Any) -> list[Step]:
        texts, permissions = _read(kept)
        if not texts:
            return []
        await self._refuse_own(texts)
        if reason := await self._obstacle():
            return [step(f"Leave out Bacula's configuration: {reason}")]
        found, left_out = await self._wanted(texts)
        steps = [step(f"Leave out: {text}") for text in left_out]
        if permissions and not await self._has_rule():
            rule = str(self._rules / udev_rule.NAME)
            steps.append(step("Let the group tape use drives and changers.", object=rule, command=f"write {rule}"))
        draft = await self._drafts.of(found)
        return steps + (list(plan(draft)) if draft.is_new else [])

    async def restore(self, kept: Any, starter: Starter) -> Restored:
        texts, permissions = _read(kept)
        if not texts:
            return Restored(False)
        await self._refuse_own(texts)
        if reason := await self._obstacle():
            return Restored(False, (f"Bacula's configuration was left out: {reason}",))
        found, warnings = await self._wanted(texts)
        try:
            if permissions and not await self._has_rule():
                await udev_rule.install(self._rules)
            await self._bacula.install(found, starter, queue=True, wait=True, dry_run=False)
        except BamsError as error:
            return Restored(False, (*warnings, f"Bacula's configuration was left out: {error.message}"))
        return Restored(True, tuple(warnings))

    async def _refuse_own(self, texts: Mapping[str, str | None]) -> None:
        own = await asyncio.to_thread(config_files.read, self._places.own)
        if own is not None and own != texts["own"]:
            raise AlreadyExists(
                f"This host has a configuration of its own that BAMS wrote: {self._places.own}. It is imported only "
                "where there is none, or where it is the same."
            )

    async def _obstacle(self) -> str:
        """Why nothing can be installed now; empty when it can."""
        if not (await systemctl.look(systemctl.STORAGE)).is_installed:
            return "bacula-sd is not installed here. Install it, then import again."
        try:
            running = await self._daemon.running()
        except BamsError as error:
            return f"whether jobs run is not known: {error.message} Stop bacula-sd.service, then import again."
        return f"a restart would kill {names(running)}. Import again when nothing runs." if running else ""

    async def _wanted(self, texts: Mapping[str, str | None]) -> tuple[dict[Path, str | None], list[str]]:
        """The files to be installed on this host, and what is left out."""
        left_out = []
        if "director" in texts and not await asyncio.to_thread(self._places.director.exists):
            left_out.append("the Director's files, because bacula-director is not installed here.")
            texts = {name: text for name, text in texts.items() if name not in _DIRECTOR}
        return {getattr(self._places, name): text for name, text in texts.items()}, left_out

    async def _has_rule(self) -> bool:
        return await asyncio.to_thread((self._rules / udev_rule.NAME).exists)


def _read(kept: Any) -> tuple[dict[str, str | None], bool]:
    with understood(BaculaFiles.title):
        texts = dict(kept["texts"])
        for name, text in texts.items():
            if name not in _FILES or not (isinstance(text, str) or (name == "drop_in" and text is None)):
                raise KeyError(name)
        if texts and not {"own", "main"} <= texts.keys():
            raise KeyError("own")
        return texts, bool(kept["permissions"])
