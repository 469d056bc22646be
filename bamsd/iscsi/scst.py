"""The target stack SCST, driven through /sys/kernel/scst_tgt. Every function blocks: call it in a thread."""

import contextlib
import errno
import fnmatch
import logging
import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from bamsd.errors import BamsError, InUse, NotFound, NotReady, NotSupported, OutOfSync, TimedOut, ToolFailed, shown
from bamsd.iscsi import scst_adopt, scst_conf, scst_kinds, scst_ops, scst_reading
from bamsd.iscsi.execute import execute
from bamsd.iscsi.models import Configuration, Device, Session, Target
from bamsd.iscsi.objects import Change, Objects, Op, Reading, Step, Write, in_words
from bamsd.iscsi.plan import Planner
from bamsd.iscsi.scst_ops import DRIVER, EVERY_SESSION, MGMT, SUSPEND
from bamsd.iscsi.scst_reading import Found, folders, value
from bamsd.iscsi.stack import Performed
from bamsd.iscsi.tree import Tree, perform

log = logging.getLogger(__name__)

ANSWER_LIMIT_S = 120.0
"""How long a write that the kernel has queued may take. It waits up to 90 s for I/O to pause."""
DRAIN_TRIES = 20
BRACKET_STEPS = 100
"""How many pausing steps share one pause: the I/O of all targets waits for them."""
_SUSPEND_LIMIT_S = 10
_POLL_S = 0.1
_RESUME_TRIES = 5


