"""A person with a browser at one simulated host: opens pages, and remembers everything that went wrong in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.browser.browsing import DESKTOP, Problems, beyond, settled
from tests.browser.cockpit import serving
from tests.browser.host import Host

PLAIN = "nobody"
"""A user of every Debian machine who may do nothing."""

LIMIT_MS = 20_000

OPERATE = ("logs.read", "tape.operate", "bacula.operate", "bacula.restart")
"""What polkit/50-bams.rules lets the group bams-operator do without a password."""

USUAL_LOG = (r"^INFO ", r"^DEBUG ", r"udev does not run here")


@dataclass
class Allowed:
    """What a test expects to go wrong: regular expressions."""

    browser: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


class Visitor:
    """``problems`` is empty as long as all is well."""

    def __init__(self, host: Host, browser: Browser, url: str, allowed: Allowed) -> None:
        self.host, self.url, self.allowed = host, url, allowed
        self._browser = browser
        self._problems = Problems()

    async def open(
        self, route: str = "", *, size: tuple[int, int] = DESKTOP, language: str = "", **context: Any
    ) -> Page:
        """A fresh browser at a page such as "storage". ``language`` is what the person chose in Cockpit: de."""
        width, height = size
        made = await self._browser.new_context(viewport={"width": width, "height": height}, **context)
        made.set_default_timeout(LIMIT_MS)
        if language:
            await made.add_cookies([{"name": "CockpitLang", "value": language, "url": self.url}])
        page = await made.new_page()
        self._problems.watch(page)
        await page.goto(f"{self.url}#/{route}")
        return page

    def problems(self) -> list[str]:
        return self._problems.beyond(self.allowed.browser)


def log_problems(host: Host, allowed: Allowed) -> list[str]:
    """Lines of the daemon that no test has announced."""
    return beyond(host.log().splitlines(), [*USUAL_LOG, *allowed.log])


@asynccontextmanager
async def visiting(
    host: Host, browser: Browser, allowed: Allowed, person: str = "", bridge: str = "cockpit-bridge"
) -> AsyncIterator[Visitor]:
    """A Cockpit of its own for the person. At the end nothing may have gone wrong."""
    async with serving(host, person=person, bridge=bridge) as url:
        visitor = Visitor(host, browser, url, allowed)
        try:
            yield visitor
        finally:
            for context in browser.contexts:
                await context.close()
        assert visitor.problems() == []


async def crashed(host: Host, page: Page) -> None:
    """The daemon dies below a page and is started again, as systemd does it; the page says so and goes on."""
    host.restarts = True
    host.kill()
    await expect(page.get_by_role("heading", name="BAMS is starting again")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await host.start()
    await settled(page)


def become(host: Host, role: str) -> None:
    """What polkit says from now on: admin may do all, operator some, viewer nothing without a password."""
    operate = {name.replace(".", "_"): "yes" for name in OPERATE}
    host.stack.polkit("yes" if role == "admin" else "challenge", **(operate if role == "operator" else {}))
