"""The people of the appliance and the keys to it: made once per checkout, readable by its owner alone."""

import os
import secrets
import subprocess
from pathlib import Path

from tests.appliance import paths

# account -> what it may do
PEOPLE = {
    "admin": "everything (groups bams-admin and sudo)",
    "operator": "tapes and backup operation (group bams-operator)",
    "viewer": "look only (no group)",
}


def password(name: str) -> str:
    """The password of one account; made at first use."""
    file = paths.made(paths.BUILD / "accounts") / name
    if not file.exists():
        write_private(file, secrets.token_hex(5))
    return file.read_text().strip()


def chpasswd_lines() -> str:
    """All accounts in the form chpasswd reads from standard input."""
    return "".join(f"{name}:{password(name)}\n" for name in PEOPLE)


def ssh_key() -> Path:
    """The private key for root in the appliance; the public one lies beside it with .pub."""
    key = paths.made(paths.BUILD / "accounts") / "ssh-key"
    if not key.exists():
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bams-appliance", "-f", str(key)]
        subprocess.run(argv, stdin=subprocess.DEVNULL, check=True)
    return key


def write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
