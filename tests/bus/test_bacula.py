"""org.bams.Bacula on the shipped daemon with a fake Bacula: what is generated, applied, operated, and refused."""

import asyncio
import json

import pytest

from bamsd.errors import BamsError, InUse, InvalidArgument, NotAuthorized, NotFound, NotReady, ToolFailed
from tests.bus.bacula import fakes, world
from tests.bus.stack import Stack, until
from tests.bus.tapes import LIB, Library, kept_open
from tests.fakes.bacula import CONSOLE_PASSWORD, PASSWORD
from tests.fakes.storage_daemon import State
from tests.fakes.tape_library import Changer

DRIVES = [f"{LIB}-drive-0", f"{LIB}-drive-1"]


async def test_the_state_is_told_without_any_director(stack: Stack) -> None:
    async with world(stack, director=False) as w:
        w.bacula.run_job(device="ByHand")
        found = await w.status()
        assert (found["installed"], found["unit_state"], found["reachable"], found["problem"]) == (
            True,
            "active",
            True,
            "",
        )
        assert found["version"] == "15.0.3 (25 March 2025)"
        assert [device["name"] for device in found["devices"]] == ["ByHand"]
        assert [(job["name"], job["jobid"]) for job in found["running"]] == [("nightly", 7)]
        assert not found["director_reachable"]
        assert "install bacula-console" in found["director_problem"]


async def test_what_is_missing_is_said_in_words(stack: Stack) -> None:
    async with world(stack, monitor=False) as w:
        found = await w.status()
        assert not found["reachable"]
        assert "call ApplyConfig" in found["problem"]
        assert found["director_problem"] == ""
        assert (found["director_reachable"], found["pools"]) == (True, ["Default", "Tape"])
        w.bacula.write("nonsense")
        assert "bsdjson refuses" in (await w.status())["problem"]


async def test_a_library_and_a_repository_come_into_force(stack: Stack) -> None:
    async with world(stack) as w:
        written = w.bacula.main.read_bytes()
        await w.disks.create("files", "vg0", use="filesystem", filesystem="xfs")
        text, diff, director = await w.call("GenerateConfig", "a{sv}", {})
        assert f"Name = {LIB}-drive-1" in text
        assert f"+@{w.bacula.own}" in diff
        assert "Media Type = LTO-8" in director
        assert w.bacula.main.read_bytes() == written
        assert not w.bacula.own.exists()
        assert [f["text"] for f in await w.call("CheckConfig", "a{sv}", {}) if f["severity"] == "error"] == []

        plan = (await w.job("ApplyConfig", dry_run=True))["Result"]["plan"]
        assert [step["effect"] for step in plan] == ["safe", "safe", "safe", "disconnect"]
        assert w.bacula.get("restarts") == 0

        result = await w.done("ApplyConfig", virtual_autochangers=["files"])
        assert result == {"changed": True, "devices": [*DRIVES, "files-0", "files-1"]}
        assert w.bacula.get("restarts") == 1
        assert w.bacula.main.read_bytes().startswith(written)
        assert w.bacula.main.stat().st_mode & 0o777 == w.bacula.own.stat().st_mode & 0o777 == 0o640
        devices = {device["name"]: device for device in (await w.status())["devices"]}
        assert (devices[DRIVES[0]]["autochanger"], devices["files-1"]["autochanger"]) == (LIB, "files")
        assert [devices[name]["drive"] for name in (*DRIVES, "files-1", "ByHand")] == [0, 1, 1, 0]
        drop_in = (stack.directory / "units" / "bacula-sd.service.d" / "bams.conf").read_text()
        assert f"RequiresMountsFor={stack.directory}/srv/files" in drop_in

        # The same again is no restart, and the passwords stay.
        own = w.bacula.own.read_text()
        assert (await w.done("ApplyConfig", virtual_autochangers=["files"]))["changed"] is False
        assert (w.bacula.get("restarts"), w.bacula.own.read_text()) == (1, own)


