"""What goes to standard output and standard error: tables and sentences for people, JSON for programs."""

import json
import math
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from bamsd.ctl.table import Column, facts, paint, render
from bamsd.ctl.text import printable
from bamsd.errors import ERROR_PREFIX, BamsError

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Output:
    """``as_json``: one JSON document instead of tables; what people are told meanwhile goes to standard error."""

    def __init__(self, as_json: bool, out: TextIO, err: TextIO) -> None:
        self.as_json = as_json
        self._out, self._err = out, err
        self.on_terminal = out.isatty()
        self.progress_on_terminal = err.isatty() and os.environ.get("TERM") != "dumb"
        self._colour = self.on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def document(self, value: Any) -> None:
        """The JSON of a command."""
        self._write(json.dumps(_finite(value), indent=2, allow_nan=False))

    def record(self, value: Any) -> None:
        """One line of JSON, of a command that goes on."""
        self._write(json.dumps(_finite(value), allow_nan=False))
        self._out.flush()

    def rows(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], none: str) -> None:
        """A table, or the sentence ``none`` when there is no row."""
        if self.as_json:
            self.document(list(rows))
        elif rows:
            self.table(rows, columns)
        else:
            self.say(none)

    def table(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> None:
        total = shutil.get_terminal_size().columns if self.on_terminal else None
        for line in render(rows, columns, total, self._colour):
            self._write(line)

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        for line in facts(pairs):
            self._write(line)

    def title(self, text: str) -> None:
        self._write(paint(printable(text), "head", self._colour))

    def line(self, text: str = "") -> None:
        self._write(printable(text))

    def text(self, text: str) -> None:
        """Several lines, as they are but for what a terminal would obey."""
        for line in text.splitlines():
            self._write("\t".join(printable(part) for part in line.split("\t")))

    def flush(self) -> None:
        self._out.flush()

    def say(self, text: str) -> None:
        """A sentence that is not the result."""
        print(printable(text), file=self._err, flush=True)

    def bar(self, text: str) -> None:
        """The last line of the terminal anew; an empty text takes it away."""
        self._err.write(f"\r\x1b[K{printable(text)}")
        self._err.flush()

    def error(self, error: BamsError) -> None:
        if self.as_json:
            name = error.dbus_name.removeprefix(ERROR_PREFIX)
            print(json.dumps({"error": {"name": name, "message": error.message}}), file=self._err)
        else:
            self.say(f"bamsctl: {error.message}")

    def _write(self, line: str) -> None:
        self._out.write(line + "\n")


def snake(name: str) -> str:
    """LastInventory as last_inventory."""
    return _HUMP.sub("_", name).lower()


def record_of(path: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object as JSON has it: its properties with the names of JSON, and its path."""
    return {snake(name): value for name, value in properties.items()} | {"path": path}


def _finite(value: Any) -> Any:
    """JSON has no infinite number and no NaN."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
    return value
