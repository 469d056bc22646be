"""systemd-creds(1): seal a text so that only this machine opens it again."""

from pathlib import Path

from bamsd.errors import ToolFailed
from bamsd.system.run import run

TIMEOUT_S = 60.0


async def seal(name: str, plain: bytes) -> bytes:
    """The sealed text, for the key that systemd keeps for this machine (/var/lib/systemd/credential.secret).

    Not for a TPM: it would bind the secrets to one board, and an exchanged board is a common reason to restore an
    appliance. Raises NotSupported where there is no systemd-creds, ToolFailed, TimedOut.
    """
    argv = ["systemd-creds", "encrypt", "--with-key=host", f"--name={name}", "-", "-"]
    return (await run(argv, timeout_s=TIMEOUT_S, stdin=plain)).stdout.encode()


async def unseal(name: str, file: Path) -> bytes:
    """The text in a sealed file. Raises ToolFailed, without the text, when this machine cannot open it."""
    argv = ["systemd-creds", "decrypt", f"--name={name}", str(file), "-"]
    result = await run(argv, timeout_s=TIMEOUT_S, allowed_exits=range(-64, 256))
    if result.code:
        raise ToolFailed(f"{file} cannot be opened on this machine: {result.stderr.strip()[:200]!a}.")
    return result.stdout.encode()
