"""Every dialog: refused for want of a right and for its own reasons, and asked of a daemon that dies while it acts."""

import asyncio
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.browsing import answer, carry_out, dialog, press, refusal, settled
from tests.browser.dialogs import Refusal, Way, ask
from tests.browser.host import Host
from tests.browser.scenes import SCENES
from tests.browser.visitor import PLAIN, Allowed, Visitor, crashed, visiting

EXPECTED = (
    "alert disk-leftover/",  # in one scene a change was interrupted, so that it can be finished
    "bamsd.tape.service: CHG0001: ",  # and in one the library is switched off for a moment
    "alert tape-library/CHG0001",
)

NO_ANSWER = re.compile("BAMS did not answer|BAMS is not running")
"""The second when the question was still under way in Cockpit."""

Scene = Callable[[Host], Awaitable[Sequence[Way]]]


@pytest_asyncio.fixture(loop_scope="session", params=["", PLAIN])
async def anybody(
    request: pytest.FixtureRequest, host: Host, browser: Browser, allowed: Allowed
) -> AsyncIterator[Visitor]:
    """root, and somebody else to whom polkit says yes."""
    if request.param and os.geteuid() != 0:
        pytest.skip("only root can become another user")
    async with visiting(host, browser, allowed, request.param) as visitor:
        yield visitor


async def begun(visitor: Visitor, scene: Scene) -> tuple[Sequence[Way], Page]:
    visitor.allowed.log.extend(EXPECTED)
    ways = await scene(visitor.host)
    page = await visitor.open(ways[0].place)
    await settled(page)
    return ways, page


@pytest.mark.parametrize("scene", SCENES)
async def test_who_loses_a_right_is_told_so_and_nothing_is_done(anybody: Visitor, scene: Scene) -> None:
    host = anybody.host
    ways, page = await begun(anybody, scene)
    before = await host.jobs_done()
    for way in ways:
        await ask(page, way, partial(asyncio.to_thread, host.stack.polkit, "no"))
        await expect(refusal(page)).to_contain_text("You may not do this")
        host.stack.polkit("yes")
        await press(page, "Cancel")
        await expect(dialog(page)).to_be_hidden()
    assert await host.jobs_done() == before


@pytest.mark.parametrize("scene", SCENES)
async def test_who_asks_for_what_cannot_be_is_told_why_and_nothing_is_done(root: Visitor, scene: Scene) -> None:
    ways, page = await begun(root, scene)
    for way in ways:
        assert way.refusals, f"{way.verb} in {way.place} is never refused"
        for why in way.refusals:
            await ask_in_vain(root.host, page, way, why)


async def ask_in_vain(host: Host, page: Page, way: Way, why: Refusal) -> None:
    """Fill the dialog in, let something come in the way, and read why it is refused."""
    before: list[str] = []
    async with AsyncExitStack() as ends:

        async def comes_in_the_way() -> None:
            await ends.enter_async_context(why.obstacle(host))
            before.extend(await host.jobs_done())

        if why.is_late:
            await ask(page, replace(way, fill=why.fill or way.fill))
            await expect(dialog(page).get_by_role("button", name="What will run")).to_be_visible()
            await answer(page)
            await comes_in_the_way()
            await press(page, way.verb)
        else:
            await ask(page, replace(way, fill=why.fill or way.fill), comes_in_the_way)
        await expect(refusal(page).filter(has_text=why.words)).to_be_visible()
        new = (Counter(await host.jobs_done()) - Counter(before)).elements()
        assert [job for job in new if not job.endswith(": failed")] == []
        await press(page, "Cancel")
        await expect(dialog(page)).to_be_hidden()


async def filled_in(page: Page) -> list[tuple[str, str, bool]]:
    """What stands in the fields of the dialog."""
    fields = await dialog(page).locator("input, select, textarea").all()
    return [tuple(await field.evaluate("f => [f.id, f.value, f.checked === true]")) for field in fields]


async def ask_a_daemon_that_dies(host: Host, page: Page, way: Way) -> None:
    """The question is on its way, and never answered; the page says that the daemon is away, and then has it again."""
    await ask(page, way, partial(asyncio.to_thread, host.freeze))
    kept = await filled_in(page)
    await crashed(host, page)
    await host.world.client.knows_all()
    await expect(refusal(page)).to_contain_text(NO_ANSWER)
    assert await filled_in(page) == kept


@pytest.mark.parametrize("scene", SCENES)
async def test_a_dialog_outlives_the_daemon_and_is_carried_out_afterwards(root: Visitor, scene: Scene) -> None:
    host = root.host
    ways, page = await begun(root, scene)
    for way in ways:
        before = await host.jobs_done()
        await ask_a_daemon_that_dies(host, page, way)
        assert await host.jobs_done() == before
        if way.is_job:
            await carry_out(page, way.verb, first=way.verb if way.has_form else "Try again")
        else:
            await press(page, way.verb)
            await expect(dialog(page)).to_be_hidden()
        new = (Counter(await host.jobs_done()) - Counter(before)).elements()
        assert [job.rpartition(": ")[2] for job in new] == ["succeeded"] * way.is_job
