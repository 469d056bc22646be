"""Bacula's configuration files: BAMS's part beside what people wrote, and the version before.

BAMS owns whole files in ``bams.d`` and one line of ``bacula-sd.conf``, which includes them. Every other byte of a file
that people wrote stays as it is. The functions block; they are called in threads.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bamsd.errors import ToolFailed
from bamsd.system.files import replace_file, sync_folder

_REMARK = "# The next line was added by bamsd. What it includes is written by bamsd alone."
FILE_MODE, FOLDER_MODE = 0o640, 0o750
Texts = Mapping[Path, str | None]
"""Files by path; ``None`` is a file that is not there."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files are. ``etc`` is Bacula's folder, ``units`` that of systemd's units, ``trials`` one of BAMS."""

    etc: Path
    units: Path
    trials: Path

    @property
    def main(self) -> Path:
        return self.etc / "bacula-sd.conf"

    @property
    def director(self) -> Path:
        return self.etc / "bacula-dir.conf"

    @property
    def console(self) -> Path:
        return self.etc / "bconsole.conf"

    @property
    def folder(self) -> Path:
        return self.etc / "bams.d"

    @property
    def own(self) -> Path:
        return self.folder / "storage-daemon.conf"

    @property
    def own_director(self) -> Path:
        return self.folder / "director.conf"

    @property
    def drop_in(self) -> Path:
        return self.units / "bacula-sd.service.d" / "bams.conf"

    @property
    def previous(self) -> Path:
        return self.folder / "previous.json"

    @property
    def changed(self) -> tuple[Path, ...]:
        """All files that BAMS may write; the console's only when it comes from an export."""
        return (self.own, self.main, self.own_director, self.director, self.console, self.drop_in)

    def trial(self, path: Path) -> Path:
        """Where a file is tried out before it is installed."""
        return self.trials / path.name

    def really(self) -> dict[str, str]:
        """Trial copies to the files they stand for."""
        return {str(self.trial(p)): str(p) for p in (self.main, self.own, self.director, self.own_director)}


def read(path: Path) -> str | None:
    """Bytes that are no UTF-8 come through unchanged. Raises ``ToolFailed`` when the file cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ToolFailed(f"{path} cannot be read: {error.strerror}.") from error


def without_include(text: str, own: Path) -> str:
    """What people wrote: the text without BAMS's line and its remark."""
    kept = [line for line in text.splitlines(keepends=True) if not _is_ours(line, own)]
    return "".join(kept)


def with_include(text: str, own: Path) -> str:
    """The text with BAMS's line at its end, once."""
    rest = without_include(text, own)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    return f"{rest}{_REMARK}\n@{own}\n"


def _is_ours(line: str, own: Path) -> bool:
    bare = line.strip()
    return bare == _REMARK or (bare.startswith("@") and bare[1:].strip().strip('"') == str(own))


def write(path: Path, text: str, *, group: int | None, mode: int = FILE_MODE, owner: int = -1) -> None:
    """Put a file in place at once and wholly. ``group`` is the number of the group that may read it."""
    try:
        content = text.encode("utf-8", "surrogateescape")
        replace_file(path, content, mode, owner=owner, group=-1 if group is None else group)
    except OSError as error:
        raise ToolFailed(f"{path} cannot be written: {error.strerror}.") from error


def make_folder(path: Path, *, group: int | None, mode: int = FOLDER_MODE) -> None:
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        if group is not None:
            os.chown(path, -1, group)
        path.chmod(mode)
    except OSError as error:
        raise ToolFailed(f"The folder {path} cannot be made: {error.strerror}.") from error


def install(texts: Texts, places: Places, group: int | None) -> None:
    """Put all files in place, BAMS's own before the ones that include them; a ``None`` is removed, the last of all."""
    for path, text in sorted(texts.items(), key=lambda item: item[0].parent != places.folder):
        if text is None:
            continue
        if path.parent == places.drop_in.parent:
            make_folder(path.parent, group=None, mode=0o755)
            write(path, text, group=None, mode=0o644)
        else:
            _write_like_before(path, text, group)
    for path, text in texts.items():
        if text is None:
            _remove(path)


def _write_like_before(path: Path, text: str, group: int | None) -> None:
    """A file that people wrote keeps its mode, owner and group."""
    try:
        old = path.stat()
    except FileNotFoundError:
        write(path, text, group=group)
        return
    except OSError as error:
        raise ToolFailed(f"{path} cannot be looked at: {error.strerror}.") from error
    write(path, text, group=old.st_gid, mode=old.st_mode & 0o7777, owner=old.st_uid)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        if path.parent.exists():
            sync_folder(path.parent)
    except OSError as error:
        raise ToolFailed(f"{path} cannot be removed: {error.strerror}.") from error


def keep(texts: Texts, places: Places) -> None:
    """Keep a version: one file, so that it is there wholly or not at all. It holds passwords: root alone reads it."""
    data = json.dumps({str(path): text for path, text in texts.items()}, indent=1)
    write(places.previous, data + "\n", group=None, mode=0o600)


def kept(places: Places) -> Texts:
    """The version before; empty when none was kept. Only files that BAMS itself changes are taken from it."""
    text = read(places.previous)
    try:
        found = json.loads(text) if text else {}
        return {path: found[str(path)] for path in places.changed if str(path) in found}
    except (ValueError, TypeError) as error:
        raise ToolFailed(f"{places.previous} is damaged: restore the files by hand.") from error


def write_trial(places: Places, path: Path, text: str, group: int) -> None:
    """Put a file where it is tried out. Nobody but root sees which there are, and its group reads it."""
    make_folder(places.trials, group=None, mode=0o711)
    write(places.trial(path), text, group=group)


def discard_trials(places: Places) -> None:
    for path in places.changed:
        _remove(places.trial(path))
