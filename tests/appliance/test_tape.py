"""org.bams.Tape on real kernels: two libraries, real polkit, real tapes, through busctl alone."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.appliance.guest import Guest
from tests.appliance.steps import wait_until
from tests.appliance.tape_library import INSIDE, PASSED_THROUGH, Library

pytestmark = pytest.mark.appliance
TAPE = ("/org/bams/Tape", "org.bams.Tape")
WAIT = ("1", "wait", "b", "true")


def serial(library: Library) -> str:
    return library.changer[3]


def drive_path(library: Library, index: int) -> str:
    return f"/org/bams/Tape/drives/{library.drives[index].serial}"


class Words:
    """org.bams.Tape of one library, as a person."""

    def __init__(self, guest: Guest, library: Library, user: str = "root") -> None:
        self.guest, self.library, self.user = guest, library, user

    def job(self, method: str, *numbers: int, options: tuple[str, ...] = WAIT) -> dict[str, Any]:
        """Call a robot method, wait for its end, return the properties of the job."""
        signature = "s" + "u" * len(numbers) + "a{sv}"
        words = (signature, serial(self.library), *map(str, numbers), *options)
        [path] = self.guest.call(*TAPE, method, *words, user=self.user)
        names = ("State", "Result", "Error", "StartedBy")
        return {name: self.guest.get(path, "org.bams.Job", name) for name in names}

    def refusal(self, method: str, *numbers: int, options: tuple[str, ...] = WAIT) -> str:
        """The error's name without its prefix, and its text."""
        signature = "s" + "u" * len(numbers) + "a{sv}"
        words = (signature, serial(self.library), *map(str, numbers), *options)
        found = self.guest.refusal(*TAPE, method, *words, user=self.user)
        return f"{found.name.removeprefix('org.bams.Error.')}: {found.text}"

    def slot(self, number: int) -> list[Any]:
        options = ("2", "first", "u", str(number), "count", "u", "1")
        [[found]] = self.guest.call(*TAPE, "ListSlots", "sa{sv}", serial(self.library), *options)
        return list(found)

    def drive(self, index: int, name: str) -> Any:
        return self.guest.get(drive_path(self.library, index), "org.bams.Tape.Drive", name)

    def state(self) -> str:
        path = f"/org/bams/Tape/libraries/{serial(self.library)}"
        line = f"busctl --json=short get-property org.bams {path} org.bams.Tape.Library State"
        return self.guest.attempt(line).out


def ready(guest: Guest, library: Library) -> Words:
    words = Words(guest, library)
    wait_until(f"library {library.name} to be ready", lambda: "ready" in words.state(), 120)
    return words


def mtx_status(guest: Guest, library: Library) -> str:
    return guest.run(f"mtx -f /dev/tape/by-id/scsi-{serial(library)} status")


def write(guest: Guest, device: str, text: str) -> None:
    guest.run(
        f"mkdir -p /tmp/t && echo {text} > /tmp/t/label && mt -f {device} rewind && tar -cf {device} -C /tmp/t label"
    )


def read(guest: Guest, device: str) -> str:
    return guest.run(f"mt -f {device} rewind && tar -xOf {device} label").strip()


@pytest.fixture
def inside(guest: Guest) -> Iterator[Words]:
    words = ready(guest, INSIDE)
    yield words
    empty_drives(words)


@pytest.fixture
def passed_through(guest: Guest) -> Iterator[Words]:
    words = ready(guest, PASSED_THROUGH)
    yield words
    empty_drives(words)


def empty_drives(words: Words) -> None:
    for index in (0, 1):
        if words.drive(index, "State") == "loaded":
            words.job("Unload", index)


@pytest.fixture(params=["inside", "passed_through"])
def each(request: pytest.FixtureRequest) -> Words:
    """One library after the other."""
    words: Words = request.getfixturevalue(request.param)
    return words


