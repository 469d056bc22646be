"""A planted secret never survives, whatever stands around it."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bamsd.support.redaction import BLANK, by_rule, by_search, forms_of

secrets = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=5, max_size=40).filter(
    lambda text: len(text.encode()) >= 5
)
around = st.binary(max_size=60)
WRITTEN: dict[str, Callable[[str], bytes]] = {
    "plain": lambda s: s.encode(),
    "hexadecimal": lambda s: s.encode().hex().encode(),
    "capital hexadecimal": lambda s: s.encode().hex().upper().encode(),
    "percent": lambda s: quote(s, safe="").encode(),
    "form": lambda s: quote_plus(s).encode(),
    "html": lambda s: html.escape(s).encode(),
    "json": lambda s: json.dumps(s)[1:-1].encode(),
    "json in utf-8": lambda s: json.dumps(s, ensure_ascii=False)[1:-1].encode(),
    "md5": lambda s: hashlib.md5(s.encode()).hexdigest().encode(),
}


def contains(content: bytes, secret: bytes) -> bool:
    return secret in content.replace(BLANK, b"\0")


@pytest.mark.parametrize("how", WRITTEN)
@given(secret=secrets, before=around, after=around)
def test_a_known_secret_is_found_in_every_form(how: str, secret: str, before: bytes, after: bytes) -> None:
    written = WRITTEN[how](secret)
    clean, count = by_search(before + written + after, forms_of([secret]))
    assert count >= 1
    assert not contains(clean, written)


@given(secret=secrets, before=around, after=around)
def test_a_known_secret_is_found_inside_base64(secret: str, before: bytes, after: bytes) -> None:
    """``user:secret`` of a header, at any of the three offsets: what is left tells nothing of the secret's inside."""
    encoded = base64.b64encode(before + secret.encode() + after)
    clean, _ = by_search(encoded, forms_of([secret]))
    # Whatever letters are left still decode to something, but not to a text with the secret in it.
    pieces = clean.split(BLANK)
    for piece in pieces:
        for skip in range(4):
            raw = piece[skip:]
            assert secret.encode() not in base64.b64decode(raw[: len(raw) // 4 * 4] or b"", validate=False)


@given(longer=secrets, more=secrets)
def test_a_secret_inside_another_leaves_no_rest(longer: str, more: str) -> None:
    both = longer + more
    clean, _ = by_search(f"x {both} y".encode(), forms_of([longer, both]))
    assert clean == b"x " + BLANK + b" y" or not contains(clean, both.encode())
    assert not contains(clean, longer.encode())


def test_short_ones_are_not_searched_for() -> None:
    """They are blanked where a rule knows them; everywhere they would tear holes into every text."""
    assert forms_of(["ab"]) == ()


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('  Password = "pa ss;wo#rd"', "pa ss;wo#rd"),
        ("  Pass Word = plainone", "plainone"),
        ('  Password = "with \\"quotes\\""', 'with "quotes"'),
        ('"chap_password": "geheim123456",', "geheim123456"),
        ('    "mutual_chap_secret": "geheim123457"', "geheim123457"),
        ('  IncomingUser "joe secret12secret"', "secret12secret"),
        ("IncomingUser1 joe secret12secret", "secret12secret"),
        ('  OutgoingUser "me secret34secret"', "secret34secret"),
        ("daemon: login with password=hunter2xx failed", "hunter2xx"),
        ("api_key: AKIA12345", "AKIA12345"),
        ("passphrase='open sesame'", "open sesame"),
        ("token = abc.def.ghi", "abc.def.ghi"),
        ("Password = half;  # a comment", "half"),
        ("  { Password = inner}", "inner"),
        ("password=we(ird)[one]", "we(ird)[one]"),
    ],
)
def test_what_a_line_calls_a_secret_is_blanked_and_remembered(line: str, secret: str) -> None:
    clean, found, count = by_rule(f"before\n{line}\nafter".encode())
    assert count == 1
    assert secret in found
    assert secret.encode() not in clean
    assert all(len(rest) < 3 for rest in re.findall(rb"\(secret\)(\S*)", clean))
    assert clean.startswith(b"before\n")
    assert clean.endswith(b"\nafter")


def test_a_private_key_is_no_more() -> None:
    key = b"-----BEGIN PRIVATE KEY-----\nMIIEvQ\nIBADAN\n-----END PRIVATE KEY-----"
    assert by_rule(b"a\n" + key + b"\nb")[0] == b"a\n" + BLANK + b"\nb"
    cut = b"x -----BEGIN EC PRIVATE KEY-----\nMIIEvQ"
    assert by_rule(cut)[0] == b"x " + BLANK


@pytest.mark.parametrize(
    "line", ["TLS Verify Peer = yes", "Password = ***", "password: no", "secret = (secret)", '"password": null,']
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert by_rule(line.encode()) == (line.encode(), set(), 0)


@given(st.binary(max_size=2000))
def test_any_bytes_pass_through_a_rule(raw: bytes) -> None:
    clean, found, count = by_rule(raw)
    assert (count == 0) == (clean == raw and not found) or count > 0
