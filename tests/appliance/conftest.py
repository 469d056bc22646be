"""One machine for the whole test run: two tape libraries, bamsd, Cockpit.

BAMS_VM_KEEP=1 leaves it running at the end, and the next run only refreshes the project in it.
"""

import os
from collections.abc import Iterator

import pytest

from tests.appliance import hostpackages, image, layer, paths
from tests.appliance.guest import Guest
from tests.appliance.image import BaseImage
from tests.appliance.layer import Layer
from tests.appliance.steps import wait_until
from tests.appliance.vm import VirtualMachine

BAMSD_LIMIT_S = 240
VERSION = "busctl --system get-property org.bams /org/bams org.bams.Manager Version"
KEEP = os.environ.get("BAMS_VM_KEEP") == "1"


@pytest.fixture(scope="session")
def base() -> BaseImage:
    hostpackages.install()
    return image.ensure()


@pytest.fixture(scope="session")
def project() -> Layer:
    return layer.build(layer.stage())


@pytest.fixture(scope="session")
def vm(base: BaseImage, project: Layer) -> Iterator[VirtualMachine]:
    machine = VirtualMachine("test")
    known = machine.settings
    if KEEP and machine.is_running() and known is not None and known.image == base.key:
        machine.push(project)
    else:
        machine.kill()
        machine.start(base, project, fresh=True)
    # ssh answers while other services still start; a first call would run into the bus's limit for starting bamsd.
    wait_until("bamsd to answer", lambda: machine.run(VERSION, check=False).code == 0, BAMSD_LIMIT_S, pause_s=1)
    yield machine
    if machine.is_running():
        journal = machine.run("journalctl -b --no-pager -o short-monotonic", check=False).out
        (paths.logs() / "test-journal.log").write_text(journal)
    if not KEEP:
        machine.kill()


@pytest.fixture(scope="session")
def guest(vm: VirtualMachine) -> Guest:
    return Guest(vm)
