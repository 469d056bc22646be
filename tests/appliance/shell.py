"""Commands in the guest over ssh. One connection is opened and shared, for each new one costs seconds without KVM."""

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.appliance.steps import StepFailed

# The default key exchange takes a second and more without KVM.
QUICK = "KexAlgorithms=curve25519-sha256"


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Shell:
    port: int
    key: Path
    control: Path

    def connect(self) -> None:
        """Open the shared connection; it ends by itself after an idle hour."""
        argv = [*self._ssh(), "-fNM", "-o", "ControlPersist=3600", "root@127.0.0.1"]
        quiet = subprocess.DEVNULL
        subprocess.run(argv, stdin=quiet, stdout=quiet, stderr=quiet, timeout=90, check=True)

    def disconnect(self) -> None:
        argv = [*self._ssh(), "-O", "exit", "root@127.0.0.1"]
        subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)

    def run(
        self, command: str, *, user: str = "root", stdin: str = "", limit_s: float = 120, check: bool = True
    ) -> Outcome:
        """Run a line of shell; text out. Raises StepFailed with what it said when it fails and `check` is set."""
        remote = command if user == "root" else as_person(user, command)
        argv = [*self._ssh(), "root@127.0.0.1", "--", remote]
        try:
            done = subprocess.run(argv, input=stdin.encode(), capture_output=True, timeout=limit_s)
        except subprocess.TimeoutExpired as error:
            raise StepFailed(f"“{command}” in the appliance did not end within {limit_s:.0f} s") from error
        outcome = Outcome(done.returncode, decode(done.stdout), decode(done.stderr))
        if check and outcome.code != 0:
            raise StepFailed(f"“{command}” in the appliance ended with {outcome.code}: {outcome.err or outcome.out}")
        return outcome

    def copy_in(self, folder: Path, target: str) -> None:
        """Copy what is in a folder of the host into an existing folder of the guest."""
        archive = subprocess.run(["tar", "-C", str(folder), "-cf", "-", "."], capture_output=True, check=True).stdout
        argv = [*self._ssh(), "root@127.0.0.1", "--", f"tar -C {shlex.quote(target)} -xf - --no-same-owner"]
        unpack = subprocess.run(argv, input=archive, capture_output=True, timeout=120)
        if unpack.returncode != 0:
            raise StepFailed(f"copying {folder} into the appliance failed: {decode(unpack.stderr)}")

    def copy_out(self, file: str, target: Path) -> None:
        """Copy one file of the guest to the host."""
        argv = [*self._ssh(), "root@127.0.0.1", "--", f"cat -- {shlex.quote(file)}"]
        with target.open("wb") as opened:
            subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=opened, timeout=120, check=True)

    def interactive(self) -> int:
        """Give the terminal to a root shell; returns its exit code."""
        return subprocess.run([*self._ssh(), "-t", "root@127.0.0.1"]).returncode

    def _ssh(self) -> list[str]:
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes", QUICK)
        argv = ["ssh", "-F", "none", "-S", str(self.control), "-i", str(self.key), "-p", str(self.port)]
        argv += ["-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=15"]
        return argv + [word for option in options for word in ("-o", option)]


def as_person(user: str, command: str) -> str:
    """A line that runs another as somebody who logged in: with the login uid that pam_loginuid would set."""
    name = shlex.quote(user)
    # The kernel lets a process write only its own, so the shell's echo must do it.
    set_login = f"login=$(id -u {name}); echo $login > /proc/self/loginuid"
    return f"{set_login}; exec runuser -u {name} -- sh -c {shlex.quote(command)}"


def decode(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
