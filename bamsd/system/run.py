"""Start programs. Nothing else in the project does.

A program is a list of arguments and never passes through a shell. It gets an empty standard input, the C locale and a
session of its own. Its end is seen through a pidfd on the event loop (Linux 5.3 or newer), so no thread waits for it.

asyncio's own subprocess transport is not used, because it kills its program when the loop closes. A robot that carries
a cartridge must outlive the daemon.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from bamsd.errors import TimedOut, ToolFailed, shown
from bamsd.system import run_words
from bamsd.system.at_work import marks

TERM_GRACE_S = 3.0
"""Between SIGTERM and SIGKILL."""
KILL_GRACE_S = 5.0
"""After SIGKILL. A program that waits in the kernel for a device dies only when the device answers."""

ANSWERED_GRACE_S = 2.0
"""Between a program's last words and its end."""

_log = logging.getLogger(__name__)
_CHUNK_BYTES = 65536
_NOT_PASSED_ON = ("LC_", "LANG", "NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_")
_STANDARD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_left_running: set["_Program"] = set()
_stopping: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True)
class Result:
    """What a program did. ``code`` is its exit code, or the negative number of the signal that ended it."""

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str
    duration_s: float


class CommandFailed(ToolFailed):
    """A program ended with an exit code that its caller does not allow. ``result`` has the secrets blanked."""

    def __init__(self, message: str, result: Result) -> None:
        super().__init__(message)
        self.result = result


# The wire knows this failure as ToolFailed; the class exists for our own tool modules, which read ``result``.
CommandFailed.dbus_name = ToolFailed.dbus_name


@dataclass(frozen=True, slots=True)
class Rights:
    """Those of an account, as numbers: its user, its group, and all its groups."""

    uid: int
    gid: int
    groups: frozenset[int]


async def run(
    argv: Sequence[str],
    *,
    timeout_s: float,
    rights: Rights | None = None,
    stdin: bytes | None = None,
    allowed_exits: Collection[int] = (0,),
    secrets: Sequence[str] = (),
    kill_on_timeout: bool = True,
    keep_open: Sequence[int] = (),
    max_output_bytes: int = 64 * 1024 * 1024,
    last_words: bytes = b"",
) -> Result:
    """Run a program to its end and return what it said.

    ``rights`` are those of another account than ours, for a program that what it reads could turn against us.
    ``max_output_bytes`` bounds standard output and standard error each. ``secrets`` are blanked in every error and log
    line. With ``kill_on_timeout=False`` nothing ever kills the program: after the limit, or when the caller is
    cancelled, it runs on, its exit is collected in the background and logged once. ``keep_open`` are descriptors that
    the program inherits, such as a lock that must last as long as it does. A program that has said its ``last_words``
    at the end of its output and then does not end within ANSWERED_GRACE_S is stopped; what it said is returned, and
    its code, a signal's, means nothing.

    Raises CommandFailed, NotSupported when the program is not there, TimedOut, and ToolFailed when it cannot start.
    """
    never_kill = not kill_on_timeout
    program = _Program(
        argv,
        stdin,
        secrets,
        rights=rights,
        never_kill=never_kill,
        keep_open=keep_open,
        max_output_bytes=max_output_bytes,
        last_words=last_words,
    )
    try:
        futures = (program.ended, program.answered)
        await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if program.answered.done():
            await _give_up(program, kill_on_timeout)
        if not program.ended.done():
            raise TimedOut(run_words.too_long(program.name, timeout_s, kill_on_timeout))
    finally:
        if not program.ended.done():
            await _give_up(program, kill_on_timeout)
    result = program.result()
    _log.debug("%s ended with %d after %.3f s", program.shown, result.code, result.duration_s)
    if program.overflowed:
        raise CommandFailed(
            f"{program.name} printed more than {max_output_bytes} bytes, so its answer was not used.",
            program.redacted_result(),
        )
    if result.code not in allowed_exits and not program.answered.done():
        redacted = program.redacted_result()
        raise CommandFailed(run_words.failure(program.name, redacted.code, redacted.stderr), redacted)
    return result