async def test_no_password_leaves_the_daemon(stack: Stack) -> None:
    async with world(stack) as w:
        shown = [await w.call("GenerateConfig", "a{sv}", {})]
        await w.done("ApplyConfig", local_director=True)
        shown += [await w.call("GetConfig"), await w.call("GenerateConfig", "a{sv}", {"libraries": [LIB]})]
        shown += [await w.status(), await w.client.objects(), (await w.job("ApplyConfig", dry_run=True))]
        made = [line.split("=")[1].strip() for line in w.bacula.own.read_text().splitlines() if "Password" in line]
        assert len(made) == 1
        secrets = [PASSWORD, CONSOLE_PASSWORD, "monitor-secret", *made]
        everything = json.dumps(shown, default=str) + stack.log.read_text() + json.dumps(stack.audit())
        everything += json.dumps(w.bacula.calls())
        assert [secret for secret in secrets if secret in everything] == []
        assert 'Password = \\"***\\"' in everything
        for path in w.bacula.etc.rglob("*.conf"):
            assert path.stat().st_mode & 0o007 == 0 or path.name.startswith(("bconsole", "bacula-dir")), path
        assert (w.bacula.etc / "bams.d" / "previous.json").stat().st_mode & 0o777 == 0o600
        assert list((stack.directory / "state" / "bacula").iterdir()) == []


async def test_the_directors_part_is_installed_where_it_is(stack: Stack) -> None:
    async with world(stack) as w:
        await w.done("ApplyConfig", local_director=True)
        part = (w.bacula.etc / "bams.d" / "director.conf").read_text()
        assert f"Password = {PASSWORD}" in part
        assert (w.bacula.etc / "bacula-dir.conf").read_text().endswith(f"@{w.bacula.etc}/bams.d/director.conf\n")
        assert w.bacula.get("director_reloads") == 1


async def test_a_refused_configuration_is_never_installed(stack: Stack) -> None:
    async with world(stack) as w:
        w.bacula.write(w.bacula.main.read_text("latin-1") + "Device {\n  Name = x\n  MediaTipe = secretword\n}\n")
        before = w.bacula.everything()
        error = await w.refused("ApplyConfig")
        assert isinstance(error, ToolFailed)
        assert 'Keyword "MediaTipe" not permitted' in error.message
        assert str(w.bacula.main) in error.message
        assert "line 26" in error.message
        assert "secretword" not in error.message
        assert (w.bacula.everything(), w.bacula.get("restarts")) == (before, 0)


async def test_nothing_of_bacula_runs_without_the_rights_of_its_daemon(stack: Stack) -> None:
    """Its configuration has commands run. What they may is shown on the appliance, where there are two accounts."""
    async with fakes(stack) as w:
        w.bacula.set(user="no-such-user")
        before = w.bacula.everything()
        await stack.daemon()
        await w.connect()
        error = await w.refused("ApplyConfig")
        assert isinstance(error, NotFound)
        assert "no user no-such-user to read the configuration" in error.message
        assert "no user no-such-user" in (await w.status())["problem"]
        assert w.bacula.everything() == before
        assert [w.bacula.calls(program) for program in ("bsdjson", "bacula-sd", "bacula-dir")] == [[], [], []]
        assert stack.host.calls("bsdjson") == []


async def test_what_bacula_does_not_see_is_found(stack: Stack) -> None:
    async with world(stack) as w:
        (stack.host.dev / "tape" / "by-id" / "scsi-CHG0001D0-nst").unlink()
        changer = w.bacula.scripts / "mtx-changer"
        changer.chmod(0o644)
        found = await w.call("CheckConfig", "a{sv}", {})
        texts = {(f["severity"], f["subject"]): f["text"] for f in found}
        assert "cannot run" in texts["error", LIB]
        assert "does not exist" in texts["warning", "ByHand"]
        assert "does not exist" in texts["error", DRIVES[0]]
        before = w.bacula.everything()
        error = await w.refused("ApplyConfig")
        assert isinstance(error, NotReady)
        assert "CHG0001-drive-0: its Archive Device" in error.message
        assert "There are 1 more" in error.message
        assert (w.bacula.everything(), w.bacula.get("restarts")) == (before, 0)


@pytest.mark.parametrize("fault", ["poison", "hidden"])
async def test_a_daemon_that_does_not_come_back_gets_the_previous_configuration(stack: Stack, fault: str) -> None:
    async with world(stack) as w:
        stack_files = w.bacula.main.read_bytes()
        w.bacula.set(**{fault: [DRIVES[1]]})
        error = await w.refused("ApplyConfig")
        assert isinstance(error, ToolFailed)
        assert "the one before is in force again" in error.message
        assert w.bacula.main.read_bytes() == stack_files
        assert not w.bacula.own.exists()
        assert [device["name"] for device in (await w.status())["devices"]] == ["ByHand"]
        assert "the one before is in force again" in (await w.alerts())["bacula-apply-failed"]
        w.bacula.set(**{fault: []})
        await w.done("ApplyConfig")
        assert "bacula-apply-failed" not in await w.alerts()


