"""One virtual machine of the appliance: start, talk to it over ssh, refresh the project in it, reset, stop.

Several can run at once; each has a name and a folder build/appliance/NAME with its overlay, pid files and ports.
Everything on the host side listens on 127.0.0.1 only.
"""

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.appliance import accelerator, accounts, paths, qemu, qmp
from tests.appliance.hostlibrary import HostLibrary
from tests.appliance.image import BaseImage
from tests.appliance.layer import Layer
from tests.appliance.processes import free_port, kill, running
from tests.appliance.shell import Outcome, Shell
from tests.appliance.steps import StepFailed, run_logged, tail, wait_until

BOOT_LIMIT_S = 420
BAMSD_LIMIT_S = 240
COCKPIT_LIMIT_S = 180
VERSION = "busctl --system get-property org.bams /org/bams org.bams.Manager Version"
MEMORY_MIB = 3072
KERNEL_OPTIONS = (
    "root=/dev/vda rootfstype=ext4 rw fsck.mode=skip console=ttyS0 quiet mitigations=off "
    "systemd.show_status=no systemd.ssh_auto=no systemd.gpt_auto=no"
)
STUMBLED = re.compile(r"Kernel panic|rcu_preempt kthread starved|blocked for more than \d+ seconds")
DISKS = tuple(f"BAMSDISK{number}" for number in range(6))
"""Serials of the empty disks for repositories: /dev/disk/by-id/virtio-SERIAL."""
DISK_BYTES = 2 << 30


@dataclass(frozen=True, slots=True)
class Settings:
    """What must be known to find a machine again; kept in machine.json."""

    image: str
    layer: str
    ssh_port: int
    cockpit_port: int
    tape_port: int
    sockets: str


