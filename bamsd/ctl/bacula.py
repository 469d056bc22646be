"""bamsctl bacula: state, configuration, volumes, jobs, and the words of its operator."""

from argparse import Namespace
from typing import Any

from bamsd.ctl.command import Argument, Call, Command, flag, options_of
from bamsd.ctl.session import Session
from bamsd.ctl.table import Column, number, plain, size, state, time
from bamsd.ctl.units import parse_size
from bamsd.errors import InvalidArgument

BACULA = "/org/bams/Bacula"
IFACE = "org.bams.Bacula"

DEVICES = (
    Column("name", "DEVICE"),
    Column("type", "TYPE"),
    Column("autochanger", "AUTOCHANGER"),
    Column("volume", "VOLUME"),
    Column("pool", "POOL"),
    Column("mounted", "MOUNTED"),
    number("writers", "WRITERS"),
    Column("blocked", "WAITS FOR"),
)
RUNNING = (
    number("jobid", "JOB"),
    Column("name", "NAME"),
    Column("level", "LEVEL"),
    number("bytes", "SIZE", size),
    number("files", "FILES"),
    Column("volume", "VOLUME"),
    Column("device", "DEVICE"),
    Column("started", "STARTED", time),
    Column("waiting", "WAITS FOR"),
)
FINDINGS = (
    state("severity", "SEVERITY"),
    Column("subject", "SUBJECT"),
    Column("text", "WHAT"),
    Column("advice", "ADVICE"),
)
VOLUMES = (
    Column("name", "VOLUME"),
    Column("pool", "POOL"),
    Column("status", "STATUS"),
    number("bytes", "SIZE", size),
    Column("last_written", "LAST WRITTEN", time),
    Column("library", "LIBRARY"),
    Column("place", "PLACE"),
    number("number", "NUMBER"),
    Column("needs_inventory", "INVENTORY?"),
)
JOBS = (
    number("jobid", "JOB"),
    Column("name", "NAME"),
    Column("type", "TYPE"),
    Column("level", "LEVEL"),
    Column("status_text", "STATUS"),
    number("bytes", "SIZE", size),
    number("files", "FILES"),
    number("errors", "ERRORS"),
    Column("started", "STARTED", time),
    Column("ended", "ENDED", time),
)

STORAGE = Argument("storage", "the Autochanger as the Director knows it", names="storage")
DRIVE = Argument("drive", "number of the drive, from 0", value=int)
CHOICE = (
    Argument(
        "--library", "a tape library; all without any", option="libraries", names="library", many="*", metavar="NAME"
    ),
    Argument(
        "--repository",
        "a repository with a file system; all without any",
        option="repositories",
        names="repository",
        many="*",
        metavar="NAME",
    ),
    Argument(
        "--virtual-autochanger",
        "a repository whose devices form an autochanger of files",
        option="virtual_autochangers",
        names="repository",
        many="*",
        metavar="NAME",
    ),
    Argument(
        "--devices-per-repository",
        "how many volumes can be open at once (2)",
        option="devices_per_repository",
        value=int,
        metavar="N",
    ),
    Argument(
        "--spool-directory",
        "where the data of a job waits for a tape drive; none without it",
        option="spool_directory",
        metavar="FOLDER",
    ),
    Argument(
        "--spool-size", "how much of it a drive may have there", option="spool_size", value=parse_size, metavar="SIZE"
    ),
    Argument("--director", "its name, where bacula-sd.conf names none", option="director", metavar="NAME"),
    Argument("--address", "where the Director finds this host", option="address", metavar="ADDRESS"),
    flag("--local-director", "also the part of the Director on this host", option="local_director"),
)
JOBS_RUN = (
    flag("--force", "do not look whether jobs run; they fail", option="force"),
    flag("--wait-for-jobs", "wait for the end of running jobs", option="wait_for_jobs"),
)


async def status(session: Session, given: Namespace) -> None:
    found = await session.client.call(BACULA, f"{IFACE}.GetStatus")
    if session.output.as_json:
        session.output.document(found)
        return
    keys = (
        "installed",
        "unit_state",
        "reachable",
        "problem",
        "name",
        "version",
        "director_reachable",
        "director_problem",
        "storages",
        "pools",
    )
    session.output.facts([(key.replace("_", " "), plain(found[key])) for key in keys if key in found])
    for title, rows, columns in (
        ("devices", found.get("devices", []), DEVICES),
        ("running", found.get("running", []), RUNNING),
    ):
        if rows:
            session.output.line()
            session.output.title(title)
            session.output.table(rows, columns)


async def config_show(session: Session, given: Namespace) -> None:
    text = await session.client.call(BACULA, f"{IFACE}.GetConfig")
    if session.output.as_json:
        session.output.document({"text": text})
    else:
        session.output.text(text)


async def config_diff(session: Session, given: Namespace) -> None:
    options = options_of(_command("diff"), given)
    text, diff, director = await session.client.call(BACULA, f"{IFACE}.GenerateConfig", "a{sv}", options)
    if session.output.as_json:
        session.output.document({"text": text, "diff": diff, "director": director})
    elif given.text:
        session.output.text(text)
    elif given.director_side:
        session.output.text(director)
    elif diff:
        session.output.text(diff)
    else:
        session.output.say("Nothing would change.")


