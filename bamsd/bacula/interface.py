"""org.bams.Bacula on D-Bus: declarations."""

from typing import Annotated, Any

from pydantic import Field

from bamsd.bacula.drafts import Choice
from bamsd.bacula.models import Finding, SdDevice, SdJob
from bamsd.bacula.operating import MOST_VOLUMES, OPERATE
from bamsd.bacula.service import CONFIGURE, RESTART, Bacula, Status
from bamsd.bacula.views import CatalogJob, Volume
from bamsd.bus import caller
from bamsd.bus.export import Interface, JobOptions, Options, method
from bamsd.core.jobs import Job
from bamsd.core.names import ROOT, job_path

PATH = f"{ROOT}/Bacula"
Name = Annotated[str, Field(max_length=128)]


class ConfigOptions(JobOptions):
    libraries: list[Name] | None = Field(None, max_length=64)
    repositories: list[Name] | None = Field(None, max_length=256)
    virtual_autochangers: list[Name] = Field([], max_length=256)
    devices_per_repository: int = Field(2, ge=1, le=32)
    spool_directory: str = Field("", max_length=1024)
    spool_size: int = Field(0, ge=0, lt=1 << 60)
    director: Name = "bacula-dir"
    address: str = Field("", max_length=253)
    local_director: bool = False

    @property
    def choice(self) -> Choice:
        return Choice(
            libraries=None if self.libraries is None else tuple(self.libraries),
            repositories=None if self.repositories is None else tuple(self.repositories),
            virtual=tuple(self.virtual_autochangers),
            devices_per_repository=self.devices_per_repository,
            spool_directory=self.spool_directory,
            spool_bytes=self.spool_size,
            director=self.director,
            address=self.address,
            local_director=self.local_director,
        )


class ApplyOptions(ConfigOptions):
    force: bool = False
    wait_for_jobs: bool = False


class RestartOptions(JobOptions):
    force: bool = False
    wait_for_jobs: bool = False


class DriveOptions(JobOptions):
    drive: int = Field(0, ge=0, le=65535)


class LabelOptions(DriveOptions):
    slots: list[Annotated[int, Field(ge=1, le=65535)]] = Field([], max_length=10_000)


class MountOptions(JobOptions):
    slot: int = Field(0, ge=0, le=65535)


class PlainOptions(Options):
    pass


class ListVolumesOptions(Options):
    limit: int = Field(100, ge=1, le=MOST_VOLUMES)
    cursor: str = Field("", max_length=128)
    pool: str = Field("", max_length=128)
    filter: str = Field("", max_length=128)


class ListJobsOptions(Options):
    limit: int = Field(100, ge=1, le=500)


class BaculaInterface(Interface, name="org.bams.Bacula"):
    def __init__(self, bacula: Bacula) -> None:
        self._bacula = bacula

    @method("", "a{sv}")
    async def get_status(self) -> dict[str, Any]:
        return _status(await self._bacula.status())

    @method("", "s")
    async def get_config(self) -> str:
        return await self._bacula.configuration()

    @method("a{sv}", "sss", options=ConfigOptions)
    async def generate_config(self, options: ConfigOptions) -> tuple[str, str, str]:
        draft = await self._bacula.generate(options.choice)
        return draft.text, draft.diff, draft.director

    @method("a{sv}", "aa{sv}", options=ConfigOptions)
    async def check_config(self, options: ConfigOptions) -> list[dict[str, Any]]:
        return [_finding(finding) for finding in await self._bacula.check(options.choice)]

    @method("a{sv}", "o", options=ApplyOptions, action=CONFIGURE, audit="apply the configuration of bacula-sd")
    async def apply_config(self, options: ApplyOptions) -> str:
        job = await self._bacula.apply(
            options.choice,
            caller.starter(),
            force=options.force,
            wait_for_jobs=options.wait_for_jobs,
            **options.how,
        )
        return _path(job)

    @method("a{sv}", "o", options=RestartOptions, action=RESTART, audit="restart bacula-sd")
    async def restart(self, options: RestartOptions) -> str:
        job = await self._bacula.restart(
            caller.starter(), force=options.force, wait_for_jobs=options.wait_for_jobs, **options.how
        )
        return _path(job)

    @method("a{sv}", "s", options=PlainOptions, action=CONFIGURE, audit="let Bacula use the tape devices")
    async def fix_permissions(self, options: PlainOptions) -> str:
        return "" if options.dry_run else await self._bacula.fix_permissions()

    @method("sa{sv}", "o", options=DriveOptions, action=OPERATE, audit="update the slots of {storage} in Bacula")
    async def inventory(self, storage: str, options: DriveOptions) -> str:
        return _path(await self._bacula.operating.inventory(storage, options.drive, caller.starter(), **options.how))

    @method("ssa{sv}", "o", options=LabelOptions, action=OPERATE, audit="label cartridges of {storage} for {pool}")
    async def label(self, storage: str, pool: str, options: LabelOptions) -> str:
        job = await self._bacula.operating.label(
            storage, pool, options.slots, options.drive, caller.starter(), **options.how
        )
        return _path(job)

    @method("sua{sv}", "o", options=MountOptions, action=OPERATE, audit="mount drive {drive} of {storage}")
    async def mount(self, storage: str, drive: int, options: MountOptions) -> str:
        return _path(await self._bacula.operating.mount(storage, drive, options.slot, caller.starter(), **options.how))

    @method("sua{sv}", "o", options=JobOptions, action=OPERATE, audit="unmount drive {drive} of {storage}")
    async def unmount(self, storage: str, drive: int, options: JobOptions) -> str:
        return await self._on_drive("unmount", storage, drive, options)

    @method("sua{sv}", "o", options=JobOptions, action=OPERATE, audit="release drive {drive} of {storage}")
    async def release(self, storage: str, drive: int, options: JobOptions) -> str:
        return await self._on_drive("release", storage, drive, options)

    @method("sua{sv}", "o", options=JobOptions, action=OPERATE, audit="enable drive {drive} of {storage}")
    async def enable_device(self, storage: str, drive: int, options: JobOptions) -> str:
        return await self._on_drive("enable", storage, drive, options)

    @method("sua{sv}", "o", options=JobOptions, action=OPERATE, audit="disable drive {drive} of {storage}")
    async def disable_device(self, storage: str, drive: int, options: JobOptions) -> str:
        return await self._on_drive("disable", storage, drive, options)

    @method("a{sv}", "aa{sv}s", options=ListVolumesOptions)
    async def list_volumes(self, options: ListVolumesOptions) -> tuple[list[dict[str, Any]], str]:
        page, cursor = await self._bacula.operating.volumes(
            pool=options.pool, text=options.filter, limit=options.limit, after=options.cursor
        )
        return [_volume(volume) for volume in page], cursor

    @method("a{sv}", "aa{sv}", options=ListJobsOptions)
    async def list_jobs(self, options: ListJobsOptions) -> list[dict[str, Any]]:
        return [_catalog_job(job) for job in await self._bacula.operating.jobs(options.limit)]

    async def _on_drive(self, verb: str, storage: str, drive: int, options: JobOptions) -> str:
        return _path(await self._bacula.operating.on_drive(verb, storage, drive, caller.starter(), **options.how))


