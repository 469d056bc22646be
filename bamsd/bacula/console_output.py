"""What bconsole prints. Pure functions.

Recordings: tests/recordings/bacula/console-15.json (bconsole -n 15.0.3). Its exit code is 0 for every refused command,
so only the text tells: lines with numbers (30xx done, 33xx the changer at work, 39xx errors) and sentences.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bamsd.errors import BamsError, InUse, NotFound, ToolFailed, shown

_NUMBERED = re.compile(r"^(\d{4}) (.+)$")
_PROMPT = re.compile(r"^(?:Select |Enter (?!a period to cancel)|.*\(yes/(?:mod/)?no\)|Expected a positive integer)")
_MISSING = re.compile(r'^(?:Storage resource|Could not find Pool|Could not find Client|Job resource) "?([^":]*)"?')
_FIELD = re.compile(r"^ *([A-Za-z]+): (.*)$")
_UP_TO_DATE = re.compile(r'^Catalog record for (?:Volume|cleaning tape) "([^"]*)"(?:, Slot (\d+))?\s+(.+?)\.?$')
_UNKNOWN = re.compile(r'^Volume "([^"]*)" not found in catalog\. Slot=(\d+)')
_DONE_ALREADY = re.compile(r"already (released|unmounted|enabled|disabled)\b")
"""What was asked for is so."""
_MOST_LINES = 200_000


@dataclass(frozen=True, slots=True)
class SlotReport:
    """What ``update slots`` and ``label`` found of one cartridge."""

    volume: str
    slot: int
    text: str
    is_known: bool


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\0", "").splitlines()[:_MOST_LINES]]


def check(text: str, doing: str) -> None:
    """Raise what Bacula says against a command. ``doing`` is what was to be done, for the text.

    Raises ``NotFound`` for an unknown storage or pool, ``InUse`` where a job has the device, else ``ToolFailed``.
    """
    found = lines(text)
    if not any(line.startswith("1000 OK") for line in found):
        said = next((line for line in reversed(found) if line.strip()), "it said nothing")
        raise ToolFailed(f"{doing} failed, because no Director answers: {shown(said)}. Start bacula-director.")
    for number, line in enumerate(found):
        error = _refusal(line, found[number + 1 :], doing)
        if error:
            raise error


def _refusal(line: str, rest: list[str], doing: str) -> BamsError | None:
    missing = _MISSING.match(line)
    if missing:
        return NotFound(f"{doing} failed: the Director does not know {shown(missing[1])!r}. Add it to the Director.")
    if _PROMPT.match(line):
        return ToolFailed(f"{doing} failed: Bacula asks instead of acting ({shown(line)}). Do it in bconsole.")
    numbered = _NUMBERED.match(line)
    if numbered and numbered[1].startswith("39") and not _DONE_ALREADY.search(numbered[2]):
        said = " ".join([numbered[2], *rest[:1]] if line.endswith("because:") else [numbered[2]])
        kind = InUse if re.search(r"\bbusy\b|in use|being used|reserved", said) else ToolFailed
        return kind(f"{doing} failed: {shown(said).rstrip('.')}. Look at GetStatus, then try again.")
    return None


def slot_reports(text: str) -> tuple[SlotReport, ...]:
    return tuple(_slot_reports(text))


def _slot_reports(text: str) -> Iterator[SlotReport]:
    for line in lines(text):
        known, unknown = _UP_TO_DATE.match(line), _UNKNOWN.match(line)
        if known:
            slot = known[2] or next(iter(re.findall(r"slot (\d+)", known[3])), "0")
            yield SlotReport(shown(known[1]), int(slot[:9]), shown(known[3]), True)
        elif unknown:
            yield SlotReport(shown(unknown[1]), int(unknown[2][:9]), "not in the catalog", False)


def labelled(text: str) -> tuple[str, ...]:
    """Volumes that ``label`` wrote to tape."""
    return tuple(shown(name) for name in re.findall(r'^3000 OK label\..* Volume="([^"]*)"', text, re.MULTILINE))


def label_problems(text: str) -> tuple[str, ...]:
    """Why single cartridges were not labelled; the others of the same command may have been."""
    wanted = re.compile(r"^(39\d\d .+|Media record for .+ already exists.*|Volume .+ already exists.*)$", re.MULTILINE)
    return tuple(shown(line) for line in wanted.findall(text.replace("\0", "")))


def records(text: str) -> tuple[Mapping[str, str], ...]:
    """The records of ``llist``: a line for each field, a blank line between. ``Pool`` is the heading above them."""
    found: list[dict[str, str]] = []
    pool = ""
    row: dict[str, str] = {}
    for line in lines(text):
        heading = re.match(r"^Pool: (.+)$", line)
        field = _FIELD.match(line)
        if heading:
            pool = shown(heading[1])
            row = {}
        elif field and not line.startswith("Automatically"):
            if not row or field[1] in row:
                row = {"Pool": pool}
                found.append(row)
            row[field[1]] = shown(field[2])
        elif not line.strip():
            row = {}
    return tuple(row for row in found if "MediaId" in row or "JobId" in row)


def names(text: str, command: str) -> tuple[str, ...]:
    """The answer to ``.storage`` or ``.pools``: one name a line, after the command's own echo."""
    found = lines(text)
    if command not in found:
        return ()
    after = found[found.index(command) + 1 :]
    end = next((i for i, line in enumerate(after) if line == "quit" or line.startswith(".")), len(after))
    return tuple(line for line in after[:end] if line)
