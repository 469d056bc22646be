"""The kernel's own target, LIO, through configfs. The tree's root is /sys/kernel/config/target."""

import errno
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bamsd.errors import NotFound, NotSupported, OutOfSync, ToolFailed
from bamsd.iscsi import lio_adoption, lio_reading, lio_saveconfig
from bamsd.iscsi.execute import execute
from bamsd.iscsi.lio_kinds import (
    KINDS,
    PARAMETERS,
    QUEUED_COMMANDS,
    QUEUED_DEFAULT,
    QUEUED_LIMIT,
    UNSET,
    backstore,
    compile_objects,
    concerned,
)
from bamsd.iscsi.lio_ops import Touches, acl
from bamsd.iscsi.lio_places import Places
from bamsd.iscsi.models import Configuration, Device, Session, StackName, Target
from bamsd.iscsi.objects import MakeFolder, Objects, Op, Reading, RemoveFolder, Step, Write
from bamsd.iscsi.plan import Planner
from bamsd.iscsi.stack import Performed
from bamsd.iscsi.tree import Tree, perform, refused

BOOT_FILE = Path("/etc/rtslib-fb-target/saveconfig.json")
"""Debian's rtslib reads this one; that of other distributions /etc/target/saveconfig.json."""
ANYWHERE = "0.0.0.0"  # noqa: S104  the kernel listens, and only for targets with an ACL
_ADAPTER = re.compile(r"core/[a-z]+_\d+")
_RTSLIB_NAME = re.compile(
    r"iqn\.\d{4}-[01]\d\.[^\s_]*\.[^\s_]*|naa\.[125c][0-9a-f]{15}|eui\.[0-9a-f]{16}", re.IGNORECASE
)
"""As rtslib's normalize_wwn has it. One ACL that it refuses makes each of its programs fail for all targets."""
_CREDENTIAL_LIMIT = 255
_PATH_LIMIT = 511
_CHAP_SAFE = re.compile(r"[^\s=]+")


class Lio:
    """LIO as a ``Stack``. ``anywhere`` is the address for a target without portals: "::0" takes IPv4 and IPv6."""

    name: StackName = "lio"
    title = "LIO"

    def __init__(self, tree: Tree, boot_file: Path = BOOT_FILE, anywhere: str = ANYWHERE) -> None:
        self.tree = tree
        self.boot_file = boot_file
        self._anywhere = anywhere
        self._numbered = True
        self._places = Places()
        self._dropped: set[str] = set()
        self.planner = Planner(KINDS, Touches(self._places.of), concerned)

    def absence(self) -> str:
        try:
            self.tree.list("core")
        except FileNotFoundError:
            return "The kernel's target is not loaded: run modprobe iscsi_target_mod, and see that configfs is mounted."
        except OSError as error:
            return f"The kernel's target cannot be read: {error.strerror}."
        return ""

    def check(self, target: Target, devices: Mapping[str, Device]) -> None:
        _check_access(target)
        _check_parameters(target)
        for lun in target.luns:
            device = devices[lun.device]
            path = device.path
            if device.kind == "file" and not device.size_bytes:
                raise NotSupported(
                    f"LIO must be told the size of {path}, and it is empty or not known. Give it a size."
                )
            if "," in path or len(path.encode()) > _PATH_LIMIT or path != path.strip():
                raise NotSupported(
                    f"LIO cannot take {path} for LUN {lun.number} of {target.iqn}: a path must have no comma, no blank"
                    f" at an end and at most {_PATH_LIMIT} bytes. Use another name for it."
                )

    def objects(self, wanted: Configuration) -> Objects:
        return compile_objects(wanted, self._anywhere, numbered=self._numbered)

    def read(self, known: Objects | None = None) -> Reading:
        try:
            found = lio_reading.read_all(self.tree, known or {})
        except OSError as error:
            raise ToolFailed(f"LIO's configuration cannot be read: {error.strerror}. Try again as root.") from error
        self._places.learn(found.places)
        if found.numbered is not None:
            self._numbered = found.numbered
        return Reading(found.objects, tuple(found.sessions), found.odd)

    def sessions(self) -> tuple[Session, ...]:
        try:
            return tuple(lio_reading.read_sessions(self.tree))
        except OSError as error:
            raise ToolFailed(f"LIO's sessions cannot be read: {error.strerror}. Try again as root.") from error

    def perform(self, steps: Sequence[Step]) -> Performed:
        if any(step.change.key.kind == "target" and step.change.verb == "add" for step in steps):
            self._have_iscsi()
        performed = execute(steps, {kind.name: kind for kind in KINDS}, self._touch)
        for step in performed.done:
            if step.change.key.kind in ("target", "device"):
                forget = self._dropped.add if step.change.verb == "remove" else self._dropped.discard
                forget(step.object)
        return performed

    def _have_iscsi(self) -> None:
        """The folder loads the kernel's iSCSI part."""
        try:
            if "iscsi" not in self.tree.list(""):
                self.tree.make_folder("iscsi")
        except OSError as error:
            raise refused(MakeFolder("iscsi"), "Load the iSCSI target", error) from error

    def _touch(self, op: Op) -> None:
        try:
            perform(self.tree, op)
        except OSError as error:
            if not _is_no_matter(op, error.errno or 0):
                raise

    def settle(self) -> str:
        return ""

    def close(self, session: Session) -> None:
        """The kernel ends the sessions of an ACL whose queue depth changes. So it is changed, and put back."""
        path = f"{acl(session.target, session.initiator)}/cmdsn_depth"
        live = {(s.target, s.initiator, s.id) for s in self.sessions()}
        if (session.target, session.initiator, session.id) not in live:
            raise NotFound(
                f"{session.initiator} has no session {session.id} at {session.target} any more. Look at the list again."
            )
        op = Write(path, "")
        try:
            depth = self.tree.read(path).strip() or QUEUED_DEFAULT
            other = str(int(depth) - 1 or 2)
            for op in (Write(path, other), Write(path, depth)):
                perform(self.tree, op)
        except (OSError, ValueError) as error:
            cause = error if isinstance(error, OSError) else OSError(errno.EINVAL, "")
            raise refused(op, f"End the session of {session.initiator} at {session.target}", cause) from error

    def resize(self, device: Device) -> None:
        """A block device needs no telling: LIO asks it at each READ CAPACITY. A file's size is told and read back."""
        if device.kind == "block" or not device.size_bytes:
            return
        home = f"core/{self._places.of(backstore(device), device.name)}"
        op = Write(f"{home}/control", f"fd_dev_size={device.size_bytes}")
        try:
            perform(self.tree, op)
        except OSError as error:
            raise refused(op, f"Announce the size of {device.name}", error) from error
        size = lio_reading.file_size(self.tree, home)
        if size != device.size_bytes:
            raise OutOfSync(
                f"LIO tells {size} bytes for {device.name} instead of {device.size_bytes}. Try to announce it again."
            )

    def render(self, wanted: Configuration) -> str:
        return lio_saveconfig.render(wanted, self._anywhere, lio_saveconfig.present(self.boot_file), self._dropped)

    def adopt(self, reading: Reading, iqn: str) -> tuple[Target, tuple[Device, ...]]:
        return lio_adoption.adopt(reading, iqn)


