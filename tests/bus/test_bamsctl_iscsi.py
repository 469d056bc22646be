"""bamsctl iscsi on the shipped daemon: every command, and secrets that no command line has."""

from tests.bus import targets
from tests.bus.ctl import Shell
from tests.bus.stack import Stack
from tests.bus.targets import HOST, OTHER, A, B, Lio
from tests.bus.test_iscsi import stack_down

SECRET, MUTUAL = "First-Secret.1", "Second-Secret2"


async def test_every_command_of_targets(stack: Stack) -> None:
    side = Lio()
    with targets.kernel_of(stack, side):
        found = await targets.ready(stack, side)
        await found.repository("repo1")
        shell = Shell(stack)
        assert "There is no iSCSI target." in (await shell.did("iscsi")).err
        await shell.did("iscsi", "create", A, "--alias", "first", "--parameter", "FirstBurstLength=32768")
        assert "no parameter" in await shell.refused(10, "iscsi", "update", A, "--parameter", "FirstBurstLength")
        await shell.did("iscsi", "update", A, "--initiator", HOST, "--initiator", OTHER)
        await shell.did("iscsi", "update", A, "--initiator", "")
        assert (await shell.json("iscsi", "show", A))["initiators"] == []
        await shell.did("iscsi", "update", A, "--initiator", HOST)
        await shell.did("iscsi", "lun", "add", A, "repo1", "--lun", "3")
        shown = await shell.json("iscsi", "show", A)
        assert (shown["initiators"], shown["state"]) == ([HOST], "pending")
        assert shown["parameters"] == {"FirstBurstLength": "32768"}
        assert [(lun["lun"], lun["repository"], len(lun["naa"])) for lun in shown["luns"]] == [(3, "repo1", 32)]
        assert "PENDING STEP" in (await shell.did("iscsi", "show", A)).out
        planned = await shell.json("iscsi", "apply", A, "--dry-run")
        assert len(planned["result"]["plan"]) == len(shown["pending"])
        await shell.did("iscsi", "apply")
        rows = (await shell.did("iscsi", "list")).rows
        assert rows == [[A, "first", "yes", "yes", "1", "0", "in-sync"]]
        assert [target["state"] for target in await shell.json("iscsi", "list")] == ["in-sync"]
        assert (await shell.json("iscsi", "drift"), await shell.json("iscsi", "sessions")) == ([], [])

        assert side.log_in(A, HOST)
        [session] = await shell.json("iscsi", "sessions", A)
        assert HOST in (await shell.did("iscsi", "sessions")).out
        assert HOST in await shell.refused(7, "iscsi", "lun", "remove", A, "3", "--apply")
        assert "--confirm" in await shell.refused(14, "iscsi", "close", A, session["id"])
        await shell.run("iscsi", "close", A, session["id"], "--confirm", session["id"])
        await shell.did("iscsi", "update", A, "--group", f"hosts={HOST}/3", "--disabled", "--apply", "--force")
        hosts = {"name": "hosts", "initiators": [HOST], "luns": [3]}
        assert hosts in (await shell.json("iscsi", "show", A))["groups"]
        await shell.did("iscsi", "update", A, "--enabled")
        assert (await shell.json("iscsi", "show", A))["enabled"]
        await shell.did("iscsi", "lun", "remove", A, "3", "--force", "--apply")
        await shell.did("iscsi", "delete", A, "--confirm", A, "--apply", "--force")

        volume = await found.repository("others")
        side.make_by_hand(B, volume, HOST)
        await shell.did("iscsi", "adopt", B)
        assert {t["iqn"]: t["owned"] for t in await shell.json("iscsi", "list")} == {B: True}
        shell.unused.discard("iscsi credentials")  # below
        assert shell.left("iscsi") == set()
        await stack_down(stack)


async def test_secrets_come_from_standard_input_or_a_file_and_go_nowhere_else(stack: Stack) -> None:
    side = Lio()
    with targets.kernel_of(stack, side):
        await targets.ready(stack, side)
        shell = Shell(stack)
        await shell.did("iscsi", "create", A, "--initiator", HOST, "--apply")
        file = stack.directory / "mutual"
        file.write_text(MUTUAL + "\n")
        words = ("iscsi", "credentials", A, "--user", "joe", "--mutual-user", "us", "--mutual-secret-file", str(file))
        ran = await shell.did(*words, "--secret-file", "-", "--apply", stdin=SECRET.encode() + b"\n")
        shown = await shell.json("iscsi", "show", A)
        assert (shown["chap_users"], shown["mutual_chap_user"]) == (["joe"], "us")
        assert side.log_in(A, HOST, "joe", SECRET)
        told = ran.out + ran.err + stack.log.read_text() + str(stack.audit()) + str(shown)
        assert SECRET not in told
        assert MUTUAL not in told
        assert "Nobody can be asked" in await shell.refused(10, "iscsi", "credentials", A, "--user", "joe")
        assert "is empty" in await shell.refused(10, "iscsi", "credentials", A, "--user", "joe", "--secret-file", "-")
        assert "nowhere" in await shell.refused(
            10, "iscsi", "credentials", A, "--user", "j", "--secret-file", "/nowhere"
        )
        assert "Name a user" in await shell.refused(10, "iscsi", "credentials", A)
        await shell.did("iscsi", "credentials", A, "--remove", "--remove-mutual")
        assert (await shell.json("iscsi", "show", A))["chap_users"] == []
        await stack_down(stack)
