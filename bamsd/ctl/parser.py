"""The command line of bamsctl, made from the commands. Completion and the manual are made from the same."""

import argparse
from typing import Any

import bamsd
from bamsd.ctl.command import Argument, Command, Words, flag
from bamsd.ctl.commands import ALIASES, COMMANDS, GROUPS

PROG = "bamsctl"
ABOUT = "Run a backup appliance: tapes, disks, iSCSI targets and Bacula, through the daemon bamsd."

EVERYWHERE = (
    flag("--json", "one JSON document on standard output, for programs"),
    Argument("--host", "work on another host, through ssh", metavar="USER@HOST", short="-H"),
    flag("--no-ask-password", "do not ask for a password; fail where one is needed"),
)
CHANGING = (flag("--dry-run", "show what would be done, and do nothing"),)
LONG = (
    flag("--no-wait", "do not wait for the end; print the job"),
    flag("--queue", "when the device is busy, wait for it"),
)
CONFIRM = Argument("--confirm", "its name again; without this you are asked for it", metavar="NAME")


def common(command: Command) -> tuple[Argument, ...]:
    """The arguments that a command has beside its own, but for those that every command has."""
    call = command.call
    if call is None:
        return ()
    return (*CHANGING, *(LONG if call.job else ()), *((CONFIRM,) if call.confirm else ()))


def build() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(PROG, description=ABOUT, allow_abbrev=False, epilog="Manual: man bamsctl")
    root.add_argument("--version", action="version", version=f"{PROG} {bamsd.__version__}")
    _add_everywhere(root)
    root.set_defaults(command=None)
    groups: dict[Words, Any] = {(): root.add_subparsers(metavar="COMMAND", required=True)}
    for command in COMMANDS:
        for depth in range(1, len(command.words)):
            _ensure_group(groups, command.words[:depth])
        aliases = [alias[-1] for alias, target in ALIASES.items() if target == command.words]
        parser = groups[command.group].add_parser(
            command.words[-1], aliases=aliases, help=command.help, description=_sentence(command), allow_abbrev=False
        )
        for argument in (*command.arguments, *common(command)):
            _add(parser, argument)
        _add_everywhere(parser)
        parser.set_defaults(command=command)
    return root


def _sentence(command: Command) -> str:
    text = command.help[0].upper() + command.help[1:] + "."
    return f"{text} {command.about}" if command.about else text


def _ensure_group(groups: dict[Words, Any], words: Words) -> None:
    if words in groups:
        return
    help = GROUPS[words]
    parser = groups[words[:-1]].add_parser(words[-1], help=help, description=help, allow_abbrev=False)
    _add_everywhere(parser)
    default = default_of(words)
    if default:
        parser.set_defaults(command=default, **{a.dest: None for a in default.arguments})
    groups[words] = parser.add_subparsers(metavar="COMMAND", required=default is None)


def default_of(group: Words) -> Command | None:
    """What the group alone means."""
    return next((c for c in COMMANDS if c.default and c.group == group), None)


def _add_everywhere(parser: argparse.ArgumentParser) -> None:
    for argument in EVERYWHERE:
        _add(parser, argument, default=argparse.SUPPRESS)


def _add(parser: argparse.ArgumentParser, argument: Argument, **more: Any) -> None:
    how: dict[str, Any] = {"help": argument.help.replace("%", "%%")} | more
    if argument.constant is not None:
        how |= {"action": "store_const", "const": argument.constant}
    else:
        how |= {"type": argument.value} | ({"choices": argument.choices} if argument.choices else {})
    if argument.metavar:
        how["metavar"] = argument.metavar
    if argument.is_place:
        how |= {"nargs": argument.many} if argument.many else {}
        how |= {"nargs": "?", "default": argument.default} if argument.optional else {}
        parser.add_argument(argument.name, **how)
        return
    if argument.many:
        how["action"] = "append"
    how = {"default": argument.default, "dest": argument.dest} | how
    parser.add_argument(*filter(None, (argument.short, argument.name)), **how)
