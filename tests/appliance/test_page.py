"""The main journey in Cockpit itself: each person logs in with a browser, and what the page says is what there is."""

import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Frame, expect

from tests.appliance.bacula import Bacula, running
from tests.appliance.cockpit import LIMIT_MS, LIMITED, Seat, seated
from tests.appliance.disks import Disks, by_id, checksum, write
from tests.appliance.guest import Guest
from tests.appliance.tape_library import INSIDE
from tests.appliance.targets import Initiator, Targets
from tests.appliance.test_bundle import unpacked
from tests.appliance.test_logs import say
from tests.appliance.test_tape import empty_drives, mtx_status, ready
from tests.appliance.vm import DISKS, VirtualMachine
from tests.browser.browsing import (
    beyond,
    carry_out,
    dialog,
    drive,
    fill_repository,
    launched,
    log_lines,
    press,
    slot,
    table,
)
from tests.browser.looks import take_picture

pytestmark = [pytest.mark.appliance, pytest.mark.asyncio(loop_scope="session")]

GROUP, REPOSITORY, FILES = "pagevg", "exported", "files"
IQN = "iqn.2026-01.org.example:page"
INITIATOR = "iqn.2026-01.org.example.initiator:page"
LIBRARY = INSIDE.changer[3]
LIBRARY_PAGE = f"tape/libraries/{LIBRARY}"
SD_CONFIG = "/etc/bacula/bams.d/storage-daemon.conf"
LONG_MS = 600_000
SLOW = r"did not end within \d+ s and was stopped"
"""What looks regularly tries again; systemd here takes 15 seconds to read its units."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser(vm: VirtualMachine) -> AsyncIterator[Browser]:
    vm.wait_for_cockpit()
    expect.set_options(timeout=LIMIT_MS)
    # Cockpit makes its certificate by itself. What a context is told of that does not count for downloads.
    async with launched("--ignore-certificate-errors") as made:
        yield made


@pytest.fixture
def announced() -> list[str]:
    """Warnings of bamsd that a test causes: regular expressions."""
    return []


@pytest.fixture(autouse=True)
def quiet_journal(guest: Guest, announced: list[str]) -> Iterator[None]:
    """bamsd has nothing to warn of that no test has announced."""
    cursor = guest.run("journalctl -n 1 -o cat --show-cursor | sed -n 's/^-- cursor: //p'").strip()
    yield
    ours = "journalctl -u bamsd -t bamsd -p warning -o cat --no-pager"
    said = beyond(guest.run(f"{ours} --after-cursor='{cursor}'").splitlines(), [*announced, SLOW])
    assert said == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(vm: VirtualMachine, guest: Guest, browser: Browser) -> AsyncIterator[Seat]:
    """admin, out of the group bams-admin: whatever this person may do comes from administrative access."""
    guest.run("gpasswd --delete admin bams-admin")
    try:
        async with seated(vm, browser, "admin") as seat:
            yield seat
    finally:
        guest.run("gpasswd --add admin bams-admin")


@pytest_asyncio.fixture(loop_scope="session")
async def admin(desk: Seat) -> Seat:
    await desk.become_administrator()
    return desk


@pytest.fixture
def taken_away(guest: Guest) -> Iterator[None]:
    """Whatever a test has made of a pool, a repository and a target is gone afterwards."""
    yield
    Initiator(guest, "page", INITIATOR).log_out(IQN)
    targets, disks = Targets(guest, "root"), Disks(guest, "root")
    if targets.exists(IQN):
        targets.job("DeleteTarget", "s", IQN, confirm=IQN, apply=True, force=True)
    if disks.exists(f"{GROUP}/{REPOSITORY}"):
        disks.delete(REPOSITORY)
    if GROUP in guest.run("vgs --noheadings -o vg_name"):
        disks.job("DeletePool", "s", GROUP, confirm=GROUP)


@pytest.fixture
def shown(guest: Guest, taken_away: None) -> None:
    """A pool, a repository and a target with it, for who may only look."""
    disks, targets = Disks(guest, "root"), Targets(guest, "root")
    disks.job("CreatePool", "ssas", GROUP, "lvm", "1", by_id(DISKS[4]), wipe=True)
    disks.create(REPOSITORY, GROUP, 64)
    targets.job("CreateTarget", "s", IQN, initiators=[INITIATOR], apply=True)
    targets.job("AddLun", "ss", IQN, REPOSITORY, apply=True)


@pytest.fixture
def tapes(guest: Guest) -> Iterator[None]:
    words = ready(guest, INSIDE)
    yield
    empty_drives(words)


@pytest.fixture
def bacula(guest: Guest, tapes: None) -> Iterator[Bacula]:
    """Debian's Bacula, which knows nothing of BAMS yet, and a repository with a file system for it."""
    disks = Disks(guest, "root")
    with running(guest) as found:
        disks.job("CreatePool", "ssas", GROUP, "lvm", "1", by_id(DISKS[4]), wipe=True)
        disks.create(FILES, GROUP, 400, use="filesystem", filesystem="ext4")
        yield found
    disks.job("UnmountRepository", "s", FILES)
    disks.delete(FILES)
    disks.job("DeletePool", "s", GROUP, confirm=GROUP)


