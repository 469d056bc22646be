"""Write docs/api.md from the contract (dbus/org.bams.*.xml) and the polkit files.

usage: python3 docs/generate_api.py [--check]
--check writes nothing and ends with 1 when docs/api.md is not what would be written. A member without a comment, or
one whose arguments are not all explained, is an error: the contract is also its documentation.
"""

import re
import sys
import textwrap
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "api.md"

KINDS = {"property": "Properties", "method": "Methods", "signal": "Signals"}
SINCE = "org.bams.Since"
ACTION = "org.bams.Action"
FORCE_ACTION = "org.bams.ForceAction"
EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"
JOBS_OWN_ACTION = "*"

HEAD = """\
# The D-Bus interface of BAMS

<!-- Written by docs/generate_api.py from dbus/org.bams.*.xml and polkit/. Change those and run it again. -->

Bus name `org.bams`, on the system bus. `busctl tree org.bams` shows the objects, `busctl introspect org.bams PATH` what
each one offers. The same text stands in the XML files, which an installation has in `/usr/share/dbus-1/interfaces`.
"""

ERRORS = """\
## Errors

All begin with `org.bams.Error.`. The text is one plain sentence that names the object and says what to do next.

| name | meaning |
|---|---|
"""

ACTIONS = """\
## Permissions

Whoever is in a group of the second column needs no password; everybody else authenticates as an administrator. `keep`
means that the password counts for some minutes. `Manager.GetPermissions` says what the caller may do.

| polkit action | groups | others | covers |
|---|---|---|---|
"""


class Undocumented(Exception):
    """A member of the contract lacks its comment, or an argument its explanation."""


@dataclass(frozen=True, slots=True)
class Comment:
    arguments: dict[str, str]
    text: str


def parse_comment(raw: str, name: str) -> Comment:
    """The comment of one member: a line ``NAME:``, lines ``@argument: ...``, an empty line, the text."""
    lines = textwrap.dedent(raw.strip("\n")).strip().splitlines()
    if not lines or lines[0].strip() != f"{name}:":
        raise Undocumented(f"{name}: the comment before it does not begin with '{name}:'")
    head, _, text = "\n".join(line.rstrip() for line in lines[1:]).partition("\n\n")
    if head and not head.startswith("@"):
        head, text = "", f"{head}\n\n{text}"
    arguments = {}
    for part in re.split(r"\n?^@", head, flags=re.MULTILINE)[1:]:
        argument, _, explanation = part.partition(":")
        arguments[argument] = " ".join(explanation.split())
    if not text.strip():
        raise Undocumented(f"{name}: the comment does not say what it is")
    return Comment(arguments, text.strip())


