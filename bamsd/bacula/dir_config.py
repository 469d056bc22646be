"""The Director's side: how it reaches the devices of this storage daemon, and a pool for each. Pure.

Names and Media Types must be the same on both sides, so they come from the same functions.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bamsd.bacula import sd_config
from bamsd.bacula.models import TapeLibrary, as_name
from bamsd.bacula.resources import Plain, Resource, resource
from bamsd.bacula.sd_config import Wanted

JOBS = 10
RETENTION = Plain("365 days")


@dataclass(frozen=True, slots=True)
class Reach:
    """How a Director reaches this storage daemon. Never shown: repr leaves the password out."""

    address: str
    port: int
    password: str = field(repr=False)


def resources(wanted: Wanted, reach: Reach) -> tuple[Resource, ...]:
    found: list[Resource] = []
    for library in wanted.libraries:
        found += _library(library, reach)
    for repository in wanted.repositories:
        media, name = sd_config.file_media_type(repository), as_name(repository.name)
        devices = sd_config.file_device_names(repository, wanted.devices_per_repository)
        if repository.name in wanted.virtual:
            stores = [_storage("Autochanger", name, name, media, reach)]
        else:
            stores = [_storage("Storage", device, device, media, reach) for device in devices]
        found += [*stores, _pool(name, stores[0].name, label_format=f"{name}-")]
    return tuple(found)


def _library(library: TapeLibrary, reach: Reach) -> Iterable[Resource]:
    """One storage for each Media Type: a library may hold drives of two generations."""
    name = as_name(library.name)
    kinds = list(dict.fromkeys(sd_config.media_type(library, drive) for drive in library.drives))
    for media in kinds:
        own = name if media == kinds[0] else f"{name}-{media}"
        yield _storage("Autochanger", own, name, media, reach)
    yield _pool(name, name, cleaning_prefix="CLN")


def _storage(kind: str, name: str, device: str, media: str, reach: Reach) -> Resource:
    return resource(
        kind,
        Name=name,
        Address=reach.address,
        SD_Port=reach.port,
        Password=reach.password,
        Device=device,
        Media_Type=media,
        Maximum_Concurrent_Jobs=JOBS if kind == "Autochanger" else sd_config.JOBS_PER_FILE_DEVICE,
    )


def _pool(name: str, storage: str, *, cleaning_prefix: str | None = None, label_format: str | None = None) -> Resource:
    return resource(
        "Pool",
        Name=name,
        Pool_Type="Backup",
        Storage=storage,
        Cleaning_Prefix=cleaning_prefix,
        Label_Format=label_format,
        Maximum_Volume_Bytes="50G" if label_format else None,
        Volume_Retention=RETENTION,
        Recycle=True,
        AutoPrune=True,
    )


def text(found: Iterable[Resource]) -> str:
    return sd_config.text(found)