def test_an_operator_runs_the_whole_way_of_a_tape_without_a_password(guest: Guest, each: Words) -> None:
    library = each.library
    operator = Words(guest, library, "operator")
    mail_slot = library.slots + 1
    assert operator.job("Inventory")["State"] == "succeeded"
    loaded = operator.job("Load", 1, 0)
    assert (loaded["State"], loaded["StartedBy"]) == ("succeeded", "operator")
    device = operator.drive(0, "Device")
    assert device == f"/dev/tape/by-id/scsi-{library.drives[0].serial}-nst"
    write(guest, device, library.cartridges[0])
    assert read(guest, device) == library.cartridges[0]
    assert operator.job("Unload", 0)["State"] == "succeeded"
    assert operator.job("Transfer", 1, mail_slot)["State"] == "succeeded"
    assert f"Storage Element {mail_slot} IMPORT/EXPORT:Full :VolumeTag={library.cartridges[0]}" in mtx_status(
        guest, library
    )
    assert operator.slot(mail_slot)[:4] == [mail_slot, "full", True, library.cartridges[0]]
    assert operator.job("Transfer", mail_slot, 1)["State"] == "succeeded"


def test_a_viewer_sees_everything_and_changes_nothing(guest: Guest, inside: Words) -> None:
    before = mtx_status(guest, INSIDE)
    viewer = Words(guest, INSIDE, "viewer")
    for method, numbers in (
        ("Inventory", ()),
        ("Load", (1, 0)),
        ("Unload", (0,)),
        ("Transfer", (1, 20)),
        ("Clean", (0,)),
    ):
        assert viewer.refusal(method, *numbers).startswith("InteractiveAuthorizationRequired: ")
    assert mtx_status(guest, INSIDE) == before
    assert viewer.slot(1)[3] == INSIDE.cartridges[0]
    [permissions] = guest.call("/org/bams", "org.bams.Manager", "GetPermissions", user="viewer")
    assert set(permissions.values()) == {"challenge"}
    [permissions] = guest.call("/org/bams", "org.bams.Manager", "GetPermissions", user="operator")
    assert permissions["org.bams.tape.operate"] == "yes"
    assert permissions["org.bams.manage"] == "challenge"
    denied = guest.run("tail -n 5 /var/log/bams/audit.log")
    assert denied.count('"outcome":"denied"') == 5
    assert '"person":"viewer"' in denied


def test_every_load_ends_in_the_drive_that_was_asked_for(guest: Guest, each: Words) -> None:
    words, library = each, each.library
    assert [words.drive(index, "Matching") for index in (0, 1)] == ["serial", "serial"]
    for slot, index in ((1, 0), (2, 1)):
        words.job("Load", slot, index)
        write(guest, words.drive(index, "Device"), library.cartridges[slot - 1])
    for index in (0, 1):
        words.job("Unload", index)
    for slot, index in ((2, 0), (1, 1)):
        words.job("Load", slot, index)
        assert read(guest, words.drive(index, "Device")) == library.cartridges[slot - 1]
    for index in (0, 1):
        words.job("Unload", index)
    assert [words.slot(n)[3] for n in (1, 2)] == list(library.cartridges[:2])


def test_what_must_not_be_loaded_is_refused_by_name(guest: Guest, inside: Words) -> None:
    slots = {barcode: number for number, barcode in enumerate(INSIDE.cartridges, 1)}
    assert "OLD001L5" in inside.refusal("Load", slots["OLD001L5"], 0)
    assert "NEW001L9" in inside.refusal("Load", slots["NEW001L9"], 0)
    assert "Use Clean" in inside.refusal("Load", slots["CLN001L8"], 0)
    assert inside.refusal("Load", 20, 0).startswith("NotFound: ")
    assert inside.refusal("Load", 99, 0).startswith("NotFound: ")
    assert inside.refusal("Load", 1, 0, options=("1", "fast", "b", "true")).startswith("InvalidArgument: ")
    assert "Full (Storage" not in mtx_status(guest, INSIDE)


def test_cleaning_goes_in_and_comes_back(inside: Words) -> None:
    result = inside.job("Clean", 1)
    assert result["State"] == "succeeded", result
    assert inside.slot(INSIDE.cartridges.index("CLN001L8") + 1)[3] == "CLN001L8"


def test_a_drive_that_a_program_holds_is_named(guest: Guest, inside: Words) -> None:
    inside.job("Load", 1, 0)
    device = inside.drive(0, "Device")
    guest.run(f"systemd-run --unit=holder --quiet sh -c 'exec 3<{device}; sleep 600'")
    try:
        wait_until("the holder to open the drive", lambda: "holder" in _holders(guest), 30)
        refusal = inside.refusal("Unload", 0)
        assert refusal.startswith("InUse: ")
        assert "sleep (pid " in refusal
    finally:
        guest.run("systemctl stop holder")
    assert inside.job("Unload", 0)["State"] == "succeeded"