def read_interface(path: Path) -> tuple[ET.Element, Comment, list[tuple[ET.Element, Comment]]]:
    """The interface of a file, its own comment, and its members with theirs, in the order of the file."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))  # noqa: S314 - our own file
    node = ET.parse(path, parser).getroot()  # noqa: S314
    (interface, comment), *others = with_comments(node)
    if others:
        raise Undocumented(f"{path.name}: one file has one interface")
    return interface, comment, with_comments(interface)


def with_comments(parent: ET.Element) -> list[tuple[ET.Element, Comment]]:
    found = []
    raw = ""
    for child in parent:
        if "name" not in child.attrib:  # a comment; everything else has a name
            raw = child.text or ""
        elif child.tag != "annotation":
            comment = parse_comment(raw, child.attrib["name"])
            check_arguments(child, comment)
            found.append((child, comment))
            raw = ""
    return found


def check_arguments(member: ET.Element, comment: Comment) -> None:
    declared = [argument.attrib["name"] for argument in member.findall("arg")]
    explained = [name for name in comment.arguments if name != "short"]
    if declared != explained or not all(comment.arguments.values()):
        raise Undocumented(f"{member.attrib['name']}: has the arguments {declared}, explains {explained}")


def annotation(element: ET.Element, name: str) -> str:
    return next((a.attrib["value"] for a in element.findall("annotation") if a.attrib["name"] == name), "")


def render_interface(path: Path) -> str:
    interface, about, members = read_interface(path)
    parts = [f"## {interface.attrib['name']}: {about.arguments['short']}\n\n{about.text}\n"]
    for tag, title in KINDS.items():
        chosen = [(member, comment) for member, comment in members if member.tag == tag]
        if chosen:
            parts.append(f"### {title}\n")
            parts += [render_member(member, comment) for member, comment in chosen]
    return "\n".join(parts)


def render_member(member: ET.Element, comment: Comment) -> str:
    name, since = member.attrib["name"], annotation(member, SINCE)
    if member.tag == "property":
        changes = {"const": "never changes", "false": "changes are not announced"}.get(annotation(member, EMITS), "")
        facts = ", ".join(filter(None, [f"`{member.attrib['type']}`", changes, f"since {since}"]))
        return f"**{name}** {facts}\n\n{comment.text}\n"
    arguments = member.findall("arg")
    shown = [f"{a.attrib['name']} {a.attrib['type']}" for a in arguments if a.attrib.get("direction") != "out"]
    result = [f"{a.attrib['name']} {a.attrib['type']}" for a in arguments if a.attrib.get("direction") == "out"]
    arrow = f" → {', '.join(result)}" if result else ""
    lines = [f"**{name}** `({', '.join(shown)}){arrow}` since {since}", "", comment.text, ""]
    lines += [f"- `{argument}`: {explanation}" for argument, explanation in comment.arguments.items()]
    if comment.arguments:
        lines.append("")
    action = annotation(member, ACTION)
    if action:
        needs = "the action of the operation that the job runs" if action == JOBS_OWN_ACTION else f"`{action}`"
        forced = annotation(member, FORCE_ACTION)
        lines += [f"Polkit action: {needs}" + (f"; with the option force `{forced}`" if forced else ""), ""]
    return "\n".join(lines)


def render_errors() -> str:
    """The tree in the docstring of bamsd/errors.py, as a table."""
    source = (ROOT / "bamsd" / "errors.py").read_text(encoding="utf-8")
    rows = re.findall(r"^[ |]*\+-- (\w+) {2,}(.+)$", source, flags=re.MULTILINE)
    return ERRORS + "".join(f"| {name} | {meaning} |\n" for name, meaning in rows)


def groups_of() -> dict[str, list[str]]:
    """Polkit action to groups, read from the rules file."""
    rules = (ROOT / "polkit" / "50-bams.rules").read_text(encoding="utf-8")
    sets = {name: re.findall(r'"([^"]+)"', listed) for name, listed in re.findall(r"var (\w+) = \[([^\]]*)\];", rules)}
    return {
        action: sets[base] + re.findall(r'"([^"]+)"', more)
        for action, base, more in re.findall(r'^ +"([\w.]+)": (\w+)(.*?),?$', rules, flags=re.MULTILINE)
    }


def render_actions() -> str:
    groups = groups_of()
    rows = []
    for action in ET.parse(ROOT / "polkit" / "org.bams.policy").getroot().iter("action"):  # noqa: S314
        name = action.attrib["id"]
        others, covers = action.findtext("defaults/allow_any"), action.findtext("description")
        rows.append(f"| {name} | {', '.join(groups[name])} | {others} | {covers} |\n")
    return ACTIONS + "".join(rows)


def render() -> str:
    interfaces = [render_interface(path) for path in sorted((ROOT / "dbus").glob("org.bams.*.xml"))]
    return "\n".join([HEAD, *interfaces, render_errors(), render_actions()])


def main(arguments: list[str]) -> int:
    try:
        text = render()
    except Undocumented as error:
        print(f"generate_api: {error}", file=sys.stderr)
        return 1
    if arguments == ["--check"]:
        if TARGET.read_text(encoding="utf-8") == text:
            return 0
        print("generate_api: docs/api.md is old. Run: python3 docs/generate_api.py", file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
