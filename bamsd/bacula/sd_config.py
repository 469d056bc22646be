"""The storage daemon's resources for what this host really has. Pure: a picture of the host in, resources out.

What hurts when it is wrong (Bacula's manual, "Storage Daemon Configuration", and trials): Drive Index must be the
robot's number, only a by-id name survives a reboot, the default file size of 1 GB makes an LTO drive stop and go, and a
Media Type must not be shared by devices that cannot read each other's volumes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bamsd.bacula.models import Repository, TapeDrive, TapeLibrary, Tls, as_name
from bamsd.bacula.resources import Plain, Resource, SdConfig, Value, resource, tls_of
from bamsd.errors import AlreadyExists, InvalidArgument

MONITOR = "bams-monitor"
FIRST_LINE = "# Written by bamsd, which writes it again: use org.bams.Bacula, not an editor."
JOBS_PER_FILE_DEVICE = 5
CHANGER_WAIT_S, REWIND_WAIT_S, OPEN_WAIT_S = 900, 600, 300
"""A large robot takes minutes; with less Bacula gives up while the cartridge is on its way."""
FLOCK = f"/usr/bin/flock --exclusive --no-fork --timeout {CHANGER_WAIT_S} %c"
"""BAMS holds the same lock while it moves a tape (bamsd/tape/robot_lock.py); %c is the Changer Device."""
LARGE_FILE = "50G"
MOST_DEVICES = 32


@dataclass(frozen=True, slots=True)
class Passwords:
    """Of the monitor's login, and of the Director that runs the jobs. Never shown: repr leaves them out."""

    monitor: str = field(repr=False)
    director: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be configured. ``virtual`` names repositories whose devices form an autochanger of files.

    ``base`` is what people wrote themselves; what it has already is not written again. ``director`` is the name of the
    Director that may run jobs, for a host whose configuration names none.
    """

    libraries: tuple[TapeLibrary, ...] = ()
    repositories: tuple[Repository, ...] = ()
    virtual: frozenset[str] = frozenset()
    devices_per_repository: int = 2
    spool_directory: str = ""
    spool_bytes: int = 0
    """Of each tape drive: where jobs' data waits before it is written at the drive's speed, and how much; 0 for all."""
    director: str = "bacula-dir"
    storage: str = "bacula-sd"
    scripts: str = "/etc/bacula/scripts"
    base: SdConfig = field(default_factory=SdConfig)


def resources(wanted: Wanted, passwords: Passwords) -> tuple[Resource, ...]:
    """All resources of BAMS's include file. Raises ``AlreadyExists`` for a name that people use themselves."""
    _check(wanted)
    found = [*_frame(wanted, passwords)]
    for library in wanted.libraries:
        found += _library(library, wanted)
    for repository in wanted.repositories:
        found += _repository(repository, wanted.devices_per_repository, virtual=repository.name in wanted.virtual)
    _refuse_doubles(found, wanted.base)
    return tuple(found)


def text(found: Iterable[Resource]) -> str:
    return FIRST_LINE + "\n\n" + "\n".join(each.text for each in found)


def device_names(found: Iterable[Resource]) -> frozenset[str]:
    return frozenset(each.name for each in found if each.kind == "Device")


def media_type(library: TapeLibrary, drive: TapeDrive) -> str:
    return f"LTO-{drive.generation}" if drive.generation else f"Tape-{as_name(library.name)}"


def file_media_type(repository: Repository) -> str:
    return f"File-{as_name(repository.name)}"


def drive_name(library: TapeLibrary, drive: TapeDrive) -> str:
    return f"{as_name(library.name)}-drive-{drive.index}"


def file_device_names(repository: Repository, count: int) -> tuple[str, ...]:
    return tuple(f"{as_name(repository.name)}-{number}" for number in range(count))


def main_director(base: SdConfig) -> tuple[str, str]:
    """Name and password of the Director that runs jobs here; both empty when none is configured."""
    rows = [row for row in base.of("Director") if not row.get("Monitor")]
    return (str(rows[0].get("Name", "")), str(rows[0].get("Password", ""))) if rows else ("", "")


def _check(wanted: Wanted) -> None:
    if not 1 <= wanted.devices_per_repository <= MOST_DEVICES:
        raise InvalidArgument(
            f"A repository can have 1 to {MOST_DEVICES} devices, not {wanted.devices_per_repository}."
        )
    if wanted.spool_directory and not wanted.spool_directory.startswith("/"):
        raise InvalidArgument(f"{wanted.spool_directory!a} is no folder for spooling: give an absolute path.")
    if wanted.spool_bytes and not wanted.spool_directory:
        raise InvalidArgument("A spool size needs a spool directory too.")
    unknown = wanted.virtual - {repository.name for repository in wanted.repositories}
    if unknown:
        raise InvalidArgument(
            f"{min(unknown)!a} is none of the chosen repositories, so it can be no autochanger of files."
        )
    if not wanted.libraries and not wanted.repositories:
        raise InvalidArgument(
            "There is nothing to configure: no tape library is ready and no repository with a file system is chosen."
        )


