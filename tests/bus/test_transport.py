"""The cures for dbus-next's faults: each test here fails on the library as it comes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from dbus_next import Message

from bamsd.bus import caller, contract
from bamsd.bus.caller import Callers
from bamsd.bus.connection import Connection
from bamsd.bus.dispatch import Dispatcher
from bamsd.bus.export import Interface, Options, Property, method
from bamsd.bus.objects import ObjectTree
from bamsd.bus.polkit import Polkit
from bamsd.core.audit import Entry
from bamsd.errors import Cancelled, HardwareFailed, Internal, InvalidArgument, NotReady
from tests.bus.stack import Client, Stack, running, until

XML = """<node><interface name="org.bams.Probe"><property name="Number" type="u" access="read"/></interface>
<interface name="org.bams.Manager"/></node>"""


class Root(Interface, name="org.bams.Manager"):
    pass


class Probe(Interface, name="org.bams.Probe"):
    properties: ClassVar[dict[str, Property]] = {"Number": Property("u", lambda self: self.number)}
    signals: ClassVar[dict[str, str]] = {"Ping": "ts"}

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.gate = asyncio.Event()
        self.entered = 0

    @method("s", "ss")
    async def who(self, word: str) -> tuple[str, str]:
        """The caller before and after a pause, in which other calls run."""
        before = caller.current.get().sender
        self.entered += 1
        await self.gate.wait()
        return before, caller.current.get().sender

    @method("", "")
    async def leak(self) -> None:
        raise RuntimeError("secret text")

    @method("", "")
    async def refuse(self) -> None:
        raise HardwareFailed("Drive 0 is \udcff broken.\0")

    @method("", "u")
    async def change(self) -> int:
        self.number += 1
        self.touch()
        self.emit("Ping", self.number, "x")
        return self.number

    @method("a{sv}", "", options=Options)
    async def take(self, options: Options) -> None:
        pass


class NoAudit:
    async def record(self, entry: Entry) -> int:
        return 0


class Service:
    def __init__(self, connection: Connection, tmp_path: Path) -> None:
        (tmp_path / "xml").mkdir()
        (tmp_path / "xml" / "org.bams.Probe.xml").write_text(XML)
        self.connection = connection
        self.tree = ObjectTree(contract.load(tmp_path / "xml"), connection.send)
        callers = Callers(connection, Path("/proc"))
        self.dispatcher = Dispatcher(connection.send, self.tree, callers, Polkit(connection), NoAudit())
        connection.on_message(self.dispatcher.handle)
        self.probe = Probe()
        self.tree.add("/org/bams", Root())
        self.tree.add("/org/bams/Probe", self.probe)


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Stack]:
    async with running(tmp_path) as stack:
        yield stack


@pytest.fixture
async def service(bus: Stack, tmp_path: Path) -> AsyncIterator[Service]:
    connection = await Connection.open(bus.address)
    await connection.own("org.bams")
    yield Service(connection, tmp_path)
    await connection.close()


@pytest.fixture
async def client(bus: Stack) -> Client:
    client = await bus.client()
    await client.listen()
    return client


async def test_20000_signals_in_one_go_all_arrive_in_order(service: Service, client: Client) -> None:
    for number in range(20_000):
        service.probe.emit("Ping", number, "x" * 200)
    await client.call("/org/bams", "org.freedesktop.DBus.Peer.Ping")
    assert [body[0] for _, body in client.signals("Ping")] == list(range(20_000))


async def test_2000_objects_added_in_one_go_are_announced_once_each_from_the_manager(
    service: Service, client: Client
) -> None:
    for number in range(2000):
        service.tree.add(f"/org/bams/Probe/p{number}", Probe(number))
    await client.call("/org/bams", "org.freedesktop.DBus.Peer.Ping")
    announced = client.signals("InterfacesAdded")
    assert {path for path, _ in announced} == {"/org/bams"}
    assert [body[0] for _, body in announced] == [f"/org/bams/Probe/p{n}" for n in range(2000)]
    assert announced[7][1][1] == {"org.bams.Probe": {"Number": 7}}
    assert len(await client.objects()) == 2001


async def test_removed_objects_are_announced_from_the_manager_and_gone(service: Service, client: Client) -> None:
    service.tree.add("/org/bams/Probe/p", Probe())
    service.tree.remove("/org/bams/Probe/p")
    await client.call("/org/bams", "org.freedesktop.DBus.Peer.Ping")
    assert client.signals("InterfacesRemoved") == [("/org/bams", ["/org/bams/Probe/p", ["org.bams.Probe"]])]
    assert "UnknownObject" in str(await client.fails("/org/bams/Probe/p", "org.bams.Probe.Change"))


async def test_children_are_real_path_elements(service: Service, client: Client) -> None:
    service.tree.add("/org/bams/Probe2/x", Probe())
    xml = await client.call("/org/bams/Probe", "org.freedesktop.DBus.Introspectable.Introspect")
    assert "<node name=" not in xml
    xml = await client.call("/org/bams", "org.freedesktop.DBus.Introspectable.Introspect")
    assert '<node name="Probe"/>\n<node name="Probe2"/>' in xml
    assert "ObjectManager" in xml
    assert '<node name="x"/>' in await client.call("/org/bams/Probe2", "org.freedesktop.DBus.Introspectable.Introspect")


async def test_interleaved_calls_of_two_clients_know_their_own_caller(
    service: Service, client: Client, bus: Stack
) -> None:
    other = await bus.client()
    calls = [
        asyncio.create_task(who.call("/org/bams/Probe", "org.bams.Probe.Who", "s", "x"))
        for _ in range(20)
        for who in (client, other)
    ]
    await until(lambda: service.probe.entered == 40, "all calls run at once")
    service.probe.gate.set()
    answers = await asyncio.gather(*calls)
    assert answers == [[client.name] * 2, [other.name] * 2] * 20


async def test_a_fault_of_ours_tells_the_caller_a_number_only(
    service: Service, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    error = await client.fails("/org/bams/Probe", "org.bams.Probe.Leak")
    assert isinstance(error, Internal)
    assert "secret" not in error.message
    assert "Traceback" not in error.message
    reference = error.message.split("Look for ")[1].split()[0]
    assert reference in caplog.text
    assert "secret text" in caplog.text


async def test_hostile_text_in_an_error_does_not_end_the_connection(service: Service, client: Client) -> None:
    error = await client.fails("/org/bams/Probe", "org.bams.Probe.Refuse")
    assert isinstance(error, HardwareFailed)
    assert error.message == "Drive 0 is ? broken.\ufffd"
    assert await client.call("/org/bams/Probe", "org.bams.Probe.Change") == 1


async def test_a_cancelled_call_is_answered(service: Service, client: Client) -> None:
    call = asyncio.create_task(client.fails("/org/bams/Probe", "org.bams.Probe.Who", "s", "x"))
    await until(lambda: service.probe.entered, "the call runs")
    await service.dispatcher.stop()
    assert isinstance(await call, Cancelled)


async def test_signals_of_a_change_leave_before_its_reply(service: Service, client: Client) -> None:
    await client.call("/org/bams/Probe", "org.bams.Probe.Change")
    order = [m.member or m.message_type.name for m in client.seen if m.sender == service.connection.unique_name]
    assert order[-3:] == ["PropertiesChanged", "Ping", "METHOD_RETURN"]


async def test_wrong_signature_and_unknown_names_are_said_so(service: Service, client: Client) -> None:
    wrong = await client.fails("/org/bams/Probe", "org.bams.Probe.Who", "u", 1)
    assert isinstance(wrong, InvalidArgument)
    assert "takes the arguments (s), not (u)" in wrong.message
    expected = {
        ("/org/bams/Probe", "org.bams.Probe.Nothing"): "UnknownMethod",
        ("/org/bams/Probe", "org.bams.Nothing.Who"): "UnknownInterface",
        ("/org/nothing", "org.bams.Probe.Who"): "UnknownObject",
        ("/org/nothing", "org.freedesktop.DBus.Introspectable.Introspect"): "UnknownObject",
    }
    for (path, member), name in expected.items():
        assert f"org.freedesktop.DBus.Error.{name}" in str(await client.fails(path, member))


async def test_properties_cannot_be_set(service: Service, client: Client) -> None:
    arguments: tuple[Any, ...] = ("org.bams.Probe", "Number", 5)
    error = await client.fails("/org/bams/Probe", "org.freedesktop.DBus.Properties.Set", "ssv", *arguments)
    assert "PropertyReadOnly" in error.message
    assert service.probe.number == 0


async def test_a_call_without_interface_finds_its_method(service: Service, client: Client, bus: Stack) -> None:
    call = Message(destination="org.bams", path="/org/bams/Probe", member="Change", serial=77)
    client.send(call)
    await until(lambda: service.probe.number == 1, "the method ran")


async def test_a_bus_that_closes_during_authentication_is_an_error_not_a_loop(tmp_path: Path) -> None:
    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_unix_server(close, tmp_path / "socket")
    async with server:
        with pytest.raises(NotReady, match="does not answer"):
            await Connection.open(f"unix:path={tmp_path}/socket")


async def test_descriptors_are_not_negotiated(service: Service) -> None:
    assert service.connection._bus._negotiate_unix_fd is False


async def test_the_end_of_the_bus_is_noticed(service: Service, bus: Stack) -> None:
    assert bus.bus
    bus.bus.kill()
    assert await asyncio.wait_for(service.connection.closed(), 10) is not None
