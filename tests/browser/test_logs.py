"""Logs, support bundles and the audit record in a browser, on real journal files and the daemon's real record."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.browsing import PHONE, dialog, go, log_lines, settled
from tests.browser.conftest import open_folder
from tests.browser.host import Host, simulated
from tests.browser.looks import assert_accessible, assert_fits, take_pictures
from tests.browser.visitor import Allowed, Visitor, become, crashed, log_problems, visiting
from tests.bus.stack import until

MOST_FOLLOWED = 8
"""How many logs the daemon lets one caller follow."""
HOSTILE = "<img src=x onerror=alert(1)> \u202egnihtemos"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared() -> AsyncIterator[Host]:
    """One host for all tests here. Each of them writes to the log of a unit of its own."""
    with open_folder() as directory:
        async with simulated(directory) as host:
            for unit in ("smartmontools", "tgt", "scst", "iscsid"):
                host.stack.host.service(f"{unit}.service")
            yield host
            await host.stop()
            assert log_problems(host, Allowed()) == []


@pytest_asyncio.fixture(loop_scope="session")
async def admin(shared: Host, browser: Browser, allowed: Allowed) -> AsyncIterator[Visitor]:
    become(shared, "admin")
    async with visiting(shared, browser, allowed) as visitor:
        yield visitor


@pytest_asyncio.fixture(loop_scope="session")
async def viewer(shared: Host, browser: Browser, allowed: Allowed, other_user: str) -> AsyncIterator[Visitor]:
    become(shared, "viewer")
    async with visiting(shared, browser, allowed, other_user) as visitor:
        yield visitor


async def at(visitor: Visitor, route: str, **context: object) -> Page:
    page = await visitor.open(route, **context)  # type: ignore[arg-type]
    await settled(page)
    return page


def button(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=name, exact=isinstance(name, str))


async def test_a_log_is_read_and_searched(admin: Visitor) -> None:
    journal = admin.host.journal
    journal.write("smartd has begun", HOSTILE, "first part\nsecond part", unit="smartmontools.service")
    journal.write("FAILED SMART self-check", unit="smartmontools.service", priority=2)
    journal.finish()
    page = await at(admin, "logs?service=smartd", permissions=["clipboard-read", "clipboard-write"])
    await expect(log_lines(page)).to_have_count(4)
    await expect(log_lines(page).first).to_contain_text("FAILED SMART self-check")
    await expect(log_lines(page).first).to_contain_text("Critical")
    await expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    await expect(log_lines(page).nth(1)).not_to_contain_text("second part")
    await log_lines(page).nth(1).get_by_role("button", name=re.compile("Details")).click()
    await expect(log_lines(page).nth(1)).to_contain_text("second part")
    await assert_accessible(page)
    await take_pictures(page, "logs-read")

    await log_lines(page).first.get_by_role("checkbox").check()
    await button(page, "Copy 1 chosen line").click()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"20\d\d-.*Z smartmontools\[4711\]: FAILED SMART self-check\n", copied)
    await log_lines(page).first.get_by_role("checkbox").uncheck()
    await button(page, "Copy all lines").click()
    await expect(page.get_by_text("4 lines were copied")).to_be_visible()
    assert (await page.evaluate("navigator.clipboard.readText()")).startswith("20")

    await page.get_by_label("Severity").select_option("2")
    await expect(log_lines(page)).to_have_count(1)
    await page.get_by_role("textbox", name="Text").fill("nothing like this")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    assert "priority=2" in page.url
    assert "text=nothing" in page.url
    await assert_accessible(page)
    await button(page, "Show all of the log").click()
    await expect(log_lines(page)).to_have_count(4)
    await page.get_by_label("Time").select_option("between")
    await page.get_by_label("To", exact=True).fill("2020-01-01T00:00")
    await expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    await page.get_by_label("Log of").select_option("zfs")
    await button(page, "Show all of the log").click()
    await expect(page.get_by_role("heading", name="This log is empty")).to_be_visible()


async def test_older_lines_come_page_by_page(admin: Visitor) -> None:
    admin.host.journal.write(*(f"line {number}" for number in range(250)), unit="tgt.service")
    admin.host.journal.finish()
    page = await at(admin, "logs?service=tgt")
    await expect(log_lines(page)).to_have_count(100)
    await expect(log_lines(page).first).to_contain_text("line 249")
    await button(page, "Older lines").click()
    await expect(log_lines(page)).to_have_count(200)
    await button(page, "Older lines").click()
    await expect(log_lines(page)).to_have_count(250)
    await expect(log_lines(page).last).to_contain_text(re.compile(r"line 0$"))
    await expect(page.get_by_text("Nothing is older.")).to_be_visible()


async def test_a_log_is_followed_paused_and_left(admin: Visitor) -> None:
    journal = admin.host.journal
    journal.write("before", unit="scst.service")
    page = await at(admin, "logs?service=scst")
    await expect(log_lines(page)).to_have_count(1)
    await button(page, "Follow").click()
    await expect(page.get_by_text("New lines come by themselves.")).to_be_visible()
    journal.write("while I look", unit="scst.service")
    await expect(log_lines(page).first).to_contain_text("while I look")
    await button(page, "Pause").click()
    journal.write("kept back", "and this", unit="scst.service")
    await expect(button(page, "Go on (2 new)")).to_be_visible()
    await expect(log_lines(page)).to_have_count(2)
    await take_pictures(page, "logs-paused")
    await button(page, "Go on (2 new)").click()
    await expect(log_lines(page)).to_have_count(4)

    # What is not seen is not sent: the daemon would refuse the ninth following of one caller.
    for _ in range(MOST_FOLLOWED):
        await hide(page, True)
        await hide(page, False)
        await expect(button(page, "Read again")).to_be_enabled()
    journal.write("seen after all", unit="scst.service")
    await expect(log_lines(page).first).to_contain_text("seen after all")
    for _ in range(MOST_FOLLOWED):
        await go(page, "settings")
        await go(page, "logs?service=scst")
        await button(page, "Follow").click()
        await expect(page.get_by_text("New lines come by themselves.")).to_be_visible()
    journal.write("still followed", unit="scst.service")
    await expect(log_lines(page).first).to_contain_text("still followed")
    await button(page, "Stop following").click()
    await expect(button(page, "Follow")).to_be_visible()


async def hide(page: Page, hidden: bool) -> None:
    """As the browser does when another of its tabs is chosen."""
    await page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


async def test_a_flood_is_counted_and_does_not_fill_the_page(admin: Visitor) -> None:
    journal = admin.host.journal
    page = await at(admin, "logs?service=iscsid")
    await expect(page.get_by_role("heading", name="This log is empty")).to_be_visible()
    await button(page, "Follow").click()
    await expect(page.get_by_text("New lines come by themselves.")).to_be_visible()
    await asyncio.to_thread(journal.write, *(f"flood {n}" for n in range(6_000)), unit="iscsid.service")
    await expect(page.get_by_text(re.compile(r"\d+ lines were not sent"))).to_be_visible()
    await expect(log_lines(page).first).to_be_visible()
    await button(page, "Stop following").click()
    assert await log_lines(page).count() <= 1000


async def test_following_goes_on_with_a_restarted_daemon(root: Visitor) -> None:
    root.host.stack.host.service("scst.service")
    page = await at(root, "logs?service=scst")
    await button(page, "Follow").click()
    await expect(page.get_by_text("New lines come by themselves.")).to_be_visible()
    await crashed(root.host, page)
    await expect(page.get_by_text("New lines come by themselves.")).to_be_visible()
    root.host.journal.write("after the restart", unit="scst.service")
    await expect(log_lines(page).first).to_contain_text("after the restart")


async def test_who_may_not_read_is_told_how_to(viewer: Visitor) -> None:
    page = await at(viewer, "logs")
    await expect(page.get_by_role("heading", name="You may not read the logs")).to_be_visible()
    await expect(page.get_by_text("administrative access")).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "logs-limited")
    await go(page, "audit")
    await expect(page.get_by_role("heading", name="You may not read the audit record")).to_be_visible()
    await assert_accessible(page)


async def make_bundle(page: Page) -> str:
    await button(page, "Create support bundle").click()
    await expect(dialog(page).get_by_role("checkbox", name="BAMS itself")).to_be_checked()
    await dialog(page).get_by_role("checkbox", name="Health of disks").uncheck()
    await dialog(page).get_by_label("Logs", exact=True).select_option("1")
    await assert_accessible(page)
    await take_pictures(page, "dialog-bundle")
    await dialog(page).get_by_role("button", name="Create").click()
    row = page.get_by_role("grid", name="Support bundles").get_by_role("row").nth(1)
    await expect(row).to_be_visible()
    await expect(dialog(page)).to_be_hidden()
    return (await row.locator("td").first.inner_text()).strip()


async def test_the_life_of_a_support_bundle(admin: Visitor, tmp_path: Path) -> None:
    page = await at(admin, "logs", accept_downloads=True)
    await expect(page.get_by_role("heading", name="No support bundle")).to_be_visible()
    name = await make_bundle(page)
    file = next((admin.host.stack.directory / "state/bundles").glob("*"))
    assert file.name.startswith(name)
    await assert_accessible(page)
    await take_pictures(page, "bundles")
    async with page.expect_download() as begun:
        await page.get_by_role("link", name=f"Download {name}").click()
    download = await begun.value
    assert download.suggested_filename == file.name
    await download.save_as(tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == file.read_bytes()
    subprocess.run(["zstd", "-q", "-t", "-f", str(tmp_path / "got")], check=True)

    await button(page, f"Delete {name}").click()
    await dialog(page).get_by_role("button", name="Cancel").click()
    assert file.exists()
    admin.host.stack.polkit("yes", manage="no")
    await button(page, f"Delete {name}").click()
    await dialog(page).get_by_role("button", name="Delete").click()
    await expect(dialog(page).locator(".pf-v6-c-alert.pf-m-danger")).to_contain_text("You may not do this")
    assert file.exists()
    become(admin.host, "admin")
    await assert_accessible(page)
    await dialog(page).get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("heading", name="No support bundle")).to_be_visible()
    await until(lambda: not file.exists(), "the file to be gone")


async def test_a_bundle_that_is_gone_already(admin: Visitor) -> None:
    folder = admin.host.stack.directory / "state/bundles"
    folder.mkdir(exist_ok=True)
    file = folder / "bams-x-20260101-000000.tar.zst"
    file.write_bytes(b"old")
    page = await at(admin, "logs")
    await button(page, "Delete bams-x-20260101-000000").click()
    file.unlink()
    await dialog(page).get_by_role("button", name="Delete").click()
    await expect(dialog(page).locator(".pf-v6-c-alert.pf-m-danger")).to_contain_text("bams-x-20260101-000000")
    await dialog(page).get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("heading", name="No support bundle")).to_be_visible()


async def test_a_bundle_that_is_refused(admin: Visitor) -> None:
    page = await at(admin, "logs")
    await button(page, "Create support bundle").click()
    await expect(dialog(page).get_by_role("checkbox", name="BAMS itself")).to_be_visible()
    admin.host.stack.polkit("yes", manage="no")
    await dialog(page).get_by_role("button", name="Create").click()
    await expect(dialog(page).locator(".pf-v6-c-alert.pf-m-danger")).to_contain_text("You may not do this")


async def test_logs_on_a_phone(admin: Visitor) -> None:
    admin.host.journal.write("x" * 3000, unit="bams-modules.service")
    admin.host.journal.finish()
    page = await at(admin, "logs?service=bamsd", size=PHONE)
    await expect(log_lines(page).first).to_be_visible()
    await assert_fits(page)
    await go(page, "audit")
    await assert_fits(page)
