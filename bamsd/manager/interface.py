"""org.bams.Manager and org.bams.Job on D-Bus."""

import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Protocol, Unpack

from pydantic import Field, SecretStr

import bamsd
from bamsd.bus import caller
from bamsd.bus.export import Interface, JobOptions, Options, Property, method
from bamsd.bus.objects import ObjectTree
from bamsd.bus.polkit import Answer, Polkit
from bamsd.bus.wire import ObjectPath, variant
from bamsd.core.alerts import Alerts, plain
from bamsd.core.audit import Audit, Report
from bamsd.core.jobs import How, Job, Jobs, Starter
from bamsd.core.names import job_path
from bamsd.errors import BamsError

MANAGE = "org.bams.manage"
READ_LOGS = "org.bams.logs.read"

FEATURES = (
    *("tape", "bacula", "disk", "iscsi", "audit", "audit-filter", "jobs", "alerts", "delivery", "logs", "bundles"),
    *("overview", "history", "export"),
)
SHOWN_AUDIT = 10


class NoOptions(Options):
    pass


class ListOptions(Options):
    pass


class ListAuditOptions(Options):
    limit: int = Field(100, ge=1, le=500)
    cursor: str = Field("", max_length=18, pattern=r"^[0-9]*$")
    since: int = Field(0, ge=0)
    until: int = Field(0, ge=0)
    person: str = Field("", max_length=256)
    action: str = Field("", max_length=256)
    object: str = Field("", max_length=1024)
    outcome: Literal["", "allowed", "denied", "done", "failed", "cancelled", "recovered"] = ""
    text: str = Field("", max_length=256)

    @property
    def filters(self) -> dict[str, Any]:
        """What ``Audit.entries`` is to look for; an empty option asks for nothing."""
        wanted = {"since_us": self.since, "until_us": self.until, "text": self.text}
        wanted |= {name: getattr(self, name) for name in ("person", "action", "object", "outcome")}
        return {name: value for name, value in wanted.items() if value}


class BundleOptions(JobOptions):
    services: list[Annotated[str, Field(max_length=64)]] = Field([], max_length=64)
    since: int = Field(0, ge=0, lt=1 << 63)


class Support(Protocol):
    """Makes and keeps support bundles."""

    async def create(self, services: tuple[str, ...], since_us: int, starter: Starter, **how: Unpack[How]) -> Job: ...

    async def shown(self) -> Sequence[Mapping[str, Any]]: ...

    async def delete(self, name: str) -> None: ...


class ExportOptions(JobOptions):
    passphrase: SecretStr = Field(max_length=1024)


class ImportOptions(ExportOptions):
    confirm: str = Field("", max_length=256)


class Rebuild(Protocol):
    """Keeps the appliance's own state in files, and brings it back out of one."""

    async def export(self, passphrase: str, starter: Starter, **how: Unpack[How]) -> Job: ...

    async def import_(self, name: str, passphrase: str, confirm: str, starter: Starter, **how: Unpack[How]) -> Job: ...

    async def shown(self) -> Sequence[Mapping[str, Any]]: ...

    async def delete(self, name: str) -> None: ...


class ListSeriesOptions(Options):
    object: str = Field("", max_length=512)


class GetHistoryOptions(Options):
    since: int | None = Field(None, ge=0)
    until: int | None = Field(None, ge=0)
    points: int = Field(300, ge=2, le=2000)


class Dashboard(Protocol):
    """What the overview of all areas answers: plain values, from what is known (bamsd/overview)."""

    def read(self) -> Mapping[str, Any]: ...
    def list_series(self, object: str) -> list[dict[str, Any]]: ...
    async def get_history(
        self, names: Sequence[str], since_us: int | None, until_us: int | None, points: int
    ) -> list[dict[str, Any]]: ...


