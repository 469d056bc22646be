"""The storage daemon's own protocol: its state, asked as a Director that may only look, without any real Director.

A message is a signed 32-bit length (big-endian) and as many bytes; a negative length is a signal, -1 the end of an
answer. A Director with ``Monitor = yes`` is refused everything but ``.status``. Measured on 9.6.7 and 15.0.3; both
take plain TCP from their own host as long as no TLS is required; ``tls.py`` is for when it is.
"""

import asyncio
import contextlib
import secrets
import struct
import time
from dataclasses import replace
from typing import Protocol

from bamsd.bacula import cram_md5, tls
from bamsd.bacula.models import Login, SdHeader, SdStatus
from bamsd.bacula.sd_output import parse_devices, parse_header, parse_running, parse_terminated, parse_waiting
from bamsd.errors import NotAuthorized, NotReady, TimedOut, ToolFailed, shown

TIMEOUT_S = 30.0
"""A daemon that has just started opens each drive first, about two seconds for an empty one."""
_MOST_BYTES = 8 << 20
_END_OF_DATA = -1
_LEAST_SIGNAL = -100


class Source(Protocol):
    async def readexactly(self, n: int, /) -> bytes: ...


class Sink(Protocol):
    def write(self, data: bytes, /) -> None: ...

    async def drain(self) -> None: ...


class _Talk:
    """One connection, logged in or about to be."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, login: Login) -> None:
        self._reader, self._writer, self._login = reader, writer, login
        self._source: Source = reader
        self._sink: Sink = writer
        self._is_secure = False
        self._where = f"{login.address}:{login.port}"

    async def log_in(self) -> None:
        wanted = self._login.tls
        offer = f" 0 tlspsk={tls.PSK_OFFER}" if wanted.needs_psk else ""
        await self._send(f"Hello SD: Bacula Director {self._login.director} calling{offer}\n")
        line = await self._message()
        if line and line.startswith("starttls"):
            await self._start_tls()
            line = await self._message()
        challenge = cram_md5.parse_challenge(line or "")
        if challenge is None:
            raise self._denied(line)
        if challenge.tls == cram_md5.TLS_REQUIRED and not (wanted.certificate or wanted.needs_psk):
            raise NotReady(
                f"The storage daemon at {self._where} requires TLS of {self._login.director}, and bacula-sd.conf says "
                "nothing of it any more: restart bacula-sd, or apply the configuration again."
            )
        await self._send(cram_md5.answer(self._login.password, challenge.text))
        if not (line := await self._message() or "").startswith("1000 OK"):
            raise self._denied(line)
        await self._demand_proof()
        if challenge.tls != cram_md5.TLS_NONE and wanted.certificate:
            await self._start_tls()
        elif wanted.is_required and not self._is_secure:
            raise NotReady(
                f"{self._login.director} in bacula-sd.conf requires TLS, and the storage daemon at {self._where} "
                "speaks none: restart bacula-sd, so that it takes its configuration."
            )
        if not (line := await self._message() or "").startswith("3000 OK Hello"):
            raise self._denied(line)

    async def _start_tls(self) -> None:
        stream = await tls.start(self._reader, self._writer, self._login)
        self._source = self._sink = stream
        self._is_secure = True

    async def _demand_proof(self) -> None:
        """The daemon must know the password too, or a stranger on its port could tell us anything."""
        asked = f"<{secrets.randbits(31)}.{int(time.time())}@bamsd>"
        can = cram_md5.TLS_OFFERED if self._login.tls.certificate else cram_md5.TLS_NONE
        await self._send(f"auth cram-md5c {asked} ssl={can}\n")
        if not cram_md5.proves(await self._message() or "", self._login.password, asked):
            await self._send("1999 Authorization failed.\n")
            raise NotAuthorized(
                f"What answers at {self._where} does not know the password of {self._login.director}, so it may not be "
                "the storage daemon of this host: look what listens there."
            )
        await self._send("1000 OK auth\n")

    async def status(self, what: str) -> str:
        await self._send(f".status {what} api=2 api_opts=j")
        parts: list[str] = []
        while (message := await self._message()) is not None:
            parts.append(message)
            if sum(map(len, parts)) > _MOST_BYTES:
                raise ToolFailed(f"The storage daemon at {self._where} answers without end: look at its log.")
        text = "".join(parts)
        if text.startswith(("3997", "2900", "3999")):
            raise ToolFailed(f"The storage daemon at {self._where} refused .status {what}: {shown(text.strip())}.")
        return text

    async def _send(self, text: str) -> None:
        data = text.encode()
        self._sink.write(struct.pack(">i", len(data)) + data)
        await self._sink.drain()

    async def _message(self) -> str | None:
        """The next text; ``None`` at the end of an answer. Other signals are passed over."""
        while True:
            (length,) = struct.unpack(">i", await self._source.readexactly(4))
            if length == _END_OF_DATA:
                return None
            if length < _LEAST_SIGNAL or length > _MOST_BYTES:
                raise ToolFailed(
                    f"What answers at {self._where} is no storage daemon of Bacula: look what listens there."
                )
            if length >= 0:
                return (await self._source.readexactly(length)).decode("utf-8", "replace")

    def _denied(self, line: str | None) -> NotAuthorized:
        return NotAuthorized(
            f"The storage daemon at {self._where} does not let {self._login.director} in"
            f" ({shown((line or 'no reason given').strip())}). Its running configuration has another password, other "
            "TLS settings or no such Director: restart bacula-sd, or apply the configuration again."
        )


async def ask(login: Login, *what: str, timeout_s: float = TIMEOUT_S) -> list[str]:
    """The raw answers to ``.status WHAT``. Raises NotReady, NotAuthorized, NotSupported, TimedOut, ToolFailed."""
    where = f"{login.address}:{login.port}"
    try:
        async with asyncio.timeout(timeout_s):
            return await _ask(login, what)
    except TimeoutError:
        raise TimedOut(
            f"The storage daemon at {where} did not answer within {timeout_s:g} s: it may be busy with a drive. "
            "Try again later."
        ) from None
    except (ConnectionError, asyncio.IncompleteReadError, OSError) as error:
        raise NotReady(
            f"No storage daemon answers at {where} ({shown(_reason(error))}): start bacula-sd.service."
        ) from None


async def _ask(login: Login, what: tuple[str, ...]) -> list[str]:
    reader, writer = await asyncio.open_connection(login.address, login.port)
    try:
        talk = _Talk(reader, writer, login)
        await talk.log_in()
        return [await talk.status(each) for each in what]
    finally:
        writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "it ended the connection"


async def header(login: Login, timeout_s: float = TIMEOUT_S) -> SdHeader:
    [text] = await ask(login, "header", timeout_s=timeout_s)
    return parse_header(text)


async def status(login: Login, timeout_s: float = TIMEOUT_S) -> SdStatus:
    words = ("header", "devices", "running", "terminated", "waitreservation")
    head, devices, running, ended, waiting = await ask(login, *words, timeout_s=timeout_s)
    why = parse_waiting(waiting)
    jobs = tuple(replace(job, waiting=why.get(job.jobid, "")) for job in parse_running(running))
    return SdStatus(parse_header(head), parse_devices(devices), jobs, parse_terminated(ended))
