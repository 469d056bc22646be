"""One machine for each worker of a test run: two tape libraries, bamsd, Cockpit.

A file's tests run on one machine, in their order. BAMS_VM_KEEP=1 leaves the machines running at the end, and the next
run only refreshes the project in them.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.appliance import accelerator, hostpackages, image, layer, paths, qemu
from tests.appliance.guest import Guest
from tests.appliance.image import BaseImage
from tests.appliance.layer import Layer
from tests.appliance.steps import locked
from tests.appliance.vm import VirtualMachine

KEEP = os.environ.get("BAMS_VM_KEEP") == "1"


# These have machines of their own or take longest. Begun last, they would keep one worker busy and the others idle.
FIRST = ("test_page.py", "test_rebuild.py", "test_packages.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


@cache
def prepared() -> BaseImage:
    with locked("host", "set-up of this host"):
        hostpackages.install()
        qemu.prepare()
    return image.ensure()


def pytest_runtest_setup(item: pytest.Item) -> None:
    is_left_out = item.get_closest_marker("long") and os.environ.get("BAMS_LONG") != "1"
    if is_left_out and accelerator.is_emulated(prepared().kernel):
        pytest.skip("it takes many minutes without KVM: make check-long")


@pytest.fixture(scope="session")
def base() -> BaseImage:
    return prepared()


@pytest.fixture(scope="session")
def packages(testrun_uid: str) -> list[Path]:
    """The Debian packages, built by the first worker that wants them."""
    done_for = paths.BUILD / "packages-of-run"
    with locked("packages", "build of the packages"):
        if not done_for.exists() or done_for.read_text() != testrun_uid:
            layer.packages()
            done_for.write_text(testrun_uid)
        return layer.built()


@pytest.fixture(scope="session")
def project(packages: list[Path]) -> Layer:
    with locked("packages", "build of the packages"):
        return layer.build(layer.stage(packages))


@pytest.fixture(scope="session")
def vm(base: BaseImage, project: Layer, worker_id: str) -> Iterator[VirtualMachine]:
    machine = VirtualMachine("test" if worker_id == "master" else f"test-{worker_id}")
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