class Beside:
    """A program that shares our terminal and works for us as long as we live, such as ssh. bamsd has none."""

    def __init__(self, argv: Sequence[str], *, stream: int | None = None, keep: Sequence[int] = ()) -> None:
        """``stream`` becomes its standard input and output; it has ours without. It also gets the descriptors ``keep``.

        Raises NotSupported when the program is not there, and ToolFailed when it cannot start.
        """
        try:
            self._popen = subprocess.Popen(argv, stdin=stream, stdout=stream, pass_fds=keep)
        except (OSError, ValueError) as error:
            raise run_words.not_started(_name(argv), error) from None

    def end(self) -> int:
        """Ask it to stop and wait for that; its exit code."""
        self._popen.terminate()
        try:
            return self._popen.wait(TERM_GRACE_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            return self._popen.wait()


def still_running() -> tuple[str, ...]:
    """Command lines of the programs that outlived their caller and have not ended yet, secrets blanked."""
    return tuple(program.shown for program in _left_running)


async def all_stopped() -> None:
    """Wait for the programs that are being stopped because nobody waits for them any more; some seconds at most."""
    while _stopping:
        await asyncio.wait(_stopping)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Blank every secret. The longest goes first, so that one secret inside another leaves no rest."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


async def _give_up(program: "_Program", kill: bool) -> None:
    if not kill:
        program.leave_running()
        return
    # A task of its own: a caller that is cancelled twice must not leave the program half stopped.
    task = asyncio.get_running_loop().create_task(program.stop())
    _stopping.add(task)
    task.add_done_callback(_stopping.discard)
    await asyncio.shield(task)


class _Program:
    """One started program with its pipes on the event loop."""

    def __init__(
        self,
        argv: Sequence[str],
        stdin: bytes | None,
        secrets: Sequence[str],
        *,
        rights: Rights | None,
        never_kill: bool,
        keep_open: Sequence[int],
        max_output_bytes: int,
        last_words: bytes,
    ) -> None:
        self.argv = tuple(argv)
        self.name = _name(self.argv)
        self.secrets = tuple(secrets)
        # Blanked word by word, because quoting would change a secret that holds a quote.
        self.shown = shown(shlex.join(redact(word, secrets) for word in self.argv))
        self.overflowed = False
        self._never_kill = never_kill
        self._max_output_bytes = max_output_bytes
        self._stop_asked = False
        self._started_s = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self.answered: asyncio.Future[None] = self._loop.create_future()
        """Set when it has said its last words and went on all the same."""
        self._last_words = last_words
        self._grace: asyncio.TimerHandle | None = None
        self._popen = _start(self.argv, stdin, rights, never_kill, keep_open)
        self._output: dict[int, list[bytes]] = {}
        self._size: dict[int, int] = {}
        self._watch()

    def _watch(self) -> None:
        try:
            self._pidfd = os.pidfd_open(self._popen.pid)
        except OSError as error:
            self._popen.kill()
            self._popen.communicate()
            raise ToolFailed(f"{self.name} could not be watched: {error.strerror}.") from None
        assert self._popen.stdout is not None  # noqa: S101  both are pipes
        assert self._popen.stderr is not None  # noqa: S101
        self._stdout, self._stderr = self._popen.stdout.fileno(), self._popen.stderr.fileno()
        for fd in (self._stdout, self._stderr):
            os.set_blocking(fd, False)
            self._output[fd], self._size[fd] = [], 0
            self._loop.add_reader(fd, self._readable, fd)
        self._loop.add_reader(self._pidfd, self._exited)

    def _readable(self, fd: int) -> int:
        try:
            chunk = os.read(fd, _CHUNK_BYTES)
        except BlockingIOError:
            return 0
        if not chunk:
            self._loop.remove_reader(fd)
            return 0
        room = self._max_output_bytes - self._size[fd]
        self._output[fd].append(chunk[:room])
        self._size[fd] += len(chunk[:room])
        if fd == self._stdout:
            self._listen()
        if len(chunk) > room and not self.overflowed:
            # A program that must not be killed is read to its end all the same, or it would wait for us for ever.
            self.overflowed = True
            if not self._never_kill:
                self.signal(signal.SIGKILL)
        return len(chunk)

    def _listen(self) -> None:
        """Last words are what nothing follows: each new output begins the grace anew, or ends it."""
        self._hush()
        if self.answered.done() or not self._last_words:
            return
        if b"".join(self._output[self._stdout][-2:]).endswith(self._last_words):
            self._grace = self._loop.call_later(ANSWERED_GRACE_S, self.answered.set_result, None)

    def _hush(self) -> None:
        if self._grace:
            self._grace.cancel()
            self._grace = None

    def _exited(self) -> None:
        if self._stop_asked:
            # What is left of the group goes too. The number is still ours: the leader has not been collected.
            self.signal(signal.SIGKILL)
        code = self._popen.poll()
        if code is None:
            return
        for fd in (self._stdout, self._stderr):
            self._drain(fd)
            self._loop.remove_reader(fd)
        self._hush()
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        with self._popen:
            self._duration_s = time.monotonic() - self._started_s
            self.ended.set_result(code)

    def _drain(self, fd: int) -> None:
        """Read what the program left in the pipe. Its children may hold the pipe open; they are not waited for."""
        left = fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ)
        while left > 0 and (count := self._readable(fd)):
            left -= count

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, number)

    async def stop(self) -> None:
        self._stop_asked = True
        try:
            self.signal(signal.SIGTERM)
            await asyncio.wait((self.ended,), timeout=TERM_GRACE_S)
        finally:
            if not self.ended.done():
                self.signal(signal.SIGKILL)
        await asyncio.wait((self.ended,), timeout=KILL_GRACE_S)
        if not self.ended.done():
            self.leave_running()

    def leave_running(self) -> None:
        _left_running.add(self)
        _log.warning("%s (process %d) goes on without its caller", self.shown, self._popen.pid)
        self.ended.add_done_callback(self._ended_late)

    def _ended_late(self, _: object) -> None:
        _left_running.discard(self)
        result = self.redacted_result()
        said = run_words.last_line(result.stderr)
        _log.warning("%s ended late with %d after %.1f s: %s", self.shown, result.code, result.duration_s, said)

    def result(self) -> Result:
        stdout, stderr = (b"".join(self._output[fd]).decode(errors="replace") for fd in (self._stdout, self._stderr))
        return Result(self.argv, self.ended.result(), stdout, stderr, self._duration_s)

    def redacted_result(self) -> Result:
        raw = self.result()
        argv = tuple(redact(word, self.secrets) for word in raw.argv)
        stdout, stderr = redact(raw.stdout, self.secrets), redact(raw.stderr, self.secrets)
        return Result(argv, raw.code, stdout, stderr, raw.duration_s)