async def test_running_jobs_are_named_waited_for_or_forced_over(stack: Stack) -> None:
    async with world(stack) as w:
        w.bacula.run_job("nightly", 7)
        for member in ("Restart", "ApplyConfig"):
            error = await w.refused(member)
            assert isinstance(error, InUse)
            assert "nightly (JobId 7)" in error.message
        assert w.bacula.get("killed") == []

        path = await w.call("ApplyConfig", "a{sv}", {"wait_for_jobs": True})
        await until(lambda: any(c.startswith(".status running") for c in w.bacula.daemon.asked), "a look at the jobs")
        await w.client.call(path, "org.bams.Job.Cancel", "a{sv}", {})
        assert (await w.client.job(path))["State"] == "cancelled"
        assert not w.bacula.own.exists()

        path = await w.call("ApplyConfig", "a{sv}", {"wait_for_jobs": True})
        assert (await w.client.get(path, "org.bams.Job"))["State"] == "running"
        w.bacula.set(running=[])
        assert (await w.client.job(path))["State"] == "succeeded"
        assert w.bacula.get("killed") == []

        w.bacula.run_job("weekly", 8)
        await w.done("Restart", force=True)
        assert len(w.bacula.get("killed")) == 1


async def test_without_a_way_to_ask_for_jobs_a_restart_needs_force(stack: Stack) -> None:
    async with world(stack, monitor=False) as w:
        error = await w.refused("ApplyConfig")
        assert isinstance(error, NotReady)
        assert "force" in error.message
        await w.done("ApplyConfig", force=True)
        assert (await w.status())["reachable"]


async def test_a_crash_in_the_middle_is_settled_at_the_next_start(stack: Stack) -> None:
    async with world(stack) as w:
        written = w.bacula.main.read_bytes()
        for fault, state in (([DRIVES[0]], "failed"), ([], "succeeded")):
            gate = stack.directory / f"gate-{state}"
            w.bacula.set(gate=str(gate), poison=fault)
            daemon = next(p for p in reversed(stack.processes) if "bamsd" in str(p.args))
            path = await w.call("ApplyConfig", "a{sv}", {})
            await until(lambda: w.bacula.get("restarts") > 0 and w.bacula.own.exists(), "the installation")
            daemon.kill()
            daemon.wait()
            w.bacula.set(gate="")
            gate.touch()
            await stack.daemon()
            await w.connect()
            job = await w.client.job(path)
            assert job["State"] == state, job
            if state == "failed":
                assert "bamsd ended while it was applied" in job["Error"][1]
                assert w.bacula.main.read_bytes() == written
                assert not w.bacula.own.exists()
                assert "bacula-apply-failed" in await w.alerts()
                w.bacula.set(restarts=0)
            else:
                assert w.bacula.own.exists()
                assert "bacula-apply-failed" not in await w.alerts()


async def test_nothing_is_applied_while_a_crash_is_being_settled(stack: Stack) -> None:
    async with world(stack) as w:
        gates = [stack.directory / "cut-off", stack.directory / "put-back"]
        w.bacula.set(gate=str(gates[0]), poison=[DRIVES[0]])
        daemon = next(p for p in reversed(stack.processes) if "bamsd" in str(p.args))
        first = await w.call("ApplyConfig", "a{sv}", {})
        await until(lambda: w.bacula.get("restarts") > 0 and w.bacula.own.exists(), "the installation")
        daemon.kill()
        daemon.wait()
        w.bacula.set(gate=str(gates[1]), restarts=0)
        gates[0].touch()
        await stack.daemon()
        await w.connect()
        await until(lambda: w.bacula.get("restarts") == 1, "the version before to be put back")
        w.bacula.set(gate="", poison=[])
        tried = w.bacula.calls("bacula-sd")
        second = await w.call("ApplyConfig", "a{sv}", {})
        await asyncio.sleep(1)  # long enough for what must not happen
        assert (await w.client.get(second, "org.bams.Job"))["State"] == "running"
        assert (w.bacula.calls("bacula-sd"), w.bacula.own.exists()) == (tried, False)
        gates[1].touch()
        assert (await w.client.job(first))["State"] == "failed"
        assert (await w.client.job(second))["State"] == "succeeded"
        assert w.bacula.own.exists()


