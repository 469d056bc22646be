"""The targets in an export, with their secrets: what seals them on this host is bound to it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bamsd.core.carried import Restored, Step, step, understood
from bamsd.core.jobs import Starter
from bamsd.errors import AlreadyExists, BamsError, NotReady
from bamsd.iscsi import edits
from bamsd.iscsi.documents import read_document, write_document
from bamsd.iscsi.models import Device, Identity
from bamsd.iscsi.register import Row, secrets_of
from bamsd.iscsi.service import FindBacking, Iscsi


@dataclass(frozen=True, slots=True)
class Kept:
    """What an export has of iSCSI. ``in_force`` are the targets that the old host's kernel had."""

    rows: Mapping[str, Row]
    devices: Mapping[str, Device]
    in_force: frozenset[str]


class Targets:
    """A ``carried.Part``."""

    title = "targets"

    def __init__(self, iscsi: Iscsi, find_backing: FindBacking) -> None:
        self._iscsi = iscsi
        self._find_backing = find_backing

    async def kept(self) -> Any:
        """Targets as they shall be, without those that are to be removed."""
        books = self._iscsi.books
        books.demand_unlocked()
        rows = [row for row in books.register.desired.rows.values() if row.wanted]
        numbers = {"": "0"} | {secret: str(n) for n, secret in enumerate(sorted(_secrets(rows)), 1)}
        return {
            "secrets": {number: secret for secret, number in numbers.items() if secret},
            "targets": [_entry(row, numbers) for row in rows],
            "devices": [asdict(device) for device in books.devices().values()],
        }

    async def plan(self, kept: Any) -> list[Step]:
        found = _read(kept)
        await self._observed()
        self._refuse_own(found)
        steps = []
        for iqn, row in found.rows.items():
            if reason := self._refusal(found, row):
                steps.append(step(f"Leave out target {iqn}: {reason}", object=iqn))
            elif reason := await self._obstacle(found, row):
                steps.append(step(f"Keep target {iqn} without bringing it into force: {reason}", object=iqn))
            elif not self._is_done(row):
                steps.append(step(f"Make target {iqn} with {len(row.target.luns)} LUNs.", object=iqn))
        return steps

    async def restore(self, kept: Any, starter: Starter) -> Restored:
        found = _read(kept)
        async with self._iscsi.turn.held("import targets", queue=True):
            await self._observed()
            self._refuse_own(found)
            refused = {iqn: text for iqn, row in found.rows.items() if (text := self._refusal(found, row))}
            taken = [row for iqn, row in found.rows.items() if iqn not in refused]
            obstacles = {row.iqn: await self._obstacle(found, row) for row in taken}
            await self._keep(found, taken)
        warnings = [f"Target {iqn} was left out: {text}" for iqn, text in refused.items()]
        for row in taken:
            obstacle = obstacles[row.iqn]
            try:
                if not obstacle and not self._is_done(row):
                    await self._iscsi.apply(row.iqn, starter, force=False, queue=True, wait=True, dry_run=False)
            except BamsError as error:
                obstacle = error.message
            if obstacle:
                warnings.append(f"Target {row.iqn} is kept, and not in force: {obstacle}")
        return Restored(bool(taken), tuple(warnings))

    async def _keep(self, found: Kept, taken: list[Row]) -> None:
        """What is here already stays, and so does a device that a LUN leads to."""
        books = self._iscsi.books
        desired = books.register.desired
        used = edits.used_devices(desired)
        devices = [device for name, device in found.devices.items() if name not in used]
        await books.register.save([row for row in taken if row.iqn not in desired.rows], devices)
        await books.observe()

    async def _observed(self) -> None:
        books = self._iscsi.books
        books.demand_unlocked()
        await books.observe()

    def _refuse_own(self, found: Kept) -> None:
        """An import completes what an import began, and never mixes two hosts."""
        desired = self._iscsi.books.register.desired
        own = [
            iqn
            for iqn, row in desired.rows.items()
            if not row.wanted or iqn not in found.rows or found.rows[iqn].target != row.target
        ]
        if own:
            raise AlreadyExists(
                f"This host has targets of its own: {', '.join(own)[:400]}. Targets are imported only where there are "
                "none, or where they are the same; delete these and apply that first."
            )

    def _is_done(self, row: Row) -> bool:
        here = self._iscsi.books.register.desired.rows.get(row.iqn)
        return here is not None and here.is_applied

    def _refusal(self, found: Kept, row: Row) -> str:
        """Why a target cannot even be wanted on this host, as CreateTarget would say; empty when it can."""
        books = self._iscsi.books
        if row.iqn in books.clustered or row.iqn in books.found.foreign:
            return "there is one of this name that others made. Remove that, then import again."
        try:
            if not books.found.problem:
                books.stack.check(row.target, found.devices)
        except BamsError as error:
            return error.message
        return ""

    async def _obstacle(self, found: Kept, row: Row) -> str:
        """Why a target cannot be brought into force now; empty when it can."""
        books, target = self._iscsi.books, row.target
        if target.iqn not in found.in_force:
            return "it was not in force where the export was made either. Apply it when it is wanted."
        if books.found.problem:
            return books.found.problem
        try:
            for lun in target.luns:
                await self._refuse_missing(
                    found.devices[lun.device], is_new=target.iqn not in books.register.desired.rows
                )
        except BamsError as error:
            return error.message
        return ""

    async def _refuse_missing(self, device: Device, *, is_new: bool) -> None:
        """``is_new``: nothing of the target can be in the kernel yet, so whoever holds the device is somebody else."""
        books = self._iscsi.books
        of_file = not device.repository
        backing = await self._find_backing(device.path) if of_file else books.backings().get(device.repository)
        if backing is None:
            raise NotReady(f"the repository of its device {device.name} is missing here ({device.path}).")
        if backing.refusal:
            raise NotReady(f"{backing.title} cannot become a LUN: {backing.refusal}")
        if is_new:
            await self._iscsi.refuse_holders(backing)


def _secrets(rows: list[Row]) -> set[str]:
    return set().union(*(secrets_of(row) for row in rows))


def _entry(row: Row, numbers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "iqn": row.iqn,
        "rel_tgt_id": row.target.rel_tgt_id,
        "document": write_document(row.target, numbers),
        "in_force": row.applied is not None,
        "created_us": row.created_us,
        "created_by": row.created_by,
    }


def _read(kept: Any) -> Kept:
    with understood(Targets.title):
        secrets = dict(kept["secrets"])
        devices = {entry["name"]: _device(entry) for entry in kept["devices"]}
        rows = {
            entry["iqn"]: Row(
                read_document(entry["iqn"], int(entry["rel_tgt_id"]), entry["document"], secrets),
                created_us=int(entry["created_us"]),
                created_by=str(entry["created_by"]),
            )
            for entry in kept["targets"]
        }
        if unknown := {lun.device for row in rows.values() for lun in row.target.luns} - devices.keys():
            raise KeyError(min(unknown))
        return Kept(rows, devices, frozenset(entry["iqn"] for entry in kept["targets"] if entry["in_force"]))


def _device(entry: Mapping[str, Any]) -> Device:
    """The size is that of what lies under it on this host."""
    return Device(**{**entry, "identity": Identity(**entry["identity"]), "size_bytes": 0})
