"""bamsctl disk: pools, repositories, snapshots."""

from argparse import Namespace
from typing import Any

from bamsd.ctl.command import Argument, Call, Command, flag
from bamsd.ctl.output import record_of
from bamsd.ctl.session import Session
from bamsd.ctl.table import Column, number, percent, plain, size, state, time
from bamsd.ctl.units import parse_size
from bamsd.errors import NotFound

DISK = "/org/bams/Disk"
IFACE = "org.bams.Disk"
REPOSITORY, POOL = "org.bams.Disk.Repository", "org.bams.Disk.Pool"

REPOSITORIES = (
    Column("name", "NAME"),
    Column("pool", "POOL"),
    Column("kind", "KIND"),
    number("size", "SIZE", size),
    number("used", "USED", size),
    Column("use", "USE"),
    Column("mount_point", "MOUNT POINT"),
    state(),
)
POOLS = (
    Column("name", "NAME"),
    Column("kind", "KIND"),
    number("size", "SIZE", size),
    number("free", "FREE", size),
    number("data_percent", "DATA", percent),
    Column("owned", "OWN"),
    state("health", "HEALTH"),
)
SNAPSHOTS = (
    Column("name", "NAME"),
    Column("created", "CREATED", time),
    number("used", "USED", size),
    number("used_percent", "FULL", percent),
    Column("valid", "VALID"),
    Column("owned", "OWN"),
)
CANDIDATES = (
    Column("id", "DISK"),
    number("size", "SIZE", size),
    Column("model", "MODEL"),
    Column("smart", "SMART"),
    Column("signature", "HOLDS"),
    Column("candidate", "FREE"),
    Column("refusals", "WHY NOT"),
)
HOLDERS = (Column("kind", "KIND"), Column("name", "NAME"), Column("release", "HOW TO END IT"))
SHOWN = {
    "size": size,
    "used": size,
    "free": size,
    "created": time,
    "data_percent": percent,
    "metadata_percent": percent,
}

NAME = Argument("name", "name of the repository", names="repository")
POOL_NAME = Argument("pool", "name of the pool; lvm:NAME or zfs:NAME where both have one", names="pool")
SIZE_HELP = "such as 500G or 1.5T: powers of 1024; GB and TB are powers of 1000"
LAYOUTS = ("single", "mirror", "raidz1", "raidz2", "raidz3")
LAYOUT = Argument("--layout", "of the disks of a zpool", option="layout", choices=LAYOUTS)
WIPE = flag("--wipe", "the disks' old content may be lost", option="wipe")
POOL_SIZE = Argument("--size", f"of a thin pool, {SIZE_HELP}", option="size", value=parse_size, metavar="SIZE")


async def named(session: Session, interface: str, name: str, what: str) -> dict[str, Any]:
    """One object by its Name, as a record. Raises NotFound."""
    for path, properties in (await session.client.objects(interface)).items():
        if properties["Name"] == name:
            return record_of(path, properties)
    raise NotFound(f"There is no {what} {name!r}. See: bamsctl disk {'pool ' if what == 'pool' else ''}list")


def show(session: Session, record: dict[str, Any], hidden: tuple[str, ...] = ()) -> None:
    if session.output.as_json:
        session.output.document(record)
        return
    pairs = [
        (key.replace("_", " "), SHOWN.get(key, plain)(value)) for key, value in record.items() if key not in hidden
    ]
    session.output.facts(pairs)


async def list_repositories(session: Session, given: Namespace) -> None:
    found = [record_of(path, p) for path, p in (await session.client.objects(REPOSITORY)).items()]
    rows = [row for row in found if given.all or row["owned"]]
    others = len(found) - len(rows)
    await session.say_incomplete("disk")
    more = f" {others} volumes were made by others; see them with --all." if others else ""
    session.output.rows(rows, REPOSITORIES, f"There is no repository.{more}")


async def show_repository(session: Session, given: Namespace) -> None:
    record = await named(session, REPOSITORY, given.name, "repository")
    show(session, record, ("snapshots", "used_known", "path"))
    if record["snapshots"] and not session.output.as_json:
        session.output.line()
        session.output.table(record["snapshots"], SNAPSHOTS)


async def list_snapshots(session: Session, given: Namespace) -> None:
    record = await named(session, REPOSITORY, given.name, "repository")
    session.output.rows(record["snapshots"], SNAPSHOTS, f"{given.name} has no snapshot.")


async def list_pools(session: Session, given: Namespace) -> None:
    rows = [record_of(path, p) for path, p in (await session.client.objects(POOL)).items()]
    await session.say_incomplete("disk")
    session.output.rows(rows, POOLS, "There is no pool. See the disks for one: bamsctl disk candidates")


async def show_pool(session: Session, given: Namespace) -> None:
    record = await named(session, POOL, given.pool, "pool")
    show(session, record, ("devices", "path"))
    if not session.output.as_json:
        session.output.line()
        columns = (Column("path", "DISK"), number("size", "SIZE", size), state(), Column("reason", "REASON"))
        session.output.table(record["devices"], columns)


async def candidates(session: Session, given: Namespace) -> None:
    rows = await session.client.call(DISK, f"{IFACE}.ListCandidates", "a{sv}", {})
    shown = [row for row in rows if given.all or row["candidate"]]
    text = "No disk is free for a pool. See why: bamsctl disk candidates --all"
    session.output.rows(shown, CANDIDATES if given.all else CANDIDATES[:5], text)


