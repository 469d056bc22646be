"""The charts of the overview, over a past that the daemon kept."""

from playwright.async_api import expect

from tests.browser.browsing import settled
from tests.browser.looks import assert_accessible, take_pictures
from tests.browser.visitor import Visitor
from tests.bus.test_overview import filled

DAYS = 20


async def test_space_over_time_and_when_it_is_full(root: Visitor) -> None:
    root.allowed.log.append("alert forecast/pool/lvm:vg0")
    await root.host.stop()
    await filled(root.host.stack, "pool/lvm:vg0/used", DAYS)
    await root.host.start()
    page = await root.open()
    await settled(page)
    chart = page.get_by_role("img", name="Space of Pool vg0")
    await page.locator("#capacity-group").select_option("pool/lvm:vg0")
    await expect(chart).to_be_visible()
    path = await chart.locator("path.bams-line-1").get_attribute("d")
    assert path
    assert path.count("L") > DAYS
    await assert_accessible(page)
    await page.get_by_role("button", name="Show the figures as a table").first.click()
    table = page.get_by_role("grid", name="Space of Pool vg0")
    await expect(table).to_contain_text("GiB")
    await assert_accessible(page)
    await take_pictures(page, "overview-history")
    await page.get_by_role("button", name="Hide the figures").click()
    await page.locator("#capacity-days").select_option("7")
    await expect(chart.locator("path.bams-line-1")).not_to_have_attribute("d", path)
