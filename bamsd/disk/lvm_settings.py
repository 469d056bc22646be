"""The settings that every lvm command of ours gets by ``--config``: what it looks at and how it answers.

lvm.conf of the host stays in force for all else. Its own ``devices/global_filter`` is kept behind ours: a command
without it could write to the wrong one of two devices that hold the same data (DRBD, multipath).
"""

import asyncio
import os
import re
from pathlib import Path

from bamsd.errors import NotSupported
from bamsd.system.run import CommandFailed, run

_ASK_TIMEOUT_S = 30.0
_NOT_FOUND_EXIT = 5
_FIXED = (
    # Answers that can be read surely.
    "report/compact_output=0 report/mark_hidden_devices=0 "
    'report/binary_values_as_numeric=0 report/list_item_separator="," report/time_format="%s" '
    # A lock that is taken is a refusal at once: a command that waits for it could run long after its caller gave up.
    "global/wait_for_locks=0 "
    # The volume group of an iSCSI client, inside one of our volumes, is none of this host's business.
    "devices/scan_lvs=0"
)
_LOGGED = 'report/output_format="json" log/report_command_log=1'
_PLAIN = 'report/output_format="basic" log/report_command_log=0'
"""LVM 2.03.16 (Debian 12) dies of SIGSEGV when a changing command has both --select and a log as a report."""
_ZFS = ("r|^/dev/zd[0-9]|", "r|^/dev/zvol/|")
"""A zvol of a suspended zpool would hang every lvm command."""
_DRBD = "r|^/dev/drbd|"
_PATTERN = re.compile(r'"((?:[^"\\]|\\.)*)"')

_known: dict[tuple[object, ...], tuple[str, ...]] = {}


async def settings(*, logged: bool = True) -> str:
    """The text for ``--config``. The host's own filter is asked for once for each state of its lvm.conf.

    ``logged``: the command's messages come as JSON. Without it they are plain text.
    """
    key = await asyncio.to_thread(_state_of_configuration)
    if key not in _known:
        found = await _host_filter()
        _known.clear()
        _known[key] = found
    return compose(_known[key], logged=logged)


def compose(host_filter: tuple[str, ...] = (), *, logged: bool = True) -> str:
    """The settings with these patterns of the host behind ours; the first pattern that fits a device decides.

    DRBD devices are looked at only where the host's filter names them: then somebody keeps a volume group on one.
    """
    ours = _ZFS if any("drbd" in pattern for pattern in host_filter) else (*_ZFS, _DRBD)
    patterns = ",".join(f'"{pattern}"' for pattern in (*ours, *host_filter))
    return f"{_LOGGED if logged else _PLAIN} {_FIXED} devices/global_filter=[{patterns}]"


def parse_filter(text: str) -> tuple[str, ...]:
    """The patterns in what ``lvmconfig devices/global_filter`` prints, still quoted as lvm.conf needs it."""
    return tuple(_PATTERN.findall(text.partition("=")[2]))


async def _host_filter() -> tuple[str, ...]:
    try:
        result = await run(
            ["lvm", "lvmconfig", "devices/global_filter"],
            timeout_s=_ASK_TIMEOUT_S,
            allowed_exits=(0, _NOT_FOUND_EXIT),
        )
    except CommandFailed as failed:
        raise NotSupported(f"The configuration of LVM cannot be read: {failed.message} Mend lvm.conf.") from failed
    return parse_filter(result.stdout) if result.code == 0 else ()


def _state_of_configuration() -> tuple[object, ...]:
    folder = Path(os.environ.get("LVM_SYSTEM_DIR") or "/etc/lvm")
    state: list[object] = [str(folder)]
    for name in ("lvm.conf", "lvmlocal.conf"):
        try:
            found = (folder / name).stat()
            state.append((found.st_mtime_ns, found.st_size, found.st_ino))
        except OSError:
            state.append(None)
    return tuple(state)
