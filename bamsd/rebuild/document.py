"""What is inside an export: one JSON text with the state of all areas."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bamsd.core.carried import understood
from bamsd.errors import NotSupported

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Document:
    """``parts`` holds what each area keeps, by its title; with secrets, so it is never shown."""

    version: str
    host: str
    created_us: int
    parts: Mapping[str, Any] = field(repr=False)


def write(document: Document) -> bytes:
    head = {"format": FORMAT, "version": document.version, "host": document.host, "created_us": document.created_us}
    return json.dumps(head | {"parts": document.parts}).encode("ascii")


def read(text: bytes, name: str) -> Document:
    """Raises NotSupported for a newer format, InvalidArgument for what is no document."""
    with understood("head"):
        found = json.loads(text)
        number, version = int(found["format"]), str(found["version"])
    if number > FORMAT:
        raise NotSupported(
            f"{name} was written by bamsd {version} in format {number}, and this bamsd knows formats up to {FORMAT}: "
            "install a newer bamsd first."
        )
    with understood("head"):
        return Document(version, str(found["host"]), int(found["created_us"]), dict(found["parts"]))
