"""Bacula's log-in: both sides prove that they know a password (CRAM-MD5). Pure functions.

Format: measured on the storage daemons 9.6.7 and 15.0.3. Base64 is written without padding. What is hashed with is
not the password but its MD5 in hexadecimal, as Bacula keeps it in memory.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

_CHALLENGE = re.compile(r"auth cram-md5c? (\S{1,200}) ssl=(\d)\s*")
TLS_NONE, TLS_OFFERED, TLS_REQUIRED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Challenge:
    """``tls`` is 0 (not offered), 1 (offered) or 2 (required)."""

    text: str
    tls: int


def parse_challenge(line: str) -> Challenge | None:
    """``None`` when the line is none."""
    found = _CHALLENGE.fullmatch(line)
    return Challenge(found[1], int(found[2])) if found else None


def key_of(password: str) -> bytes:
    """A password as Bacula keeps it in memory."""
    return hashlib.md5(password.encode(), usedforsecurity=False).hexdigest().encode()


def answer(password: str, challenge: str) -> str:
    """What proves the password to whoever asked."""
    digest = hmac.new(key_of(password), challenge.encode(), hashlib.md5).digest()
    return base64.b64encode(digest).decode().rstrip("=")


def proves(given: str, password: str, challenge: str) -> bool:
    """Whether the other side's answer shows that it knows the password, in constant time."""
    return hmac.compare_digest(given.rstrip("\n\0= ").encode(), answer(password, challenge).encode())
