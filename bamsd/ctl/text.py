"""Text from devices, tools and other people, made harmless for a terminal."""

import unicodedata


def printable(value: str) -> str:
    """The same text with every character that a terminal might obey (escapes, tabs, bidi marks) written out."""
    return value if value.isprintable() else "".join(c if c.isprintable() else _written_out(c) for c in value)


def _written_out(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def width(value: str) -> int:
    """How many columns of a terminal a printable text takes."""
    return len(value) if value.isascii() else sum(_columns(char) for char in value)


def cut(value: str, columns: int) -> str:
    """The text, or its beginning with an ellipsis, in no more than that many columns (at least 1)."""
    if width(value) <= columns:
        return value
    taken, kept = 0, []
    for char in value:
        taken += _columns(char)
        if taken > columns - 1:
            break
        kept.append(char)
    return "".join(kept) + "…"


def pad(value: str, columns: int, right: bool = False) -> str:
    space = " " * (columns - width(value))
    return space + value if right else value + space


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
