"""Which QEMU runs the machines: the host's, or on Debian 12 the newer one of its backports, kept in the cache.

Without KVM everything in a guest is emulated. On a host with two cores the appliance took with QEMU 7.2, and then 10.0:
27.4 and 17.0 s for ten starts of Python, 22.8 and 12.6 s for three reloads of systemd, 9.3 and 2.8 s for a checksum of
50 MB.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.appliance import hostpackages, paths
from tests.appliance.steps import StepFailed, say
from tests.appliance.unpacked import unpack

NAME = "qemu-system-x86_64"
SLOW_BEFORE = 10
SUITE = "bookworm-backports"
PACKAGES = ("qemu-system-x86", "qemu-system-common", "qemu-system-data", "qemu-block-extra", "seabios")


@dataclass(frozen=True, slots=True)
class Emulator:
    argv: tuple[str, ...]
    """The program, and where its own files are."""
    environment: dict[str, str]

    def major(self) -> int:
        """Its major version. Raises OSError or SubprocessError when it does not run."""
        argv = [self.argv[0], "--version"]
        text = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        found = re.search(r"version (\d+)\.", text)
        return int(found[1]) if found else 0


HOSTS = Emulator((NAME,), {})


def emulator() -> Emulator:
    """The best one that is there; `prepare` brings the newer one."""
    newer = unpacked(folder())
    return newer if Path(newer.argv[0]).exists() else HOSTS


def prepare() -> None:
    """On Debian 12, unpack the newer one once. Without it the host's does the same work, more slowly."""
    if emulator() != HOSTS or HOSTS.major() >= SLOW_BEFORE or codename() != SUITE.partition("-")[0]:
        return
    try:
        unpack(SUITE, PACKAGES, folder(), lambda root: unpacked(root).major())
    except (StepFailed, OSError, subprocess.SubprocessError) as error:
        say(f"The newer QEMU of {SUITE} is not to be had; the host's older one does the same, slowly: {error}")


def folder() -> Path:
    return paths.cache() / f"qemu-{SUITE}"


def unpacked(root: Path) -> Emulator:
    """The program below `root`. The boot ROMs of network cards come with the host's QEMU and fit any."""
    data = ("usr/share/qemu", "usr/share/seabios")
    places = [*(str(root / place) for place in data), "/usr/share/qemu", "/usr/lib/ipxe/qemu"]
    argv = (str(root / "usr/bin" / NAME), *(word for place in places for word in ("-L", place)))
    return Emulator(argv, {"QEMU_MODULE_DIR": str(root / "usr/lib/x86_64-linux-gnu/qemu")})


def codename() -> str:
    """Of the host's Debian, for instance bookworm; empty on something else."""
    release = Path("/etc/os-release").read_text()
    found = re.search(r"^VERSION_CODENAME=(\w+)$", release, re.MULTILINE)
    return found[1] if found and hostpackages.find("apt-get") else ""
