"""What ``bacula-sd -t`` does not see: missing devices, doubled numbers, permissions, the changer. Pure.

What people wrote themselves gives warnings only, so that it never keeps BAMS's own part from being applied.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from bamsd.bacula.account import Node
from bamsd.bacula.models import Finding, Repository, TapeLibrary
from bamsd.bacula.resources import Row, SdConfig, names_of, number_of, shown_name, text_of
from bamsd.errors import shown

Look = Callable[[str], Node]
"""What stands at a path, as the account of bacula-sd sees it."""

_LASTING = ("/dev/tape/by-id/", "/dev/tape/by-path/", "/dev/disk/by-id/")


def configured(config: SdConfig, ours: frozenset[str], look: Look, user: str) -> tuple[Finding, ...]:
    """Findings about a whole configuration. ``ours`` are the names of resources that BAMS writes."""
    found = [
        *_each_device(config, look, user),
        *_each_changer(config, look, user),
        *_doubled_devices(config.of("Device")),
        *_media_types(config.of("Device")),
        *_spooling(config.of("Device"), look, user),
    ]
    return tuple(each if each.subject in ours else _milder(each) for each in found)


def picture(libraries: Iterable[TapeLibrary], repositories: Iterable[Repository]) -> tuple[Finding, ...]:
    """Findings about what is to be configured, before there is any text."""
    return (*_libraries(libraries), *_repositories(repositories))


def _milder(finding: Finding) -> Finding:
    return replace(finding, severity="warning")


def _each_device(config: SdConfig, look: Look, user: str) -> Iterator[Finding]:
    robots = (row for row in config.of("Autochanger") if text_of(row, "ChangerDevice") not in ("", "/dev/null"))
    members = {name for row in robots for name in names_of(row, "Device")}
    for row in config.of("Device"):
        name, path = shown_name(row), text_of(row, "ArchiveDevice")
        node = look(path)
        if not node.exists:
            yield _error(name, f"its Archive Device {shown(path)} does not exist", "Check the cable or the mount.")
        else:
            yield from _access(name, path, node, user)
        if text_of(row, "Name") in members and not row.get("Autochanger"):
            yield _error(name, "it is in an Autochanger but has no Autochanger = yes", "Add that line to the Device.")
        if path.startswith("/dev/") and _is_tape(row):
            yield from _tape_device(name, row, path, look, user)


def _access(name: str, path: str, node: Node, user: str) -> Iterator[Finding]:
    rights = [word for word, has in (("read", node.may_read), ("write", node.may_write)) if not has]
    if node.is_folder and not node.may_execute:
        rights.append("enter")
    if rights:
        yield _error(
            name,
            f"user {user} may not {' or '.join(rights)} {shown(path)} (group {node.group}, mode {node.mode:04o})",
            "Call FixPermissions." if node.is_device else f"Give the folder to {user}: chown {user} {shown(path)}.",
        )


def _tape_device(name: str, row: Row, path: str, look: Look, user: str) -> Iterator[Finding]:
    last = path.rsplit("/", 1)[-1]
    if not last.startswith("nst") and not last.endswith("-nst"):
        yield _error(name, f"{shown(path)} rewinds the tape at each close", "Use the node that ends in -nst.")
    if not path.startswith(_LASTING):
        yield _warning(name, f"{shown(path)} may be another drive after a reboot", "Use the name in /dev/tape/by-id.")
    control = text_of(row, "ControlDevice")
    if control:
        node = look(control)
        if not node.exists:
            yield _error(
                name, f"its Control Device {shown(control)} does not exist", "Generate the configuration again."
            )
        elif not (node.may_read and node.may_write):
            yield _error(name, f"user {user} may not read and write {shown(control)}", "Call FixPermissions.")
    elif text_of(row, "AlertCommand"):
        yield _warning(name, "it has an Alert Command but no Control Device", "Add a Control Device.")


def _is_tape(row: Row) -> bool:
    return not row.get("RandomAccess") and text_of(row, "DeviceType").lower() not in ("file", "fifo", "aligned")


def _each_changer(config: SdConfig, look: Look, user: str) -> Iterator[Finding]:
    devices = {text_of(row, "Name"): row for row in config.of("Device")}
    for row in config.of("Autochanger"):
        name = shown_name(row)
        members = [devices[each] for each in names_of(row, "Device") if each in devices]
        yield from _indexes(name, members)
        changer, command = text_of(row, "ChangerDevice"), text_of(row, "ChangerCommand")
        if changer in ("", "/dev/null"):
            continue
        node = look(changer)
        if not node.exists:
            yield _error(name, f"its Changer Device {shown(changer)} does not exist", "Check the library's cable.")
        elif not (node.may_read and node.may_write):
            yield _error(name, f"user {user} may not read and write {shown(changer)}", "Call FixPermissions.")
        programs = [word for word in command.split(" ") if word.startswith("/")]
        if not programs:
            yield _error(name, "it has a Changer Device but no Changer Command", "Add the line for mtx-changer.")
        for program in programs:
            if not look(program).may_execute:
                yield _error(name, f"user {user} cannot run {shown(program)}", "Install Bacula's scripts and mtx.")


def _indexes(name: str, members: Sequence[Row]) -> Iterator[Finding]:
    seen: dict[int, str] = {}
    for row in members:
        index = number_of(row, "DriveIndex", 0)
        if index in seen and len(members) > 1 and _is_tape(row):
            yield _error(
                name,
                f"{seen[index]} and {shown_name(row)} both have Drive Index {index}",
                "Give each drive the robot's own number.",
            )
        seen.setdefault(index, shown_name(row))


def _doubled_devices(rows: Iterable[Row]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for row in rows:
        path = text_of(row, "ArchiveDevice")
        if path in seen and _is_tape(row):
            yield _error(
                shown_name(row), f"{seen[path]} uses {shown(path)} too", "Remove one of the two Device resources."
            )
        seen.setdefault(path, shown_name(row))


def _spooling(rows: Iterable[Row], look: Look, user: str) -> Iterator[Finding]:
    """A folder that is missing is found by Bacula only when a job wants to spool; so is one that is too small."""
    wanted: dict[str, int] = {}
    for row in rows:
        path = text_of(row, "SpoolDirectory")
        if not path:
            continue
        node = look(path)
        wanted[path] = wanted.get(path, 0) + number_of(row, "MaximumSpoolSize", 0)
        if not node.is_folder:
            yield _error(shown_name(row), f"its Spool Directory {shown(path)} is no folder", "Make it.")
        else:
            yield from _access(shown_name(row), path, node, user)
            if wanted[path] > node.free_bytes:
                yield _warning(
                    shown_name(row),
                    f"{shown(path)} has room for {node.free_bytes >> 30} GiB, and the drives may spool "
                    f"{wanted[path] >> 30} GiB there",
                    "Make room, or choose a smaller spool size.",
                )


def _media_types(rows: Iterable[Row]) -> Iterator[Finding]:
    """Bacula may ask any device of a Media Type for any volume of it, so folders must not share one."""
    seen: dict[str, tuple[str, str]] = {}
    for row in rows:
        media, path = text_of(row, "MediaType"), text_of(row, "ArchiveDevice")
        place = "tape" if _is_tape(row) else path
        if media in seen and seen[media][1] != place:
            yield _error(
                shown_name(row),
                f"it shares the Media Type {shown(media)} with {seen[media][0]}, which cannot read its volumes",
                "Give each folder a Media Type of its own.",
            )
        seen.setdefault(media, (shown_name(row), place))


def _libraries(libraries: Iterable[TapeLibrary]) -> Iterator[Finding]:
    for library in libraries:
        if not library.changer.startswith(_LASTING):
            yield _warning(
                library.name, f"{library.changer} may be another device after a reboot", "Check udev's rules."
            )
        if library.matching in ("order", "none"):
            yield _warning(
                library.name,
                "which drive has which number was guessed, because the library does not tell serial numbers",
                "Name the drives in /etc/bams/config.yaml (tape, libraries, drives).",
            )
        if len({drive.generation for drive in library.drives}) > 1:
            yield _warning(library.name, "its drives are of different generations", "Use a pool for each Media Type.")
        yield from _drives(library)


def _drives(library: TapeLibrary) -> Iterator[Finding]:
    for drive in library.drives:
        if not drive.device:
            yield _error(
                library.name,
                f"drive {drive.index} is not connected to this host",
                "Connect it, or leave the library out.",
            )
    if not library.drives:
        yield _error(library.name, "no drive of it is known", "Call Refresh of org.bams.Tape and try again.")


def _repositories(repositories: Iterable[Repository]) -> Iterator[Finding]:
    for repository in repositories:
        if repository.state != "ready":
            yield _error(repository.name, f"the repository is {repository.state}", "Repair it, or leave it out.")
        elif not repository.is_mounted:
            yield _error(
                repository.name, f"nothing is mounted at {repository.path}", "Call MountRepository, then try again."
            )


def _error(subject: str, text: str, advice: str) -> Finding:
    return Finding("error", subject, text, advice)


def _warning(subject: str, text: str, advice: str) -> Finding:
    return Finding("warning", subject, text, advice)
