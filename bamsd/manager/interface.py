"""org.bams.Manager and org.bams.Job on D-Bus."""

import socket
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from pydantic import Field

import bamsd
from bamsd.bus import caller
from bamsd.bus.export import Interface, Options, Property, method
from bamsd.bus.objects import ObjectTree
from bamsd.bus.polkit import Polkit
from bamsd.bus.wire import ObjectPath
from bamsd.core.alerts import Alert, Alerts
from bamsd.core.audit import Audit, Report
from bamsd.core.jobs import Job, Jobs
from bamsd.core.names import job_path
from bamsd.errors import BamsError

MANAGE = "org.bams.manage"
READ_LOGS = "org.bams.logs.read"

FEATURES = ("tape", "bacula", "disk", "audit", "jobs", "alerts", "logs")


class NoOptions(Options):
    pass


class ListAuditOptions(Options):
    limit: int = Field(100, ge=1, le=500)
    cursor: str = Field("", max_length=20, pattern=r"^[0-9]*$")


class ManagerInterface(Interface, name="org.bams.Manager"):
    properties: ClassVar[dict[str, Property]] = {
        "Version": Property("s", lambda self: bamsd.__version__),
        "Features": Property("as", lambda self: [*FEATURES, *(["simulated"] if self.simulated else [])]),
        "Hostname": Property("s", lambda self: socket.gethostname()),
        "Alerts": Property("aa{sv}", lambda self: [_alert(alert) for alert in self.alerts.list()]),
    }

    def __init__(
        self,
        alerts: Alerts,
        audit: Audit,
        polkit: Polkit,
        actions: Callable[[], list[str]],
        verify: Callable[[], Awaitable[Report]],
        reload: Callable[[], Awaitable[None]],
        *,
        simulated: bool = False,
    ) -> None:
        self.alerts = alerts
        self._audit = audit
        self._polkit = polkit
        self._actions = actions
        self._verify = verify
        self._reload = reload
        self.simulated = simulated
        alerts.subscribe(lambda _alerts: self.touch())

    @method("", "a{ss}")
    async def get_permissions(self) -> dict[str, str]:
        who = caller.current.get()
        return {action: await self._permission(who, action) for action in self._actions()}

    @method("", "bts", action=READ_LOGS)
    async def verify_audit(self) -> tuple[bool, int, str]:
        report = await self._verify()
        return report.ok, report.records, report.problem

    @method("a{sv}", "aa{sv}s", options=ListAuditOptions, action=READ_LOGS)
    async def list_audit(self, options: ListAuditOptions) -> tuple[list[dict[str, Any]], str]:
        before = int(options.cursor) if options.cursor else None
        found = await self._audit.entries(before_seq=before, limit=options.limit)
        cursor = str(found[-1]["seq"]) if len(found) == options.limit else ""
        return [{key: value for key, value in entry.items() if value is not None} for entry in found], cursor

    @method("a{sv}", "", options=NoOptions, action=MANAGE, audit="read the configuration again")
    async def reload(self, options: NoOptions) -> None:
        if not options.dry_run:
            await self._reload()

    @method("sa{sv}", "", options=NoOptions, action=MANAGE, audit="acknowledge the alert {identity}")
    async def acknowledge_alert(self, identity: str, options: NoOptions) -> None:
        if not options.dry_run:
            await self.alerts.acknowledge(identity, caller.current.get().person)

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


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "severity": alert.severity,
        "summary": alert.summary,
        "advice": alert.advice,
        "object": alert.object,
        "since": alert.since_us,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged": alert.acknowledged_us,
    }
