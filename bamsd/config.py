"""/etc/bams/config.yaml as one frozen model. Every key has a default; an unknown key is refused with its line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bamsd.errors import InvalidArgument, NotFound

DEFAULT_PATH = Path("/etc/bams/config.yaml")

MAX_FILE_BYTES = 1 << 20
MAX_DEPTH = 10
"""Deepest nesting of the file. Keeps a file made to exhaust the parser harmless."""

Seconds = Annotated[float, Field(gt=0, le=86400)]


class Section(BaseModel):
    # pydantic builds its validators when a file first sets something, not at every start: a third of the import time
    # and 12 MiB. The defaults below are therefore made by model_construct, which needs no validator.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Paths(Section):
    """Where things are. Only a test or an unusual system changes these."""

    state: Path = Path("/var/lib/bams")
    log: Path = Path("/var/log/bams")
    sysfs: Path = Path("/sys")
    dev: Path = Path("/dev")
    proc: Path = Path("/proc")
    units: Path = Path("/etc/systemd/system")
    etc: Path = Path("/etc")
    var_lib: Path = Path("/var/lib")
    journal: Path | None = Field(None, description="a folder of journal files; else the journal of this machine")


class AuditSettings(Section):
    max_mib: int = Field(16, ge=1, le=1024, description="size of one audit file before the next is begun")
    keep: int = Field(20, ge=1, le=1000, description="how many older audit files are kept")


class LibrarySettings(Section):
    """Quirks and names of one tape library, found by its serial number."""

    serial: str = Field(min_length=1, max_length=64)
    alias: str = Field("", max_length=64, pattern=r"^[A-Za-z0-9._-]*$")
    ignore: bool = False
    drives: dict[int, str] = Field(default_factory=dict, description="drive number to serial, where it cannot be read")
    offline_before_unload: bool = True
    import_export_slots: tuple[int, ...] = Field((), description="normal slots that are used as mail slots")
    settle_s: float = Field(0.0, ge=0, le=600, description="pause after a move before the state is read")
    move_timeout_s: Seconds | None = None
    inventory_timeout_s: Seconds | None = None

    @field_validator("drives")
    @classmethod
    def _each_drive_once(cls, drives: dict[int, str]) -> dict[int, str]:
        if any(number < 0 for number in drives):
            raise ValueError("a drive number is 0 or more")
        if len(set(drives.values())) != len(drives):
            raise ValueError("two drive numbers have the same serial")
        return drives


class TapeSettings(Section):
    status_interval_s: Seconds = 300
    health_interval_s: Seconds = 900
    move_timeout_s: Seconds = 900
    inventory_timeout_s: Seconds = 2100
    libraries: tuple[LibrarySettings, ...] = ()

    @field_validator("libraries")
    @classmethod
    def _each_library_once(cls, libraries: tuple[LibrarySettings, ...]) -> tuple[LibrarySettings, ...]:
        names = [name for entry in libraries for name in {entry.serial, entry.alias} - {""}]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two libraries are called {name}")
        return libraries

    def of(self, serial: str) -> LibrarySettings:
        """The settings of one library, defaults filled in."""
        entry = next((e for e in self.libraries if e.serial == serial), LibrarySettings.model_construct(serial=serial))
        return entry.model_copy(
            update={
                "move_timeout_s": entry.move_timeout_s or self.move_timeout_s,
                "inventory_timeout_s": entry.inventory_timeout_s or self.inventory_timeout_s,
            }
        )


class DiskSettings(Section):
    poll_interval_s: Seconds = 60
    read_timeout_s: float = Field(30, gt=0, le=600, description="until a stack or zpool counts as unresponsive")
    change_timeout_s: Seconds = Field(600, description="for one command; mkfs may take three times as long")
    mount_root: Path = Path("/srv/bams")
    mount_owner: str = Field("bacula", max_length=32, pattern=r"^[a-z_][a-z0-9_-]*$")
    include_loop_devices: bool = False

    @field_validator("mount_root")
    @classmethod
    def _absolute(cls, root: Path) -> Path:
        if not root.is_absolute() or ".." in root.parts or root == Path("/"):
            raise ValueError("an absolute path below / is needed")
        return root


class IscsiSettings(Section):
    stack: Literal["auto", "scst", "lio"] = "auto"
    apply_with: Literal["sysfs", "scstadmin"] = "sysfs"
    poll_interval_s: Seconds = 60


class BaculaSettings(Section):
    user: str = Field("bacula", max_length=32, pattern=r"^[a-z_][a-z0-9_-]*$")
    scripts: Path = Path("/etc/bacula/scripts")
    status_timeout_s: float = Field(30, gt=0, le=600, description="until a storage daemon counts as silent")
    start_timeout_s: Seconds = Field(180, description="until a restarted storage daemon must show its devices")
    idle_interval_s: Seconds = Field(10, description="between two looks at running jobs")
    poll_interval_s: Seconds = Field(300, description="between two looks at ended jobs")
    backup_expected_h: int = Field(0, ge=0, le=8784, description="longest time without a good backup; 0: any")


Severity = Literal["critical", "warning", "info"]
Program = Annotated[str, Field(max_length=4096, pattern=r"^/[^\x00-\x1f\x7f]*$")]
"""The full path of a program."""
Address = Annotated[str, Field(max_length=254, pattern=r"^[A-Za-z0-9_.+=]([A-Za-z0-9_.+=-]*)(@[A-Za-z0-9.-]+)?$")]
"""A mail address, or the name of a local mailbox. It becomes an argument of sendmail, so it begins with no dash."""


class MailSettings(Section):
    to: tuple[Address, ...] = Field((), max_length=50, description="none: no mail")
    sender: Address | Literal[""] = Field("", alias="from")
    sendmail: Program = "/usr/sbin/sendmail"
    severity: Severity = Field("warning", description="the least that is told")
    per_hour: int = Field(6, ge=1, le=1000, description="mails at most; what comes after waits for the next one")


class HookSettings(Section):
    command: tuple[Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")], ...] = Field((), max_length=100)
    user: str = Field("", max_length=32, pattern=r"^([a-z_][a-z0-9_-]*)?$", description="empty: one that has no rights")
    severity: Severity = Field("warning", description="the least that is told")
    timeout_s: Seconds = 60

    @field_validator("command")
    @classmethod
    def _full_path(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if command and not command[0].startswith("/"):
            raise ValueError("the program must be named by its full path")
        return command


class AlertSettings(Section):
    unit_interval_s: Seconds = Field(60, description="between two looks at the services that backups need")
    settle_s: float = Field(10, ge=0, le=3600, description="a condition that ends before is not told")
    quiet_s: float = Field(3600, ge=0, le=86400, description="until a condition that came back is told again")
    mail: MailSettings = Field(default_factory=MailSettings.model_construct)
    hook: HookSettings = Field(default_factory=HookSettings.model_construct)


class BundleSettings(Section):
    keep: int = Field(5, ge=1, le=100, description="how many support bundles are kept")
    max_mib: int = Field(512, ge=16, le=16384, description="most that goes into one, before it is packed")
    journal_days: int = Field(7, ge=1, le=365, description="how far back the logs in it go")


class OverviewSettings(Section):
    sample_interval_s: Seconds = 60
    unit_interval_s: Seconds = 15
    forecast_days: int = Field(14, ge=4, le=90, description="how many days a forecast looks back")
    full_within_days: float = Field(14, ge=0, le=365, description="alert when it will be full so soon; 0: never")
    metrics_file: str = Field("", max_length=512, description="OpenMetrics for a textfile collector; empty: none")

    @field_validator("metrics_file")
    @classmethod
    def _collected(cls, file: str) -> str:
        path = Path(file)
        if file and (not path.is_absolute() or ".." in path.parts or path.suffix != ".prom" or "\0" in file):
            raise ValueError("an absolute path that ends in .prom is needed: the collector reads no other files")
        return file


class Config(Section):
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    simulated: bool = Field(False, description="the devices are not real; clients say so on every page")
    alerts: AlertSettings = Field(default_factory=AlertSettings.model_construct)
    paths: Paths = Field(default_factory=Paths.model_construct)
    audit: AuditSettings = Field(default_factory=AuditSettings.model_construct)
    bacula: BaculaSettings = Field(default_factory=BaculaSettings.model_construct)
    bundles: BundleSettings = Field(default_factory=BundleSettings.model_construct)
    disk: DiskSettings = Field(default_factory=DiskSettings.model_construct)
    iscsi: IscsiSettings = Field(default_factory=IscsiSettings.model_construct)
    overview: OverviewSettings = Field(default_factory=OverviewSettings.model_construct)
    tape: TapeSettings = Field(default_factory=TapeSettings.model_construct)


def defaults() -> Config:
    """What holds without a file."""
    return Config.model_construct()


def load(path: Path) -> Config:
    """Read and check the file. Raises NotFound, or InvalidArgument as ``FILE:LINE: KEY: what is wrong``."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file.") from None
    except OSError as error:
        raise InvalidArgument(f"{path}: cannot be read: {error.strerror}.") from None
    return parse(path, raw)