def _is_no_matter(op: Op, error: int) -> bool:
    """What a device's folder above its own may answer, and a device that cannot unmap."""
    match op:
        case MakeFolder(path):
            return error == errno.EEXIST and _ADAPTER.fullmatch(path) is not None
        case RemoveFolder(path):
            return error in (errno.ENOTEMPTY, errno.ENOENT, errno.EBUSY) and _ADAPTER.fullmatch(path) is not None
        case Write(path):
            refusals = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
            return error in refusals and path.startswith("core/") and path.endswith("/attrib/emulate_tpu")
    return False


def _check_access(target: Target) -> None:
    for name in (target.iqn, *target.initiators):
        if not _RTSLIB_NAME.fullmatch(name) and not any(mark in name for mark in "*?!"):
            raise NotSupported(
                f"targetcli and the restore at boot end at the name {name}: they take iqn.YYYY-MM.DOMAIN.REST with two"
                " dots after the date, no blank and no _, or naa. or eui. with 16 digits. Choose another name."
            )
    for name in target.initiators:
        if any(mark in name for mark in "*?!"):
            raise NotSupported(f"LIO knows no patterns, so {name} cannot have access to {target.iqn}. Name each one.")
    twice = sorted({name for name in target.initiators if target.initiators.count(name) > 1})
    if twice:
        raise NotSupported(f"LIO lets {twice[0]} be in one group of {target.iqn} only. Take it out of the others.")
    if len(target.credentials) > 1:
        raise NotSupported(f"LIO takes one credential for {target.iqn}, not {len(target.credentials)}. Keep one.")
    if target.mutual and not target.credentials:
        raise NotSupported(f"LIO proves {target.iqn} only to an initiator that logs in with a credential. Set one.")
    for credential in (*target.credentials, *((target.mutual,) if target.mutual else ())):
        for text in (credential.user, credential.secret.reveal()):
            if text.startswith(UNSET) or not _CHAP_SAFE.fullmatch(text) or len(text.encode()) > _CREDENTIAL_LIMIT:
                raise NotSupported(
                    f"LIO cannot take the credential of {credential.user} for {target.iqn}: user and secret need 1 to"
                    f" {_CREDENTIAL_LIMIT} bytes, no blank, and another beginning than {UNSET}. Choose others."
                )


def _check_parameters(target: Target) -> None:
    for name, value in target.parameters:
        if name == QUEUED_COMMANDS:
            if not value.isdecimal() or not 1 <= int(value) <= QUEUED_LIMIT:
                raise NotSupported(f"LIO takes {name} from 1 to {QUEUED_LIMIT}, not {value}, for {target.iqn}.")
        elif name not in PARAMETERS:
            raise NotSupported(f"LIO has no parameter {name} for {target.iqn}. Leave it out.")