async def holders(session: Session, given: Namespace) -> None:
    rows = await session.client.call(DISK, f"{IFACE}.GetHolders", "s", given.name)
    session.output.rows(rows, HOLDERS, f"Nobody uses {given.name}.")


def _on(
    words: tuple[str, ...], help: str, member: str, *more: Argument, confirm: str = "", signature: str = "s"
) -> Command:
    """A change of the repository that stands first."""
    return Command(
        ("disk", *words), help, (NAME, *more), call=Call(DISK, f"{IFACE}.{member}", signature, confirm=confirm)
    )


COMMANDS = (
    Command(
        ("disk", "list"),
        "show the repositories",
        (flag("--all", "also the volumes that others made"),),
        list_repositories,
        shape="repositories",
        default=True,
    ),
    Command(("disk", "show"), "show one repository", (NAME,), show_repository, shape="repository"),
    Command(
        ("disk", "create"),
        "make a repository",
        (
            Argument("name", "the new name: a-z, 0-9, _ and -, beginning with a letter, at most 48"),
            POOL_NAME,
            Argument("size", SIZE_HELP, value=parse_size),
            flag("--filesystem", "with a file system, mounted; else it is a raw device for iSCSI", "use", "filesystem"),
            Argument("--type", "of the file system (xfs)", option="filesystem", choices=("xfs", "ext4")),
            flag("--sparse", "a zvol that takes space only when written", option="sparse"),
        ),
        call=Call(DISK, f"{IFACE}.CreateRepository", "sst"),
    ),
    _on(
        ("grow",),
        "make a repository larger",
        "ResizeRepository",
        Argument("size", f"the new size, {SIZE_HELP}", value=parse_size),
        signature="st",
    ),
    _on(("delete",), "delete a repository and all its data", "DeleteRepository", confirm="name"),
    _on(("finish",), "do what an interrupted change left to be done", "FinishRepository"),
    _on(("mount",), "mount its file system, now and at every start", "MountRepository"),
    _on(("unmount",), "unmount its file system, now and at every start", "UnmountRepository"),
    Command(
        ("disk", "holders"),
        "show who uses a repository or volume",
        (Argument("name", "name of the repository or volume", names="volume"),),
        holders,
        shape="holders",
    ),
    Command(
        ("disk", "candidates"),
        "show the disks that may become part of a pool",
        (flag("--all", "every disk, and why it may not"),),
        candidates,
        shape="candidates",
    ),
    Command(
        ("disk", "rollback"),
        "put a repository back to a snapshot; what was written since is lost",
        (NAME, Argument("snapshot", "name of the snapshot", names="snapshot")),
        call=Call(DISK, f"{IFACE}.RollbackSnapshot", "ss", confirm="name"),
    ),
    Command(
        ("disk", "snapshot", "list"), "show the snapshots of a repository", (NAME,), list_snapshots, shape="snapshots"
    ),
    _on(
        ("snapshot", "create"),
        "keep the present content",
        "CreateSnapshot",
        Argument("snapshot", "name of the new snapshot"),
        Argument(
            "--size", f"for changes of a thick LVM volume, {SIZE_HELP}", option="size", value=parse_size, metavar="SIZE"
        ),
        signature="ss",
    ),
    _on(
        ("snapshot", "delete"),
        "delete a snapshot",
        "DeleteSnapshot",
        Argument("snapshot", "name of the snapshot", names="snapshot"),
        confirm="snapshot",
        signature="ss",
    ),
    Command(("disk", "pool", "list"), "show the pools", (), list_pools, shape="pools", default=True),
    Command(("disk", "pool", "show"), "show one pool", (POOL_NAME,), show_pool, shape="pool"),
    Command(
        ("disk", "pool", "create"),
        "make a pool",
        (
            Argument("pool", "the new name; of a thin pool VOLUME-GROUP/NAME"),
            Argument("kind", "what it is made of; lvm is a volume group", choices=("lvm", "lvm-thin", "zfs")),
            Argument("disk", "disks by id or path; none for a thin pool", names="candidate", many="*"),
            LAYOUT,
            POOL_SIZE,
            Argument("--metadata-size", "of a thin pool", option="metadata_size", value=parse_size, metavar="SIZE"),
            WIPE,
        ),
        call=Call(DISK, f"{IFACE}.CreatePool", "ssas"),
    ),
    Command(
        ("disk", "pool", "extend"),
        "make a pool larger",
        (
            POOL_NAME,
            Argument("disk", "disks to add; none for a thin pool", names="candidate", many="*"),
            LAYOUT,
            POOL_SIZE,
            WIPE,
        ),
        call=Call(DISK, f"{IFACE}.ExtendPool", "sas"),
    ),
    Command(
        ("disk", "pool", "delete"),
        "remove an empty pool that BAMS made",
        (POOL_NAME,),
        call=Call(DISK, f"{IFACE}.DeletePool", "s", confirm="pool"),
    ),
    Command(
        ("disk", "refresh"), "look at all pools and volumes now", (), call=Call(DISK, f"{IFACE}.Refresh", "", job=False)
    ),
)
