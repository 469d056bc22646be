"""What ``scstadmin -noprompt -config FILE`` says of a file and a tree, without changing anything.

Grammar and words: tests/recordings/scst/config-*.txt and scstadmin 3.11 (readConfigFile, parseLine). It is stricter
than the real one: what the kernel marks as not the default and the file does not name counts as a change too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

SEVERAL = re.compile(r"(IncomingUser|OutgoingUser|allowed_portal)\d*")
HEAD = "\nCollecting current configuration: done.\n\n-> Applying configuration.\n"


class Tree(Protocol):
    def read(self, path: str) -> str: ...
    def list(self, path: str) -> Sequence[str]: ...
    def is_folder(self, path: str) -> bool: ...
    def link(self, path: str) -> str: ...


@dataclass
class Block:
    words: list[str]
    lines: list[tuple[str, str]] = field(default_factory=list)
    blocks: "list[Block]" = field(default_factory=list)

    def inside(self, kind: str) -> "dict[str, Block]":
        return {block.words[1]: block for block in self.blocks if block.words[0] == kind}


def tokens(line: str) -> list[str]:
    return [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', line)][:3]


def parse(text: str) -> Block:
    """Braces count everywhere, also in quotes; a bare # drops itself, the rest and one mark before it."""
    clean = []
    for line in text.split("\n"):
        if line.startswith("#"):
            continue
        found = re.search(r"(?<!\\)#", line)
        line = line[: max(found.start() - 1, 0)] if found else line
        clean.append(re.sub(r"\\(.)", r"\1", line))
    root = Block([])
    trail = [root]
    words: list[str] = []
    for piece in re.findall(r"[{}]|[^{}\n]+|\n", "\n".join(clean)):
        if piece == "{":
            block = Block(words)
            trail[-1].blocks.append(block)
            trail.append(block)
            words = []
        elif piece in ("}", "\n"):
            _line(trail[-1], words)
            words = []
            if piece == "}":
                trail.pop()
        else:
            words = tokens(piece)
    assert trail == [root], "a brace is missing"
    return root


def _line(block: Block, words: list[str]) -> None:
    if not words:
        return
    if words[0] in ("LUN", "TARGET", "DEVICE", "GROUP"):
        block.blocks.append(Block(words))
    else:
        block.lines.append((words[0], words[1] if len(words) > 1 else ""))


