"""Support bundles on the bus: the shipped daemon, fakes, a real tar and zstd; no planted secret comes out."""

import asyncio
import base64
import json
import os
import signal
import stat
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from bamsd.errors import Busy, InvalidArgument, NotAuthorized, NotFound
from tests.bus.stack import Client, Stack, until

MANAGER = "org.bams.Manager"
CHAP = "planted-chap-secret"
BACULA = "planted/bacula=password"
LOGGED = f"somebody wrote {BACULA} and {base64.b64encode(f'joe:{CHAP}'.encode()).decode()} into a log"


def program(stack: Stack, name: str, script: str) -> None:
    """A program on PATH, before all others."""
    folder = stack.directory / "programs"
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    if not stack.environment["PATH"].startswith(str(folder)):
        stack.environment["PATH"] = f"{folder}{os.pathsep}{stack.environment['PATH']}"


@pytest.fixture
def host(stack: Stack) -> Stack:
    """Secrets in Bacula's files, in a target of the kernel, and in a log."""
    etc = stack.directory / "etc"
    stack.config["paths"]["etc"] = str(etc)
    (etc / "bacula").mkdir(parents=True)
    (etc / "bacula/bacula-sd.conf").write_text(f'Director {{\n  Name = d\n  Password = "{BACULA}"\n}}\n')
    (etc / "scst.conf").write_text(f'TARGET t {{\n  IncomingUser "joe {CHAP}"\n}}\n')
    auth = stack.directory / "sys/kernel/config/target/iscsi/iqn.2026-01.org.example:a/tpgt_1/auth"
    auth.mkdir(parents=True)
    (auth / "password").write_text(f"{CHAP}\n")
    program(stack, "journalctl", f'echo "$@" >> {stack.directory}/journalctl.log; echo "{LOGGED}"')
    for name in ("dmidecode", "lspci", "lsscsi", "multipath", "iscsiadm", "dpkg-query"):
        program(stack, name, "echo fine")
    return stack


async def made(client: Client, **options: Any) -> dict[str, Any]:
    job = await client.job(await client.call("/org/bams", f"{MANAGER}.CreateBundle", "a{sv}", options))
    assert job["State"] == "succeeded", job
    result: dict[str, Any] = job["Result"]
    return result


def opened(path: str, folder: Path) -> dict[str, bytes]:
    """Every file of a bundle, without its first folder."""
    plain = folder / "bundle.tar"
    subprocess.run(["zstd", "-q", "-d", "-f", path, "-o", str(plain)], check=True)
    with tarfile.open(plain) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        return {m.name.split("/", 1)[1]: archive.extractfile(m).read() for m in members}  # type: ignore[union-attr]


