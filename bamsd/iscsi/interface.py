"""org.bams.Iscsi on D-Bus: declarations, and the objects of targets."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bamsd.bus import caller
from bamsd.bus.export import Interface, JobOptions, Options, Property, method
from bamsd.bus.objects import ObjectTree
from bamsd.core.jobs import Job
from bamsd.core.names import ROOT, job_path
from bamsd.iscsi.edits import Login, Wish
from bamsd.iscsi.models import Group
from bamsd.iscsi.service import DESTROY, MANAGE, Iscsi
from bamsd.iscsi.sessions import Seen
from bamsd.iscsi.views import TargetView

PATH = f"{ROOT}/Iscsi"
MAX_ENTRIES = 4096
"""Initiators, LUNs or portals in one call."""


class ChangeOptions(JobOptions):
    apply: bool = False


class ForceOptions(ChangeOptions):
    force: bool = False


class GroupOption(BaseModel):
    """One entry of the option groups. Without ``luns`` the group sees all LUNs of the target."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    name: str = Field(max_length=64)
    initiators: list[str] = Field(default_factory=list, max_length=MAX_ENTRIES)
    luns: list[int] | None = Field(None, max_length=MAX_ENTRIES)


class TargetOptions(ChangeOptions):
    alias: str | None = Field(None, max_length=256)
    enabled: bool | None = None
    portals: list[str] | None = Field(None, max_length=MAX_ENTRIES)
    initiators: list[str] | None = Field(None, max_length=MAX_ENTRIES)
    groups: list[GroupOption] | None = Field(None, max_length=MAX_ENTRIES)
    parameters: dict[str, str] | None = Field(None, max_length=64)

    @property
    def wish(self) -> Wish:
        groups = None
        if self.groups is not None:
            groups = [
                Group(g.name, tuple(g.initiators), None if g.luns is None else tuple(g.luns)) for g in self.groups
            ]
        return Wish(self.alias, self.enabled, self.portals, self.initiators, groups, self.parameters)


class UpdateOptions(TargetOptions):
    force: bool = False


class DeleteOptions(ForceOptions):
    confirm: str = Field("", max_length=256)


class CredentialOptions(ChangeOptions):
    user: str | None = Field(None, max_length=256)
    secret: SecretStr | None = Field(None, max_length=256)
    mutual_user: str | None = Field(None, max_length=256)
    mutual_secret: SecretStr | None = Field(None, max_length=256)
    add: bool = False

    @property
    def login(self) -> Login:
        return Login(self.user, _revealed(self.secret), self.mutual_user, _revealed(self.mutual_secret), self.add)


class LunOptions(ChangeOptions):
    lun: int | None = Field(None, ge=0, le=2**32)
    read_only: bool = False
    write_through: bool = False
    shared: bool = False


class ApplyOptions(JobOptions):
    force: bool = False


class IscsiInterface(Interface, name="org.bams.Iscsi"):
    properties: ClassVar[dict[str, Property]] = {
        "Backend": Property("s", lambda self: self.iscsi.books.stack.name),
        "BackendState": Property("s", lambda self: "unavailable" if self.iscsi.books.found.problem else "ready"),
        "BackendText": Property("s", lambda self: self.iscsi.books.found.problem),
    }

    def __init__(self, iscsi: Iscsi) -> None:
        self.iscsi = iscsi

    @method("sa{sv}", "o", options=TargetOptions, action=MANAGE, audit="create target {iqn}")
    async def create_target(self, iqn: str, options: TargetOptions) -> str:
        job = await self.iscsi.create_target(iqn, options.wish, caller.starter(), apply=options.apply, **options.how)
        return _path(job)

    @method("sa{sv}", "o", options=UpdateOptions, action=MANAGE, force_action=DESTROY, audit="change target {iqn}")
    async def update_target(self, iqn: str, options: UpdateOptions) -> str:
        who = caller.starter()
        return _path(
            await self.iscsi.update_target(
                iqn, options.wish, who, apply=options.apply, force=options.force, **options.how
            )
        )

    @method("sa{sv}", "o", options=DeleteOptions, action=DESTROY, audit="delete target {iqn}")
    async def delete_target(self, iqn: str, options: DeleteOptions) -> str:
        who = caller.starter()
        return _path(
            await self.iscsi.delete_target(
                iqn, options.confirm, who, apply=options.apply, force=options.force, **options.how
            )
        )

    @method("sa{sv}", "o", options=CredentialOptions, action=MANAGE, audit="set the credentials of target {iqn}")
    async def set_credentials(self, iqn: str, options: CredentialOptions) -> str:
        who = caller.starter()
        return _path(await self.iscsi.set_credentials(iqn, options.login, who, apply=options.apply, **options.how))

    @method("ssa{sv}", "ou", options=LunOptions, action=MANAGE, audit="add {repository} as a LUN to target {iqn}")
    async def add_lun(self, iqn: str, repository: str, options: LunOptions) -> tuple[str, int]:
        job, lun = await self.iscsi.add_lun(
            iqn,
            repository,
            options.lun,
            caller.starter(),
            read_only=options.read_only,
            write_through=options.write_through,
            shared=options.shared,
            apply=options.apply,
            **options.how,
        )
        return _path(job), lun

    @method(
        "sua{sv}", "o", options=ForceOptions, action=MANAGE, force_action=DESTROY, audit="remove LUN {lun} from {iqn}"
    )
    async def remove_lun(self, iqn: str, lun: int, options: ForceOptions) -> str:
        who = caller.starter()
        return _path(
            await self.iscsi.remove_lun(iqn, lun, who, apply=options.apply, force=options.force, **options.how)
        )

    @method("sa{sv}", "o", options=ApplyOptions, action=MANAGE, force_action=DESTROY, audit="apply targets {iqn}")
    async def apply(self, iqn: str, options: ApplyOptions) -> str:
        return _path(await self.iscsi.apply(iqn, caller.starter(), force=options.force, **options.how))

    @method("asa{sv}", "o", options=JobOptions, action=MANAGE, audit="import targets {iqns}")
    async def import_targets(self, iqns: list[str], options: JobOptions) -> str:
        return _path(await self.iscsi.import_targets(iqns, caller.starter(), **options.how))

    @method("", "aa{sv}")
    async def get_drift(self) -> list[dict[str, Any]]:
        return await self.iscsi.drift()

    @method("s", "aa{sv}")
    async def list_sessions(self, iqn: str) -> list[dict[str, Any]]:
        return [_session(seen) for seen in await self.iscsi.sessions(iqn)]

    @method("ssa{sv}", "", options=Options, action=DESTROY, audit="close session {session} of target {iqn}")
    async def close_session(self, iqn: str, session: str, options: Options) -> None:
        if not options.dry_run:
            await self.iscsi.close_session(iqn, session)