def _path(job: Job) -> str:
    return job_path(job.id)


def _status(status: Status) -> dict[str, Any]:
    storage = status.storage
    found: dict[str, Any] = {
        "installed": status.unit.is_installed,
        "unit_state": status.unit.active,
        "reachable": storage is not None,
        "problem": status.problem,
        "director_reachable": not status.director_problem,
        "director_problem": status.director_problem,
        "storages": list(status.storages),
        "pools": list(status.pools),
    }
    if storage:
        found |= {
            "name": storage.header.name,
            "version": storage.header.version,
            "started": storage.header.started_us,
            "devices": [_device(device) for device in storage.devices],
            "running": [_sd_job(job) for job in storage.running],
            "ended": [_sd_job(job) for job in storage.ended],
        }
    return found


def _device(device: SdDevice) -> dict[str, Any]:
    return {
        "name": device.name,
        "archive_device": device.archive_device,
        "type": device.kind,
        "media_type": device.media_type,
        "autochanger": device.autochanger,
        "open": device.is_open,
        "enabled": device.is_enabled,
        "mounted": device.is_mounted,
        "writers": device.writers,
        "volume": device.volume,
        "pool": device.pool,
        "blocked": device.blocked,
        "bytes": device.written_bytes,
        "drive": device.drive,
    }


def _sd_job(job: SdJob) -> dict[str, Any]:
    return {
        "jobid": job.jobid,
        "name": job.name,
        "level": job.level,
        "type": job.kind,
        "status": job.status,
        "bytes": job.bytes,
        "files": job.files,
        "errors": job.errors,
        "volume": job.volume,
        "device": job.device,
        "started": job.started_us,
        "ended": job.ended_us,
        "waiting": job.waiting,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "subject": finding.subject,
        "text": finding.text,
        "advice": finding.advice,
        "file": finding.file,
        "line": finding.line,
    }


def _volume(volume: Volume) -> dict[str, Any]:
    known = volume.whereabouts
    found = {
        "name": volume.name,
        "pool": volume.pool,
        "media_type": volume.media_type,
        "status": volume.status,
        "bytes": volume.bytes,
        "files": volume.files,
        "last_written": volume.last_written_us,
        "retention": volume.retention_s,
        "slot": volume.slot,
        "in_changer": volume.in_changer,
        "enabled": volume.enabled,
        "needs_inventory": volume.needs_inventory,
    }
    return found | ({"library": known.library, "place": known.place, "number": known.number} if known else {})


def _catalog_job(job: CatalogJob) -> dict[str, Any]:
    return {
        "jobid": job.jobid,
        "name": job.name,
        "type": job.kind,
        "level": job.level,
        "status": job.status,
        "status_text": job.status_text,
        "client": job.client,
        "bytes": job.bytes,
        "files": job.files,
        "errors": job.errors,
        "started": job.started_us,
        "ended": job.ended_us,
        "device": job.device,
    }
