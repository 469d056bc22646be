"""What keeps the picture of the libraries current: udev events, a slow poll, and the drives' health."""

import asyncio

from bamsd.core.rounds import RETRY_S, Rounds, woken
from bamsd.system.udev import UdevWatch
from bamsd.tape.health import DriveHealthPoll
from bamsd.tape.service import Tape

SUBSYSTEMS = ("scsi_generic", "scsi_tape", "scsi_changer")
SETTLE_S = 1.0
"""Devices of one library come one after the other; by-id links follow. One look after the last event is enough."""


class Watch:
    def __init__(self, tape: Tape, health: DriveHealthPoll) -> None:
        self._tape = tape
        self._health = health
        self._changed = asyncio.Event()
        self._udev = UdevWatch(SUBSYSTEMS, lambda action, device: self._changed.set())
        self._rounds = Rounds(self._follow_devices, self._poll_status, self._poll_health)

    async def start(self) -> None:
        self._udev.start()
        self._rounds.start()

    async def stop(self) -> None:
        self._udev.stop()
        await self._rounds.stop()

    async def _follow_devices(self) -> None:
        await self._changed.wait()
        while self._changed.is_set():
            self._changed.clear()
            await asyncio.sleep(SETTLE_S)
        await self._tape.refresh()

    async def _poll_status(self) -> None:
        unreadable = [library for library in self._tape.libraries if library.view.state in ("offline", "unknown")]
        interval = self._tape.settings.status_interval_s
        await asyncio.sleep(min(RETRY_S, interval) if unreadable else interval)
        for library in self._tape.libraries:
            if not library.robot.is_taken:
                await self._tape.read_quietly(library)

    async def _poll_health(self) -> None:
        for library in self._tape.libraries:
            if not library.robot.is_taken:
                await self._health.ask(library)
        if not await woken(self._tape.moved, self._tape.settings.health_interval_s):
            self._health.ask_silent_drives_again()
