"""The page in the newest Cockpit: what it takes from Cockpit itself. All other tests see the one of this host."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser import newest
from tests.browser.browsing import PAGES, PHONE, dialog, fill_repository, press, settled
from tests.browser.looks import assert_accessible, assert_fits
from tests.browser.visitor import Visitor, crashed

SUPPORTED = 287
"""The oldest, as manifest.json says."""


@pytest.fixture
def cockpit() -> str:
    return "newest"


async def test_the_newest_is_newer() -> None:
    assert newest.version(newest.bridge()) > SUPPORTED


async def test_every_page(root: Visitor) -> None:
    page = await root.open()
    await settled(page)
    for name in PAGES:
        await page.get_by_role("navigation", name="Pages").get_by_role("link").nth(PAGES.index(name)).click()
        await settled(page)
        assert page.url.endswith(f"#/{name}")
        await assert_accessible(page)


async def test_the_daemon_comes_and_goes(root: Visitor) -> None:
    host = root.host
    page = await root.open("storage")
    await settled(page)
    await fill_repository(page, "first", "vg0", 1, "Block device")
    await crashed(host, page)
    await press(page, "Create")
    await expect(dialog(page)).to_be_hidden()
    await expect(page.get_by_role("link", name="first", exact=True)).to_be_visible()
    await host.stop()
    await expect(page.get_by_role("heading", name="BAMS is not running")).to_be_visible()
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("link", name="first", exact=True)).to_be_visible()


async def test_a_bundle_is_taken_home(root: Visitor, tmp_path: Path) -> None:
    page = await root.open("logs", accept_downloads=True)
    await settled(page)
    await page.get_by_role("button", name="Create support bundle").click()
    await dialog(page).get_by_role("combobox", name="Logs", exact=True).select_option("1")
    await expect(dialog(page).get_by_role("checkbox", name="BAMS itself")).to_be_checked()
    await press(page, "Create")
    link = page.get_by_role("link", name="Download ")
    async with page.expect_download() as begun:
        await link.click()
    await (await begun.value).save_as(tmp_path / "got")
    made = next((root.host.stack.directory / "state/bundles").glob("*"))
    assert (tmp_path / "got").read_bytes() == made.read_bytes()


async def test_another_language_on_a_phone(root: Visitor) -> None:
    page = await root.open("overview", size=PHONE, language="de")
    await settled(page)
    await expect(page.get_by_role("link", name="Überblick")).to_be_visible()
    await assert_fits(page)
