"""Bacula in a browser: its state, its devices and volumes, and the way to a configuration; what is refused, and why."""

import re
import time

from playwright.async_api import Locator, Page, expect

from tests.browser.browsing import choose, dialog, press, settled
from tests.browser.looks import assert_accessible, assert_fits, take_pictures
from tests.browser.visitor import Visitor, become
from tests.bus.bacula import World
from tests.bus.tapes import LIB, Library
from tests.demo.world import catalogued, run

DRIVE = f"{LIB}-drive-0"
ALERT = ".pf-v6-c-alert.pf-m-danger"


async def configured(visitor: Visitor) -> World:
    """A library and a repository are in force, and the Director knows both."""
    world = visitor.host.world
    await world.disks.create("files", "vg0", use="filesystem", filesystem="xfs")
    await world.done("ApplyConfig", virtual_autochangers=["files"])
    world.bacula.set(storages=[LIB, "files"])
    return world


async def at(visitor: Visitor, part: str = "") -> Page:
    page = await visitor.open(f"bacula/{part}" if part else "bacula")
    await settled(page)
    return page


def row(page: Page, table: str, name: str) -> Locator:
    return page.get_by_role("grid", name=table, exact=True).get_by_role("row", name=re.compile(rf"^{name}\b"))


async def closed(page: Page) -> None:
    await expect(dialog(page)).to_be_hidden()


async def test_a_drive_is_mounted_unmounted_released_and_switched(root: Visitor) -> None:
    world = await configured(root)
    page = await at(root)
    await expect(row(page, "Devices", DRIVE)).to_contain_text("Idle")
    await choose(page, DRIVE, "Mount")
    await expect(dialog(page).get_by_role("button", name="Mount", exact=True)).to_be_disabled()
    await dialog(page).get_by_role("radio", name="Slot 1:").check()
    await assert_accessible(page)
    await press(page, "Mount")
    await closed(page)
    library = Library(world.client, LIB)
    assert (await library.drive(0))["Barcode"] == "BAM001L8"

    world.bacula.set(now={DRIVE: {"mounted": 1, "open": 1, "volume": "BAM001L8", "pool": "Tape"}}, busy=[LIB])
    await page.get_by_role("button", name="Refresh").click()
    await expect(row(page, "Devices", DRIVE)).to_contain_text("Mounted")
    await choose(page, DRIVE, "Unmount")
    await press(page, "Unmount")
    await expect(dialog(page).locator(ALERT)).to_contain_text("busy")
    await assert_accessible(page)
    world.bacula.set(busy=[])
    await press(page, "Unmount")
    await closed(page)
    assert (await library.drive(0))["State"] == "empty"

    for verb, word in (("Release", "release"), ("Disable", "disable")):
        await choose(page, f"{LIB}-drive-1", verb)
        await press(page, verb)
        await closed(page)
        assert world.bacula.commands()[-1].startswith(f"{word} storage={LIB} drive=1")
    blocked = {"enabled": 0, "blocked": 1, "blocked_desc": "BST_WAITING_FOR_SYSOP"}
    world.bacula.set(now={DRIVE: blocked | {"enabled": 1}, f"{LIB}-drive-1": blocked})
    await page.get_by_role("button", name="Refresh").click()
    await expect(row(page, "Devices", DRIVE)).to_contain_text("a person has to bring")
    await choose(page, f"{LIB}-drive-1", "Enable")
    await press(page, "Enable")
    await closed(page)
    assert world.bacula.commands()[-1].startswith(f"enable storage={LIB} drive=1")

    # What the Director does not know cannot be asked for, and the menu says so.
    await page.get_by_role("button", name="Actions of ByHand", exact=True).click()
    await expect(page.get_by_role("menuitem", name=re.compile("^Mount"))).to_contain_text("no storage ByHand")


async def test_a_restart_names_the_jobs_that_it_would_kill(root: Visitor) -> None:
    world = await configured(root)
    world.bacula.run_job("nightly", 7, DRIVE)
    world.bacula.set(jobs=[catalogued(run(int(time.time()), number)) for number in range(9, 0, -1)])
    page = await at(root, "jobs")
    await expect(row(page, "Running jobs of Bacula", "nightly")).to_contain_text("BAM001L8")
    await expect(row(page, "Newest jobs", "nightly job 139")).to_contain_text("Failed")
    await assert_accessible(page)
    await take_pictures(page, "bacula-jobs")
    restarts = world.bacula.get("restarts")
    await page.get_by_role("button", name="Restart the storage daemon").click()
    await expect(dialog(page).get_by_text("nightly (job 7)")).to_be_visible()
    await assert_accessible(page)
    await press(page, "Restart")
    await expect(dialog(page).get_by_text("Drops sessions")).to_be_visible()
    await press(page, "Restart")
    await expect(dialog(page).locator(ALERT)).to_contain_text("nightly (JobId 7)")
    assert world.bacula.get("restarts") == restarts
    await press(page, "Back")
    await dialog(page).get_by_role("radio", name="Restart at once").check()
    await press(page, "Restart")
    await press(page, "Restart")
    await closed(page)
    assert (world.bacula.get("restarts"), len(world.bacula.get("killed"))) == (restarts + 1, 1)


