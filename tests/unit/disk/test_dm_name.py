"""Names that device-mapper could not carry are refused before anything is made."""

import pytest

from bamsd.disk import dm_name
from bamsd.disk.dm_name import Kind
from bamsd.errors import InvalidArgument


def test_a_hyphen_counts_twice() -> None:
    assert dm_name.dm_name("vg-0", "a-b", "-real") == "vg--0-a--b-real"


@pytest.mark.parametrize(("kind", "room"), [("volume", 121), ("snapshot", 122), ("thin pool", 120)])
@pytest.mark.parametrize("hyphens", [0, 5])
def test_the_limit_is_exact(kind: Kind, room: int, hyphens: int) -> None:
    group = "v" * 60 + "-" * hyphens
    fits = "a" * (room - 60 - 2 * hyphens)
    dm_name.check(group, fits, kind)
    assert len(dm_name.dm_name(group, fits, dm_name.LAYERS[kind])) == 127
    with pytest.raises(InvalidArgument, match="by 1 characters"):
        dm_name.check(group, fits + "a", kind)