def in_drive(guest: Guest, index: int) -> str:
    """What mtx says of a drive."""
    line = next(line for line in mtx_status(guest, INSIDE).splitlines() if f"Data Transfer Element {index}:" in line)
    return line.partition(":")[2].strip()


async def test_administrative_access_makes_the_buttons_usable(desk: Seat) -> None:
    view = await desk.at("storage")
    create = view.get_by_role("button", name="Create pool")
    await expect(desk.access).to_have_text(LIMITED)
    await desk.reads_why(create)
    await take_picture(view, "cockpit-limited")
    await desk.become_administrator()
    await expect(create).to_be_enabled()
    await desk.at("settings")
    await expect(table(view, "Permissions").get_by_text("You may", exact=True)).to_have_count(10)
    await take_picture(view, "cockpit-administrator")


async def make_repository(view: Frame, guest: Guest) -> None:
    device = guest.run(f"wipefs -qa {by_id(DISKS[4])} && readlink -f {by_id(DISKS[4])}").strip()
    await view.get_by_role("button", name="Create pool").click()
    await dialog(view).get_by_label("Name").fill(GROUP)
    await dialog(view).get_by_role("checkbox", name=device, exact=True).check()
    await take_picture(view, "cockpit-dialog-pool")
    await carry_out(view, "Create")
    await expect(table(view, "Pools").get_by_role("link", name=GROUP)).to_be_visible()

    await fill_repository(view, REPOSITORY, GROUP, 1, "Block device")
    await carry_out(view, "Create")
    row = table(view, "Repositories").get_by_role("row", name=REPOSITORY)
    await expect(row).to_contain_text("Ready")
    await expect(row).to_contain_text("1 GiB")
    assert guest.run(f"lvs --noheadings --units g -o lv_size {GROUP}/{REPOSITORY}").strip() == "1.00g"
    await take_picture(view, "cockpit-storage")


async def export(view: Frame, targets: Targets) -> None:
    """Noted down first, then applied."""
    at_once = dialog(view).get_by_label("Bring it into force at once")
    await view.get_by_role("button", name="Create target").click()
    await dialog(view).get_by_role("textbox", name="Name (IQN)").fill(IQN)
    await dialog(view).get_by_role("textbox", name="Initiators").fill(INITIATOR)
    await at_once.uncheck()
    await take_picture(view, "cockpit-dialog-target")
    await carry_out(view, "Create")
    await expect(view.get_by_role("heading", name=IQN, exact=True)).to_be_visible()
    await view.get_by_role("button", name="Add LUN").click()
    await expect(dialog(view).get_by_label("Repository", exact=True)).to_have_value(REPOSITORY)
    await at_once.uncheck()
    await carry_out(view, "Add")
    await expect(view.get_by_role("heading", name="Not applied yet")).to_be_visible()
    assert targets.target(IQN)["State"] == "pending"
    await take_picture(view, "cockpit-iscsi-pending")

    await view.get_by_role("button", name="Apply", exact=True).click()
    await expect(dialog(view).get_by_role("listitem").filter(has_text=IQN).first).to_be_visible()
    await press(view, "Apply")
    await expect(dialog(view)).to_be_hidden()
    await expect(view.get_by_role("heading", name="Not applied yet")).to_be_hidden()
    assert targets.state(IQN) == "in-sync"


