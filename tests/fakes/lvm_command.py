"""One command of the fake lvm: its options, what it finds, what it says and how it ends."""

import re
import sys
from typing import NoReturn

from tests.fakes.lvm_world import Json

ERROR, SYNTAX, NO_COMMAND = 5, 3, 2
FLAGS = {"--yes", "--all", "--foreign", "--shared", "--nosuffix", "--snapshot", "--merge", "--background"}
FLAGS |= {"--ignoreactivationskip"}
VALUED = {
    *(
        "--config",
        "--units",
        "--configreport",
        "--options",
        "--wipesignatures",
        "--zero",
        "--addtag",
        "--name",
        "--size",
    ),
    *("--type", "--poolmetadatasize", "--virtualsize", "--thinpool", "--setactivationskip", "--activate", "--select"),
}
COMMANDS = {
    *("vgcreate", "vgextend", "vgremove", "pvremove", "lvcreate", "lvextend", "lvremove", "lvchange", "lvconvert"),
    *("fullreport", "lvmconfig", "systemid"),
}


class Stop(Exception):
    """The command ends with this exit code."""


class Command:
    """One command. What it says is collected, as lvm does, and printed as one JSON object at the end."""

    def __init__(self, state: Json, command: str, options: list[tuple[str, str]], words: list[str]) -> None:
        self.state, self.command, self.options, self.words = state, command, options, words
        self.log: list[tuple[str, str, str, str]] = []
        self.stderr: list[str] = []
        self.reports: list[Json] | None = None
        self.code = 0

    def option(self, name: str) -> str:
        return next((value for option, value in self.options if option == name), "")

    def tags(self) -> list[str]:
        return sorted(value for option, value in self.options if option == "--addtag")

    def say(self, text: str, about: str = "", kind: str = "print") -> None:
        """``about`` is "", a group, or GROUP/VOLUME."""
        group, _, volume = about.partition("/")
        self.log.append((kind, group, volume, text))

    def fail(self, text: str, about: str = "") -> NoReturn:
        self.say(text, about, "error")
        self.give_up(about)

    def give_up(self, about: str = "") -> NoReturn:
        if about:
            self.say("failure", about, "status")
        self.code = ERROR
        raise Stop

    def syntax(self, *lines: str) -> NoReturn:
        self.stderr += [f"  {line}" for line in lines]
        self.code = SYNTAX
        raise Stop

    # Finding things

    def group(self, name: str) -> Json:
        if name in self.state["held"]:
            self.say(f"/run/lock/lvm/V_{name}:aux: flock failed: Resource temporarily unavailable", name, "error")
            self.say(f"Can't get lock for {name}.", name, "error")
            self.fail(f"Cannot process volume group {name}", name)
        group: Json | None = self.state["groups"].get(name)
        if group is None:
            self.say(f'Volume group "{name}" not found', name, "error")
            self.fail(f"Cannot process volume group {name}", name)
        if group["exported"]:
            self.fail(f"Volume group {name} is exported", name)
        if group["system"] != self.state["system"] and group["system"]:
            self.fail(f"Cannot access VG {name} with system ID {group['system']} with unknown local system ID.", name)
        return group

    def volume(self) -> tuple[str, str, Json, Json]:
        group_name, _, name = self.words[0].partition("/")
        group = self.group(group_name)
        volume = group["volumes"].get(name)
        if volume is None:
            self.fail(f'Failed to find logical volume "{group_name}/{name}"', f"{group_name}/{name}")
        return group_name, name, group, volume

    def size(self, option: str) -> int:
        text = self.option(option)
        if not re.fullmatch(r"[0-9]+b", text) or not int(text[:-1]):
            self.syntax(f"Invalid argument for {option}: {text}", "Error during parsing of command line.")
        size = int(text[:-1])
        if size % 512:
            low = size // 512 * 512
            self.syntax(
                f"Size is not a multiple of 512. Try using {low} or {low + 512}.",
                f"Invalid argument for {option}: {text}",
                "Error during parsing of command line.",
            )
        return size

    def may_change(self, group_name: str, group: Json) -> None:
        if any(member["missing"] for member in group["members"]):
            self.fail(f"Cannot change VG {group_name} while PVs are missing.", group_name)

    def output(self) -> Json:
        rows = [self.log_row(number, *row) for number, row in enumerate(self.log, 1)]
        return ({} if self.reports is None else {"report": self.reports}) | {"log": rows}

    def log_row(self, number: int, kind: str, group: str, volume: str, text: str) -> Json:
        code = "-1" if kind in ("error", "warn", "status") else "0"
        return {
            "log_seq_num": str(number),
            "log_type": kind,
            "log_context": "processing",
            "log_object_type": "lv" if volume else "vg" if group else "",
            "log_object_name": volume or group,
            "log_object_id": "",
            "log_object_group": group if volume else "",
            "log_object_group_id": "",
            "log_message": text,
            "log_errno": code,
            "log_ret_code": "5" if kind == "status" else "0",
        }


def parsed(argv: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    options: list[tuple[str, str]] = []
    while argv and argv[0] != "--":
        word = argv.pop(0)
        if not word.startswith("-"):
            return options, [word, *argv]
        if word not in FLAGS | VALUED:
            sys.stderr.write(f"lvm: unrecognized option '{word}'\n  Error during parsing of command line.\n")
            sys.exit(SYNTAX)
        options.append((word, word if word in FLAGS else argv.pop(0)))
    return options, argv[1:]