async def test_a_bundle_is_complete_and_has_no_secret(host: Stack) -> None:
    await host.daemon()
    client = await host.client()
    result = await made(client)
    path = Path(result["path"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750
    assert result["size"] == path.stat().st_size
    files = opened(result["path"], host.directory)
    manifest = json.loads(files["manifest.json"])
    rows = {row["file"]: row for row in manifest["files"]}
    assert set(files) - {"manifest.json"} == {name for name, row in rows.items() if "sha256" in row}
    assert {"bams/alerts.json", "bams/audit.jsonl", "bams/objects.json", "storage/lsblk.json"} <= set(files)
    assert {"journal/bamsd.txt", "journal/kernel.txt", "iscsi/lio.txt", "system/units.txt"} <= set(files)
    everything = b"\n".join(files.values())
    for secret in (CHAP, BACULA):
        assert secret.encode() not in everything
    assert b"joe" in files["iscsi/scst.conf" if "iscsi/scst.conf" in files else _named(files, "scst.conf")]
    assert rows["journal/bamsd.txt"]["secrets_removed"] >= 2
    assert b"somebody wrote (secret) and" in files["journal/bamsd.txt"]
    assert not (host.directory / "state/bundle.work").exists()


def _named(files: dict[str, bytes], end: str) -> str:
    return next(name for name in files if name.endswith(end))


async def test_services_and_time_are_chosen(host: Stack) -> None:
    await host.daemon()
    client = await host.client()
    result = await made(client, services=["bamsd"], since=1_795_000_000_000_000)
    names = {name for name in opened(result["path"], host.directory) if name.startswith("journal/")}
    assert names == {"journal/bamsd.txt"}
    assert "--since=@1795000000 --unit bamsd.service" in (host.directory / "journalctl.log").read_text()
    error = await client.fails("/org/bams", f"{MANAGER}.CreateBundle", "a{sv}", {"services": ["sshd"]})
    assert type(error) is NotFound


async def test_they_are_listed_deleted_and_only_so_many_kept(host: Stack) -> None:
    host.config["bundles"] = {"keep": 2}
    await host.daemon()
    client = await host.client()
    folder = host.directory / "state/bundles"
    folder.mkdir()
    for day in (1, 2, 3):
        old = folder / f"bams-x-2026010{day}-000000.tar.zst"
        old.write_text("old")
        os.utime(old, (day, day))
    (folder / "stranger.txt").write_text("not ours")
    (folder / "bams-x-20260104-000000.tar.zst").symlink_to("/etc/passwd")
    result = await made(client)
    found = await client.call("/org/bams", f"{MANAGER}.ListBundles", "a{sv}", {})
    assert [bundle["name"] for bundle in found] == [result["name"], "bams-x-20260103-000000"]
    assert (folder / "stranger.txt").exists()
    await client.call("/org/bams", f"{MANAGER}.DeleteBundle", "sa{sv}", result["name"], {})
    assert not Path(result["path"]).exists()


@pytest.mark.parametrize("name", ["../bams", "bams-x-20260101-000000/../..", "", "x" * 300, "bams-x-20260101-000000\n"])
async def test_a_name_that_is_none_deletes_nothing(host: Stack, name: str) -> None:
    await host.daemon()
    client = await host.client()
    error = await client.fails("/org/bams", f"{MANAGER}.DeleteBundle", "sa{sv}", name, {})
    assert type(error) is InvalidArgument


async def test_who_may_not(host: Stack) -> None:
    host.polkit(manage="no", logs_read="no")
    await host.daemon()
    client = await host.client()
    for member, signature, values in (
        ("CreateBundle", "a{sv}", ({},)),
        ("ListBundles", "a{sv}", ({},)),
        ("DeleteBundle", "sa{sv}", ("bams-x-20260101-000000", {})),
    ):
        assert type(await client.fails("/org/bams", f"{MANAGER}.{member}", signature, *values)) is NotAuthorized


async def test_a_plan_makes_nothing(host: Stack) -> None:
    await host.daemon()
    client = await host.client()
    job = await client.job(await client.call("/org/bams", f"{MANAGER}.CreateBundle", "a{sv}", {"dry_run": True}))
    assert job["State"] == "planned"
    assert not (host.directory / "state/bundles").exists()


async def test_one_at_a_time_and_it_can_be_cancelled(host: Stack) -> None:
    program(host, "lspci", f"touch {host.directory}/begun; sleep 60")
    await host.daemon()
    client = await host.client()
    path = await client.call("/org/bams", f"{MANAGER}.CreateBundle", "a{sv}", {})
    await until(lambda: (host.directory / "begun").exists(), "lspci to begin")
    assert type(await client.fails("/org/bams", f"{MANAGER}.CreateBundle", "a{sv}", {})) is Busy
    await client.call(path, "org.bams.Job.Cancel", "a{sv}", {})
    assert (await client.job(path))["State"] == "cancelled"
    assert list((host.directory / "state/bundles").iterdir()) == []
    assert not (host.directory / "state/bundle.work").exists()


async def test_a_full_disk_is_said_and_leaves_nothing(host: Stack) -> None:
    program(host, "tar", "echo 'tar: x: Cannot write: No space left on device' >&2; exit 2")
    await host.daemon()
    client = await host.client()
    job = await client.job(await client.call("/org/bams", f"{MANAGER}.CreateBundle", "a{sv}", {}))
    assert (job["State"], job["Error"][0]) == ("failed", "org.bams.Error.OutOfSpace")
    assert list((host.directory / "state/bundles").iterdir()) == []


async def test_what_is_no_full_disk_is_not_called_one(host: Stack) -> None:
    """A file stands where the folder belongs: no room that somebody makes would help."""
    await host.daemon()
    client = await host.client()
    (host.directory / "state/bundles").write_text("in the way")
    job = await client.job(await client.call("/org/bams", f"{MANAGER}.CreateBundle", "a{sv}", {}))
    assert (job["State"], job["Error"][0]) == ("failed", "org.bams.Error.ToolFailed")
    assert "state/bundles" in job["Error"][1]


async def test_what_a_kill_leaves_is_cleared_at_the_next_start(host: Stack) -> None:
    program(host, "lspci", f"touch {host.directory}/begun; sleep 60")
    daemon = await host.daemon()
    client = await host.client()
    await client.call("/org/bams", f"{MANAGER}.CreateBundle", "a{sv}", {})
    await until(lambda: (host.directory / "begun").exists(), "lspci to begin")
    work = host.directory / "state/bundle.work"
    assert stat.S_IMODE(next(work.iterdir()).stat().st_mode) == 0o700
    daemon.send_signal(signal.SIGKILL)
    await asyncio.to_thread(daemon.wait)
    assert work.exists()
    await host.daemon()
    await until(lambda: not work.exists(), "the work to be cleared")
