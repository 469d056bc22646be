"""One SQLite file that survives a kill or a power cut at any point.

Only this module imports sqlite3. Statements run on one thread of their own, one after the other, so that a slow disk
never blocks the event loop and a writer never meets another one.
"""

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from bamsd.errors import AlreadyExists, BamsError, Internal, NotSupported, OutOfSpace
from bamsd.system.files import sync_folder

_T = TypeVar("_T")
Params = Sequence[Any] | Mapping[str, Any]
"""Values for ``?`` by place or for ``:name`` by name."""
Statement = tuple[str, Params]

_APPLICATION_ID = 0x42414D53
"""``BAMS``, in the header of the file: someone else's database is refused, not changed."""
_BUSY_TIMEOUT_S = 5.0
_SIDE_FILES = ("", "-wal", "-shm", "-journal")
_REMEMBER = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


class Store:
    """Errors of every method: OutOfSpace when the disk is full, Internal with the file's name for the rest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._connection: sqlite3.Connection | None = None
        self._lock: int | None = None

    async def open(self) -> None:
        """Open the file, create it on the first start, bring its tables up to this version.

        Raises Internal when the file is damaged and NotSupported when a newer bamsd wrote it. Neither changes it.
        """
        await self._on_thread(self._open)

    async def close(self) -> None:
        await self._on_thread(self._close)
        self._thread.shutdown(wait=False)

    async def query(self, sql: str, params: Params = ()) -> list[dict[str, Any]]:
        return await self._on_thread(lambda: self._use().execute(sql, params).fetchall())

    async def execute(self, sql: str, params: Params = ()) -> None:
        """Run one statement. It is on the disk when this returns."""
        await self._on_thread(lambda: self._use().execute(sql, params).close())

    async def recall(self, key: str) -> str:
        """A text that ``remember`` kept; empty when there is none."""
        rows = await self.query("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0]["value"]) if rows else ""

    async def remember(self, key: str, value: str) -> None:
        """Keep one small text, for what needs no table of its own."""
        await self.execute(_REMEMBER, (key, value))

    async def transaction(self, statements: Sequence[Statement]) -> None:
        """Run all statements or none. They are on the disk when this returns."""
        await self._on_thread(lambda: self._transaction(statements))

    async def _on_thread(self, call: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._translated, call)
        except RuntimeError:
            raise Internal(f"The store {self.path} is closed.") from None

    def _translated(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except sqlite3.Error as error:
            raise self._translate(error) from error
        except OSError as error:
            raise Internal(f"The store {self.path} cannot be used: {error.strerror}.") from error

    def _translate(self, error: sqlite3.Error) -> BamsError:
        # Errors of the Python module itself, such as a wrong number of parameters, have no name.
        name = getattr(error, "sqlite_errorname", "")
        if name == "SQLITE_FULL":
            return OutOfSpace(f"The disk that holds the store {self.path} is full; free some space on it.")
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return self._damaged(str(error))
        return Internal(f"The store {self.path} failed: {error}.")

    def _damaged(self, why: str) -> Internal:
        return Internal(
            f"The store {self.path} is damaged ({why}); put back a copy of it, or move it away to start anew."
        )

    def _use(self) -> sqlite3.Connection:
        if self._connection is None:
            raise Internal(f"The store {self.path} is not open.")
        return self._connection

    def _open(self) -> None:
        if not self.path.parent.exists():
            self.path.parent.mkdir(parents=True)
            self.path.parent.chmod(0o750)
        self._take_lock()
        try:
            self._open_locked()
        except BaseException:
            self._close()
            raise

    def _open_locked(self) -> None:
        if not self.path.exists():
            self._create()
        elif self.path.stat().st_size == 0:
            # SQLite would take it for a new database. Ours is never empty, because it is created under another name.
            raise self._damaged("the file is empty")
        connection = _connect(self.path)
        try:
            self._check(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            self._keep_copy(connection)
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _take_lock(self) -> None:
        """One daemon at a time: two that know nothing of each other would both move tapes. The kernel ends the lock."""
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise AlreadyExists(f"The store {self.path} is in use. Is another bamsd running?") from None
        self._lock = lock

    def _create(self) -> None:
        """Make the file beside its place and move it in when it is complete. A kill leaves all of it or nothing."""
        log = self.path.with_name(self.path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise self._damaged("its write-ahead log is there, but the file is not")
        unfinished = self.path.with_name(self.path.name + ".new")
        for suffix in _SIDE_FILES:
            unfinished.with_name(unfinished.name + suffix).unlink(missing_ok=True)
        with open(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640)) as file:
            os.fchmod(file.fileno(), 0o640)
        with contextlib.closing(_connect(unfinished)) as connection:
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self._migrate(connection)
        unfinished.rename(self.path)
        sync_folder(self.path.parent)

    def _check(self, connection: sqlite3.Connection) -> None:
        found = _pragma(connection, "application_id")
        if found != _APPLICATION_ID:
            raise Internal(f"{self.path} is not a store of BAMS; move it away, and start bamsd again.")
        if (problem := _pragma(connection, "quick_check(1)")) != "ok":
            raise self._damaged(str(problem).replace("\n", " "))

    def _keep_copy(self, connection: sqlite3.Connection) -> None:
        """Before the tables change, keep the store as it is: the bamsd of before cannot read the new one."""
        version = _pragma(connection, "user_version")
        if version >= len(_migrations()):
            return
        kept = self.copy_of(version)
        unfinished = kept.with_name(kept.name + ".new")
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640))
        with contextlib.closing(_connect(unfinished)) as copy:
            connection.backup(copy)
        unfinished.rename(kept)
        sync_folder(self.path.parent)

    def copy_of(self, version: int) -> Path:
        """Where the store is kept as it was before its tables left ``version``."""
        return self.path.with_name(f"{self.path.stem}-v{version}{self.path.suffix}")

    def _migrate(self, connection: sqlite3.Connection) -> None:
        scripts = _migrations()
        version = _pragma(connection, "user_version")
        if version > len(scripts):
            raise NotSupported(
                f"The store {self.path} has version {version}, and this bamsd knows up to {len(scripts)};"
                f" install the newer bamsd again, or move {self.path.name}, -wal and -shm away and put the copy"
                f" {self.copy_of(len(scripts))} in its place."
            )
        for number, script in enumerate(scripts[version:], start=version + 1):
            try:
                connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n;PRAGMA user_version = {number};\nCOMMIT;")
            finally:
                _roll_back(connection)

    def _transaction(self, statements: Sequence[Statement]) -> None:
        connection = self._use()
        try:
            connection.execute("BEGIN IMMEDIATE")
            for sql, params in statements:
                connection.execute(sql, params)
            connection.execute("COMMIT")
        finally:
            _roll_back(connection)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _connect(path: Path) -> sqlite3.Connection:
    # mode=rw never creates. isolation_level=None leaves transactions to us.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None
    )
    connection.row_factory = _row
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _row(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, values, strict=True)}


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone().values()
    return value


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _migrations() -> list[str]:
    """The scripts in order. Number N brings a store from version N-1 to N, so none may be missing."""
    folder = resources.files("bamsd.core") / "migrations"
    found = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    numbers = [int(name.split("_")[0]) for name, _ in found]
    if numbers != list(range(1, len(found) + 1)):
        raise Internal(f"The migrations in {folder} are not numbered 1 to {len(found)}; install BAMS again.")
    return [entry.read_text(encoding="utf-8") for _, entry in found]