def _start(
    argv: tuple[str, ...], stdin: bytes | None, rights: Rights | None, never_kill: bool, keep_open: Sequence[int]
) -> "subprocess.Popen[bytes]":
    name = _name(argv)
    source = subprocess.DEVNULL if stdin is None else _memory_file(stdin)
    other = rights if rights and rights.uid != os.geteuid() else None
    try:
        # No preexec_fn, and another user only where it must be: without both CPython starts the child by vfork, in
        # about a millisecond.
        return subprocess.Popen(
            argv,
            bufsize=0,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(os.environ) | marks(name),
            start_new_session=True,
            pass_fds=keep_open,
            user=other.uid if other else None,
            group=other.gid if other else None,
            extra_groups=sorted(other.groups) if other else None,
            # A program that outlives us must not die of SIGPIPE when it prints; it inherits our ignored SIGPIPE.
            restore_signals=not never_kill,
        )
    except (OSError, ValueError) as error:
        raise run_words.not_started(name, error) from None
    finally:
        if stdin is not None:
            os.close(source)


def _name(argv: Sequence[str]) -> str:
    return shown(PurePath(argv[0]).name)


def _memory_file(content: bytes) -> int:
    """Standard input as a file in memory: no writer that can block, and nothing on disk."""
    fd = os.memfd_create("stdin")
    with open(fd, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in own.items() if not name.startswith(_NOT_PASSED_ON)}
    return {"PATH": _STANDARD_PATH, **kept, "LC_ALL": "C"}