async def test_a_repository_is_made_exported_and_used(admin: Seat, guest: Guest, taken_away: None) -> None:
    targets, initiator = Targets(guest, "root"), Initiator(guest, "page", INITIATOR)
    view = await admin.at("storage")
    await make_repository(view, guest)
    assert Disks(guest).repository(f"{GROUP}/{REPOSITORY}")["CreatedBy"] == "admin"
    await admin.at("iscsi")
    await export(view, targets)

    initiator.prepare()
    initiator.record(IQN)
    initiator.log_in(IQN)
    await view.get_by_role("button", name="Look again").click()
    await expect(table(view, "Sessions").get_by_text(INITIATOR)).to_be_visible()
    written = write(guest, initiator.disk(targets.identities(IQN)[0]), "the journey")
    assert checksum(guest, f"/dev/{GROUP}/{REPOSITORY}") == written
    await take_picture(view, "cockpit-iscsi-session")


async def load(view: Frame, number: int) -> None:
    """From a slot into drive 0."""
    await view.get_by_role("button", name="Load drive 0").click()
    await dialog(view).get_by_label("Cartridge").select_option(str(number))
    await press(view, "Load")
    await expect(dialog(view)).to_be_hidden()
    await expect(drive(view, 0)).to_contain_text(INSIDE.cartridges[number - 1])
    await expect(slot(view, number)).to_contain_text("In drive 0")


async def test_a_tape_is_loaded(admin: Seat, guest: Guest, tapes: None) -> None:
    view = await admin.at(LIBRARY_PAGE)
    await load(view, 1)
    assert in_drive(guest, 0).startswith("Full")
    assert INSIDE.cartridges[0] in in_drive(guest, 0)
    await take_picture(view, "cockpit-tape-loaded")


async def test_a_configuration_of_bacula_is_made_and_applied(admin: Seat, guest: Guest, bacula: Bacula) -> None:
    view = await admin.at("bacula")
    await view.get_by_role("tab", name="Configuration").click()
    await view.get_by_role("checkbox", name="Also set up the Director").check()
    await view.get_by_role("button", name="Show what would change").click()
    changes = view.get_by_role("group", name=f"Changes of {SD_CONFIG}")
    for device in (f"{LIBRARY}-drive-0", f"{FILES}-1"):
        await expect(changes).to_contain_text(device)
        assert f"Device {device}" not in bacula.configured()
    await take_picture(view, "cockpit-bacula-difference")

    await view.get_by_role("button", name="Apply", exact=True).click()
    await press(view, "Apply")
    await expect(dialog(view).get_by_text("Restart the storage daemon.")).to_be_visible()
    await take_picture(view, "cockpit-dialog-bacula")
    await press(view, "Apply")
    await expect(dialog(view)).to_be_hidden()
    await expect(view.get_by_text("Nothing differs")).to_be_visible(timeout=LONG_MS)
    # The files are there; the Director still reads its own.
    await expect(view.get_by_role("region", name="Running jobs")).to_be_hidden(timeout=LONG_MS)
    jobs = json.loads(guest.run("bamsctl jobs --json"))
    assert next(job["state"] for job in jobs if job["operation"] == "bacula-apply") == "succeeded"
    assert {f"Device {LIBRARY}-drive-0", f"Device {FILES}-1"} <= bacula.configured().keys()
    await view.get_by_role("tab", name="Devices").click()
    await expect(table(view, "Devices").get_by_role("row", name=f"{LIBRARY}-drive-0")).to_be_visible()
    await take_picture(view, "cockpit-bacula-devices")


async def test_the_log_is_followed_and_a_bundle_taken_home(admin: Seat, guest: Guest, tmp_path: Path) -> None:
    view = await admin.at("logs?service=bamsd")
    await view.get_by_role("button", name="Follow", exact=True).click()
    await expect(view.get_by_text("New lines come by themselves.")).to_be_visible()
    line = f"a-line-for-the-journey-{secrets.token_hex(4)}"
    say(guest, line, "bamsd")
    await expect(log_lines(view).filter(has_text=line)).to_be_visible()
    await take_picture(view, "cockpit-log-followed")
    await view.get_by_role("button", name="Stop following").click()

    await view.get_by_role("button", name="Create support bundle").click()
    await dialog(view).get_by_label("Logs", exact=True).select_option("1")
    await press(view, "Create")
    await expect(dialog(view)).to_be_hidden()
    download = view.get_by_role("link", name="Download")
    await expect(download).to_be_visible(timeout=LONG_MS)
    await take_picture(view, "cockpit-bundle")
    async with admin.window.expect_download() as begun:
        await download.click()
    archive = tmp_path / (await begun.value).suggested_filename
    await (await begun.value).save_as(archive)
    files = unpacked(archive)
    assert line.encode() in files["journal/bamsd.txt"]
    assert "manifest.json" in files

    await view.get_by_role("button", name=re.compile("^Delete bams-")).click()
    await press(view, "Delete")
    await expect(view.get_by_role("heading", name="No support bundle")).to_be_visible()
    assert guest.run("ls /var/lib/bams/bundles") == ""


