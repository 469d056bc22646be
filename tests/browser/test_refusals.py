"""Who loses a right while a dialog is open: every dialog says so and stays, and nothing is done."""

import re
from collections.abc import Sequence

from playwright.async_api import Page, expect

from tests.browser.browsing import Step, chosen, clicked, dialog, drive, press, refusal, settled, slot
from tests.browser.visitor import Visitor
from tests.bus.tapes import LIB
from tests.bus.targets import HOST, A, Targets, until_ready
from tests.fakes.disks_lvm import MIB

DRIVE = f"{LIB}-drive-0"


async def nothing(page: Page) -> None:
    """What is filled in already is enough."""


def filled(**fields: str) -> Step:
    """Fields of the dialog by their labels, _ for a blank."""

    async def step(page: Page) -> None:
        for label, value in fields.items():
            await dialog(page).get_by_role("textbox", name=label.replace("_", " "), exact=True).fill(value)

    return step


def ticked(name: str) -> Step:
    async def step(page: Page) -> None:
        await dialog(page).get_by_role("checkbox", name=re.compile(name)).check()

    return step


async def refuse_all(visitor: Visitor, page: Page, ways: Sequence[tuple[Step, Step, str]]) -> None:
    """``ways``: what opens a dialog, what fills it in, and the verb; without a verb it asks for its plan by itself."""
    host = visitor.host
    before = await host.jobs_done()
    for opened, fill, verb in ways:
        if not verb:
            host.stack.polkit("no")
        await opened(page)
        await expect(dialog(page)).to_be_visible()
        if verb:
            await fill(page)
            host.stack.polkit("no")
            await press(page, verb)
        await expect(refusal(page)).to_contain_text("You may not do this")
        host.stack.polkit("yes")
        await press(page, "Cancel")
        await expect(dialog(page)).to_be_hidden()
    assert await host.jobs_done() == before


async def test_dialogs_of_storage(root: Visitor) -> None:
    disks = root.host.world.disks
    await disks.done("CreatePool", "ssas", "own", "lvm", [str(disks.host.dev / "vdb")])
    await disks.create("data", "vg0")
    await disks.done("CreateSnapshot", "ss", "data", "monday")
    await disks.create("files", "vg0", 512 * MIB, use="filesystem", filesystem="ext4")
    page = await root.open("storage")
    await settled(page)
    lvm = dialog(page).get_by_role("radio", name="LVM volume group")

    async def new_pool(page: Page) -> None:
        await filled(Name="more")(page)
        await lvm.check()
        await ticked(r"\bvdc$")(page)

    async def new_repository(page: Page) -> None:
        await filled(Name="new", Size="1")(page)

    await refuse_all(
        root,
        page,
        [
            (clicked("Create pool"), new_pool, "Create"),
            (chosen("own", "Create thin pool"), filled(Name="thin", Size="1"), "Create"),
            (chosen("own", "Extend"), ticked(r"\bvdc$"), "Extend"),
            (chosen("own", "Delete"), nothing, ""),
            (clicked("Create repository"), new_repository, "Create"),
            (chosen("data", "Grow"), filled(New_size="2"), "Grow"),
            (chosen("data", "Create snapshot"), filled(Name="tuesday"), "Create"),
            (chosen("data", "Delete"), nothing, ""),
            (chosen("files", "Unmount"), nothing, ""),
        ],
    )
    await page.get_by_role("link", name="data", exact=True).click()
    await expect(page.get_by_role("grid", name="Snapshots")).to_be_visible()
    snapshots = [(chosen("monday", "Roll back to it"), nothing, ""), (chosen("monday", "Delete"), nothing, "")]
    await refuse_all(root, page, snapshots)


