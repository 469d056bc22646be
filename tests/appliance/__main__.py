"""The command line behind `make run`, `make stop` and `make shell`."""

import argparse
import sys

from tests.appliance import accounts, hostpackages, image, layer
from tests.appliance.steps import StepFailed, complain, say, step
from tests.appliance.tape_library import INSIDE
from tests.appliance.vm import VERSION, VirtualMachine

COCKPIT_PORT = 9090


def run() -> None:
    """Build what is missing, boot or refresh, wait until all of it answers, and tell how to use it."""
    machine = VirtualMachine("run", COCKPIT_PORT)
    with step("packages of this host"):
        hostpackages.install()
    base = image.ensure()
    with step("project, staged by make install"):
        project = layer.build(layer.stage(layer.packages()))
    if machine.is_running():
        if machine.settings and machine.settings.image != base.key:
            say("  (it runs on an older base image; `make stop` and `make run` again take the new one)")
        with step("refresh of the running appliance"):
            machine.push(project)
    else:
        with step("boot"):
            machine.start(base, project, fresh=False)
    with step("bamsd on the bus"):
        machine.wait_for_bamsd()
    with step("Cockpit"):
        machine.wait_for_cockpit()
    introduce(machine)


def introduce(machine: VirtualMachine) -> None:
    port = machine.settings.cockpit_port if machine.settings else 0
    say(f"\nThe appliance runs.\n\n  Cockpit   https://127.0.0.1:{port}  (its certificate is made by itself)\n")
    for name, rights in accounts.PEOPLE.items():
        say(f"  {name:<9} password {accounts.password(name)}   {rights}")
    say(
        "\nThree commands to try, after `make shell`:\n"
        "  busctl tree org.bams\n"
        f"  busctl call org.bams /org/bams/Tape org.bams.Tape ListSlots 'sa{{sv}}' {INSIDE.changer[3]} 0\n"
        f"  busctl call org.bams /org/bams/Tape org.bams.Tape Load 'suua{{sv}}' {INSIDE.changer[3]} 1 0 1 wait b true\n"
        "\n`make run` again refreshes it after a change, `make stop` ends it."
    )


def stop() -> None:
    machine = VirtualMachine("run", COCKPIT_PORT)
    if machine.settings is None or not machine.is_running():
        machine.kill()  # a library left behind by a machine that ended by itself
        say("The appliance does not run.")
        return
    with step("shutdown"):
        machine.power_off()


def shell() -> None:
    machine = VirtualMachine("run", COCKPIT_PORT)
    if not machine.is_running():
        raise StepFailed("The appliance does not run; start it with `make run`.")
    sys.exit(machine.shell.interactive())


def status() -> None:
    machine = VirtualMachine("run", COCKPIT_PORT)
    if not machine.is_running():
        say("The appliance does not run.")
        sys.exit(1)
    say(f"Machine: {machine.run('systemctl is-system-running', check=False).out.strip()}")
    say(f"bamsd:   {machine.run(VERSION, check=False).out.strip() or 'does not answer'}")
    say(f"Cockpit: {'answers' if machine.cockpit_answers() else 'does not answer'}")
    introduce(machine)


def build_image() -> None:
    with step("packages of this host"):
        hostpackages.install()
    say(f"Base image: {image.ensure().folder}")


COMMANDS = {"run": run, "stop": stop, "shell": shell, "status": status, "image": build_image}


def main() -> None:
    parser = argparse.ArgumentParser(prog="appliance", description="The BAMS test appliance, a virtual machine.")
    parser.add_argument("command", choices=COMMANDS)
    try:
        COMMANDS[parser.parse_args().command]()
    except StepFailed as error:
        complain(f"\n{error}")
        sys.exit(1)
    except KeyboardInterrupt:
        complain("\nInterrupted.")
        sys.exit(130)


if __name__ == "__main__":
    main()
