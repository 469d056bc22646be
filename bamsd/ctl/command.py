"""What a command of bamsctl is. The areas declare theirs as data; parser.py, completion.py and the manual read it."""

from argparse import Namespace
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from bamsd.ctl.output import Output
from bamsd.ctl.session import Session

Runner = Callable[[Session, Namespace], Awaitable[None]]
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: ``pool`` stands by its place, ``--size`` by its name.

    ``option``: the key of the D-Bus options that the value becomes. ``names``: what completion offers. ``value``: turns
    the text into a value. ``gather``: turns the list of a repeated one into a value. ``constant``: the value of a flag,
    which takes no text. ``many``: of a place: + or *; of a name: it may be given again.
    """

    name: str
    help: str
    option: str = ""
    names: str = ""
    metavar: str = ""
    value: Callable[[str], Any] = str
    gather: Callable[[list[Any]], Any] | None = None
    choices: tuple[str, ...] = ()
    constant: Any = None
    default: Any = None
    many: str = ""
    optional: bool = False
    short: str = ""

    @property
    def is_place(self) -> bool:
        return not self.name.startswith("-")

    @property
    def dest(self) -> str:
        return self.name.lstrip("-").replace("-", "_")


def flag(name: str, help: str, option: str = "", value: Any = True, short: str = "") -> Argument:
    return Argument(name, help, option=option, constant=value, short=short)


@dataclass(frozen=True, slots=True)
class Call:
    """The D-Bus method of a changing command. The arguments that stand by their place are its values, in order."""

    path: str
    member: str
    signature: str = ""
    job: bool = True
    confirm: str = ""
    """The argument whose value a person has to type again."""
    sends_confirm: bool = True
    """Whether the method takes the option confirm; else only this program asks."""
    asks: Literal["", "new", "known"] = ""
    """Whether the method takes the option passphrase, with an argument --passphrase-file; a new one is typed twice."""


@dataclass(frozen=True, slots=True)
class Command:
    """``run`` is for commands that read; ``call`` for those that change something, with ``run`` where that needs more;
    ``alone`` for one that needs no daemon.

    ``shape`` names the shape of its JSON in docs/schema/bamsctl.json. ``feature``: the word of Manager.Features that
    says that the daemon offers it, where older ones do not.
    """

    words: Words
    help: str
    arguments: tuple[Argument, ...] = ()
    run: Runner | None = None
    call: Call | None = None
    alone: Callable[[Output, Namespace], Awaitable[None]] | None = None
    about: str = ""
    feature: str = ""
    shape: str = "change"
    default: bool = False
    """Whether the group alone means this command: bamsctl jobs is bamsctl jobs list."""

    @property
    def name(self) -> str:
        return " ".join(self.words)

    @property
    def group(self) -> Words:
        return self.words[:-1]


def options_of(command: Command, given: Namespace) -> dict[str, Any]:
    """The D-Bus options that were given, by their keys."""
    found = {}
    for argument in command.arguments:
        value = getattr(given, argument.dest)
        if argument.option and value is not None:
            found[argument.option] = argument.gather(value) if argument.gather else value
    return found


def values_of(command: Command, given: Namespace) -> list[Any]:
    return [getattr(given, argument.dest) for argument in command.arguments if argument.is_place]
