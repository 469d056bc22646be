"""The repositories in the store, and the changes under way.

The volume itself carries the owner mark, so a lost table is filled again from what is found. What the table adds is who
made a repository, and what an interrupted change left undone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from bamsd.core.store import Statement, Store
from bamsd.disk.models import Filesystem, Stack, Use, Volume, VolumeKind

Operation = Literal[
    "disk-create",
    "disk-finish",
    "disk-resize",
    "disk-delete",
    "disk-mount",
    "disk-unmount",
    "disk-snapshot",
    "disk-delete-snapshot",
    "disk-rollback",
    "disk-create-pool",
    "disk-extend-pool",
    "disk-delete-pool",
]

POOL_OPERATIONS: tuple[Operation, ...] = ("disk-create-pool", "disk-extend-pool", "disk-delete-pool")

Leftover = Literal["", "format", "mount", "grow"]
"""What an interrupted change left to be done: make the file system, mount it, or grow it to the volume's size."""


@dataclass(frozen=True, slots=True)
class Row:
    """One repository as the store has it. ``pool`` and ``volume`` are as in ``models.Volume``."""

    uuid: str
    name: str
    stack: Stack
    kind: VolumeKind
    pool: str
    volume: str
    size_bytes: int
    use: Use
    filesystem: Filesystem
    created_us: int
    created_by: str
    leftover: Leftover = ""

    @property
    def group(self) -> str:
        return self.pool.split("/", 1)[0]

    @property
    def full_name(self) -> str:
        return f"{self.group}/{self.volume}"


@dataclass(frozen=True, slots=True)
class Intent:
    """A change that is about to happen. ``stage`` is how many of its steps were begun."""

    job_id: int
    operation: Operation
    stack: Stack
    pool: str
    started_us: int
    person: str
    name: str = ""
    volume: str = ""
    repository: str = ""
    snapshot: str = ""
    kind: str = ""
    size_bytes: int = 0
    before_bytes: int = 0
    use: Use = "block"
    filesystem: Filesystem = ""
    devices: tuple[str, ...] = ()
    stage: int = 0
    ended: bool = False
    """Its steps are over, and only what they came to is not known. Not kept in the store."""

    @property
    def mark(self) -> str:
        """Stands in the environment of its programs. The time is there because a lost store counts from 1 again."""
        return f"{self.job_id}-{self.started_us}"

    @property
    def group(self) -> str:
        return self.pool.split("/", 1)[0]


_ROW = tuple(field.name for field in fields(Row))
_INTENT = tuple(field.name for field in fields(Intent) if field.name != "ended")


def _insert(table: str, columns: Sequence[str]) -> str:
    values = ", ".join(f":{name}" for name in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608


def save(row: Row) -> Statement:
    """Insert or update by UUID. Another repository of the same name is an error, never replaced."""
    changes = ", ".join(f"{name} = :{name}" for name in _ROW if name != "uuid")
    return f"{_insert('repositories', _ROW)} ON CONFLICT (uuid) DO UPDATE SET {changes}", asdict(row)


def forget(uuid: str) -> Statement:
    return "DELETE FROM repositories WHERE uuid = ?", (uuid,)


def forget_intent(job_id: int) -> Statement:
    return "DELETE FROM disk_intents WHERE job_id = ?", (job_id,)


class Register:
    """Rows are kept in memory too; every change is on the disk before it is seen there."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rows: dict[str, Row] = {}

    async def open(self) -> None:
        rows = await self._store.query("SELECT * FROM repositories ORDER BY name")
        self.rows = {row["uuid"]: Row(**row) for row in rows}

    def named(self, name: str) -> Row | None:
        return next((row for row in self.rows.values() if row.name == name), None)

    async def begin(self, intent: Intent) -> None:
        await self._store.execute(
            _insert("disk_intents", _INTENT), asdict(intent) | {"devices": json.dumps(intent.devices)}
        )

    async def reach(self, job_id: int, stage: int) -> None:
        """Note that the step with this number, from 1, is about to begin."""
        await self._store.execute("UPDATE disk_intents SET stage = ? WHERE job_id = ?", (stage, job_id))

    async def end(self, job_id: int, *, saved: Row | None = None, forgotten: str = "") -> None:
        """Forget an intent and keep what it came to, both or neither."""
        statements = [forget_intent(job_id)]
        if saved:
            statements.append(save(saved))
        if forgotten:
            statements.append(forget(forgotten))
        await self._store.transaction(statements)
        if saved:
            self.rows[saved.uuid] = saved
        self.rows.pop(forgotten, None)

    async def keep(self, row: Row) -> None:
        await self._store.transaction([save(row)])
        self.rows[row.uuid] = row

    async def drop(self, uuid: str) -> None:
        await self._store.transaction([forget(uuid)])
        self.rows.pop(uuid, None)

    async def intents(self) -> list[Intent]:
        """Changes that an earlier bamsd did not see the end of, oldest first."""
        rows = await self._store.query("SELECT * FROM disk_intents ORDER BY job_id")
        return [_intent(row) for row in rows]


def _intent(row: Mapping[str, Any]) -> Intent:
    return Intent(**{**row, "devices": tuple(json.loads(row["devices"]))})


def row_of(volume: Volume, name: str, person: str) -> Row:
    """The row of a volume that carries our mark."""
    return Row(
        uuid=volume.repository,
        name=name,
        stack=volume.stack,
        kind=volume.kind,
        pool=volume.pool,
        volume=volume.name,
        size_bytes=volume.size_bytes,
        use=volume.use,
        filesystem=volume.filesystem,
        created_us=volume.created_us,
        created_by=person,
    )
