"""org.bams.Logs on a real journald: read, followed over rotation and flood, and only by who may."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.appliance.area import options, plain
from tests.appliance.guest import Guest
from tests.appliance.steps import wait_until

pytestmark = pytest.mark.appliance
LOGS = ("/org/bams/Logs", "org.bams.Logs")
FOLLOW = """
import asyncio, json, sys
sys.path.insert(0, "/usr/lib/python3/dist-packages")
from dbus_next import Message, MessageType
from bamsd.bus.connection import Connection
from bamsd.bus.wire import unpack

async def main():
    connection = await Connection.open()
    def heard(message):
        if message.message_type is MessageType.SIGNAL and message.interface == "org.bams.Logs":
            print(json.dumps([message.member, *[unpack(value) for value in message.body]]), flush=True)
        return False
    connection.on_message(heard)
    answer = await connection.call("org.bams", "/org/bams/Logs", "org.bams.Logs", "Follow", "sa{sv}", sys.argv[1], {})
    print(json.dumps(["Follow", *answer]), flush=True)
    await connection.closed()

asyncio.run(main())
"""


class Follower:
    """A client in the guest that follows one log and prints what it is sent."""

    def __init__(self, guest: Guest, service: str, user: str) -> None:
        self.guest = guest
        self.name = f"follower-{service}"
        guest.run(f"rm -f /tmp/{self.name}; cat > /tmp/follow.py <<'END'\n{FOLLOW}\nEND")
        guest.run(
            f"systemd-run --unit={self.name} --uid={user} -p StandardOutput=truncate:/tmp/{self.name} "
            f"/usr/bin/python3 /tmp/follow.py {service}"
        )
        wait_until("the answer of Follow", lambda: any(word == "Follow" for word, *_ in self.seen()), 60)

    def seen(self) -> list[list[Any]]:
        text = self.guest.attempt(f"cat /tmp/{self.name}").out
        return [json.loads(line) for line in text.splitlines() if line.endswith("]")]

    def entries(self) -> list[dict[str, Any]]:
        return [entry for word, *body in self.seen() if word == "Entries" for entry in body[1]]

    def dropped(self) -> int:
        return sum(int(body[2]) for word, *body in self.seen() if word == "Entries")

    def has(self, text: str) -> bool:
        return any(text in entry["message"] for entry in self.entries())

    def stop(self) -> None:
        self.guest.attempt(f"systemctl stop {self.name}")


@pytest.fixture
def follower(guest: Guest) -> Iterator[Follower]:
    """The operator follows iscsid, for whose unit a test can speak."""
    found = Follower(guest, "iscsid", "operator")
    yield found
    found.stop()


def inside(service: str) -> str:
    """What the shell that runs this writes belongs to the service in the journal, which goes by control group."""
    return f"echo $$ > /sys/fs/cgroup/system.slice/{service}.service/cgroup.procs"


def say(guest: Guest, text: str, service: str = "iscsid") -> None:
    """A line of a service. Its writer lives on a little: journald reads the line first, then who it was."""
    guest.run(f"sh -c '{inside(service)} && systemd-cat -t test sh -c \"echo {text}; sleep 1\"'")


def page(guest: Guest, service: str, user: str = "operator", **given: Any) -> list[dict[str, Any]]:
    words = ("sa{sv}", service, *typed(given))
    entries, _cursor = guest.call(*LOGS, "Get", *words, user=user)
    return [plain(entry) for entry in entries]


def typed(given: dict[str, Any]) -> tuple[str, ...]:
    """``limit`` and ``priority`` are of type u."""
    words = [str(len(given))]
    for name, value in given.items():
        words += [name, *(("u", str(value)) if name in ("limit", "priority") else options(**{name: value})[2:])]
    return tuple(words)


def test_the_log_of_bamsd_and_of_the_kernel(guest: Guest) -> None:
    lines = page(guest, "bamsd", limit=1000)
    assert any("is ready as org.bams" in line["message"] for line in lines)
    assert lines == sorted(lines, key=lambda line: -int(line["time"]))
    assert any("scsi" in line["message"].lower() for line in page(guest, "kernel", limit=1000))


def test_services_have_the_states_of_their_units(guest: Guest) -> None:
    [found] = guest.call(*LOGS, "ListServices", user="operator")
    states = {one["name"]["data"]: (one["present"]["data"], one["state"]["data"]) for one in found}
    assert states["bamsd"] == (True, "active")
    assert states["iscsid"] == (True, "active")
    assert states["scst"] == (False, "")


@pytest.mark.parametrize("user", ["viewer"])
def test_who_has_no_right_sees_nothing(guest: Guest, user: str) -> None:
    for method, words in (
        ("ListServices", ()),
        ("Get", ("sa{sv}", "bamsd", "0")),
        ("Follow", ("sa{sv}", "bamsd", "0")),
    ):
        assert (
            "NotAuthorized" in guest.refusal(*LOGS, method, *words, user=user).name
            or "Interactive" in guest.refusal(*LOGS, method, *words, user=user).name
        )


def test_a_new_line_is_there_within_two_seconds(guest: Guest, follower: Follower) -> None:
    started = time.monotonic()
    say(guest, "hello-follower")
    wait_until("the line", lambda: follower.has("hello-follower"), 30, pause_s=0.1)
    print(f"followed after {time.monotonic() - started:.1f} s, with starting systemd-cat in the emulated machine")


def test_rotation_is_survived(guest: Guest, follower: Follower) -> None:
    for turn in range(2):
        guest.run("journalctl --rotate")
        say(guest, f"after-rotation-{turn}")
        wait_until("the line", lambda: follower.has(f"after-rotation-{turn}"), 30)  # noqa: B023 - called at once


def test_a_flood_leaves_memory_and_others_alone(guest: Guest, follower: Follower) -> None:
    say(guest, "begin")
    wait_until("the first line", lambda: follower.has("begin"), 30)
    pid = guest.run("systemctl show -p MainPID --value bamsd").strip()
    rss = f"awk '/RssAnon/ {{ print $2 }}' /proc/{pid}/status"
    before = int(guest.run(rss))
    guest.run(f"sh -c '{inside('iscsid')}; (seq 1 60000 | systemd-cat -t test) >/dev/null 2>&1 &'")
    slowest = 0.0
    for _ in range(10):
        asked = time.monotonic()
        guest.call("/org/bams", "org.bams.Manager", "GetPermissions", user="operator")
        slowest = max(slowest, time.monotonic() - asked)
    say(guest, "the-end")
    wait_until("the last line", lambda: follower.has("the-end") or follower.dropped() > 0, 120)
    grown = int(guest.run(rss)) - before
    print(
        f"flood: grown {grown} KiB, {len(follower.entries())} sent, {follower.dropped()} dropped, "
        f"slowest busctl call {slowest:.2f} s"
    )
    assert grown < 40 << 10


def test_who_leaves_is_followed_no_longer(guest: Guest, follower: Follower) -> None:
    follower.stop()
    say(guest, "nobody-listens")
    assert guest.run("systemctl is-active bamsd").strip() == "active"
