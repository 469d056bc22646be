"""One run of bamsctl: the client, what was asked for in general, and how a change goes from plan to end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bamsd.bus.client import Client
from bamsd.core.names import ROOT
from bamsd.ctl.following import follow
from bamsd.ctl.output import Output, record_of
from bamsd.ctl.table import Column, state
from bamsd.errors import BY_NAME, Cancelled, NotSupported, ToolFailed

MANAGER = "org.bams.Manager"
JOB = "org.bams.Job"
CHANGE_TIMEOUT_S = 600.0
"""A person may be asked for a password meanwhile."""
DEVICES = {"disk": "disks and pools", "tape": "tape libraries", "iscsi": "iSCSI targets"}
"""What the daemon looks for when it starts, by the words of Manager.Discovering."""
PLAN = (state("effect", "EFFECT"), Column("summary", "STEP"), Column("command", "COMMAND"))


@dataclass(frozen=True, slots=True)
class Asked:
    """The options that every changing command has."""

    dry_run: bool = False
    wait: bool = True
    queue: bool = False
    confirm: str | None = None


class Session:
    def __init__(
        self, client: Client, output: Output, asked: Asked, ask: Callable[[str], str] | None, host: str = ""
    ) -> None:
        """``ask`` reads a line from the person; None when there is no terminal. ``host``: another one than this."""
        self.client = client
        self.output = output
        self.asked = asked
        self.ask = ask
        self.host = host
        self.job = ""
        """The job that is waited for."""

    async def offered(self, feature: str) -> NotSupported:
        """The error that says what this daemon is and that it lacks the feature."""
        manager = await self.client.properties(ROOT, MANAGER)
        have = ", ".join(manager["Features"])
        text = f"bamsd {manager['Version']} on {manager['Hostname']} does not offer {feature}, only {have}."
        return NotSupported(f"{text} Another version of it may.")

    async def say_incomplete(self, *areas: str) -> None:
        """Say it when the daemon has just started and has not found all devices of one of the areas yet."""
        looking = (await self.client.properties(ROOT, MANAGER)).get("Discovering", ())
        things = " and ".join(DEVICES[area] for area in areas if area in looking)
        if things:
            self.output.say(f"bamsd has just started and still looks for {things}. Ask again in a moment.")

    async def pages(
        self, path: str, member: str, options: Mapping[str, Any], limit: int | None, page: int = 500
    ) -> list[dict[str, Any]]:
        """All entries, or ``limit`` of them, of a method that answers with a list and a cursor."""
        rows: list[dict[str, Any]] = []
        cursor = ""
        while limit is None or len(rows) < limit:
            size = page if limit is None else min(page, limit - len(rows))
            given = dict(options) | {"limit": size} | ({"cursor": cursor} if cursor else {})
            found, cursor = await self.client.call(path, member, "a{sv}", given, timeout_s=CHANGE_TIMEOUT_S)
            rows += found
            if not cursor:
                break
        return rows

    async def change(
        self, path: str, member: str, signature: str, values: list[Any], options: Mapping[str, Any]
    ) -> None:
        """Call a method that starts a job, and follow the job to its end."""
        given = dict(options) | ({"queue": True} if self.asked.queue else {})
        await self.client.listen(JOB)
        job = await self._start(path, member, signature, values, given | self.dry_run)
        await self.watch(job, self.asked.wait)

    async def call(self, path: str, member: str, signature: str, values: list[Any], options: Mapping[str, Any]) -> None:
        """Call a changing method that starts no job. A text that it answers with is shown."""
        given = dict(options) | self.dry_run
        call = self.client.call(path, member, f"{signature}a{{sv}}", *values, given, timeout_s=CHANGE_TIMEOUT_S)
        answer = await call
        self.done(f"Done: {answer}" if isinstance(answer, str) and answer else "Done.")

    @property
    def dry_run(self) -> dict[str, bool]:
        return {"dry_run": True} if self.asked.dry_run else {}

    async def plan(
        self, path: str, member: str, signature: str, values: list[Any], options: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        job = await self._start(path, member, signature, values, dict(options) | {"dry_run": True})
        found: list[dict[str, Any]] = (await self.client.properties(job, JOB))["Result"]["plan"]
        return found

    async def _start(
        self, path: str, member: str, signature: str, values: list[Any], options: Mapping[str, Any]
    ) -> str:
        call = self.client.call(path, member, f"{signature}a{{sv}}", *values, options, timeout_s=CHANGE_TIMEOUT_S)
        answer = await call
        return str(answer[0] if isinstance(answer, list) else answer)

    async def watch(self, job: str, wait: bool = True) -> None:
        """Show a job until it ends; raise its error."""
        found = await self.client.properties(job, JOB)
        if wait and found["State"] == "running":
            self.job = job
            found = await follow(self.client, job, self.output)
            self.job = ""
        self._report(job, found)
        name, message = found["Error"]
        if name:
            raise BY_NAME.get(name, ToolFailed)(message)

    def done(self, text: str) -> None:
        """The end of a change that is no job."""
        if self.output.as_json:
            state = "planned" if self.asked.dry_run else "succeeded"
            self.output.document({"path": None, "state": state, "result": {}})
        else:
            self.output.line("It would be done; nothing was changed." if self.asked.dry_run else text)

    def _report(self, job: str, found: Mapping[str, Any]) -> None:
        if self.output.as_json:
            if found["State"] in ("succeeded", "planned", "running"):
                self.output.document(record_of(job, found))
            return
        number = job.rsplit("/", 1)[-1]
        match found["State"]:
            case "planned":
                self.show_plan(found["Result"].get("plan", []))
            case "running":
                self.output.line(f"Job {number} runs: {found['Description']}. Follow it: bamsctl jobs watch {number}")
            case "succeeded":
                self.output.line(f"Done: {found['Description']}.")
                self._show_result(found["Result"])

    def show_plan(self, steps: list[dict[str, Any]]) -> None:
        if steps:
            self.output.table(steps, PLAN)
        else:
            self.output.line("There is nothing to do.")

    def _show_result(self, result: Mapping[str, Any]) -> None:
        """What came out, but for object paths, which are for programs."""
        for key, value in result.items():
            if isinstance(value, str) and value.startswith(f"{ROOT}/"):
                continue
            if isinstance(value, list):
                for item in value:
                    self.output.line(f"{key}: {item}")
            elif not isinstance(value, dict):
                self.output.line(f"{key}: {value}")

    def confirmed(self, name: str, given: str | None, what: str) -> str:
        """The name as the person typed it. Raises Cancelled when it is another, or nobody can be asked."""
        if given is not None:
            typed = given
        elif self.ask is None:
            raise Cancelled(f"To {what} needs the option --confirm {name} where nobody can be asked.")
        else:
            typed = self.ask(f"To {what}, type its name ({name}): ")
        if typed != name:
            raise Cancelled(f"Not confirmed: {typed!r} is not {name!r}. Nothing was done.")
        return typed