def _frame(wanted: Wanted, passwords: Passwords) -> Iterable[Resource]:
    """The login of BAMS, and what a storage daemon needs once and people have not written."""
    if not wanted.base.of("Storage"):
        yield resource(
            "Storage",
            Name=wanted.storage,
            SDPort=9103,
            SDAddress=Plain("127.0.0.1"),
            WorkingDirectory="/var/lib/bacula",
            Pid_Directory="/run/bacula",
            Plugin_Directory="/usr/lib/bacula",
            Maximum_Concurrent_Jobs=20,
        )
    director, _ = main_director(wanted.base)
    if not director:
        director = wanted.director
        yield resource("Director", Name=director, Password=passwords.director)
    yield resource("Director", Name=MONITOR, Password=passwords.monitor, Monitor=True, **_tls_as(wanted.base))
    if not wanted.base.of("Messages"):
        yield resource("Messages", Name="Standard", Director=Plain(f"{director} = all"))


def _tls_as(base: SdConfig) -> dict[str, Value]:
    """TLS for the monitor as for the Director that people set up with certificates; BAMS proves itself by password."""
    rows = [row for row in base.of("Director") if not row.get("Monitor")]
    tls = tls_of(rows[0]) if rows else Tls()
    if not tls.certificate:
        return {}
    return {
        "TLS_Enable": True,
        "TLS_Require": tls.is_required,
        "TLS_Certificate": tls.certificate,
        "TLS_Key": tls.key,
        "TLS_Verify_Peer": False,
    }


def _library(library: TapeLibrary, wanted: Wanted) -> Iterable[Resource]:
    name = as_name(library.name)
    yield resource(
        "Autochanger",
        Name=name,
        Device=tuple(drive_name(library, drive) for drive in library.drives),
        Changer_Device=library.changer,
        Changer_Command=f"{FLOCK} {wanted.scripts}/mtx-changer %c %o %S %a %d",
    )
    for drive in library.drives:
        yield _drive(library, drive, wanted)


def _drive(library: TapeLibrary, drive: TapeDrive, wanted: Wanted) -> Resource:
    return resource(
        "Device",
        Name=drive_name(library, drive),
        Media_Type=media_type(library, drive),
        Archive_Device=drive.device,
        Device_Type="Tape",
        Control_Device=drive.control or None,
        Alert_Command=f"{wanted.scripts}/tapealert %l" if drive.control and drive.has_alerts else None,
        Drive_Index=drive.index,
        Autochanger=True,
        Automatic_Mount=True,
        Always_Open=True,
        Removable_Media=True,
        Random_Access=False,
        Offline_On_Unmount=library.needs_offline,
        Label_Media=False,
        Autoselect=True,
        Maximum_Changer_Wait=CHANGER_WAIT_S,
        Maximum_Rewind_Wait=REWIND_WAIT_S,
        Maximum_Open_Wait=OPEN_WAIT_S,
        Maximum_File_Size=LARGE_FILE if drive.generation >= 5 else None,
        Spool_Directory=wanted.spool_directory or None,
        Maximum_Spool_Size=wanted.spool_bytes or None,
    )


def _repository(repository: Repository, count: int, *, virtual: bool) -> Iterable[Resource]:
    names = file_device_names(repository, count)
    if virtual:
        yield resource(
            "Autochanger",
            Name=as_name(repository.name),
            Device=names,
            Changer_Device="/dev/null",
            Changer_Command="",
        )
    for index, name in enumerate(names):
        yield resource(
            "Device",
            Name=name,
            Media_Type=file_media_type(repository),
            Archive_Device=repository.path,
            Device_Type="File",
            Drive_Index=index if virtual else None,
            Autochanger=True if virtual else None,
            Label_Media=True,
            Random_Access=True,
            Automatic_Mount=True,
            Removable_Media=False,
            Always_Open=False,
            Maximum_Concurrent_Jobs=JOBS_PER_FILE_DEVICE,
        )


def _refuse_doubles(found: Iterable[Resource], base: SdConfig) -> None:
    """Bacula knows Devices and Autochangers by name, and a Director asks for either of them by it."""
    taken = {(kind, name): "bacula-sd.conf" for kind in ("Device", "Director") for name in base.names(kind)}
    taken |= {("Device", name): "bacula-sd.conf" for name in base.names("Autochanger")}
    for each in found:
        key = ("Device" if each.kind == "Autochanger" else each.kind, each.name)
        if key in taken:
            raise AlreadyExists(
                f"{each.kind} {each.name} is in {taken[key]} already: rename it there, or give the library an alias or "
                "the repository another name."
            )
        taken[key] = "BAMS's own configuration"
