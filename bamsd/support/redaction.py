"""Secrets out of collected text. Pure functions.

First by rule: what a line calls a password is blanked, and remembered. Then by search: every known secret, whatever
stands around it, also in the forms that programs give it. What a rule found in one file is searched for in all.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

BLANK = b"(secret)"
LEAST_CHARACTERS = 5
"""Shorter ones are blanked by rule alone: searched for, they would tear holes into every text."""

_WORDS = (
    rb"pass[ _-]?word|passwd|pass[ _-]?phrase|chap[ _-]?secret|secret[ _-]?key|access[ _-]?key|encryption[ _-]?key"
    rb"|secret|api[ _-]?key|token"
)
_ASSIGNED = re.compile(
    rb"(?i)((?:[\w.-]*(?:" + _WORDS + rb")[\w.-]*)[\"']?[ \t]*[=:][ \t]*)"
    rb"(\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[^\s\"']+)"
)
_CHAP = re.compile(rb"(?m)^([ \t]*(?:Incoming|Outgoing)User[\w]*[ \t]+\"?[^\s\"]+[ \t]+)([^\s\"]+)")
"""SCST: ``IncomingUser "user secret"`` in scst.conf and the same words in its tree."""
_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_ENDS = re.compile(rb"[;#,}\])]")
_NO_SECRETS = frozenset((b"", b"yes", b"no", b"true", b"false", b"null", b"none", b"***", b"********", b"<empty>"))


def by_rule(content: bytes) -> tuple[bytes, set[str], int]:
    """The content without what is called a secret, those secrets, and how many places were blanked."""
    found: set[str] = set()
    count = 0

    def blank(match: re.Match[bytes]) -> bytes:
        nonlocal count
        value = match[2]
        if value.strip(b"\"';,}])").lower() in _NO_SECRETS or value.startswith(BLANK):
            return match[0]
        count += 1
        # Without quotes the line may go on right behind it; what was meant is one of these.
        found.update({_plain(value), *(_plain(part) for part in _ENDS.split(value)[:1])})
        return match[1] + BLANK

    content, keys = _PRIVATE_KEY.subn(BLANK, content)
    content = _CHAP.sub(blank, content)
    content = _ASSIGNED.sub(blank, content)
    return content, found - {""}, count + keys


def _plain(value: bytes) -> str:
    """A value as it is meant, without its quotes and escapes."""
    text = value.decode("utf-8", "surrogateescape")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
        return re.sub(r"\\(.)", r"\1", text)
    return text


def by_search(content: bytes, forms: Iterable[bytes]) -> tuple[bytes, int]:
    """The content without any of the forms, longest first, and how many places were blanked."""
    count = 0
    for form in forms:
        if form in content:
            count += content.count(form)
            content = content.replace(form, BLANK)
    return content, count


def forms_of(secrets: Iterable[str]) -> tuple[bytes, ...]:
    """Every form to search for. Longest first: a secret inside another must not leave the other's rest."""
    found: set[bytes] = set()
    for secret in secrets:
        if len(secret) >= LEAST_CHARACTERS:
            found |= _forms(secret)
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


def _forms(secret: str) -> set[bytes]:
    raw = secret.encode("utf-8", "surrogateescape")
    text = raw.decode("utf-8", "replace")
    written = {quote(text, safe=""), quote(text), quote_plus(text), html.escape(text), json.dumps(text)[1:-1]}
    written |= {json.dumps(text, ensure_ascii=False)[1:-1], text.replace('"', '\\"'), text.replace("'", "'\\''")}
    # Bacula proves a password by its MD5: whoever has that can log in.
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    forms = {raw, raw.hex().encode(), raw.hex().upper().encode(), digest.encode(), *(w.encode() for w in written)}
    return {form for form in forms | _base64(raw) if len(form) >= LEAST_CHARACTERS}


def _base64(raw: bytes) -> set[bytes]:
    """What stays the same wherever in a longer text the secret was when all of it was encoded.

    Three bytes become four letters, so there are three ways to begin; the letters at the ends depend on neighbours too.
    """
    found = set()
    for offset in range(3):
        for alphabet in (None, b"-_"):
            encoded = base64.b64encode(b"\0" * offset + raw, alphabet)
            begin = (offset * 8 + 5) // 6
            end = (offset + len(raw)) * 8 // 6
            found.add(encoded[begin:end])
    return {form for form in found if len(form) >= LEAST_CHARACTERS}
