"""A fake bacula-sd (15.0.3 or 9.6.7) on a free port of 127.0.0.1: log-in by CRAM-MD5 and ``.status``.

What it knows is bacula.json, which the fake programs change too: the fake systemctl "starts" it with the configuration
that is there then. It is told apart from a daemon that is down by ``active``: then it ends every connection at once.
The answers have the form of tests/recordings/bacula/sd-status-15.json.
"""

import asyncio
import json
import secrets
import ssl
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bamsd.bacula import cram_md5
from bamsd.bacula.models import Login
from bamsd.bacula.sd_client import Sink, Source
from bamsd.bacula.tls import TlsStream
from bamsd.errors import NotAuthorized
from tests.fakes.tape_robot import locked

State = dict[str, Any]


class FakeStorageDaemon:
    def __init__(self, state: Path) -> None:
        self.state = state
        self.lies = False
        """It proves another password than the one it asks for."""
        self.tls = 0
        """0 none, 1 offered, 2 required; with ``context`` it really speaks TLS, after the log-in as 9.x and 15.x do."""
        self.context: ssl.SSLContext | None = None
        self.was_secure = False
        self.has_psk = False
        """It takes a greeting's offer of TLS-PSK, as Bacula 11 and newer do."""
        self.garbage = b""
        self.is_silent = False
        self.asked: list[str] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()

    def read(self) -> State:
        with locked(str(self.state)) as state:
            return dict(state)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, NotAuthorized):
            pass
        finally:
            writer.close()

    async def _talk(self, clear_reader: asyncio.StreamReader, clear_writer: asyncio.StreamWriter) -> None:
        reader: Source = clear_reader
        writer: Sink = clear_writer
        state = await asyncio.to_thread(self.read)
        if not state["active"]:
            return
        greeting = await _receive(reader)
        name = greeting.split()[4]
        if self.garbage:
            writer.write(self.garbage)
            return
        if self.is_silent:
            await clear_reader.read()
            return
        directors = {row["Name"]: row for row in state["directors"]}
        if name not in directors:
            _send(
                writer,
                "Jmsg JobId=0 type=15 level=1795608815 vm-sd JobId 0: Security Alert: hello.c:127 Connection "
                f"from unknown Director {name} at client:127.0.0.1 rejected.\nPlease see the manual for help.\n",
            )
            return
        password = directors[name]["Password"]
        if self.has_psk and "tlspsk=" in greeting:
            _send(writer, "starttls tlspsk=200\n")
            reader = writer = await self._secure(clear_reader, clear_writer, _psk(password))
        asked = f"<{secrets.randbits(31)}.1795608815@vm-sd>"
        _send(writer, f"auth cram-md5 {asked} ssl={self.tls}\n")
        if not cram_md5.proves(await _receive(reader), password, asked):
            _send(writer, "1999 Authorization failed.\n")
            return
        _send(writer, "1000 OK auth\n")
        challenge = cram_md5.parse_challenge(await _receive(reader))
        assert challenge
        _send(writer, cram_md5.answer("something else" if self.lies else password, challenge.text) + "\0")
        if not (await _receive(reader)).startswith("1000 OK"):
            return
        if self.context and challenge.tls:
            reader = writer = await self._secure(clear_reader, clear_writer, self.context)
        elif self.tls == cram_md5.TLS_REQUIRED:
            _send(writer, "3999 No go\n")
            return
        _send(writer, "3000 OK Hello 30008\n")
        while True:
            self._answer(writer, await _receive(reader), await asyncio.to_thread(self.read), directors[name])

    async def _secure(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext
    ) -> "DaemonsEnd":
        stream = DaemonsEnd(reader, writer)
        await stream.handshake(context)
        self.was_secure = True
        return stream

    def _answer(self, writer: Sink, command: str, state: State, who: Mapping[str, Any]) -> None:
        self.asked.append(command)
        words = command.split()
        if words[0] != ".status":
            assert who.get("Monitor")
            _send(writer, "3997 Invalid command for a Director with Monitor directive enabled.\n")
        elif state["version"].startswith("9"):
            _send(writer, lines(words[1], state))
        else:
            _send(writer, answer(words[1], state))
        writer.write(struct.pack(">i", -1))


