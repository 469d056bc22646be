"""How long may names be, so that device-mapper can name what LVM makes of them?

The kernel's limit is DM_NAME_LEN of linux/dm-ioctl.h: 128 with the ending NUL. LVM calls a device VG-LV or VG-LV-LAYER
and doubles every hyphen within the names, so a name of hyphens counts twice. An LV that could be made without this room
could not be activated later, when it gets a layer.
"""

from typing import Literal

from bamsd.errors import InvalidArgument

LIMIT = 127
Kind = Literal["volume", "snapshot", "thin pool"]
LAYERS: dict[Kind, str] = {"volume": "-real", "snapshot": "-cow", "thin pool": "_tdata"}
"""The longest that LVM puts behind: of an origin with thick snapshots, of a thick snapshot, of a thin pool."""


def dm_name(group: str, volume: str, layer: str = "") -> str:
    """The name of the device, as ``dmsetup info`` shows it. ``layer`` is with its own separator."""
    return f"{group.replace('-', '--')}-{volume.replace('-', '--')}{layer}"


def check(group: str, volume: str, kind: Kind) -> None:
    """Refuse names that are too long together."""
    over = len(dm_name(group, volume, LAYERS[kind])) - LIMIT
    if over > 0:
        raise InvalidArgument(
            f"{group}/{volume} is too long for a {kind} of LVM by {over} characters, where a hyphen counts twice. "
            "Choose a shorter name."
        )
