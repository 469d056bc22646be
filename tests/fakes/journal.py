"""Real journal files, written by systemd-journal-remote from the journal's export format.

The format is that of systemd.io/JOURNAL_EXPORT_FORMATS: FIELD=text lines, or FIELD, a length of 8 bytes and the bytes
where a value is not plain text; an empty line ends an entry.
"""

import struct
import subprocess
from pathlib import Path

REMOTE = "/lib/systemd/systemd-journal-remote"
BOOT_ID = "5bc8d5b63a2a4b6c8ad1ff4b9a4e0c1d"
START_US = 1_795_600_000_000_000


class Journal:
    """A folder that bamsd reads as ``paths.journal``. Every line is a millisecond after the last one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.now_us = START_US
        self._files = 0
        self._writer: subprocess.Popen[bytes] | None = None

    def write(self, *messages: str | bytes, unit: str = "bamsd.service", priority: int = 6, **fields: str) -> None:
        """Entries of one unit. They are in the file soon, not at once: wait for them."""
        self.export(b"".join(self.entry(message, unit, priority, **fields) for message in messages))

    def export(self, text: bytes) -> None:
        writer = self._writer or self._open()
        assert writer.stdin
        writer.stdin.write(text)
        writer.stdin.flush()

    def entry(self, message: str | bytes, unit: str = "bamsd.service", priority: int = 6, **fields: str) -> bytes:
        """One entry in the export format."""
        self.now_us += 1000
        own = {"_SYSTEMD_UNIT": unit, "PRIORITY": str(priority), "SYSLOG_IDENTIFIER": unit.partition(".")[0]}
        plain = {"_BOOT_ID": BOOT_ID, "_PID": "4711", **own, **fields}
        lines = [f"__REALTIME_TIMESTAMP={self.now_us}", f"__MONOTONIC_TIMESTAMP={self.now_us - START_US}"]
        lines += [f"{name}={value}" for name, value in plain.items()]
        raw = message.encode() if isinstance(message, str) else message
        return "\n".join(lines).encode() + b"\nMESSAGE\n" + struct.pack("<Q", len(raw)) + raw + b"\n\n"

    def finish(self) -> None:
        """Bring everything into the file, and close it."""
        if self._writer:
            assert self._writer.stdin
            self._writer.stdin.close()
            assert self._writer.wait(60) == 0
            self._writer = None

    def rotate(self) -> None:
        """Go on in a new file, as journald does."""
        self.finish()

    def vacuum(self) -> None:
        """Remove all files but the newest."""
        for file in sorted(self.folder.glob("*.journal"))[:-1]:
            file.unlink()

    def _open(self) -> subprocess.Popen[bytes]:
        self._files += 1
        argv = [REMOTE, "--split-mode=none", "-o", str(self.folder / f"part{self._files:03}.journal"), "-"]
        self._writer = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return self._writer
