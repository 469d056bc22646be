"""The shipped daemon on a private bus: dbus-daemon, fake polkit, fake programs on PATH, a client."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import yaml
from dbus_next import Message, MessageType

from bamsd.bus.connection import Connection
from bamsd.bus.wire import pack, unpack
from bamsd.errors import BamsError
from tests.fakes.disks_lvm import FakeLvm
from tests.fakes.host import FakeHost
from tests.fakes.zfs_pools import FakeZfs

TESTS = Path(__file__).parent.parent
FAKES = TESTS / "fakes"
LIMIT_S = 30.0

BUS_CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/><allow receive_type="signal"/><allow eavesdrop="true"/>
    <allow receive_type="method_return"/><allow receive_type="error"/>
  </policy>
  <limit name="max_incoming_bytes">127108864</limit>
  <limit name="max_outgoing_bytes">127108864</limit>
</busconfig>
"""


async def until(claim: Callable[[], Any], what: str, limit_s: float = LIMIT_S) -> Any:
    """Wait for a claim to become true, and return its value."""
    deadline = time.monotonic() + limit_s
    while not (value := claim()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s} s: {what}")
        await asyncio.sleep(0.01)
    return value


class Client:
    """A caller on the bus that remembers every message it sees, in order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.seen: list[Message] = []
        connection.on_message(self._remember)

    @property
    def name(self) -> str:
        return self._connection.unique_name

    def _remember(self, message: Message) -> bool:
        self.seen.append(message)
        return False

    async def call(self, path: str, member: str, signature: str = "", *values: Any, to: str = "org.bams") -> Any:
        """``member`` with its interface: org.bams.Tape.Load. One value comes back plain, several as a list."""
        interface, _, name = member.rpartition(".")
        answer = await self._connection.call(to, path, interface, name, signature, *values)
        return answer[0] if len(answer) == 1 else answer

    async def fails(self, path: str, member: str, signature: str = "", *values: Any) -> BamsError:
        try:
            answer = await self.call(path, member, signature, *values)
        except BamsError as error:
            return error
        raise AssertionError(f"{member} was not refused: {answer}")

    async def get(self, path: str, interface: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.call(path, "org.freedesktop.DBus.Properties.GetAll", "s", interface)
        return found

    async def objects(self) -> dict[str, dict[str, dict[str, Any]]]:
        found: dict[str, Any] = await self.call("/org/bams", "org.freedesktop.DBus.ObjectManager.GetManagedObjects")
        return found

    async def listen(self, rule: str = "sender='org.bams'") -> None:
        await self._connection.listen("type='signal'," + rule)

    def signals(self, member: str) -> list[tuple[str, list[Any]]]:
        """Path and plain body of each signal of this name so far."""
        return [
            (m.path, [unpack(value) for value in m.body])
            for m in self.seen
            if m.message_type is MessageType.SIGNAL and m.member == member
        ]

    async def knows_all(self) -> None:
        """Wait until the daemon has looked for all devices."""
        deadline = time.monotonic() + LIMIT_S
        while discovering := (await self.get("/org/bams", "org.bams.Manager"))["Discovering"]:
            assert time.monotonic() < deadline, discovering
            await asyncio.sleep(0.02)

    async def job(self, path: str) -> dict[str, Any]:
        """The properties of a job after it ended."""
        deadline = time.monotonic() + LIMIT_S
        while (found := await self.get(path, "org.bams.Job"))["State"] == "running":
            assert time.monotonic() < deadline, f"{path} still runs"
            await asyncio.sleep(0.02)
        return found

    def send_call(self, path: str, member: str, signature: str, *values: Any) -> None:
        """Call a method and do not wait for its answer."""
        interface, _, name = member.rpartition(".")
        body = pack(signature, list(values))
        self.send(
            Message(destination="org.bams", path=path, interface=interface, member=name, signature=signature, body=body)
        )

    def send(self, message: Message) -> None:
        self._connection.send(message)

    async def close(self) -> None:
        await self._connection.close()


class Stack:
    """Everything in one directory. Processes are ended by the fixture."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.address = f"unix:path={directory}/bus"
        self.environment = os.environ | {
            "DBUS_SYSTEM_BUS_ADDRESS": self.address,
            "PATH": f"{FAKES / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(TESTS.parent),
            "PYTHONWARNINGS": "default",
        }
        self.environment.pop("JOURNAL_STREAM", None)
        # A host without any disk, until a test gives it some.
        self.host, self.lvm, self.zfs = FakeHost(directory), FakeLvm(directory), FakeZfs(directory)
        for fake in (self.host, self.lvm, self.zfs):
            self.environment |= fake.environment
        self.config: dict[str, Any] = {
            "paths": {
                "state": str(directory / "state"),
                "log": str(directory / "log"),
                "sysfs": str(directory / "sys"),
                "dev": str(directory / "dev"),
            }
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.clients: list[Client] = []
        self.bus: subprocess.Popen[bytes] | None = None
        self.log = directory / "bamsd.log"

    def start_bus(self) -> None:
        (self.directory / "bus.conf").write_text(BUS_CONFIG.format(socket=self.directory / "bus"))
        argv = ["dbus-daemon", f"--config-file={self.directory}/bus.conf", "--nofork", "--nopidfile", "--print-address"]
        self.bus = self._spawn(argv, stdout=subprocess.PIPE)
        assert self.bus.stdout
        assert self.bus.stdout.readline()

    def start_polkit(self, default: str = "yes", **actions: str) -> None:
        self.polkit(default, **actions)
        files = [str(self.directory / name) for name in ("answers.json", "asked.jsonl")]
        process = self._spawn([sys.executable, str(FAKES / "polkitd.py"), self.address, *files], stdout=subprocess.PIPE)
        assert process.stdout
        assert process.stdout.readline()

    def polkit(self, default: str = "yes", **actions: str) -> None:
        """Set what polkit answers; ``tape_operate="no"`` stands for the action org.bams.tape.operate."""
        named = {f"org.bams.{name.replace('_', '.')}": answer for name, answer in actions.items()}
        (self.directory / "answers.json").write_text(json.dumps({"default": default, "actions": named}))

    def asked(self) -> list[dict[str, Any]]:
        """What polkit was asked."""
        file = self.directory / "asked.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def start_systemd(self, **units: str) -> None:
        """``bacula_sd="active"`` stands for bacula-sd.service."""
        self.systemd(**units)
        argv = [sys.executable, str(FAKES / "systemd1.py"), self.address, str(self.directory / "units.json")]
        process = self._spawn(argv, stdout=subprocess.PIPE)
        assert process.stdout
        assert process.stdout.readline()

    def systemd(self, **units: str) -> None:
        """Set the states of units; every other one is not installed."""
        found = {f"{name.replace('_', '-')}.service": ["loaded", state, state] for name, state in units.items()}
        unfinished = self.directory / "units.json.new"
        unfinished.write_text(json.dumps(found))
        unfinished.rename(self.directory / "units.json")

    def write_config(self) -> Path:
        path = self.directory / "config.yaml"
        path.write_text(yaml.safe_dump(self.config))
        return path

    def start_daemon(self) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", "bamsd", "--config", str(self.write_config())]
        with self.log.open("ab") as log:
            return self._spawn(argv, stderr=log, stdout=log)

    async def daemon(self) -> subprocess.Popen[bytes]:
        """Start bamsd and wait for its name."""
        process = self.start_daemon()
        client = await self.client()
        for _ in range(int(LIMIT_S / 0.02)):
            if await client.call("/", "org.freedesktop.DBus.NameHasOwner", "s", "org.bams", to="org.freedesktop.DBus"):
                return process
            assert process.poll() is None, f"bamsd ended with {process.returncode}: {self.log.read_text()}"
            await asyncio.sleep(0.02)
        raise AssertionError(f"bamsd did not take its name: {self.log.read_text()}")

    async def client(self) -> Client:
        client = Client(await Connection.open(self.address))
        self.clients.append(client)
        return client

    def audit(self) -> list[dict[str, Any]]:
        file = self.directory / "log" / "audit.log"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def _spawn(self, argv: list[str], **how: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(argv, env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True, **how)
        self.processes.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> int:
        """Ask a process to stop and wait for it."""
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            return process.wait(LIMIT_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


@contextlib.asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Stack]:
    stack = Stack(directory)
    try:
        stack.start_bus()
        yield stack
    finally:
        for client in stack.clients:
            await client.close()
        for process in reversed(stack.processes):
            stack.end(process)
