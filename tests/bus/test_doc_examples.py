"""Every example of busctl and bamsctl in the documentation is run, or named below with the reason why it is not."""

import re
import shlex
import shutil
from collections.abc import Awaitable, Callable

import pytest

from bamsd.ctl.parser import build
from tests.bus import doc_worlds
from tests.bus.ctl import program_on_path
from tests.bus.doc_worlds import DocWorld
from tests.bus.stack import Stack
from tests.doc_pages import GUIDE, PAGES, Example, examples

ANOTHER = "an export is for another appliance: test_rebuild and test_bamsctl_rebuild import it there"
NOT_RUN = {
    "busctl tree": "shows the whole bus, and the fake polkit on it cannot be looked into",
    "busctl monitor org.bams": "goes on for ever, and needs to be root on a real bus",
    "bamsctl --host root@backup1 status": "needs another host; test_bamsctl_manager has a fake ssh",
    "bamsctl config import bams-backup1-20261130-031500": ANOTHER,
    "bamsctl config import bams-backup1-20261130-031500 --dry-run": ANOTHER,
}

ALL = {page: tuple(examples(page)) for page in PAGES}


def test_the_examples_are_found() -> None:
    assert len(ALL["README.md"]) > 15
    assert len(ALL["docs/guide/busctl.md"]) > 25
    assert len(ALL["docs/man/bamsctl.1"]) > 5
    assert sum(len(ALL[page]) for page in GUIDE) > 200
    commands = {example.command for found in ALL.values() for example in found}
    assert NOT_RUN.keys() - commands == set(), "no reason is given for what is nowhere"


StandIn = Callable[[DocWorld, re.Match[str]], Awaitable[str]]
STAND_INS: tuple[tuple[re.Pattern[str], StandIn], ...] = (
    (re.compile(r"(?<=^bamsctl jobs watch )\d+$"), doc_worlds.newest_job),
    (re.compile(r"(?<=^bamsctl bundle delete )bams-\S+"), doc_worlds.newest_bundle),
    (re.compile(r"(?<=^bamsctl config delete-export )bams-\S+"), doc_worlds.newest_export),
    (re.compile(r"(?<=^bamsctl iscsi close )(\S+) \S+"), doc_worlds.one_session),
)
"""What an example can only make up: numbers and names that came out of earlier commands."""


async def on_the_stack(world: DocWorld, command: str) -> str:
    """The same on this bus and these disks, with the answers that a person would type."""
    stack = world.stack
    command = command.replace("unix:path=/tmp/bams-bus", stack.address)
    command = re.sub(r"/dev/(vd[a-z]\b|disk/by-id/)", rf"{stack.host.dev}/\1", command)
    command = command.replace("/etc/bams/config.yaml", str(stack.directory / "config.yaml"))
    for pattern, stand_in in STAND_INS:
        if found := pattern.search(command):
            command = pattern.sub(await stand_in(world, found), command)
    return f"{command}{answers(world, command)}" if command.startswith("bamsctl ") else command


def answers(world: DocWorld, command: str) -> str:
    """Options for what bamsctl asks a person: the name of what is lost, and secrets."""
    if command == "bamsctl --version":
        return ""
    given = build().parse_args(shlex.split(command)[1:])
    more = ""
    call = given.command.call
    if call and call.confirm and not given.dry_run and given.confirm is None:
        more += f" --confirm {getattr(given, call.confirm)}"
    if given.command.words == ("iscsi", "credentials"):
        for option, source, secret in (
            ("user", "secret", "First-Secret.1"),
            ("mutual_user", "mutual_secret", "Second-Secret2"),
        ):
            if getattr(given, option) and not getattr(given, f"{source}_file"):
                more += f" --{source.replace('_', '-')}-file {world.secret_file(secret)}"
    if given.command.words == ("config", "export"):
        more += f" --passphrase-file {world.secret_file('a-long-passphrase')}"
    if given.command.words == ("config", "check") and "config.yaml" not in command:
        more += f" {world.stack.directory / 'config.yaml'}"
    return more


@pytest.mark.parametrize("page", [page for page, found in ALL.items() if found])
async def test_every_example_works(stack: Stack, page: str) -> None:
    if not shutil.which("busctl"):
        pytest.skip("busctl is not installed; it comes with systemd")
    async with doc_worlds.of(page, stack) as world:
        with program_on_path(stack):
            for example in ALL[page]:
                await run(world, example)


async def run(world: DocWorld, example: Example) -> None:
    if example.command in NOT_RUN or example.is_short:
        return
    await world.before(example.page, example.command)
    line = f"{example.setting}{await on_the_stack(world, example.command)}"
    ran = await world.appliance.shell.run(argv=("bash", "-euc", line))
    assert ran.code == 0, (line, ran)
    await world.after(example.command)
