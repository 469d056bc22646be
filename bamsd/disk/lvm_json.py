"""The JSON that lvm prints, as Python values. Pure."""

import json
import re

_TRAILING_COMMA = re.compile(r"\},(\n\s*\])")
"""A string in JSON holds no line break, so this never matches within one."""


def loads(text: str) -> object:
    """The value, or None when the text is no JSON.

    LVM 2.03.16 leaves a comma behind the last row of a log that ends with a group that could not be read.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(_TRAILING_COMMA.sub(r"}\1", text))
    except (ValueError, RecursionError):
        return None
