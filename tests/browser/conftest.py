"""Fixtures of the browser tests. All run in one event loop, because the browser is started once and lives in it."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser import newest
from tests.browser.browsing import launched
from tests.browser.host import Host, simulated
from tests.browser.visitor import LIMIT_MS, PLAIN, Allowed, Visitor, log_problems, visiting
from tests.bus.targets import Lio, Scst
from tests.demo import world

HERE = Path(__file__).parent


expect.set_options(timeout=LIMIT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as made:
        yield made


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that other users can look into too, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="bams-browser-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def allowed() -> Allowed:
    """What may go wrong in this test."""
    return Allowed()


@pytest.fixture
def stack_type() -> type[Scst] | type[Lio]:
    """Which target stack the host has. A test that is to see both has it as a parameter."""
    return Scst


@pytest.fixture
def cockpit() -> str:
    """Whose Cockpit shows the page: this host's, or the newest. test_newest_cockpit.py has the other one."""
    return "hosts"


@pytest_asyncio.fixture(loop_scope="session")
async def host(allowed: Allowed, stack_type: type[Scst] | type[Lio]) -> AsyncIterator[Host]:
    """A small host for one test, which may do anything to it."""
    with open_folder() as directory:
        async with simulated(directory, stack_type=stack_type) as made:
            yield made
            await made.stop()
            assert log_problems(made, allowed) == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def demo() -> AsyncIterator[Host]:
    """The rich host of `make demo`, for tests that only look."""
    with open_folder() as directory:
        async with simulated(directory, world.CHANGERS, prepare=world.prepare) as made:
            await world.fill(made)
            yield made
            await made.stop()
            assert log_problems(made, Allowed(log=[r"(WARNING|ERROR) bamsd\.core\.alerts: alert "])) == []


@pytest_asyncio.fixture(loop_scope="session")
async def root(host: Host, browser: Browser, allowed: Allowed, cockpit: str) -> AsyncIterator[Visitor]:
    """With administrative access."""
    bridge = str(newest.bridge()) if cockpit == "newest" else "cockpit-bridge"
    async with visiting(host, browser, allowed, bridge=bridge) as visitor:
        yield visitor


@pytest.fixture
def other_user() -> str:
    """Somebody else than who runs the tests."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    return PLAIN


@pytest_asyncio.fixture(loop_scope="session")
async def plain(host: Host, browser: Browser, allowed: Allowed, other_user: str) -> AsyncIterator[Visitor]:
    """In limited mode: another user, whose rights are what the fake polkit answers."""
    async with visiting(host, browser, allowed, other_user) as visitor:
        yield visitor
