"""The configuration file in an export. It comes first: the other parts are brought back as it says."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bamsd import config
from bamsd.config import Config
from bamsd.core.carried import Restored, Step, step, understood
from bamsd.core.jobs import Starter
from bamsd.errors import BamsError, ToolFailed
from bamsd.system.files import replace_file

BEFORE = ".before-import"


class Configuration:
    """A ``carried.Part``."""

    title = "config"

    def __init__(self, path: Path, started_with: Config, reload: Callable[[], Awaitable[None]]) -> None:
        self._path = path
        self._started_with = started_with
        self._reload = reload

    async def kept(self) -> Any:
        """None where there is no file, so that everything is as it is by itself."""
        return await asyncio.to_thread(self._text)

    async def plan(self, kept: Any) -> list[Step]:
        text = _read(kept)
        if text is None or text == await self.kept():
            return []
        if refusal := self._refusal(text):
            return [step(f"Leave out: {refusal}")]
        summary = f"Write {self._path} and read it again; the file before is kept as {self._before.name}."
        steps = [step(summary, object=str(self._path), command=f"write {self._path}")]
        wanted = config.parse(self._path, text.encode("utf-8", "surrogateescape"))
        if keys := self._differing(wanted):
            steps.append(step(f"Stop there: {keys} count after a restart of bamsd. Restart it, then import again."))
        return steps

    async def restore(self, kept: Any, starter: Starter) -> Restored:
        text = _read(kept)
        if text is None:
            return Restored(False)
        if text == await self.kept():
            return Restored(True)
        if refusal := self._refusal(text):
            return Restored(False, (refusal,))
        await asyncio.to_thread(self._write, text)
        await self._reload()
        return Restored(True)

    async def waits_for_restart(self) -> str:
        """What the file says and only a restart of bamsd brings into force; empty when there is nothing."""
        try:
            wanted = await asyncio.to_thread(config.load, self._path)
        except BamsError:
            return ""
        return self._differing(wanted)

    def _differing(self, wanted: Config) -> str:
        old, new = _lasting(self._started_with), _lasting(wanted)
        return ", ".join(key for key in new if new[key] != old[key])

    @property
    def _before(self) -> Path:
        return self._path.with_name(self._path.name + BEFORE)

    def _refusal(self, text: str) -> str:
        try:
            wanted = config.parse(self._path, text.encode("utf-8", "surrogateescape"))
        except BamsError as error:
            return f"{self._path} stays as it is, because the one of the export is refused: {error.message}"
        other = [key for key in ("paths", "simulated") if getattr(wanted, key) != getattr(self._started_with, key)]
        if other:
            return f"{self._path} stays as it is, because the one of the export has other {' and '.join(other)}."
        return ""

    def _text(self) -> str | None:
        try:
            return self._path.read_bytes().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ToolFailed(f"{self._path} cannot be read: {error.strerror}.") from error

    def _write(self, text: str) -> None:
        mode = 0o640
        try:
            if self._path.exists():
                mode = self._path.stat().st_mode & 0o777
                replace_file(self._before, self._path.read_bytes(), mode)
            replace_file(self._path, text.encode("utf-8", "surrogateescape"), mode)
        except OSError as error:
            raise ToolFailed(f"{self._path} cannot be written: {error.strerror}.") from error


def _lasting(settings: Config) -> dict[str, object]:
    """What the areas take at their start alone."""
    disk, bacula = settings.disk, settings.bacula
    return {
        "disk.mount_root": disk.mount_root,
        "disk.mount_owner": disk.mount_owner,
        "bacula.user": bacula.user,
        "bacula.scripts": bacula.scripts,
    }


def _read(kept: Any) -> str | None:
    with understood(Configuration.title):
        if not isinstance(kept, str | None):
            raise TypeError
        return kept
