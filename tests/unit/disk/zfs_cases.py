"""What the tests of ZFS share."""

from pathlib import Path

import pytest

from bamsd.disk import zpool
from tests.fakes.zfs_pools import FakeZfs

MIB = 1024 * 1024
ONE = "0f3c1d52-6a1e-4c55-9d0b-3a5f6d1e7a01"
TWO = "0f3c1d52-6a1e-4c55-9d0b-3a5f6d1e7a02"
VERSIONS = ("2.1.11", "2.3.9")


def start(directory: Path, monkeypatch: pytest.MonkeyPatch, version: str = "2.3.9") -> FakeZfs:
    """Fake zpools; their programs are then on PATH of this process."""
    fake = FakeZfs(directory / "disks", version)
    for name, value in fake.environment.items():
        monkeypatch.setenv(name, value)
    zpool.forget_version()
    return fake
