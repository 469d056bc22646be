"""What Bacula's daemons report, and what BAMS configures, as frozen values.

Names come from files and programs that anybody may have written, so ``shown`` makes them safe to keep and to show.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from bamsd.errors import InvalidArgument

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,126}")
"""A part of what Bacula itself takes (is_name_valid): no blanks, because BAMS also writes names into commands."""
_NO_NAME_CHARACTER = re.compile(r"[^A-Za-z0-9_.:-]+")


def check_name(name: str, what: str) -> str:
    """Return the name of a pool, volume, storage or device, or refuse it: it will stand in a command of bconsole."""
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            f"{name[:128]!a} is no name for a {what}: use 1 to 127 of A-Z, a-z, 0-9, _, ., : and -, "
            "beginning with a letter or digit."
        )
    return name


def as_name(text: str) -> str:
    """The nearest name that Bacula takes, for a serial number or an alias."""
    found = _NO_NAME_CHARACTER.sub("-", text).lstrip("_.:-")[:100]
    return found or "unnamed"


@dataclass(frozen=True, slots=True)
class Tls:
    """What the storage daemon's Director resource says of TLS. ``certificate`` is empty when it has none."""

    certificate: str = ""
    key: str = ""
    is_required: bool = False
    verifies_peer: bool = False

    @property
    def needs_psk(self) -> bool:
        """Required, and no certificate: the password is the key (Bacula 11 and newer)."""
        return self.is_required and not self.certificate


@dataclass(frozen=True, slots=True)
class Login:
    """How to reach a storage daemon. The password is never shown: repr leaves it out."""

    address: str
    port: int
    director: str
    password: str = field(repr=False)
    tls: Tls = Tls()


@dataclass(frozen=True, slots=True)
class SdHeader:
    """The storage daemon about itself. ``started_us`` is 0 where it does not tell."""

    name: str
    version: str
    started_us: int
    jobs_run: int
    jobs_running: int


@dataclass(frozen=True, slots=True)
class SdDevice:
    """One Device resource as it works now. ``kind`` is Tape, File, ...; ``blocked`` says why it waits, else empty.

    ``drive`` is its number in the autochanger, which only the configuration knows.
    """

    name: str
    archive_device: str
    kind: str
    media_type: str
    autochanger: str
    is_open: bool
    is_enabled: bool
    is_mounted: bool
    writers: int
    volume: str
    pool: str
    blocked: str
    written_bytes: int
    drive: int = 0


@dataclass(frozen=True, slots=True)
class SdJob:
    """A job in the storage daemon. ``job`` is its unique name, ``device`` the one it writes to or reads from."""

    jobid: int
    name: str
    job: str
    level: str
    kind: str
    status: str
    bytes: int
    files: int
    errors: int
    volume: str = ""
    device: str = ""
    started_us: int = 0
    ended_us: int = 0
    waiting: str = ""
    """Why it has no device yet, in the storage daemon's words."""

    @property
    def called(self) -> str:
        return f"{self.name or self.job} (JobId {self.jobid})"


@dataclass(frozen=True, slots=True)
class SdStatus:
    """All that a storage daemon tells without a Director."""

    header: SdHeader
    devices: tuple[SdDevice, ...] = ()
    running: tuple[SdJob, ...] = ()
    ended: tuple[SdJob, ...] = ()


@dataclass(frozen=True, slots=True)
class TapeDrive:
    """A drive for the generator. ``device`` and ``control`` are lasting paths; ``control`` is empty without one.

    ``has_alerts`` says that it reports TapeAlert flags.
    """

    index: int
    serial: str
    device: str
    control: str = ""
    generation: int = 0
    has_alerts: bool = False


@dataclass(frozen=True, slots=True)
class TapeLibrary:
    """A library for the generator. ``matching``: how its drives were told apart (serial, configured, order, none)."""

    name: str
    serial: str
    changer: str
    matching: str
    drives: tuple[TapeDrive, ...]
    needs_offline: bool = True


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a file system. ``path`` is its mount point."""

    name: str
    path: str
    is_mounted: bool
    state: str = "ready"


Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a configuration. ``error`` keeps it from being applied. ``line`` 0: no line is known."""

    severity: Severity
    subject: str
    text: str
    advice: str = ""
    file: str = ""
    line: int = 0
