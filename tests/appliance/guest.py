"""What a test can do in the guest: run commands as a person, and speak to bamsd through busctl."""

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

from tests.appliance.shell import Outcome
from tests.appliance.vm import VirtualMachine

# busctl prints an error's text but not its name; its debug log has both.
ERROR_NAME = re.compile(r"error-name=(\S+)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A D-Bus error: its name, and what busctl printed."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Guest:
    vm: VirtualMachine

    def run(self, command: str, *, user: str = "root", limit_s: float = 120) -> str:
        """A line of shell as `user`; its output. Raises StepFailed with what it said when it fails."""
        return self.vm.run(command, user=user, limit_s=limit_s).out

    def attempt(self, command: str, *, user: str = "root", limit_s: float = 120) -> Outcome:
        """The same, but a failure is an answer too."""
        return self.vm.run(command, user=user, limit_s=limit_s, check=False)

    def busctl(self, *words: str, user: str = "root", limit_s: float = 120) -> Any:
        """`busctl --json=short WORDS`, decoded: {"type": signature, "data": ...}."""
        return json.loads(self.run(busctl_line(words), user=user, limit_s=limit_s))

    def call(
        self, path: str, interface: str, method: str, *words: str, user: str = "root", limit_s: float = 120
    ) -> list[Any]:
        """Call a method of org.bams and return its values; `words` are the signature and values as for busctl."""
        line = busctl_line(("call", "org.bams", path, interface, method, *words))
        answer = self.run(line, user=user, limit_s=limit_s)
        data: list[Any] = json.loads(answer)["data"] if answer.strip() else []
        return data

    def get(self, path: str, interface: str, name: str, *, user: str = "root") -> Any:
        """A property of org.bams."""
        return self.busctl("get-property", "org.bams", path, interface, name, user=user)["data"]

    def refusal(self, path: str, interface: str, method: str, *words: str, user: str = "root") -> Refusal:
        """Call a method that must fail. Raises AssertionError when it does not."""
        line = "SYSTEMD_LOG_LEVEL=debug " + busctl_line(("call", "org.bams", path, interface, method, *words))
        outcome = self.attempt(line, user=user)
        names = ERROR_NAME.findall(outcome.err)
        assert outcome.code != 0, f"{method} was accepted: {outcome.out}"
        last = [text for text in outcome.err.splitlines() if text.startswith("Call failed: ")]
        return Refusal(names[-1] if names else "", last[-1].removeprefix("Call failed: ") if last else outcome.err)


def busctl_line(words: tuple[str, ...]) -> str:
    # Nobody sits at these calls: a question by polkit would wait for an agent that never comes.
    argv = ["busctl", "--system", "--json=short", "--allow-interactive-authorization=no", "--timeout=100", *words]
    return shlex.join(argv)
