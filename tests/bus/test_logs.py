"""org.bams.Logs on the bus: the shipped daemon, and real journal files."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bamsd.errors import Busy, InvalidArgument, NotAuthorized, NotFound
from tests.bus.stack import Client, Stack, until
from tests.fakes.journal import Journal

PATH = "/org/bams/Logs"
LOGS = "org.bams.Logs"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal")
    journal.write("the first line")
    journal.finish()
    yield journal
    journal.finish()


@pytest.fixture
async def reader(stack: Stack, journal: Journal) -> Client:
    stack.config["paths"]["journal"] = str(journal.folder)
    await stack.daemon()
    return await stack.client()


def entries(client: Client, number: int) -> list[str]:
    """Messages of all Entries signals of one following so far."""
    bodies = [body for _, body in client.signals("Entries") if body[0] == number]
    return [entry["message"] for body in bodies for entry in body[1]]


def dropped(client: Client, number: int) -> int:
    return sum(body[2] for _, body in client.signals("Entries") if body[0] == number)


def memory_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


async def test_services_are_listed_with_what_systemd_says(stack: Stack, reader: Client) -> None:
    stack.start_systemd(bamsd="active", rtslib_fb_targetctl="failed")
    found = {service["name"]: service for service in await reader.call(PATH, f"{LOGS}.ListServices")}
    assert {"bamsd", "bacula-sd", "bacula-dir", "scst", "target", "tgt", "cockpit", "kernel"} <= set(found)
    assert (found["bamsd"]["present"], found["bamsd"]["state"]) == (True, "active")
    assert (found["target"]["present"], found["target"]["state"]) == (True, "failed")
    assert (found["tgt"]["present"], found["tgt"]["state"]) == (False, "")
    assert (found["kernel"]["present"], found["kernel"]["units"]) == (True, [])
    assert found["bacula-sd"]["units"] == ["bacula-sd.service"]


async def test_services_are_listed_also_when_systemd_says_nothing(reader: Client) -> None:
    """There is none on this bus. The logs are read all the same."""
    found = {service["name"]: service for service in await reader.call(PATH, f"{LOGS}.ListServices")}
    assert (found["bamsd"]["present"], found["bamsd"]["state"]) == (False, "")
    assert found["kernel"]["present"]


async def test_a_page_and_the_next(reader: Client, journal: Journal) -> None:
    journal.write("b", "c")
    journal.finish()
    page, cursor = await reader.call(PATH, f"{LOGS}.Get", "sa{sv}", "bamsd", {"limit": 2})
    assert [entry["message"] for entry in page] == ["c", "b"]
    assert page[0]["service"] == "bamsd"
    assert page[0]["unit"] == "bamsd.service"
    rest, end = await reader.call(PATH, f"{LOGS}.Get", "sa{sv}", "bamsd", {"limit": 2, "cursor": cursor})
    assert [entry["message"] for entry in rest] == ["the first line"]
    assert end == ""


@pytest.mark.parametrize(
    ("service", "options", "error", "says"),
    [
        ("nothing", {}, NotFound, "bacula-sd"),
        ("bamsd", {"limit": 0}, InvalidArgument, "limit"),
        ("bamsd", {"limit": 1001}, InvalidArgument, "limit"),
        ("bamsd", {"priority": 8}, InvalidArgument, "priority"),
        ("bamsd", {"cursor": "nonsense"}, InvalidArgument, "none of the journal"),
        ("bamsd", {"lines": 5}, InvalidArgument, "lines"),
    ],
)
async def test_bad_input_is_named(
    reader: Client, service: str, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    failure = await reader.fails(PATH, f"{LOGS}.Get", "sa{sv}", service, options)
    assert type(failure) is error
    assert says in failure.message


async def test_nothing_is_shown_without_the_right(stack: Stack, reader: Client) -> None:
    stack.polkit(logs_read="no")
    for member, signature, values in (
        ("ListServices", "", ()),
        ("Get", "sa{sv}", ("bamsd", {})),
        ("Follow", "sa{sv}", ("bamsd", {})),
        ("StopFollowing", "ua{sv}", (1, {})),
    ):
        assert type(await reader.fails(PATH, f"{LOGS}.{member}", signature, *values)) is NotAuthorized


async def test_new_entries_come_to_the_one_who_follows_alone(stack: Stack, reader: Client, journal: Journal) -> None:
    other = await stack.client()
    await other.listen()
    number = await reader.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {})
    journal.write("new", "of another", unit="ssh.service")
    journal.write("new")
    await until(lambda: entries(reader, number) == ["new"], "the new entry alone")
    assert other.signals("Entries") == []


async def test_following_begins_in_the_past_when_asked(reader: Client, journal: Journal) -> None:
    since = journal.now_us + 1
    journal.write("already there")
    journal.finish()
    number = await reader.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {"since": since, "text": "THERE"})
    await until(lambda: entries(reader, number) == ["already there"], "the entry of before")


async def test_rotation_and_vacuum_lose_nothing_new(reader: Client, journal: Journal) -> None:
    number = await reader.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {})
    wanted = []
    for turn in range(4):
        line = f"after rotation {turn}"
        wanted.append(line)
        journal.write(line)
        await until(lambda: entries(reader, number) == wanted, f"entry {turn}")
        journal.rotate()
        journal.vacuum()


async def test_stopping_is_for_the_owner_and_ends_it(stack: Stack, reader: Client, journal: Journal) -> None:
    number = await reader.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {})
    stranger = await stack.client()
    assert type(await stranger.fails(PATH, f"{LOGS}.StopFollowing", "ua{sv}", number, {})) is NotFound
    await reader.call(PATH, f"{LOGS}.StopFollowing", "ua{sv}", number, {})
    assert [body for _, body in reader.signals("FollowingEnded")] == [[number, "It was stopped."]]
    assert type(await reader.fails(PATH, f"{LOGS}.StopFollowing", "ua{sv}", number, {})) is NotFound


async def test_one_caller_cannot_have_them_all(stack: Stack, reader: Client) -> None:
    for _ in range(8):
        await reader.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {})
    assert type(await reader.fails(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {})) is Busy
    other = await stack.client()
    assert await other.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {}) > 0


async def test_who_leaves_the_bus_is_followed_no_longer(stack: Stack, reader: Client, journal: Journal) -> None:
    """32 places in all: when those of callers that left were not free again, the last would be refused."""
    for _ in range(6):
        visitor = await stack.client()
        for _ in range(8):
            await visitor.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {})
        await visitor.close()
        await until_free(reader)
    number = await reader.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {})
    journal.write("still works")
    await until(lambda: entries(reader, number) == ["still works"], "the entry")


async def until_free(client: Client) -> None:
    """Wait until the daemon has taken note that a caller left: eight places are free again."""
    taken: list[int] = []
    deadline = time.monotonic() + 20
    while len(taken) < 8 and time.monotonic() < deadline:
        try:
            taken.append(await client.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {}))
        except Busy:
            await asyncio.sleep(0.05)
    assert len(taken) == 8
    for number in taken:
        await client.call(PATH, f"{LOGS}.StopFollowing", "ua{sv}", number, {})


async def test_a_stop_of_the_daemon_ends_it(stack: Stack, journal: Journal) -> None:
    stack.config["paths"]["journal"] = str(journal.folder)
    daemon = await stack.daemon()
    reader = await stack.client()
    number = await reader.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {})
    assert await asyncio.to_thread(stack.end, daemon) == 0
    await until(lambda: reader.signals("FollowingEnded"), "the end")
    assert reader.signals("FollowingEnded")[0][1][0] == number
    assert "Traceback" not in stack.log.read_text()


@pytest.mark.slow
async def test_a_flood_is_dropped_with_a_count_and_hurts_nobody(stack: Stack, journal: Journal) -> None:
    """Some 10,000 lines a second for six seconds: memory stays, others are answered, every line is sent or counted."""
    stack.config["paths"]["journal"] = str(journal.folder)
    daemon = await stack.daemon()
    reader = await stack.client()
    other = await stack.client()
    number = await reader.call(PATH, f"{LOGS}.Follow", "sa{sv}", "bamsd", {})
    await until(lambda: memory_kib(daemon.pid), "a first look")
    before = memory_kib(daemon.pid)
    sent, slowest = 0, 0.0
    started = time.monotonic()
    for turn in range(60):
        lines = b"".join(journal.entry(f"flood {turn} {line} {'x' * 80}") for line in range(1000))
        await asyncio.to_thread(journal.export, lines)
        sent += 1000
        asked = time.monotonic()
        await other.call("/org/bams", "org.bams.Manager.GetPermissions")
        slowest = max(slowest, time.monotonic() - asked)
        await asyncio.sleep(max(0.0, started + 0.1 * (turn + 1) - time.monotonic()))  # the pace is the flood's
    took = time.monotonic() - started
    await until(lambda: len(entries(reader, number)) + dropped(reader, number) == sent, "every line accounted for")
    grown = memory_kib(daemon.pid) - before
    batches = len(reader.signals("Entries"))
    print(f"{sent} lines in {took:.1f} s, {batches} batches, grown {grown} KiB, slowest answer {slowest * 1000:.0f} ms")
    assert dropped(reader, number) > 0
    assert grown < 40 << 10
    assert slowest < 1.0
