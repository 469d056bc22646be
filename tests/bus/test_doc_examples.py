"""Every example of busctl and bamsctl in the documentation is run, or named below with the reason why it is not."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bus.ctl import Appliance, appliance, program_on_path
from tests.bus.stack import Stack
from tests.fakes.disks_lvm import GIB
from tests.fakes.journal import Journal

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))),
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs" / "man").iterdir())),
)
OURS = ("busctl", "bamsctl")
ASKS = "asks a person for the secret; test_bamsctl_iscsi gives it by standard input and by a file"
PASSPHRASE = "asks a person for the passphrase; test_bamsctl_rebuild types it"
NOT_RUN = {
    "busctl introspect org.bams PATH": "PATH stands for any path",
    "busctl tree": "shows the whole bus, and the fake polkit on it cannot be looked into",
    "busctl monitor org.bams": "goes on for ever, and needs to be root on a real bus",
    "bamsctl --host root@backup1 status": "needs another host; test_bamsctl_manager has a fake ssh",
    "bamsctl iscsi credentials iqn.2026-01.org.example:lun0 --user joe": ASKS,
    "bamsctl iscsi credentials iqn.2026-01.org.example:vm --user joe": ASKS,
    "bamsctl config export": PASSPHRASE,
    "bamsctl config import bams-backup1-20261130-031500 --dry-run": PASSPHRASE,
    "bamsctl config import bams-backup1-20261130-031500": PASSPHRASE,
    "bamsctl config check /etc/bams/config.yaml": "that file is the host's; test_bamsctl_manager checks another",
}


@dataclass(frozen=True)
class Example:
    page: str
    setting: str
    """Variables that lines before it have set."""
    command: str


def unquoted(text: str) -> str:
    """What a page of the manual shows, of its source."""
    for written, shown in (("\\-", "-"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\(ti", "~"), ("\\(ha", "^"), ("\\e", "\\")):
        text = text.replace(written, shown)
    return text


def blocks(page: str) -> Iterator[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    if page.endswith(".md"):
        yield from re.findall(r"^```[a-z]*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        yield from re.findall(rf"`((?:{'|'.join(OURS)}) [^`]*)`", prose)
    else:
        yield from (unquoted(block) for block in re.findall(r"^\.nf\n(.*?)^\.fi", text, flags=re.MULTILINE | re.DOTALL))


def examples(page: str) -> Iterator[Example]:
    for block in blocks(page):
        setting = ""
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            command = re.sub(r"\s+#.*", "", line).strip().removeprefix("sudo ")
            if re.fullmatch(r"[A-Z]+=\S+", command):
                setting += f"{command}; "
            elif command.split(" ")[0] in OURS:
                # What stands behind a pipe is another program's.
                yield Example(page, setting, " ".join(command.partition(" | ")[0].split()))


ALL = {page: tuple(examples(page)) for page in PAGES}


def test_the_examples_are_found() -> None:
    assert len(ALL["README.md"]) > 35
    assert len(ALL["docs/man/bamsctl.1"]) > 5
    commands = {example.command for found in ALL.values() for example in found}
    assert NOT_RUN.keys() - commands == set(), "no reason is given for what is nowhere"


def on_the_stack(stack: Stack, command: str) -> str:
    """The same on this bus and these disks."""
    command = command.replace("unix:path=/tmp/bams-bus", stack.address)
    return re.sub(r"/dev/(vd[a-z])\b", rf"{stack.host.dev}/\1", command)


async def prepare(page: str, world: Appliance) -> None:
    """What the examples of a page take for given."""
    if page == "docs/man/bamsctl.1":
        disk = str(world.stack.host.dev / "vdd")
        await world.world.disks.done("CreatePool", "ssas", "vg1", "lvm", [disk])
        await world.world.disks.create("vmstore", "vg1")
        await world.show_volumes()


@pytest.mark.parametrize("page", [page for page, found in ALL.items() if found])
async def test_every_example_works(stack: Stack, page: str) -> None:
    if not shutil.which("busctl"):
        pytest.skip("busctl is not installed; it comes with systemd")
    stack.host.add_disk("vdd", 100 * GIB, serial="Svdd")
    stack.lvm.add_device(str(stack.host.dev / "vdd"), 100 * GIB)
    journal = Journal(stack.directory / "journal")
    journal.write("a line")
    journal.finish()
    stack.config["paths"]["journal"] = str(journal.folder)
    stack.config["overview"] = {"sample_interval_s": 0.5}  # else the series of a page begin with the next minute
    stack.start_systemd()
    async with appliance(stack, library="LIB1") as world:
        await prepare(page, world)
        with program_on_path(stack):
            for example in ALL[page]:
                if example.command in NOT_RUN:
                    continue
                line = f"{example.setting}{on_the_stack(stack, example.command)}"
                ran = await world.shell.run(argv=("bash", "-euc", line))
                assert ran.code == 0, (line, ran)
                await world.show_volumes()
