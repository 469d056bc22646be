"""Alerts reach people: mails and a program of their own, once, also over a crash, and quietly."""

import signal
from pathlib import Path
from typing import Any

from bamsd.errors import NotAuthorized
from tests.bus.stack import Client, Stack, until
from tests.fakes.mail import FakeMail

MANAGER = "org.bams.Manager"


def prepare(stack: Stack, **alerts: Any) -> FakeMail:
    mail = FakeMail(stack.directory)
    given = {"to": ["root", "anna@example.org"], "from": "bams@example.org", "sendmail": str(mail.sendmail)}
    stack.config["alerts"] = {"settle_s": 0, "mail": given, "hook": {"command": [str(mail.hook), "$HOME"]}} | alerts
    return mail


def refuse_configuration(stack: Stack) -> None:
    (stack.directory / "config.yaml").write_text("tape: 5\n")


async def reload(client: Client) -> None:
    await client.call("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})


async def alerts(client: Client) -> dict[str, str]:
    found = await client.get("/org/bams", MANAGER)
    return {alert["id"]: alert["summary"] for alert in found["Alerts"]}


async def break_configuration(stack: Stack, client: Client) -> None:
    """An alert that ``mend`` ends: config-refused."""
    refuse_configuration(stack)
    await client.fails("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})


async def break_audit(stack: Stack, client: Client) -> None:
    """An alert that lasts over a start: audit-broken."""
    audit = stack.directory / "log" / "audit.log"
    audit.write_text(audit.read_text().replace('"allowed"', '"refused"'))
    assert (await client.call("/org/bams", f"{MANAGER}.VerifyAudit"))[0] is False


async def hooked(mail: FakeMail, count: int) -> None:
    await until(lambda: len(mail.hooked()) == count, f"the program is called {count} times")


async def mend(stack: Stack, client: Client) -> None:
    stack.write_config()
    await reload(client)


async def test_an_alert_and_its_end_come_by_mail_and_to_the_program(stack: Stack) -> None:
    mail = prepare(stack)
    await stack.daemon()
    client = await stack.client()
    await break_configuration(stack, client)
    [first] = await until(mail.mails, "the mail about the alert")
    assert mail.subjects()[0].startswith("warning: The configuration was refused: ")
    assert (first["To"], first["From"], first["Auto-Submitted"]) == (
        "root, anna@example.org",
        "bams@example.org",
        "auto-generated",
    )
    assert mail.arguments() == ["['-i', '-f', 'bams@example.org', '--', 'root', 'anna@example.org']"]
    assert "What to do: Correct the file and reload bamsd." in mail.bodies()[0].replace("\n", " ")
    [called] = await until(mail.hooked, "the program")
    assert called["argv"] == ["$HOME"]
    assert (called["alert"]["event"], called["alert"]["id"]) == ("raised", "config-refused")
    assert called["environment"]["BAMS_EVENT"] == "raised"
    assert "DBUS_SYSTEM_BUS_ADDRESS" not in called["environment"]

    await mend(stack, client)
    await until(lambda: len(mail.mails()) == 2 and len(mail.hooked()) == 2, "the end of it")
    assert mail.subjects()[1].startswith("over: The configuration was refused")
    assert mail.hooked()[1]["alert"]["event"] == "cleared"
    assert await alerts(client) == {}


async def test_what_a_crash_cut_off_is_told_by_the_next_bamsd_and_nothing_twice(stack: Stack) -> None:
    mail = prepare(stack)
    mail.set("fails")
    daemon = await stack.daemon()
    client = await stack.client()
    await reload(client)
    await break_audit(stack, client)
    # What is on its way at the very moment of a kill may come twice; this mail has failed, and the program was told.
    await until(
        lambda: {"audit-broken", "delivery-failed/mail"} <= {c["alert"]["id"] for c in mail.hooked()},
        "the first try to fail",
    )
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
    mail.set("fails", False)
    daemon = await stack.daemon()
    await until(lambda: any("audit" in subject for subject in mail.subjects()), "the mail about the audit record")
    await until(mail.hooked, "the program")
    stack.end(daemon)
    await stack.daemon()
    client = await stack.client()
    await break_configuration(stack, client)
    await until(lambda: any("refused" in subject for subject in mail.subjects()), "the next mail")
    assert sum("audit" in subject for subject in mail.subjects()) == 1
    assert [c["alert"]["event"] for c in mail.hooked() if c["alert"]["id"] == "audit-broken"] == ["raised"]


async def test_mail_that_fails_is_an_alert_that_is_not_mailed(stack: Stack) -> None:
    mail = prepare(stack)
    mail.set("fails")
    await stack.daemon()
    client = await stack.client()
    await break_configuration(stack, client)
    await until(lambda: any(c["alert"]["id"] == "delivery-failed/mail" for c in mail.hooked()), "the program is told")
    said = (await alerts(client))["delivery-failed/mail"]
    assert "sendmail ended with exit code 75: sendmail: fatal: the queue is full." in said
    mail.set("fails", False)
    [tried, also] = await client.call("/org/bams", f"{MANAGER}.TestDelivery", "a{sv}", {})
    assert (tried["way"], tried["ok"], also["way"], also["ok"]) == ("mail", True, "hook", True)
    await until(lambda: len(mail.mails()) == 2, "what waited comes after the test")
    assert mail.subjects()[0].startswith("test: ")
    assert mail.subjects()[1].startswith("warning: The configuration was refused")
    assert "delivery-failed/mail" not in await alerts(client)


async def test_the_limit_an_hour_makes_one_mail_of_many(stack: Stack) -> None:
    mail = prepare(stack, quiet_s=0)
    stack.config["alerts"]["mail"]["per_hour"] = 2
    await stack.daemon()
    client = await stack.client()
    for number in range(3):
        await break_configuration(stack, client)
        await hooked(mail, 2 * number + 1)
        await mend(stack, client)
        await hooked(mail, 2 * number + 2)
    assert len(mail.mails()) == 2


async def test_a_condition_that_comes_and_goes_makes_no_noise(stack: Stack) -> None:
    mail = prepare(stack)
    await stack.daemon()
    client = await stack.client()
    for _ in range(5):
        await break_configuration(stack, client)
        await mend(stack, client)
    await break_configuration(stack, client)
    await break_audit(stack, client)
    await until(lambda: any("audit" in subject for subject in mail.subjects()), "another condition is told at once")
    assert sum("refused" in subject for subject in mail.subjects()) <= 2
    assert len([c for c in mail.hooked() if c["alert"]["id"] == "config-refused"]) <= 2


async def test_the_test_says_what_is_wrong_with_each_way(stack: Stack) -> None:
    mail = prepare(stack)
    stack.config["alerts"]["hook"]["user"] = "nobody-here"
    mail.sendmail.chmod(0o777)
    await stack.daemon()
    client = await stack.client()
    found = await client.call("/org/bams", f"{MANAGER}.TestDelivery", "a{sv}", {})
    said = {outcome["way"]: (outcome["ok"], outcome["text"]) for outcome in found}
    assert said["mail"][0] is said["hook"][0] is False
    assert "because others than root can change" in said["mail"][1]
    assert "there is no such user" in said["hook"][1]
    mail.sendmail.unlink()
    [dry, _] = await client.call("/org/bams", f"{MANAGER}.TestDelivery", "a{sv}", {"dry_run": True})
    assert (dry["ok"], "There is no program" in dry["text"]) == (False, True)
    assert mail.mails() == []
    stack.polkit("no")
    assert type(await client.fails("/org/bams", f"{MANAGER}.TestDelivery", "a{sv}", {})) is NotAuthorized


async def test_nothing_is_sent_where_nothing_is_configured(stack: Stack) -> None:
    await stack.daemon()
    client = await stack.client()
    assert await client.call("/org/bams", f"{MANAGER}.TestDelivery", "a{sv}", {}) == []
    await break_configuration(stack, client)
    assert await alerts(client)
    assert not (Path(stack.environment["BAMS_FAKE_DISKS"]) / "run.jsonl").exists()