async def test_the_way_to_a_configuration(root: Visitor) -> None:
    world = root.host.world
    await world.disks.create("files", "vg0", use="filesystem", filesystem="xfs")
    page = await at(root, "configuration")
    await expect(page.get_by_role("heading", name="The Director does not know the devices")).to_be_visible()
    await page.get_by_role("checkbox", name="The devices of files form an autochanger").check()
    await page.get_by_role("button", name="One more").click()
    before = world.bacula.everything()
    show = page.get_by_role("button", name="Show what would change")
    await show.click()
    changes = page.get_by_role("group", name=f"Changes of {world.bacula.own}")
    await expect(changes).to_contain_text("added: ")
    await expect(changes).to_contain_text("files-2")
    await expect(changes).not_to_contain_text("files-3")
    await page.get_by_role("tab", name="For the Director").click()
    await expect(page.get_by_text("Media Type = LTO-8")).to_be_visible()
    await page.get_by_role("tab", name="Difference").click()
    await assert_accessible(page)
    await take_pictures(page, "bacula-configuration")
    assert world.bacula.everything() == before

    # Another choice makes what is shown an old one.
    apply = page.get_by_role("button", name="Apply", exact=True)
    await page.get_by_role("button", name="One less").click()
    await expect(page.get_by_text("You have chosen something else since this was made")).to_be_visible()
    await expect(apply).to_be_disabled()
    await show.click()
    await expect(apply).to_be_enabled()

    world.bacula.run_job("nightly", 7)
    await apply.click()
    await expect(dialog(page).get_by_text("nightly (job 7)")).to_be_visible()
    await dialog(page).get_by_role("radio", name="Wait until they have ended").check()
    await press(page, "Apply")
    await expect(dialog(page).get_by_text("Restart the storage daemon.")).to_be_visible()
    await assert_accessible(page)
    world.bacula.set(running=[])
    await press(page, "Apply")
    await closed(page)
    await expect(page.get_by_text("Nothing differs")).to_be_visible()
    assert {"files-0", "files-1"} <= {device["name"] for device in (await world.status())["devices"]}
    assert "files-2" not in world.bacula.own.read_text()


async def test_what_is_wrong_with_a_configuration_is_said_and_set_right(root: Visitor) -> None:
    world = root.host.world
    (world.bacula.scripts / "mtx-changer").chmod(0o644)
    page = await at(root, "configuration")
    await page.get_by_role("button", name="Show what would change").click()
    await expect(page.locator(ALERT)).to_contain_text("cannot run")
    await expect(page.get_by_role("button", name="Apply", exact=True)).to_be_disabled()
    await assert_accessible(page)
    await page.get_by_role("textbox", name="Address of this host").fill("a;b")
    await page.get_by_role("button", name="Show what would change").click()
    await expect(page.locator(ALERT)).to_contain_text("no address")

    (world.bacula.scripts / "mtx-changer").chmod(0o755)
    await page.get_by_role("textbox", name="Address of this host").fill("")
    await page.get_by_role("button", name="Let Bacula use the tape devices").click()
    await assert_accessible(page)
    await press(page, "Write the rule")
    await closed(page)
    assert list((root.host.stack.directory / "etc" / "udev" / "rules.d").iterdir())
    await expect(page.get_by_role("button", name="Apply", exact=True)).to_be_enabled()
    await page.get_by_role("button", name="The configuration as it is now").click()
    await expect(page.get_by_text("Written by a person.")).to_be_visible()
    assert 'Password = "***"' in await page.locator("main").inner_text()


