"""A rule of udev that lets the group tape use drives and changers, and udevadm, which brings it into force."""

import asyncio
from pathlib import Path

from bamsd.bacula import config_files
from bamsd.errors import ToolFailed
from bamsd.system.run import run

NAME = "62-bams-bacula.rules"
TIMEOUT_S = 60.0
TEXT = """\
# Written by bamsd (FixPermissions of org.bams.Bacula): bacula-sd runs in the group tape.
# SCSI peripheral type 1 is a tape drive, 8 a changer; their generic nodes carry the robot's commands.
ACTION=="remove", GOTO="bams_bacula_end"
SUBSYSTEM=="scsi_tape", GROUP="tape", MODE="0660"
SUBSYSTEM=="scsi_changer", GROUP="tape", MODE="0660"
SUBSYSTEM=="scsi_generic", ATTRS{type}=="1|8", GROUP="tape", MODE="0660"
LABEL="bams_bacula_end"
"""


async def install(folder: Path) -> Path:
    """Write the rule and apply it to the devices that are there. Raises ``ToolFailed``, ``TimedOut``."""
    path = folder / NAME
    if not await asyncio.to_thread(folder.is_dir):
        raise ToolFailed(f"There is no folder {folder} for udev's rules: make it, then try again.")
    await asyncio.to_thread(config_files.write, path, TEXT, group=None, mode=0o644)
    await run(["udevadm", "control", "--reload"], timeout_s=TIMEOUT_S)
    for subsystem in ("scsi_tape", "scsi_changer", "scsi_generic"):
        await run(["udevadm", "trigger", "--action=change", f"--subsystem-match={subsystem}"], timeout_s=TIMEOUT_S)
    await run(["udevadm", "settle", "--timeout=30"], timeout_s=TIMEOUT_S)
    return path
