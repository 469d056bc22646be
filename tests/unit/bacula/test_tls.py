"""TLS inside the storage daemon's protocol, against OpenSSL without a connection."""

import contextlib
import ssl
from pathlib import Path
from typing import Any

import pytest

from bamsd.bacula import tls
from bamsd.bacula.models import Login
from bamsd.errors import NotAuthorized
from tests.fakes.tls import Files, certificate, server_context


class Wire:
    """Both halves of a connection, whose other end sends OpenSSL's alerts as bacula-sd does; asyncio's does not."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.inside = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def write(self, data: bytes) -> None:
        self._incoming.write(data)
        with contextlib.suppress(ssl.SSLError):
            self.inside.do_handshake()

    async def drain(self) -> None:
        """Nothing waits."""

    async def read(self, count: int) -> bytes:
        return self._outgoing.read(count)


async def talk(files: Files, *, shows: bool) -> tuple[Wire, tls.TlsStream]:
    wire: Any = Wire(server_context(files, verifies_peer=True))
    login = Login("127.0.0.1", 9103, "vm-mon", "secret", files.tls(verifies_peer=shows))
    return wire, await tls.start(wire, wire, login)


async def test_what_is_written_arrives_and_what_arrives_is_read(tmp_path: Path) -> None:
    wire, stream = await talk(certificate(tmp_path, "sd"), shows=True)
    stream.write(b"hello")
    await stream.drain()
    assert wire.inside.read() == b"hello"
    wire.inside.write(b"abcdef")
    assert (await stream.readexactly(2), await stream.readexactly(4)) == (b"ab", b"cdef")


async def test_a_certificate_that_the_daemon_demands_is_missing(tmp_path: Path) -> None:
    """TLS 1.3 tells it only after the handshake (recorded: "peer, client without certificate")."""
    _, stream = await talk(certificate(tmp_path, "sd"), shows=False)
    with pytest.raises(NotAuthorized, match=r"CERTIFICATE_REQUIRED.*take the same one from BAMS"):
        await stream.readexactly(4)
