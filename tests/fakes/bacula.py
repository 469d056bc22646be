"""A fake Bacula for tests: its folder, its storage daemon on a port, its Director's console.

bacula = FakeBacula(tmp_path)       # beside a FakeHost in the same folder; BAMS_FAKE_DISKS names it
await bacula.start()                # the storage daemon listens; bacula-sd.service runs with the configuration
"""

import grp
import json
import os
import pwd
from pathlib import Path
from typing import Any

from tests.fakes.fake_bacula import start
from tests.fakes.storage_daemon import FakeStorageDaemon
from tests.fakes.tape_robot import locked

PASSWORD, CONSOLE_PASSWORD = "rszCHfw_-ur6phQ8LwhsXbDDOzTmJeXNg", "XmyCO_qVMtf5q5Y6hjkCqt0jnEmJIVYXn"
WRITTEN = """\
#
# Written by a person.   Two blanks here,  and \xe9.
Storage {{                             # definition of myself
  Name = vm-sd
  SDPort = {port}                  # Director's port
  WorkingDirectory = "/var/lib/bacula"
  Pid Directory = "/run/bacula"
  SDAddress = 127.0.0.1
}}
Director {{
  Name = vm-dir
  Password = "{password}"
}}
Device {{ Name = ByHand; Media Type = Hand; ArchiveDevice = /nonexistent; Label Media = yes; Random Access = Yes; }}
Messages {{
  Name = Standard
  director = vm-dir = all
}}
"""
MONITOR = 'Director {\n  Name = vm-mon\n  Password = "monitor-secret"\n  Monitor = yes\n}\n'


LOOK = "llist jobs limit=500 order=desc"


class FakeBacula:
    def __init__(self, directory: Path, *, monitor: bool = True, director: bool = True) -> None:
        self.directory = directory
        self.etc = directory / "etc" / "bacula"
        self.scripts = self.etc / "scripts"
        self.scripts.mkdir(parents=True)
        (directory / "etc" / "udev" / "rules.d").mkdir(parents=True)
        for name in ("mtx-changer", "tapealert"):
            (self.scripts / name).write_text("#!/bin/sh\n")
            (self.scripts / name).chmod(0o755)
        self.main = self.etc / "bacula-sd.conf"
        self.own = self.etc / "bams.d" / "storage-daemon.conf"
        self.state = directory / "bacula.json"
        self.daemon = FakeStorageDaemon(self.state)
        self.monitor = monitor
        self._director = director
        self.user = pwd.getpwuid(os.geteuid()).pw_name

    async def start(self) -> None:
        known: dict[str, Any] = {"config": str(self.main), "version": "15.0.3 (25 March 2025)", "active": True}
        known |= {"running": [], "ended": [], "now": {}, "killed": [], "poison": [], "hidden": [], "restarts": 0}
        known |= {"director": self._director, "director_reloads": 0, "gate": "", "busy": []}
        known |= {"console_hangs": "", "console_lingers": False}
        known |= {"storages": [], "pools": ["Default", "Tape"], "volumes": [], "labelled": [], "jobs": []}
        known |= {"user": self.user, "group": grp.getgrgid(os.getegid()).gr_name, "holders": []}
        known |= {"directors": [], "devices": [], "autochangers": []}
        self.state.write_text(json.dumps(known))
        await self.daemon.start()
        self.write(WRITTEN.format(port=self.daemon.port, password=PASSWORD) + (MONITOR if self.monitor else ""))
        if self._director:
            console = f'Director {{\n  Name = vm-dir\n  Password = "{CONSOLE_PASSWORD}"\n}}\n'
            (self.etc / "bconsole.conf").write_text(console)
            (self.etc / "bacula-dir.conf").write_text(console)
        with locked(str(self.state)) as state:
            start(state)
            state["restarts"] = 0

    def write(self, text: str) -> None:
        self.main.write_text(text, encoding="latin-1")
        self.main.chmod(0o640)

    def set(self, **changes: Any) -> None:
        with locked(str(self.state)) as state:
            state.update(changes)

    def get(self, key: str) -> Any:
        return self.daemon.read()[key]

    def run_job(self, name: str = "nightly", jobid: int = 7, device: str = "") -> None:
        job = {"jobid": jobid, "job": f"{name}.2026-11-22_22.17.24_04", "level": "F", "type": "B", "status": "R"}
        job |= {"jobbytes": 12, "jobfiles": 3, "write_device": device, "write_volume": "BAM001L8"}
        self.set(running=[job])

    def calls(self, program: str = "") -> list[list[str]]:
        log = Path(f"{self.state}.calls")
        lines = log.read_text().splitlines() if log.exists() else []
        found: list[list[str]] = [json.loads(line)["argv"] for line in lines]
        return [argv for argv in found if program in ("", argv[0])]

    def commands(self) -> list[str]:
        """What bconsole was given, without quit, questions for names, and BAMS's own look at ended jobs."""
        log = Path(f"{self.state}.console")
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line not in ("", "quit", ".storage", ".pools", ".api 2", LOOK)]

    def everything(self) -> str:
        """All text of the folder of Bacula, to be compared before and after."""
        files = sorted(path for path in self.etc.rglob("*") if path.is_file())
        return "\n".join(f"{path}\n{path.read_bytes()!r}" for path in files)
