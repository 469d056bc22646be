"""The tests of pages can fail: each kind of trouble is noticed."""

from functools import partial

import pytest
from playwright.async_api import Page

from tests.browser.browsing import settled
from tests.browser.looks import assert_accessible, assert_fits
from tests.browser.visitor import Visitor
from tests.bus.stack import until

TROUBLES = {
    "console error: something": "console.error('something')",
    "page error: thrown": "setTimeout(() => { throw new Error('thrown'); })",
    "Content Security Policy": "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
    "response 404": "fetch('missing.json')",
}


def is_noticed(visitor: Visitor, said: str) -> bool:
    return any(said in problem for problem in visitor.problems())


async def opened(visitor: Visitor) -> Page:
    page = await visitor.open("settings")
    await settled(page)
    return page


async def test_what_goes_wrong_in_a_page_is_noticed(root: Visitor) -> None:
    page = await opened(root)
    assert root.problems() == []
    for said, script in TROUBLES.items():
        await page.evaluate(f"() => {{ {script}; }}")
        await until(partial(is_noticed, root, said), said)
    root.allowed.browser.append("")


async def test_what_people_cannot_use_is_noticed(root: Visitor) -> None:
    page = await opened(root)
    await assert_accessible(page)
    await page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    with pytest.raises(AssertionError, match="button-name"):
        await assert_accessible(page)
    await assert_fits(page)
    await page.evaluate(
        "document.body.append(Object.assign(document.createElement('div'), {className: 'wide', innerText: 'x'}));"
        "document.querySelector('.wide').style.cssText = 'position: absolute; top: 0; width: 3000px'"
    )
    with pytest.raises(AssertionError, match="3000 px wide"):
        await assert_fits(page)
