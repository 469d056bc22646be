"""The register of cartridges in an export. Where a cartridge is now, only this host's libraries say."""

from typing import Any

from bamsd.core.carried import Restored, Step, step, understood
from bamsd.core.jobs import Starter
from bamsd.core.store import Statement, Store
from bamsd.tape.register import MOVES_KEPT

CARTRIDGE = (
    *("barcode", "generation", "kind", "worm", "library", "loads", "first_seen_us", "last_seen_us"),
    *("home_library", "home_slot"),
)
MOVE = (*("barcode", "time_us", "library", "from_kind", "from_number", "to_kind", "to_number", "cause", "person"),)
# A cartridge that a library of this host holds in a slot is at home there, as after every reading. What was counted on
# both hosts is not added up: an import that is repeated would count it twice.
_MERGE = """
INSERT INTO cartridges (barcode, generation, kind, worm, library, place_kind, place_number, loads,
    first_seen_us, last_seen_us, home_library, home_slot)
VALUES (:barcode, :generation, :kind, :worm, :library, 'outside', 0, :loads,
    :first_seen_us, :last_seen_us, :home_library, :home_slot)
ON CONFLICT (barcode) DO UPDATE SET
    loads = MAX(loads, :loads),
    first_seen_us = MIN(first_seen_us, :first_seen_us),
    last_seen_us = MAX(last_seen_us, :last_seen_us),
    home_library = CASE WHEN place_kind = 'slot' THEN home_library ELSE :home_library END,
    home_slot = CASE WHEN place_kind = 'slot' THEN home_slot ELSE :home_slot END
"""
_SAME = " AND ".join(f"{name} IS :{name}" for name in MOVE)
_MOVED = (
    f"INSERT INTO cartridge_moves ({', '.join(MOVE)}) SELECT {', '.join(f':{name}' for name in MOVE)} "  # noqa: S608
    f"WHERE NOT EXISTS (SELECT 1 FROM cartridge_moves WHERE {_SAME})"
)
_FORGET_OLD = (
    "DELETE FROM cartridge_moves WHERE barcode = :barcode AND id NOT IN (SELECT id FROM cartridge_moves "
    "WHERE barcode = :barcode ORDER BY time_us DESC, id DESC LIMIT :kept)"
)


class Cartridges:
    """A ``carried.Part``."""

    title = "cartridges"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def kept(self) -> Any:
        """Lists, not objects: there are many moves."""
        cartridges = await self._store.query(f"SELECT {', '.join(CARTRIDGE)} FROM cartridges ORDER BY barcode")  # noqa: S608
        moves = await self._store.query(f"SELECT {', '.join(MOVE)} FROM cartridge_moves ORDER BY time_us, id")  # noqa: S608
        return {
            "cartridges": [[row[name] for name in CARTRIDGE] for row in cartridges],
            "moves": [[row[name] for name in MOVE] for row in moves],
        }

    async def plan(self, kept: Any) -> list[Step]:
        cartridges, moves = _read(kept)
        if not cartridges:
            return []
        known = {row["barcode"] for row in await self._store.query("SELECT barcode FROM cartridges")}
        new = sum(row["barcode"] not in known for row in cartridges)
        return [
            step(
                f"Take over {len(cartridges)} cartridges with {len(moves)} moves into the register; {new} of them are "
                "not known here."
            )
        ]

    async def restore(self, kept: Any, starter: Starter) -> Restored:
        cartridges, moves = _read(kept)
        statements: list[Statement] = [(_MERGE, row) for row in cartridges]
        statements += [(_MOVED, row) for row in moves]
        statements += [(_FORGET_OLD, {"barcode": row["barcode"], "kept": MOVES_KEPT}) for row in cartridges]
        if cartridges:
            await self._store.transaction(statements)
        return Restored(bool(cartridges))


def _read(kept: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with understood(Cartridges.title):
        cartridges = [dict(zip(CARTRIDGE, row, strict=True)) for row in kept["cartridges"]]
        moves = [dict(zip(MOVE, row, strict=True)) for row in kept["moves"]]
        for row in (*cartridges, *moves):
            for name, value in row.items():
                _check(name, value)
        return cartridges, moves


def _check(name: str, value: Any) -> None:
    """SQLite would take anything."""
    numeric = name.endswith(("_us", "_number", "_slot")) or name in ("loads", "worm")
    if value is not None and not isinstance(value, int if numeric else str):
        raise TypeError(name)