class ManagerInterface(Interface, name="org.bams.Manager"):
    signals: ClassVar[dict[str, str]] = {"OverviewChanged": "as"}
    properties: ClassVar[dict[str, Property]] = {
        "Version": Property("s", lambda self: bamsd.__version__),
        "Features": Property("as", lambda self: [*FEATURES, *(["simulated"] if self.simulated else [])]),
        "Hostname": Property("s", lambda self: socket.gethostname()),
        "Discovering": Property("as", lambda self: self.discovering),
        "Alerts": Property("aa{sv}", lambda self: [plain(alert) for alert in self.alerts.list()]),
    }

    def __init__(
        self,
        alerts: Alerts,
        audit: Audit,
        polkit: Polkit,
        actions: Callable[[], list[str]],
        verify: Callable[[], Awaitable[Report]],
        reload: Callable[[], Awaitable[None]],
        support: Support,
        rebuild: Rebuild,
        dashboard: Dashboard,
        test_delivery: Callable[[bool], Awaitable[list[dict[str, Any]]]],
        *,
        simulated: bool = False,
    ) -> None:
        self.alerts = alerts
        self._audit = audit
        self._polkit = polkit
        self._actions = actions
        self._verify = verify
        self._reload = reload
        self._support = support
        self._rebuild = rebuild
        self._dashboard = dashboard
        self._typed = Typed()
        self._test_delivery = test_delivery
        self.simulated = simulated
        self.discovering = ["tape", "disk", "iscsi"]
        alerts.subscribe(lambda _alerts: self.touch())

    def discovered(self, area: str) -> None:
        """The first look at an area's devices has ended."""
        self.discovering = [other for other in self.discovering if other != area]
        self.touch()

    @method("", "a{ss}")
    async def get_permissions(self) -> dict[str, str]:
        who = caller.current.get()
        return {action: await self._permission(who, action) for action in self._actions()}

    @method("", "a{sv}")
    async def get_overview(self) -> dict[str, Any]:
        found = self._typed.of(self._dashboard.read())
        if await self._may(READ_LOGS):
            entries = await self._audit.entries(limit=SHOWN_AUDIT)
            found["audit"] = variant([_record(entry) for entry in entries], "aa{sv}")
        return found

    @method("a{sv}", "aa{sv}", options=ListSeriesOptions)
    async def list_series(self, options: ListSeriesOptions) -> list[dict[str, Any]]:
        return self._dashboard.list_series(options.object)

    @method("asa{sv}", "aa{sv}", options=GetHistoryOptions)
    async def get_history(self, names: list[str], options: GetHistoryOptions) -> list[dict[str, Any]]:
        found = await self._dashboard.get_history(names, options.since, options.until, options.points)
        return [{key: variant(value, HISTORY.get(key, "")) for key, value in curve.items()} for curve in found]

    @method("", "bts", action=READ_LOGS)
    async def verify_audit(self) -> tuple[bool, int, str]:
        report = await self._verify()
        return report.ok, report.records, report.problem

    @method("a{sv}", "aa{sv}s", options=ListAuditOptions, action=READ_LOGS)
    async def list_audit(self, options: ListAuditOptions) -> tuple[list[dict[str, Any]], str]:
        before = int(options.cursor) if options.cursor else None
        found = await self._audit.entries(before_seq=before, limit=options.limit, **options.filters)
        cursor = str(found[-1]["seq"]) if len(found) == options.limit else ""
        return [_record(entry) for entry in found], cursor

    @method("a{sv}", "", options=NoOptions, action=MANAGE, audit="read the configuration again")
    async def reload(self, options: NoOptions) -> None:
        if not options.dry_run:
            await self._reload()

    @method("sa{sv}", "", options=NoOptions, action=MANAGE, audit="acknowledge the alert {identity}")
    async def acknowledge_alert(self, identity: str, options: NoOptions) -> None:
        if not options.dry_run:
            await self.alerts.acknowledge(identity, caller.current.get().person)

    @method("a{sv}", "o", options=BundleOptions, action=MANAGE, audit="make a support bundle")
    async def create_bundle(self, options: BundleOptions) -> str:
        job = await self._support.create(tuple(options.services), options.since, caller.starter(), **options.how)
        return ObjectPath(job_path(job.id))

    @method("a{sv}", "aa{sv}", options=ListOptions, action=READ_LOGS)
    async def list_bundles(self, options: ListOptions) -> list[dict[str, Any]]:
        return [dict(bundle) for bundle in await self._support.shown()]

    @method("sa{sv}", "", options=NoOptions, action=MANAGE, audit="delete the support bundle {name}")
    async def delete_bundle(self, name: str, options: NoOptions) -> None:
        if not options.dry_run:
            await self._support.delete(name)

    @method("a{sv}", "o", options=ExportOptions, action=MANAGE, audit="export the appliance's state")
    async def export_state(self, options: ExportOptions) -> str:
        passphrase = options.passphrase.get_secret_value()
        return ObjectPath(job_path((await self._rebuild.export(passphrase, caller.starter(), **options.how)).id))

    @method("a{sv}", "aa{sv}", options=ListOptions, action=READ_LOGS)
    async def list_exports(self, options: ListOptions) -> list[dict[str, Any]]:
        return [dict(export) for export in await self._rebuild.shown()]

    @method("sa{sv}", "", options=NoOptions, action=MANAGE, audit="delete the export {name}")
    async def delete_export(self, name: str, options: NoOptions) -> None:
        if not options.dry_run:
            await self._rebuild.delete(name)

    @method("sa{sv}", "o", options=ImportOptions, action=MANAGE, audit="import the export {name}")
    async def import_state(self, name: str, options: ImportOptions) -> str:
        passphrase, who = options.passphrase.get_secret_value(), caller.starter()
        job = await self._rebuild.import_(name, passphrase, options.confirm, who, **options.how)
        return ObjectPath(job_path(job.id))

    async def _may(self, action: str) -> bool:
        return await self._permission(caller.current.get(), action) == Answer.YES

    @method("a{sv}", "aa{sv}", options=NoOptions, action=MANAGE, audit="try out the delivery of alerts")
    async def test_delivery(self, options: NoOptions) -> list[dict[str, Any]]:
        return await self._test_delivery(options.dry_run)

    async def _permission(self, who: caller.Caller, action: str) -> str:
        try:
            return await self._polkit.ask(who, action)
        except BamsError:
            return "no"


