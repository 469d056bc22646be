"""Who holds a device: every area is asked, and one that cannot answer stops the destruction."""

from collections.abc import Sequence

import pytest

from bamsd.core.holders import Holder, Holders
from bamsd.errors import NotReady

MOUNT = Holder("mount", "/srv", "umount /srv")
LUN = Holder("LUN", "iqn.2026-01.org.bams:a LUN 0", "remove the LUN")


async def test_nobody_holds_what_no_area_knows() -> None:
    assert await Holders().of("/dev/sdb") == ()


async def test_every_area_is_asked_for_the_device() -> None:
    holders = Holders()
    asked: list[str] = []

    async def mounts(device: str) -> Sequence[Holder]:
        asked.append(device)
        return [MOUNT] if device == "/dev/sdb" else []

    async def luns(device: str) -> Sequence[Holder]:
        asked.append(device)
        return (LUN, MOUNT)

    holders.register(mounts)
    holders.register(luns)
    assert await holders.of("/dev/sdb") == (MOUNT, LUN), "in order, and each once"
    assert await holders.of("/dev/sdc") == (LUN, MOUNT)
    assert sorted(asked) == ["/dev/sdb", "/dev/sdb", "/dev/sdc", "/dev/sdc"]


async def test_not_knowing_is_an_error() -> None:
    holders = Holders()

    async def broken(device: str) -> Sequence[Holder]:
        raise NotReady("The LUNs are not known yet; try again.")

    holders.register(broken)
    with pytest.raises(NotReady, match="not known yet"):
        await holders.of("/dev/sdb")
