"""org.bams.Iscsi: what each call checks, which change of the desired state it is, and when the kernel follows."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Unpack

from bamsd.core.clock import now_us
from bamsd.core.holders import Holder
from bamsd.core.jobs import ADMIT_WITHIN_S, How, Job, Jobs, Progress, Starter
from bamsd.core.names import target_path
from bamsd.core.turn import Turn
from bamsd.errors import BamsError, InUse, InvalidArgument, NotFound, NotReady, NotSupported
from bamsd.iscsi import edits, ip
from bamsd.iscsi.adoption import adopted
from bamsd.iscsi.books import STARTING, Books
from bamsd.iscsi.comparison import Comparison
from bamsd.iscsi.edits import Login, Wish
from bamsd.iscsi.models import Backing, Device, Target
from bamsd.iscsi.register import Desired, Row
from bamsd.iscsi.sessions import Seen
from bamsd.iscsi.views import shown_step

log = logging.getLogger(__name__)

MANAGE = "org.bams.iscsi.manage"
DESTROY = "org.bams.iscsi.destroy"

HoldersOf = Callable[[str], Awaitable[Sequence[Holder]]]
FindBacking = Callable[[str], Awaitable[Backing]]
"""A repository by its name, or a file by its path. Raises NotFound."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A change of the desired state before it is kept: the row as it shall be, and devices that it needs."""

    row: Row
    devices: tuple[Device, ...] = ()
    result: tuple[tuple[str, int], ...] = ()


Edit = Callable[[Desired], Awaitable[Draft]]
"""Makes a change of the desired state while the configuration is held. Raises what refuses it."""

_OWN_TURN_S = 3600.0
"""A call whose answer has more than the job in it waits for its turn, however long the change before takes."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change that obeys every rule: what shall be kept (nothing for an Apply), and what the kernel lacks then."""

    draft: Draft | None
    desired: Desired
    found: Comparison


