"""The library on the build host: a tgtd on a free port of 127.0.0.1, whose LUNs QEMU passes through to the guest."""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.appliance import hostpackages, paths
from tests.appliance.processes import kill, running
from tests.appliance.steps import StepFailed, as_root, run_logged, tail, wait_until
from tests.appliance.tape_library import CHANGER_LUN, PASSED_THROUGH


@dataclass(frozen=True, slots=True)
class HostLibrary:
    """Library PASSED_THROUGH for one machine. Its tgtd needs root; tape files and pid file are in `folder`."""

    folder: Path
    port: int

    @property
    def pid_file(self) -> Path:
        return self.folder / "tgtd.pid"

    @property
    def mark(self) -> str:
        return f"portal=127.0.0.1:{self.port}"

    @property
    def control(self) -> int:
        """tgtd's control port, a number up to 32767 that no other tgtd of this host uses."""
        return self.port % 32767 + 1

    @property
    def log_name(self) -> str:
        return f"{self.folder.name}-tgtd"

    def start(self) -> None:
        """Start tgtd and set the library up in it. The tapes keep what was written to them before."""
        kill(self.pid_file, "tgtd", root=True)
        log = paths.logs() / f"{self.log_name}.log"
        # Only the shell knows the pid when sudo stands in between. Open files of ours are not tgtd's business.
        script = 'echo $$ >"$1"; exec "$2" -f -C "$3" --iscsi "$4" >"$5" 2>&1 </dev/null'
        program = hostpackages.tgt_program("tgtd") or "tgtd"
        values = [str(self.pid_file), program, str(self.control), self.mark, str(log)]
        command = as_root(["sh", "-c", script, "sh", *values])
        if os.spawnvp(os.P_WAIT, "setsid", ["setsid", "--fork", *command]) != 0:
            raise StepFailed("setsid could not start tgtd")
        try:
            wait_until("tgtd to listen", self._listens, 20)
        except StepFailed as error:
            raise StepFailed(f"{error}. Its log is {log}; the end of it:\n{tail(log)}") from error
        self.command("up", PASSED_THROUGH.name)

    def stop(self) -> None:
        kill(self.pid_file, "tgtd", root=True)

    def command(self, *arguments: str) -> None:
        """Run tape_library.py against this tgtd, for instance ("insert", "passed-through", "1", "HPX001L6")."""
        tgtadm, tgtimg = (hostpackages.tgt_program(name) or name for name in ("tgtadm", "tgtimg"))
        argv = [sys.executable, str(paths.HERE / "tape_library.py"), "--folder", str(self.folder / "tapes")]
        argv += ["--control", str(self.control), "--tgtadm", tgtadm, "--tgtimg", tgtimg, *arguments]
        run_logged(argv, self.log_name + "-setup", root=True)

    def qemu_arguments(self) -> list[str]:
        """The changer and the drives on a SCSI bus of their own; QEMU hands every command through."""
        arguments = ["-device", "virtio-scsi-pci,id=library"]
        # The kernel finds first what QEMU was given last: the lowest LUN becomes st0.
        for lun in sorted((CHANGER_LUN, *(drive.lun for drive in PASSED_THROUGH.drives)), reverse=True):
            url = f"iscsi://127.0.0.1:{self.port}/{PASSED_THROUGH.iqn}/{lun}"
            arguments += ["-drive", f"file={url},if=none,id=lun{lun},format=raw"]
            arguments += ["-device", f"scsi-generic,bus=library.0,drive=lun{lun},lun={lun}"]
        return arguments

    def _listens(self) -> bool:
        if self.pid_file.exists() and running(self.pid_file, "") is None:
            raise StepFailed("tgtd ended at once")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
