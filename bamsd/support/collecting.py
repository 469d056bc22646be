"""Collects the items of a bundle, each within its own limits. Whatever fails is noted and passed over."""

import asyncio
import os
import re
import shlex
import stat
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bamsd.errors import BamsError, ToolFailed
from bamsd.support.models import Collected, Command, Copies, Document, Item, Tree
from bamsd.system.run import CommandFailed, run

MOST_BYTES = 8 << 20
"""Of one file of the bundle; what it has more is cut. A log comes with its newest lines first."""
MOST_FILES = 400
MOST_ENTRIES = 60_000
_VALUE_BYTES = 4096
_SECRET_SETTING = re.compile(r"(?i)password|secret|^(?:Incoming|Outgoing)User")
"""LIO: auth/password, auth/password_mutual. SCST: IncomingUser, whose value is the user's name and the secret."""


async def collect(item: Item) -> AsyncIterator[Collected]:
    """The files of one item."""
    match item:
        case Command():
            yield await _command(item)
        case Document():
            yield await _document(item)
        case Tree():
            yield await asyncio.to_thread(_tree, item)
        case Copies():
            for found in await asyncio.to_thread(lambda: list(_copies(item))):
                yield found


async def _command(item: Command) -> Collected:
    source, began = shlex.join(item.argv), time.monotonic()
    problem, output, code = "", "", None
    try:
        result = await run(
            list(item.argv), timeout_s=item.timeout_s, allowed_exits=range(256), max_output_bytes=MOST_BYTES
        )
        output, code = result.stdout + result.stderr, result.code
    except CommandFailed as failed:
        output, code, problem = failed.result.stdout + failed.result.stderr, failed.result.code, failed.message
    except BamsError as error:  # not installed, too slow, did not start
        problem = error.message
    took = time.monotonic() - began
    content, cut = _cut(output.encode("utf-8", "surrogateescape"))
    return Collected(item.file, source, content, code, took, problem or cut)


async def _document(item: Document) -> Collected:
    began = time.monotonic()
    try:
        content, problem = _cut((await item.text()).encode("utf-8", "replace"))
    except BamsError as error:
        content, problem = b"", error.message
    return Collected(item.file, "bamsd", content, duration_s=time.monotonic() - began, problem=problem)


def _copies(item: Copies) -> Iterator[Collected]:
    count = 0
    for root in item.roots:
        for path in _files(root):
            count += 1
            if count > MOST_FILES:
                yield Collected(f"{item.folder}/more", str(root), b"", problem=f"more than {MOST_FILES} files: cut")
                return
            yield _copy(item.folder, path)


def _copy(folder: str, path: Path) -> Collected:
    name = f"{folder}/{_safe(str(path).lstrip('/'))}"
    try:
        # Not followed, and never waited for: a link or a pipe may stand where a file was.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return Collected(name, str(path), b"", problem="not a file")
            content, problem = _cut(file.read(MOST_BYTES + 1))
    except OSError as error:
        return Collected(name, str(path), b"", problem=error.strerror or str(error))
    return Collected(name, str(path), content, problem=problem)


def _files(root: Path) -> Iterator[Path]:
    """The files below a folder, or the file itself. Links are not followed; what is not there is passed over."""
    if root.is_symlink() or not root.exists():
        return
    if not root.is_dir():
        yield root
        return
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            path = Path(folder, name)
            if not path.is_symlink():
                yield path


def _tree(item: Tree) -> Collected:
    began = time.monotonic()
    if not item.root.is_dir():
        return Collected(item.file, str(item.root), b"", problem="not there")
    lines, problem, size = [], "", 0
    secrets: set[str] = set()
    for path in _entries(item.root):
        value = _value(path)
        if _SECRET_SETTING.search(path.name) and value:
            secrets |= {value, *value.replace('"', " ").split()[1:]}
            value = "(secret)"
        line = f"{path.relative_to(item.root)}: {value}\n"
        lines.append(line)
        size += len(line)
        if len(lines) >= MOST_ENTRIES or size >= MOST_BYTES:
            problem = "cut"
            break
    content = "".join(lines).encode("utf-8", "surrogateescape")
    took = time.monotonic() - began
    return Collected(item.file, str(item.root), content, None, took, problem, frozenset(secrets))


def _entries(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted([*files, *(n for n in folders if Path(folder, n).is_symlink())]):
            yield Path(folder, name)


def _value(path: Path) -> str:
    """Of one setting on one line; what can only be written is told so."""
    try:
        if path.is_symlink():
            return f"-> {os.readlink(path)}"
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            raw = os.read(descriptor, _VALUE_BYTES)
        finally:
            os.close(descriptor)
    except OSError as error:
        return f"({error.strerror})"
    return raw.decode("utf-8", "surrogateescape").strip().replace("\n", "\n    ")


def _cut(content: bytes) -> tuple[bytes, str]:
    return (content, "") if len(content) <= MOST_BYTES else (content[:MOST_BYTES], "cut at the end")


def _safe(path: str) -> str:
    """A path that can stand in an archive and on a screen, whatever somebody called a file."""
    shown = "".join(char if char.isprintable() and char not in '\\:*?"<>|' else "_" for char in path)
    parts = [part for part in shown.encode("utf-8", "replace").decode().split("/") if part not in ("", ".", "..")]
    if not parts:
        raise ToolFailed("A file without a name cannot be collected.")
    return "/".join(part[:100] for part in parts)
