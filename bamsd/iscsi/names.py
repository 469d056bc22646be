"""The one place where names, addresses and secrets of iSCSI are checked. Pure functions; all raise InvalidArgument."""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence

from bamsd.errors import InvalidArgument
from bamsd.iscsi.models import DEFAULT_PORT, LUN_LIMIT, Portal

NAME_LIMIT_BYTES = 223
"""RFC 7143, section 4.2.7.1."""
_IQN = re.compile(
    r"iqn\.\d{4}-(0[1-9]|1[0-2])\.[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[a-z0-9.:-]+)?"
)
_EUI = re.compile(r"eui\.[0-9a-f]{16}")
_NAA = re.compile(r"naa\.([0-9a-f]{16}|[0-9a-f]{32})")
_PATTERN = re.compile(r"!?[a-z0-9.:*?-]+")
_GROUP = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_ALIAS = re.compile(r"[A-Za-z0-9 ._:-]{0,64}")
_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,62}")
_SECRET = re.compile(r"[A-Za-z0-9._:@+,!%^*~/-]{12,16}")
"""12 is the least that SCST takes, 16 the most that every initiator takes (Windows). No blank, ``=``, ``#``, quote,
brace or backslash: scstadmin and iscsi-scstd would read something else."""


def _shown(text: str) -> str:
    return ascii(text[:80])


def check_target_name(text: str) -> str:
    """An IQN, EUI or NAA name for a target, in lower case."""
    return _iscsi_name(text, "target")


def check_initiator(text: str) -> str:
    """An exact initiator name, or a pattern with ``*``, ``?`` or a leading ``!``."""
    if is_pattern(text):
        if len(text) > NAME_LIMIT_BYTES or not _PATTERN.fullmatch(text):
            raise InvalidArgument(
                f"The initiator pattern {_shown(text)} is not valid. Use lower case letters, digits, dots, colons and "
                "dashes with * and ?, at most 223 characters."
            )
        return text
    return _iscsi_name(text, "initiator")


def is_pattern(text: str) -> bool:
    return text.startswith("!") or "*" in text or "?" in text


def _iscsi_name(text: str, what: str) -> str:
    if any(form.fullmatch(text) for form in (_IQN, _EUI, _NAA)) and len(text.encode()) <= NAME_LIMIT_BYTES:
        return text
    if text != text.lower() and any(form.fullmatch(text.lower()) for form in (_IQN, _EUI, _NAA)):
        raise InvalidArgument(
            f"The {what} name {_shown(text)} must be in lower case: {text.lower()[:NAME_LIMIT_BYTES]}."
        )
    raise InvalidArgument(
        f"{_shown(text)} is not an iSCSI name for the {what}. Write for example iqn.2026-01.org.example:backup1, with "
        "lower case letters, digits, dots, colons and dashes, at most 223 bytes."
    )


def check_group(text: str) -> str:
    if not _GROUP.fullmatch(text):
        raise InvalidArgument(
            f"The group name {_shown(text)} is not valid. Use 1 to 32 lower case letters, digits, dashes and "
            "underscores."
        )
    return text


def check_alias(text: str) -> str:
    if not _ALIAS.fullmatch(text):
        raise InvalidArgument(
            f"The alias {_shown(text)} is not valid. Use at most 64 letters, digits, blanks, dots, colons, dashes and "
            "underscores."
        )
    return text.strip()


def check_user(text: str) -> str:
    if not _USER.fullmatch(text):
        raise InvalidArgument(
            f"The CHAP user {_shown(text)} is not valid. Use 1 to 63 letters, digits and ._:@- with a letter or digit "
            "first."
        )
    return text


def check_secret(text: str, whose: str) -> str:
    """The text itself is never in the error."""
    if not _SECRET.fullmatch(text):
        raise InvalidArgument(
            f"The {whose} is not valid. Use 12 to 16 letters, digits and the marks . _ : @ + , ! % ^ * ~ / - only."
        )
    return text