async def test_an_operator_moves_tapes_and_is_told_what_is_not_allowed(
    vm: VirtualMachine, guest: Guest, browser: Browser, shown: None, tapes: None
) -> None:
    async with seated(vm, browser, "operator") as seat:
        view = await seat.at(LIBRARY_PAGE)
        await load(view, 2)
        assert INSIDE.cartridges[1] in in_drive(guest, 0)
        await take_picture(view, "cockpit-operator-tape")
        await view.get_by_role("button", name="Unload drive 0").click()
        await press(view, "Unload")
        await expect(dialog(view)).to_be_hidden()
        await expect(slot(view, 2)).to_contain_text(INSIDE.cartridges[1])
        assert in_drive(guest, 0) == "Empty"
        assert '"person":"operator"' in guest.run("grep Unload /var/log/bams/audit.log | tail -n 1")

        await seat.at("storage")
        await seat.reads_why(view.get_by_role("button", name="Create repository"))
        await seat.reads_why_in_menu(REPOSITORY)
        await take_picture(view, "cockpit-operator-storage")
        await seat.at("iscsi")
        await seat.reads_why(view.get_by_role("button", name="Create target"))
        await seat.at("bacula")
        await expect(view.get_by_role("button", name="Restart the storage daemon")).to_be_enabled()
        await seat.at("logs")
        await expect(log_lines(view).first).to_be_visible()
        await seat.reads_why(view.get_by_role("button", name="Create support bundle"))
        # Nobody was asked for a password.
        await expect(seat.access).to_have_text(LIMITED)
        await expect(seat.window.get_by_role("dialog")).to_have_count(0)


async def test_a_viewer_sees_everything_and_changes_nothing(
    vm: VirtualMachine, browser: Browser, shown: None, tapes: None
) -> None:
    async with seated(vm, browser, "viewer") as seat:
        view = await seat.at("overview")
        await take_picture(view, "cockpit-viewer-overview")

        await seat.at("storage")
        await expect(table(view, "Repositories").get_by_role("row", name=REPOSITORY)).to_contain_text("64 MiB")
        for name in ("Create pool", "Create repository"):
            await seat.reads_why(view.get_by_role("button", name=name))
        for name in (GROUP, REPOSITORY):
            await seat.reads_why_in_menu(name)
        await take_picture(view, "cockpit-viewer-storage")

        await seat.at(LIBRARY_PAGE)
        await expect(slot(view, 1)).to_contain_text(INSIDE.cartridges[0])
        for name in ("Load drive 0", "Load drive 1", f"Take inventory of {LIBRARY}", "Look again"):
            await seat.reads_why(view.get_by_role("button", name=name))
        await slot(view, 1).click()
        for name in ("Load", "Move to a slot"):
            await seat.reads_why(view.get_by_role("button", name=name, exact=True).last)
        await take_picture(view, "cockpit-viewer-tape")

        await seat.at("iscsi")
        await seat.reads_why(view.get_by_role("button", name="Create target"))
        await view.get_by_role("link", name=IQN).first.click()
        await expect(table(view, "LUNs").get_by_role("row", name=REPOSITORY)).to_be_visible()
        for name in ("Add LUN", "Change initiators", "Set credentials", "Change"):
            await seat.reads_why(view.get_by_role("button", name=name, exact=True))
        await seat.reads_why_in_menu(IQN)
        await seat.reads_why_in_menu("LUN 0")
        await take_picture(view, "cockpit-viewer-target")

        await seat.at("bacula")
        await seat.reads_why(view.get_by_role("button", name="Restart the storage daemon"))
        await take_picture(view, "cockpit-viewer-bacula")
        for route, title in (("logs", "You may not read the logs"), ("audit", "You may not read the audit record")):
            await seat.at(route)
            await expect(view.get_by_role("heading", name=title)).to_be_visible()
            await expect(view.get_by_text("administrative access")).to_be_visible()
        await take_picture(view, "cockpit-viewer-audit")
        await seat.at("settings")
        for name in ("Read the configuration again", "Send a test"):
            await seat.reads_why(view.get_by_role("button", name=name))
        await expect(table(view, "Permissions").get_by_text("With administrative access")).to_have_count(10)