class DaemonsEnd(TlsStream):
    """TLS of the daemon. The client's first bytes may be in the reader already: asyncio's start_tls would lose them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer, Login("", 0, "", ""), ssl)

    async def handshake(self, context: ssl.SSLContext) -> None:
        try:
            await super().handshake(_ServerSide(context))
        except NotAuthorized:
            await self.drain()  # the alert
            raise ConnectionAbortedError from None

    def write(self, data: bytes) -> None:
        super().write(data)
        self._writer.write(self._outgoing.read())


class _ServerSide:
    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> ssl.SSLObject:
        return self._context.wrap_bio(incoming, outgoing, server_side=True)


def _psk(password: str) -> Any:
    """Python 3.13 and newer; an older client ends the talk before this is needed."""
    context: Any = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("PSK-AES256-CBC-SHA")
    if hasattr(context, "set_psk_server_callback"):
        context.set_psk_server_callback(lambda _identity: cram_md5.key_of(password))
    return context


def waiting(state: State) -> str:
    """Plain lines in every version and form (15.0.3, reserve.c)."""
    return "".join(f"   {line}\n" for line in state.get("waiting", []))


def answer(what: str, state: State) -> str:
    """JSON as 15.0.3 writes it, with its NUL bytes and its stray comma."""
    if what == "waitreservation":
        return waiting(state)
    end = ',"error":0,"errmsg":""}\n\0'
    if what == "header":
        return '{"header":' + json.dumps(header(state)) + end
    if what == "devices":
        changers = "\0,".join(json.dumps(row) for row in autochangers(state))
        listed = "".join("\0," + json.dumps(row) for row in devices(state))
        return '{"devices":{"autochanger":[\0' + changers + '\0],"device":[' + listed + "\0]}" + end
    rows = state["running"] if what == "running" else state["ended"] if what == "terminated" else []
    connected = [{"directorconnected_epoch": 1795608815, "dirtls": 0}] if what == "running" else []
    return '{"' + what + '":[\0' + "\0,".join(json.dumps(row) for row in [*rows, *connected]) + "\0]" + end


def lines(what: str, state: State) -> str:
    """Lines ``key=value`` as 9.6.7 writes them."""
    if what == "waitreservation":
        return waiting(state)
    if what == "header":
        rows: list[dict[str, Any]] = [header(state)]
    elif what == "devices":
        parts = []
        for changer in autochangers(state):
            inner = "\n\n".join(_lines(row) for row in changer["devices"])
            parts.append(f"autochanger={changer['autochanger']}\ndevices: [\n\n\n{inner}]\n")
        return "".join(parts) + "\n\n".join(_lines(row) for row in devices(state))
    else:
        rows = state["running"] if what == "running" else state["ended"] if what == "terminated" else []
    return f"{what}:\n\n" + "\n\n".join(_lines(row) for row in rows) + "\n"


def _lines(row: Mapping[str, Any]) -> str:
    return "".join(f"{key}={value}\n" for key, value in row.items())


def header(state: State) -> dict[str, Any]:
    running = len(state["running"])
    about = {"name": "vm-sd", "version": state["version"], "started_epoch": 1795608686, "pid": 668}
    return about | {"jobs_run": 0, "jobs_running": running}


def autochangers(state: State) -> list[dict[str, Any]]:
    known = {row["Name"]: row["ArchiveDevice"] for row in state["devices"]}
    return [
        {"autochanger": a["Name"], "devices": [{"name": n, "device": known.get(n, "")} for n in a["Device"]]}
        for a in state["autochangers"]
    ]


def devices(state: State) -> list[dict[str, Any]]:
    return [_device(row, state["now"].get(row["Name"], {})) for row in state["devices"]]


def _device(row: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    is_tape = "/nst" in row["ArchiveDevice"] or row["ArchiveDevice"].endswith("-nst")
    shown = {"name": row["Name"], "archive_device": row["ArchiveDevice"], "type": "Tape" if is_tape else "File"}
    shown |= {"media_type": row["MediaType"], "open": 0, "writers": 0, "enabled": 1, "mounted": 0, "waiting": 0}
    shown |= {"free_space": 3684054920433006693, "volume": "", "pool": "", "blocked_desc": "", "blocked": 0, "bytes": 0}
    return shown | dict(now)


async def _receive(reader: Source) -> str:
    (length,) = struct.unpack(">i", await reader.readexactly(4))
    return (await reader.readexactly(length)).decode()


def _send(writer: Sink, text: str) -> None:
    data = text.encode()
    writer.write(struct.pack(">i", len(data)) + data)
