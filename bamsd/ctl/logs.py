"""bamsctl logs, audit and history: what happened."""

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from bamsd.core.names import ROOT
from bamsd.ctl.command import Argument, Command, flag
from bamsd.ctl.session import CHANGE_TIMEOUT_S, MANAGER, Session
from bamsd.ctl.table import Column, number, plain, size, state, time
from bamsd.ctl.text import printable
from bamsd.ctl.units import parse_time, show_time
from bamsd.errors import InvalidArgument, NotReady, OutOfSync

LOGS = "/org/bams/Logs"
IFACE = "org.bams.Logs"
PAGE = 1000
PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
KEPT_BARS = "▁▂▃▄▅▆▇█"

SERVICES = (
    Column("name", "SERVICE"),
    Column("description", "DESCRIPTION"),
    Column("units", "UNITS"),
    state(),
    Column("present", "INSTALLED"),
)
AUDIT = (
    Column("time", "TIME", time),
    Column("person", "PERSON"),
    Column("description", "WHAT"),
    Column("object", "OBJECT"),
    state("outcome", "OUTCOME"),
    Column("error", "ERROR"),
)
SERIES = (Column("name", "SERIES"), Column("unit", "UNIT"), Column("description", "DESCRIPTION"))
HISTORY = (
    Column("name", "SERIES"),
    number("low", "LOW"),
    number("mean", "MEAN"),
    number("high", "HIGH"),
    number("last", "LAST"),
    Column("line", "COURSE"),
)

SINCE = Argument(
    "--since", "from this time on: 2026-01-31 12:00, 2h or 3d (ago), today", value=parse_time, metavar="TIME"
)
UNTIL = Argument("--until", "up to this time", value=parse_time, metavar="TIME")


def _chosen(given: Namespace, *keys: str) -> dict[str, Any]:
    return {key: getattr(given, key) for key in keys if getattr(given, key) is not None}


async def logs(session: Session, given: Namespace) -> None:
    if given.service is None:
        rows = await session.client.call(LOGS, f"{IFACE}.ListServices", timeout_s=CHANGE_TIMEOUT_S)
        session.output.rows(rows, SERVICES, "There is no service.")
        return
    options = _chosen(given, "since", "text", "priority")
    if given.follow:
        await _follow(session, given.service, options)
        return
    options |= _chosen(given, "until")
    entries = await _entries(session, given.service, options, given.lines)
    if session.output.as_json:
        session.output.document(entries)
    for entry in entries if not session.output.as_json else []:
        session.output.line(entry_line(entry))