class Iscsi:
    """All targets of this host."""

    def __init__(self, books: Books, jobs: Jobs, holders: HoldersOf, find_backing: FindBacking) -> None:
        self.books = books
        self._jobs = jobs
        self._holders = holders
        self._find_backing = find_backing
        self.turn = Turn("iSCSI configuration")

    async def create_target(self, iqn: str, wish: Wish, starter: Starter, *, apply: bool, **how: Unpack[How]) -> Job:
        async def edit(desired: Desired) -> Draft:
            if iqn in self.books.clustered:
                raise NotSupported(f"Target {iqn} belongs to the cluster: Pacemaker makes and changes it.")
            if iqn in self.books.found.foreign:
                raise NotSupported(
                    f"Target {iqn} is in the kernel already, made by others. ImportTargets takes it over."
                )
            target = edits.create(desired, iqn, wish, self.books.found.taken_ids)
            return Draft(Row(target, created_us=now_us(), created_by=starter.person))

        return await self._run("iscsi-create", iqn, f"Create target {iqn}", edit, starter, apply=apply, **how)

    async def update_target(
        self, iqn: str, wish: Wish, starter: Starter, *, apply: bool, force: bool, **how: Unpack[How]
    ) -> Job:
        async def edit(desired: Desired) -> Draft:
            row = edits.row(desired, iqn)
            return Draft(replace(row, target=edits.changed(row.target, wish)))

        return await self._run(
            "iscsi-update", iqn, f"Change target {iqn}", edit, starter, apply=apply, force=force, **how
        )

    async def delete_target(
        self, iqn: str, confirm: str, starter: Starter, *, apply: bool, force: bool, **how: Unpack[How]
    ) -> Job:
        async def edit(desired: Desired) -> Draft:
            return Draft(edits.delete(desired, iqn, confirm))

        return await self._run(
            "iscsi-delete", iqn, f"Delete target {iqn}", edit, starter, apply=apply, force=force, action=DESTROY, **how
        )

    async def set_credentials(
        self, iqn: str, login: Login, starter: Starter, *, apply: bool, **how: Unpack[How]
    ) -> Job:
        async def edit(desired: Desired) -> Draft:
            row = edits.row(desired, iqn)
            return Draft(replace(row, target=edits.with_credentials(row.target, login)))

        return await self._run(
            "iscsi-credentials", iqn, f"Set the credentials of target {iqn}", edit, starter, apply=apply, **how
        )

    async def add_lun(
        self,
        iqn: str,
        name: str,
        number: int | None,
        starter: Starter,
        *,
        read_only: bool,
        write_through: bool,
        shared: bool,
        apply: bool,
        **how: Unpack[How],
    ) -> tuple[Job, int]:
        """The job, and the number that the LUN gets. Answers when the number is known: after its turn has come."""
        given: list[int] = []

        async def edit(desired: Desired) -> Draft:
            row = edits.row(desired, iqn)
            backing = await self._find_backing(name)
            if backing.refusal:
                raise NotReady(f"{backing.title} cannot become a LUN: {backing.refusal}")
            await self.refuse_holders(backing)
            device = edits.device_for(desired, backing, self.books.device_names(), write_through=write_through)
            target, lun = edits.add_lun(
                desired, iqn, device, number, title=backing.title, read_only=read_only, shared=shared
            )
            given.append(lun)
            return Draft(replace(row, target=target), (device,), (("lun", lun),))

        description = f"Add {name[:223]} to target {iqn}"
        job = await self._run(
            "iscsi-add-lun", iqn, description, edit, starter, apply=apply, admit_within_s=_OWN_TURN_S, **how
        )
        return job, given[-1]

    async def remove_lun(
        self, iqn: str, number: int, starter: Starter, *, apply: bool, force: bool, **how: Unpack[How]
    ) -> Job:
        async def edit(desired: Desired) -> Draft:
            return Draft(replace(edits.row(desired, iqn), target=edits.remove_lun(desired, iqn, number)))

        return await self._run(
            "iscsi-remove-lun",
            iqn,
            f"Remove LUN {number} from target {iqn}",
            edit,
            starter,
            apply=apply,
            force=force,
            **how,
        )

    async def apply(self, iqn: str, starter: Starter, *, force: bool, **how: Unpack[How]) -> Job:
        """Bring the kernel to what is wanted: of one target, or of all with an empty name."""
        self.books.demand_unlocked()
        if iqn:
            edits.known(self.books.register.desired, iqn)
        what = f"target {iqn}" if iqn else "all targets"
        return await self._run("iscsi-apply", iqn, f"Apply {what}", None, starter, apply=True, force=force, **how)

    async def import_targets(self, iqns: Sequence[str], starter: Starter, **how: Unpack[How]) -> Job:
        """Take over targets that others made, as they are; all of the given ones or none."""
        if not iqns:
            raise InvalidArgument("Name the targets to import.")
        description = f"Import {', '.join(iqns)[:400]}"
        objects = [target_path(iqn) for iqn in iqns]
        guard = self._adopting(iqns, description, starter, queue=how["queue"])
        if how["dry_run"]:
            async with guard:
                pass
            plan = [
                {"summary": f"Take over target {iqn} as it is.", "effect": "safe", "object": iqn, "command": ""}
                for iqn in iqns
            ]
            return await self._jobs.planned(
                operation="iscsi-import",
                description=description,
                objects=objects,
                action=MANAGE,
                starter=starter,
                plan=plan,
            )

        async def work(adopted: tuple[list[Row], list[Device]], progress: Progress) -> dict[str, Any]:
            await self.books.register.save(*adopted)
            found = await self.books.observe()
            # Such as our mark on it. Whatever anybody could notice waits for an Apply.
            taken = set(iqns)
            safe = [s for s in found.steps if s.effect == "safe" and found.concerns(s.change.key) & taken]
            performed = await self.books.perform(safe)
            await self.books.observe()
            warnings = [error.message for _, error in performed.failed] + await self.books.write_boot_file()
            return {"targets": list(iqns)} | ({"warnings": warnings} if warnings else {})

        return await self._jobs.run(
            operation="iscsi-import",
            description=description,
            objects=objects,
            action=MANAGE,
            starter=starter,
            guard=guard,
            work=work,
            wait=how["wait"],
        )

    @asynccontextmanager
    async def _adopting(
        self, iqns: Sequence[str], doing: str, starter: Starter, *, queue: bool
    ) -> AsyncIterator[tuple[list[Row], list[Device]]]:
        """Hold the configuration, look at the kernel, and express what others made in terms of the model."""
        async with self._held(doing, queue=queue):
            await self.books.observe()
            yield adopted(self.books, iqns, starter.person)

    async def drift(self) -> list[dict[str, Any]]:
        self.books.demand_unlocked()
        async with self.turn.read():  # in the middle of a change everything differs
            found = await self.books.observe()
        if found.problem:
            raise NotReady(found.problem)
        return [{"targets": list(one.targets), "object": one.object, "difference": one.text} for one in found.drift]

    async def sessions(self, iqn: str) -> list[Seen]:
        self.books.demand_unlocked()
        if iqn and iqn not in self.books.found.foreign:
            edits.known(self.books.register.desired, iqn)
        return [seen for seen in await self.books.list_sessions() if not iqn or seen.session.target == iqn]

    async def close_session(self, iqn: str, id: str) -> None:
        """End a session. Its initiator may log in again at once, unless it is no longer allowed to."""
        self.books.demand_unlocked()
        row = edits.row(self.books.register.desired, iqn)
        async with self.turn.held(f"Close session {id} of {row.iqn}"):
            found = next((s for s in await self.sessions(iqn) if s.session.id == id), None)
            if found is None:
                raise NotFound(f"Target {iqn} has no session {id[:64]!a}; it may have ended.")
            stack = self.books.stack
            await self.books.ask(lambda: stack.close(found.session))
            await self.books.observe()

    async def holders(self, device: str) -> list[Holder]:
        """Our LUNs on a device, in force or not: a source for core.holders. Raises NotReady while that is not known."""
        if not self.books.is_known:
            raise NotReady(STARTING)
        desired = self.books.register.desired
        names = {d.name for d in self.books.devices().values() if d.path == device}
        return [
            Holder("iscsi-lun", f"LUN {lun.number} of {row.iqn}", f"Call RemoveLun({row.iqn}, {lun.number}).")
            for row in desired.rows.values()
            for lun in dict.fromkeys((*row.target.luns, *(row.applied.luns if row.applied else ())))
            if lun.device in names
        ]

    async def refuse_holders(self, backing: Backing) -> None:
        """Whoever uses the device would see it change under its hands. Our own LUNs are judged by the edit."""
        ours = {holder.name for holder in await self.holders(backing.path)}
        others = [h for h in await self._holders(backing.path) if not (h.kind == "iscsi-lun" and h.name in ours)]
        if others:
            named = "; ".join(f"{h.kind} {h.name} ({h.release})" for h in others)
            raise InUse(f"{backing.title} cannot become a LUN, it is in use: {named}")

    async def _run(
        self,
        operation: str,
        iqn: str,
        description: str,
        edit: Edit | None,
        starter: Starter,
        *,
        apply: bool,
        force: bool = False,
        action: str = MANAGE,
        admit_within_s: float = ADMIT_WITHIN_S,
        queue: bool,
        wait: bool,
        dry_run: bool,
    ) -> Job:
        """Check a change of the desired state, keep it, and with ``apply`` bring the kernel to it."""
        guard = self._prepared(iqn, description, edit, queue=queue)
        objects = [target_path(iqn)] if iqn else []
        if dry_run:
            async with guard as prepared:
                pass
            return await self._jobs.planned(
                operation=operation,
                description=description,
                objects=objects,
                action=action,
                starter=starter,
                plan=[shown_step(step) for step in prepared.found.steps_of(iqn)],
            )

        async def work(prepared: Prepared, progress: Progress) -> dict[str, Any]:
            draft, found = prepared.draft, prepared.found
            if apply:
                # Before anything is kept: a change that is refused leaves no wish behind.
                self.books.check(iqn, found, prepared.desired, force=force)
            if draft:
                await self.books.register.save([draft.row], draft.devices)
            warnings = await self._warnings(draft.row.target) if draft and draft.row.wanted else []
            if apply:
                warnings += await self.books.apply(iqn, found, force=force)
            if draft and (not apply or not found.steps_of(iqn)):
                await self.books.observe()
            return dict(draft.result if draft else ()) | ({"warnings": warnings} if warnings else {})

        return await self._jobs.run(
            operation=operation,
            description=description,
            objects=objects,
            action=action,
            starter=starter,
            guard=guard,
            work=work,
            wait=wait,
            admit_within_s=admit_within_s,
        )

    @asynccontextmanager
    async def _held(self, doing: str, *, queue: bool) -> AsyncIterator[None]:
        async with self.turn.held(doing, queue=queue):
            self.books.demand_unlocked()
            yield

    @asynccontextmanager
    async def _prepared(self, iqn: str, doing: str, edit: Edit | None, *, queue: bool) -> AsyncIterator[Prepared]:
        """Hold the configuration, look at the kernel, make the edit, and compare what it would lack then."""
        async with self._held(doing, queue=queue):
            found = await self.books.observe()
            if edit is None:
                yield Prepared(None, self.books.register.desired, found)
                return
            desired = self.books.register.desired
            draft = await edit(desired)
            after = desired.having([draft.row], draft.devices)
            if draft.row.wanted and not found.problem:
                self.books.stack.check(draft.row.target, after.devices)
            yield Prepared(draft, after, await self.books.compared(after))

    async def _warnings(self, target: Target) -> list[str]:
        """What is allowed, and still worth a thought."""
        found = []
        if target.portals:
            try:
                here = await ip.addresses()
            except BamsError as error:
                found.append(f"Whether the portals are addresses of this host is not known: {error.message}")
            else:
                found += [
                    f"No interface of this host has the address {p.address}."
                    for p in target.portals
                    if p.address not in here
                ]
        if not target.initiators:
            found.append("No initiator may log in yet: name them with UpdateTarget.")
        return found
