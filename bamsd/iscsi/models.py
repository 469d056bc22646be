"""What an iSCSI target is to BAMS, on either target stack. Frozen values; the rules for names stand in ``names.py``."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

StackName = Literal["scst", "lio"]
DeviceKind = Literal["block", "file"]

DEFAULT_PORT = 3260
DEFAULT_GROUP = "default"
VENDOR, PRODUCT = "BAMS", "Repository"
LUN_LIMIT = 16382
"""Highest LUN number that both stacks take (scst_const.h allows 16383, LIO 65535)."""


class Secret:
    """A text that never shows itself: not printed, not formatted, not in a traceback. ``reveal`` is for the kernel."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode("utf-8", "replace"), other._text.encode("utf-8", "replace"))

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class Credential:
    """A CHAP user with its secret."""

    user: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Portal:
    """An address of this host where a target is offered. IPv6 without brackets, in its short form."""

    address: str
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Identity:
    """What an initiator knows a disk by. Chosen once, kept for life, the same on both stacks.

    ``serial`` is the unit serial number (VPD page 0x80): 20 hexadecimal digits, the most that SCST takes (usn).
    ``naa`` is the NAA name (VPD page 0x83): 32 hexadecimal digits, "6001405", the serial, "00000": what LIO makes of
    the serial by itself. ``t10`` is the identifier behind the vendor in the T10 descriptor; SCST takes it as
    t10_dev_id, LIO makes its own of product and serial. ``vendor`` and ``product`` are those of INQUIRY.
    """

    serial: str
    naa: str
    t10: str
    vendor: str = VENDOR
    product: str = PRODUCT


@dataclass(frozen=True, slots=True)
class Device:
    """A backing device as the target stack knows it.

    ``name`` is its name in the stack, also in the kernel's tree. ``path`` is the node or the file. ``repository`` is
    the UUID of the repository, empty for a file and in what is read from the kernel. ``size_bytes`` is the size of
    what lies under it, 0 when that is not known.
    """

    name: str
    kind: DeviceKind
    path: str
    identity: Identity
    write_through: bool = False
    size_bytes: int = 0
    repository: str = ""


@dataclass(frozen=True, slots=True)
class Backing:
    """What can lie under a LUN: a repository, or a file. ``uuid`` is empty for a file.

    ``path`` is the node or the file; ``size_bytes`` is 0 while it is not known; ``refusal`` says why it cannot become a
    LUN now, empty when it can.
    """

    name: str
    uuid: str
    kind: DeviceKind
    path: str
    size_bytes: int
    refusal: str = ""

    @property
    def title(self) -> str:
        return f"Repository {self.name}" if self.uuid else f"File {self.path}"


@dataclass(frozen=True, slots=True)
class Lun:
    number: int
    device: str
    """Name of the device."""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Initiators that see the same LUNs: all of the target, or those whose numbers are in ``luns``."""

    name: str
    initiators: tuple[str, ...] = ()
    luns: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A target as it shall be. No portal: all addresses of the host. No initiator: nobody gets in.

    ``credentials`` are what initiators log in with; none means that no authentication is asked. ``mutual`` is what
    the target proves itself with. ``parameters`` are those of RFC 7143 and QueuedCommands; one that is not in there
    has the default of the stack.
    """

    iqn: str
    alias: str = ""
    enabled: bool = True
    portals: tuple[Portal, ...] = ()
    groups: tuple[Group, ...] = (Group(DEFAULT_GROUP),)
    luns: tuple[Lun, ...] = ()
    credentials: tuple[Credential, ...] = ()
    mutual: Credential | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    rel_tgt_id: int = 0

    def seen_by(self, group: Group) -> tuple[Lun, ...]:
        """The LUNs that the initiators of a group see."""
        return tuple(lun for lun in self.luns if group.luns is None or lun.number in group.luns)

    @property
    def initiators(self) -> tuple[str, ...]:
        return tuple(name for group in self.groups for name in group.initiators)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Targets by IQN and the devices under their LUNs by name: the desired state, or what was read."""

    targets: Mapping[str, Target] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Session:
    """An initiator that is logged in. ``id`` tells the sessions of one target apart.

    Bytes are since the log-in and None where the stack does not count them; so is ``in_flight``, commands under way.
    """

    target: str
    initiator: str
    id: str
    address: str = ""
    portal: str = ""
    luns: tuple[int, ...] = ()
    read_bytes: int | None = None
    written_bytes: int | None = None
    in_flight: int | None = None
