"""bamsctl status, jobs, alerts, bundle, config and permissions: the daemon itself."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from bamsd.core.names import ROOT, job_path
from bamsd.ctl import disk, iscsi, tape
from bamsd.ctl.bamsd_program import check_config
from bamsd.ctl.command import Argument, Call, Command
from bamsd.ctl.output import Output, record_of
from bamsd.ctl.session import CHANGE_TIMEOUT_S, JOB, MANAGER, Session
from bamsd.ctl.table import Column, number, percent, size, state, time
from bamsd.ctl.units import parse_time
from bamsd.errors import ToolFailed

CONFIG = "/etc/bams/config.yaml"
ALERTS = (
    state("severity", "SEVERITY"),
    Column("id", "ALERT"),
    Column("summary", "WHAT"),
    Column("advice", "ADVICE"),
    Column("since", "SINCE", time),
    Column("acknowledged_by", "SEEN BY"),
)
JOBS = (
    number("number", "JOB"),
    state(),
    Column("description", "WHAT"),
    number("shown_progress", "DONE", percent),
    Column("started_by", "PERSON"),
    Column("start_time", "STARTED", time),
    Column("message", "ERROR"),
)
BUNDLES = (
    Column("name", "BUNDLE"),
    number("size", "SIZE", size),
    Column("created", "CREATED", time),
    Column("complete", "COMPLETE"),
    Column("path", "FILE"),
)
EXPORTS = (
    Column("name", "EXPORT"),
    number("size", "SIZE", size),
    Column("created", "CREATED", time),
    Column("path", "FILE"),
)
WAYS = (Column("way", "WAY"), Column("ok", "OK"), Column("text", "TEXT"))
PERMISSIONS = (Column("action", "ACTION"), state("answer", "YOU"))
AREAS = (
    ("libraries", tape.LIBRARY, tape.LIBRARIES),
    ("pools", disk.POOL, disk.POOLS),
    ("repositories", disk.REPOSITORY, disk.REPOSITORIES),
    ("targets", iscsi.TARGET, tuple(c for c in iscsi.TARGETS if c.key != "lun_count")),
)
PASSPHRASE = Argument(
    "--passphrase-file",
    "the passphrase is the first line of this file, or of standard input (-); else you are asked for it",
    metavar="FILE",
)
NUMBER = Argument("job", "its number", names="job", value=int)


async def status(session: Session, given: Namespace) -> None:
    manager = await session.client.properties(ROOT, MANAGER)
    found: dict[str, Any] = {name: await _records(session, interface) for name, interface, _ in AREAS}
    found["repositories"] = [row for row in found["repositories"] if row["owned"]]
    running = [job for job in await _jobs(session) if job["state"] == "running"]
    await session.say_incomplete("disk", "tape", "iscsi")
    if session.output.as_json:
        head = {"hostname": manager["Hostname"], "version": manager["Version"], "features": manager["Features"]}
        session.output.document(head | {"alerts": manager["Alerts"], "running": running} | found)
        return
    session.output.line(f"bamsd {manager['Version']} on {manager['Hostname']}")
    shown = [(name, found[name], columns) for name, _, columns in AREAS]
    for title, rows, columns in [("alerts", manager["Alerts"], ALERTS[:3]), *shown, ("running jobs", running, JOBS)]:
        if rows:
            session.output.line()
            session.output.title(title)
            session.output.table(rows, columns)
    if not manager["Alerts"]:
        session.output.line()
        session.output.line("There is no alert.")


async def _records(session: Session, interface: str) -> list[dict[str, Any]]:
    return [record_of(path, p) for path, p in (await session.client.objects(interface)).items()]


async def _jobs(session: Session) -> list[dict[str, Any]]:
    """The newest first."""
    rows = [_job(record) for record in await _records(session, JOB)]
    return sorted(rows, key=lambda row: -row["number"])


def _job(record: dict[str, Any]) -> dict[str, Any]:
    progress = record["progress"] * 100 if record["progress_valid"] else -1
    number = int(record["path"].rsplit("/", 1)[-1])
    return record | {"number": number, "shown_progress": progress, "message": record["error"][1]}


def _plain_job(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("number", "shown_progress", "message")}


async def list_jobs(session: Session, given: Namespace) -> None:
    rows = await _jobs(session)
    if session.output.as_json:
        session.output.document([_plain_job(row) for row in rows])
    else:
        session.output.rows(rows, JOBS, "There was no job in the last hour.")


async def watch(session: Session, given: Namespace) -> None:
    await session.client.listen(JOB)
    await session.watch(job_path(given.job))


async def cancel(session: Session, given: Namespace) -> None:
    path = job_path(given.job)
    await session.call(path, f"{JOB}.Cancel", "", [], {})


async def list_alerts(session: Session, given: Namespace) -> None:
    manager = await session.client.properties(ROOT, MANAGER)
    session.output.rows(manager["Alerts"], ALERTS, "There is no alert.")


async def test_alerts(session: Session, given: Namespace) -> None:
    call = session.client.call(ROOT, f"{MANAGER}.TestDelivery", "a{sv}", session.dry_run, timeout_s=CHANGE_TIMEOUT_S)
    rows = await call
    session.output.rows(rows, WAYS, "No way is configured: alerts reach nobody. See alerts in bams.yaml(5).")
    failed = [row["way"] for row in rows if not row["ok"]]
    if failed:
        raise ToolFailed(f"The test did not go out by {', '.join(failed)}.")


async def list_bundles(session: Session, given: Namespace) -> None:
    rows = await session.client.call(ROOT, f"{MANAGER}.ListBundles", "a{sv}", {}, timeout_s=CHANGE_TIMEOUT_S)
    session.output.rows(rows, BUNDLES, "There is no support bundle.")


async def list_exports(session: Session, given: Namespace) -> None:
    rows = await session.client.call(ROOT, f"{MANAGER}.ListExports", "a{sv}", {}, timeout_s=CHANGE_TIMEOUT_S)
    session.output.rows(rows, EXPORTS, "There is no export.")


async def check(output: Output, given: Namespace) -> None:
    text = await check_config(Path(given.file))
    if output.as_json:
        output.document({"file": given.file, "good": True})
    else:
        output.line(text)


async def permissions(session: Session, given: Namespace) -> None:
    found = await session.client.call(ROOT, f"{MANAGER}.GetPermissions")
    if session.output.as_json:
        session.output.document(found)
        return
    rows = [{"action": action, "answer": answer} for action, answer in sorted(found.items())]
    session.output.table(rows, PERMISSIONS)


COMMANDS = (
    Command(("status",), "show everything at a glance", (), status, shape="status"),
    Command(("jobs", "list"), "show the operations that run and ran", (), list_jobs, shape="jobs", default=True),
    Command(("jobs", "watch"), "follow an operation to its end", (NUMBER,), watch),
    Command(
        ("jobs", "cancel"),
        "end an operation; what was done already stays done",
        (NUMBER,),
        cancel,
        call=Call("", f"{JOB}.Cancel", job=False),
    ),
    Command(
        ("alerts", "list"), "show what needs a person, the worst first", (), list_alerts, shape="alerts", default=True
    ),
    Command(
        ("alerts", "ack"),
        "record that you have seen an alert",
        (Argument("alert", "its id", names="alert"),),
        call=Call(ROOT, f"{MANAGER}.AcknowledgeAlert", "s", job=False),
    ),
    Command(
        ("alerts", "test"),
        "send a test along every way in which people are told",
        (),
        test_alerts,
        call=Call(ROOT, f"{MANAGER}.TestDelivery", job=False),
        feature="delivery",
        shape="ways",
    ),
    Command(
        ("bundle", "list"),
        "show the support bundles",
        (),
        list_bundles,
        feature="bundles",
        shape="bundles",
        default=True,
    ),
    Command(
        ("bundle", "create"),
        "collect what a support engineer needs into one file, without secrets",
        (
            Argument(
                "--service",
                "only the log of this service",
                option="services",
                names="service",
                many="*",
                metavar="NAME",
            ),
            Argument("--since", "logs from this time on", option="since", value=parse_time, metavar="TIME"),
        ),
        call=Call(ROOT, f"{MANAGER}.CreateBundle"),
        feature="bundles",
    ),
    Command(
        ("bundle", "delete"),
        "delete a support bundle",
        (Argument("name", "its name", names="bundle"),),
        call=Call(ROOT, f"{MANAGER}.DeleteBundle", "s", job=False, confirm="name", sends_confirm=False),
        feature="bundles",
    ),
    Command(
        ("config", "check"),
        "check a configuration file of this host",
        (Argument("file", f"the file ({CONFIG})", names="file", optional=True, default=CONFIG),),
        alone=check,
        shape="config_check",
    ),
    Command(
        ("config", "reload"),
        "let bamsd read its configuration again",
        (),
        call=Call(ROOT, f"{MANAGER}.Reload", job=False),
    ),
    Command(
        ("config", "export"),
        "write the appliance's own state into one encrypted file",
        (PASSPHRASE,),
        call=Call(ROOT, f"{MANAGER}.ExportState", asks="new"),
        about="It holds configuration, repositories, cartridges, targets and Bacula's files, not the data itself.",
        feature="export",
    ),
    Command(("config", "exports"), "show the exports", (), list_exports, feature="export", shape="exports"),
    Command(
        ("config", "delete-export"),
        "delete an export",
        (Argument("name", "its name", names="export"),),
        call=Call(ROOT, f"{MANAGER}.DeleteExport", "s", job=False, confirm="name", sends_confirm=False),
        feature="export",
    ),
    Command(
        ("config", "import"),
        "bring back what an export holds",
        (Argument("name", "its name", names="export"), PASSPHRASE),
        call=Call(ROOT, f"{MANAGER}.ImportState", "s", confirm="name", asks="known"),
        about="For new hardware with the same disks and libraries: copy the file to /var/lib/bams/exports first.",
        feature="export",
    ),
    Command(("permissions",), "show what you may do", (), permissions, shape="permissions"),
)
