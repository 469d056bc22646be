"""org.bams.Logs on D-Bus: declarations."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from bamsd.bus import caller
from bamsd.bus.export import Interface, method
from bamsd.core.names import ROOT
from bamsd.logs import catalogue
from bamsd.logs.models import Query
from bamsd.logs.service import Logs
from bamsd.logs.views import Entries, entry_view, service_view

PATH = f"{ROOT}/Logs"
READ = "org.bams.logs.read"


class ReadingOptions(BaseModel):
    """These methods change nothing, so there is no dry_run."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    since: int = Field(0, ge=0, lt=1 << 63)
    priority: int | None = Field(None, ge=0, le=7)
    text: str = Field("", max_length=256)

    def query(self, service: str, until_us: int = 0) -> Query:
        return Query(catalogue.find(service), self.since, until_us, self.priority, self.text)


class GetOptions(ReadingOptions):
    until: int = Field(0, ge=0, lt=1 << 63)
    limit: int = Field(100, ge=1, le=1000)
    cursor: str = Field("", max_length=512)
    backwards: bool = True


class PlainOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class LogsInterface(Interface, name="org.bams.Logs"):
    signals: ClassVar[dict[str, str]] = {"Entries": "uaa{sv}t", "FollowingEnded": "us"}

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    @method("", "aa{sv}", action=READ)
    async def list_services(self) -> list[dict[str, Any]]:
        return [service_view(state) for state in await self._logs.services()]

    @method("sa{sv}", "aa{sv}s", options=GetOptions, action=READ)
    async def get(self, service: str, options: GetOptions) -> tuple[list[dict[str, Any]], str]:
        query = options.query(service, options.until)
        page = await self._logs.page(query, limit=options.limit, cursor=options.cursor, backwards=options.backwards)
        return [entry_view(service, entry) for entry in page.entries], page.cursor

    @method("sa{sv}", "u", options=ReadingOptions, action=READ)
    async def follow(self, service: str, options: ReadingOptions) -> int:
        sender = caller.current.get().sender
        return await self._logs.follow(options.query(service), sender, _Caller(self, sender, service))

    @method("ua{sv}", "", options=PlainOptions, action=READ)
    async def stop_following(self, number: int, options: PlainOptions) -> None:
        await self._logs.stop_following(number, caller.current.get().sender)


class _Caller:
    """Sends what is new to the one who follows, and to nobody else."""

    def __init__(self, interface: LogsInterface, sender: str, service: str) -> None:
        self._interface = interface
        self._sender = sender
        self._service = service

    def entries(self, number: int, entries: Entries, dropped: int) -> None:
        shown = [entry_view(self._service, entry) for entry in entries]
        self._interface.emit("Entries", number, shown, dropped, destination=self._sender)

    def ended(self, number: int, reason: str) -> None:
        self._interface.emit("FollowingEnded", number, reason, destination=self._sender)
