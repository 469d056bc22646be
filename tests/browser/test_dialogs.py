"""Every dialog, when the person loses the right while it is open, and when the daemon dies while it acts."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.browsing import carry_out, dialog, press, refusal, settled
from tests.browser.dialogs import SCENES, Way, ask
from tests.browser.host import Host
from tests.browser.visitor import PLAIN, Allowed, Visitor, crashed, visiting

LEFT_UNDONE = "alert disk-leftover/"
"""In one scene a change was interrupted, so that it can be finished."""

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
    visitor.allowed.log.append(LEFT_UNDONE)
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
        await ask(page, way, lambda: host.stack.polkit("no"))
        await expect(refusal(page)).to_contain_text("You may not do this")
        host.stack.polkit("yes")
        await press(page, "Cancel")
        await expect(dialog(page)).to_be_hidden()
    assert await host.jobs_done() == before


async def filled_in(page: Page) -> list[tuple[str, str, bool]]:
    """What stands in the fields of the dialog."""
    fields = await dialog(page).locator("input, select, textarea").all()
    return [tuple(await field.evaluate("f => [f.id, f.value, f.checked === true]")) for field in fields]


async def ask_a_daemon_that_dies(host: Host, page: Page, way: Way) -> None:
    """The question is on its way, and never answered; the page says that the daemon is away, and then has it again."""
    await ask(page, way, host.freeze)
    kept = await filled_in(page)
    await crashed(host, page)
    await host.world.client.knows_all()
    await expect(refusal(page)).to_contain_text("BAMS did not answer")
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
