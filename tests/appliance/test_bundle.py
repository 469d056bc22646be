"""A support bundle of a real machine: complete, free of every planted secret, and for administrators alone."""

import base64
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliance.area import Area
from tests.appliance.guest import Guest
from tests.appliance.steps import wait_until

pytestmark = pytest.mark.appliance
IQN = "iqn.2026-01.org.example:bundle"
CHAP = "Planted.Ch.4711"


class Bundles(Area):
    entry = ("/org/bams", "org.bams.Manager")


class Targets(Area):
    entry = ("/org/bams/Iscsi", "org.bams.Iscsi")


@pytest.fixture(scope="module")
def secrets(guest: Guest) -> Iterator[list[str]]:
    """A target with a CHAP secret, Bacula's own passwords, and both in the journal."""
    targets = Targets(guest)
    known = "busctl get-property org.bams /org/bams/Iscsi org.bams.Iscsi BackendState"
    wait_until("the target stack to be known", lambda: "ready" in guest.attempt(known).out, 120, pause_s=1)
    targets.job("CreateTarget", "s", IQN, initiators=["iqn.1993-08.org.debian:01:bundle"])
    targets.job("SetCredentials", "s", IQN, user="joe", secret=CHAP)
    targets.job("Apply", "s", IQN)
    # What stands behind the equals sign, without quotes and without the comment behind it.
    line = "sed -n 's/^[^#]*Password = *\"\\?\\([^\" ]*\\).*/\\1/p' /etc/bacula/*.conf | sort -u"
    bacula = guest.run(line).split()
    assert len(bacula) > 2
    encoded = base64.b64encode(f"joe:{CHAP}".encode()).decode()
    guest.run(f"logger -t bamsd-test 'planted {CHAP} {encoded} {bacula[0]}'; journalctl --sync")
    yield [CHAP, encoded, *bacula]
    targets.job("DeleteTarget", "s", IQN, confirm=IQN, apply=True)


def unpacked(archive: Path) -> dict[str, bytes]:
    """The files of a bundle, by their names without its top folder."""
    plain = archive.with_suffix(".plain")
    subprocess.run(["zstd", "-q", "-d", str(archive), "-o", str(plain)], check=True)
    with tarfile.open(plain) as tar:
        return {
            member.name.split("/", 1)[1]: tar.extractfile(member).read()  # type: ignore[union-attr]
            for member in tar.getmembers()
            if member.isfile()
        }


def test_the_bundle(guest: Guest, secrets: list[str], tmp_path: Path) -> None:
    bundles = Bundles(guest)
    result = bundles.job("CreateBundle", "", limit_s=600)["Result"]
    path = result["path"]["data"]
    assert guest.run(f"stat -c '%a %U %G' {path}").strip() == "640 root bams-admin"
    assert guest.attempt(f"head -c 4 {path} > /dev/null", user="admin").code == 0
    assert guest.attempt(f"head -c 4 {path} > /dev/null", user="viewer").code != 0
    assert guest.attempt("ls /var/lib/bams", user="viewer").code != 0
    assert guest.attempt("cat /var/lib/bams/bams.db > /dev/null", user="admin").code != 0

    archive = tmp_path / "bundle.tar.zst"
    guest.vm.shell.copy_out(path, archive)
    plain = guest.run(f"zstd -dc {path} | wc -c")
    print(f"bundle: {archive.stat().st_size} bytes, {int(plain)} before packing")
    files = unpacked(archive)
    manifest = {row["file"]: row for row in json.loads(files["manifest.json"])["files"]}
    for name in ("storage/lvm.json", "storage/lsblk.json", "system/packages.txt", "system/units.txt", "iscsi/lio.txt"):
        assert manifest[name]["problem"] == "", manifest[name]
        assert len(files[name]) > 20  # a machine without a volume group has little to report
    assert any(name.startswith("tape/") and name.endswith("status.txt") for name in files)
    assert any(name.startswith("bacula/") and name.endswith("bacula-sd.conf") for name in files)
    assert IQN.encode() in files["iscsi/lio.txt"]
    assert b"is ready as org.bams" in files["journal/bamsd.txt"]
    everything = b"\n".join(files.values())
    for secret in secrets:
        assert secret.encode() not in everything, [n for n, c in files.items() if secret.encode() in c]
    assert manifest["system/packages.txt"]["sha256"]

    [name] = [bundle["name"]["data"] for bundle in guest.call(*bundles.entry, "ListBundles", "a{sv}", "0")[0]]
    guest.call(*bundles.entry, "DeleteBundle", "sa{sv}", name, "0", user="admin")
    assert guest.attempt(f"test -e {path}").code != 0


def test_who_may_not_make_one(guest: Guest) -> None:
    for user in ("operator", "viewer"):
        refusal = Bundles(guest, user).refusal("CreateBundle", "")
        assert refusal.startswith(("NotAuthorized", "InteractiveAuthorizationRequired"))