def _holders(guest: Guest) -> str:
    return guest.attempt(
        "pid=$(systemctl show -P MainPID holder); ls -l /proc/$pid/fd | grep -q nst && echo holder"
    ).out


def test_signals_come_before_the_reply(guest: Guest, inside: Words) -> None:
    guest.run("systemd-run --unit=monitor --quiet sh -c 'exec busctl --json=short monitor org.bams >/tmp/monitor.log'")
    try:
        wait_until(
            "the monitor to listen", lambda: bool(guest.attempt("busctl list --unique | grep -w busctl").out), 30
        )
        guest.run("busctl get-property org.bams /org/bams org.bams.Manager Version")
        wait_until("the monitor to see calls", lambda: "Version" in guest.attempt("cat /tmp/monitor.log").out, 30)
        inside.job("Load", 1, 0)
        inside.job("Unload", 0)
    finally:
        guest.run("systemctl stop monitor")
    lines = guest.run("cat /tmp/monitor.log").splitlines()
    load = next(n for n, line in enumerate(lines) if '"member":"Load"' in line)
    reply = next(
        n for n, line in enumerate(lines) if n > load and '"/org/bams/jobs/' in line and "method_return" in line
    )
    between = "\n".join(lines[load:reply])
    assert '"member":"SlotsChanged"' in between
    assert '"member":"Completed"' in between
    assert '"member":"PropertiesChanged"' in between


def test_the_tree_and_gdbus_agree_with_the_contract(guest: Guest, inside: Words) -> None:
    tree = guest.run("busctl --list tree org.bams").split()
    assert f"/org/bams/Tape/libraries/{serial(INSIDE)}" in tree
    assert drive_path(PASSED_THROUGH, 1) in tree
    for path, interface in (
        ("/org/bams", "org.bams.Manager"),
        ("/org/bams/Tape", "org.bams.Tape"),
        (f"/org/bams/Tape/libraries/{serial(INSIDE)}", "org.bams.Tape.Library"),
        (drive_path(INSIDE, 0), "org.bams.Tape.Drive"),
    ):
        xml = guest.run(f"gdbus introspect --system --xml --dest org.bams --object-path {path}")
        contract = guest.run(f"cat /usr/share/dbus-1/interfaces/{interface}.xml")
        for line in contract.splitlines():
            if line.strip().startswith(("<method ", "<property ", "<signal ")):
                assert line.strip().rstrip("/>") in xml, line
        members = guest.run(f"busctl --system introspect org.bams {path} {interface}")
        assert members.count("\n") > 3


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls at the same time; results or exceptions in order."""
    results: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            results[number] = call()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_clients_two_drives_at_once(inside: Words) -> None:
    queue = ("2", "wait", "b", "true", "queue", "b", "true")
    jobs = together(lambda: inside.job("Load", 1, 0, options=queue), lambda: inside.job("Load", 2, 1, options=queue))
    assert [job["State"] for job in jobs] == ["succeeded", "succeeded"]
    assert [inside.drive(n, "Barcode") for n in (0, 1)] == list(INSIDE.cartridges[:2])


SLOW_MTX = """#!/bin/sh
# A slow robot: a load waits, with the robot open as by the real program, until the test opens the gate.
case " $* " in *" load "*) exec 9<>"$2"; touch /run/mtx-waits; until [ -e /run/mtx-gate ]; do sleep 0.2; done;; esac
exec /usr/sbin/mtx "$@"
"""


@pytest.fixture
def slow_robot(guest: Guest) -> Iterator[Callable[[], None]]:
    """The fixture's value opens the gate."""
    guest.run("rm -f /run/mtx-waits /run/mtx-gate")
    guest.vm.run("cat > /usr/local/sbin/mtx && chmod 755 /usr/local/sbin/mtx", stdin=SLOW_MTX)

    def open_gate() -> None:
        guest.run("touch /run/mtx-gate")

    yield open_gate
    guest.run("touch /run/mtx-gate; rm -f /usr/local/sbin/mtx")


def begin_load(guest: Guest) -> str:
    [path] = guest.call(*TAPE, "Load", "suua{sv}", serial(INSIDE), "1", "0", "0")
    wait_until("the robot to begin", lambda: guest.attempt("test -e /run/mtx-waits").code == 0, 60)
    return str(path)