async def _entries(session: Session, service: str, options: Mapping[str, Any], lines: int) -> list[dict[str, Any]]:
    """The newest ``lines`` entries, the oldest of them first."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while len(found) < lines:
        more = {"limit": min(PAGE, lines - len(found)), "backwards": True} | ({"cursor": cursor} if cursor else {})
        page, cursor = await session.client.call(
            LOGS, f"{IFACE}.Get", "sa{sv}", service, dict(options) | more, timeout_s=CHANGE_TIMEOUT_S
        )
        found += page
        if not cursor:
            break
    return found[::-1]


async def _follow(session: Session, service: str, options: Mapping[str, Any]) -> None:
    """Until Ctrl-C. The daemon notices that we left the bus and stops sending."""
    await session.client.listen(IFACE)
    number = await session.client.call(LOGS, f"{IFACE}.Follow", "sa{sv}", service, options, timeout_s=CHANGE_TIMEOUT_S)
    while True:
        signal = await session.client.next_signal()
        if signal is None or signal[2][:1] != [number]:
            continue
        _, member, values = signal
        if member == "FollowingEnded":
            raise NotReady(f"The log of {service} ended: {values[1]}")
        for entry in values[1]:
            if session.output.as_json:
                session.output.record(entry)
            else:
                session.output.line(entry_line(entry))
        session.output.flush()
        if values[2]:
            session.output.say(f"{values[2]} more entries came too fast and are left out here.")


def entry_line(entry: Mapping[str, Any]) -> str:
    process = f"[{entry['pid']}]" if entry["pid"] else ""
    return f"{show_time(entry['time'])} {entry['identifier']}{process}: {printable(entry['message'])}"


def parse_priority(text: str) -> int:
    if text in PRIORITIES:
        return PRIORITIES.index(text)
    if text.isdecimal() and int(text) < len(PRIORITIES):
        return int(text)
    raise InvalidArgument(f"{text!r} is no priority. Write 0 to 7, or one of {', '.join(PRIORITIES)}.")


async def audit(session: Session, given: Namespace) -> None:
    if given.verify:
        await _verify(session)
        return
    options = _chosen(given, "since", "until", "person", "action", "object", "outcome", "text")
    rows = await session.pages(ROOT, f"{MANAGER}.ListAudit", options, given.limit)
    session.output.rows(rows, AUDIT, "No record is like that.")


async def _verify(session: Session) -> None:
    ok, records, problem = await session.client.call(ROOT, f"{MANAGER}.VerifyAudit", timeout_s=CHANGE_TIMEOUT_S)
    if session.output.as_json:
        session.output.document({"ok": ok, "records": records, "problem": problem})
    if not ok:
        raise OutOfSync(f"The audit record was changed: {problem}")
    if not session.output.as_json:
        session.output.line(f"All {records} records are as they were written.")


async def history(session: Session, given: Namespace) -> None:
    if not given.series:
        rows = await session.client.call(ROOT, f"{MANAGER}.ListSeries", "a{sv}", {})
        session.output.rows(rows, SERIES, "Nothing was sampled yet.")
        return
    options = _chosen(given, "since", "until") | {"points": given.points}
    found = await session.client.call(ROOT, f"{MANAGER}.GetHistory", "asa{sv}", given.series, options)
    if session.output.as_json:
        session.output.document(found)
        return
    session.output.table([_summary(series) for series in found], HISTORY)


def _summary(series: Mapping[str, Any]) -> dict[str, Any]:
    show = size if series["unit"].startswith("bytes") else plain
    means = series["mean"]
    row = {"name": series["name"], "line": course(means)}
    if not means:
        return row
    figures = {
        "low": min(series["low"]),
        "mean": sum(means) / len(means),
        "high": max(series["high"]),
        "last": means[-1],
    }
    return row | {key: show(value) for key, value in figures.items()}


def course(values: list[float]) -> str:
    """A line of bars, the lowest value to the highest."""
    if not values:
        return ""
    low, span = min(values), max(values) - min(values)
    return "".join(KEPT_BARS[int((v - low) / span * 7.999) if span else 0] for v in values)


COMMANDS = (
    Command(
        ("logs",),
        "show the log of a service, or without one which services there are",
        (
            Argument("service", "a name of the list", names="service", optional=True),
            flag("--follow", "go on with what comes, until Ctrl-C", short="-f"),
            Argument("--lines", "how many at most, the newest", value=int, default=100, short="-n", metavar="N"),
            SINCE,
            UNTIL,
            Argument(
                "--priority",
                "this and worse: 0 to 7, or emerg to debug",
                value=parse_priority,
                short="-p",
                metavar="PRIORITY",
            ),
            Argument("--text", "what must stand in the message", metavar="TEXT"),
        ),
        logs,
        feature="logs",
        shape="logs",
    ),
    Command(
        ("audit",),
        "show who did what",
        (
            flag("--verify", "check instead that no record was changed"),
            Argument("--limit", "how many at most, the newest", value=int, default=50, short="-n", metavar="N"),
            SINCE,
            UNTIL,
            Argument("--person", "of this person", metavar="NAME"),
            Argument("--action", "of this polkit action", names="action", metavar="ACTION"),
            Argument("--object", "about this object path", metavar="PATH"),
            Argument("--outcome", "with this end", choices=("allowed", "denied", "done", "failed", "cancelled")),
            Argument("--text", "with this text", metavar="TEXT"),
        ),
        audit,
        shape="audit",
    ),
    Command(
        ("history",),
        "show how a figure went, or without one which figures are sampled",
        (
            Argument("series", "names of the list", names="series", many="*"),
            SINCE,
            UNTIL,
            Argument("--points", "how many at most for each", value=int, default=48, metavar="N"),
        ),
        history,
        feature="history",
        shape="history",
    ),
)
