"""Every dialog of the page: the place it is at, what opens it, what fills it in, and the verb on its button.

Each scene is one host on which all its dialogs can be opened, and be carried out one after the other.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playwright.async_api import Page, expect

from tests.browser.browsing import Step, choose, chosen, clicked, dialog, go, press, slot
from tests.browser.host import Host
from tests.bus.tapes import LIB, Library
from tests.bus.targets import HOST, A, Targets, until_ready
from tests.fakes.disks_lvm import GIB, MIB

DRIVE = f"{LIB}-drive-0"
OTHER_DRIVE = f"{LIB}-drive-1"
BYHAND = f"{A}.byhand"


async def nothing(page: Page) -> None:
    """What is filled in already is enough."""


@dataclass(frozen=True)
class Way:
    place: str
    opened: Step
    verb: str
    fill: Step = nothing
    has_form: bool = True
    """Else it asks for its plan as soon as it is open."""
    is_job: bool = True
    """Else the daemon does it at once, and without a plan."""


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


def unticked(name: str) -> Step:
    async def step(page: Page) -> None:
        await dialog(page).get_by_role("checkbox", name=re.compile(name)).uncheck()

    return step


def picked(label: str, value: str) -> Step:
    async def step(page: Page) -> None:
        await dialog(page).get_by_role("combobox", name=label, exact=True).select_option(value)

    return step


def both(*steps: Step) -> Step:
    async def step(page: Page) -> None:
        for one in steps:
            await one(page)

    return step


def of_data(name: str, action: str) -> Step:
    """The menu of a snapshot of the repository data."""

    async def step(page: Page) -> None:
        await page.get_by_role("link", name="data", exact=True).click()
        await choose(page, name, action)

    return step


async def storage(host: Host) -> Sequence[Way]:
    disks, stack = host.world.disks, host.stack
    for name in ("vdd", "vde"):
        stack.host.add_disk(name, 10 * GIB, serial=f"S{name}")
        stack.lvm.add_device(str(stack.host.dev / name), 10 * GIB)
    for pool, disk in (("own", "vdb"), ("extra", "vdc")):
        await disks.done("CreatePool", "ssas", pool, "lvm", [str(stack.host.dev / disk)])
    await disks.create("data", "vg0")
    for name in ("monday", "tuesday"):
        await disks.done("CreateSnapshot", "ss", "data", name)
    await disks.create("files", "vg0", 512 * MIB, use="filesystem", filesystem="ext4")
    await disks.create("aside", "vg0", 512 * MIB, use="filesystem", filesystem="ext4")
    await disks.done("UnmountRepository", "s", "aside")
    stack.host.fail_next("mkfs.xfs", "Input/output error\n")
    await disks.refused("CreateRepository", "sst", "bare", "vg0", GIB, use="filesystem", filesystem="xfs")

    async def new_pool(page: Page) -> None:
        await filled(Name="more")(page)
        await dialog(page).get_by_role("radio", name="LVM volume group").check()
        await ticked(r"\bvdd$")(page)

    return [
        Way("storage", clicked("Create pool"), "Create", new_pool),
        Way("storage", chosen("own", "Create thin pool"), "Create", filled(Name="thin", Size="1")),
        Way("storage", chosen("own", "Extend"), "Extend", ticked(r"\bvde$")),
        Way("storage", chosen("extra", "Delete"), "Delete", has_form=False),
        Way("storage", clicked("Create repository"), "Create", filled(Name="new", Size="1")),
        Way("storage", chosen("files", "Grow"), "Grow", filled(New_size="1024")),
        Way("storage", chosen("files", "Create snapshot"), "Create", filled(Name="friday")),
        Way("storage", chosen("aside", "Mount"), "Mount", has_form=False),
        Way("storage", chosen("files", "Unmount"), "Unmount", has_form=False),
        Way("storage", chosen("bare", "Finish the interrupted change"), "Finish", has_form=False),
        Way("storage", of_data("tuesday", "Delete"), "Delete", has_form=False),
        Way("storage", of_data("monday", "Roll back to it"), "Roll back", has_form=False),
        Way("storage", chosen("data", "Delete"), "Delete", has_form=False),
    ]


async def tapes(host: Host) -> Sequence[Way]:
    host.world.tapes.put(LIB, 9, "CLN001L8")
    library = Library(host.world.client)
    await library.done("Inventory")
    await library.done("Load", 7, 1)

    async def cleaned(page: Page) -> None:
        await page.get_by_role("button", name="Actions of drive 0").click()
        await page.get_by_role("menuitem", name="Clean").click()

    async def moved(page: Page) -> None:
        await slot(page, 1).click()
        await slot(page, 15).click()

    return [
        Way("tape", clicked(f"Take inventory of {LIB}"), "Take inventory"),
        Way("tape", cleaned, "Clean"),
        Way("tape", moved, "Move"),
        Way("tape", clicked("Load drive 0"), "Load", picked("Cartridge", "4")),
        Way("tape", clicked("Unload drive 1"), "Unload"),
    ]


async def targets(host: Host) -> Sequence[Way]:
    assert host.side
    await until_ready(host.world.client)
    made = Targets(host.world.disks, host.side)
    await made.done("CreateTarget", "s", A, initiators=[HOST], apply=True)
    for name in ("disk", "other"):
        await host.world.disks.create(name, "vg0", 64 * MIB, use="block")
    await made.done("AddLun", "ss", A, "disk", apply=True)
    assert host.side.log_in(A, HOST)
    host.side.make_by_hand(BYHAND, await made.repository("byhand"), HOST)
    await made.drift()
    await made.done("UpdateTarget", "s", A, alias="waits")

    async def first_lun(page: Page) -> None:
        await page.get_by_role("link", name=A, exact=True).first.click()
        await choose(page, "LUN 0", "Remove")

    later = both(filled(Alias="mail"), unticked("Bring it into force"))
    return [
        Way("iscsi", clicked("Create target"), "Create"),
        Way("iscsi", chosen(BYHAND, "Take over"), "Take over"),
        Way("iscsi", chosen(A, "Apply"), "Apply", has_form=False),
        Way("iscsi", chosen(HOST, "Close session"), "Close session", is_job=False),
        Way("iscsi", chosen(A, "Add LUN"), "Add", picked("Repository", "other")),
        Way("iscsi", chosen(A, "Change initiators"), "Change", filled(Initiators_that_may_log_in=HOST)),
        Way("iscsi", chosen(A, "Set credentials"), "Set", filled(User="reader", Secret="long-enough-1234")),
        Way("iscsi", chosen(A, "Change parameters"), "Change", filled(MaxBurstLength="65536")),
        Way("iscsi", chosen(A, "Change alias and portals"), "Change", later),
        Way("iscsi", clicked("Apply all"), "Apply", has_form=False),
        Way("iscsi", first_lun, "Remove"),
        Way("iscsi", chosen(A, "Delete"), "Delete"),
    ]


async def bacula(host: Host) -> Sequence[Way]:
    world = host.world
    await world.disks.create("files", "vg0", use="filesystem", filesystem="xfs")
    await world.done("ApplyConfig", virtual_autochangers=["files"])
    world.bacula.set(storages=[LIB, "files"], now={OTHER_DRIVE: {"enabled": 0}})

    async def first_slot(page: Page) -> None:
        await dialog(page).get_by_role("radio", name="Slot 1:").check()

    async def first_label(page: Page) -> None:
        await dialog(page).get_by_label("Pool").select_option("Tape")
        await dialog(page).get_by_role("checkbox", name="Slot 2:").check()

    async def configuration(page: Page) -> None:
        await page.get_by_role("button", name="One more").click()
        await page.get_by_role("button", name="Show what would change").click()
        await expect(page.get_by_role("button", name="Apply", exact=True)).to_be_enabled()
        await clicked("Apply")(page)

    volumes, settings = "bacula/volumes", "bacula/configuration"
    rule = clicked("Let Bacula use the tape devices")
    return [
        Way(settings, rule, "Write the rule", is_job=False),
        Way(settings, configuration, "Apply"),
        Way("bacula", clicked("Restart the storage daemon"), "Restart"),
        Way(volumes, clicked("Label cartridges"), "Label", first_label),
        Way(volumes, clicked("Inventory"), "Compare"),
        Way("bacula", chosen(OTHER_DRIVE, "Enable"), "Enable", has_form=False),
        Way("bacula", chosen(DRIVE, "Mount"), "Mount", first_slot),
        Way("bacula", chosen(DRIVE, "Unmount"), "Unmount", has_form=False),
        Way("bacula", chosen(DRIVE, "Release"), "Release", has_form=False),
        Way("bacula", chosen(DRIVE, "Disable"), "Disable", has_form=False),
    ]


async def bundles(host: Host) -> Sequence[Way]:
    folder = host.stack.directory / "state/bundles"
    folder.mkdir(exist_ok=True)
    (folder / "bams-x-20260101-000000.tar.zst").write_bytes(b"old")

    async def of_a_day(page: Page) -> None:
        await expect(dialog(page).get_by_role("checkbox", name="BAMS itself")).to_be_checked()
        await picked("Logs", "1")(page)

    old = clicked("Delete bams-x-20260101-000000")
    return [
        Way("logs", clicked("Create support bundle"), "Create", of_a_day),
        Way("logs", old, "Delete", is_job=False),
    ]


SCENES = (storage, tapes, targets, bacula, bundles)


async def ask(page: Page, way: Way, between: Callable[[], None]) -> None:
    """Open the dialog and fill it in, up to where it asks for its plan; do something just before that."""
    await go(page, way.place)
    await page.keyboard.press("Escape")  # what was chosen in the page before
    if way.has_form:
        await way.opened(page)
        await expect(dialog(page)).to_be_visible()
        await way.fill(page)
        between()
        await press(page, way.verb)
    else:
        between()
        await way.opened(page)
        await expect(dialog(page)).to_be_visible()
