"""The cartridge register: every barcode ever seen, where it is, where it has been, and where it belongs.

The home slot is the slot where BAMS last saw the cartridge. mtx invents a source slot for a loaded drive when the
library does not report one, so its value is used only for a cartridge that was never seen in a slot.
"""

import asyncio
from typing import Any

from bamsd.core.store import Statement, Store
from bamsd.errors import NotFound
from bamsd.tape import lto
from bamsd.tape.models import ChangerStatus
from bamsd.tape.rules import place_of
from bamsd.tape.views import Cartridge, Move, Place, kind_of

MOVES_KEPT = 1000
"""Moves kept of one cartridge. A cartridge is worn out long before (LTO: some 20,000 loads in years)."""

_SEEN = """
INSERT INTO cartridges (barcode, generation, kind, worm, library, place_kind, place_number, loads,
    first_seen_us, last_seen_us, home_library, home_slot)
VALUES (:barcode, :generation, :kind, :worm, :library, :place_kind, :place_number, 0, :now, :now, :library, :home)
ON CONFLICT (barcode) DO UPDATE SET library = :library, place_kind = :place_kind, place_number = :place_number,
    last_seen_us = :now, loads = loads + :loaded,
    home_library = CASE WHEN :home > 0 THEN :library ELSE home_library END,
    home_slot = CASE WHEN :home > 0 THEN :home ELSE home_slot END
"""
_MOVED = """
INSERT INTO cartridge_moves (barcode, time_us, library, from_kind, from_number, to_kind, to_number, cause, person)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_FORGET_OLD = """
DELETE FROM cartridge_moves WHERE barcode = ? AND id NOT IN
    (SELECT id FROM cartridge_moves WHERE barcode = ? ORDER BY time_us DESC, id DESC LIMIT ?)
"""


def places(status: ChangerStatus) -> dict[str, Place]:
    """Where each readable barcode is. A barcode that stands twice counts where it is seen first: drives, then slots."""
    found: dict[str, Place] = {}
    for drive in status.drives:
        if drive.full and drive.barcode:
            found.setdefault(drive.barcode, Place("drive", drive.index))
    for slot in status.slots:
        if slot.full and slot.barcode:
            found.setdefault(slot.barcode, place_of(slot))
    return found


class Register:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def known(self, library: str) -> dict[str, Place]:
        """Where the cartridges of a library were when it was read last."""
        rows = await self._store.query(
            "SELECT barcode, place_kind, place_number FROM cartridges WHERE library = ? AND place_kind != 'outside'",
            (library,),
        )
        return {row["barcode"]: Place(row["place_kind"], row["place_number"]) for row in rows}

    async def homes(self, library: str) -> dict[str, int]:
        rows = await self._store.query(
            "SELECT barcode, home_slot FROM cartridges WHERE home_library = ? AND home_slot > 0", (library,)
        )
        return {row["barcode"]: row["home_slot"] for row in rows}

    async def update(
        self,
        library: str,
        before: dict[str, Place],
        now: dict[str, Place],
        *,
        time_us: int,
        move: Move | None,
        person: str,
    ) -> None:
        """Write down what differs between two readings. ``move`` is the one that BAMS made itself."""
        statements = await asyncio.to_thread(self._statements, library, before, now, time_us, move, person)
        if statements:
            await self._store.transaction(statements)

    def _statements(
        self,
        library: str,
        before: dict[str, Place],
        now: dict[str, Place],
        time_us: int,
        move: Move | None,
        person: str,
    ) -> list[Statement]:
        statements: list[Statement] = []
        for barcode, place in now.items():
            old = before.get(barcode)
            if old != place:
                ours = move is not None and move.barcode == barcode
                statements += self._arrival(
                    library, barcode, old, place, time_us, "bams" if ours else "outside", person if ours else ""
                )
        for barcode in before.keys() - now.keys():
            statements += self._departure(library, barcode, before[barcode], time_us)
        return statements

    @staticmethod
    def _arrival(
        library: str, barcode: str, old: Place | None, place: Place, time_us: int, cause: str, person: str
    ) -> list[Statement]:
        seen = {
            "barcode": barcode,
            "generation": lto.generation(barcode) or 0,
            "kind": kind_of(barcode),
            "worm": int(lto.is_worm(barcode)),
            "library": library,
            "place_kind": place.kind,
            "place_number": place.number,
            "now": time_us,
            "home": place.number if place.kind == "slot" else 0,
            "loaded": int(place.kind == "drive"),
        }
        origin = old or Place("outside")
        moved = (barcode, time_us, library, origin.kind, origin.number, place.kind, place.number, cause, person)
        return [(_SEEN, seen), (_MOVED, moved), (_FORGET_OLD, (barcode, barcode, MOVES_KEPT))]

    @staticmethod
    def _departure(library: str, barcode: str, old: Place, time_us: int) -> list[Statement]:
        """The cartridge is gone, unless another library has it by now."""
        gone = (
            "UPDATE cartridges SET place_kind = 'outside', place_number = 0 WHERE barcode = ? AND library = ?",
            (barcode, library),
        )
        moved = (barcode, time_us, library, old.kind, old.number, "outside", 0, "outside", "")
        return [gone, (_MOVED, moved)]

    async def loads(self, since_us: int, until_us: int) -> dict[tuple[str, int], int]:
        """How often each drive (serial of its library, number) was loaded in a time that ends before ``until_us``."""
        rows = await self._store.query(
            "SELECT library, to_number AS drive, COUNT(*) AS loads FROM cartridge_moves "
            "WHERE to_kind = 'drive' AND time_us >= ? AND time_us < ? GROUP BY library, to_number",
            (since_us, until_us),
        )
        return {(row["library"], row["drive"]): row["loads"] for row in rows}

    async def page(self, *, limit: int, cursor: str, library: str, text: str) -> tuple[list[Cartridge], str]:
        """Cartridges by barcode, at most ``limit``; the cursor of the next page is empty at the end."""
        rows = await self._store.query(
            "SELECT * FROM cartridges WHERE barcode > ? AND (? = '' OR library = ?) AND instr(barcode, ?) > 0 "
            "ORDER BY barcode LIMIT ?",
            (cursor, library, library, text, limit + 1),
        )
        page = [_cartridge(row) for row in rows[:limit]]
        return page, page[-1].barcode if len(rows) > limit else ""

    async def get(self, barcode: str) -> Cartridge:
        rows = await self._store.query("SELECT * FROM cartridges WHERE barcode = ?", (barcode,))
        if not rows:
            raise NotFound(f"No cartridge with the barcode {barcode!r} was ever seen here.")
        moves = await self._store.query(
            "SELECT time_us, library, from_kind, from_number, to_kind, to_number, cause, person "
            "FROM cartridge_moves WHERE barcode = ? ORDER BY time_us DESC, id DESC LIMIT 100",
            (barcode,),
        )
        return _cartridge(rows[0], tuple(moves))


def _cartridge(row: dict[str, Any], moves: tuple[dict[str, Any], ...] = ()) -> Cartridge:
    return Cartridge(
        barcode=row["barcode"],
        kind=row["kind"],
        generation=int(row["generation"] or 0),  # the column is TEXT
        library=row["library"],
        place=Place(row["place_kind"], row["place_number"]),
        loads=row["loads"],
        first_seen_us=row["first_seen_us"],
        last_seen_us=row["last_seen_us"],
        home_slot=row["home_slot"],
        moves=moves,
    )
