"""What others made in the kernel, taken over as rows of BAMS's own."""

from collections.abc import Sequence
from dataclasses import replace

from bamsd.core.clock import now_us
from bamsd.errors import NotFound, NotSupported
from bamsd.iscsi import edits
from bamsd.iscsi.books import Books
from bamsd.iscsi.models import Device, Target
from bamsd.iscsi.register import Row


def adopted(books: Books, iqns: Sequence[str], person: str) -> tuple[list[Row], list[Device]]:
    """Rows and devices for targets that others made, by the latest look. Raises NotFound, NotSupported."""
    found, by_place = books.found, {b.path: b for b in books.backings().values()}
    rows: list[Row] = []
    devices: list[Device] = []
    for iqn in dict.fromkeys(iqns):
        foreign = found.foreign.get(iqn)
        if foreign is None:
            raise NotFound(f"There is no target {iqn[:223]!a} that others made.")
        if foreign.target is None or foreign.reason:
            raise NotSupported(f"Target {iqn} cannot be imported: {foreign.reason}")
        target = _with_id(books, foreign.target, [row.target for row in rows])
        rows.append(Row(target, created_us=now_us(), created_by=person))
        for device in foreign.devices:
            if device.name in edits.used_devices(books.register.desired):
                raise NotSupported(
                    f"Target {iqn} cannot be imported: its device {device.name} has the name of one of BAMS's own. "
                    "Rename it first."
                )
            backing = by_place.get(device.path)
            devices.append(replace(device, repository=backing.uuid if backing else ""))
    return rows, devices


def _with_id(books: Books, target: Target, others: Sequence[Target]) -> Target:
    """A target with a relative target id of its own; the stack tells it, or lets BAMS choose (0)."""
    known = [*(row.target for row in books.register.desired.rows.values()), *others]
    if not target.rel_tgt_id:
        return replace(target, rel_tgt_id=edits.lowest_free_id({other.rel_tgt_id for other in known}))
    same = next((other for other in known if other.rel_tgt_id == target.rel_tgt_id), None)
    if same:
        raise NotSupported(
            f"Target {target.iqn} cannot be imported: it has the relative target id {target.rel_tgt_id}, which "
            f"target {same.iqn} has too. Give it another one first."
        )
    return target
