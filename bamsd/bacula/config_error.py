"""Why Bacula refuses a configuration: the text of ``bacula-sd -t``, ``bacula-dir -t`` and bsdjson. Pure functions.

Recordings: tests/recordings/bacula. Each error is printed twice, and with it the faulty line, which may hold a
password; so that line is never taken over.
"""

import re
from collections.abc import Mapping

from bamsd.bacula.models import Finding
from bamsd.bacula.resources import redacted
from bamsd.errors import shown

_ERROR = re.compile(r"Config error: (.+)")
_PLACE = re.compile(r"line (\d+), col \d+ of file (\S[^\n]*)")
_REFERENCE = re.compile(r"referenced on line (\d+)")
_MISSING = re.compile(r"(No \w+ resource defined)")


def parse(text: str, file: str, really: Mapping[str, str]) -> Finding:
    """The first error. ``file`` is the one that was tested; ``really`` maps names of trial copies to the true ones."""
    found, place = _ERROR.search(text), _PLACE.search(text)
    missing, reference = _MISSING.search(text), _REFERENCE.search(text)
    if found:
        said = found[1]
    elif missing:
        said = missing[1]
    else:
        lines = [line for line in text.splitlines() if line.strip()]
        said = lines[0] if lines else "no reason was given"
    name, line = (place[2].strip(), int(place[1][:9])) if place else (file, int(reference[1][:9]) if reference else 0)
    return Finding(
        "error",
        "configuration",
        shown(redacted(said)).rstrip(". "),
        "Correct it and try again.",
        really.get(name, shown(name)),
        line,
    )


def sentence(program: str, finding: Finding) -> str:
    where = finding.file + (f", line {finding.line}" if finding.line else "")
    return f"{program} refuses the configuration: {finding.text} ({where}). {finding.advice}"