class TargetInterface(Interface, name="org.bams.Iscsi.Target"):
    properties: ClassVar[dict[str, Property]] = {
        "Iqn": Property("s", lambda self: self.view.target.iqn),
        "Alias": Property("s", lambda self: self.view.target.alias),
        "Enabled": Property("b", lambda self: self.view.target.enabled),
        "Owned": Property("b", lambda self: self.view.owned),
        "Portals": Property("as", lambda self: [str(portal) for portal in self.view.target.portals]),
        "Initiators": Property("as", lambda self: list(self.view.target.initiators)),
        "Groups": Property("aa{sv}", lambda self: [_group(group) for group in self.view.target.groups]),
        "Luns": Property("a(ussb)", lambda self: [[n.number, n.name, n.device, n.read_only] for n in self.view.luns]),
        "LunIdentities": Property("a(us)", lambda self: [[n.number, n.naa] for n in self.view.luns]),
        "ChapUsers": Property("as", lambda self: [c.user for c in self.view.target.credentials]),
        "MutualChapUser": Property("s", lambda self: self.view.target.mutual.user if self.view.target.mutual else ""),
        "Parameters": Property("a{ss}", lambda self: dict(self.view.target.parameters)),
        "RelativeTargetId": Property("u", lambda self: self.view.target.rel_tgt_id),
        "SessionCount": Property("u", lambda self: self.view.sessions),
        "State": Property("s", lambda self: self.view.state),
        "StateText": Property("s", lambda self: self.view.state_text),
        "Pending": Property("aa{sv}", lambda self: [dict(step) for step in self.view.pending]),
        "Created": Property("t", lambda self: self.view.created_us),
        "CreatedBy": Property("s", lambda self: self.view.created_by),
    }

    def __init__(self, view: TargetView) -> None:
        self.view = view


class IscsiObjects:
    """Keeps the D-Bus objects of targets equal to what the books say."""

    def __init__(self, tree: ObjectTree) -> None:
        self._tree = tree
        self._objects: dict[str, TargetInterface] = {}
        self.entry: IscsiInterface | None = None

    def target_changed(self, view: TargetView) -> None:
        known = self._objects.get(view.path)
        if known:
            known.view = view
            known.touch()
        else:
            self._objects[view.path] = TargetInterface(view)
            self._tree.add(view.path, self._objects[view.path])

    def target_removed(self, path: str) -> None:
        del self._objects[path]
        self._tree.remove(path)

    def stack_changed(self) -> None:
        if self.entry:
            self.entry.touch()


def _path(job: Job) -> str:
    return job_path(job.id)


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _group(group: Group) -> dict[str, Any]:
    """Without ``luns`` it sees all of them."""
    found: dict[str, Any] = {"name": group.name, "initiators": list(group.initiators)}
    return found if group.luns is None else found | {"luns": list(group.luns)}


def _session(seen: Seen) -> dict[str, Any]:
    session = seen.session
    found: dict[str, Any] = {
        "target": session.target,
        "initiator": session.initiator,
        "id": session.id,
        "since": seen.since_us,
        "luns": list(session.luns),
        "address": session.address or None,
        "portal": session.portal or None,
        "read_bytes": session.read_bytes,
        "written_bytes": session.written_bytes,
        "in_flight": session.in_flight,
        "read_rate": seen.read_rate,
        "write_rate": seen.write_rate,
    }
    return {name: value for name, value in found.items() if value is not None}
