"""The daemon ends while a dialog is open: what was asked for is not half done, and the same dialog works afterwards."""

import pytest
from playwright.async_api import expect

from tests.browser.browsing import Step, chosen, clicked, dialog, press, settled
from tests.browser.visitor import Visitor
from tests.bus.tapes import LIB

WAYS: dict[str, tuple[str, Step]] = {
    "a pool": ("storage", clicked("Create pool")),
    "a deletion": ("storage", chosen("old", "Delete")),
    "an inventory": ("tape", clicked(f"Take inventory of {LIB}")),
    "a target": ("iscsi", clicked("Create target")),
    "a restart of Bacula": ("bacula", clicked("Restart the storage daemon")),
    "a bundle": ("logs", clicked("Create support bundle")),
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
