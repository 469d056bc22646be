"""The wiring, read top to bottom: configuration, store, services, objects, name, and an orderly stop."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import bamsd
from bamsd import between, between_overview, config
from bamsd.bacula import interface as bacula_interface
from bamsd.bacula.archive_devices import ArchiveDevices
from bamsd.bacula.assembly import BaculaArea
from bamsd.bacula.bsdjson import CONFIGURATIONS
from bamsd.bacula.interface import BaculaInterface
from bamsd.bacula.reader import Reader
from bamsd.bus import contract, units
from bamsd.bus.caller import Callers
from bamsd.bus.connection import Connection
from bamsd.bus.departures import Departures
from bamsd.bus.dispatch import Dispatcher
from bamsd.bus.objects import ObjectTree
from bamsd.bus.polkit import Polkit
from bamsd.core import job_record
from bamsd.core.alerts import Alerts
from bamsd.core.audit import Audit
from bamsd.core.audit_watch import AuditWatch
from bamsd.core.holders import Holders
from bamsd.core.jobs import Job, Jobs
from bamsd.core.names import ROOT
from bamsd.core.store import Store
from bamsd.declared import declared_actions
from bamsd.delivery.service import Delivery
from bamsd.disk import interface as disk_interface
from bamsd.disk.assembly import DiskArea
from bamsd.disk.interface import DiskInterface, DiskObjects
from bamsd.errors import BamsError, InvalidArgument
from bamsd.iscsi import interface as iscsi_interface
from bamsd.iscsi.assembly import IscsiArea
from bamsd.iscsi.exports import Exports
from bamsd.iscsi.interface import IscsiInterface, IscsiObjects
from bamsd.logs import interface as logs_interface
from bamsd.logs.interface import LogsInterface
from bamsd.logs.service import Logs
from bamsd.manager.interface import JobObjects, ManagerInterface
from bamsd.overview.answers import Answers
from bamsd.overview.assembly import OverviewArea
from bamsd.overview.models import Bacula, UnitState
from bamsd.overview.sampling import Sources
from bamsd.overview.units import state as unit_state
from bamsd.rebuild.configuration import Configuration
from bamsd.rebuild.service import Rebuild
from bamsd.support.assembly import SupportArea
from bamsd.system import run, systemd
from bamsd.tape import interface as tape_interface
from bamsd.tape import recovery
from bamsd.tape.health import DriveHealthPoll
from bamsd.tape.interface import TapeInterface, TapeObjects
from bamsd.tape.portable import Cartridges
from bamsd.tape.service import Tape
from bamsd.tape.watch import Watch
from bamsd.units.watch import UnitWatch

log = logging.getLogger(__name__)

BUS_NAME = "org.bams"
STOP_LIMIT_S = 5.0
"""A robot that still moves then is left alone; the next start looks what became of it. systemd would wait 30 s."""

CONFIG_ALERT = "config-refused"


class Daemon:
    def __init__(self, settings: config.Config, config_path: Path) -> None:
        self._settings = settings
        self._config_path = config_path
        self._store = Store(settings.paths.state / "bams.db")
        self._alerts = Alerts(self._store)
        self._audit = Audit(
            settings.paths.log,
            self._store,
            max_bytes=settings.audit.max_mib << 20,
            keep=settings.audit.keep,
            journal=systemd.journal_send,
        )
        self._audit_watch = AuditWatch(self._audit, self._alerts)
        self._jobs = Jobs(self._store, before_end=self._record_end)
        self._delivery = Delivery(settings.alerts, self._store, self._alerts)
        self._units = UnitWatch(self._alerts, settings.alerts.unit_interval_s)
        self._bacula_reader = Reader(settings.bacula.user)
        self._stop = asyncio.Event()
        self._reloading = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Serve until told to stop (0) or until the bus goes away (1, so that systemd starts us again)."""
        await self._store.open()
        await self._alerts.open()
        opened = await self._audit.open()
        if not opened.ok:  # it looks at the end of the chain alone, so it cannot say that all is well
            await self._audit_watch.judge(opened)
        interrupted = await self._jobs.open()
        connection = await Connection.open()
        self._build(connection)
        await self._overview.open()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: self._spawn(self._reload_logged()))
        await connection.own(BUS_NAME)
        # Calls come from here on. These begin before the first one is taken up, so they come first where they must.
        self._spawn(self._start_tape(interrupted))
        self._spawn(self._start_disk(interrupted))
        self._spawn(self._bacula.start(interrupted))
        self._spawn(self._support.service.start())
        await self._alerts.clear(CONFIG_ALERT)
        await self._delivery.start()
        systemd.notify("READY=1")
        log.info("bamsd is ready as %s", BUS_NAME)
        self._spawn(self._watchdog())
        self._units.start()
        self._spawn(self._audit_watch.daily())
        return await self._serve(connection)

    def _build(self, connection: Connection) -> None:
        """Create the services and export their objects."""
        self._tree = ObjectTree(contract.load(), connection.send)
        polkit = Polkit(connection)
        callers = Callers(connection, self._settings.paths.proc)
        self._dispatcher = Dispatcher(connection.send, self._tree, callers, polkit, self._audit)

        job_objects = JobObjects(self._tree, self._jobs)
        self._jobs.subscribe(job_objects.job_changed)
        self._jobs.on_removed(job_objects.job_removed)
        for job in self._jobs.list():
            job_objects.job_changed(job, False)

        tape_objects = TapeObjects(self._tree)
        self._tape = Tape(
            self._settings.tape,
            self._settings.paths.sysfs,
            self._settings.paths.dev,
            store=self._store,
            jobs=self._jobs,
            alerts=self._alerts,
            listener=tape_objects,
        )
        self._watch = Watch(self._tape, DriveHealthPoll(self._alerts, self._tape))
        tape_objects.entry = TapeInterface(self._tape)

        self._build_disk()
        self._build_bacula()
        self._logs = Logs(
            partial(units.active_states, connection), Departures(connection), self._settings.paths.journal
        )
        self._build_support()
        self._build_overview(connection)
        parts = (self._disk.portable, Cartridges(self._store), self._iscsi.portable, self._bacula.portable)
        configuration = Configuration(self._config_path, self._settings, self.reload)
        self._rebuild = Rebuild(self._settings.paths.state, self._jobs, configuration, parts, bamsd.__version__)

        self._manager = ManagerInterface(
            self._alerts,
            self._audit,
            polkit,
            declared_actions,
            self._audit_watch.verify,
            self.reload,
            self._support.service,
            self._rebuild,
            Answers(self._overview.service),
            self.test_delivery,
            simulated=self._settings.simulated,
        )
        self._tree.add(ROOT, self._manager)
        self._tree.add(tape_interface.PATH, tape_objects.entry)
        self._tree.add(disk_interface.PATH, DiskInterface(self._disk.service))
        self._iscsi_objects.entry = IscsiInterface(self._iscsi.service)
        self._tree.add(iscsi_interface.PATH, self._iscsi_objects.entry)
        self._tree.add(bacula_interface.PATH, BaculaInterface(self._bacula.service))
        self._tree.add(logs_interface.PATH, LogsInterface(self._logs))
        connection.on_message(self._dispatcher.handle)

    def _build_bacula(self) -> None:
        """Bacula sees what tapes and disks there are, and gives a drive back before BAMS moves its tape."""
        self._bacula = BaculaArea(
            self._settings,
            self._store,
            self._jobs,
            self._alerts,
            self._bacula_reader,
            libraries=lambda: between.libraries(self._tape),
            repositories=lambda: between.repositories(tuple(self._disk.repositories())),
            slots=lambda storage: between.full_slots(self._tape, storage),
            registered=lambda: between.whereabouts(self._tape),
            look_again=lambda storage: between.look_again(self._tape, storage),
        )
        self._tape.mover.release = self._bacula.service.operating.release_drive

    def _build_support(self) -> None:
        """A bundle has what the areas know, and none of their secrets."""
        self._support = SupportArea(
            self._settings,
            self._config_path,
            self._jobs,
            version=bamsd.__version__,
            robots=lambda: between.robots(self._tape),
            logs=between.logs,
            documents=between.documents(self._alerts, self._jobs, self._audit, self._tree.managed),
            secrets=self._iscsi.secrets,
        )

    def _build_disk(self) -> None:
        """Disks, targets, and everybody who may use a disk: the areas know each other only through this."""
        holders = Holders()
        paths = self._settings.paths
        self._iscsi_objects = IscsiObjects(self._tree)
        self._iscsi = IscsiArea(
            self._settings,
            self._store,
            self._jobs,
            self._alerts,
            holders,
            self._iscsi_objects,
            lambda: {view.uuid: between.backing(view) for view in self._disk.repositories()},
            lambda name: between.backing(self._disk.service.repository(name)),
        )
        holders.register(self._iscsi.holders)
        holders.register(
            Exports(
                paths.sysfs,
                dev=paths.dev,
                scst_conf=paths.etc / "scst.conf",
                saveconfigs=[paths.etc / name / "saveconfig.json" for name in ("rtslib-fb-target", "target")],
            )
        )
        bacula = [paths.etc / "bacula/bacula-sd.conf", *CONFIGURATIONS[1:]]
        objects = DiskObjects(self._tree, on_size=self._iscsi.watch.look)
        self._disk = DiskArea(self._settings, self._store, self._jobs, self._alerts, holders, objects)
        # A repository in Bacula's configuration is in use also while it is not mounted.
        places = self._disk.mount_points
        roots = (paths.proc, paths.sysfs, paths.dev)
        holders.register(
            ArchiveDevices(self._bacula_reader.storage, *roots, configurations=bacula, mount_points=places)
        )

    def _build_overview(self, connection: Connection) -> None:
        """The overview sees all areas, and each of them through a function of ``between_overview``."""
        tape_libraries = between_overview.Libraries()
        books = self._disk.service.books
        sources = Sources(
            spaces=lambda: between_overview.spaces(books.pools.values(), books.repositories.values()),
            libraries=lambda: tape_libraries.of(self._tape.libraries),
            iscsi=lambda: between_overview.iscsi(self._iscsi.service.books),
            sessions=lambda: between_overview.sessions(self._iscsi.service),
            loads=self._tape.register.loads,
        )

        async def unit_states(names: Sequence[str]) -> dict[str, UnitState]:
            return {name: unit_state(*said) for name, said in (await units.unit_states(connection, names)).items()}

        async def bacula() -> Bacula:
            return between_overview.bacula(await self._bacula.quiet_status.ask())

        self._overview = OverviewArea(
            self._settings,
            self._store,
            self._jobs,
            self._alerts,
            sources,
            unit_states,
            bacula,
            lambda sections: self._manager.emit("OverviewChanged", sections),
        )
        self._tree.on_change = self._overview.object_changed

    async def _start_disk(self, interrupted: Sequence[Job]) -> None:
        """Targets come after the disks: their devices must be known by then. The overview counts what is there."""
        await self._iscsi.open()
        await self._first_look("disk", self._disk.start(interrupted))
        await self._first_look("iscsi", self._iscsi.start(interrupted))
        await self._rebuild.start(interrupted)
        self._overview.start()

    async def _start_tape(self, interrupted: Sequence[Job]) -> None:
        await self._watch.start()
        await self._first_look("tape", recovery.start(self._tape, self._jobs, interrupted))

    async def _first_look(self, area: str, look: Awaitable[None]) -> None:
        try:
            await look
        finally:
            self._manager.discovered(area)

    async def _serve(self, connection: Connection) -> int:
        stop = asyncio.create_task(self._stop.wait())
        closed = asyncio.create_task(connection.closed())
        await asyncio.wait((stop, closed), return_when=asyncio.FIRST_COMPLETED)
        lost = closed.done()
        if lost:
            log.error("the connection to the bus ended: %s", closed.result() or "closed by the bus")
        systemd.notify("STOPPING=1")
        for task in self._background:
            task.cancel()
        await self._logs.close()
        await self._watch.stop()
        await self._overview.stop()
        await self._iscsi.stop()
        await self._disk.stop()
        await self._bacula.stop()
        await self._units.stop()
        await self._delivery.stop()
        await self._jobs.close(0 if lost else STOP_LIMIT_S)
        await self._dispatcher.stop()
        if not lost:
            await connection.drain()
            await connection.close()
        await asyncio.gather(stop if stop.done() else _cancelled(stop), closed, return_exceptions=True)
        await run.all_stopped()
        await self._audit.close()
        await self._store.close()
        return 1 if lost else 0

    async def test_delivery(self, dry_run: bool) -> list[dict[str, Any]]:
        return [asdict(outcome) for outcome in await self._delivery.test(dry_run=dry_run)]

    async def reload(self) -> None:
        """Read the configuration again. A bad file changes nothing, raises an alert and is the caller's error."""
        async with self._reloading:
            try:
                fresh = await asyncio.to_thread(config.load, self._config_path)
                for key in ("paths", "simulated"):
                    if getattr(fresh, key) != getattr(self._settings, key):
                        raise InvalidArgument(f"{self._config_path}: {key}: takes effect only at a restart of bamsd.")
            except BamsError as error:
                await self._alerts.raise_alert(
                    CONFIG_ALERT,
                    "warning",
                    f"The configuration was refused: {error.message}",
                    "Correct the file and reload bamsd. Until then the old configuration is in force.",
                )
                raise
            await self._alerts.clear(CONFIG_ALERT)
            self._settings = fresh
            logging.getLogger("bamsd").setLevel(fresh.log_level.upper())
            await self._tape.configure(fresh.tape)
            self._disk.configure(fresh.disk)
            self._bacula.configure(fresh.bacula)
            self._iscsi.configure(fresh.iscsi)
            self._support.service.settings = fresh.bundles
            self._overview.configure(fresh.overview)
            self._delivery.configure(fresh.alerts)
            self._units.interval_s = fresh.alerts.unit_interval_s
            log.info("the configuration was read again")

    async def _reload_logged(self) -> None:
        try:
            await self.reload()
        except BamsError as error:
            log.error("reload: %s", error.message)

    async def _record_end(self, job: Job) -> None:
        """The end of a job goes into the audit before anyone is told of it."""
        await self._audit.record(job_record.ended(job))

    async def _watchdog(self) -> None:
        """Tell systemd at half its interval that the event loop turns."""
        interval = systemd.watchdog_interval_s()
        while interval:
            systemd.notify("WATCHDOG=1")
            await asyncio.sleep(interval / 2)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception():
            log.error("a background task failed", exc_info=task.exception())


async def _cancelled(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
