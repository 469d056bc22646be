"""iSCSI in a browser: what a person clicks, what the fake target stack then really has, and what is refused."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.browsing import carry_out, choose, dialog, go, press, refusal, settled, table
from tests.browser.host import Host
from tests.browser.looks import assert_accessible, take_pictures
from tests.browser.visitor import Visitor, become
from tests.bus.targets import HOST, OTHER, A, Lio, Scst, Side, Targets, until_ready
from tests.fakes.disks_lvm import MIB

SECRET = re.compile(r"[A-Za-z2-9]{16}")
CHAP_USER = "reader"


@pytest.fixture
def side(host: Host) -> Side:
    if host.side is None:
        pytest.skip("there is no FUSE here, which shows the daemon a fake kernel")
    return host.side


def is_served(side: Side, initiator: str) -> bool:
    """Whether it gets disks of A. SCST lets strangers in, and shows them nothing."""
    return side.log_in(A, initiator) and side.sees(A, initiator) != []


def targets_of(host: Host) -> Targets:
    assert host.side
    return Targets(host.world.disks, host.side)


async def made(host: Host, *initiators: str, lun: str = "") -> Targets:
    """The target A, in force."""
    await until_ready(host.world.client)
    targets = targets_of(host)
    await targets.done("CreateTarget", "s", A, initiators=list(initiators), apply=True)
    if lun:
        await host.world.disks.create(lun, "vg0", 64 * MIB, use="block")
        await targets.done("AddLun", "ss", A, lun, apply=True)
    return targets


async def at(visitor: Visitor, route: str = "iscsi") -> Page:
    await until_ready(visitor.host.world.client)
    page = await visitor.open(route)
    await settled(page)
    return page


async def at_target(visitor: Visitor, iqn: str = A) -> Page:
    page = await at(visitor)
    await table(page, "Targets").get_by_role("link", name=iqn).click()
    await expect(page.get_by_role("heading", name=iqn, exact=True)).to_be_visible()
    return page


@pytest.mark.parametrize("stack_type", [Scst, Lio])
async def test_the_life_of_a_target(root: Visitor, side: Side) -> None:
    host = root.host
    await host.world.disks.create("mail", "vg0", 64 * MIB, use="block")
    page = await at(root)
    await expect(page.get_by_text("No target", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Create target").click()
    name = dialog(page).get_by_role("textbox", name="Name (IQN)")
    await expect(name).to_have_value(re.compile(r"^iqn\.\d{4}-\d{2}\.[a-z0-9.-]+:target1$"))
    iqn = await name.input_value()
    await dialog(page).get_by_role("textbox", name="Alias").fill("Mail server")
    await dialog(page).get_by_role("textbox", name="Initiators").fill(HOST)
    await assert_accessible(page)
    await take_pictures(page, "dialog-iscsi-create")
    await carry_out(page, "Create")
    await expect(page.get_by_role("heading", name=iqn, exact=True)).to_be_visible()
    assert side.iqns() == [iqn]

    await page.get_by_role("button", name="Add LUN").click()
    await expect(dialog(page).get_by_label("Repository", exact=True)).to_have_value("mail")
    await dialog(page).get_by_label("Read only").check()
    await take_pictures(page, "dialog-iscsi-lun")
    await carry_out(page, "Add")
    row = table(page, "LUNs").get_by_role("row", name="mail")
    await expect(row).to_contain_text("64 MiB")
    await expect(row).to_contain_text("read only")
    assert side.log_in(iqn, HOST)
    assert side.sees(iqn, HOST) == [0]

    await page.get_by_role("button", name="Look again").click()
    await expect(table(page, "Sessions").get_by_text(HOST)).to_be_visible()
    await choose(page, HOST, "Close session")
    await expect(dialog(page).get_by_text("Drops sessions").first).to_be_visible()
    await assert_accessible(page)
    await press(page, "Close session")
    await expect(page.get_by_text("Nobody is logged in")).to_be_visible()
    assert not side.is_in(iqn, HOST)

    await choose(page, iqn, "Delete")
    await press(page, "Delete")
    delete = dialog(page).get_by_role("button", name="Delete", exact=True)
    await expect(delete).to_be_disabled()
    await dialog(page).get_by_role("textbox").fill(iqn[:-1])
    await expect(delete).to_be_disabled()
    await dialog(page).get_by_role("textbox").fill(iqn)
    await delete.click()
    await expect(page.get_by_text("No target", exact=True)).to_be_visible()
    assert side.iqns() == []


async def refuse_credentials(page: Page) -> None:
    """What cannot be, in the dialog of credentials."""
    send = dialog(page).get_by_role("button", name="Set", exact=True)
    await dialog(page).get_by_role("textbox", name="User").fill("no user")
    await dialog(page).get_by_label("Secret").fill("short")
    await expect(dialog(page).get_by_text("Use 12 to 16 letters")).to_be_visible()
    await expect(send).to_be_disabled()
    await dialog(page).get_by_label("Secret").fill("long-enough-1234")
    await send.click()
    await expect(refusal(page)).to_contain_text("no user")
    await dialog(page).get_by_role("combobox", name="How the target proves itself").select_option("set")
    await dialog(page).get_by_role("textbox", name="User").last.fill("target")
    await dialog(page).get_by_label("Secret").last.fill("long-enough-1234")
    await expect(dialog(page).get_by_text("another secret than the first")).to_be_visible()
    await expect(send).to_be_disabled()


async def test_a_secret_is_made_here_and_shown_once(root: Visitor, side: Side) -> None:
    await made(root.host, HOST)
    page = await at_target(root)
    await page.get_by_role("button", name="Set credentials").click()
    await dialog(page).get_by_role("textbox", name="User").fill(CHAP_USER)
    await dialog(page).get_by_role("button", name="Generate").click()
    secret = await dialog(page).locator("code").inner_text()
    assert SECRET.fullmatch(secret)
    await expect(dialog(page).get_by_text("shown only here")).to_be_visible()
    await take_pictures(page, "dialog-iscsi-credentials")
    await assert_accessible(page)
    await dialog(page).get_by_role("button", name="Generate").click()
    assert await dialog(page).locator("code").inner_text() != secret
    secret = await dialog(page).locator("code").inner_text()
    await carry_out(page, "Set")
    await expect(page.get_by_text(f"with CHAP, as {CHAP_USER}")).to_be_visible()
    assert side.log_in(A, HOST, CHAP_USER, secret)
    assert not side.log_in(A, HOST, CHAP_USER, "x" * 16)

    assert secret not in await page.content()
    kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, location.href])")
    assert secret not in kept
    assert secret not in root.host.log()
    await page.get_by_role("button", name="Set credentials").click()
    await refuse_credentials(page)


async def test_a_wish_waits_for_apply(root: Visitor, side: Side) -> None:
    await made(root.host, HOST, lun="disk")
    page = await at_target(root)
    await page.get_by_role("button", name="Change initiators").click()
    box = dialog(page).get_by_role("textbox", name="Initiators")
    await box.fill(f"{HOST}\nIQN.nonsense")
    await expect(dialog(page).get_by_text("IQN.nonsense is no name")).to_be_visible()
    await expect(dialog(page).get_by_role("button", name="Change", exact=True)).to_be_disabled()
    await box.fill(f"{HOST}\n{OTHER}")
    await dialog(page).get_by_label("Bring it into force at once").uncheck()
    await carry_out(page, "Change")
    await expect(page.get_by_role("heading", name="Not applied yet")).to_be_visible()
    assert not is_served(side, OTHER)
    await assert_accessible(page)

    await go(page, "iscsi")
    await page.get_by_role("button", name="Apply all").click()
    await expect(dialog(page).get_by_role("listitem").first).to_contain_text(OTHER)
    await assert_accessible(page)
    await take_pictures(page, "dialog-iscsi-apply")
    await press(page, "Apply")
    await expect(page.get_by_text("Waiting for Apply")).to_be_hidden()
    assert is_served(side, OTHER)


async def test_nobody_is_cut_off_by_accident(root: Visitor, side: Side) -> None:
    await made(root.host, HOST, lun="busy")
    assert side.log_in(A, HOST)
    page = await at_target(root)
    await choose(page, "LUN 0", "Remove")
    await press(page, "Remove")
    remove = dialog(page).get_by_role("button", name="Remove", exact=True)
    await expect(dialog(page).get_by_text("Drops sessions").first).to_be_visible()
    await expect(remove).to_be_disabled()
    await assert_accessible(page)
    await take_pictures(page, "dialog-iscsi-drop")
    assert side.sees(A, HOST) == [0]
    await dialog(page).get_by_label("Drop these sessions all the same").check()
    await remove.click()
    await expect(page.get_by_text("No LUN", exact=True)).to_be_visible()

    hostile = "<img src=x onerror=alert(1)>"
    assert side.log_in(A, hostile)
    await page.get_by_role("button", name="Look again").click()
    await expect(table(page, "Sessions").get_by_text(hostile)).to_be_visible()
    await expect(page.locator("main img")).to_have_count(0)


async def test_drift_is_explained_and_repaired(root: Visitor, side: Side) -> None:
    root.allowed.log.append("WARNING bamsd.core.alerts: alert ")
    targets = await made(root.host, HOST, lun="disk")
    side.let_in(A, OTHER)
    await targets.drift()
    page = await at_target(root)
    await expect(page.get_by_role("heading", name="Somebody changed this target without BAMS")).to_be_visible()
    await expect(page.get_by_text("is in the kernel, but not wanted").first).to_be_visible()
    await assert_accessible(page)
    await take_pictures(page, "iscsi-drift")
    await page.get_by_role("button", name="Repair").click()
    await press(page, "Repair")
    await expect(dialog(page)).to_be_hidden()
    await expect(page.get_by_role("heading", name="Somebody changed")).to_be_hidden()
    assert not is_served(side, OTHER)


async def test_a_target_of_others_is_shown_and_taken_over(root: Visitor, side: Side) -> None:
    await until_ready(root.host.world.client)
    targets = targets_of(root.host)
    device = await targets.repository("byhand")
    side.make_by_hand(A, device, HOST)
    await targets.drift()
    page = await at_target(root)
    await expect(page.get_by_role("heading", name="Others made this target")).to_be_visible()
    await expect(page.get_by_role("button", name="Add LUN")).to_have_count(0)
    before = side.snapshot(A)
    await page.get_by_role("button", name="Take over").click()
    await assert_accessible(page)
    await press(page, "Take over")
    await expect(dialog(page).get_by_text("Take over target")).to_be_visible()
    assert side.snapshot(A) == before
    await press(page, "Take over")
    await expect(page.get_by_role("button", name="Add LUN")).to_be_visible()
    assert (await targets.target(A))["Owned"]


async def see_commands(page: Page) -> None:
    """What an initiator types to reach A at its portal."""
    await expect(page.get_by_text(f"iscsiadm -m node -T {A} -p 192.0.2.10:3260 --login")).to_be_visible()
    await page.get_by_role("tab", name="Windows").click()
    await expect(page.get_by_text(f"-NodeAddress '{A}'")).to_be_visible()
    await page.get_by_role("tab", name="VMware").click()
    await expect(page.get_by_text("--address=192.0.2.10:3260")).to_be_visible()


async def test_what_the_daemon_refuses_stays_in_the_dialog(root: Visitor, side: Side) -> None:
    await made(root.host, HOST)
    page = await at(root)
    await page.get_by_role("button", name="Create target").click()
    name = dialog(page).get_by_role("textbox", name="Name (IQN)")
    await name.fill("IQN.2026-01.org.example:a")
    await expect(dialog(page).get_by_text("Use lower case letters only.")).to_be_visible()
    await expect(dialog(page).get_by_role("button", name="Create", exact=True)).to_be_disabled()
    await name.fill(A)
    await press(page, "Create")
    await expect(refusal(page)).to_contain_text(A)
    await press(page, "Cancel")

    await table(page, "Targets").get_by_role("link", name=A).click()
    await page.get_by_role("button", name="Add LUN").click()
    await expect(dialog(page).get_by_text("no repository of use block device")).to_be_visible()
    await dialog(page).get_by_role("textbox", name="Path of the file").fill("/etc/shadow")
    await assert_accessible(page)
    await press(page, "Add")
    await expect(refusal(page)).to_contain_text("/etc/shadow")
    await press(page, "Cancel")

    await page.get_by_role("button", name="Change", exact=True).click()
    await dialog(page).get_by_role("textbox", name="Portals").fill("not-an-address")
    await assert_accessible(page)
    await press(page, "Change")
    await expect(refusal(page)).to_contain_text("not-an-address")
    await dialog(page).get_by_role("textbox", name="Portals").fill("192.0.2.10")
    await carry_out(page, "Change")
    await see_commands(page)

    await choose(page, A, "Change parameters")
    await dialog(page).get_by_role("textbox", name="MaxBurstLength").fill("7")
    await expect(dialog(page).get_by_role("button", name="Change", exact=True)).to_be_disabled()
    await dialog(page).get_by_role("textbox", name="MaxBurstLength").fill("65536")
    await assert_accessible(page)
    await carry_out(page, "Change")
    await expect(page.get_by_text("MaxBurstLength = 65536")).to_be_visible()


async def test_groups_that_see_different_luns(root: Visitor, side: Side) -> None:
    targets = await made(root.host, HOST, lun="first")
    page = await at_target(root)
    await page.get_by_role("button", name="Change initiators").click()
    await dialog(page).get_by_role("button", name="Add a group").click()
    await dialog(page).get_by_role("textbox", name="Name of the group").fill("guests")
    await dialog(page).get_by_role("textbox", name="Initiators").last.fill(OTHER)
    await dialog(page).get_by_label("They see all LUNs").last.uncheck()
    await dialog(page).get_by_label("0", exact=True).uncheck()
    await take_pictures(page, "dialog-iscsi-initiators")
    await carry_out(page, "Change")
    await expect(page.get_by_text("Group guests")).to_be_visible()
    await expect(page.get_by_text("They see no LUN.")).to_be_visible()
    groups = {group["name"]: group for group in (await targets.target(A))["Groups"]}
    assert groups["guests"] == {"name": "guests", "initiators": [OTHER], "luns": []}
    assert "luns" not in groups["default"]


async def test_who_may_only_look_is_told_why(plain: Visitor, side: Side) -> None:
    await made(plain.host, HOST)
    become(plain.host, "viewer")
    page = await at_target(plain)
    await expect(page.get_by_role("button", name="Set credentials")).to_be_disabled()
    await page.get_by_role("button", name=f"Actions of {A}", exact=True).click()
    entry = page.get_by_role("menuitem", name="Delete")
    await expect(entry).to_be_disabled()
    await expect(entry).to_contain_text("administrative access")


async def test_a_host_without_a_target_stack(root: Visitor, side: Side) -> None:
    await until_ready(root.host.world.client)
    assert isinstance(side, Scst)  # of the two only SCST has a daemon that can end
    side.kernel.kill_daemon()
    await root.host.world.client.fails("/org/bams/Iscsi", "org.bams.Iscsi.GetDrift")
    page = await at(root)
    await expect(page.get_by_role("heading", name="This host cannot serve iSCSI targets now")).to_be_visible()
    await expect(page.get_by_role("button", name="Create target")).to_be_disabled()
    await assert_accessible(page)
