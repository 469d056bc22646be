"""Cartridges of an export in a register that knows some of them already."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bamsd.core.jobs import Starter
from bamsd.core.store import Store
from bamsd.errors import InvalidArgument
from bamsd.tape.portable import Cartridges
from bamsd.tape.register import Register
from bamsd.tape.views import Place

WHO = Starter(0, "root")
SLOT, OTHER, DRIVE, OUTSIDE = Place("slot", 4), Place("slot", 9), Place("drive", 0), Place("outside")


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[list[Store]]:
    """Of the old host and of the new one."""
    found = [Store(tmp_path / name / "bams.db") for name in ("old", "new")]
    for store in found:
        store.path.parent.mkdir()
        await store.open()
    yield found
    for store in found:
        await store.close()


async def kept(store: Store) -> Any:
    """A library with two cartridges; one was loaded twice and is in the drive."""
    register = Register(store)
    places = {"A00001L8": SLOT, "B00001L8": OTHER}
    await register.update("LIB", {}, places, time_us=10, move=None, person="")
    loaded = places | {"A00001L8": DRIVE}
    for time_us, before, now in ((20, places, loaded), (25, loaded, places), (30, places, loaded)):
        await register.update("LIB", before, now, time_us=time_us, move=None, person="")
    return await Cartridges(store).kept()


async def test_an_empty_register_takes_all_and_the_library_says_where_they_are(stores: list[Store]) -> None:
    exported = await kept(stores[0])
    part, register = Cartridges(stores[1]), Register(stores[1])
    [step] = await part.plan(exported)
    assert "2 cartridges with 5 moves into the register; 2 of them" in step["summary"]
    for _ in range(2):  # the second time nothing changes
        await part.restore(exported, WHO)
        found = await register.get("A00001L8")
        assert (found.place, found.home_slot, found.loads, found.first_seen_us) == (OUTSIDE, 4, 2, 10)
        assert [move["time_us"] for move in found.moves] == [30, 25, 20, 10]
    await register.update("LIB", {}, {"A00001L8": DRIVE}, time_us=50, move=None, person="")
    found = await register.get("A00001L8")
    assert (found.place, found.home_slot, found.loads) == (DRIVE, 4, 3)
    assert await register.homes("LIB") == {"A00001L8": 4, "B00001L8": 9}


async def test_known_ones_get_their_past_and_stay_where_they_are(stores: list[Store]) -> None:
    exported = await kept(stores[0])
    part, register = Cartridges(stores[1]), Register(stores[1])
    here = {"A00001L8": DRIVE, "B00001L8": SLOT, "C00001L8": OTHER}
    await register.update("LIB", {}, here, time_us=100, move=None, person="")
    assert (await register.get("A00001L8")).home_slot == 0
    await part.restore(exported, WHO)
    loaded, moved, own = [await register.get(barcode) for barcode in here]
    assert (loaded.place, loaded.home_slot, loaded.loads, loaded.first_seen_us) == (DRIVE, 4, 2, 10)
    assert [move["time_us"] for move in loaded.moves] == [100, 30, 25, 20, 10]
    assert (moved.place, moved.home_slot) == (SLOT, 4)  # it lies in this slot now
    assert (own.place, own.home_slot) == (OTHER, 9)


@pytest.mark.parametrize(
    "part",
    [None, [], {}, {"cartridges": [], "moves": [[1]]}, {"cartridges": [["A"] + [0] * 9], "moves": []}],
)
async def test_what_is_not_understood_is_refused(stores: list[Store], part: Any) -> None:
    with pytest.raises(InvalidArgument, match="The part cartridges of the export"):
        await Cartridges(stores[1]).plan(part)