class Comparison:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.said: list[str] = []
        self.changes = 0

    def change(self, text: str) -> None:
        self.changes += 1
        self.said.append(f"\t-> {text}: done.")

    def keep(self, text: str, verb: str) -> None:
        self.said.append(f"\t-> {text} is not in configuration. Use -force to {verb} it.")

    def attributes(self, home: str, wanted: Block, what: str, ignored: tuple[str, ...] = ()) -> None:
        in_file = {(name, text) for name, text in wanted.lines if name != "INITIATOR"}
        for name, text in sorted(in_file):
            if SEVERAL.fullmatch(name):
                if text not in self.values(home, name):
                    self.change(f"Adding target attribute '{name}' with value '{text}' for {what}")
            elif self.first(f"{home}/{name}") != text:
                self.change(f"Setting attribute '{name}' to value '{text}' for {what}")
        for name in self.tree.list(home):
            several = SEVERAL.fullmatch(name)
            plain = several[1] if several else name
            if plain in ignored or not self.marked(f"{home}/{name}"):
                continue
            if (plain, self.first(f"{home}/{name}")) not in in_file:
                self.change(f"Resetting attribute '{plain}' for {what}")

    def values(self, home: str, name: str) -> list[str]:
        return [self.first(f"{home}/{n}") for n in self.tree.list(home) if n.rstrip("0123456789") == name]

    def first(self, path: str) -> str:
        try:
            return self.tree.read(path).split("\n", 1)[0]
        except OSError:
            return ""

    def marked(self, path: str) -> bool:
        if self.tree.is_folder(path):
            return False
        try:
            return "[key]" in self.tree.read(path).split("\n")[1:]
        except OSError:
            return False

    def devices(self, conf: Block) -> None:
        wanted = {
            name: d for handler in conf.inside("HANDLER").values() for name, d in handler.inside("DEVICE").items()
        }
        present = {}
        for name in self.tree.list("devices"):
            if "handler" in self.tree.list(f"devices/{name}"):
                present[name] = self.tree.link(f"devices/{name}/handler").rsplit("/", 1)[-1]
        for name in present.keys() - wanted.keys():
            self.keep(f"Device '{name}'", "close")
        for handler, block in conf.inside("HANDLER").items():
            for name, device in block.inside("DEVICE").items():
                if present.get(name) != handler:
                    self.change(f"Opening device '{name}' using handler '{handler}'")
                else:
                    self.attributes(f"devices/{name}", device, f"device '{name}'", ("size", "size_mb"))

    def targets(self, conf: Block) -> None:
        driver = conf.inside("TARGET_DRIVER")["iscsi"]
        self.attributes("targets/iscsi", driver, "driver 'iscsi'")
        wanted = driver.inside("TARGET")
        present = [name for name in self.tree.list("targets/iscsi") if self.tree.is_folder(f"targets/iscsi/{name}")]
        if "copy_manager" not in conf.inside("TARGET_DRIVER"):
            self.keep("Virtual target 'copy_manager_tgt' for driver 'copy_manager'", "remove")
        for name in present:
            if name not in wanted:
                self.keep(f"Virtual target '{name}' for driver 'iscsi'", "remove")
        for name, block in wanted.items():
            if name not in present:
                self.change(f"Creating target '{name}' for driver 'iscsi'")
                continue
            home, what = f"targets/iscsi/{name}", f"driver/target 'iscsi/{name}'"
            self.attributes(home, block, what)
            self.luns(f"{home}/luns", block, what)
            self.groups(home, block, what)

    def groups(self, home: str, target: Block, what: str) -> None:
        present = [n for n in self.tree.list(f"{home}/ini_groups") if n != "mgmt"]
        wanted = target.inside("GROUP")
        for name in set(present) - wanted.keys():
            self.keep(f"Group '{name}' for {what}", "remove")
        for name, block in wanted.items():
            if name not in present:
                self.change(f"Adding new group '{name}' to {what}")
                continue
            place = f"{home}/ini_groups/{name}"
            self.attributes(place, block, f"group '{name}'")
            self.luns(f"{place}/luns", block, f"{what}/{name}")
            names = {text for word, text in block.lines if word == "INITIATOR"}
            there = set(self.tree.list(f"{place}/initiators")) - {"mgmt"}
            for initiator in sorted(names - there):
                self.change(f"Adding new initiator '{initiator}' to {what}/{name}")
            for initiator in sorted(there - names):
                self.keep(f"Initiator '{initiator}' for {what}/{name}", "remove")

    def luns(self, home: str, wanted: Block, what: str) -> None:
        present = {
            n: self.tree.link(f"{home}/{n}/device").rsplit("/", 1)[-1] for n in self.tree.list(home) if n != "mgmt"
        }
        blocks = {block.words[1]: block for block in wanted.blocks if block.words[0] == "LUN"}
        for number in sorted(present.keys() - blocks.keys()):
            self.keep(f"Device '{present[number]}' at LUN '{number}' for {what}", "remove")
        for number, block in blocks.items():
            read_only = dict(block.lines).get("read_only", "0")
            if present.get(number) != block.words[2] or self.first(f"{home}/{number}/read_only") != read_only:
                self.change(f"Adding device '{block.words[2]}' at LUN {number} to {what}")


def config(text: str, tree: Tree) -> str:
    """What it prints when it applies the file."""
    conf = parse(text)
    comparison = Comparison(tree)
    comparison.devices(conf)
    comparison.targets(conf)
    return "\n".join([HEAD, *comparison.said, f"\t-> Done, {comparison.changes} change(s) made.\n\nAll done.\n"])
