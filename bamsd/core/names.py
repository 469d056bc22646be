"""Object paths: stable, escaped identities below /org/bams; and the host in names of files."""

import re
import socket

ROOT = "/org/bams"

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def escape(identity: str) -> str:
    """One path element for any text: bytes outside [A-Za-z0-9] become _xx in hex, the empty text becomes _."""
    encoded = identity.encode("utf-8", "replace")
    return "".join(chr(byte) if byte in _PLAIN else f"_{byte:02x}" for byte in encoded) or "_"


def library_path(serial: str) -> str:
    return f"{ROOT}/Tape/libraries/{escape(serial)}"


def drive_path(library: str, index: int, serial: str) -> str:
    """A drive is known by its serial. One whose serial nobody tells is known by its place in the library."""
    return f"{ROOT}/Tape/drives/{escape(serial or f'{library}-{index}')}"


def pool_path(stack: str, name: str) -> str:
    return f"{ROOT}/Disk/pools/{stack}/{escape(name)}"


def repository_path(stack: str, volume: str) -> str:
    """``volume`` is VG/LV or the whole dataset: what the kernel and the tools know it by."""
    return f"{ROOT}/Disk/repositories/{stack}/{escape(volume)}"


def target_path(iqn: str) -> str:
    return f"{ROOT}/Iscsi/targets/{escape(iqn)}"


def job_path(number: int) -> str:
    return f"{ROOT}/jobs/{number}"


def host_in_names() -> str:
    """This host's name as it can stand in the name of a file."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:64] or "host"