async def test_dialogs_of_tapes(root: Visitor) -> None:
    tapes = root.host.world.tapes
    page = await root.open("tape")
    await settled(page)

    async def cartridge(page: Page) -> None:
        await dialog(page).get_by_label("Cartridge").select_option("4")

    async def moved(page: Page) -> None:
        await slot(page, 1).click()
        await slot(page, 15).click()

    async def cleaned(page: Page) -> None:
        await page.get_by_role("button", name="Actions of drive 1").click()
        await page.get_by_role("menuitem", name="Clean").click()

    await refuse_all(
        root,
        page,
        [
            (clicked(f"Take inventory of {LIB}"), nothing, "Take inventory"),
            (clicked("Load drive 0"), cartridge, "Load"),
            (cleaned, nothing, "Clean"),
            (moved, nothing, "Move"),
        ],
    )
    await page.keyboard.press("Escape")
    await clicked("Load drive 0")(page)
    await cartridge(page)
    await press(page, "Load")
    await expect(drive(page, 0)).to_contain_text("BAM004L8")
    await refuse_all(root, page, [(clicked("Unload drive 0"), nothing, "Unload")])
    assert tapes.barcode_in_slot(LIB, 1) == "BAM001L8"


async def test_dialogs_of_targets(root: Visitor) -> None:
    host = root.host
    assert host.side
    await until_ready(host.world.client)
    targets = Targets(host.world.disks, host.side)
    await targets.done("CreateTarget", "s", A, initiators=[HOST], apply=True)
    for name in ("disk", "other"):
        await host.world.disks.create(name, "vg0", 64 * MIB, use="block")
    await targets.done("AddLun", "ss", A, "disk", apply=True)
    assert host.side.log_in(A, HOST)
    byhand = f"{A}.byhand"
    host.side.make_by_hand(byhand, await targets.repository("byhand"), HOST)
    await targets.drift()
    await targets.done("UpdateTarget", "s", A, alias="waits")
    before = host.side.snapshot(A)
    page = await root.open("iscsi")
    await settled(page)
    credentials = filled(User="reader", Secret="long-enough-1234")
    await refuse_all(
        root,
        page,
        [
            (clicked("Create target"), nothing, "Create"),
            (chosen(byhand, "Take over"), nothing, "Take over"),
            (clicked("Apply all"), nothing, ""),
            (chosen(HOST, "Close session"), nothing, "Close session"),
            (chosen(A, "Apply"), nothing, ""),
            (chosen(A, "Add LUN"), nothing, "Add"),
            (chosen(A, "Change initiators"), nothing, "Change"),
            (chosen(A, "Set credentials"), credentials, "Set"),
            (chosen(A, "Change alias and portals"), filled(Alias="mail"), "Change"),
            (chosen(A, "Change parameters"), filled(MaxBurstLength="65536"), "Change"),
            (chosen(A, "Delete"), nothing, "Delete"),
        ],
    )
    await page.get_by_role("link", name=A, exact=True).first.click()
    await refuse_all(root, page, [(chosen("LUN 0", "Remove"), nothing, "Remove")])
    assert host.side.snapshot(A) == before


async def test_dialogs_of_bacula(root: Visitor) -> None:
    world = root.host.world
    await world.disks.create("files", "vg0", use="filesystem", filesystem="xfs")
    await world.done("ApplyConfig", virtual_autochangers=["files"])
    world.bacula.set(storages=[LIB, "files"])
    text = world.bacula.everything()
    page = await root.open("bacula")
    await settled(page)

    async def first_slot(page: Page) -> None:
        await dialog(page).get_by_role("radio", name="Slot 1:").check()

    async def first_label(page: Page) -> None:
        await dialog(page).get_by_label("Pool").select_option("Tape")
        await dialog(page).get_by_role("checkbox", name="Slot 1:").check()

    await refuse_all(
        root,
        page,
        [
            (clicked("Restart the storage daemon"), nothing, "Restart"),
            (chosen(DRIVE, "Mount"), first_slot, "Mount"),
            (chosen(DRIVE, "Unmount"), nothing, ""),
            (chosen(DRIVE, "Release"), nothing, ""),
            (chosen(DRIVE, "Disable"), nothing, ""),
        ],
    )
    await page.goto(f"{root.url}#/bacula/volumes")
    await refuse_all(
        root,
        page,
        [
            (clicked("Label cartridges"), first_label, "Label"),
            (clicked("Inventory"), nothing, "Compare"),
        ],
    )
    await page.goto(f"{root.url}#/bacula/configuration")
    await page.get_by_role("button", name="One more").click()
    await page.get_by_role("button", name="Show what would change").click()
    await refuse_all(root, page, [(clicked("Apply"), nothing, "Apply")])
    assert world.bacula.everything() == text
    assert set(world.bacula.commands()) <= {"llist volumes"}
