"""The audit record in a browser: found, opened, verified, and what was changed in it by others."""

import getpass
import re

from playwright.async_api import Locator, Page, expect

from tests.browser.browsing import settled
from tests.browser.looks import assert_accessible, take_pictures
from tests.browser.visitor import Visitor


def rows(page: Page) -> Locator:
    """The records, without what they open to."""
    return page.get_by_role("grid", name="Audit record").locator("tbody tr:not(.pf-v6-c-table__expandable-row)")


async def find(page: Page) -> None:
    await page.get_by_role("button", name="Find", exact=True).click()


async def test_records_are_found_opened_and_verified(root: Visitor) -> None:
    disks = root.host.world.disks
    await disks.create("nightly", "tank")
    root.host.stack.polkit("no", logs_read="yes")
    await disks.refused("DeleteRepository", "s", "nightly", confirm="nightly")
    root.host.stack.polkit("yes")
    page = await root.open("audit")
    await settled(page)
    await expect(rows(page).filter(has_text="nightly").first).to_be_visible()
    await expect(rows(page).filter(has_text="Denied")).to_have_count(1)
    every = await rows(page).count()
    await page.get_by_label("Outcome").select_option("done")
    await find(page)
    await expect(rows(page).filter(has_text="Denied")).to_have_count(0)
    await expect(rows(page).filter(has_text="nightly").first).to_contain_text("Done")
    assert "outcome=done" in page.url
    record = rows(page).filter(has_text="create repository nightly of").first
    await record.get_by_role("button", name=re.compile("^Details")).click()
    await expect(page.get_by_text("CreateRepository")).to_be_visible()
    await expect(page.get_by_text(re.compile("name = nightly"))).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "audit-open")

    await page.get_by_role("button", name="Show all").click()
    await expect(rows(page)).to_have_count(every)
    await page.get_by_label("Person").fill("nobody-like-this")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    await page.get_by_label("Person").fill(getpass.getuser())
    await page.get_by_label("Needed permission").select_option("org.bams.disk.destroy")
    await find(page)
    await expect(rows(page).first).to_contain_text("nightly")

    await page.get_by_role("button", name="Verify").click()
    await expect(page.get_by_role("heading", name="Every record is as it was written")).to_be_visible()
    await assert_accessible(page)


async def test_what_others_changed_is_told(root: Visitor) -> None:
    root.allowed.log.append("audit")
    await root.host.world.disks.create("nightly", "tank")
    file = root.host.stack.directory / "log" / "audit.log"
    page = await root.open("audit")
    await settled(page)
    await expect(rows(page).filter(has_text="nightly").first).to_be_visible()
    file.write_text(file.read_text().replace("nightly", "innocent", 1))
    await page.get_by_role("button", name="Verify").click()
    await expect(page.get_by_role("heading", name="The audit record is not as it was written")).to_be_visible()
    await expect(page.get_by_text(file.name)).to_be_visible()
    await take_pictures(page, "audit-changed")