class Scst:
    """SCST as a ``Stack``. ``exists`` tells whether a device node or file is there; ``pause`` waits some seconds."""

    name: Literal["scst"] = "scst"
    title = "SCST"

    def __init__(
        self,
        tree: Tree,
        boot_file: Path = Path("/etc/scst.conf"),
        *,
        exists: Callable[[str], bool] = os.path.exists,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.tree = tree
        self.boot_file = boot_file
        self.planner = Planner(scst_kinds.KINDS, scst_ops.ops, self._concerned)
        self._kinds = {kind.name: kind for kind in scst_kinds.KINDS}
        self._exists = exists
        self._pause = pause
        self._last = Found()

    def absence(self) -> str:
        try:
            if not self.tree.list(""):
                return "SCST is not loaded: install it and start scst.service."
            handlers = self.tree.list("handlers")
            if "iscsi" not in self.tree.list("targets"):
                return "SCST is loaded, but not its iSCSI driver: start scst.service."
            missing = [name for name in scst_kinds.HANDLERS.values() if name not in handlers]
            if missing:
                return f"SCST is loaded without its handler {missing[0]}: load the module scst_vdisk."
            if value(self.tree.read(f"{DRIVER}/open_state")) != "open":
                return "The daemon iscsi-scstd is not running, so SCST has no targets: restart scst.service."
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                return "SCST is not loaded: install it and start scst.service."
            return f"SCST cannot be read: {error.strerror}."
        return ""

    def check(self, target: Target, devices: Mapping[str, Device]) -> None:
        scst_kinds.check(target)
        for lun in target.luns:
            if lun.device in devices:
                scst_kinds.check_device(devices[lun.device])

    def objects(self, wanted: Configuration) -> Objects:
        return scst_kinds.compile_objects(wanted)

    def read(self, known: Objects | None = None) -> Reading:
        try:
            found = scst_reading.everything(self.tree, known or {})
        except OSError as error:
            raise self._unreadable(error) from error
        self._last = found
        return Reading(found.objects, tuple(found.sessions), found.odd)

    def sessions(self) -> tuple[Session, ...]:
        found = Found()
        try:
            for iqn in folders(self.tree, DRIVER):
                scst_reading.sessions_of(self.tree, iqn, found)
        except OSError as error:
            raise self._unreadable(error) from error
        return tuple(found.sessions)

    def _unreadable(self, error: OSError) -> BamsError:
        if error.errno == errno.EPERM:
            return NotReady("SCST does not answer, because iscsi-scstd is not running: restart scst.service.")
        return ToolFailed(f"SCST's configuration cannot be read: {error.strerror}. Try again as root.")

    def perform(self, steps: Sequence[Step]) -> Performed:
        """As the ``Stack`` says. Raises ``ToolFailed`` in mid-plan only when paused I/O does not go on."""
        with contextlib.closing(self._bracketed(steps)) as bracketed:
            return execute(bracketed, self._kinds, self._touch)

    def _bracketed(self, steps: Sequence[Step]) -> Generator[Step, None, None]:
        """The steps; where several of them that pause all I/O follow each other, I/O is paused once for them."""
        held, left = False, 0
        try:
            for index, step in enumerate(steps):
                if held and (left == 0 or not self._pauses(step)):
                    held = False
                    self._resume()
                if not held and self._pauses(step) and any(map(self._pauses, steps[index + 1 : index + 2])):
                    held, left = self._suspend(), BRACKET_STEPS
                left -= 1
                yield step
        finally:
            if held:
                self._resume()

    def _pauses(self, step: Step) -> bool:
        """Only groups and initiators: removing a LUN or a session waits for commands, which a pause would hold up."""
        return step.change.key.kind in ("group", "initiator")

    def _suspend(self) -> bool:
        try:
            self._write(SUSPEND, str(_SUSPEND_LIMIT_S))
        except (OSError, BamsError) as error:
            log.warning("SCST did not pause within %d s, so each step pauses by itself: %s", _SUSPEND_LIMIT_S, error)
            return False
        return True

    def _resume(self) -> None:
        """Raises ``ToolFailed`` where I/O stays paused: what follows in a plan waits for commands."""
        why = ""
        for _ in range(_RESUME_TRIES):
            try:
                self._write(SUSPEND, "-1")
            except (OSError, BamsError) as error:
                why = str(error)
                if value(self.tree.read(SUSPEND)) == "0":
                    return
                continue
            return
        raise ToolFailed(
            f"SCST did not resume I/O ({why}): write -1 to /sys/kernel/scst_tgt/suspend, then apply again."
        )

    def _touch(self, op: Op) -> None:
        match op:
            case Write(path, text) if path.endswith(f"/{EVERY_SESSION}"):
                self._close_all(path.removesuffix(f"/{EVERY_SESSION}"), text)
            case Write(path, text) if path.endswith(("/IncomingUser", "/OutgoingUser")):
                self._rotate(path, text)
            case Write(path, text) if path == MGMT and text.startswith("del_target "):
                self._delete_target(path, text)
            case Write(path, text) if text.startswith("del_device "):
                self._refuse_exported(text.removeprefix("del_device "))
                self._write(path, text)
            case Write(path, text):
                self._write(path, text)
                if text == "1" and path.startswith(f"{DRIVER}/") and path.endswith("/enabled"):
                    self._enable_driver()
            case _:
                perform(self.tree, op)

    def _write(self, path: str, text: str) -> None:
        """Write, and where the kernel only queues it, wait for what becomes of it."""
        try:
            self.tree.write(path, text)
        except OSError as error:
            if error.errno != errno.EAGAIN:
                raise
            self._await_answer(path)

    def _await_answer(self, path: str) -> None:
        for _ in range(int(ANSWER_LIMIT_S / _POLL_S)):
            try:
                result = int(value(self.tree.read("last_sysfs_mgmt_res")))
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    raise
                self._pause(_POLL_S)
                continue
            if result < 0:
                raise OSError(-result, os.strerror(-result))
            return
        raise TimedOut(f"SCST did not finish the write to {path} within {ANSWER_LIMIT_S:g} s. Look at it again later.")

    def _close_all(self, home: str, text: str) -> None:
        for name in folders(self.tree, f"{home}/sessions"):
            try:
                self._write(f"{home}/sessions/{name}/force_close", text)
            except FileNotFoundError:
                continue

    def _rotate(self, path: str, text: str) -> None:
        """Write over the credential in the file that holds it: there may be IncomingUser, IncomingUser1, and so on."""
        home, name = path.rsplit("/", 1)
        user = text.split(" ", 1)[0]
        files = [file for file in sorted(self.tree.list(home)) if file.rstrip("0123456789") == name]
        for file in files:
            if name == "OutgoingUser" or value(self.tree.read(f"{home}/{file}")).split(" ", 1)[0] == user:
                self._write(f"{home}/{file}", text)
                return
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    def _delete_target(self, path: str, text: str) -> None:
        """Sessions that were closed hold the target for a moment still."""
        for _ in range(DRAIN_TRIES):
            try:
                self._write(path, text)
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
                self._pause(_POLL_S)
                continue
            return
        self._write(path, text)

    def _refuse_exported(self, device: str) -> None:
        """The kernel removes a device with all LUNs over it, also foreign ones, and asks nobody."""
        home = f"devices/{device}/exported"
        try:
            links = [self.tree.link(f"{home}/{name}") for name in self.tree.list(home)]
        except FileNotFoundError:
            return
        for link in links:
            if "/copy_manager/" not in link:
                where = shown(link.split("targets/", 1)[-1])
                raise InUse(f"Device {device} is still exported at {where}: remove that LUN first.")

    def _enable_driver(self) -> None:
        if value(self.tree.read(f"{DRIVER}/enabled")) != "1":
            self._write(f"{DRIVER}/enabled", "1")

    def settle(self) -> str:
        """Resume I/O that a crash left paused. The file ``suspend`` counts the pauses; one -1 takes back one."""
        try:
            count = int(value(self.tree.read(SUSPEND)) or "0")
            for _ in range(count):
                self._write(SUSPEND, "-1")
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise ToolFailed(f"Whether SCST holds back I/O cannot be told: {error}. Look at it as root.") from error
        return f"SCST held back the I/O of all targets ({count} times); it goes on now." if count > 0 else ""

    def close(self, session: Session) -> None:
        home = f"{DRIVER}/{session.target}/sessions"
        op = Write(f"{home}/{session.initiator}/force_close", "1")
        try:
            for name in folders(self.tree, home):
                if value(scst_reading.read(self.tree, f"{home}/{name}/sid")) == session.id:
                    op = Write(f"{home}/{name}/force_close", "1")
                    self._write(op.path, op.text)
                    return
        except OSError as error:
            raise ToolFailed(f"The session was not closed ({in_words(op)}): {error.strerror}. Try again.") from error
        raise NotFound(f"{session.initiator} has no session {session.id} with {session.target}: it has ended.")

    def resize(self, device: Device) -> None:
        op = Write(f"devices/{device.name}/resync_size", "1")
        try:
            self._write(op.path, op.text)
            size = value(self.tree.read(f"devices/{device.name}/size"))
        except FileNotFoundError:
            raise NotFound(f"SCST has no device {device.name}: apply the configuration first.") from None
        except OSError as error:
            raise ToolFailed(f"The size of {device.name} was not announced: {error.strerror}. Try again.") from error
        if device.size_bytes and size != str(device.size_bytes):
            raise OutOfSync(f"SCST tells {size} bytes for {device.name}, not {device.size_bytes}: try again.")

    def render(self, wanted: Configuration) -> str:
        return scst_conf.render(wanted, self._foreign(wanted), self._exists)

    def _foreign(self, wanted: Configuration) -> scst_conf.Foreign:
        if self.absence():
            return scst_conf.Foreign()
        try:
            return scst_conf.foreign(self.tree, wanted)
        except OSError as error:
            raise self._unreadable(error) from error

    def adopt(self, reading: Reading, iqn: str) -> tuple[Target, tuple[Device, ...]]:
        adopted = scst_adopt.adopt(reading, iqn)
        try:
            self.check(adopted[0], {device.name: device for device in adopted[1]})
        except NotSupported as refusal:
            raise NotSupported(f"{iqn} cannot be taken over. {refusal.message}") from None
        return adopted

    def _concerned(self, change: Change, session: Session) -> bool:
        """Whether a session loses something by a change, by what the last reading saw of it."""
        names = change.key.names
        if change.key.kind == "device":
            uses = self._last.uses.get(names[0], set())
            return any((session.target, number) in uses for number in session.luns)
        if session.target != names[0]:
            return False
        group = self._last.groups.get((session.target, session.id), "")
        match change.key.kind:
            case "target":
                return True
            case "group":
                return group == names[1]
            case "initiator":
                return group == names[1] and matches(session.initiator, names[2])
            case "lun":
                return group == names[1] and int(names[2]) in session.luns
            case "open-lun":
                return not group and int(names[1]) in session.luns
        return False


def matches(initiator: str, pattern: str) -> bool:
    """SCST's patterns: * and ? as usual, ! in front for everybody else. Case does not count."""
    if pattern.startswith("!"):
        return not matches(initiator, pattern[1:])
    return fnmatch.fnmatchcase(initiator.lower(), pattern.lower().replace("[", "[[]"))