class VirtualMachine:
    def __init__(self, name: str, cockpit_port: int | None = None) -> None:
        """`cockpit_port` is taken when nobody has it yet, else any free one."""
        self.name = name
        self.wanted_port = cockpit_port
        self.folder = paths.state(name)
        self.pid_file = self.folder / "qemu.pid"
        self.console = paths.logs() / f"{name}-console.log"
        self._stumbled = 0

    @property
    def settings(self) -> Settings | None:
        file = self.folder / "machine.json"
        return Settings(**json.loads(file.read_text())) if file.exists() else None

    @property
    def shell(self) -> Shell:
        """The way in, as root."""
        known = self._known()
        return Shell(known.ssh_port, accounts.ssh_key(), Path(known.sockets) / "ssh")

    @property
    def library(self) -> HostLibrary:
        """The library that QEMU passes through."""
        return HostLibrary(self.folder, self._known().tape_port)

    def is_running(self) -> bool:
        return running(self.pid_file, str(self.pid_file)) is not None

    def start(self, image: BaseImage, layer: Layer, *, fresh: bool, same_disks: bool = False) -> None:
        """Boot until ssh answers. `fresh` starts from the base image, else the last state of the disk is kept.

        `same_disks`: a fresh machine gets the data disks as they are, as when only the hardware around them is new.
        """
        if self.is_running():
            raise StepFailed(f"machine {self.name} is running already; stop it first")
        qemu.prepare()
        before = self.settings
        if fresh or before is None or before.image != image.key or not self._overlay.exists():
            self._make_overlay(image)
            if not same_disks:
                self._make_disks()
        self._settle(image, layer, before)
        self.console.unlink(missing_ok=True)
        self.library.start()
        run_logged(self._qemu(image, layer), f"{self.name}-qemu", env=qemu.emulator().environment)
        self.wait_for_ssh()

    def wait_for_ssh(self) -> None:
        """Wait until sshd greets, then open the connection that all commands share."""
        self._stumbled = self._stumbles()  # a test may have kept the kernel waiting on purpose, before a reset
        try:
            wait_until("ssh in the appliance to answer", self._greets, BOOT_LIMIT_S)
            self.shell.connect()
        except (StepFailed, subprocess.SubprocessError) as error:
            raise StepFailed(f"{error}. Console: {self.console}; the end of it:\n{tail(self.console)}") from error

    def wait_for_bamsd(self) -> None:
        """Ask bamsd for its version until it answers; on failure its journal is in the message.

        ssh answers while other services still start, and a first call would run into the bus's limit for starting it.
        """
        try:
            wait_until("bamsd to answer", lambda: self.run(VERSION, check=False).code == 0, BAMSD_LIMIT_S, pause_s=1)
        except StepFailed as error:
            log = self.run("journalctl -b -u bamsd.service --no-pager -n 15 -o cat", check=False).out
            raise StepFailed(f"{error}. Its log (journalctl -u bamsd in the machine) ends with:\n{log}") from error

    def wait_for_cockpit(self) -> None:
        wait_until("Cockpit to answer", self.cockpit_answers, COCKPIT_LIMIT_S, pause_s=1)

    def cockpit_answers(self) -> bool:
        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE  # its certificate is made by itself
        port = self._known().cockpit_port
        try:
            with closing(http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=unchecked)) as connection:
                connection.request("GET", "/ping")
                with connection.getresponse() as answer:
                    return answer.status == 200
        except (OSError, http.client.HTTPException):
            return False

    def push(self, layer: Layer) -> None:
        """Put a newer project into the running machine, as installing a newer package would, and restart bamsd."""
        known = self._known()
        if known.layer == layer.key:
            return
        self.run("rm -rf /run/bams-layer && mkdir /run/bams-layer")
        self.shell.copy_in(layer.folder, "/run/bams-layer")
        self.run("sh /run/bams-layer/apply /run/bams-layer && rm -rf /run/bams-layer")
        refresh = (paths.HERE / "guest_files" / "refresh.sh").read_text()
        self.run("sh -s", stdin=refresh, limit_s=180)
        self._write(Settings(**{**asdict(known), "layer": layer.key}))

    def run(
        self, command: str, *, user: str = "root", stdin: str = "", limit_s: float = 120, check: bool = True
    ) -> Outcome:
        """Run a shell command in the guest as `user`. Raises StepFailed when it fails and `check` is set."""
        return self.shell.run(command, user=user, stdin=stdin, limit_s=limit_s, check=check)

    def reset(self) -> None:
        """Pull the plug and start again, on the same disk. Nothing in the guest is told."""
        self.shell.disconnect()
        qmp.execute(Path(self._known().sockets) / "qmp", "system_reset")
        self.wait_for_ssh()

    def end(self) -> None:
        """At the end of a test: its journal stays in build/appliance/logs, the machine goes."""
        self.keep_journal()
        self.kill()

    def keep_journal(self) -> None:
        if self.is_running():
            journal = self.run("journalctl --no-pager -o short-monotonic", check=False).out
            (paths.logs() / f"{self.name}-journal.log").write_text(journal)

    def power_off(self) -> None:
        """Shut down in order, so that the disk can be used again; pulled after a minute."""
        if self.is_running():
            self.run("systemctl poweroff --no-block", check=False)
            self.shell.disconnect()
            with suppress(StepFailed):  # it hangs: the plug is pulled below
                wait_until("the machine to shut down", lambda: not self.is_running(), 90)
        self.kill()

    def kill(self) -> None:
        """End the machine and its library at once."""
        known = self.settings
        if known is None:
            return
        self.shell.disconnect()
        kill(self.pid_file, str(self.pid_file))
        self.library.stop()
        shutil.rmtree(known.sockets, ignore_errors=True)

    def pull_disk(self, serial: str) -> None:
        """Unplug one of DISKS from the running machine. It is back after the next start."""
        qmp.execute(Path(self._known().sockets) / "qmp", "device_del", id=serial)

    def _disk(self, serial: str) -> Path:
        return self.folder / f"{serial}.img"

    def _make_disks(self) -> None:
        """Empty, and sparse: they take space on the host only as the guest writes."""
        for serial in DISKS:
            self._disk(serial).unlink(missing_ok=True)
            with self._disk(serial).open("wb") as file:
                file.truncate(DISK_BYTES)

    def _disk_arguments(self) -> list[str]:
        """Each behind a port of its own, because only such a device can be unplugged on q35."""
        argv = []
        for number, serial in enumerate(DISKS, start=1):
            drive = f"file={self._disk(serial)},if=none,id={serial}-file,format=raw,cache=unsafe,discard=unmap"
            argv += ["-device", f"pcie-root-port,id=port{number},chassis={number}"]
            argv += ["-drive", drive]
            argv += ["-device", f"virtio-blk-pci,drive={serial}-file,id={serial},serial={serial},bus=port{number}"]
        return argv

    @property
    def _overlay(self) -> Path:
        return self.folder / "root.qcow2"

    def _known(self) -> Settings:
        settings = self.settings
        if settings is None:
            raise StepFailed(f"machine {self.name} was never started")
        return settings

    def _make_overlay(self, image: BaseImage) -> None:
        self._overlay.unlink(missing_ok=True)
        argv = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image.disk), str(self._overlay)]
        run_logged(argv, f"{self.name}-qemu")

    def _settle(self, image: BaseImage, layer: Layer, before: Settings | None) -> None:
        """Choose ports (the same as last time when still free) and a short path for sockets, which have 108 bytes."""
        if before is not None:
            shutil.rmtree(before.sockets, ignore_errors=True)
        settings = Settings(
            image=image.key,
            layer=layer.key,
            ssh_port=free_port(before.ssh_port if before else None),
            cockpit_port=free_port(before.cockpit_port if before else self.wanted_port),
            tape_port=free_port(before.tape_port if before else None),
            sockets=tempfile.mkdtemp(prefix="bams-"),
        )
        self._write(settings)

    def _write(self, settings: Settings) -> None:
        (self.folder / "machine.json").write_text(json.dumps(asdict(settings), indent=1) + "\n")

    def _qemu(self, image: BaseImage, layer: Layer) -> list[str]:
        known = self._known()
        forwards = f"hostfwd=tcp:127.0.0.1:{known.ssh_port}-:22,hostfwd=tcp:127.0.0.1:{known.cockpit_port}-:9090"
        return [
            *qemu.emulator().argv,
            *("-name", f"bams-{self.name}", "-machine", "q35"),
            *accelerator.arguments(image.kernel),
            *("-m", str(MEMORY_MIB), "-nodefaults", "-no-user-config", "-display", "none"),
            *("-serial", f"file:{self.console}", "-qmp", f"unix:{known.sockets}/qmp,server=on,wait=off"),
            *("-pidfile", str(self.pid_file), "-daemonize"),
            *("-kernel", str(image.kernel), "-initrd", str(image.initrd)),
            *("-append", KERNEL_OPTIONS),
            *("-drive", f"file={self._overlay},if=none,id=root,format=qcow2,cache=unsafe"),
            *("-device", "virtio-blk-pci,drive=root"),
            *("-drive", f"file={layer.disk},if=none,id=layer,format=raw,readonly=on"),
            *("-device", "virtio-blk-pci,drive=layer"),
            *("-netdev", f"user,id=net,ipv6=off,{forwards}", "-device", "virtio-net-pci,netdev=net"),
            *("-device", "virtio-rng-pci"),
            *self._disk_arguments(),
            *self.library.qemu_arguments(),
        ]

    def _stumbles(self) -> int:
        """How often the kernel gave up, or said that it waits in vain. Emulated ones did so while they started.

        Seen of machines with two processors: code that one of them was just patching, and a timer that never came.
        """
        text = self.console.read_text(errors="replace") if self.console.exists() else ""
        return len(STUMBLED.findall(text))

    def _greets(self) -> bool:
        """Whether sshd sends its banner. QEMU accepts connections long before the guest listens."""
        if not self.is_running():
            raise StepFailed(f"machine {self.name} ended by itself")
        if self._stumbles() > self._stumbled:
            self._stumbled = self._stumbles()
            qmp.execute(Path(self._known().sockets) / "qmp", "system_reset")
        try:
            with socket.create_connection(("127.0.0.1", self._known().ssh_port), timeout=3) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False
