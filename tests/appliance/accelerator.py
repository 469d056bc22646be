"""KVM or software emulation? On some hosts /dev/kvm is there and a guest still does not run, so one is tried."""

import os
import subprocess
from pathlib import Path

from tests.appliance import paths, qemu

KVM = ["-accel", "kvm", "-cpu", "host", "-smp", "2"]
# An older processor: emulating what "max" offers (five-level page tables, wide vectors) costs a third of the speed.
# And one only: of two, a kernel fell over code that the other was just patching (QEMU 7.2), and another slept through
# its timer while it started (10.0). Two machines keep two processors of the host busy all the same.
TCG = ["-accel", "tcg,tb-size=512", "-cpu", "Nehalem", "-smp", "1"]
PROBE_LIMIT_S = 15  # with KVM a kernel without a root file system gives up after about a second


def arguments(kernel: Path) -> list[str]:
    """QEMU arguments for the fastest way that works here."""
    return TCG if is_emulated(kernel) else KVM


def is_emulated(kernel: Path) -> bool:
    """Whether a guest runs here without KVM. The answer is kept until the host restarts."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    known = paths.made(paths.BUILD) / "accelerator"
    words = known.read_text().split() if known.exists() else []
    if words[:1] != [boot]:
        words = [boot, "kvm" if kvm_works(kernel) else "tcg"]
        known.write_text(" ".join(words) + "\n")
    return words[1] == "tcg"


def kvm_works(kernel: Path) -> bool:
    """Whether a guest kernel gets as far as missing its root file system under KVM, within the limit."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    program = qemu.emulator()
    argv = [*program.argv, "-machine", "q35", *KVM, "-m", "512", "-nodefaults", "-display", "none", "-no-reboot"]
    argv += ["-serial", "stdio", "-kernel", str(kernel), "-append", "console=ttyS0 panic=-1"]
    try:
        environment = {**os.environ, **program.environment}
        quiet = subprocess.DEVNULL
        done = subprocess.run(argv, stdin=quiet, capture_output=True, timeout=PROBE_LIMIT_S, env=environment)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and b"Unable to mount root fs" in done.stdout
