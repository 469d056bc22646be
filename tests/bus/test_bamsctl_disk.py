"""bamsctl disk on the shipped daemon: every command, for people and for programs."""

from tests.bus import disks
from tests.bus.ctl import Shell
from tests.bus.stack import Stack
from tests.fakes.disks_lvm import GIB


async def test_every_command_of_disks(stack: Stack) -> None:
    found = await disks.started(stack)
    shell = Shell(stack)
    assert "There is no repository." in (await shell.did("disk")).err
    free = [disk["id"] for disk in await shell.json("disk", "candidates")]
    assert len(free) == 2
    assert (await shell.did("disk", "candidates", "--all")).out.count("\n") >= 3
    made = await shell.did("disk", "pool", "create", "vg1", "lvm", *free[:1])
    assert "Done: create pool vg1." in made.out
    assert "vg1" in made.err, "without a terminal a line says what runs"
    await shell.did("disk", "pool", "extend", "vg1", free[1])
    assert {pool["name"]: pool["owned"] for pool in await shell.json("disk", "pool")}["vg1"]
    assert (await shell.json("disk", "pool", "show", "vg1"))["size"] > 10 * GIB

    await shell.did("disk", "create", "weekly", "vg1", "1.5G", "--filesystem", "--type", "ext4")
    shown = await shell.json("disk", "show", "weekly")
    assert (shown["size"], shown["filesystem"], shown["mounted"]) == (3 * GIB // 2, "ext4", True)
    assert "mount point:" in (await shell.did("disk", "show", "weekly")).out
    assert "(call UnmountRepository)" in await shell.refused(7, "disk", "delete", "weekly", "--confirm", "weekly")
    assert [holder["kind"] for holder in await shell.json("disk", "holders", "weekly")] == ["mount"]
    await shell.did("disk", "unmount", "weekly")
    assert "Nobody uses weekly." in (await shell.did("disk", "holders", "weekly")).err
    await shell.did("disk", "mount", "weekly")
    await shell.did("disk", "grow", "weekly", "2GiB")
    await shell.did("disk", "unmount", "weekly")

    await shell.did("disk", "snapshot", "create", "weekly", "monday", "--size", "200M")
    assert [snapshot["name"] for snapshot in await shell.json("disk", "snapshot", "list", "weekly")] == ["monday"]
    await shell.did("disk", "rollback", "weekly", "monday", "--confirm", "weekly")
    await shell.did("disk", "snapshot", "create", "weekly", "tuesday")
    await shell.did("disk", "snapshot", "delete", "weekly", "tuesday", "--confirm", "tuesday")
    assert "nothing to finish" in await shell.refused(8, "disk", "finish", "weekly")

    rows = (await shell.did("disk", "list")).rows
    assert rows[0][:2] == ["weekly", "vg1"]
    assert (await shell.json("disk", "list"))[0]["size"] == 2 * GIB
    await shell.did("disk", "delete", "weekly", "--confirm", "weekly")
    await shell.did("disk", "refresh")
    await shell.did("disk", "pool", "delete", "vg1", "--confirm", "vg1")
    assert set(await found.repositories()) == set()
    assert shell.left("disk") == set()


async def test_a_dry_run_shows_the_plan_and_changes_nothing(stack: Stack) -> None:
    found = await disks.started(stack)
    shell = Shell(stack)
    shown = (await shell.did("disk", "create", "never", "vg0", "1G", "--dry-run")).out
    assert "EFFECT" in shown
    assert "lvcreate" in shown
    planned = await shell.json("disk", "create", "never", "vg0", "1G", "--dry-run")
    assert [step["effect"] for step in planned["result"]["plan"]] == ["safe"]
    await found.create("kept", "vg0")
    assert "destroy" in (await shell.did("disk", "delete", "kept", "--dry-run")).out
    assert set(await found.repositories()) == {"kept"}


async def test_nothing_is_lost_without_its_name(stack: Stack) -> None:
    found = await disks.started(stack)
    await found.create("kept", "vg0")
    shell = Shell(stack)
    assert "--confirm kept" in await shell.refused(14, "disk", "delete", "kept")
    assert "'Kept' is not 'kept'" in await shell.refused(14, "disk", "delete", "kept", "--confirm", "Kept")
    assert "--confirm kept" in await shell.refused(14, "disk", "delete", "kept", stdin=b"kept\n")
    assert set(await found.repositories()) == {"kept"}


async def test_errors_have_codes_of_their_own(stack: Stack) -> None:
    found = await disks.started(stack)
    await found.create("there", "vg0")
    shell = Shell(stack)
    assert "There is no repository 'nowhere'" in await shell.refused(4, "disk", "show", "nowhere")
    await shell.refused(4, "disk", "grow", "nowhere", "1T")
    await shell.refused(5, "disk", "create", "there", "vg0", "1G")
    await shell.refused(10, "disk", "create", "Not_a_name", "vg0", "1G")
    assert "no size" in await shell.refused(10, "disk", "create", "more", "vg0", "lots")
    await shell.refused(11, "disk", "create", "more", "vg0", "100T")
    await shell.refused(2, "disk", "create", "more")
    ran = await shell.run("disk", "create", "there", "vg0", "1G", "--json")
    assert (ran.code, ran.out) == (5, "")
    assert '"name": "AlreadyExists"' in ran.err
    stack.polkit("no")
    assert "org.bams" in await shell.refused(3, "disk", "create", "more", "vg0", "1G")
    stack.polkit("challenge")
    await shell.refused(3, "disk", "create", "more", "vg0", "1G", "--no-ask-password")
    # polkit may ask a person: the fake then answers as if the password had been typed.
    await shell.did("disk", "create", "more", "vg0", "1G")


async def test_names_that_others_gave_are_not_obeyed_by_the_terminal(stack: Stack) -> None:
    disks.prepare(stack)
    stack.host.add_disk("vdd", GIB, serial="S\x1b[31mred", model="a\x1b]0;title\x07\u202e\tb")
    await stack.daemon()
    await disks.connected(stack)
    shell = Shell(stack)
    for words in (("disk", "candidates", "--all"), ("disk", "list", "--all"), ("status",)):
        out = (await shell.did(*words)).out
        assert all(char.isprintable() or char == "\n" for char in out), out
