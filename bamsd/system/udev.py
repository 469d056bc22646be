"""Follow devices as they come and go."""

import asyncio
import errno
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyudev

log = logging.getLogger(__name__)

_EVENTS_A_TURN = 50
_BUFFER_BYTES = 8 << 20


class Monitor(Protocol):
    """What is needed of pyudev.Monitor."""

    def fileno(self) -> int: ...

    def poll(self, timeout: float | None = None) -> Any: ...


Callback = Callable[[str, str], None]
OpenMonitor = Callable[[Sequence[str]], Monitor]


def _open_monitor(subsystems: Sequence[str]) -> Monitor:
    monitor = pyudev.Monitor.from_netlink(pyudev.Context())
    for subsystem in subsystems:
        monitor.filter_by(subsystem)
    try:
        # A library with many drives sends its events in one go. Only root may have a buffer this large.
        monitor.set_receive_buffer_size(_BUFFER_BYTES)
    except OSError as error:
        log.info("udev: the standard buffer is used: %s", error)
    monitor.start()
    return monitor  # type: ignore[no-any-return]


class UdevWatch:
    """Calls ``callback(action, devpath)`` on the event loop, for example ``("add", "/devices/…/scsi_tape/nst0")``.

    The action ``lost`` with an empty path means that events were dropped: read everything again.
    """

    def __init__(
        self,
        subsystems: Sequence[str],
        callback: Callback,
        *,
        open_monitor: OpenMonitor = _open_monitor,
        control: Path = Path("/run/udev/control"),
    ) -> None:
        self._subsystems = tuple(subsystems)
        self._callback = callback
        self._open_monitor = open_monitor
        self._control = control
        self._monitor: Monitor | None = None

    def start(self) -> None:
        """Begin to listen. Without udev (a container) this is logged, and nothing is ever called."""
        if not self._control.exists():
            log.warning("udev does not run here, so devices that come and go are seen at a refresh only")
            return
        try:
            self._monitor = self._open_monitor(self._subsystems)
        except (OSError, ImportError) as error:
            log.warning("udev cannot be listened to, so devices are seen at a refresh only: %s", error)
            return
        asyncio.get_running_loop().add_reader(self._monitor.fileno(), self._readable)

    def stop(self) -> None:
        if self._monitor is not None:
            asyncio.get_running_loop().remove_reader(self._monitor.fileno())
            self._monitor = None

    def _readable(self) -> None:
        # The rest of a burst comes in the next turns, so that the loop does other work in between.
        for _ in range(_EVENTS_A_TURN):
            if self._monitor is None:
                return
            try:
                device = self._monitor.poll(timeout=0)
            except OSError as error:
                self._failed(error)
                return
            if device is None:
                return
            self._call(device.action or "change", device.device_path)

    def _failed(self, error: OSError) -> None:
        if error.errno == errno.ENOBUFS:
            log.warning("udev: events were lost")
        else:
            log.error("udev: listening ended, devices are seen at a refresh only from now on: %s", error)
            self.stop()
        self._call("lost", "")

    def _call(self, action: str, devpath: str) -> None:
        try:
            self._callback(action, devpath)
        except Exception:
            log.exception("udev: %s of %s was not taken up", action, devpath)
