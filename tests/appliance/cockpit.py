"""Cockpit of the appliance in a browser on this host: a person logs in, and BAMS is a page in Cockpit's window.

async with seated(vm, browser, "operator") as seat:
    view = await seat.at("tape")             # what stands in the frame of BAMS
    await seat.become_administrator()        # with Cockpit's own button and dialog
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from playwright.async_api import Browser, Frame, Locator, Page, TimeoutError, expect

from tests.appliance import accounts
from tests.appliance.vm import VirtualMachine
from tests.browser.browsing import DESKTOP, Problems, go

LIMIT_MS = 120_000
"""The machine is slow without KVM: a page takes ten seconds, the robot twenty."""

LOG_INS, LOG_IN_MS = 4, 60_000

BAMS = "cockpit1:localhost/bams"
"""The name of the frame."""
LIMITED, ADMINISTRATIVE = "Limited access", "Administrative access"

COCKPITS_OWN = (r"/cockpit/login\b", r"/cockpit/[@$]\w+/(shell|system)/")
"""What goes wrong in Cockpit itself: it asks who is there before anybody is, and looks for fonts and services."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A person in front of a browser. ``window`` is all of Cockpit, ``view`` the page of BAMS in it."""

    person: str
    window: Page
    view: Frame
    problems: Problems

    @property
    def access(self) -> Locator:
        """Cockpit's button that says which access the person has."""
        return self.window.locator("#super-user-indicator").get_by_role("button")

    async def at(self, route: str) -> Frame:
        await go(self.view, route)
        return self.view

    async def become_administrator(self) -> None:
        """Nothing happens when it is so already."""
        if await self.access.inner_text() == ADMINISTRATIVE:
            return
        await self.access.click()
        dialog = self.window.get_by_role("dialog")
        await dialog.get_by_label("Password").fill(accounts.password(self.person))
        await dialog.get_by_role("button", name="Authenticate").click()
        await expect(dialog).to_be_hidden()
        await expect(self.access).to_have_text(ADMINISTRATIVE)

    async def reads_why(self, button: Locator, words: str = "administrative access") -> None:
        """It cannot be used, and who points at it reads why."""
        await expect(button).to_be_disabled()
        await button.hover()
        await expect(self.view.get_by_role("tooltip").filter(has_text=words)).to_be_visible()
        await self.window.mouse.move(0, 0)
        await expect(self.view.get_by_role("tooltip")).to_have_count(0)

    async def reads_why_in_menu(self, name: str, words: str = "administrative access") -> None:
        """No entry behind the three dots can be used, and each says why; some can for no one, for another reason."""
        await self.view.get_by_role("button", name=f"Actions of {name}", exact=True).first.click()
        entries = self.view.get_by_role("menuitem")
        await expect(entries.filter(has_text=words).first).to_be_visible()
        for entry in await entries.all():
            await expect(entry).to_be_disabled()
            await expect(entry.locator(".pf-v6-c-menu__item-description")).not_to_be_empty()
        await self.window.keyboard.press("Escape")
        await expect(entries).to_have_count(0)


@asynccontextmanager
async def seated(vm: VirtualMachine, browser: Browser, person: str) -> AsyncIterator[Seat]:
    """Log in by Cockpit's own form. At the end nothing may have gone wrong in the browser."""
    assert vm.settings
    width, height = DESKTOP
    context = await browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(LIMIT_MS)
    window, problems = await context.new_page(), Problems()
    problems.watch(window)
    try:
        view = await _log_in(window, f"https://127.0.0.1:{vm.settings.cockpit_port}/bams", person, problems)
        yield Seat(person, window, view, problems)
    finally:
        await context.close()
    found = problems.beyond(COCKPITS_OWN)
    assert found == [], "\n".join(found)


async def _log_in(window: Page, url: str, person: str, problems: Problems) -> Frame:
    """A slow machine loses a session whose window connects late (seen after 16 seconds), so several log-ins are tried.

    The next one finds most of the window in the browser's cache; what the one before broke off is no news.
    """
    name, page = window.locator("#login-user-input"), window.locator(f"iframe[name='{BAMS}'][data-loaded]")
    for _ in range(LOG_INS):
        await window.goto(url)
        problems.forget()
        await name.or_(page).wait_for()
        if await name.is_visible():
            await name.fill(person)
            await window.locator("#login-password-input").fill(accounts.password(person))
            await window.locator("#login-button").click()
        with suppress(TimeoutError):
            await page.wait_for(timeout=LOG_IN_MS)
            break
    view = window.frame(name=BAMS)
    assert view, f"{person} got no page of BAMS"
    return view
