"""bamsctl iscsi: targets, LUNs, credentials, sessions, drift."""

from argparse import Namespace
from dataclasses import replace
from typing import Any

from bamsd.ctl import prompt
from bamsd.ctl.command import Argument, Call, Command, Runner, flag, options_of
from bamsd.ctl.disk import show
from bamsd.ctl.output import record_of
from bamsd.ctl.session import Session
from bamsd.ctl.table import Column, number, size, state, time
from bamsd.errors import InvalidArgument, NotFound

ISCSI = "/org/bams/Iscsi"
IFACE = "org.bams.Iscsi"
TARGET = "org.bams.Iscsi.Target"

TARGETS = (
    Column("iqn", "TARGET"),
    Column("alias", "ALIAS"),
    Column("enabled", "ENABLED"),
    Column("owned", "OWN"),
    number("lun_count", "LUNS"),
    number("session_count", "SESSIONS"),
    state(),
)
LUN_KEYS = ("lun", "repository", "device", "read_only")
LUNS = (
    number("lun", "LUN"),
    Column("repository", "REPOSITORY"),
    Column("device", "DEVICE"),
    Column("read_only", "READ ONLY"),
    Column("naa", "NAA NAME"),
)
SESSIONS = (
    Column("target", "TARGET"),
    Column("initiator", "INITIATOR"),
    Column("id", "SESSION"),
    Column("address", "ADDRESS"),
    Column("since", "SINCE", time),
    Column("luns", "LUNS"),
    number("read_bytes", "READ", size),
    number("written_bytes", "WRITTEN", size),
)
DRIFT = (Column("targets", "TARGETS"), Column("object", "OBJECT"), Column("difference", "DIFFERENCE"))
STEPS = (state("effect", "EFFECT"), Column("summary", "PENDING STEP"), Column("command", "COMMAND"))

IQN = Argument("iqn", "name of the target", names="target")
ALL = Argument("iqn", "name of the target; all targets without it", names="target", optional=True)
APPLY = flag("--apply", "bring the kernel to it at once; else bamsctl iscsi apply does", option="apply")
FORCE = flag("--force", "even if sessions are ended or disturbed", option="force")