def parse(path: Path, raw: bytes) -> Config:
    """The same for what is, or shall be, in the file at ``path``."""
    if len(raw) > MAX_FILE_BYTES:
        raise InvalidArgument(f"{path}: larger than {MAX_FILE_BYTES} bytes.")
    try:
        node = yaml.compose(raw.decode("utf-8"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise InvalidArgument(f"{path}:{raw[: error.start].count(10) + 1}: not UTF-8 text.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidArgument(f"{path}:{line}: not valid YAML: {error.problem}.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidArgument(f"{path}:1: not valid YAML: {str(error).splitlines()[0]}.") from None
    return _validate(path, node)


def _validate(path: Path, node: yaml.Node | None) -> Config:
    if node is None:
        return defaults()
    lines: dict[tuple[str | int, ...], int] = {}
    try:
        for key, line in _walk(node, ()):
            if key in lines:
                raise InvalidArgument(f"{path}:{line}: {_dotted(key)}: given twice (first in line {lines[key]}).")
            lines[key] = line
        data: Any = yaml.SafeLoader("").construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidArgument(f"{path}:{line}: {error.problem}.") from None
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = first["loc"]
        while place and place not in lines:
            place = place[:-1]
        said = "there is no such key" if first["type"] == "extra_forbidden" else first["msg"]
        line = lines.get(place, 1)
        raise InvalidArgument(f"{path}:{line}: {_dotted(first['loc']) or 'file'}: {said}.") from None


def _walk(node: yaml.Node, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Every key of the file with its line."""
    if len(at) > MAX_DEPTH:
        raise yaml.MarkedYAMLError(problem=f"nested deeper than {MAX_DEPTH} levels", problem_mark=node.start_mark)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be plain text", problem_mark=key.start_mark)
            name = key.value
            place = (*at, int(name) if name.isdecimal() else name)
            yield place, key.start_mark.line + 1
            yield from _walk(value, place)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*at, index), item.start_mark.line + 1
            yield from _walk(item, (*at, index))


def _dotted(place: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in place)