async def test_cartridges_are_labelled_and_compared(root: Visitor) -> None:
    world = await configured(root)
    world.bacula.set(labelled=["BAM002L8"])
    page = await at(root, "volumes")
    await expect(page.get_by_text("No volume in the catalog")).to_be_visible()
    await page.get_by_role("button", name="Label cartridges").click()
    await dialog(page).get_by_label("Pool").select_option("Tape")
    label = dialog(page).get_by_role("button", name="Label", exact=True)
    await expect(label).to_be_disabled()
    for slot in (1, 2):
        await dialog(page).get_by_role("checkbox", name=f"Slot {slot}:").check()
    await assert_accessible(page)
    await take_pictures(page, "bacula-dialog-label")
    await label.click()
    await expect(dialog(page).get_by_text("What will run")).to_be_visible()
    await label.click()
    await closed(page)
    await expect(page.get_by_text("1 cartridge labelled, 1 left alone")).to_be_visible()
    await page.get_by_role("button", name="What to look at").click()
    await expect(page.get_by_text("already labeled")).to_be_visible()
    await expect(row(page, "Volumes", "BAM001L8")).to_contain_text(f"Slot 1 of {LIB}")

    await page.get_by_role("button", name="Inventory", exact=True).click()
    await press(page, "Compare")
    await closed(page)
    await expect(page.get_by_text("not in the catalog")).to_be_visible()
    await Library(world.client, LIB).done("Transfer", 1, 15)
    await expect(row(page, "Volumes", "BAM001L8")).to_contain_text("The catalog says slot 1")
    await assert_accessible(page)
    await take_pictures(page, "bacula-volumes")

    many = [{"name": f"VOL{n:03}", "pool": "Default", "slot": 0, "status": "Full"} for n in range(60)]
    world.bacula.set(volumes=[*world.bacula.get("volumes"), *many])
    await page.get_by_role("combobox", name="Pool").select_option("Default")
    await expect(row(page, "Volumes", "VOL049")).to_be_visible()
    await page.get_by_role("button", name="Next page").click()
    await expect(row(page, "Volumes", "VOL059")).to_be_visible()
    await page.get_by_role("textbox", name="Find a volume").fill("VOL00")
    await expect(row(page, "Volumes", "VOL009")).to_be_visible()
    await expect(row(page, "Volumes", "VOL010")).to_be_hidden()


async def test_what_is_missing_is_said_with_what_to_do(root: Visitor) -> None:
    world = await configured(root)
    hostile = {"now": {DRIVE: {"volume": "<img src=x onerror=alert(1)>", "mounted": 1}}}
    world.bacula.set(**hostile, director=False)
    page = await at(root)
    refresh = page.get_by_role("button", name="Refresh")
    await expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    await expect(page.get_by_role("heading", name="The Director does not answer")).to_be_visible()
    await page.get_by_role("button", name=f"Actions of {DRIVE}", exact=True).click()
    await expect(page.get_by_role("menuitem", name="Unmount")).to_contain_text("The Director does not answer")
    await page.keyboard.press("Escape")
    await page.get_by_role("tab", name="Volumes").click()
    await expect(page.get_by_text("Volumes are not known")).to_be_visible()
    await expect(page.get_by_role("button", name="Label cartridges")).to_be_disabled()
    await page.get_by_role("tab", name="Jobs").click()
    await expect(page.get_by_text("No ended job is known")).to_be_visible()

    (world.bacula.etc / "bconsole.conf").unlink()
    await refresh.click()
    await expect(page.get_by_text("install bacula-console")).to_be_visible()

    world.bacula.set(active=False)
    await page.get_by_role("tab", name="Devices").click()
    await refresh.click()
    await expect(page.get_by_role("heading", name="The storage daemon is not running")).to_be_visible()
    await expect(page.get_by_text("Devices are not known")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "bacula-stopped")
    world.bacula.set(active=True)
    written = world.bacula.main.read_text("latin-1")
    world.bacula.write(written.replace("Monitor = yes", "Monitor = no").replace(f"@{world.bacula.own}", ""))
    await refresh.click()
    await expect(page.get_by_role("heading", name="The storage daemon runs, but BAMS cannot ask it")).to_be_visible()

    # Without its state the fake systemctl knows no bacula-sd.service.
    gone = world.bacula.state.rename(world.bacula.state.with_suffix(".gone"))
    await refresh.click()
    await expect(page.get_by_text("install the package bacula-sd")).to_be_visible()
    await expect(page.get_by_role("button", name="Restart the storage daemon")).to_be_hidden()
    gone.rename(world.bacula.state)


async def test_who_may_only_look_is_told_why(plain: Visitor) -> None:
    await configured(plain)
    become(plain.host, "viewer")
    page = await at(plain)
    await page.get_by_role("button", name=f"Actions of {DRIVE}", exact=True).click()
    await expect(page.get_by_role("menuitem", name=re.compile("^Mount"))).to_contain_text("administrative access")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Restart the storage daemon")).to_be_disabled()
    await page.get_by_role("tab", name="Configuration").click()
    await page.get_by_role("button", name="Show what would change").click()
    await expect(page.get_by_role("button", name="Apply", exact=True)).to_be_disabled()
    await assert_fits(page)
