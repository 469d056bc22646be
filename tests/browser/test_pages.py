"""Every page of the demonstrated host opens without a fault, for every role, on every width."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.browsing import PAGES, PHONE, dialog, go, settled
from tests.browser.host import Host
from tests.browser.looks import assert_accessible, assert_fits, take_pictures
from tests.browser.visitor import Allowed, Visitor, become, visiting


@pytest_asyncio.fixture(loop_scope="session")
async def admin(demo: Host, browser: Browser, allowed: Allowed) -> AsyncIterator[Visitor]:
    become(demo, "admin")
    async with visiting(demo, browser, allowed) as visitor:
        yield visitor


@pytest.mark.parametrize("name", PAGES)
async def test_a_page(admin: Visitor, name: str) -> None:
    page = await admin.open(name)
    await settled(page)
    await expect(page.locator("main")).not_to_be_empty()
    await expect(page.get_by_text("These devices are simulated")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, name)


@pytest.mark.parametrize(("route", "name", "object"), [("iscsi", "iscsi-target", "iqn.2026-01.org.example.bams:esx")])
async def test_the_page_of_an_object(admin: Visitor, route: str, name: str, object: str) -> None:
    page = await admin.open(route)
    await settled(page)
    await page.get_by_role("link", name=object, exact=True).first.click()
    await expect(page.get_by_role("heading", name=object, exact=True)).to_be_visible()
    await settled(page)
    await assert_accessible(page)
    await take_pictures(page, name)


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_all_pages_in_limited_mode(
    demo: Host, browser: Browser, allowed: Allowed, other_user: str, role: str
) -> None:
    become(demo, role)
    async with visiting(demo, browser, allowed, other_user) as visitor:
        page = await visitor.open()
        for name in PAGES:
            await go(page, name)
            await assert_accessible(page)


SPOKEN = """[...document.querySelectorAll('[aria-label], [aria-valuetext], .pf-v6-screen-reader')].flatMap(
    (part) => [part.ariaLabel, part.ariaValueText, part.matches('.pf-v6-screen-reader') ? part.textContent : ''])"""
NAMES = re.compile(r"iSCSI|Bacula|Logs|Pool|Pools|Name|Alias|LUNs|Volumes|Jobs|Targets|[^a-z]*")
"""What only screen readers say, and is the same word in English and German."""


async def spoken(page: Page) -> set[str]:
    """What a screen reader says without being seen on the page, on all pages and in one dialog."""
    said: set[str] = set()
    for name in PAGES:
        await go(page, name)
        said |= {text.strip() for text in await page.evaluate(SPOKEN) if text}
    await go(page, "storage")
    await page.locator("main .pf-v6-c-card__header button").first.click()
    await expect(dialog(page)).to_be_visible()
    return said | {text.strip() for text in await page.evaluate(SPOKEN) if text}


async def test_screen_readers_speak_the_language_of_the_person(admin: Visitor) -> None:
    english, german = [await spoken(await admin.open(size=PHONE, language=language)) for language in ("", "de")]
    assert len(english) > 20
    assert [text for text in sorted(english & german) if not NAMES.fullmatch(text)] == []


@pytest.mark.parametrize("language", ["de", "fr"])
async def test_all_pages_in_another_language_on_a_phone(admin: Visitor, language: str) -> None:
    page = await admin.open(size=PHONE, language=language)
    assert await page.evaluate("document.documentElement.lang") == language
    for name in PAGES:
        await go(page, name)
        await assert_fits(page)
