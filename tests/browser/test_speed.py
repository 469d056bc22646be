"""How soon a page of a large appliance can be used, and how late a change is on the screen."""

import os
import re
import uuid
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from bamsd.disk.lvm_marks import tags_of
from bamsd.disk.models import Mark
from tests.browser.browsing import settled, slot
from tests.browser.conftest import open_folder
from tests.browser.host import Host, simulated
from tests.browser.visitor import Allowed, Visitor, visiting
from tests.bus.tapes import LIB
from tests.fakes.disks_lvm import GIB
from tests.fakes.lvm_world import new_volume
from tests.fakes.tape_library import Changer

SLOTS, REPOSITORIES = 10_000, 500
USABLE_MS, LATE_MS = 1500, 200

WATCH = """
const Native = window.WebSocket;
window.WebSocket = class extends Native {
    constructor(...words) {
        super(...words);
        this.addEventListener("message", ({ data }) => {
            if (typeof data === "string" && data.includes("SlotsChanged")) window.heard ??= performance.now();
        });
    }
};
new MutationObserver(() => {
    const seen = window.sign && document.querySelector(window.sign);
    if (seen && !window.painted) requestAnimationFrame(() => { window.painted ??= performance.now(); });
    if (window.shown || !window.wanted) return;
    if (document.querySelector('[data-number="2"]')?.textContent.includes(window.wanted)) {
        requestAnimationFrame(() => { window.shown ??= performance.now(); });
    }
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
OPEN = """([route, sign]) => {
    window.painted = undefined;
    window.sign = sign;
    window.began = performance.now();
    window.location.hash = `#/${route}`;
}"""
BETWEEN = """([first, last]) => new Promise(resolve => {
    const look = () => window[last] ? resolve(window[last] - window[first]) : setTimeout(look, 10);
    look();
})"""
SLOT, ROW = '[data-number="1"]', 'table[aria-label="Repositories"] tbody tr'


def add_repositories(host: Host) -> None:
    with host.stack.lvm.changing() as state:
        for number in range(REPOSITORIES):
            tags = tags_of(Mark(str(uuid.UUID(int=number + 1)), "block", ""))
            volume = new_volume("thin", GIB, pool="tp0", tags=sorted(tags))
            state["groups"]["vg0"]["volumes"][f"nightly{number:03}"] = volume


async def usable_after(page: Page, route: str, sign: str) -> float:
    """Milliseconds from the click on a page until what it is about is painted."""
    await page.evaluate(OPEN, [route, sign])
    return float(await page.evaluate(BETWEEN, ["began", "painted"]))


async def moved_after(visitor: Visitor, page: Page) -> float:
    """Milliseconds from the signal about a slot until the screen shows what is in it now."""
    await page.evaluate("window.wanted = 'FRESH1L8'")
    visitor.host.world.tapes.put(LIB, 2, "FRESH1L8")
    await page.get_by_role("button", name="Look again").click()
    await expect(slot(page, 2)).to_contain_text("FRESH1L8")
    return float(await page.evaluate(BETWEEN, ["heard", "shown"]))


async def test_a_large_appliance(browser: Browser, allowed: Allowed) -> None:
    """Ten thousand slots and five hundred repositories: what stands in the page is what is seen."""
    changer = Changer(slots=SLOTS, cartridges={n: f"B{n:05}L8" for n in range(1, SLOTS, 2)})
    with open_folder() as directory:
        host_of = simulated(Path(directory), [changer], prepare=add_repositories)
        async with host_of as host, visiting(host, browser, allowed) as visitor:
            page = await visitor.open("overview")
            await settled(page)
            await page.context.add_init_script(WATCH)
            await page.wait_for_load_state("networkidle")  # a reload would break off what is on its way
            await page.reload()
            await settled(page)
            storage = await usable_after(page, "storage", ROW)
            await expect(page.get_by_text(re.compile(r"^Show \d+ more"))).to_be_visible()
            await page.get_by_label("Find a repository").fill("nightly499")
            await expect(page.get_by_role("link", name="nightly499", exact=True)).to_be_visible()

            tape = await usable_after(page, "tape", SLOT)
            await expect(page.locator("main .pf-v6-c-spinner")).to_have_count(0)
            cells = await page.get_by_role("gridcell").count()
            assert cells < 400
            late = await moved_after(visitor, page)
            await slot(page, 1).focus()
            await page.keyboard.press("Control+End")
            await expect(slot(page, SLOTS)).to_be_focused()
            await page.get_by_label("Find a barcode or a slot").fill("B09999")
            await expect(slot(page, 9999)).to_be_visible()
            print(f"usable: storage after {storage:.0f} ms, tape after {tape:.0f} ms ({cells} cells);", end=" ")
            print(f"a change is shown {late:.0f} ms after its signal")
            # Other work on this machine takes its share of the time.
            slower = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
            assert max(storage, tape) < USABLE_MS * slower
            assert late < LATE_MS * slower
