"""What every test of a page needs, whoever serves the page: a browser, what went wrong in it, and how the page is used.

A page is a window of its own here (Page), and a part of Cockpit's window in the appliance (Frame).
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Frame,
    Locator,
    Page,
    Request,
    Response,
    async_playwright,
    expect,
)

View = Page | Frame

PAGES = ("overview", "storage", "tape", "iscsi", "bacula", "logs", "audit", "settings")
CHROMIUM = "/usr/bin/chromium"
DESKTOP, PHONE = (1280, 900), (390, 844)


@asynccontextmanager
async def launched(*options: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # Its sandbox does not work for root. What it shows is our own.
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *options])
        yield made
        await made.close()


class Problems:
    """Everything that went wrong in the pages that are watched; each with its address where it has one."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._note(f"page error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def forget(self) -> None:
        self._found.clear()

    def beyond(self, patterns: Sequence[str]) -> list[str]:
        return beyond(self._found, patterns)

    def _note(self, text: str) -> None:
        self._found.append(text)

    def _said(self, message: ConsoleMessage) -> None:
        # A breach of the content security policy comes as an error of the console too.
        if message.type in ("error", "warning", "assert"):
            self._note(f"console {message.type}: {message.text} ({message.location['url']})")

    def _failed(self, request: Request) -> None:
        self._note(f"request failed: {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"response {response.status}: {response.url}")


def beyond(lines: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Those that nobody has announced by a regular expression."""
    return [line for line in lines if not any(re.search(pattern, line) for pattern in patterns)]


async def settled(view: View) -> None:
    """Wait until the page has loaded what it shows."""
    # The bar of pages is there when the daemon has answered, whatever the language.
    await expect(view.locator(".pf-v6-c-page nav").first).to_be_visible()
    await expect(view.locator("main .pf-v6-c-spinner")).to_have_count(0)


async def go(view: View, route: str) -> None:
    """Follow a link within the page, as the back button of the browser does."""
    await view.evaluate("hash => { window.location.hash = hash; }", f"#/{route}")
    name = re.split("[/?]", route)[0]
    await expect(view.locator(f'.pf-v6-c-page nav [aria-current="page"][href="#/{name}"]').first).to_be_visible()
    await settled(view)


def table(view: View, name: str) -> Locator:
    return view.get_by_role("grid", name=name, exact=True)


def dialog(view: View) -> Locator:
    return view.get_by_role("dialog")


async def press(view: View, verb: str) -> None:
    """A button of the dialog."""
    await dialog(view).get_by_role("button", name=verb, exact=True).click()


async def carry_out(view: View, verb: str, *, first: str = "") -> None:
    """Press, and once more where the plan is more than safe and so is shown first; answer what it asks.

    ``first`` is the button that asks for the plan, when it is another one.
    """
    await press(view, first or verb)
    await expect(view.locator("[role=dialog] ol, body:not(:has([role=dialog]))").first).to_be_visible()
    if await dialog(view).is_visible():
        await answer(view)
        await press(view, verb)
    await expect(dialog(view)).to_be_hidden()


async def answer(view: View) -> None:
    """Type the name of what is lost, and agree that sessions end."""
    label = dialog(view).locator("label", has_text="To go on, type ")
    if await label.count():
        await dialog(view).get_by_role("textbox").fill((await label.inner_text()).removeprefix("To go on, type "))
    agreed = dialog(view).get_by_role("checkbox", name="Drop these sessions all the same")
    if await agreed.count():
        await agreed.check()


async def choose(view: View, name: str, action: str) -> None:
    """An entry of the menu behind the three dots."""
    await view.get_by_role("button", name=f"Actions of {name}", exact=True).first.click()
    await view.get_by_role("menuitem", name=action, exact=True).click()


Step = Callable[[Page], Awaitable[None]]
"""What a person does next, to be written into a table."""


def clicked(name: str) -> Step:
    async def step(page: Page) -> None:
        await page.get_by_role("button", name=name, exact=True).click()

    return step


def chosen(name: str, action: str) -> Step:
    async def step(page: Page) -> None:
        await choose(page, name, action)

    return step


def filled(**fields: str) -> Step:
    """Fields of the dialog by their labels, _ for a blank."""

    async def step(page: Page) -> None:
        for label, value in fields.items():
            await dialog(page).get_by_role("textbox", name=label.replace("_", " "), exact=True).fill(value)

    return step


def marked(name: str) -> Step:
    """One of several choices."""

    async def step(page: Page) -> None:
        await dialog(page).get_by_role("radio", name=name).check()

    return step


def ticked(name: str) -> Step:
    async def step(page: Page) -> None:
        await dialog(page).get_by_role("checkbox", name=re.compile(name)).check()

    return step


def unticked(name: str) -> Step:
    async def step(page: Page) -> None:
        await dialog(page).get_by_role("checkbox", name=re.compile(name)).uncheck()

    return step


def picked(label: str, value: str) -> Step:
    async def step(page: Page) -> None:
        await dialog(page).get_by_role("combobox", name=label, exact=True).select_option(value)

    return step


def each(*steps: Step) -> Step:
    """One after the other."""

    async def step(page: Page) -> None:
        for one in steps:
            await one(page)

    return step


def refusal(view: View) -> Locator:
    """What went wrong, in the dialog."""
    return dialog(view).locator(".pf-v6-c-alert.pf-m-danger")


async def fill_repository(view: View, name: str, pool: str, gib: int, use: str) -> None:
    """The dialog of a new repository, up to its last button. ``use`` is Block device or File system."""
    await view.get_by_role("button", name="Create repository").click()
    form = dialog(view)
    await form.get_by_label("Name").fill(name)
    option = form.get_by_label("Pool").locator("option", has_text=re.compile(rf"^{pool} "))
    await form.get_by_label("Pool").select_option(await option.get_attribute("value"))
    await form.get_by_role("textbox", name="Size").fill(str(gib))
    await form.get_by_role("radio", name=use).check()


def slot(view: View, number: int) -> Locator:
    return view.locator(f'[role="gridcell"][data-number="{number}"]')


def drive(view: View, index: int) -> Locator:
    heading = view.get_by_role("heading", name=re.compile(rf"^Drive {index}\b"))
    return view.locator(".pf-v6-c-card").filter(has=heading)


def log_lines(view: View) -> Locator:
    return view.get_by_role("table", name="Log").locator("tbody tr")
