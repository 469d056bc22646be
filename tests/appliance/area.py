"""One area of org.bams in the appliance through busctl, as a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.appliance.guest import Guest


def options(**values: Any) -> tuple[str, ...]:
    """Options in the words of busctl: their number, then key, type and value of each."""
    words = [str(len(values))]
    for name, value in values.items():
        words += [name, *_typed(value)]
    return tuple(words)


def _typed(value: Any) -> list[str]:
    match value:
        case bool():
            return ["b", "true" if value else "false"]
        case int():
            return ["t", str(value)]
        case Mapping():
            return ["a{ss}", str(len(value)), *(word for pair in value.items() for word in pair)]
        case [int(), *_]:
            return ["at", str(len(value)), *map(str, value)]
        case list() | tuple():
            return ["as", str(len(value)), *value]
    return ["s", value]


def plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    """a{sv} as busctl prints it, without the types."""
    return {key: value["data"] for key, value in entry.items()}


@dataclass(frozen=True, slots=True)
class Area:
    guest: Guest
    user: str = "admin"
    entry: ClassVar[tuple[str, str]]
    """Object and interface of the area."""

    def job(self, method: str, signature: str, *words: str, limit_s: float = 240, **given: Any) -> dict[str, Any]:
        """Call a changing method, wait for its end, return the properties of the job. It must succeed."""
        given = {"wait": True} | given
        argv = (f"{signature}a{{sv}}", *words, *options(**given))
        path = self.guest.call(*self.entry, method, *argv, user=self.user, limit_s=limit_s)[0]
        return {name: self.guest.get(path, "org.bams.Job", name) for name in ("State", "Result", "StartedBy")}

    def refusal(self, method: str, signature: str, *words: str, **given: Any) -> str:
        """The error's name without its prefix, and its text."""
        argv = (f"{signature}a{{sv}}", *words, *options(**({"wait": True} | given)))
        found = self.guest.refusal(*self.entry, method, *argv, user=self.user)
        return f"{found.name.removeprefix('org.bams.Error.')}: {found.text}"

    def plan(self, method: str, signature: str, *words: str, **given: Any) -> list[dict[str, Any]]:
        job = self.job(method, signature, *words, dry_run=True, **given)
        assert job["State"] == "planned"
        return [plain(step) for step in job["Result"]["plan"]["data"]]

    def alerts(self) -> dict[str, str]:
        found = self.guest.get("/org/bams", "org.bams.Manager", "Alerts")
        return {alert["id"]["data"]: alert["summary"]["data"] for alert in found}

    def properties(self, path: str, interface: str) -> dict[str, Any]:
        words = ("call", "org.bams", path, "org.freedesktop.DBus.Properties", "GetAll", "s", interface)
        [found] = self.guest.busctl(*words)["data"]
        return plain(found)
