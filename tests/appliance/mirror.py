"""The Debian mirror and network settings of this host, read from apt's own configuration."""

import re
import subprocess
from pathlib import Path

from tests.appliance.steps import StepFailed

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Settings without which the host's mirror may not be reachable. None of them is written into a file of the project.
NETWORK_OPTION = re.compile(
    r"^Acquire::(http|https|ftp|Retries|Check-Valid-Until|Check-Date|ForceIPv[46])(::\S+)? \"[^\"]+\";$"
)


def source_line(suite: str, components: str) -> str:
    """A sources.list line for `suite` on the mirror the host itself uses."""
    return f"deb [signed-by={KEYRING}] {mirror_uri()} {suite} {components.replace(',', ' ')}"


def mirror_uri() -> str:
    """The first configured source that carries a whole Debian release, not its security or updates part."""
    listed = output(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"])
    for line in listed.splitlines():
        uri, _, release = line.partition(" ")
        if "/debian" in uri and not re.search(r"security|updates|backports", f"{uri} {release}"):
            return uri.rstrip("/")
    raise StepFailed("apt knows no Debian mirror. Add one to /etc/apt/sources.list.d and run this again.")


def write_apt_options(path: Path) -> None:
    """Proxy and network settings of the host's apt, as a file for mmdebstrap's --aptopt."""
    lines = output(["apt-config", "dump"]).splitlines()
    kept = [line for line in lines if NETWORK_OPTION.match(line)]
    path.write_text("\n".join(['Acquire::Retries "3";', 'Acquire::Languages "none";', *kept]) + "\n")


def output(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
