"""Following devices, with a monitor that reads a socket as pyudev's does."""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bamsd.system.udev import UdevWatch


class SocketMonitor:
    """Each datagram is one event, ``action path``, or ``error`` and a number."""

    def __init__(self) -> None:
        self.sender, self._receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._receiver.setblocking(False)
        self.subsystems: Sequence[str] = ()

    def open(self, subsystems: Sequence[str]) -> "SocketMonitor":
        self.subsystems = subsystems
        return self

    def fileno(self) -> int:
        return self._receiver.fileno()

    def poll(self, timeout: float | None = None) -> Any:
        try:
            action, _, path = self._receiver.recv(4096).decode().partition(" ")
        except BlockingIOError:
            return None
        if action == "error":
            raise OSError(int(path), os.strerror(int(path)))
        return SimpleNamespace(action=action or None, device_path=path)

    def close(self) -> None:
        self.sender.close()
        self._receiver.close()


@pytest.fixture
def monitor() -> Iterator[SocketMonitor]:
    monitor = SocketMonitor()
    yield monitor
    monitor.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0)


def watch(monitor: SocketMonitor, control: Path, callback: Callable[[str, str], None]) -> UdevWatch:
    control.touch()
    return UdevWatch(["scsi_tape", "scsi_changer"], callback, open_monitor=monitor.open, control=control)


async def test_events_reach_the_callback_until_it_is_stopped(monitor: SocketMonitor, tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []
    watching = watch(monitor, tmp_path / "control", lambda action, path: seen.append((action, path)))
    watching.start()
    assert monitor.subsystems == ("scsi_tape", "scsi_changer")
    monitor.sender.send(b"add /devices/host0/nst0")
    monitor.sender.send(b" /devices/host0/nst1")
    await until(lambda: len(seen) == 2)
    assert seen == [("add", "/devices/host0/nst0"), ("change", "/devices/host0/nst1")]
    watching.stop()
    watching.stop()
    monitor.sender.send(b"remove /devices/host0/nst0")
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(seen) == 2


async def test_a_burst_leaves_the_loop_room(monitor: SocketMonitor, tmp_path: Path) -> None:
    seen: list[str] = []
    watching = watch(monitor, tmp_path / "control", lambda action, path: seen.append(path))
    sent = 0
    monitor.sender.setblocking(False)
    try:
        while True:
            monitor.sender.send(b"add /x")
            sent += 1
    except BlockingIOError:
        pass
    watching.start()
    at_each_turn = []
    while len(seen) < sent:
        await asyncio.sleep(0)
        at_each_turn.append(len(seen))
    steps = [later - earlier for earlier, later in zip([0, *at_each_turn], at_each_turn, strict=False)]
    assert max(steps) <= 50
    assert sent > 100
    watching.stop()


async def test_lost_events_ask_for_a_look_at_everything(monitor: SocketMonitor, tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []
    watching = watch(monitor, tmp_path / "control", lambda action, path: seen.append((action, path)))
    watching.start()
    monitor.sender.send(f"error {errno.ENOBUFS}".encode())
    monitor.sender.send(b"add /devices/host0/nst0")
    await until(lambda: len(seen) == 2)
    assert seen == [("lost", ""), ("add", "/devices/host0/nst0")]
    watching.stop()


async def test_a_broken_socket_ends_the_watch_and_is_said_once(
    monitor: SocketMonitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[tuple[str, str]] = []
    watching = watch(monitor, tmp_path / "control", lambda action, path: seen.append((action, path)))
    watching.start()
    for _ in range(3):
        monitor.sender.send(f"error {errno.EBADF}".encode())
    await until(lambda: seen)
    for _ in range(5):
        await asyncio.sleep(0)
    assert seen == [("lost", "")]
    assert caplog.text.count("listening ended") == 1


async def test_a_callback_with_a_fault_does_not_end_the_watch(
    monitor: SocketMonitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    def callback(action: str, path: str) -> None:
        seen.append(path)
        raise ValueError("fault")

    watching = watch(monitor, tmp_path / "control", callback)
    watching.start()
    monitor.sender.send(b"add /a")
    monitor.sender.send(b"add /b")
    await until(lambda: len(seen) == 2)
    assert seen == ["/a", "/b"]
    assert "was not taken up" in caplog.text
    watching.stop()


def no_netlink(subsystems: Sequence[str]) -> Any:
    raise OSError(errno.EAFNOSUPPORT, "no netlink")


def no_library(subsystems: Sequence[str]) -> Any:
    raise ImportError("No library named udev")


@pytest.mark.parametrize("opening", [no_netlink, no_library, None])
async def test_without_udev_nothing_happens_and_it_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, opening: Callable[[Sequence[str]], Any] | None
) -> None:
    control = tmp_path / "control"
    if opening:
        control.touch()
    watching = UdevWatch(["scsi_tape"], lambda action, path: None, open_monitor=opening or no_netlink, control=control)
    watching.start()
    watching.stop()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


async def test_the_real_monitor_can_be_opened_and_closed(tmp_path: Path) -> None:
    """Netlink is there in every network namespace, whether or not udevd runs."""
    control = tmp_path / "control"
    control.touch()
    watching = UdevWatch(["scsi_tape"], lambda action, path: None, control=control)
    watching.start()
    watching.stop()
