"""bamsctl config export and import on the shipped daemon: every command, and a passphrase that no command line has."""

import re

from bamsd.ctl.completion import WORD
from tests.bus import disks, tapes
from tests.bus.ctl import Shell
from tests.bus.stack import Stack
from tests.bus.test_bamsctl_tape import Terminal

PASSPHRASE = "correct horse battery"
FROM_STDIN = ("--passphrase-file", "-")


async def test_every_command_of_exports(stack: Stack) -> None:
    disks.prepare(stack)
    await tapes.started(stack)
    shell, typed = Shell(stack), PASSPHRASE.encode() + b"\n"
    assert "There is no export." in (await shell.did("config", "exports")).err
    assert await shell.json("config", "exports") == []
    assert "Nobody can be asked for the passphrase" in await shell.refused(10, "config", "export")
    assert "passphrase" in await shell.refused(10, "config", "export", *FROM_STDIN, stdin=b"short\n")
    plan = await shell.did("config", "export", "--dry-run", *FROM_STDIN, stdin=typed)
    assert "one encrypted file" in plan.out
    file = stack.directory / "passphrase"
    file.write_bytes(typed)
    made = await shell.json("config", "export", "--passphrase-file", str(file))
    name = made["result"]["name"]
    [listed] = await shell.json("config", "exports")
    assert (listed["name"], listed["size"]) == (name, made["result"]["size"])
    assert name in (await shell.did("config", "exports")).out
    ran = await shell.run(WORD, "config", "import", "")
    assert ran.out.split() == [name]

    known = ("--passphrase-file", str(file))
    planned = await shell.json("config", "import", name, *known, "--dry-run")
    assert "cartridges" in planned["result"]["plan"][0]["summary"]
    assert "--confirm" in await shell.refused(14, "config", "import", name, *known)
    wrong = await shell.refused(
        10, "config", "import", name, "--confirm", name, *FROM_STDIN, stdin=b"wrong passphrase\n"
    )
    assert "the passphrase is another one, or the file is damaged" in wrong
    done = await shell.json("config", "import", name, *known, "--confirm", name)
    assert "cartridges" in done["result"]["restored"]
    shown = await shell.did("config", "import", name, "--confirm", name, *FROM_STDIN, stdin=typed)
    assert "restored: cartridges" in shown.out
    assert "--confirm" in await shell.refused(14, "config", "delete-export", name)
    await shell.did("config", "delete-export", name, "--confirm", name)
    assert await shell.json("config", "exports") == []
    assert shell.left("config") == {"config check", "config reload"}
    assert PASSPHRASE not in stack.log.read_text() + str(stack.audit())


async def test_a_person_types_a_new_passphrase_twice_and_sees_nothing_of_it(stack: Stack) -> None:
    disks.prepare(stack)
    await tapes.started(stack)
    terminal = Terminal(stack, "config", "export", columns=200)
    await terminal.until(lambda shown: "The passphrase: " in shown, "the question")
    terminal.type(f"{PASSPHRASE}\n")
    await terminal.until(lambda shown: "The passphrase again: " in shown, "the question")
    terminal.type("correct horse batterY\n")
    assert await terminal.end() == 10
    assert "differ" in terminal.shown
    terminal = Terminal(stack, "config", "export", columns=200)
    await terminal.until(lambda shown: "The passphrase: " in shown, "the question")
    terminal.type(f"{PASSPHRASE}\n")
    await terminal.until(lambda shown: "The passphrase again: " in shown, "the question")
    terminal.type(f"{PASSPHRASE}\n")
    assert await terminal.end() == 0
    found = re.search(r"name: (bams-\S+)", terminal.shown)
    assert found
    name = found[1]
    terminal = Terminal(stack, "config", "import", name, columns=200)
    await terminal.until(lambda shown: "The passphrase: " in shown, "the question")
    terminal.type(f"{PASSPHRASE}\n")
    await terminal.until(lambda shown: "type its name" in shown, "the question for the name")
    assert "Take over" in terminal.shown
    assert "again" not in terminal.shown
    terminal.type(f"{name}\n")
    assert await terminal.end() == 0
    assert "horse" not in terminal.shown
