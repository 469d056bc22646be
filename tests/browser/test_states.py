"""The page while the daemon is there, is not, and comes and goes."""

from playwright.async_api import expect

from tests.browser.browsing import carry_out, choose, clicked, dialog, press, refusal, settled
from tests.browser.looks import assert_accessible, take_pictures
from tests.browser.visitor import Visitor, crashed


async def test_it_opens_for_an_administrator(root: Visitor) -> None:
    page = await root.open()
    await settled(page)
    await expect(page.get_by_role("link", name="Overview")).to_have_attribute("aria-current", "page")
    await assert_accessible(page)


async def test_it_opens_for_a_plain_user(plain: Visitor) -> None:
    page = await plain.open("storage")
    await settled(page)
    await expect(page.get_by_role("link", name="tank", exact=True).first).to_be_visible()
    await assert_accessible(page)


async def test_it_says_that_the_devices_are_not_real(root: Visitor) -> None:
    page = await root.open("settings")
    await settled(page)
    await expect(page.get_by_text("These devices are simulated")).to_be_visible()
    await page.get_by_role("link", name="Storage").click()
    await expect(page.get_by_text("These devices are simulated")).to_be_visible()


async def test_a_host_without_the_daemon(root: Visitor) -> None:
    await root.host.stop()
    root.host.is_installed = False
    page = await root.open()
    await expect(page.get_by_role("heading", name="BAMS is not installed")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "state-absent")


async def test_a_stopped_daemon_is_started_from_the_page(root: Visitor) -> None:
    await root.host.stop()
    page = await root.open("storage")
    await expect(page.get_by_role("heading", name="BAMS is not running")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "state-stopped")
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("link", name="tank", exact=True).first).to_be_visible()
    assert root.host.unit_state() == "active"


async def test_who_may_not_start_it_reads_why(plain: Visitor) -> None:
    await plain.host.stop()
    plain.host.systemd.refusal = "Interactive authentication required."
    page = await plain.open()
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_text("It could not be started")).to_be_visible()
    await expect(page.get_by_text("Interactive authentication required.")).to_be_visible()
    assert plain.host.unit_state() == "inactive"


async def test_a_killed_daemon_comes_back_by_itself(root: Visitor) -> None:
    page = await root.open("storage")
    await settled(page)
    root.host.restarts = True
    root.host.kill()
    await expect(page.get_by_role("heading", name="BAMS is starting again")).to_be_visible()
    await assert_accessible(page)
    await root.host.start()
    await settled(page)
    await expect(page.get_by_text("BAMS is running again")).to_be_visible()
    await expect(page.get_by_role("link", name="tank", exact=True).first).to_be_visible()


async def test_what_was_typed_in_a_page_outlives_the_daemon(root: Visitor) -> None:
    page = await root.open("bacula/configuration")
    await settled(page)
    address = page.get_by_role("textbox", name="Address of this host")
    await address.fill("192.0.2.7")
    await page.get_by_role("button", name="Show what would change").click()
    draft = page.get_by_role("group", name="Changes of ").first
    await expect(draft).to_contain_text("added: ")
    await crashed(root.host, page)
    await expect(address).to_have_value("192.0.2.7")
    await expect(draft).to_contain_text("added: ")


async def test_an_object_at_its_address_outlives_the_daemon(root: Visitor) -> None:
    await root.host.world.disks.create("data", "vg0")
    page = await root.open("storage")
    await settled(page)
    await page.get_by_role("link", name="data", exact=True).click()
    address = page.url
    await crashed(root.host, page)
    await expect(page.get_by_role("grid", name="Snapshots").or_(page.get_by_text("No snapshot"))).to_be_visible()
    assert page.url == address


async def test_a_generated_secret_can_still_be_noted_down_after_a_restart(root: Visitor) -> None:
    page = await root.open("iscsi")
    await settled(page)
    await clicked("Create target")(page)
    await carry_out(page, "Create")
    await clicked("Set credentials")(page)
    await dialog(page).get_by_role("button", name="Generate").click()
    secret = await dialog(page).locator("code").inner_text()
    await crashed(root.host, page)
    await expect(dialog(page).locator("code")).to_have_text(secret)


async def test_a_dialog_about_something_that_others_delete_stays_and_says_so(root: Visitor) -> None:
    disks = root.host.world.disks
    await disks.create("data", "vg0")
    page = await root.open("storage")
    await settled(page)
    await choose(page, "data", "Create snapshot")
    await dialog(page).get_by_label("Name").fill("before")
    await disks.done("DeleteRepository", "s", "data", confirm="data")
    await expect(page.locator("main").get_by_text("data", exact=True)).to_have_count(0)
    await press(page, "Create")
    await expect(refusal(page)).to_contain_text("data")
    await press(page, "Cancel")
    await expect(dialog(page)).to_be_hidden()


async def test_a_dialog_is_closed_on_the_way_back(root: Visitor) -> None:
    page = await root.open("storage")
    await settled(page)
    await page.get_by_role("link", name="Tape", exact=True).click()
    await settled(page)
    await page.get_by_role("button", name="Take inventory").first.click()
    await expect(dialog(page)).to_be_visible()
    await page.go_back()
    await expect(dialog(page)).to_be_hidden()
    await expect(page.get_by_role("heading", name="Pools")).to_be_visible()


async def test_nothing_is_called_missing_while_the_daemon_still_looks_for_it(root: Visitor) -> None:
    host = root.host
    await host.stop()
    gate = host.stack.lvm.hang_next("fullreport")
    await host.start()
    page = await root.open("iscsi")
    looking = page.get_by_role("heading", name="Looking for iSCSI targets")
    await expect(looking).to_be_visible()
    await expect(page.get_by_text("cannot serve")).to_have_count(0)
    await assert_accessible(page)
    await take_pictures(page, "state-looking")
    await page.get_by_role("link", name="Overview").click()
    await expect(page.get_by_text("Looking for disks and pools")).to_be_visible()
    await page.goto(f"{root.url}#/storage/pools/lvm/vg0")
    await expect(page.get_by_role("heading", name="Looking for disks and pools")).to_be_visible()
    gate.open()
    await expect(page.get_by_role("heading", name="vg0")).to_be_visible()
    await page.get_by_role("link", name="iSCSI").click()
    await expect(page.get_by_role("button", name="Create target")).to_be_enabled()


async def test_a_daemon_that_stays_down_is_said_to_have_failed(root: Visitor) -> None:
    page = await root.open()
    await settled(page)
    root.host.kill()
    await expect(page.get_by_role("heading", name="BAMS has failed")).to_be_visible()
    await assert_accessible(page)


async def test_systemd_gives_up_after_a_while(root: Visitor) -> None:
    page = await root.open()
    await settled(page)
    root.host.restarts = True
    root.host.kill()
    await expect(page.get_by_role("heading", name="BAMS is starting again")).to_be_visible()
    root.host.restarts = False
    await expect(page.get_by_role("heading", name="BAMS has failed")).to_be_visible()
    await page.get_by_role("button", name="Start").click()
    await settled(page)