async def config_check(session: Session, given: Namespace) -> None:
    options = options_of(_command("check"), given)
    findings = await session.client.call(BACULA, f"{IFACE}.CheckConfig", "a{sv}", options)
    session.output.rows(findings, FINDINGS, "The configuration is good.")
    errors = [finding for finding in findings if finding["severity"] == "error"]
    if errors:
        raise InvalidArgument(f"The configuration has {len(errors)} error(s), so it cannot be applied.")


async def volumes(session: Session, given: Namespace) -> None:
    options: dict[str, Any] = {k: v for k, v in (("pool", given.pool), ("filter", given.filter)) if v}
    rows = await session.pages(BACULA, f"{IFACE}.ListVolumes", options, given.limit, page=1000)
    session.output.rows(rows, VOLUMES, "The catalog has no such volume.")


async def jobs(session: Session, given: Namespace) -> None:
    rows = await session.client.call(BACULA, f"{IFACE}.ListJobs", "a{sv}", {"limit": given.limit})
    session.output.rows(rows, JOBS, "The catalog has no job.")


def _command(word: str) -> Command:
    return next(c for c in COMMANDS if c.words == ("bacula", "config", word))


def _on_storage(word: str, help: str, member: str, signature: str, *more: Argument) -> Command:
    return Command(("bacula", word), help, (STORAGE, *more), call=Call(BACULA, f"{IFACE}.{member}", signature))


COMMANDS: tuple[Command, ...] = (
    Command(
        ("bacula", "status"),
        "show the storage daemon, its devices and what runs",
        (),
        status,
        shape="bacula_status",
        default=True,
    ),
    Command(
        ("bacula", "config", "show"),
        "show the configuration as it is on the disk, without passwords",
        (),
        config_show,
        shape="bacula_config",
        default=True,
    ),
    Command(
        ("bacula", "config", "diff"),
        "show what apply would change",
        (*CHOICE, flag("--text", "BAMS's whole file instead"), flag("--director-side", "the Director's side instead")),
        config_diff,
        shape="bacula_generated",
    ),
    Command(
        ("bacula", "config", "check"),
        "show everything that is wrong with what apply would install",
        CHOICE,
        config_check,
        shape="bacula_findings",
    ),
    Command(
        ("bacula", "config", "apply"),
        "check, install, restart the storage daemon, and look whether it is back",
        (*CHOICE, *JOBS_RUN),
        call=Call(BACULA, f"{IFACE}.ApplyConfig"),
    ),
    Command(("bacula", "restart"), "restart the storage daemon", JOBS_RUN, call=Call(BACULA, f"{IFACE}.Restart")),
    Command(
        ("bacula", "fix-permissions"),
        "let the group tape use drives and changers, by a rule of udev",
        (),
        call=Call(BACULA, f"{IFACE}.FixPermissions", job=False),
    ),
    _on_storage(
        "inventory",
        "let Bacula compare its catalog with the slots",
        "Inventory",
        "s",
        Argument("--drive", "a drive of it (0)", option="drive", value=int, metavar="DRIVE"),
    ),
    _on_storage(
        "label",
        "write Bacula's label on new cartridges",
        "Label",
        "ss",
        Argument("pool", "the pool that the volumes go into", names="bacula-pool"),
        Argument("--slot", "only the cartridge in this slot", option="slots", value=int, many="*", metavar="SLOT"),
        Argument("--drive", "the drive to use (0)", option="drive", value=int, metavar="DRIVE"),
    ),
    _on_storage(
        "mount",
        "let Bacula load and open a volume",
        "Mount",
        "su",
        DRIVE,
        Argument(
            "--slot", "the cartridge to load; else what is in the drive", option="slot", value=int, metavar="SLOT"
        ),
    ),
    _on_storage("unmount", "let Bacula close the drive and keep off it until mount", "Unmount", "su", DRIVE),
    _on_storage("release", "let Bacula close the drive; it takes it again when a job needs it", "Release", "su", DRIVE),
    _on_storage("enable", "let Bacula use the drive for jobs again", "EnableDevice", "su", DRIVE),
    _on_storage("disable", "let Bacula use the drive for no further job", "DisableDevice", "su", DRIVE),
    Command(
        ("bacula", "volumes"),
        "show the catalog's volumes and where their cartridges are",
        (
            Argument("--pool", "only those of this pool", names="bacula-pool", metavar="POOL"),
            Argument("--filter", "only names that have this text", metavar="TEXT"),
            Argument("--limit", "how many at most (all)", value=int, metavar="N"),
        ),
        volumes,
        shape="bacula_volumes",
    ),
    Command(
        ("bacula", "jobs"),
        "show the newest jobs of the catalog",
        (Argument("--limit", "how many at most", value=int, default=50, metavar="N"),),
        jobs,
        shape="bacula_jobs",
    ),
)
