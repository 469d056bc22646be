"""One machine for the whole test run: two tape libraries, bamsd, Cockpit.

BAMS_VM_KEEP=1 leaves it running at the end, and the next run only refreshes the project in it.
"""

import os
from collections.abc import Iterator

import pytest

from tests.appliance import hostpackages, image, layer
from tests.appliance.guest import Guest
from tests.appliance.image import BaseImage
from tests.appliance.layer import Layer
from tests.appliance.vm import VirtualMachine

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
    machine.wait_for_bamsd()
    yield machine
    if KEEP:
        machine.keep_journal()
    else:
        machine.end()


@pytest.fixture(scope="session")
def guest(vm: VirtualMachine) -> Guest:
    return Guest(vm)
