"""A mail about alerts: hostile text stays text, and the same news has the same name."""

import email.policy
import json
from email.message import EmailMessage
from email.parser import BytesParser

from hypothesis import given
from hypothesis import strategies as st

from bamsd.config import MailSettings
from bamsd.delivery import hook, mail
from bamsd.delivery.models import TEXT_CHARS, Change
from bamsd.errors import shown

SETTINGS = MailSettings.model_validate({"to": ["root", "anna@example.org"], "from": "bams@example.org"})


def change(summary: str = "Pool tank is degraded.", event: str = "raised", **other: object) -> Change:
    known = {"event": event, "id": "x", "severity": "warning", "summary": summary, "advice": "Do.", "object": "/org"}
    return Change(**known | {"since_us": 1_700_000_000_000_000} | other)  # type: ignore[arg-type]


def parsed(raw: bytes) -> EmailMessage:
    found = BytesParser(policy=email.policy.default).parsebytes(raw)
    assert isinstance(found, EmailMessage)
    return found


def test_a_mail_says_what_is_wrong_and_what_to_do() -> None:
    found = parsed(mail.message([change(), change("LUN gone", "cleared", came_back=3)], SETTINGS, "vault", 1))
    assert found["Subject"] == "[vault] warning: Pool tank is degraded. (and 1 more)"
    assert found["Auto-Submitted"] == "auto-generated"
    text = found.get_content()
    assert "BEGAN (warning): Pool tank is degraded.\n  What to do: Do.\n  Object: /org\n" in text
    assert "  Since: 2023-11-14 22:13:20 UTC\n" in text
    assert "OVER (warning): LUN gone\n" in text
    assert "It began 3 times" in text


def test_the_same_news_has_the_same_name_and_other_news_another() -> None:
    first = parsed(mail.message([change(), change("b", id="y")], SETTINGS, "vault", 1))
    again = parsed(mail.message([change("b", id="y"), change()], SETTINGS, "vault", 99))
    other = parsed(mail.message([change(since_us=7)], SETTINGS, "vault", 1))
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]


def test_many_changes_are_counted_and_not_all_listed() -> None:
    found = parsed(mail.message([change(id=str(n)) for n in range(1000)], SETTINGS, "vault", 1))
    assert "(and 999 more)" in found["Subject"]
    assert "And 800 more: look at the page." in found.get_content()


def test_the_arguments_name_who_receives_it() -> None:
    assert mail.arguments(SETTINGS) == [
        "/usr/sbin/sendmail", "-i", "-f", "bams@example.org", "--", "root", "anna@example.org"
    ]  # fmt: skip
    assert mail.arguments(MailSettings.model_validate({"to": ["root"]})) == ["/usr/sbin/sendmail", "-i", "--", "root"]


HEADERS = sorted(
    [
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ]
)
HOSTILE = st.text(max_size=300) | st.sampled_from(
    ["x\nBcc: thief@example.org", "x\r\n\r\n.\r\n", "\udc80", "=?utf-8?q?x?="]
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_text_of_an_alert_becomes_a_header_or_ends_the_message(summary: str, advice: str, host: str) -> None:
    raw = mail.message([change(summary, advice=advice, object=advice, id=summary)], SETTINGS, host, 1)
    found = parsed(raw)
    assert sorted(found.keys()) == HEADERS
    assert found["To"] == "root, anna@example.org"
    assert max(map(len, raw.split(b"\n"))) <= 998
    assert "BEGAN (warning)" in found.get_content()


@given(HOSTILE, HOSTILE)
def test_a_program_gets_json_and_variables_without_control_characters(summary: str, id: str) -> None:
    found = json.loads(hook.document(change(summary, id=id), "vault", 9))
    assert (found["event"], found["severity"], found["time"]) == ("raised", "warning", 9)
    assert found["summary"] == shown(summary, TEXT_CHARS)
    found["summary"].encode()
    for value in hook.environment(change(summary, id=id), "vault").values():
        assert value.isprintable()
        assert len(value) <= 201
