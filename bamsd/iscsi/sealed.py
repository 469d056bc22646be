"""CHAP secrets on the disk: one file, sealed by systemd-creds for this machine, or readable by root alone without it.

The whole content is rewritten at each change. Nothing else of BAMS keeps a secret of iSCSI; the stack's own boot file
has them too, because its service reads them there (0600).
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path

from bamsd.errors import NotSupported, ToolFailed
from bamsd.iscsi import systemd_creds
from bamsd.system.files import replace_file, sync_folder

log = logging.getLogger(__name__)

NAME = "bams-iscsi-secrets"
"""Part of what is sealed, so that no other sealed file can take its place."""


class SealedFile:
    """A ``register.Vault``. ``folder`` is the daemon's state folder."""

    def __init__(self, folder: Path) -> None:
        self.sealed = folder / "iscsi-secrets.cred"
        self.plain = folder / "iscsi-secrets.json"

    async def open(self) -> Mapping[str, str]:
        """The secrets by number. Raises ToolFailed when a file is there and cannot be opened or understood."""
        if await asyncio.to_thread(self.sealed.exists):
            content = await systemd_creds.unseal(NAME, self.sealed)
            return _parse(content, self.sealed)
        try:
            return _parse(await asyncio.to_thread(self.plain.read_bytes), self.plain)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ToolFailed(f"{self.plain} cannot be read: {error.strerror}. Correct its rights.") from error

    async def keep(self, secrets: Mapping[str, str]) -> None:
        content = json.dumps(dict(secrets)).encode()
        try:
            sealed = await systemd_creds.seal(NAME, content)
        except NotSupported:
            log.warning("there is no systemd-creds, so %s is protected by its rights alone", self.plain)
            await asyncio.to_thread(self._write, self.plain, content, self.sealed)
        else:
            await asyncio.to_thread(self._write, self.sealed, sealed, self.plain)

    def _write(self, path: Path, content: bytes, other: Path) -> None:
        try:
            replace_file(path, content, 0o600)
            if other.exists():
                other.unlink()
                sync_folder(other.parent)
        except OSError as error:
            raise ToolFailed(f"{path} cannot be written, so the secret was not taken: {error.strerror}.") from error


def _parse(content: bytes, path: Path) -> dict[str, str]:
    """No text of the file goes into an error."""
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) and k.isdecimal() for k, v in found.items()):
        raise ToolFailed(f"{path} holds no secrets of BAMS. Put back a copy of it, or set all secrets again.")
    return found
