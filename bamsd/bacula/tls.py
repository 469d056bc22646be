"""TLS to the storage daemon, on a connection that began in clear.

Bacula speaks TLS with certificates after both sides have proven their password; Bacula 11 and newer can also
speak it before that, with the password as a pre-shared key (TLS-PSK). Measured on 15.0.3; the meaning of the numbers is
that of its authenticatebase.cc and tls.c.

BAMS runs on the storage daemon's own host and reads its configuration, so the certificate that this names is the only
one that is trusted. That holds for certificates signed by themselves too, and an expired one is refused.

The module ``ssl`` costs 6 MiB, which a host without TLS to its storage daemon does not pay (docs/decisions/0005): it is
loaded at the first use, and asyncio, which was loaded without it, is not asked.
"""

import asyncio
import importlib
from pathlib import Path
from typing import Any

from bamsd.bacula import cram_md5
from bamsd.bacula.models import Login
from bamsd.errors import NotAuthorized, NotReady, NotSupported, shown

PSK_OFFER = 100
"""Greeting: TLS-PSK can be had, certificates cannot (certificates + 100 x PSK; 0 none, 1 possible, 2 required)."""
_PSK_CIPHER = "PSK-AES256-CBC-SHA"
_PSK_IDENTITY = "expected identity"
"""The words themselves: tls.c compares with this text."""
_READ_BYTES = 1 << 16


class TlsStream:
    """Reads and writes what is inside TLS; made of the two halves of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, login: Login, ssl: Any) -> None:
        self._reader, self._writer, self._login, self._ssl = reader, writer, login, ssl
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._read = bytearray()

    async def handshake(self, context: Any) -> None:
        self._inside = context.wrap_bio(self._incoming, self._outgoing)
        while True:
            try:
                self._inside.do_handshake()
            except self._ssl.SSLWantReadError:
                await self._exchange()
            except self._ssl.SSLError as error:
                raise _failed(error, self._login) from None
            else:
                await self.drain()
                return

    async def readexactly(self, count: int) -> bytes:
        """Raises asyncio.IncompleteReadError at the end of the connection."""
        while len(self._read) < count:
            try:
                self._read += self._inside.read(_READ_BYTES)
            except self._ssl.SSLWantReadError:
                await self._exchange()
            except self._ssl.SSLZeroReturnError:
                raise asyncio.IncompleteReadError(bytes(self._read), count) from None
            except self._ssl.SSLError as error:
                raise _failed(error, self._login) from None  # TLS 1.3 tells only now that our certificate is refused
        taken = bytes(self._read[:count])
        del self._read[:count]
        return taken

    def write(self, data: bytes) -> None:
        self._inside.write(data)

    async def drain(self) -> None:
        self._writer.write(self._outgoing.read())
        await self._writer.drain()

    async def _exchange(self) -> None:
        """Send what TLS has to say, and take what the other side answers."""
        await self.drain()
        more = await self._reader.read(_READ_BYTES)
        if not more:
            raise asyncio.IncompleteReadError(b"", 1)
        self._incoming.write(more)


async def start(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, login: Login) -> TlsStream:
    """Begin TLS as the login says.

    Raises NotAuthorized when the daemon shows another certificate than its configuration names, NotReady when that file
    cannot be used, NotSupported where this Python cannot speak TLS-PSK.
    """
    ssl = importlib.import_module("ssl")
    context = await asyncio.to_thread(_psk_context if login.tls.needs_psk else _context, ssl, login)
    stream = TlsStream(reader, writer, login, ssl)
    await stream.handshake(context)
    return stream


def _failed(error: Any, login: Login) -> NotAuthorized:
    reason = shown(str(getattr(error, "verify_message", "") or error.reason or error))
    needs = (
        f"The password of {login.director} is its key: restart bacula-sd, so that it takes the one in bacula-sd.conf."
        if login.tls.needs_psk
        else f"It must show the certificate that {login.director} in bacula-sd.conf names, and take the same one from "
        "BAMS where it asks for one: renew it when it has expired, and restart bacula-sd."
    )
    return NotAuthorized(f"TLS with the storage daemon at {login.address}:{login.port} failed ({reason}). {needs}")


def _context(ssl: Any, login: Login) -> Any:
    """Trust in the daemon's own certificate alone; the daemon gets the same one where it asks for one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # one certificate is trusted, whatever host it names
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    tls = login.tls
    try:
        context.load_verify_locations(cadata=_first_certificate(ssl, Path(tls.certificate)))
        if tls.verifies_peer:
            # An empty password: OpenSSL would ask a person at the terminal for that of an encrypted key.
            context.load_cert_chain(tls.certificate, tls.key or tls.certificate, password="")
    except (OSError, ValueError) as error:
        reason = shown(getattr(error, "strerror", "") or str(error))
        raise NotReady(
            f"The certificate {tls.certificate} of {login.director} in bacula-sd.conf cannot be used ({reason}): "
            "BAMS cannot speak to the storage daemon without it."
        ) from None
    return context


def _first_certificate(ssl: Any, file: Path) -> bytes:
    """The daemon's own certificate in DER: the first of the file, before those that signed it."""
    text = file.read_text(encoding="ascii", errors="replace")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    if begin not in text or end not in text:
        raise ValueError("it holds no certificate")
    own = text[text.index(begin) : text.index(end) + len(end)]
    return bytes(ssl.PEM_cert_to_DER_cert(own))


def _psk_context(ssl: Any, login: Login) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not hasattr(context, "set_psk_client_callback"):
        raise NotSupported(
            f"The storage daemon at {login.address}:{login.port} wants TLS-PSK of {login.director}, which Python "
            "speaks from 3.13 on: set TLS Require = no in that Director resource of bacula-sd.conf, or give it a TLS "
            "Certificate and a TLS Key."
        )
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the key proves both sides; there is no certificate
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # Bacula's PSK of TLS 1.3 needs a callback that Python lacks
    context.set_ciphers(_PSK_CIPHER)
    key = cram_md5.key_of(login.password)
    context.set_psk_client_callback(lambda _hint: (_PSK_IDENTITY, key))
    return context