async def test_labels_volumes_and_slots(stack: Stack) -> None:
    changer = Changer(cartridges={1: "BAM001L8", 2: "BAM002L8", 3: "CLN001L8", 5: "BAM005L8"})
    async with world(stack, [changer]) as w:
        w.bacula.set(storages=[LIB], labelled=["BAM002L8"])
        result = await w.done("Label", "ss", LIB, "Tape", slots=[1, 2, 3])
        assert result["labelled"] == ["BAM001L8"]
        assert "already labeled" in result["problems"][0]
        assert (await w.done("Inventory", "s", LIB))["unknown"] == ["BAM002L8", "BAM005L8"]

        volumes, cursor = await w.call("ListVolumes", "a{sv}", {})
        found = {v["name"]: (v["pool"], v["status"], v["slot"], v["place"], v["number"]) for v in volumes}
        assert found == {
            "BAM001L8": ("Tape", "Append", 1, "slot", 1),
            "CLN001L8": ("Tape", "Cleaning", 3, "slot", 3),
        }
        assert (cursor, any(v["needs_inventory"] for v in volumes)) == ("", False)
        page, cursor = await w.call("ListVolumes", "a{sv}", {"limit": 1})
        assert ([v["name"] for v in page], cursor) == (["BAM001L8"], "BAM001L8")

        await w.done("Mount", "su", LIB, 0, slot=1)
        library = Library(w.client, LIB)
        assert (await library.drive(0))["Barcode"] == "BAM001L8"
        await w.done("Unmount", "su", LIB, 0)
        assert (await library.drive(0))["State"] == "empty"
        await library.done("Transfer", 1, 7)
        volumes, _ = await w.call("ListVolumes", "a{sv}", {"filter": "001L8", "pool": "Tape", "limit": 1})
        assert [(v["name"], v["slot"], v["number"], v["needs_inventory"]) for v in volumes] == [
            ("BAM001L8", 1, 7, True)
        ]
        for member in ("DisableDevice", "EnableDevice", "Release"):
            await w.done(member, "su", LIB, 1)
        job = {"JobId": 3, "Name": "nightly", "Type": "B", "Level": "F", "JobStatus": "T", "JobBytes": "29,822"}
        w.bacula.set(jobs=[job | {"StartTime": "2026-11-25 12:22:54"}])
        [listed] = await w.call("ListJobs", "a{sv}", {})
        assert (listed["jobid"], listed["name"], listed["bytes"]) == (3, "nightly", 29822)
        assert listed["started"] > 0


async def test_a_console_that_does_not_end_after_its_answer_is_not_waited_for(stack: Stack) -> None:
    async with world(stack, [Changer(cartridges={1: "BAM001L8"})]) as w:
        w.bacula.set(storages=[LIB], console_lingers=True)
        assert (await w.done("Label", "ss", LIB, "Tape", slots=[1]))["labelled"] == ["BAM001L8"]
        async with asyncio.timeout(30):  # bconsole would take a minute
            volumes, _ = await w.call("ListVolumes", "a{sv}", {})
        assert [volume["name"] for volume in volumes] == ["BAM001L8"]


