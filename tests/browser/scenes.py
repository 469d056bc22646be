"""Every dialog of the page.

Each scene is one host on which all its dialogs can be opened, and be refused or carried out one after the other.
"""

from collections.abc import Sequence
from dataclasses import replace

from playwright.async_api import Page, expect

from tests.browser.browsing import (
    Step,
    choose,
    chosen,
    clicked,
    dialog,
    each,
    filled,
    marked,
    picked,
    slot,
    ticked,
    unticked,
)
from tests.browser.dialogs import Refusal, Way
from tests.browser.host import Host
from tests.browser.obstacles import (
    busy_bundles,
    busy_group,
    busy_targets,
    changed,
    emptied,
    failing,
    formatted,
    held,
    logged_out,
    mounted,
    no_bundle,
    no_folder_of_rules,
    opened,
    put,
    running_job,
    silent_director,
    switched_off,
    without,
)
from tests.bus.tapes import LIB, Library
from tests.bus.targets import HOST, A, Targets, until_ready
from tests.fakes.disks_lvm import GIB, MIB

DRIVE = f"{LIB}-drive-0"
OTHER_DRIVE = f"{LIB}-drive-1"
BYHAND = f"{A}.byhand"


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

    def new_pool(name: str) -> Step:
        return each(filled(Name=name), marked("LVM volume group"), ticked(r"\bvdd$"))

    taken = Refusal("holds ext4", formatted("vdd"))
    used = Refusal("is in use", mounted("vg0", "data"))
    snapshots = Refusal("has snapshots: monday, tuesday")
    no_room = "Extend the pool, or delete what nobody needs"
    tuesday = ("DeleteSnapshot", "ss", "data", "tuesday"), ("CreateSnapshot", "ss", "data", "tuesday")
    friday = ("CreateSnapshot", "ss", "files", "friday"), ("DeleteSnapshot", "ss", "files", "friday")
    late = ("CreateRepository", "sst", "late", "extra", GIB), ("DeleteRepository", "s", "late")
    unmounted = ("UnmountRepository", "s", "files"), ("MountRepository", "s", "files")
    return [
        Way(
            "storage",
            clicked("Create pool"),
            "Create",
            new_pool("more"),
            refusals=[Refusal("There is a pool own already", fill=new_pool("own")), taken],
        ),
        Way(
            "storage",
            chosen("own", "Create thin pool"),
            "Create",
            filled(Name="thin", Size="1"),
            refusals=[
                Refusal(no_room, fill=filled(Name="thin", Size="900")),
                Refusal("is busy", busy_group("own")),
            ],
        ),
        Way(
            "storage",
            chosen("own", "Extend"),
            "Extend",
            ticked(r"\bvde$"),
            refusals=[Refusal("holds ext4", formatted("vde"))],
        ),
        Way(
            "storage",
            chosen("extra", "Delete"),
            "Delete",
            has_form=False,
            refusals=[Refusal("is not empty: it holds extra/late", changed(*late))],
        ),
        Way(
            "storage",
            clicked("Create repository"),
            "Create",
            filled(Name="new", Size="1"),
            refusals=[
                Refusal("There is a repository data already", fill=filled(Name="data", Size="1")),
                Refusal(no_room, fill=filled(Name="new", Size="900")),
            ],
        ),
        Way(
            "storage",
            chosen("files", "Grow"),
            "Grow",
            filled(New_size="1024"),
            refusals=[
                Refusal(no_room, fill=filled(New_size="999999")),
                Refusal("Mount it first", changed(*unmounted)),
            ],
        ),
        Way(
            "storage",
            chosen("files", "Create snapshot"),
            "Create",
            filled(Name="friday"),
            refusals=[Refusal("has a snapshot friday already", changed(*friday))],
        ),
        Way(
            "storage",
            chosen("aside", "Mount"),
            "Mount",
            has_form=False,
            refusals=[Refusal("Job failed", failing("systemctl enable", "Job failed."), is_late=True)],
        ),
        Way(
            "storage",
            chosen("files", "Unmount"),
            "Unmount",
            has_form=False,
            refusals=[Refusal("srv/files is still mounted, because something uses it", opened("files"), is_late=True)],
        ),
        Way(
            "storage",
            chosen("bare", "Finish the interrupted change"),
            "Finish",
            has_form=False,
            refusals=[Refusal("Input/output error", failing("mkfs.xfs", "Input/output error"), is_late=True)],
        ),
        Way(
            "storage",
            of_data("tuesday", "Delete"),
            "Delete",
            has_form=False,
            refusals=[Refusal("has no snapshot 'tuesday'", changed(*tuesday), is_late=True)],
        ),
        Way("storage", of_data("monday", "Roll back to it"), "Roll back", has_form=False, refusals=[used]),
        Way("storage", chosen("data", "Delete"), "Delete", has_form=False, refusals=[snapshots]),
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

    silent, stuck = (Refusal(words, switched_off) for words in ("is offline", "could not take inventory"))
    return [
        Way(
            "tape",
            clicked(f"Take inventory of {LIB}"),
            "Take inventory",
            refusals=[stuck],
        ),
        Way("tape", cleaned, "Clean", refusals=[Refusal("no cleaning cartridge", emptied(9)), silent]),
        Way("tape", moved, "Move", refusals=[Refusal("Slot 15", put(15)), silent]),
        Way(
            "tape",
            clicked("Load drive 0"),
            "Load",
            picked("Cartridge", "4"),
            refusals=[Refusal("Slot 4 of CHG0001 is empty", emptied(4)), Refusal("(pid ", held(0))],
        ),
        Way("tape", clicked("Unload drive 1"), "Unload", refusals=[Refusal("(pid ", held(1)), silent]),
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

    busy = Refusal("The iSCSI configuration is busy", busy_targets)
    later = each(filled(Alias="mail"), unticked("Bring it into force"))
    return [
        Way(
            "iscsi",
            clicked("Create target"),
            "Create",
            refusals=[Refusal("There is a target", fill=filled(**{"Name_(IQN)": A}))],
        ),
        Way("iscsi", chosen(BYHAND, "Take over"), "Take over", refusals=[busy]),
        Way("iscsi", chosen(A, "Apply"), "Apply", has_form=False, refusals=[busy]),
        Way(
            "iscsi",
            chosen(HOST, "Close session"),
            "Close session",
            is_job=False,
            refusals=[Refusal("has no session", logged_out)],
        ),
        Way(
            "iscsi",
            chosen(A, "Add LUN"),
            "Add",
            picked("Repository", "other"),
            refusals=[Refusal("it is in use: mount", mounted("vg0", "other"))],
        ),
        Way(
            "iscsi",
            chosen(A, "Change initiators"),
            "Change",
            filled(Initiators_that_may_log_in=HOST),
            refusals=[busy],
        ),
        Way(
            "iscsi",
            chosen(A, "Set credentials"),
            "Set",
            filled(User="reader", Secret="long-enough-1234"),
            refusals=[busy],
        ),
        Way("iscsi", chosen(A, "Change parameters"), "Change", filled(MaxBurstLength="65536"), refusals=[busy]),
        Way(
            "iscsi",
            chosen(A, "Change alias and portals"),
            "Change",
            later,
            refusals=[Refusal("not an address", fill=filled(Portals="not-an-address"))],
        ),
        Way("iscsi", clicked("Apply all"), "Apply", has_form=False, refusals=[busy]),
        Way("iscsi", first_lun, "Remove", refusals=[busy]),
        Way("iscsi", chosen(A, "Delete"), "Delete", refusals=[busy]),
    ]


async def bacula(host: Host) -> Sequence[Way]:
    world = host.world
    await world.disks.create("files", "vg0", use="filesystem", filesystem="xfs")
    await world.done("ApplyConfig", virtual_autochangers=["files"])
    world.bacula.set(storages=[LIB, "files"], now={OTHER_DRIVE: {"enabled": 0}})

    async def configuration(page: Page) -> None:
        await page.get_by_role("button", name="One more").click()
        await page.get_by_role("button", name="Show what would change").click()
        await expect(page.get_by_role("button", name="Apply", exact=True)).to_be_enabled()
        await clicked("Apply")(page)

    running = Refusal("nightly (JobId 7)", running_job, is_late=True)
    silent = Refusal("Director authorization error", silent_director)
    unknown = Refusal("The Director has no storage 'CHG0001'", without("storages", LIB))
    late = [replace(why, is_late=True) for why in (unknown, silent)]
    volumes, settings = "bacula/volumes", "bacula/configuration"
    rule = clicked("Let Bacula use the tape devices")
    return [
        Way(settings, rule, "Write the rule", is_job=False, refusals=[Refusal("rules.d", no_folder_of_rules)]),
        Way(settings, configuration, "Apply", refusals=[running]),
        Way("bacula", clicked("Restart the storage daemon"), "Restart", refusals=[running]),
        Way(
            volumes,
            clicked("Label cartridges"),
            "Label",
            each(picked("Pool", "Tape"), ticked("Slot 2:")),
            refusals=[
                Refusal("has no pool 'Tape'", without("pools", "Tape")),
                Refusal("Slot 2 of CHG0001 is empty", emptied(2, is_known=True)),
            ],
        ),
        Way(volumes, clicked("Inventory"), "Compare", refusals=[unknown, silent]),
        Way("bacula", chosen(OTHER_DRIVE, "Enable"), "Enable", has_form=False, refusals=late),
        Way(
            "bacula",
            chosen(DRIVE, "Mount"),
            "Mount",
            marked("Slot 1:"),
            refusals=[Refusal("Slot 1 of CHG0001 is empty", emptied(1, is_known=True)), unknown, silent],
        ),
        Way("bacula", chosen(DRIVE, "Unmount"), "Unmount", has_form=False, refusals=late),
        Way("bacula", chosen(DRIVE, "Release"), "Release", has_form=False, refusals=late),
        Way("bacula", chosen(DRIVE, "Disable"), "Disable", has_form=False, refusals=late),
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
        Way(
            "logs",
            clicked("Create support bundle"),
            "Create",
            of_a_day,
            refusals=[Refusal("The making of bundles is busy", busy_bundles)],
        ),
        Way("logs", old, "Delete", is_job=False, refusals=[Refusal("bams-x-20260101-000000", no_bundle)]),
    ]


SCENES = (storage, tapes, targets, bacula, bundles)
