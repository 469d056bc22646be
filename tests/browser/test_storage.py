"""Storage in a browser: what a person clicks, what the fakes then really have, and what is refused."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.browsing import carry_out, choose, dialog, fill_repository, press, settled
from tests.browser.looks import assert_accessible, take_pictures
from tests.browser.visitor import Visitor, become
from tests.fakes.disks_lvm import GIB, MIB


async def at_storage(visitor: Visitor) -> Page:
    page = await visitor.open("storage")
    await settled(page)
    return page


def row(page: Page, name: str) -> Locator:
    """The line of a repository."""
    return page.get_by_role("grid", name="Repositories").get_by_role("row", name=re.compile(rf"^{name}\b"))


async def create(page: Page, name: str, pool: str, gib: int) -> None:
    await fill_repository(page, name, pool, gib, "Block device")
    await assert_accessible(page)
    await press(page, "Create")


@pytest.mark.parametrize("pool", ["vg0", "vg0/tp0", "tank"])
async def test_the_life_of_a_repository(root: Visitor, pool: str) -> None:
    disks = root.host.world.disks
    page = await at_storage(root)
    await create(page, "first", pool, 2)
    await expect(dialog(page)).to_be_hidden()
    await expect(row(page, "first")).to_contain_text("Ready")
    assert (await disks.repository(pool, "first"))["Size"] == 2 * GIB

    await choose(page, "first", "Grow")
    await dialog(page).get_by_role("textbox").fill("3")
    await press(page, "Grow")
    await expect(row(page, "first")).to_contain_text("3 GiB")
    assert (await disks.repository(pool, "first"))["Size"] == 3 * GIB

    await choose(page, "first", "Create snapshot")
    await dialog(page).get_by_label("Name").fill("before")
    await press(page, "Create")
    if pool != "tank":  # LVM holds all writes for a moment, so the plan is shown first
        await expect(dialog(page).get_by_text("What will run")).to_be_visible()
        await press(page, "Create")
    await expect(dialog(page)).to_be_hidden()
    await row(page, "first").get_by_role("link", name="first").click()
    await expect(page.get_by_role("grid", name="Snapshots").get_by_text("before")).to_be_visible()
    await assert_accessible(page)
    assert [snapshot["name"] for snapshot in (await disks.repository(pool, "first"))["Snapshots"]] == ["before"]


async def test_what_is_deleted_is_typed_first(root: Visitor) -> None:
    await root.host.world.disks.create("old", "tank")
    page = await at_storage(root)
    await choose(page, "old", "Delete")
    await expect(dialog(page).get_by_text("This loses data for good")).to_be_visible()
    delete = dialog(page).get_by_role("button", name="Delete", exact=True)
    await expect(delete).to_be_disabled()
    await dialog(page).get_by_role("textbox").fill("ol")
    await expect(delete).to_be_disabled()
    await assert_accessible(page)
    await take_pictures(page, "dialog-delete")
    assert "tank/old" in root.host.world.disks.volumes()
    await dialog(page).get_by_role("textbox").fill("old")
    await delete.click()
    await expect(dialog(page)).to_be_hidden()
    await expect(page.get_by_text("No repository")).to_be_visible()
    assert root.host.world.disks.volumes() == set()


def pool_row(page: Page, name: str) -> Locator:
    link = page.get_by_role("link", name=name, exact=True)
    return page.get_by_role("grid", name="Pools").get_by_role("row").filter(has=link)


async def type_name(page: Page, name: str, verb: str) -> None:
    """What loses data is done only when its name was typed."""
    await expect(dialog(page).get_by_role("button", name=verb, exact=True)).to_be_disabled()
    await dialog(page).get_by_label(f"To go on, type {name}").fill(name)
    await press(page, verb)
    await expect(dialog(page)).to_be_hidden()


async def new_pool(page: Page, name: str, kind: str, *disks: str) -> None:
    """Fill the form in; the plan is shown next."""
    await page.get_by_role("button", name="Create pool").click()
    form = dialog(page)
    await form.get_by_label("Name").fill(name)
    await form.get_by_role("radio", name=kind).check()
    for disk in disks:
        await form.get_by_role("checkbox", name=re.compile(rf"\b{disk}$")).check()


async def test_the_life_of_a_volume_group(root: Visitor) -> None:
    lvm, page = root.host.world.disks.lvm, await at_storage(root)
    await new_pool(page, "backup", "LVM volume group", "vdb")
    await assert_accessible(page)
    await take_pictures(page, "dialog-create-pool")
    await carry_out(page, "Create")
    await expect(pool_row(page, "backup")).to_be_visible()

    await choose(page, "backup", "Create thin pool")
    await dialog(page).get_by_label("Name").fill("thin")
    await dialog(page).get_by_role("textbox", name="Size").fill("4")
    await press(page, "Create")
    await expect(dialog(page)).to_be_hidden()
    await expect(pool_row(page, "backup/thin")).to_be_visible()
    assert lvm.volumes("backup") == ["thin"]

    await choose(page, "backup", "Delete")
    await expect(dialog(page).locator(".pf-v6-c-alert.pf-m-danger")).to_contain_text("thin")
    await press(page, "Cancel")
    await choose(page, "backup/thin", "Extend")
    await dialog(page).get_by_label("New size").fill("5")
    await carry_out(page, "Extend")
    await choose(page, "backup/thin", "Delete")
    await type_name(page, "backup/thin", "Delete")
    assert lvm.volumes("backup") == []

    await choose(page, "backup", "Extend")
    await dialog(page).get_by_role("checkbox", name=re.compile(r"\bvdc$")).check()
    await carry_out(page, "Extend")
    await expect(pool_row(page, "backup")).to_contain_text("20 GiB")
    await choose(page, "backup", "Delete")
    await type_name(page, "backup", "Delete")
    await expect(pool_row(page, "backup")).to_have_count(0)
    assert lvm.group("backup") is None


async def test_a_mirror_needs_two_disks(root: Visitor) -> None:
    page = await at_storage(root)
    await new_pool(page, "vault", "ZFS pool", "vdb")
    await dialog(page).get_by_label("Layout").select_option("mirror")
    create_it = dialog(page).get_by_role("button", name="Create", exact=True)
    await expect(create_it).to_be_disabled()
    await dialog(page).get_by_role("checkbox", name=re.compile(r"\bvdc$")).check()
    await press(page, "Create")
    await expect(dialog(page).get_by_text("What will run")).to_be_visible()
    await press(page, "Back")
    await expect(dialog(page).get_by_label("Name")).to_have_value("vault")
    await carry_out(page, "Create")
    await expect(pool_row(page, "vault")).to_contain_text("Online")
    await choose(page, "vault", "Delete")
    await type_name(page, "vault", "Delete")
    await expect(pool_row(page, "vault")).to_have_count(0)


async def test_a_disk_with_old_content_is_wiped_only_when_asked(root: Visitor) -> None:
    disks = root.host.world.disks
    disks.host.add_disk("vdd", 10 * GIB, serial="OLD1", signature="ext4")
    disks.lvm.add_device(str(disks.host.dev / "vdd"), 10 * GIB)
    page = await at_storage(root)
    await new_pool(page, "backup", "LVM volume group", "vdd")
    await expect(dialog(page).get_by_role("grid", name="Disks")).to_contain_text("has old content: ext4")
    create_it = dialog(page).get_by_role("button", name="Create", exact=True)
    await expect(create_it).to_be_disabled()
    assert disks.lvm.group("backup") is None
    await dialog(page).get_by_role("checkbox", name=re.compile("^Wipe ")).check()
    await create_it.click()
    await expect(dialog(page).get_by_text("This loses data for good")).to_be_visible()
    await assert_accessible(page)
    await type_name(page, "backup", "Create")
    await expect(pool_row(page, "backup")).to_be_visible()


@pytest.mark.parametrize("pool", ["vg0", "tank"])
async def test_a_snapshot_is_gone_back_to_and_deleted(root: Visitor, pool: str) -> None:
    disks = root.host.world.disks
    await disks.create("data", pool)
    for name in ("monday", "tuesday"):
        await disks.done("CreateSnapshot", "ss", "data", name)
    page = await at_storage(root)
    await row(page, "data").get_by_role("link", name="data").click()
    snapshots = page.get_by_role("grid", name="Snapshots")
    await choose(page, "monday", "Delete")
    await type_name(page, "monday", "Delete")
    await expect(snapshots.get_by_text("monday")).to_have_count(0)
    await choose(page, "tuesday", "Roll back to it")
    await expect(dialog(page).get_by_text("This loses data for good")).to_be_visible()
    await assert_accessible(page)
    await type_name(page, "data", "Roll back")
    # LVM uses the snapshot up, ZFS keeps it.
    left = ["tuesday"] if pool == "tank" else []
    assert [snapshot["name"] for snapshot in (await disks.repository(pool, "data"))["Snapshots"]] == left


async def test_a_file_system_is_unmounted_and_mounted(root: Visitor) -> None:
    disks = root.host.world.disks
    await disks.create("files", "vg0", 512 * MIB, use="filesystem", filesystem="ext4")
    page, place = await at_storage(root), f"{root.host.stack.directory}/srv/files"
    for verb, is_mounted in (("Unmount", False), ("Mount", True)):
        await choose(page, "files", verb)
        await expect(dialog(page).get_by_text("What will run")).to_be_visible()
        await press(page, verb)
        await expect(dialog(page)).to_be_hidden()
        assert (place in disks.host.mounts()) == is_mounted


async def test_a_refusal_is_shown_and_nothing_happens(root: Visitor) -> None:
    disks = root.host.world.disks
    await disks.create("busy", "vg0", 512 * MIB, use="filesystem", filesystem="ext4")
    disks.host.set_busy_mount(f"{root.host.stack.directory}/srv/busy")
    page = await at_storage(root)
    await choose(page, "busy", "Unmount")
    await press(page, "Unmount")
    await expect(dialog(page).locator(".pf-v6-c-alert.pf-m-danger")).to_contain_text("busy")
    await assert_accessible(page)
    await take_pictures(page, "dialog-refused")
    await press(page, "Cancel")
    await expect(row(page, "busy")).to_contain_text("Ready")
    assert f"{root.host.stack.directory}/srv/busy" in disks.host.mounts()


async def test_a_pool_that_is_too_small_is_refused_in_the_dialog(root: Visitor) -> None:
    page = await at_storage(root)
    await create(page, "huge", "vg0", 900)
    await expect(dialog(page).locator(".pf-v6-c-alert.pf-m-danger")).to_contain_text("vg0")
    assert root.host.world.disks.volumes() == set()


async def test_who_may_only_look_is_told_why(plain: Visitor) -> None:
    await plain.host.world.disks.create("kept", "tank")
    become(plain.host, "viewer")
    page = await at_storage(plain)
    await expect(page.get_by_role("button", name="Create repository")).to_be_disabled()
    await page.get_by_role("button", name="Actions of kept", exact=True).click()
    entry = page.get_by_role("menuitem", name="Delete")
    await expect(entry).to_be_disabled()
    await expect(entry).to_contain_text("administrative access")
    await entry.click(force=True)
    await expect(dialog(page)).to_be_hidden()


async def test_the_daemon_is_killed_while_it_creates(root: Visitor) -> None:
    """It is told as it is: the page shows the job, its end, and what is really there."""
    root.allowed.log.append("WARNING bamsd.disk.recovery: .* of half: Repository half is there")
    disks, page = root.host.world.disks, await at_storage(root)
    gate = disks.lvm.hang_next("lvcreate", done=True)
    await create(page, "half", "vg0", 1)
    await expect(page.get_by_role("region", name="Running jobs")).to_be_visible()
    root.host.restarts = True
    root.host.kill()
    await expect(page.get_by_role("heading", name="BAMS is starting again")).to_be_visible()
    gate.open()
    await root.host.start()
    await settled(page)
    await expect(row(page, "half")).to_be_visible()
    await expect(page.get_by_role("region", name="Running jobs")).to_be_hidden()
    shown = await row(page, "half").inner_text()
    assert ("Ready" in shown) == ((await disks.repository("vg0", "half"))["State"] == "ready")
