"""`make bench`: figures of speed and size, taken in the appliance, printed beside the peer's."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

from bamsd.disk import lvm, lvm_settings
from tests.appliance import hostpackages, image, layer
from tests.appliance.steps import StepFailed, complain, say, step
from tests.appliance.tape_library import INSIDE
from tests.appliance.vm import DISKS, VirtualMachine
from tests.bench import disk_report, host_disks, host_targets, target_report
from tests.bench.disk_report import figure

HERE = Path(__file__).parent
INSIDE_FILES = ("guest.py", "guest_disks.py", "guest_targets.py", "wire.py")
FOLDER = "/run/bams-bench"
ROUNDS = 15
DISK_ROUNDS = 9
FEW_TARGETS, MANY_TARGETS = 20, 1000
"""targetcli needs more than two seconds for each target in this machine, and more for each that is there already."""
LIMIT_S = 1500


def report(found: dict[str, Any]) -> None:
    """What was measured of tapes, of starts and of small calls."""
    moves, calls = found["moves"], found["calls"]
    say(f"\nLoad and status, median of {moves['bams_s']['runs']} runs in turn")
    say(f"  BAMS, by D-Bus       {figure(moves['bams_s'], 's')}")
    say(f"  mtx load, mtx status {figure(moves['mtx_s'], 's')}")
    say(f"  ratio                {moves['ratio']:8.2f}   (aim: at most 1.5)")
    ours, tools = moves["bams_s"]["median"], moves["tools_s"]["median"]
    least, share = tools / moves["mtx_s"]["median"], tools / ours
    say(f"  in BAMS, the tools   {tools:8.2f} s: mtx status, load, status; {share:.0%} of it, a ratio of {least:.2f}")
    say(f"  the rest             {ours - tools:8.2f} s: polkit, audit, store, who has the drives open, bus")
    say("  (this robot takes no time to move; a real one takes 10 to 90 s, on both sides)")
    say("\nStart to owned name, start to first answer, resident memory")
    for daemon, values in found["daemons"].items():
        start, answer = figure(values["start_s"], "s"), figure(values["answer_s"], "s")
        say(f"  {daemon:<10} {start}   {answer}   {figure(values['resident_mib'], 'MiB')}")
    say(f"  bamsd after {moves['bams_s']['runs']} loads: {moves['resident_mib']:.2f} MiB")
    say("  (aim: below lvmdbusd and firewalld in both, under 60 MiB)")
    say(
        f"\nIdle CPU of the unit over {found['idle']['seconds']:.0f} s: "
        f"{found['idle']['percent']:.3f} %   (aim: under 0.2 %)"
    )
    say("\nSmall calls a second                bamsd   the bus daemon itself")
    for kind in ("sequential", "concurrent"):
        say(f"  {kind:<30} {calls[kind]:8.0f}   {calls[f'{kind}_bus_itself']:8.0f}")


def run_inside(machine: VirtualMachine, module: str, *words: str) -> dict[str, Any]:
    """Run one of INSIDE_FILES in the appliance; what it prints last is its figures."""
    argv = shlex.join(["python3", "-m", f"tests.bench.{module}", *words])
    out = machine.run(f"cd {FOLDER} && {argv}", limit_s=LIMIT_S).out
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def copy_inside(machine: VirtualMachine) -> None:
    machine.run(f"mkdir -p {FOLDER}/tests/bench")
    for name in INSIDE_FILES:
        machine.run(f"cat > {FOLDER}/tests/bench/{name}", stdin=(HERE / name).read_text())


def disks(machine: VirtualMachine) -> dict[str, Any]:
    """The volume group of this part stays; the machine is thrown away."""
    devices = ",".join(f"/dev/disk/by-id/virtio-{serial}" for serial in DISKS[:2])
    program, subcommand, *words = lvm.fullreport()
    reading = json.dumps([program, subcommand, "--config", lvm_settings.compose(), *words])
    return run_inside(machine, "guest_disks", str(DISK_ROUNDS), devices, reading)


def main() -> int:
    machine = VirtualMachine("bench")
    try:
        with step("packages of this host"):
            hostpackages.install()
        base = image.ensure()
        with step("project, staged by make install"):
            project = layer.build(layer.stage(layer.packages()))
        with step("boot"):
            machine.start(base, project, fresh=True)
        machine.wait_for_bamsd()
        copy_inside(machine)
        with step("measuring tapes, starts and calls"):
            tapes = run_inside(machine, "guest", INSIDE.changer[3], str(ROUNDS))
        with step("measuring disks"):
            found = disks(machine)
        with step("measuring targets"):
            targets = run_inside(machine, "guest_targets", str(FEW_TARGETS), str(MANY_TARGETS))
        machine.kill()  # what comes now has this host for itself
        written = host_targets.measure(MANY_TARGETS)
        with step("measuring disks with the fakes"):
            with_fakes = host_disks.measure()
        report(tapes)
        say("\n".join(disk_report.lines(found, with_fakes)))
        say("\n".join(target_report.lines(targets, written)))
    except StepFailed as error:
        complain(str(error))
        return 1
    finally:
        machine.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
