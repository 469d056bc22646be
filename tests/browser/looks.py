"""How a page looks: to people who cannot see it well (axe), on a narrow screen, and in pictures for people to judge."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.browser.browsing import DESKTOP, PHONE, View
from tests.bus.stack import TESTS

AXE = TESTS.parent / "cockpit-bams" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = TESTS.parent / "build" / "pictures"
BAD = ("serious", "critical")
MAX_HEIGHT = 8000
ANIMATIONS_ENDED = """
() => Promise.all(document.getAnimations()
    .filter((moving) => Number.isFinite(moving.effect?.getComputedTiming().endTime ?? Infinity))
    .map((moving) => moving.finished.catch(() => null)))
"""


async def assert_accessible(page: Page) -> None:
    """axe-core finds nothing serious. The debugger injects it, so the page's security policy stays in force."""
    if not await page.evaluate("typeof window.axe === 'object'"):
        await page.evaluate(AXE.read_text())
    # What is not fully faded in has no colours yet that could be judged.
    await page.evaluate(ANIMATIONS_ENDED)
    found: list[dict[str, Any]] = await page.evaluate(
        "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
    )
    said = [f"{rule['id']}: {rule['help']}: {_nodes(rule)}" for rule in found if rule["impact"] in BAD]
    assert said == [], "\n".join(said)


def _nodes(rule: dict[str, Any]) -> str:
    return "; ".join(f"{node['target']} {node['html'][:200]}" for node in rule["nodes"][:3])


async def assert_fits(page: Page) -> None:
    """Nothing sticks out at the side of the window."""
    inner, outer = await page.evaluate("[window.innerWidth, document.scrollingElement.scrollWidth]")
    assert outer <= inner, f"the page is {outer} px wide in a window of {inner}"


async def take_pictures(page: Page, name: str) -> None:
    """build/pictures/NAME-{desktop,phone,dark,rtl}.png, each as tall as the page is."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    await _picture(page, PICTURES / f"{name}-desktop.png", DESKTOP)
    await _picture(page, PICTURES / f"{name}-phone.png", PHONE)
    await assert_fits(page)
    await page.emulate_media(color_scheme="dark")
    await _picture(page, PICTURES / f"{name}-dark.png", DESKTOP)
    await assert_accessible(page)
    await page.emulate_media(color_scheme="light")
    await page.evaluate("document.documentElement.dir = 'rtl'")
    await _picture(page, PICTURES / f"{name}-rtl.png", DESKTOP)
    await page.evaluate("document.documentElement.dir = 'ltr'")


async def take_picture(view: View, name: str) -> None:
    """build/pictures/NAME.png: the whole window at a desk, as tall as the page in it is."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    await view.evaluate(ANIMATIONS_ENDED)
    await _picture(view, PICTURES / f"{name}.png", DESKTOP)


async def _picture(view: View, file: Path, size: tuple[int, int]) -> None:
    width, height = size
    page = view if isinstance(view, Page) else view.page
    await page.set_viewport_size({"width": width, "height": height})
    # The page scrolls inside itself: the window must grow for all of it to be seen.
    hidden: int = await view.evaluate(
        "Math.max(0, ...[...document.querySelectorAll('main, .pf-v6-c-page__main-container')]"
        ".map((part) => part.scrollHeight - part.clientHeight))"
    )
    await page.set_viewport_size({"width": width, "height": min(MAX_HEIGHT, height + hidden)})
    await page.screenshot(path=file, animations="disabled")
    await page.set_viewport_size({"width": width, "height": height})
