"""Devices that come and go, from udev's netlink socket (pyudev, which wraps libudev)."""

import asyncio
import logging
from collections.abc import Callable, Sequence

import pyudev

log = logging.getLogger(__name__)

Callback = Callable[[str, str], None]
"""Called on the loop with the action (add, remove, change) and the path below /sys."""


class UdevWatch:
    """Follows events of some subsystems. Events come after udev's rules ran, so links and permissions are there."""

    def __init__(self, subsystems: Sequence[str], callback: Callback) -> None:
        self._subsystems = subsystems
        self._callback = callback
        self._monitor: pyudev.Monitor | None = None

    def start(self) -> None:
        try:
            monitor = pyudev.Monitor.from_netlink(pyudev.Context())
            for subsystem in self._subsystems:
                monitor.filter_by(subsystem)
            monitor.start()
        except (OSError, ImportError) as error:
            log.warning("no udev here (%s): new devices are seen at the next refresh", error)
            return
        self._monitor = monitor
        asyncio.get_running_loop().add_reader(monitor.fileno(), self._read)

    def stop(self) -> None:
        if self._monitor is not None:
            asyncio.get_running_loop().remove_reader(self._monitor.fileno())
            self._monitor = None

    def _read(self) -> None:
        """Take every event that waits, so that a burst costs one turn of the loop."""
        while self._monitor is not None and (device := self._monitor.poll(timeout=0)) is not None:
            self._callback(device.action or "", device.device_path)
