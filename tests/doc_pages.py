"""What the pages of the documentation tell people to type, and what they say that BAMS says."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bamsd.ctl.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
GUIDE = tuple(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs" / "guide").glob("*.md")))
MARKDOWN = (
    "README.md",
    "CONTRIBUTING.md",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))),
)
PAGES = (*MARKDOWN, *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs" / "man").iterdir())))
OURS = ("busctl", "bamsctl", "bamsd")
VARIABLE = "\0"
"""Stands in a text of ours for what is put in when it is said."""

MENTIONED = {
    f"bamsctl {command.name}"
    for command in COMMANDS
    if any(a.is_place and not a.optional and a.many != "*" for a in command.arguments)
}
"""The names of commands that need arguments."""
_WORDS = re.compile(r"\b(NAME|IQN|NUMBER|PATH|PORTAL)\b")
"""What stands for anything in a sentence."""
_BLOCK = re.compile(r"^( *)```([a-z]*)\n(.*?)^ *```", flags=re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of code. Without ``language`` it is for a shell."""

    language: str
    text: str

    @property
    def lines(self) -> list[str]:
        """The commands, one a line, without remarks."""
        joined = re.sub(r"\\\n\s*", "", self.text)
        bare = (re.sub(r"(^|\s+)#.*", "", line).strip() for line in joined.splitlines())
        return [line for line in bare if line]


@dataclass(frozen=True)
class Example:
    page: str
    setting: str
    """Variables that lines before it have set."""
    command: str
    is_said: bool = False
    """It stands within a sentence, where it may be short for more: without its arguments, or with words for them."""

    @property
    def is_short(self) -> bool:
        return self.is_said and (self.command in MENTIONED or bool(_WORDS.search(self.command)))


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def unquoted(text: str) -> str:
    """What a page of the manual shows, of its source."""
    for written, shown in (("\\-", "-"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\(ti", "~"), ("\\(ha", "^"), ("\\e", "\\")):
        text = text.replace(written, shown)
    return text


def blocks(page: str) -> list[Block]:
    if page.endswith(".md"):
        return [Block(language, text) for _, language, text in _BLOCK.findall(read(page))]
    found = re.findall(r"^\.nf\n(.*?)^\.fi", read(page), flags=re.MULTILINE | re.DOTALL)
    return [Block("", unquoted(text)) for text in found]


def prose(page: str) -> str:
    """A page without its blocks of code."""
    return _BLOCK.sub("", read(page))


def without_sudo(line: str) -> str:
    return line.removeprefix("sudo ")


def examples(page: str) -> Iterator[Example]:
    """The commands of ours in the blocks of a page, in their order, then those within its sentences."""
    for block in blocks(page):
        setting = ""
        for line in map(without_sudo, block.lines):
            if re.fullmatch(r"[A-Z]+=\S+", line):
                setting += f"{line}; "
            elif line.split(" ")[0] in OURS:
                # What stands behind a pipe is another program's.
                yield Example(page, setting, " ".join(line.partition(" | ")[0].split()))
    if page.endswith(".md"):
        for said in re.findall(rf"`((?:{'|'.join(OURS)})\s[^`]*)`", prose(page)):
            yield Example(page, "", " ".join(said.split()), is_said=True)


@cache
def our_texts() -> tuple[str, ...]:
    """Every text in bamsd, with ``VARIABLE`` for what is put in."""
    found: list[str] = []
    for path in sorted((ROOT / "bamsd").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                found.append("".join(_said(part) for part in node.values))
    return tuple(found)


def _said(part: ast.expr) -> str:
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else VARIABLE


def is_ours(quoted: str) -> bool:
    """Whether a text of ours reads like this, where … stands for anything."""
    pieces = quoted.split("…")
    longest, pattern = max(pieces, key=len), re.compile(".*?".join(map(re.escape, pieces)), re.DOTALL)
    return any(longest in text and pattern.search(text) for text in our_texts())