def parse_portal(text: str) -> Portal:
    """``10.0.0.1``, ``10.0.0.1:3260``, ``fd00::1``, ``[fd00::1]:3260``."""
    found = re.fullmatch(r"\[(?P<v6>[^\]]+)\](?::(?P<p6>\d{1,5}))?|(?P<v4>[^:\[\]]+)(?::(?P<p4>\d{1,5}))?", text)
    address, port = (found["v6"] or found["v4"], found["p6"] or found["p4"]) if found else (text, None)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        raise InvalidArgument(
            f"The portal {_shown(text)} is not an address. Write for example 192.0.2.10, 192.0.2.10:3260 or "
            "[2001:db8::1]:3260."
        ) from None
    number = int(port) if port else DEFAULT_PORT
    if not 1 <= number <= 65535:
        raise InvalidArgument(f"The portal {_shown(text)} has the port {number}. Ports go from 1 to 65535.")
    if parsed.is_unspecified:
        raise InvalidArgument(
            f"The portal {_shown(text)} is no single address. Give no portal to offer a target on all."
        )
    if parsed.is_multicast or (parsed.version == 6 and parsed.is_link_local):
        raise InvalidArgument(f"The portal {_shown(text)} cannot be used for iSCSI. Take a global or private address.")
    return Portal(parsed.compressed, number)


def parse_portals(texts: Sequence[str]) -> tuple[Portal, ...]:
    portals = tuple(parse_portal(text) for text in texts)
    for portal in portals:
        if portals.count(portal) > 1:
            raise InvalidArgument(f"The portal {portal} is given twice.")
    return tuple(sorted(portals, key=str))


def check_lun(number: int) -> int:
    if not 0 <= number <= LUN_LIMIT:
        raise InvalidArgument(f"LUN {number} is out of range. LUNs go from 0 to {LUN_LIMIT}.")
    return number


def _yes_no(text: str) -> bool:
    return text in ("Yes", "No")


def _digest(text: str) -> bool:
    return text in ("None", "CRC32C", "CRC32C,None", "None,CRC32C")


def _between(low: int, high: int) -> Callable[[str], bool]:
    return lambda text: text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high


_LENGTH = _between(512, 16777215)

PARAMETERS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "QueuedCommands": (_between(1, 2048), "a number from 1 to 2048"),
    "InitialR2T": (_yes_no, "Yes or No"),
    "ImmediateData": (_yes_no, "Yes or No"),
    "MaxOutstandingR2T": (_between(1, 65535), "a number from 1 to 65535"),
    "MaxRecvDataSegmentLength": (_LENGTH, "a number of bytes from 512 to 16777215"),
    "MaxXmitDataSegmentLength": (_LENGTH, "a number of bytes from 512 to 16777215"),
    "MaxBurstLength": (_LENGTH, "a number of bytes from 512 to 16777215"),
    "FirstBurstLength": (_LENGTH, "a number of bytes from 512 to 16777215"),
    "HeaderDigest": (_digest, "None, CRC32C, CRC32C,None or None,CRC32C"),
    "DataDigest": (_digest, "None, CRC32C, CRC32C,None or None,CRC32C"),
}
"""Login keys of RFC 7143 (section 13), and SCST's name for the depth of the command window (MaxCmdSN - ExpCmdSN)."""


def check_parameters(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Sorted by name; an empty text means the default of the stack, and is left out."""
    for name, value in given.items():
        if name not in PARAMETERS:
            raise InvalidArgument(f"There is no parameter {_shown(name)}. Known ones: {', '.join(PARAMETERS)}.")
        allowed, words = PARAMETERS[name]
        if value and not allowed(value):
            raise InvalidArgument(f"The parameter {name} cannot be {_shown(value)}; it is {words}.")
    return tuple(sorted((name, value) for name, value in given.items() if value))
