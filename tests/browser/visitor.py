"""A person with a browser at one simulated host: opens pages, and remembers everything that went wrong in them."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response, expect

from tests.browser.cockpit import serving
from tests.browser.host import Host

PLAIN = "nobody"
"""A user of every Debian machine who may do nothing."""

DESKTOP, PHONE = (1280, 900), (390, 844)
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
        self._problems: list[str] = []

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
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._note(f"page error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        await page.goto(f"{self.url}#/{route}")
        return page

    def problems(self) -> list[str]:
        return _beyond(self._problems, self.allowed.browser)

    def _note(self, text: str) -> None:
        self._problems.append(text)

    def _said(self, message: ConsoleMessage) -> None:
        # A breach of the content security policy comes as an error of the console too.
        if message.type in ("error", "warning", "assert"):
            self._note(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        self._note(f"request failed: {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"response {response.status}: {response.url}")


def log_problems(host: Host, allowed: Allowed) -> list[str]:
    """Lines of the daemon that no test has announced."""
    return _beyond(host.log().splitlines(), [*USUAL_LOG, *allowed.log])


def _beyond(lines: Sequence[str], patterns: Sequence[str]) -> list[str]:
    return [line for line in lines if not any(re.search(pattern, line) for pattern in patterns)]


@asynccontextmanager
async def visiting(host: Host, browser: Browser, allowed: Allowed, person: str = "") -> AsyncIterator[Visitor]:
    """A Cockpit of its own for the person. At the end nothing may have gone wrong."""
    async with serving(host, person=person) as url:
        visitor = Visitor(host, browser, url, allowed)
        try:
            yield visitor
        finally:
            for context in browser.contexts:
                await context.close()
        assert visitor.problems() == []


def become(host: Host, role: str) -> None:
    """What polkit says from now on: admin may do all, operator some, viewer nothing without a password."""
    operate = {name.replace(".", "_"): "yes" for name in OPERATE}
    host.stack.polkit("yes" if role == "admin" else "challenge", **(operate if role == "operator" else {}))


async def settled(page: Page) -> None:
    """Wait until the page has loaded what it shows."""
    # The bar of pages is there when the daemon has answered, whatever the language.
    await expect(page.locator(".pf-v6-c-page nav").first).to_be_visible()
    await expect(page.locator("main .pf-v6-c-spinner")).to_have_count(0)


async def go(page: Page, route: str) -> None:
    """Follow a link within the page, as the back button of the browser does."""
    await page.evaluate("hash => { window.location.hash = hash; }", f"#/{route}")
    await settled(page)
