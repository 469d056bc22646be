"""The daemon ends while a dialog is open: what was asked for is not half done, and the same dialog works afterwards."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.browsing import choose, dialog, press, settled
from tests.browser.visitor import Visitor
from tests.bus.tapes import LIB

Opener = Callable[[Page], Awaitable[None]]


def button(name: str) -> Opener:
    async def opener(page: Page) -> None:
        await page.get_by_role("button", name=name, exact=True).click()

    return opener


def entry(name: str, action: str) -> Opener:
    async def opener(page: Page) -> None:
        await choose(page, name, action)

    return opener


WAYS: dict[str, tuple[str, Opener]] = {
    "a pool": ("storage", button("Create pool")),
    "a deletion": ("storage", entry("old", "Delete")),
    "an inventory": ("tape", button(f"Take inventory of {LIB}")),
    "a target": ("iscsi", button("Create target")),
    "a restart of Bacula": ("bacula", button("Restart the storage daemon")),
    "a bundle": ("logs", button("Create support bundle")),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_dialog_that_outlives_the_daemon(root: Visitor, way: str) -> None:
    route, opened = WAYS[way]
    disks, host = root.host.world.disks, root.host
    await disks.create("old", "tank")
    before = await host.jobs_done()
    page = await root.open(route)
    await settled(page)
    await opened(page)
    await expect(dialog(page)).to_be_visible()
    host.restarts = True
    host.kill()
    await expect(page.get_by_role("heading", name="BAMS is starting again")).to_be_visible()
    await expect(dialog(page)).to_be_hidden()
    await host.start()
    await settled(page)
    await expect(page.get_by_text("BAMS is running again")).to_be_visible()
    await expect(page.get_by_role("region", name="Running jobs")).to_be_hidden()
    assert await host.jobs_done() == before
    await opened(page)
    await expect(dialog(page)).to_be_visible()
    await expect(dialog(page).locator(".pf-v6-c-alert.pf-m-danger:not(:has-text('This loses data'))")).to_have_count(0)
    await press(page, "Cancel")
    await expect(dialog(page)).to_be_hidden()
