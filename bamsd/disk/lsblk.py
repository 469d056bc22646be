"""lsblk: the block devices of this host."""

from bamsd.disk.lsblk_output import COLUMNS, Row, parse
from bamsd.system.run import run

TIMEOUT_S = 30.0


async def devices(timeout_s: float = TIMEOUT_S) -> tuple[Row, ...]:
    """All block devices. Raises ``ToolFailed``, ``TimedOut``, ``NotSupported`` when there is no lsblk.

    lsblk ends with 1 or 32 when there is none, or with 64 when some vanished meanwhile; its answer counts all the same.
    """
    argv = ["lsblk", "--json", "--bytes", "--list", "--output", ",".join(COLUMNS)]
    result = await run(argv, timeout_s=timeout_s, allowed_exits=(0, 1, 32, 64))
    return parse(result.stdout) if result.stdout.strip() else ()
