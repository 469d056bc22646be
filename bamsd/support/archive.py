"""tar and zstd: the collected files become one archive, outside of bamsd's own memory."""

from pathlib import Path

from bamsd.system.run import run

TIMEOUT_S = 600.0
SUFFIX = ".tar.zst"


async def pack(folder: Path, archive: Path) -> None:
    """Put ``folder`` into ``archive`` under its own name. Raises ToolFailed, NotSupported, TimedOut."""
    argv = ["tar", "--create", "--zstd", "--owner=root:0", "--group=root:0", "--sort=name", f"--file={archive}"]
    await run([*argv, f"--directory={folder.parent}", "--", folder.name], timeout_s=TIMEOUT_S)
