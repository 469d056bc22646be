"""Write the manual pages in docs/man/: bamsctl(1) from the commands, bams.yaml(5) from the model and the example of the
configuration, org.bams(5) from the contract, and bamsd(8).

usage: python3 docs/generate_man.py [--check]
--check writes nothing and ends with 1 when a page is not what would be written. A setting of the configuration that the
example does not explain is an error.
"""

import re
import sys
import types
import typing
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from generate_api import KINDS, annotation, groups_of, read_interface  # noqa: E402
from pydantic import BaseModel  # noqa: E402 - the path comes first

import bamsd  # noqa: E402
from bamsd import config  # noqa: E402
from bamsd.ctl import exits, units  # noqa: E402
from bamsd.ctl.command import Argument, Command  # noqa: E402
from bamsd.ctl.commands import COMMANDS  # noqa: E402
from bamsd.ctl.parser import ABOUT, EVERYWHERE, common  # noqa: E402

TARGET = ROOT / "docs" / "man"
DATE = "2026-11-25"
"""Of the release, as the pages show it."""
EXAMPLE = ROOT / "docs" / "examples" / "config.yaml"


class Unexplained(Exception):
    """A setting of the configuration has no comment in the example."""


def roff(text: str) -> str:
    """Text for troff: no line begins a request, and every character stays what it is."""
    text = (
        text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha").replace("`", "\\(ga")
    )
    text = text.replace("'", "\\(aq").replace('"', "\\(dq").replace("…", "...").replace("→", "\\(->")
    return re.sub(r"^\.", r"\\&.", text, flags=re.MULTILINE)


def bold(text: str) -> str:
    return f"\\fB{roff(text)}\\fR"


def italic(text: str) -> str:
    return f"\\fI{roff(text)}\\fR"


def head(name: str, section: int, about: str) -> list[str]:
    title = f'.TH "{name.upper()}" "{section}" "{DATE}" "BAMS {bamsd.__version__}" "Backup Appliance Management System"'
    return [title, ".SH NAME", f"{roff(name)} \\- {roff(about)}"]


def paragraphs(text: str) -> Iterator[str]:
    """Paragraphs and lists of the contract's comments and the like."""
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = part.splitlines()
        if not lines[0].lstrip().startswith("- "):
            yield ".PP"
            yield roff(" ".join(" ".join(lines).split()))
            continue
        for item in re.split(r"^\s*- ", part, flags=re.MULTILINE)[1:]:
            yield from (".IP \\(bu 3", roff(" ".join(item.split())))


def example(*lines: str) -> list[str]:
    return [".PP", ".RS 4", ".nf", *(roff(line) for line in lines), ".fi", ".RE"]


# bamsctl(1)

EXAMPLES = (
    ("See everything at a glance:", "bamsctl status"),
    ("Load the cartridge of slot 5 into drive 0 of the library LIB1:", "bamsctl tape load LIB1 5 0"),
    ("See what would be done, then make a repository with a file system:",
     "bamsctl disk create weekly vg1 50G --filesystem --dry-run", "bamsctl disk create weekly vg1 50G --filesystem"),
    ("Offer a repository to one initiator, with a secret that you are asked for:",
     "bamsctl iscsi create iqn.2026-01.org.example:vm --initiator iqn.1993-08.org.debian:01:abc",
     "bamsctl iscsi credentials iqn.2026-01.org.example:vm --user joe",
     "bamsctl iscsi lun add iqn.2026-01.org.example:vm vmstore --apply"),
    ("The names of all repositories that are not ready, in a script:",
     "bamsctl disk list --json | jq -r '.[] | select(.state != \"ready\") | .name'"),
)  # fmt: skip

BEHAVIOUR = """\
A long operation shows a bar with the time left on a terminal, and lines elsewhere. Ctrl-C leaves it running, and says
how to follow and how to cancel it. With --no-wait it is only started.

What destroys data shows what would be lost and asks for the name to be typed. Where nobody can be asked, the option
--confirm has to give it.

Where polkit wants a password, it is asked for on the terminal with pkttyagent(1). Passwords and secrets are never
part of the command line: secrets are typed without echo, or come from a file or from standard input.

With --host the bus of another host is used through ssh(1) and its systemd-stdio-bridge. The permissions there are
those of the account that ssh logs in to.

Tables are made as wide as the terminal. Elsewhere nothing is cut, and there are no colours.

With --json there is one document on standard output, or for logs --follow one a line. Its shapes are documented in
/usr/share/doc/bams/schema/bamsctl.json and are only added to; sizes are bytes and times are microseconds since 1970.
An error is a document on standard error.
"""


def usage(command: Command) -> str:
    parts = [bold(f"bamsctl {command.name}")]
    for argument in (*command.arguments, *common(command)):
        value = argument.metavar or argument.dest.replace("_", "-").upper()
        if argument.is_place:
            shown = italic(value) + (" ..." if argument.many else "")
            parts.append(f"[{shown}]" if argument.optional or argument.many == "*" else shown)
        else:
            shown = bold(argument.name) + ("" if argument.constant is not None else f" {italic(value)}")
            parts.append(f"[{shown}]" + (" ..." if argument.many else ""))
    return " ".join(parts)


def option(argument: Argument) -> list[str]:
    names = ", ".join(bold(name) for name in (argument.short, argument.name) if name)
    if argument.is_place:
        names = italic(argument.dest.upper())
    elif argument.constant is None:
        names += f" {italic(argument.metavar or argument.dest.upper())}"
    choices = f" One of: {', '.join(argument.choices)}." if argument.choices else ""
    again = " May be given several times." if argument.many and not argument.is_place else ""
    return [".TP", names, roff(f"{argument.help[0].upper()}{argument.help[1:]}.{choices}{again}")]


def bamsctl() -> list[str]:
    lines = [*head("bamsctl", 1, "command line of the backup appliance"), ".SH SYNOPSIS"]
    lines += [f"{bold('bamsctl')} [{italic('OPTION')} ...] {italic('COMMAND')} [{italic('ARGUMENT')} ...]"]
    lines += [".SH DESCRIPTION", roff(ABOUT), *paragraphs(BEHAVIOUR), ".SH OPTIONS"]
    for argument in EVERYWHERE:
        lines += option(argument)
    lines += [".PP", "Commands that change something also have:"]
    changing = next(command for command in COMMANDS if command.call and command.call.job and command.call.confirm)
    for argument in common(changing):
        lines += option(argument)
    lines.append(".SH COMMANDS")
    area = ""
    for command in COMMANDS:
        if command.words[0] != area:
            area = command.words[0]
            lines.append(f".SS {roff(area)}")
        lines += [".TP", usage(command), roff(f"{command.help[0].upper()}{command.help[1:]}.")]
        if command.default:
            lines[-1] += roff(f" This is also what {' '.join(command.group)} alone does.")
        if command.arguments:
            lines.append(".RS")
            for argument in command.arguments:
                lines += option(argument)
            lines.append(".RE")
    lines += [".SH SIZES", roff(" ".join(units.__doc__.split("\n\n", 1)[1].split())) if units.__doc__ else ""]
    lines += [
        ".SH TIMES",
        roff(" ".join((units.parse_time.__doc__ or "").split("since the epoch. ")[1].split(" Raises ")[0].split())),
    ]
    lines += [".SH EXIT STATUS"]
    for code, name, text in exits.explained():
        lines += [".TP", bold(str(code)), roff(f"{name}: {text}." if name else f"{text[0].upper()}{text[1:]}.")]
    lines += [".SH ENVIRONMENT", ".TP", bold("NO_COLOR"), "When it is set and not empty, nothing is coloured."]
    lines += [".TP", bold("DBUS_SYSTEM_BUS_ADDRESS"), "Another bus than the system's."]
    lines.append(".SH EXAMPLES")
    for text, *commands in EXAMPLES:
        lines += [".PP", roff(text), *example(*commands)]
    return lines + see_also("bamsd(8)", "org.bams(5)", "bams.yaml(5)", "busctl(1)")


def see_also(*pages: str) -> list[str]:
    shown = [f"{bold(page.split('(')[0])}({page.split('(')[1]}" for page in pages]
    return [".SH SEE ALSO", ", ".join(shown)]


# bams.yaml(5)

SETTINGS = """\
The daemon bamsd(8) reads /etc/bams/config.yaml when it starts and when it is told to reload. Every key may be left
out; the defaults stand in parentheses below. A key that bamsd does not know is an error, so a typing mistake is found
at once. A bad file at a reload changes nothing: the old settings stay, and an alert says which line is wrong.
"""


def comments() -> dict[tuple[str, ...], str]:
    """The comment above each key of the example, by the path of the key. Entries of lists count as their list."""
    found: dict[tuple[str, ...], str] = {}
    path: list[tuple[int, str]] = []
    said: list[str] = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        dash = re.match(r"^( *)- ", line)
        text = re.sub(r"^( *)- ", lambda m: m[1] + "  ", line) if dash else line
        if text.strip().startswith("#"):
            said.append(text.strip()[1:].strip())
        elif key := re.match(r"^( *)([a-z_0-9]+):", text):
            while path and path[-1][0] >= len(key[1]):
                path.pop()
            path.append((len(key[1]), key[2]))
            found.setdefault(tuple(name for _, name in path), " ".join(said))
            said = []
        else:
            said = []
    return found


def kind_of(annotated: typing.Any) -> str:
    """The type of a setting in words."""
    origin, arguments = typing.get_origin(annotated), typing.get_args(annotated)
    if origin is typing.Annotated:
        return kind_of(arguments[0])
    if origin is typing.Literal:
        return "one of " + ", ".join(arguments)
    if origin in (typing.Union, types.UnionType):
        return kind_of(next(a for a in arguments if a is not type(None)))
    if origin is tuple:
        return "a list"
    if origin is dict:
        return "a map"
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a text", Path: "a path"}.get(
        annotated, "a section"
    )


def settings(model: type[BaseModel], at: tuple[str, ...], said: dict[tuple[str, ...], str]) -> Iterator[str]:
    for attribute, field in model.model_fields.items():
        name = field.alias or attribute
        place = (*at, name)
        if place not in said:
            raise Unexplained(f"{'.'.join(place)} is not in {EXAMPLE.relative_to(ROOT)}")
        inner = field.annotation
        many = typing.get_origin(inner) is tuple
        element: typing.Any = typing.get_args(inner)[0] if many else inner
        section = isinstance(element, type) and issubclass(element, BaseModel)
        text = said[place] or (f"{field.description[0].upper()}{field.description[1:]}." if field.description else "")
        if section:
            text = text or " ".join((element.__doc__ or "").split())
            yield from (f".SS {roff('.'.join(place))}{' (a list)' if many else ''}", *([roff(text)] if text else []))
            yield from settings(element, place, said)
            continue
        yield from (".TP", f"{bold(name)} ({roff(kind_of(inner))}{default_of(field)})")
        yield roff(text) if text else roff("See the text above.")


def default_of(field: typing.Any) -> str:
    if field.is_required():
        return "; must be given"
    value = field.get_default(call_default_factory=True)
    if value is None or value == () or value == {} or value == "":
        return ""
    return f"; {roff(str(value).lower() if isinstance(value, bool) else str(value))}"


def bams_yaml() -> list[str]:
    said = comments()
    lines = [*head("bams.yaml", 5, "configuration of the backup appliance"), ".SH SYNOPSIS", "/etc/bams/config.yaml"]
    lines += [".SH DESCRIPTION", *list(paragraphs(SETTINGS))[1:], ".SH SETTINGS"]
    lines += settings(config.Config, (), said)
    lines += [".SH FILES", ".TP", "/usr/share/doc/bams/examples/config.yaml", "The same as a file, with every setting."]
    lines += [".SH EXAMPLES", "Check a changed file, then use it:"]
    lines += example("bamsctl config check /etc/bams/config.yaml", "bamsctl config reload")
    return lines + see_also("bamsd(8)", "bamsctl(1)")


# org.bams(5)


def org_bams() -> list[str]:
    lines = [*head("org.bams", 5, "D-Bus interface of the backup appliance"), ".SH DESCRIPTION"]
    lines += [
        "The daemon", bold("bamsd") + "(8)", "has the name org.bams on the system bus.",
        roff("busctl tree org.bams shows the objects, busctl introspect org.bams PATH what each one offers."),
    ]  # fmt: skip
    for path in sorted((ROOT / "dbus").glob("org.bams.*.xml")):
        interface, about, members = read_interface(path)
        lines += [f".SH INTERFACE {roff(interface.attrib['name'])}", *list(paragraphs(about.text))[1:]]
        for tag, title in KINDS.items():
            chosen = [(member, comment) for member, comment in members if member.tag == tag]
            lines += [f".SS {title}"] if chosen else []
            for member, comment in chosen:
                lines += member_text(member, comment.arguments, comment.text)
    lines += [".SH PERMISSIONS", "Whoever is in one of the groups needs no password."]
    groups = groups_of()
    for action in ET.parse(ROOT / "polkit" / "org.bams.policy").getroot().iter("action"):  # noqa: S314 - our own file
        name = action.attrib["id"]
        text = f"{action.findtext('description')}. Groups: {', '.join(groups[name])}."
        lines += [".TP", bold(name), roff(text)]
    return lines + see_also("bamsd(8)", "bamsctl(1)", "busctl(1)")


def member_text(member: ET.Element, explained: dict[str, str], text: str) -> list[str]:
    name = member.attrib["name"]
    if member.tag == "property":
        lines = [".TP", f"{bold(name)} {roff(member.attrib['type'])}"]
    else:
        given = [a for a in member.findall("arg") if a.attrib.get("direction") != "out"]
        taken = [a for a in member.findall("arg") if a.attrib.get("direction") == "out"]
        shown = ", ".join(f"{a.attrib['name']} {a.attrib['type']}" for a in given)
        result = ", ".join(f"{a.attrib['name']} {a.attrib['type']}" for a in taken)
        lines = [".TP", f"{bold(name)}({roff(shown)})" + (f" \\(-> {roff(result)}" if result else "")]
    first, *rest = list(paragraphs(text))[1:]
    lines += [first, ".RS", *rest]
    for argument, explanation in explained.items():
        lines += [".TP", italic(argument), roff(explanation)]
    action = annotation(member, "org.bams.Action")
    if action:
        lines += [".PP", roff(f"Polkit action: {'that of the operation' if action == '*' else action}.")]
    return [*lines, ".RE"]


# bamsd(8)

DAEMON = """\
bamsd watches tape libraries, disks, iSCSI targets and Bacula's storage daemon, and offers them as org.bams on the
system bus. It refuses what would go wrong and says why in one sentence, asks polkit who may do what, and keeps a
record of every change and of who made it. It is started by systemd or by the first call, and runs in a sandbox.
People use it with bamsctl(1) or with the page in Cockpit; programs use D-Bus, see org.bams(5).

It keeps what it knows in a database, and finds out after a crash in the middle of a change what was done. A move of a
robot, and a command that changes disks, outlive it.
"""

OPTIONS = (
    ("--config FILE", "Read this configuration; else /etc/bams/config.yaml, if it is there."),
    ("--check-config FILE", "Check a configuration file, and end: with 0 when it is good, with 78 when it is not."),
    ("--version", "Print the version, and end."),
)
FILES = (
    ("/etc/bams/config.yaml", "The configuration, see bams.yaml(5)."),
    ("/var/lib/bams", "The database and what else has to last."),
    ("/var/log/bams/audit.log", "The record of every change."),
)
SIGNALS = (("SIGHUP", "Read the configuration again."), ("SIGTERM", "Stop."))


def bamsd_page() -> list[str]:
    synopsis = " ".join(f"[{bold(name)}]" for name, _ in OPTIONS)
    lines = [*head("bamsd", 8, "daemon of the backup appliance"), ".SH SYNOPSIS", f"{bold('bamsd')} {synopsis}"]
    lines += [".SH DESCRIPTION", *list(paragraphs(DAEMON))[1:]]
    for title, rows in (("OPTIONS", OPTIONS), ("SIGNALS", SIGNALS), ("FILES", FILES)):
        lines.append(f".SH {title}")
        for name, text in rows:
            lines += [".TP", bold(name), roff(text)]
    return lines + see_also("bamsctl(1)", "bams.yaml(5)", "org.bams(5)", "systemctl(1)", "journalctl(1)")


PAGES = {"bamsctl.1": bamsctl, "bams.yaml.5": bams_yaml, "org.bams.5": org_bams, "bamsd.8": bamsd_page}


def render() -> dict[str, str]:
    comment = '.\\" Written by docs/generate_man.py. Change what it reads and run it again.\n'
    return {name: comment + _tidy("\n".join(page()) + "\n") for name, page in PAGES.items()}


def _tidy(text: str) -> str:
    """Without indents of nothing, and without a paragraph where a section has begun one."""
    text = text.replace("\n.RS\n.RE\n", "\n")
    return re.sub(r"^(\.S[HS] .*)\n\.PP\n", r"\1\n", text, flags=re.MULTILINE)


def main(arguments: list[str]) -> int:
    try:
        pages = render()
    except Unexplained as error:
        print(f"generate_man: {error}", file=sys.stderr)
        return 1
    if arguments != ["--check"]:
        for name, text in pages.items():
            (TARGET / name).write_text(text, encoding="utf-8")
        return 0
    old = [n for n, text in pages.items() if not (TARGET / n).exists() or (TARGET / n).read_text("utf-8") != text]
    if old:
        print(
            f"generate_man: {', '.join(old)} is old. Run: build/venv/bin/python docs/generate_man.py", file=sys.stderr
        )
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