def ended(guest: Guest, job: str) -> str:
    def state() -> str:
        line = f"busctl --json=short get-property org.bams {job} org.bams.Job State"
        return guest.attempt(line).out

    wait_until(f"{job} to end", lambda: bool(state()) and "running" not in state(), 120)
    return str(guest.get(job, "org.bams.Job", "State"))


def test_one_drive_two_clients_one_wins(guest: Guest, inside: Words, slow_robot: Callable[[], None]) -> None:
    job = begin_load(guest)
    assert inside.refusal("Load", 2, 0).startswith("Busy: ")
    slow_robot()
    assert ended(guest, job) == "succeeded"
    assert inside.drive(0, "Barcode") == INSIDE.cartridges[0]


def test_killed_during_a_load_the_next_start_tells_the_truth(
    guest: Guest, inside: Words, slow_robot: Callable[[], None]
) -> None:
    job = begin_load(guest)
    guest.run("systemctl kill -s KILL --kill-whom=main bamsd")
    wait_until(
        "bamsd to come back",
        lambda: "running" in guest.attempt(f"busctl get-property org.bams {job} org.bams.Job State").out,
        60,
    )
    assert inside.refusal("Load", 2, 1).startswith("Busy: ")
    slow_robot()
    assert ended(guest, job) == "succeeded"
    ready(guest, INSIDE)
    assert inside.drive(0, "Barcode") == INSIDE.cartridges[0]
    assert guest.call("/org/bams", "org.bams.Manager", "VerifyAudit")[0] is True


def paths(guest: Guest) -> set[str]:
    """Every object at one moment. `busctl tree` asks one by one and fails when an object goes meanwhile."""
    [objects] = guest.call("/org/bams", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
    return set(objects)


def test_a_library_that_is_unplugged_goes_and_comes_back(guest: Guest, inside: Words) -> None:
    path = f"/org/bams/Tape/libraries/{serial(INSIDE)}"
    assert path in paths(guest)
    guest.run("systemctl stop bams-appliance-tapes")
    try:
        started = time.monotonic()
        wait_until("the library to go", lambda: path not in paths(guest), 60)
        print(f"library gone after {time.monotonic() - started:.1f} s")
        assert not {drive_path(INSIDE, index) for index in (0, 1)} & paths(guest)
    finally:
        guest.run("systemctl start bams-appliance-tapes")
    ready(guest, INSIDE)
    wait_until("its drives to be there", lambda: drive_path(INSIDE, 0) in paths(guest), 60)
    assert inside.drive(0, "Matching") == "serial"


def test_a_cartridge_put_in_by_hand_is_seen_at_the_next_inventory(guest: Guest, inside: Words) -> None:
    guest.run("bams-operator-hand insert inside 1 HAND01L8")
    inside.job("Inventory")
    assert inside.slot(INSIDE.slots + 1)[3] == "HAND01L8"
    guest.run("bams-operator-hand remove inside 1")
    inside.job("Inventory")
    [cartridge] = guest.call(*TAPE, "GetCartridge", "s", "HAND01L8")
    assert cartridge["place"]["data"] == "outside"


def test_a_drive_without_log_pages_says_so(inside: Words) -> None:
    assert inside.drive(0, "HealthReported") is False
    assert inside.drive(0, "Alerts") == []


def test_the_unit_is_sandboxed(guest: Guest) -> None:
    figure = guest.run("systemd-analyze security --no-pager bamsd.service | tail -n 1")
    print(figure)
    assert float(figure.split("bamsd.service: ")[1].split()[0]) < 5
    assert guest.run("systemctl show -P NRestarts bamsd").strip() in ("0", "1", "2")


def test_a_hard_reset_during_a_load_leaves_the_truth(
    guest: Guest, inside: Words, slow_robot: Callable[[], None]
) -> None:
    job = begin_load(guest)
    guest.vm.reset()
    guest.run("rm -f /usr/local/sbin/mtx")
    ready(guest, INSIDE)
    assert ended(guest, job) == "failed"
    name, text = guest.get(job, "org.bams.Job", "Error")
    assert name == "org.bams.Error.OutOfSync"
    assert f"{INSIDE.cartridges[0]} is in slot 1 now" in text
    assert guest.call("/org/bams", "org.bams.Manager", "VerifyAudit")[0] is True
