"""Resources of a Bacula configuration: what bsdjson prints of them, and how BAMS writes them. Pure functions.

A list of names runs to the end of its line in Bacula, so each directive has a line of its own and the brace too.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bamsd.bacula.models import Tls
from bamsd.errors import InvalidArgument, ToolFailed, shown


class Plain(str):
    """Written as it stands: an amount of time or a route of messages is refused by Bacula in quotes."""


Value = str | int | bool | tuple[str, ...]
KINDS = ("Director", "Storage", "Device", "Autochanger", "Messages")
BLANKED = "***"

_WORDS = ("password", "secretkey", "accesskey", "keyencryptionkey", "passphrase")
_SECRET = re.compile(
    "((?:" + "|".join(r"[ \t_-]*".join(word) for word in _WORDS) + r")[ \t]*=[ \t]*)"
    r'("(?:[^"\\]|\\.)*"?|[^;#}\n]*)',
    re.IGNORECASE,
)
"""Bacula passes over case, blanks, hyphens and underscores in the name of a directive."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource to be written. Values are given as they are meant; ``text`` does the quoting."""

    kind: str
    directives: tuple[tuple[str, Value], ...]

    @property
    def name(self) -> str:
        return next(str(value) for key, value in self.directives if key == "Name")

    @property
    def text(self) -> str:
        lines = [f"{self.kind} {{", *(f"  {key} = {_written(value)}" for key, value in self.directives), "}"]
        return "\n".join(lines) + "\n"


def resource(kind: str, **directives: Value | None) -> Resource:
    """``resource("Device", Media_Type="LTO-8")``: an underscore stands for a blank, ``None`` is left out."""
    given = ((key.replace("_", " "), value) for key, value in directives.items() if value is not None)
    return Resource(kind, tuple(given))


def _written(value: Value) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case Plain():
            return value
        case tuple():
            return ", ".join(_quoted(name) for name in value)
    return _quoted(value)


def _quoted(text: str) -> str:
    if not text.isprintable():
        raise InvalidArgument(f"{text[:200]!a} cannot stand in Bacula's configuration: use printable characters only.")
    # Digits alone are a number to Bacula's lexer, with dots an address, and neither is a name to it.
    if re.fullmatch(r"[A-Za-z0-9/][A-Za-z0-9_.:/-]*", text) and not re.fullmatch(r"[0-9.:-]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_NAMED = re.compile(r'^(\w+) \{\n  Name = (?:"((?:[^"\\]|\\.)*)"|(\S+))$', re.MULTILINE)


def written(text: str) -> tuple[tuple[str, str], ...]:
    """Kind and name of each resource in what ``Resource.text`` has made. What people wrote is read by bsdjson alone."""
    return tuple((kind, re.sub(r"\\(.)", r"\1", quoted) or plain) for kind, quoted, plain in _NAMED.findall(text))


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text of a configuration with every password blanked, also in comments, and the given ones wherever."""
    blanked = _SECRET.sub(lambda found: f'{found[1]}"{BLANKED}"', text)
    for secret in sorted((s for s in secrets if len(s) > 3), key=len, reverse=True):
        blanked = blanked.replace(secret, BLANKED)
    return blanked


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SdConfig:
    """A storage daemon's configuration as Bacula itself reads it. It holds passwords: repr does not show them."""

    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict, repr=False)

    def of(self, kind: str) -> tuple[Row, ...]:
        return self.rows.get(kind, ())

    def names(self, kind: str) -> frozenset[str]:
        return frozenset(text_of(row, "Name") for row in self.of(kind))

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(text_of(row, "Password") for row in self.of("Director") if text_of(row, "Password"))


def parse(text: str) -> SdConfig:
    """The output of ``bsdjson -c FILE`` (15.0.3): a list of objects with one key, the kind of the resource.

    Raises ``ToolFailed`` for anything else, without a word of it, because it may hold a password.
    """
    try:
        rows: dict[str, list[Row]] = {}
        for item in json.loads(text):
            for kind, row in item.items():
                if not isinstance(row, dict):
                    raise TypeError(kind)
                rows.setdefault(kind, []).append(row)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ToolFailed("bsdjson printed no list of resources: run bsdjson by hand and look at it.") from None
    return SdConfig({kind: tuple(found) for kind, found in rows.items()})


def text_of(row: Row, key: str) -> str:
    value = row.get(key, "")
    return value if isinstance(value, str) else ""


def names_of(row: Row, key: str) -> tuple[str, ...]:
    """A list of names; bsdjson prints one name as text in some versions."""
    value = row.get(key, ())
    if isinstance(value, str):
        return (value,)
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()


def number_of(row: Row, key: str, default: int) -> int:
    value = row.get(key, default)
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) else default


def shown_name(row: Row) -> str:
    return shown(text_of(row, "Name")) or "without a name"


def tls_of(row: Row) -> Tls:
    """What a resource says of TLS. With a certificate Bacula takes TLS Require for TLS Enable too."""
    required = bool(row.get("TlsRequire"))
    certificate = text_of(row, "TlsCertificate") if required or row.get("TlsEnable") else ""
    return Tls(
        certificate=certificate,
        key=text_of(row, "TlsKey"),
        is_required=required,
        verifies_peer=bool(certificate) and bool(row.get("TlsVerifyPeer", True)),
    )