def _pairs(texts: list[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise InvalidArgument(f"{text!r} is no parameter. Write NAME=VALUE, such as FirstBurstLength=65536.")
        found[key] = value
    return found


def _groups(texts: list[str]) -> list[dict[str, Any]]:
    """NAME=INITIATOR,INITIATOR and behind a / the LUNs that the group sees."""
    found: list[dict[str, Any]] = []
    for text in texts:
        name, equals, rest = text.partition("=")
        initiators, _, luns = rest.partition("/")
        if not equals or not all(lun.isdecimal() and lun.isascii() for lun in luns.split(",") if luns):
            raise InvalidArgument(
                f"{text!r} is no group. Write NAME=INITIATOR,INITIATOR or NAME=INITIATOR/0,1 with its LUNs."
            )
        group: dict[str, Any] = {"name": name, "initiators": [i for i in initiators.split(",") if i]}
        found.append(group | ({"luns": [int(lun) for lun in luns.split(",")]} if luns else {}))
    return found


def _filled(texts: list[str]) -> list[str]:
    """One empty text stands for an empty list."""
    return [text for text in texts if text]


SETTINGS = (
    Argument("--alias", "a second name for people", option="alias", metavar="TEXT"),
    Argument(
        "--portal",
        "an address of this host where it is offered; all without any",
        option="portals",
        many="*",
        gather=_filled,
        metavar="ADDRESS",
    ),
    Argument(
        "--initiator", "who may log in; '' for nobody", option="initiators", many="*", gather=_filled, metavar="IQN"
    ),
    Argument(
        "--group",
        "in place of --initiator: NAME=INITIATOR,INITIATOR and /0,1 with the LUNs it sees",
        option="groups",
        many="*",
        gather=_groups,
        metavar="GROUP",
    ),
    Argument(
        "--parameter",
        "a parameter of iSCSI, such as FirstBurstLength=65536; NAME= is the default",
        option="parameters",
        many="*",
        gather=_pairs,
        metavar="NAME=VALUE",
    ),
    flag("--disabled", "nobody may log in", option="enabled", value=False),
)


def _record(path: str, properties: dict[str, Any]) -> dict[str, Any]:
    record = record_of(path, properties)
    names = dict(record.pop("lun_identities"))
    luns = [dict(zip(LUN_KEYS, lun, strict=True)) for lun in record["luns"]]
    record["luns"] = [lun | {"naa": names.get(lun["lun"], "")} for lun in luns]
    return record


async def list_targets(session: Session, given: Namespace) -> None:
    rows = [_record(path, p) for path, p in (await session.client.objects(TARGET)).items()]
    await session.say_incomplete("iscsi")
    if session.output.as_json:
        session.output.document(rows)
        return
    stack = await session.client.properties(ISCSI, IFACE)
    if stack["BackendState"] != "ready":
        session.output.say(f"The target stack cannot be used: {stack['BackendText']}")
    counted = [row | {"lun_count": len(row["luns"])} for row in rows]
    session.output.rows(counted, TARGETS, "There is no iSCSI target.")


async def show_target(session: Session, given: Namespace) -> None:
    for path, properties in (await session.client.objects(TARGET)).items():
        if properties["Iqn"] == given.iqn:
            record = _record(path, properties)
            break
    else:
        raise NotFound(f"There is no iSCSI target {given.iqn!r}. See: bamsctl iscsi list")
    show(session, record, ("luns", "pending", "path"))
    if session.output.as_json:
        return
    for rows, columns in ((record["luns"], LUNS), (record["pending"], STEPS)):
        if rows:
            session.output.line()
            session.output.table(rows, columns)


async def drift(session: Session, given: Namespace) -> None:
    rows = await session.client.call(ISCSI, f"{IFACE}.GetDrift")
    session.output.rows(rows, DRIFT, "Nothing was changed behind BAMS's back.")


async def sessions(session: Session, given: Namespace) -> None:
    rows = await session.client.call(ISCSI, f"{IFACE}.ListSessions", "s", given.iqn or "")
    session.output.rows(rows, SESSIONS, "No initiator is logged in.")


async def credentials(session: Session, given: Namespace) -> None:
    """Read the secrets, and hand them over in the message alone."""
    command = next(c for c in COMMANDS if c.words == ("iscsi", "credentials"))
    options = options_of(command, given)
    pairs = (
        ("user", "secret", given.remove, given.secret_file),
        ("mutual_user", "mutual_secret", given.remove_mutual, given.mutual_secret_file),
    )
    for user, secret, remove, source in pairs:
        if remove:
            options |= {user: "", secret: ""}
        elif options.get(user):
            what = f"secret of {options[user]}"
            options[secret] = prompt.secret(what, source, session.ask is not None)
    if not {"user", "mutual_user"} & options.keys():
        raise InvalidArgument("Name a user with --user or --mutual-user, or take them away with --remove.")
    await session.change(ISCSI, f"{IFACE}.SetCredentials", "s", [given.iqn], options)


def _on(
    words: tuple[str, ...],
    help: str,
    member: str,
    *more: Argument,
    signature: str = "s",
    confirm: str = "",
    run: Runner | None = None,
) -> Command:
    return Command(
        ("iscsi", *words), help, (IQN, *more), run, call=Call(ISCSI, f"{IFACE}.{member}", signature, confirm=confirm)
    )


COMMANDS: tuple[Command, ...] = (
    Command(("iscsi", "list"), "show the targets", (), list_targets, shape="targets", default=True),
    Command(
        ("iscsi", "show"), "show one target, its LUNs, and what Apply would do", (IQN,), show_target, shape="target"
    ),
    _on(
        ("create",),
        "make a target without any LUN; nobody may log in until initiators are named",
        "CreateTarget",
        *SETTINGS,
        APPLY,
    ),
    _on(
        ("update",),
        "change a target; a list that is given replaces the old one",
        "UpdateTarget",
        *SETTINGS,
        flag("--enabled", "initiators may log in", option="enabled"),
        FORCE,
        APPLY,
    ),
    _on(("delete",), "remove a target; the data of its LUNs stays", "DeleteTarget", FORCE, APPLY, confirm="iqn"),
    _on(
        ("lun", "add"),
        "add a LUN",
        "AddLun",
        Argument("repository", "name of a repository of use block, or path of a file", names="repository"),
        Argument("--lun", "its number; else the lowest free one", option="lun", value=int, metavar="N"),
        flag("--read-only", "nobody can write", option="read_only"),
        flag("--write-through", "no cache", option="write_through"),
        flag("--shared", "it may be a LUN of another target too", option="shared"),
        APPLY,
        signature="ss",
    ),
    _on(
        ("lun", "remove"),
        "take a LUN away; its data stays",
        "RemoveLun",
        Argument("lun", "its number", value=int),
        FORCE,
        APPLY,
        signature="su",
    ),
    _on(
        ("credentials",),
        "set what initiators and the target log in with (CHAP)",
        "SetCredentials",
        Argument("--user", "what initiators log in with", option="user", metavar="NAME"),
        Argument(
            "--secret-file", "its secret is the first line of this file, or of standard input (-)", metavar="FILE"
        ),
        Argument("--mutual-user", "what the target proves itself with", option="mutual_user", metavar="NAME"),
        Argument("--mutual-secret-file", "as --secret-file", metavar="FILE"),
        flag("--add", "keep the other users (SCST)", option="add"),
        flag("--remove", "ask initiators for no secret any more"),
        flag("--remove-mutual", "let the target prove itself no more"),
        APPLY,
        run=credentials,
    ),
    Command(
        ("iscsi", "apply"),
        "bring the kernel to what is wanted",
        (replace(ALL, default=""), FORCE),
        call=Call(ISCSI, f"{IFACE}.Apply", "s"),
    ),
    Command(("iscsi", "drift"), "show what others changed in the kernel", (), drift, shape="drift"),
    Command(("iscsi", "sessions"), "show the initiators that are logged in", (ALL,), sessions, shape="sessions"),
    Command(
        ("iscsi", "close"),
        "end a session; its initiator may log in again at once",
        (IQN, Argument("session", "its id, as iscsi sessions shows it", names="session")),
        call=Call(ISCSI, f"{IFACE}.CloseSession", "ss", job=False, confirm="session", sends_confirm=False),
    ),
    Command(
        ("iscsi", "import"),
        "take targets over that others made, as they are",
        (Argument("iqn", "names of the targets", names="foreign", many="+"),),
        call=Call(ISCSI, f"{IFACE}.ImportTargets", "as"),
    ),
)
