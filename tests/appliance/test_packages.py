"""The Debian packages on a machine that has never seen BAMS: installed, restarted, upgraded, removed, purged."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import bamsd
from tests.appliance import layer, paths
from tests.appliance.guest import Guest
from tests.appliance.image import BaseImage
from tests.appliance.steps import run_logged, wait_until
from tests.appliance.tape_library import PASSED_THROUGH
from tests.appliance.vm import VERSION, VirtualMachine

pytestmark = pytest.mark.appliance
APT = "DEBIAN_FRONTEND=noninteractive apt-get --yes --quiet --no-install-recommends"
NEXT = f"{bamsd.__version__}+next"
DISK = "/dev/disk/by-id/virtio-BAMSDISK0"
NAMED_BAMS = "find /etc /usr /var/lib /var/log /var/cache /srv -xdev -iname '*bams*'"


@pytest.fixture(scope="module")
def server(base: BaseImage, packages: list[Path]) -> Iterator[Guest]:
    """A machine without BAMS, with the packages in /root/packages."""
    machine = VirtualMachine("packages")
    machine.kill()
    machine.start(base, layer.build(None), fresh=True)
    machine.run("mkdir -p /root/packages")
    machine.shell.copy_in(packages[0].parent, "/root/packages")
    yield Guest(machine)
    machine.end()


@pytest.fixture(scope="module")
def before(server: Guest) -> set[str]:
    """What is called like BAMS on a machine without it: the appliance's own things."""
    return named_bams(server)


def named_bams(server: Guest) -> set[str]:
    return set(server.run(NAMED_BAMS).splitlines())


def as_next_version(package: Path, folder: Path) -> Path:
    """The same package under a higher version: what apt sees when there is a newer BAMS."""
    root = folder / package.stem
    run_logged(["dpkg-deb", "--raw-extract", str(package), str(root)], "packages")
    control = root / "DEBIAN/control"
    text = control.read_text().replace(f"Version: {bamsd.__version__}\n", f"Version: {NEXT}\n")
    control.write_text(text.replace(f"(= {bamsd.__version__})", f"(= {NEXT})"))
    newer = folder / f"{package.name.split('_')[0]}_{NEXT}_all.deb"
    run_logged(["dpkg-deb", "--root-owner-group", "--build", str(root), str(newer)], "packages")
    return newer


def answers(server: Guest) -> bool:
    return bamsd.__version__ in server.attempt(VERSION).out


def knows_repository(server: Guest) -> bool:
    return server.attempt("busctl call org.bams /org/bams/Disk org.bams.Disk GetHolders s keep").code == 0


def library_is_ready(server: Guest) -> bool:
    path = f"/org/bams/Tape/libraries/{PASSED_THROUGH.changer[3]}"
    line = f"busctl get-property org.bams {path} org.bams.Tape.Library State"
    return "ready" in server.attempt(line).out


