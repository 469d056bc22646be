"""Tape in a browser: what a person chooses, where the robot then really brought it, and what is refused."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.browsing import PHONE, dialog, drive, press, settled, slot
from tests.browser.conftest import open_folder
from tests.browser.host import Host, simulated
from tests.browser.looks import assert_accessible, assert_fits, take_pictures
from tests.browser.visitor import Allowed, Visitor, become, log_problems
from tests.bus.tapes import LIB, Library, kept_open
from tests.fakes.tape_library import Changer, Drive, Health

DRIVES = (Drive(health=Health()), Drive(health=Health(temperature=44)))
CARTRIDGES = {**{n: f"BAM{n:03}L8" for n in range(1, 9)}, 9: "CLN001L8", 10: "", 11: "WRM001LY", 21: "NEW001L8"}


@pytest_asyncio.fixture(loop_scope="session")
async def host(allowed: Allowed) -> AsyncIterator[Host]:
    """A library with a cartridge of every kind, and drives that tell their health."""
    changer = Changer(drives=DRIVES, cartridges=CARTRIDGES)
    with open_folder() as directory:
        async with simulated(directory, [changer]) as made:
            yield made
            await made.stop()
            assert log_problems(made, allowed) == []


async def at_tape(visitor: Visitor, route: str = "tape") -> Page:
    page = await visitor.open(route)
    await settled(page)
    return page


async def is_refused(page: Page, text: str) -> None:
    await expect(dialog(page).locator(".pf-v6-c-alert.pf-m-danger")).to_contain_text(text)


async def test_the_library_is_drawn_as_it_is(root: Visitor) -> None:
    page = await at_tape(root)
    await expect(slot(page, 1)).to_contain_text("BAM001L8")
    for number, text in ((1, "Full"), (9, "Cleaning"), (10, "No label"), (11, "WORM"), (12, "Empty")):
        await expect(slot(page, number)).to_contain_text(text)
    outside = page.get_by_role("grid", name="Import/export slots")
    await expect(outside.get_by_role("gridcell")).to_have_count(3)
    await expect(outside).to_contain_text("NEW001L8")
    await assert_accessible(page)
    await slot(page, 2).click()
    await take_pictures(page, "tape-chosen")
    await page.keyboard.press("Escape")
    await page.get_by_label("Find a barcode or a slot").fill("bam00")
    await expect(page.get_by_role("grid", name="Slots", exact=True).get_by_role("gridcell")).to_have_count(8)
    await page.get_by_label("Find a barcode or a slot").fill("no such")
    await expect(page.get_by_text("No such slot")).to_be_visible()
    await page.get_by_label("Find a barcode or a slot").fill("")
    await page.get_by_label("Which slots").select_option("cleaning")
    await expect(page.get_by_role("gridcell")).to_have_count(1)


async def test_a_cartridge_moves_by_mouse_and_by_dragging(root: Visitor) -> None:
    tapes = root.host.world.tapes
    page = await at_tape(root)
    await slot(page, 1).click()
    await expect(page.get_by_role("status")).to_contain_text("BAM001L8")
    await expect(slot(page, 12)).to_contain_text("Put it here")
    await slot(page, 12).click()
    await assert_accessible(page)
    await press(page, "Move")
    await expect(dialog(page)).to_be_hidden()
    await expect(slot(page, 12)).to_contain_text("BAM001L8")
    await expect(page.get_by_role("region", name="Chosen cartridge")).to_contain_text("Choose a cartridge to move it")
    assert tapes.barcode_in_slot(LIB, 12) == "BAM001L8"

    await slot(page, 2).drag_to(slot(page, 22))  # out through the door
    await press(page, "Move")
    await expect(slot(page, 22)).to_contain_text("BAM002L8")
    assert tapes.barcode_in_slot(LIB, 22) == "BAM002L8"

    await slot(page, 3).drag_to(drive(page, 1))
    await press(page, "Load")
    await expect(drive(page, 1)).to_contain_text("BAM003L8")
    await expect(slot(page, 3)).to_contain_text("In drive 1")
    await drive(page, 1).get_by_text("BAM003L8").drag_to(slot(page, 14))
    await press(page, "Unload")
    await expect(slot(page, 14)).to_contain_text("BAM003L8")
    assert tapes.barcode_in_slot(LIB, 14) == "BAM003L8"
    assert tapes.barcode_in_drive(LIB, 1) is None


async def test_a_cartridge_moves_by_keyboard_alone(root: Visitor) -> None:
    page = await at_tape(root)
    await slot(page, 1).focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        await page.keyboard.press(key)
    await expect(slot(page, 3)).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Escape")
    await expect(slot(page, 3)).to_have_attribute("aria-selected", "false")
    await expect(slot(page, 3)).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowDown")
    target = page.locator('[role="gridcell"]:focus')
    await expect(target).to_contain_text("free for the chosen cartridge")
    number = int(await target.get_attribute("data-number") or 0)
    await page.keyboard.press("Enter")
    await expect(dialog(page)).to_be_visible()
    await dialog(page).get_by_label("To").focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(slot(page, number)).to_contain_text("BAM003L8")
    assert root.host.world.tapes.barcode_in_slot(LIB, number) == "BAM003L8"


async def test_a_drive_is_loaded_unloaded_and_cleaned(root: Visitor) -> None:
    tapes = root.host.world.tapes
    page = await at_tape(root)
    await page.get_by_role("button", name="Load drive 0").click()
    await dialog(page).get_by_label("Cartridge").select_option("4")
    await assert_accessible(page)
    await press(page, "Load")
    await expect(dialog(page)).to_be_hidden()
    await expect(drive(page, 0)).to_contain_text("BAM004L8")

    await page.get_by_role("button", name="Unload drive 0").click()
    await expect(dialog(page)).to_contain_text("Where it came from: slot 4")
    await assert_accessible(page)
    await press(page, "Unload")
    await expect(slot(page, 4)).to_contain_text("BAM004L8")

    root.allowed.log.append("ERROR bamsd.core.alerts: alert tape-alert/")
    # The flag and the drive's own request stand on two pages, and this test changes both between two readings.
    root.allowed.log.append("WARNING bamsd.core.alerts: alert tape-cleaning/CHG0001D1")
    tapes.set_alerts(LIB, 1, [20])
    await page.get_by_role("button", name="Look again").click()
    await expect(drive(page, 1).get_by_text("Needs cleaning")).to_be_visible()
    await expect(drive(page, 1)).to_contain_text("Clean drive 1.")
    await page.get_by_role("button", name="Actions of drive 1").click()
    await page.get_by_role("menuitem", name="Clean").click()
    await assert_accessible(page)
    tapes.set_alerts(LIB, 1, [])
    await press(page, "Clean")
    await expect(dialog(page)).to_be_hidden()
    await expect(slot(page, 9)).to_contain_text("CLN001L8")
    assert tapes.changer(LIB)["slots"][8]["cartridge"]["loads"] == 1

    await slot(page, 9).click()
    await drive(page, 0).get_by_role("button", name="Clean it with this").click()
    await expect(dialog(page)).to_contain_text("Clean drive 0")
    await press(page, "Cancel")
    await page.get_by_role("button", name="Take inventory").click()
    await assert_accessible(page)
    await press(page, "Take inventory")
    await expect(dialog(page)).to_be_hidden()
    assert any("inventory" in " ".join(argv) for argv in tapes.calls("mtx"))


async def test_a_running_move_shows_on_what_it_is_about(root: Visitor) -> None:
    gate = root.host.world.tapes.hold_moves(LIB)
    page = await at_tape(root)
    await slot(page, 5).click()
    await drive(page, 0).get_by_role("button", name="Put it here").click()
    await press(page, "Load")
    await expect(slot(page, 5)).to_contain_text("Moving")
    await expect(drive(page, 0)).to_contain_text(f"load slot 5 into drive 0 of {LIB}")
    await expect(dialog(page)).to_be_hidden()  # it takes its time; the page goes on

    await slot(page, 6).click()
    await slot(page, 13).click()
    await expect(dialog(page).get_by_role("button", name="Move", exact=True)).to_be_disabled()
    await dialog(page).get_by_role("checkbox", name="Wait until the robot").check()
    await assert_accessible(page)
    await press(page, "Move")
    gate.open()
    await expect(drive(page, 0)).to_contain_text("BAM005L8")
    await expect(slot(page, 13)).to_contain_text("BAM006L8")


async def test_refusals_are_shown_in_the_dialog(root: Visitor) -> None:
    tapes = root.host.world.tapes
    page = await at_tape(root)
    await slot(page, 1).click()
    await slot(page, 15).click()
    tapes.put(LIB, 15, "ALIEN1L8")  # by hand, past the daemon
    await press(page, "Move")
    await is_refused(page, "Slot 15")
    await assert_accessible(page)
    await press(page, "Cancel")
    await expect(slot(page, 15)).to_contain_text("ALIEN1L8")

    tapes.put(LIB, 16, "OLD001L4")
    await page.get_by_role("button", name="Look again").click()
    await expect(slot(page, 16)).to_contain_text("OLD001L4")
    await slot(page, 16).click()
    await drive(page, 0).get_by_role("button", name="Put it here").click()
    await press(page, "Load")
    await is_refused(page, "can neither read nor write")
    await press(page, "Cancel")

    await page.keyboard.press("Escape")
    tapes.take(LIB, 9)
    await page.get_by_role("button", name="Actions of drive 0").click()
    await page.get_by_role("menuitem", name="Clean").click()
    await press(page, "Clean")
    await is_refused(page, "no cleaning cartridge")
    await press(page, "Cancel")
    await page.keyboard.press("Escape")

    root.allowed.log.append("WARNING bamsd")
    tapes.fail_next(LIB, "transfer", (0x04, 0x15, 0x01))
    await slot(page, 1).click()
    await slot(page, 17).click()
    await press(page, "Move")
    await is_refused(page, LIB)
    await press(page, "Cancel")
    assert tapes.barcode_in_slot(LIB, 1) == "BAM001L8"


async def test_a_drive_that_bacula_holds_is_given_back_on_request(root: Visitor) -> None:
    world = root.host.world
    world.bacula.set(storages=[LIB])
    await world.done("Mount", "su", LIB, 0, slot=1)
    library = Library(world.client, LIB)
    node = (await library.drive(0))["Device"]
    page = await at_tape(root)
    with kept_open(node) as program:
        world.bacula.set(holders=[program.pid], busy=[LIB])
        await page.get_by_role("button", name="Unload drive 0").click()
        await press(page, "Unload")
        await is_refused(page, f"(pid {program.pid})")
        assert program.poll() is None
        await dialog(page).get_by_role("checkbox", name="Let Bacula give the drive back").check()
        await assert_accessible(page)
        await take_pictures(page, "dialog-release")
        await press(page, "Unload")
        await is_refused(page, "is busy with 1 writers")
        assert program.poll() is None
        world.bacula.set(busy=[])
        await press(page, "Unload")
        await expect(dialog(page)).to_be_hidden()
    await expect(slot(page, 1)).to_contain_text("BAM001L8")
    assert world.tapes.barcode_in_slot(LIB, 1) == "BAM001L8"


async def test_drives_and_cartridges_have_addresses(root: Visitor) -> None:
    world = root.host.world
    await Library(world.client).done("Load", 7, 0)
    page = await at_tape(root)
    await drive(page, 0).get_by_role("link", name="Drive 0").click()
    await expect(page.get_by_role("heading", name="Drive 0")).to_be_visible()
    await expect(page.get_by_text("38 °C")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "tape-drive")
    await page.get_by_role("link", name="BAM007L8").click()
    history = page.get_by_role("grid", name="History")
    await expect(history.get_by_role("row").nth(1)).to_contain_text("Slot 7")
    await expect(history.get_by_role("row").nth(1)).to_contain_text("Drive 0")
    await assert_accessible(page)
    await take_pictures(page, "tape-cartridge")
    await page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Cartridges").click()
    table = page.get_by_role("grid", name="Cartridges")
    await expect(table.get_by_role("row")).to_have_count(12)
    await assert_accessible(page)
    await take_pictures(page, "tape-cartridges")
    await page.get_by_label("Find a cartridge").fill("CLN")
    await expect(table.get_by_role("row")).to_have_count(2)
    await page.get_by_label("Find a cartridge").fill("nothing of this name")
    await expect(page.get_by_text("No such cartridge")).to_be_visible()
    page = await at_tape(root, "tape/cartridges/GONE01L8")
    await expect(page.get_by_text("This cartridge was never seen")).to_be_visible()
    page = await at_tape(root, "tape/libraries/GONE")
    await expect(page.get_by_text("This is not there any more")).to_be_visible()


async def test_what_a_tape_is_called_is_only_text(root: Visitor) -> None:
    tapes = root.host.world.tapes
    tapes.put(LIB, 18, "<img/src=x>{number}")
    page = await at_tape(root)
    await page.get_by_role("button", name="Look again").click()
    await expect(slot(page, 18)).to_contain_text("<img/src=x>{number}")
    await slot(page, 18).click()
    await page.get_by_role("link", name="History").click()
    await expect(page.get_by_role("heading", name="<img/src=x>{number}")).to_be_visible()
    assert await page.locator("main img").count() == 0


async def test_a_library_goes_away_and_comes_back(root: Visitor) -> None:
    tapes = root.host.world.tapes
    page = await at_tape(root)
    root.allowed.log.append("WARNING bamsd.tape.service: CHG0001: ")
    root.allowed.log.append("ERROR bamsd.core.alerts: alert tape-library/CHG0001")
    tapes.unplug(LIB)
    await page.get_by_role("button", name="Look again").click()
    await expect(page.get_by_text("No tape library")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "tape-none")
    tapes.plug(LIB)
    await page.get_by_role("button", name="Look again").click()
    await expect(slot(page, 1)).to_contain_text("BAM001L8")


async def test_a_library_that_does_not_answer_shows_what_it_said_last(root: Visitor) -> None:
    root.allowed.log.append("WARNING bamsd.tape")
    root.allowed.log.append("ERROR bamsd.core.alerts: alert tape-library/CHG0001")
    page = await at_tape(root)
    await expect(slot(page, 1)).to_contain_text("BAM001L8")
    root.host.world.tapes.set(LIB, offline=True)
    await page.get_by_role("button", name="Look again").click()
    await expect(page.get_by_text("The library does not answer")).to_be_visible()
    await expect(slot(page, 1)).to_contain_text("BAM001L8")
    await assert_accessible(page)
    root.host.world.tapes.set(LIB, offline=False)
    await page.get_by_role("button", name="Look again").click()
    await expect(page.get_by_text("The library does not answer")).to_be_hidden()


async def test_the_daemon_is_killed_while_the_robot_moves(root: Visitor) -> None:
    root.allowed.log.append("WARNING bamsd")
    host = root.host
    gate = host.world.tapes.hold_moves(LIB)
    page = await at_tape(root)
    await slot(page, 1).click()
    await slot(page, 12).click()
    await press(page, "Move")
    await expect(page.get_by_role("region", name="Running jobs")).to_be_visible()
    host.restarts = True
    host.kill()
    await expect(page.get_by_role("heading", name="BAMS is starting again")).to_be_visible()
    gate.open()
    await host.start()
    await settled(page)
    await expect(slot(page, 12)).to_contain_text("BAM001L8")


async def test_who_may_only_look_is_told_why(plain: Visitor) -> None:
    become(plain.host, "viewer")
    page = await at_tape(plain)
    await expect(page.get_by_role("button", name="Take inventory")).to_have_attribute("aria-disabled", "true")
    await slot(page, 1).click()
    await expect(page.get_by_role("status")).to_contain_text("administrative access")
    await expect(page.get_by_text("Put it here")).to_have_count(0)
    await slot(page, 12).click()
    await expect(dialog(page)).to_be_hidden()
    await page.get_by_role("link", name="History").click()
    await expect(page.get_by_role("heading", name="BAM001L8")).to_be_visible()


async def test_it_fits_a_phone_in_german(root: Visitor) -> None:
    page = await root.open("tape", size=PHONE, language="de")
    await settled(page)
    await slot(page, 1).click()
    await expect(page.get_by_role("status")).to_be_visible()
    await assert_fits(page)
