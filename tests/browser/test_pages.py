"""Every page opens without a fault, for every role, on every width."""

import pytest
from playwright.async_api import expect

from tests.browser.looks import assert_accessible, assert_fits, take_pictures
from tests.browser.visitor import PHONE, Visitor, become, go, settled

PAGES = ("overview", "storage", "tape", "iscsi", "bacula", "logs", "audit", "settings")


@pytest.mark.parametrize("name", PAGES)
async def test_a_page(root: Visitor, name: str) -> None:
    page = await root.open(name)
    await settled(page)
    await expect(page.locator("main")).not_to_be_empty()
    await assert_accessible(page)
    await take_pictures(page, name)


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_all_pages_in_limited_mode(plain: Visitor, role: str) -> None:
    become(plain.host, role)
    page = await plain.open()
    for name in PAGES:
        await go(page, name)
        await assert_accessible(page)


@pytest.mark.parametrize("language", ["de", "fr"])
async def test_all_pages_in_another_language_on_a_phone(root: Visitor, language: str) -> None:
    page = await root.open(size=PHONE, language=language)
    await expect(page.locator("nav").first).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == language
    for name in PAGES:
        await page.evaluate("hash => { window.location.hash = hash; }", f"#/{name}")
        await expect(page.locator("main .pf-v6-c-spinner")).to_have_count(0)
        await assert_fits(page)