HOSTILE = [
    'a"b', "a\nquit", "a;b", "@|id", "a|b", " ", "", "-x", "a b", "\u00e9", "a" * 128, "a=b slot=1", "'", "$(id)",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_never_reaches_bconsole(stack: Stack, name: str) -> None:
    async with world(stack) as w:
        w.bacula.set(storages=[LIB, name], pools=["Tape", name])
        for member, signature, words in (
            ("Label", "ss", (LIB, name)),
            ("Label", "ss", (name, "Tape")),
            ("Inventory", "s", (name,)),
            ("Mount", "su", (name, 0)),
            ("Release", "su", (name, 0)),
            ("DisableDevice", "su", (name, 0)),
        ):
            error = await w.refused(member, signature, *words)
            assert isinstance(error, InvalidArgument), (member, error)
        assert w.bacula.commands() == []


async def test_a_hostile_barcode_is_not_labelled(stack: Stack) -> None:
    async with world(stack, [Changer(cartridges={1: "A;quit", 2: ""})]) as w:
        w.bacula.set(storages=[LIB])
        assert isinstance(await w.refused("Label", "ss", LIB, "Tape", slots=[1]), InvalidArgument)
        assert isinstance(await w.refused("Label", "ss", LIB, "Tape", slots=[2]), NotReady)
        assert w.bacula.commands() == []


async def test_refusals_name_the_thing_and_do_nothing(stack: Stack) -> None:
    async with world(stack) as w:
        w.bacula.set(storages=[LIB])
        cases: tuple[tuple[str, str, tuple[object, ...], State, type[BamsError], str], ...] = (
            ("Label", "ss", (LIB, "Nosuch"), {}, NotFound, "no pool 'Nosuch'. It has: Default, Tape"),
            ("Inventory", "s", ("Nosuch",), {}, NotFound, f"It has: {LIB}"),
            ("Mount", "su", (LIB, 0), {"slot": 15}, NotFound, "Slot 15 of CHG0001 is empty"),
            ("Label", "ss", (LIB, "Tape"), {"slots": [15]}, NotFound, "Slot 15"),
            ("ApplyConfig", "", (), {"libraries": ["X"]}, NotFound, "no tape library 'X'"),
            ("ApplyConfig", "", (), {"virtual_autochangers": ["X"]}, InvalidArgument, "autochanger of files"),
            ("ApplyConfig", "", (), {"director": "a\nb"}, InvalidArgument, "name for a Director"),
            ("ApplyConfig", "", (), {"address": "a;b"}, InvalidArgument, "no address"),
            ("ApplyConfig", "", (), {"colour": "red"}, InvalidArgument, "'colour'"),
        )
        before = w.bacula.everything()
        for member, signature, words, options, kind, text in cases:
            error = await w.refused(member, signature, *words, **options)
            assert type(error) is kind, error
            assert text in error.message
        assert (w.bacula.commands(), w.bacula.everything(), w.bacula.get("restarts")) == ([], before, 0)


async def test_everything_asks_polkit_first(stack: Stack) -> None:
    async with world(stack) as w:
        w.bacula.set(storages=[LIB])
        stack.polkit("no")
        before = w.bacula.everything()
        for member, signature, words in (
            ("ApplyConfig", "", ()),
            ("Restart", "", ()),
            ("Inventory", "s", (LIB,)),
            ("Label", "ss", (LIB, "Tape")),
            ("Mount", "su", (LIB, 0)),
            ("Unmount", "su", (LIB, 0)),
            ("Release", "su", (LIB, 0)),
            ("EnableDevice", "su", (LIB, 0)),
            ("DisableDevice", "su", (LIB, 0)),
        ):
            assert isinstance(await w.refused(member, signature, *words), NotAuthorized)
        refusal = await w.client.fails("/org/bams/Bacula", "org.bams.Bacula.FixPermissions", "a{sv}", {})
        assert isinstance(refusal, NotAuthorized)
        assert (w.bacula.commands(), w.bacula.everything(), w.bacula.get("restarts")) == ([], before, 0)


async def test_permissions_are_mended_by_a_rule(stack: Stack) -> None:
    async with world(stack) as w:
        rule = await w.call("FixPermissions", "a{sv}", {})
        assert rule == str(stack.directory / "etc" / "udev" / "rules.d" / "62-bams-bacula.rules")
        assert [argv[1] for argv in w.bacula.calls("udevadm")] == ["control", "trigger", "trigger", "trigger", "settle"]


async def test_a_drive_that_bacula_holds_is_given_back_on_request(stack: Stack) -> None:
    async with world(stack) as w:
        w.bacula.set(storages=[LIB])
        await w.done("Mount", "su", LIB, 0, slot=1)
        library = Library(w.client, LIB)
        node = (await library.drive(0))["Device"]
        with kept_open(node) as program:
            w.bacula.set(holders=[program.pid])
            refusal = await library.refused("Unload", 0)
            assert isinstance(refusal, InUse)
            assert "option release" in refusal.message
            planned = await w.client.job(await library.do("Unload", 0, release=True, dry_run=True))
            assert planned["State"] == "planned"
            assert program.poll() is None

            w.bacula.set(busy=[LIB])
            busy = await library.refused("Unload", 0, release=True, wait=True)
            assert isinstance(busy, InUse)
            assert "is busy with 1 writers" in busy.message
            assert program.poll() is None

            w.bacula.set(busy=[])
            result = await library.done("Unload", 0, release=True)
        assert (result["barcode"], result["to"]) == ("BAM001L8", "slot 1")
        assert w.tapes.barcode_in_slot(LIB, 1) == "BAM001L8"
        assert (await library.drive(0))["HeldBy"] == ""
