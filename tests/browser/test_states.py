"""The page while the daemon is there, is not, and comes and goes."""

from playwright.async_api import expect

from tests.browser.browsing import settled
from tests.browser.looks import assert_accessible, take_pictures
from tests.browser.visitor import Visitor


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
