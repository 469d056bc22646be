"""What may come next on a command line. The scripts of bash, zsh and fish ask this by a hidden command.

``bamsctl __complete WORD...``: the words behind bamsctl, the last one being typed (it may be empty). Each line of the
answer is a candidate, and behind a tab what it is. Names come from the running daemon; when it does not answer within
the limit there are none, and nothing is printed but that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bamsd.bus.client import Client
from bamsd.core.names import ROOT
from bamsd.ctl import bacula, disk, iscsi, logs, tape
from bamsd.ctl.command import Argument, Command, Words
from bamsd.ctl.commands import ALIASES, COMMANDS, GROUPS
from bamsd.ctl.parser import EVERYWHERE, common, default_of
from bamsd.ctl.session import JOB, MANAGER
from bamsd.ctl.text import printable
from bamsd.errors import BamsError

WORD = "__complete"
LIMIT_S = 2.0

Candidates = list[tuple[str, str]]
"""What may be typed, and what it is."""


@dataclass
class Typed:
    """The command line so far, without the word that is being typed."""

    words: Words = ()
    places: list[str] = field(default_factory=list)
    awaiting: Argument | None = None
    """An option whose value comes next."""

    @property
    def command(self) -> Command | None:
        found = next((c for c in COMMANDS if c.words == ALIASES.get(self.words, self.words)), None)
        return found or default_of(self.words)


async def run(words: list[str]) -> int:
    *before, last = words or [""]
    typed = read(before)
    found = offered(typed, last)
    names = _names_wanted(typed, last)
    if names:
        found += sorted(await _names(names, typed))
    for value, text in found:
        if value.startswith(last) and value.isprintable():
            print(f"{value}\t{printable(text)}" if text else value)
    return 0


def read(before: Iterable[str]) -> Typed:
    typed = Typed()
    for word in before:
        if typed.awaiting:
            typed.awaiting = None
        elif word.startswith("-") and word != "-":
            typed.awaiting = _option(typed, word)
        elif _is_word(typed, word):
            typed.words += (word,)
        else:
            typed.places.append(word)
    return typed


def _is_word(typed: Typed, word: str) -> bool:
    longer = (*typed.words, word)
    return not typed.places and (longer in GROUPS or longer in ALIASES or any(c.words == longer for c in COMMANDS))


def _options(typed: Typed) -> tuple[Argument, ...]:
    command = typed.command
    own = (*command.arguments, *common(command)) if command else ()
    return tuple(argument for argument in (*own, *EVERYWHERE) if not argument.is_place)


def _option(typed: Typed, word: str) -> Argument | None:
    """The option of that name when it takes a value that is still to come."""
    for argument in _options(typed):
        if word in (argument.name, argument.short) and argument.constant is None:
            return argument
    return None


def offered(typed: Typed, last: str) -> Candidates:
    """What needs no daemon: words, options, choices."""
    if typed.awaiting:
        return [(choice, "") for choice in typed.awaiting.choices]
    if last.startswith("-"):
        return [(argument.name, argument.help) for argument in _options(typed)]
    found: Candidates = []
    if not typed.places:
        depth = len(typed.words)
        longer = {c.words: c.help for c in COMMANDS} | GROUPS
        found = [(w[-1], text) for w, text in longer.items() if len(w) == depth + 1 and w[:depth] == typed.words]
    place = _place(typed)
    return found + [(choice, "") for choice in place.choices] if place else found


def _place(typed: Typed) -> Argument | None:
    """The argument that the next word without a dash is."""
    command = typed.command
    places = [argument for argument in command.arguments if argument.is_place] if command else []
    if len(typed.places) < len(places):
        return places[len(typed.places)]
    return places[-1] if places and places[-1].many else None


def _names_wanted(typed: Typed, last: str) -> str:
    if typed.awaiting:
        return typed.awaiting.names
    place = None if last.startswith("-") else _place(typed)
    return place.names if place else ""


async def _names(kind: str, typed: Typed) -> Candidates:
    client = None
    try:
        async with asyncio.timeout(LIMIT_S):
            client = await Client.open(interactive=False)
            return await SOURCES[kind](client, typed) if kind in SOURCES else []
    except (BamsError, TimeoutError):
        return []
    finally:
        if client:
            await client.close()


def _property(interface: str, *names: str, about: str = "", only: str = "") -> "Source":
    """Properties of all objects with an interface; ``only``: a property that must be true, or with ! false."""

    async def source(client: Client, typed: Typed) -> Candidates:
        objects = (await client.objects(interface)).values()
        wanted = only.removeprefix("!")
        kept = [o for o in objects if not only or bool(o[wanted]) != only.startswith("!")]
        return [(str(o[name]), str(o[about]) if about else "") for o in kept for name in names]

    return source


def _listed(path: str, member: str, key: str, about: str = "", *given: Any) -> "Source":
    """A key of all entries that a method answers with."""

    async def source(client: Client, typed: Typed) -> Candidates:
        answer = await client.call(path, member, "a{sv}" if given else "", *given)
        rows = answer[0] if answer and isinstance(answer[0], list) else answer
        return [(str(row[key]), str(row.get(about, ""))) for row in rows]

    return source


async def _jobs(client: Client, typed: Typed) -> Candidates:
    found = await client.objects(JOB)
    return [(path.rsplit("/", 1)[-1], f"{p['State']}: {p['Description']}") for path, p in found.items()]


async def _alerts(client: Client, typed: Typed) -> Candidates:
    return [(alert["id"], alert["summary"]) for alert in (await client.properties(ROOT, MANAGER))["Alerts"]]


async def _drives(client: Client, typed: Typed) -> Candidates:
    """The drives of the library that was typed."""
    libraries = (await client.objects(tape.LIBRARY)).values()
    serials = {library["Serial"] for library in libraries if typed.places[:1] and typed.places[0] in library.values()}
    drives = (await client.objects(tape.DRIVE)).values()
    return [(str(d["Index"]), f"{d['State']} {d['Barcode']}") for d in drives if d["Library"] in serials]


async def _slots(client: Client, typed: Typed) -> Candidates:
    """The full slots of the library that was typed."""
    if not typed.places:
        return []
    rows = await client.call(tape.TAPE, f"{tape.IFACE}.ListSlots", "sa{sv}", typed.places[0], {})
    return [(str(row[0]), row[3]) for row in rows if row[1] == "full"]


async def _snapshots(client: Client, typed: Typed) -> Candidates:
    """The snapshots of the repository that was typed."""
    repositories = (await client.objects(disk.REPOSITORY)).values()
    chosen = [r for r in repositories if r["Name"] in typed.places[:1]]
    return [(snapshot["name"], "") for repository in chosen for snapshot in repository["Snapshots"]]


async def _sessions(client: Client, typed: Typed) -> Candidates:
    rows = await client.call(iscsi.ISCSI, f"{iscsi.IFACE}.ListSessions", "s", "".join(typed.places[:1]))
    return [(row["id"], row["initiator"]) for row in rows]


async def _actions(client: Client, typed: Typed) -> Candidates:
    return [(name, "") for name in await client.call(ROOT, f"{MANAGER}.GetPermissions")]


def _bacula(key: str) -> "Source":
    async def source(client: Client, typed: Typed) -> Candidates:
        return [(name, "") for name in (await client.call(bacula.BACULA, f"{bacula.IFACE}.GetStatus")).get(key, [])]

    return source


Source = Callable[[Client, Typed], Awaitable[Candidates]]

SOURCES: dict[str, Source] = {
    "repository": _property(disk.REPOSITORY, "Name", about="Pool", only="Owned"),
    "volume": _property(disk.REPOSITORY, "Name", about="Pool"),
    "pool": _property(disk.POOL, "Name", about="Kind"),
    "library": _property(tape.LIBRARY, "Name", about="Product"),
    "target": _property(iscsi.TARGET, "Iqn", about="Alias", only="Owned"),
    "foreign": _property(iscsi.TARGET, "Iqn", about="Alias", only="!Owned"),
    "candidate": _listed(disk.DISK, f"{disk.IFACE}.ListCandidates", "id", "model", {}),
    "cartridge": _listed(tape.TAPE, f"{tape.IFACE}.ListCartridges", "barcode", "place", {}),
    "service": _listed(logs.LOGS, f"{logs.IFACE}.ListServices", "name", "description"),
    "series": _listed(ROOT, f"{MANAGER}.ListSeries", "name", "description", {}),
    "export": _listed(ROOT, f"{MANAGER}.ListExports", "name", "", {}),
    "bundle": _listed(ROOT, f"{MANAGER}.ListBundles", "name", "", {}),
    "job": _jobs,
    "alert": _alerts,
    "drive": _drives,
    "slot": _slots,
    "snapshot": _snapshots,
    "session": _sessions,
    "action": _actions,
    "storage": _bacula("storages"),
    "bacula-pool": _bacula("pools"),
}
