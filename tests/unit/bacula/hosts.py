"""Hosts to generate a configuration for, and what Bacula must read of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from bamsd.bacula import resources
from bamsd.bacula.models import Repository, TapeDrive, TapeLibrary
from bamsd.bacula.sd_config import MONITOR, Passwords, Wanted

PASSWORDS = Passwords("a" * 48, 'we "quote" # { } \\ ;')
BASE = resources.SdConfig({"Storage": ({"Name": "sd"},), "Director": ({"Name": "d", "Password": "pppp"},)})


def library(name: str, count: int, generation: int = 8) -> TapeLibrary:
    drives = tuple(
        TapeDrive(n, f"{name}{n}", f"/dev/tape/by-id/scsi-{name}{n}-nst", f"/dev/sg{n}", generation, n % 2 == 0)
        for n in range(count)
    )
    return TapeLibrary(name, name, f"/dev/tape/by-id/scsi-{name}", "serial", drives)


def repository(name: str) -> Repository:
    return Repository(name, f"/srv/bams/{name}", is_mounted=True)


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True)
wanted = st.builds(
    lambda libs, repos, count, virtual, base: Wanted(
        libraries=tuple(library(name, drives, generation) for name, (drives, generation) in libs.items()),
        repositories=tuple(repository(name) for name in repos),
        virtual=frozenset(name for name, chosen in zip(repos, virtual, strict=False) if chosen),
        devices_per_repository=count,
        base=base,
    ),
    st.dictionaries(names, st.tuples(st.integers(1, 4), st.integers(0, 9)), max_size=2),
    st.lists(names, max_size=3, unique=True),
    st.integers(1, 4),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.sampled_from([BASE, resources.SdConfig()]),
)


SHAPES = {
    "4 drives": Wanted(libraries=(library("LIB", 4),), spool_directory="/var/spool/bacula", spool_bytes=50_000_000_000),
    "2 libraries": Wanted(libraries=(library("A", 2), library("B", 1, 6))),
    "disk only": Wanted(repositories=(repository("files"),)),
    "virtual": Wanted(repositories=(repository("files"),), virtual=frozenset({"files"}), devices_per_repository=3),
}


def assert_is_asked(asked: Wanted, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """``rows`` are the resources that Bacula read, by kind."""
    devices = {row["Name"]: row for row in rows["Device"]}
    changers = {row["Name"]: row for row in rows.get("Autochanger", [])}
    drives = [(lib, drive) for lib in asked.libraries for drive in lib.drives]
    assert len(devices) == len(drives) + len(asked.repositories) * asked.devices_per_repository
    for lib, drive in drives:
        row = devices[f"{lib.name}-drive-{drive.index}"]
        assert (row["ArchiveDevice"], row["DriveIndex"], row["Autochanger"]) == (drive.device, drive.index, True)
        assert ("AlertCommand" in row) == drive.has_alerts
        assert row.get("SpoolDirectory", "") == asked.spool_directory
        assert row.get("MaximumSpoolSize", 0) == asked.spool_bytes
        assert f"{lib.name}-drive-{drive.index}" in str(changers[lib.name]["Device"])
    for repo in asked.repositories:
        for number in range(asked.devices_per_repository):
            row = devices[f"{repo.name}-{number}"]
            assert (row["ArchiveDevice"], row["MediaType"]) == (repo.path, f"File-{repo.name}")
            assert row.get("DriveIndex") == (number if repo.name in asked.virtual else None)
    assert set(changers) == {lib.name for lib in asked.libraries} | set(asked.virtual)
    directors = {row["Name"]: row for row in rows["Director"]}
    assert directors[MONITOR] == {"Name": MONITOR, "Password": "a" * 48, "Monitor": True}
    assert ("Storage" in rows, len(directors)) == ((False, 1) if asked.base is BASE else (True, 2))
    if asked.base is not BASE:
        assert directors["bacula-dir"]["Password"] == PASSWORDS.director