def test_lintian_finds_nothing(tmp_path: Path) -> None:
    """On Debian 12 this also builds the package that carries a newer pydantic."""
    argv = [str(paths.CHECKOUT / "debian/build.sh"), str(tmp_path / "deb")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_apt_installs_them_and_bamsd_runs(server: Guest, before: set[str]) -> None:
    assert not before & {"/etc/bams", "/usr/sbin/bamsd", "/var/lib/bams"}
    server.run(f"{APT} install /root/packages/*.deb", limit_s=600)
    server.vm.wait_for_bamsd()
    assert server.run("systemctl is-enabled bamsd.service").strip() == "enabled"
    assert server.run("stat -c '%a %U' /etc/bams/config.yaml").strip() == "640 root"
    assert server.run("getent group bams-operator bams-admin").count("\n") == 2
    assert "SubState=running" in server.run("systemctl show bamsd.service -p SubState")
    # Compiled at installation: the daemon itself may not write there.
    assert server.run("ls /usr/lib/python3/dist-packages/bamsd/__pycache__/daemon.*.pyc")


def test_a_repository_and_a_tape_load(server: Guest) -> None:
    wait_until("the library to be ready", lambda: library_is_ready(server), 180, pause_s=1)
    server.run(f"bamsctl disk pool create pvg lvm {DISK}", limit_s=300)
    server.run("bamsctl disk create keep pvg 512M --filesystem", limit_s=300)
    server.run("echo precious > /srv/bams/keep/file && sync")
    server.run(f"bamsctl tape load {PASSED_THROUGH.changer[3]} 1 0", limit_s=300)
    said = server.run("bamsctl status", limit_s=120)
    for name in ("pvg", "keep", PASSED_THROUGH.changer[3]):
        assert name in said


def test_a_restart_of_the_machine_keeps_it_all(server: Guest) -> None:
    server.vm.run("sync")
    server.vm.reset()
    server.vm.wait_for_bamsd()
    assert server.run("cat /srv/bams/keep/file").strip() == "precious"
    assert "keep" in server.run("bamsctl disk list", limit_s=120)
    wait_until("the library to be ready", lambda: library_is_ready(server), 180, pause_s=1)
    path = f"/org/bams/Tape/drives/{PASSED_THROUGH.drives[0].serial}"
    assert server.get(path, "org.bams.Tape.Drive", "Barcode") == PASSED_THROUGH.cartridges[0]


def test_an_upgrade_keeps_state_and_settings(server: Guest, packages: list[Path], tmp_path: Path) -> None:
    server.run("echo 'log_level: debug' >> /etc/bams/config.yaml")
    before = server.run("systemctl show bamsd.service -p MainPID")
    (tmp_path / "next").mkdir()
    for package in packages:
        as_next_version(package, tmp_path).rename(tmp_path / "next" / package.name)
    server.run("mkdir -p /root/next")
    server.vm.shell.copy_in(tmp_path / "next", "/root/next")
    server.run(f"{APT} install /root/next/*.deb", limit_s=600)
    server.vm.wait_for_bamsd()
    assert server.run("systemctl show bamsd.service -p MainPID") != before
    assert server.run("dpkg-query -W -f '${Version}' bams") == NEXT
    assert "log_level: debug" in server.run("cat /etc/bams/config.yaml")
    wait_until("the repository to be known", lambda: knows_repository(server), 60, pause_s=1)


def test_removal_stops_bamsd_and_leaves_data_in_use(server: Guest) -> None:
    server.run(f"{APT} remove bams", limit_s=300)
    assert server.attempt("systemctl is-active bamsd.service").out.strip() == "inactive"
    assert not answers(server)
    assert server.run("cat /srv/bams/keep/file").strip() == "precious"
    assert server.attempt("test -s /var/lib/bams/bams.db").code == 0


def test_a_purge_keeps_a_repository_that_is_in_use(server: Guest) -> None:
    """What has a file open there must not lose it because a package goes."""
    server.run("systemd-run --unit=holder sh -c 'cd /srv/bams/keep && exec sleep infinity'")
    said = server.vm.run(f"{APT} purge bams 2>&1", limit_s=300).out
    assert "srv-bams-keep.mount is in use; it stays" in said
    assert server.run("cat /srv/bams/keep/file").strip() == "precious"
    assert server.attempt("test -e /var/lib/bams").code != 0


def test_a_purge_leaves_nothing_but_the_volumes(server: Guest, before: set[str]) -> None:
    server.run("systemctl stop holder")
    server.run(f"{APT} install /root/packages/bams_*.deb && {APT} purge bams", limit_s=600)
    assert named_bams(server) - before == set()
    assert server.run("lvs --noheadings -o lv_name pvg").split() == ["keep"]
    device = "/dev/pvg/keep"
    assert server.run(f"mount {device} /mnt && cat /mnt/file; umount /mnt").strip() == "precious"
