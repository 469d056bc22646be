"""An export as bytes that say nothing without its passphrase: Scrypt makes the key, AES-256-GCM seals and proves.

The file::

    BAMS export 1\\n                        format
    1 byte log2(n), 1 byte r, 1 byte p      cost of Scrypt (RFC 7914)
    16 bytes salt, 12 bytes nonce           random
    the rest                                AES-256-GCM of the compressed text; all before it is authenticated too

The library costs 9 MiB, which a daemon that never exports does not pay (docs/decisions/0005): it is loaded at the first
use. The functions block for about a second; they are for a thread.
"""

import importlib
import re
import secrets
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from bamsd.errors import InvalidArgument, NotSupported

FORMAT = 1
LEAST_PASSPHRASE = 12
MOST_BYTES = 256 << 20
_FIRST_LINE = re.compile(rb"BAMS export ([1-9][0-9]{0,5})\n")
_HEADER = struct.Struct(">BBB16s12s")
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one try of a passphrase: 128 * r * 2**log_n bytes of memory, and some time. See RFC 7914."""

    log_n: int = 16
    r: int = 8
    p: int = 1

    @property
    def is_bearable(self) -> bool:
        """The header is proven only with the key, so a file may ask for anything before. Scrypt wants r above 1."""
        return 1 <= self.log_n <= 18 and 2 <= self.r <= 16 and 1 <= self.p <= 4


USUAL = Cost()


def seal(text: bytes, passphrase: str, cost: Cost = USUAL) -> bytes:
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    header = b"BAMS export %d\n" % FORMAT + _HEADER.pack(cost.log_n, cost.r, cost.p, salt, nonce)
    sealed: bytes = _cipher(passphrase, salt, cost).encrypt(nonce, zlib.compress(text), header)
    return header + sealed


def unseal(content: bytes, passphrase: str, name: str) -> bytes:
    """The text. ``name`` is for the errors: InvalidArgument, and NotSupported for a newer format."""
    first = _FIRST_LINE.match(content)
    if first is None:
        raise InvalidArgument(f"{name} is no export of BAMS.")
    if int(first[1]) > FORMAT:
        raise NotSupported(
            f"{name} has format {int(first[1])} of exports, and this bamsd knows formats up to {FORMAT}: install a "
            "newer bamsd first."
        )
    closed = InvalidArgument(f"{name} cannot be opened: the passphrase is another one, or the file is damaged.")
    end = first.end() + _HEADER.size
    if len(content) < end:
        raise closed
    log_n, r, p, salt, nonce = _HEADER.unpack(content[first.end() : end])
    cost = Cost(log_n, r, p)
    if not cost.is_bearable:
        raise closed
    try:
        opened: bytes = _cipher(passphrase, salt, cost).decrypt(nonce, content[end:], content[:end])
        return zlib.decompress(opened)
    except (_library("cryptography.exceptions").InvalidTag, zlib.error):
        raise closed from None


def _cipher(passphrase: str, salt: bytes, cost: Cost) -> Any:
    scrypt = _library("cryptography.hazmat.primitives.kdf.scrypt").Scrypt
    key = scrypt(salt=salt, length=_KEY_BYTES, n=1 << cost.log_n, r=cost.r, p=cost.p)
    gcm = _library("cryptography.hazmat.primitives.ciphers.aead").AESGCM
    return gcm(key.derive(passphrase.encode("utf-8", "surrogateescape")))


def _library(name: str) -> Any:
    return importlib.import_module(name)
