"""What the build host itself needs, installed by apt when it is missing. Debian 12 and 13."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.appliance import paths
from tests.appliance.steps import StepFailed, run_logged

# program that must be there -> package that has it
PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mke2fs": "e2fsprogs",
    "ssh": "openssh-client",
    "make": "make",
    "meson": "meson",
    "ninja": "ninja-build",
    "dpkg-buildpackage": "dpkg-dev",
    "dh": "debhelper",
    "dh_python3": "dh-python",
}
# file that must be there -> package that has it
FILES = {
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
    "/usr/lib/x86_64-linux-gnu/qemu/block-iscsi.so": "qemu-block-extra",
}


def install() -> None:
    """Bring what is missing. Raises StepFailed with apt's last lines when it cannot."""
    missing = [package for program, package in PROGRAMS.items() if find(program) is None]
    missing += [package for file, package in FILES.items() if not Path(file).exists()]
    if missing:
        apt_install(missing)
    if tgt_program("tgtd") is None:
        unpack_tgt()


def find(program: str) -> str | None:
    """Full path of a program; the sbin folders are not on every user's PATH."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def apt_install(packages: list[str]) -> None:
    settings = {"DEBIAN_FRONTEND": "noninteractive"}
    run_logged(["apt-get", "update"], "host-packages", root=True)
    argv = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    run_logged(argv, "host-packages", root=True, env=settings)


def tgt_program(name: str) -> str | None:
    """tgtd, tgtadm or tgtimg: the installed one, else the one unpacked in the cache."""
    own = paths.cache() / "tgt" / "usr" / "sbin" / name
    return find(name) or (str(own) if own.exists() else None)


def unpack_tgt() -> None:
    """Take the programs out of Debian's tgt package without installing it.

    Installing would start its daemon on every address of the host, which nobody who runs our tests asked for.
    """
    with tempfile.TemporaryDirectory(dir=paths.cache()) as folder:
        download = ["sh", "-c", 'cd "$1" && apt-get download tgt', "sh", folder]
        try:
            run_logged(download, "host-packages")
        except StepFailed:
            run_logged(["apt-get", "update"], "host-packages", root=True)
            run_logged(download, "host-packages")
        package = next(Path(folder).glob("tgt_*.deb"))
        apt_install(libraries_of(package))
        unpacked = Path(folder) / "root"
        run_logged(["dpkg-deb", "-x", str(package), str(unpacked)], "host-packages")
        shutil.rmtree(paths.cache() / "tgt", ignore_errors=True)
        unpacked.rename(paths.cache() / "tgt")


def libraries_of(package: Path) -> list[str]:
    """Shared libraries a .deb depends on; their names differ between Debian 12 and 13."""
    field = subprocess.run(["dpkg-deb", "-f", str(package), "Depends"], capture_output=True, text=True, check=True)
    names = (re.split(r"[ (|]", part.strip())[0] for part in field.stdout.split(","))
    return [name for name in names if name.startswith("lib") and not name.endswith("-perl")]