class JobInterface(Interface, name="org.bams.Job"):
    properties: ClassVar[dict[str, Property]] = {
        "Operation": Property("s", lambda self: self.job.operation),
        "Description": Property("s", lambda self: self.job.description),
        "Objects": Property("ao", lambda self: [ObjectPath(path) for path in self.job.objects]),
        "State": Property("s", lambda self: self.job.state),
        "Progress": Property("d", lambda self: self.job.progress),
        "ProgressValid": Property("b", lambda self: self.job.progress_valid),
        "StartTime": Property("t", lambda self: self.job.start_us),
        "EndTime": Property("t", lambda self: self.job.end_us),
        "ExpectedEndTime": Property("t", lambda self: self.job.expected_end_us),
        "StartedByUid": Property("u", lambda self: self.job.started_by_uid),
        "StartedBy": Property("s", lambda self: self.job.started_by),
        "Cancelable": Property("b", lambda self: self.job.cancelable),
        "Result": Property("a{sv}", lambda self: self.job.result),
        "Error": Property("(ss)", lambda self: (self.job.error_name, self.job.error_message)),
    }
    signals: ClassVar[dict[str, str]] = {"Completed": "bss"}

    def __init__(self, job: Job, jobs: Jobs) -> None:
        self.job = job
        self._jobs = jobs

    @method("a{sv}", "", options=NoOptions, action=lambda self: self.job.action, audit="cancel the job")
    async def cancel(self, options: NoOptions) -> None:
        if not options.dry_run:
            await self._jobs.cancel(self.job.id)


class JobObjects:
    """Keeps the D-Bus objects of jobs equal to what the job service says."""

    def __init__(self, tree: ObjectTree, jobs: Jobs) -> None:
        self._tree = tree
        self._jobs = jobs
        self._interfaces: dict[int, JobInterface] = {}

    def job_changed(self, job: Job, new: bool) -> None:
        interface = self._interfaces.get(job.id)
        if interface is None:
            interface = self._interfaces[job.id] = JobInterface(job, self._jobs)
            self._tree.add(job_path(job.id), interface)
        was_running = interface.job.state == "running"
        interface.job = job
        interface.touch()
        if job.state != "running" and (was_running or new):
            interface.emit("Completed", job.state in ("succeeded", "planned"), job.error_name, job.error_message)

    def job_removed(self, job: Job) -> None:
        if self._interfaces.pop(job.id, None):
            self._tree.remove(job_path(job.id))


HISTORY = {"times": "at", "low": "ad", "mean": "ad", "high": "ad"}


def typed(section: Mapping[str, Any]) -> dict[str, Any]:
    """A section of the overview. All its lists are of dictionaries, also the empty ones, whose type nothing shows."""
    found: dict[str, Any] = {}
    for key, value in section.items():
        match value:
            case list():
                found[key] = variant([typed(item) for item in value], "aa{sv}")
            case Mapping():
                found[key] = typed(value)
            case _:
                found[key] = ObjectPath(value) if key == "path" else value
    return found


class Typed:
    """``typed`` for who asks again and again: a part that is the same as last time is not converted again."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, Any]] = {}

    def of(self, overview: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in overview.items():
            before, made = self._known.get(key, (None, None))
            if before is not value:
                converted = typed({key: value})[key]
                made = converted if isinstance(value, list) else variant(converted)
                self._known[key] = value, made
            found[key] = made
        return found


def _record(entry: Mapping[str, Any]) -> dict[str, Any]:
    """As the contract has it: a time is called time, and what is not known is left out."""
    return {key: value for key, value in entry.items() if value is not None} | {"time": entry.get("time_us", 0)}
