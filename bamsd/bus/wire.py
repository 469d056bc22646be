"""Python values to D-Bus values and back. Nothing else converts.

Text from devices and tools may hold bytes that a D-Bus string must not: NUL, lone surrogates. The bus daemon
closes the connection of a sender that sends such a string, so every string passes ``text`` on its way out.
"""

from collections.abc import Mapping
from typing import Any

from dbus_next import Variant
from dbus_next.signature import SignatureTree, SignatureType

from bamsd.errors import InvalidArgument

MAX_DEPTH = 16
"""Deepest nesting of a value that is taken from a caller. The bus itself allows 64."""


class ObjectPath(str):
    """A string that goes out as type ``o`` when it stands in a variant."""


def text(value: str) -> str:
    """The same text with what D-Bus forbids replaced by U+FFFD."""
    if value.isascii() and "\0" not in value:
        return value
    return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def guess(value: Any) -> str:
    """The signature of a value in a variant: b, t (x below zero), d, s, o, as, ao, aa{sv}, a{sv}."""
    match value:
        case bool():
            return "b"
        case int():
            return "t" if value >= 0 else "x"
        case float():
            return "d"
        case ObjectPath():
            return "o"
        case str():
            return "s"
        case Mapping():
            return "a{sv}"
        case list() | tuple():
            return "a" + guess(value[0]) if value else "as"
    raise TypeError(f"no D-Bus type for {type(value).__name__}")


def pack(signature: str, values: list[Any]) -> list[Any]:
    """Plain values, one for each complete type of the signature, in the form that dbus-next marshals."""
    tree = SignatureTree._get(signature)
    return [_pack(kind, value) for kind, value in zip(tree.types, values, strict=True)]


def variant(value: Any, signature: str = "") -> Variant:
    signature = signature or guess(value)
    return Variant(signature, pack(signature, [value])[0])


def _pack(kind: SignatureType, value: Any) -> Any:
    match kind.token:
        case "s":
            return text(value)
        case "v":
            return value if isinstance(value, Variant) else variant(value)
        case "a" if kind.children[0].token == "{":
            key, item = kind.children[0].children
            return {_pack(key, k): _pack(item, v) for k, v in value.items()}
        case "a" if kind.children[0].token == "y":
            return bytes(value)
        case "a":
            return [_pack(kind.children[0], item) for item in value]
        case "(":
            return [_pack(child, item) for child, item in zip(kind.children, value, strict=True)]
    return value


def unpack(value: Any, depth: int = 0) -> Any:
    """What a caller sent, with every variant replaced by its value."""
    if depth > MAX_DEPTH:
        raise InvalidArgument(f"A value is nested deeper than {MAX_DEPTH} levels.")
    match value:
        case Variant():
            return unpack(value.value, depth + 1)
        case dict():
            return {key: unpack(item, depth + 1) for key, item in value.items()}
        case list():
            return [unpack(item, depth + 1) for item in value]
    return value
