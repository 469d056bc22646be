"""bamsctl bacula on the shipped daemon: every command."""

from tests.bus.bacula import world
from tests.bus.ctl import Shell
from tests.bus.stack import Stack
from tests.bus.tapes import LIB
from tests.fakes.bacula import PASSWORD


async def test_every_command_of_bacula(stack: Stack) -> None:
    async with world(stack) as w:
        shell = Shell(stack)
        w.bacula.set(storages=[LIB])
        await w.disks.create("files", "vg0", use="filesystem", filesystem="xfs")
        assert (await shell.json("bacula"))["unit_state"] == "active"
        assert "ByHand" in (await shell.did("bacula", "status")).out
        config = (await shell.json("bacula", "config"))["text"]
        assert 'Password = "***"' in config
        shown = await shell.did("bacula", "config", "diff", "--library", LIB, "--virtual-autochanger", "files")
        assert f"+  Name = {LIB}-drive-1" in shown.out
        assert PASSWORD not in shown.out
        assert (await shell.did("bacula", "config", "diff", "--text")).out.startswith("# Written by bamsd")
        assert "Autochanger" in (await shell.did("bacula", "config", "diff", "--director-side")).out
        assert (await shell.json("bacula", "config", "diff"))["diff"]
        checked = await shell.json("bacula", "config", "check")
        assert {finding["severity"] for finding in checked} == {"warning"}
        plan = (await shell.json("bacula", "config", "apply", "--dry-run"))["result"]["plan"]
        assert plan[-1]["effect"] == "disconnect"
        await shell.did("bacula", "config", "apply", "--local-director")
        assert w.bacula.get("restarts") == 1
        assert "Nothing would change." in (await shell.did("bacula", "config", "diff", "--local-director")).err

        assert (await shell.json("bacula", "label", LIB, "Tape", "--slot", "1", "--slot", "2"))["result"]["labelled"]
        await shell.did("bacula", "inventory", LIB)
        await shell.did("bacula", "mount", LIB, "0", "--slot", "1")
        await shell.did("bacula", "release", LIB, "0")
        await shell.did("bacula", "unmount", LIB, "0")
        await shell.did("bacula", "disable", LIB, "1")
        await shell.did("bacula", "enable", LIB, "1")
        names = {volume["name"] for volume in await shell.json("bacula", "volumes", "--pool", "Tape")}
        assert {"BAM001L8", "BAM002L8"} <= names
        assert len(await shell.json("bacula", "volumes", "--limit", "1")) == 1
        assert "BAM001L8" in (await shell.did("bacula", "volumes", "--filter", "001")).out
        job = {"JobId": 3, "Name": "nightly", "Type": "B", "Level": "F", "JobStatus": "T", "JobBytes": "29,822"}
        w.bacula.set(jobs=[job | {"StartTime": "2026-11-25 12:22:54"}])
        assert [job["bytes"] for job in await shell.json("bacula", "jobs", "--limit", "5")] == [29822]
        await shell.did("bacula", "restart", "--wait-for-jobs")
        assert w.bacula.get("restarts") == 2
        await shell.did("bacula", "fix-permissions", "--dry-run")
        assert shell.left("bacula") == set()


async def test_a_configuration_with_errors_ends_with_a_code(stack: Stack) -> None:
    async with world(stack) as w:
        (stack.host.dev / "tape" / "by-id" / "scsi-CHG0001D0-nst").unlink()
        ran = await Shell(stack).run("bacula", "config", "check")
        assert ran.code == 10
        assert "error" in ran.out
        w.bacula.run_job(device="ByHand")
        assert "nightly" in await Shell(stack).refused(7, "bacula", "restart")
