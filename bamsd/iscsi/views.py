"""What BAMS says of targets. Pure: made anew from the desired state and the latest comparison."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bamsd.core.names import target_path
from bamsd.iscsi.comparison import Comparison, Foreign
from bamsd.iscsi.documents import lost_secrets
from bamsd.iscsi.models import Device, Target
from bamsd.iscsi.objects import Step
from bamsd.iscsi.register import Desired, Row

State = Literal["in-sync", "pending", "drifted", "foreign", "failed", "unknown"]
"""``pending``: an Apply is due. ``drifted``: changed without BAMS. ``unknown``: the target stack cannot be read."""

_SHOWN_DIFFERENCES = 3


@dataclass(frozen=True, slots=True)
class LunView:
    number: int
    name: str
    """The repository, or the path of a file."""
    device: str
    read_only: bool
    naa: str


@dataclass(frozen=True, slots=True)
class TargetView:
    """One target on the bus. No secret is in here."""

    target: Target
    path: str
    state: State
    state_text: str
    luns: tuple[LunView, ...]
    pending: tuple[Mapping[str, str], ...] = ()
    sessions: int = 0
    owned: bool = True
    created_us: int = 0
    created_by: str = ""


def shown_step(step: Step) -> Mapping[str, str]:
    return {"summary": step.summary, "effect": step.effect, "object": step.object, "command": step.command}


def views(
    desired: Desired, found: Comparison, failures: Mapping[str, str], names: Mapping[str, str]
) -> dict[str, TargetView]:
    """All targets by path. ``names`` maps the UUID of a repository to its name."""
    counts: dict[str, int] = {}
    for session in found.sessions:
        counts[session.target] = counts.get(session.target, 0) + 1
    made = [_own(row, desired, found, failures, names, counts.get(iqn, 0)) for iqn, row in desired.rows.items()]
    made += [_foreign(iqn, foreign, counts.get(iqn, 0)) for iqn, foreign in found.foreign.items()]
    return {view.path: view for view in made}


def _own(
    row: Row, desired: Desired, found: Comparison, failures: Mapping[str, str], names: Mapping[str, str], sessions: int
) -> TargetView:
    state, text = _state(row, found, failures)
    return TargetView(
        target=row.target,
        path=target_path(row.iqn),
        state=state,
        state_text=text,
        luns=_luns(row.target, desired.devices, names),
        pending=tuple(map(shown_step, found.steps_of(row.iqn))) if found.steps else (),
        sessions=sessions,
        created_us=row.created_us,
        created_by=row.created_by,
    )


def _state(row: Row, found: Comparison, failures: Mapping[str, str]) -> tuple[State, str]:
    if found.problem:
        return "unknown", found.problem
    if row.wanted and (users := lost_secrets(row.target)):
        return "failed", f"The secret of {' and '.join(users)} is lost. Set it again with SetCredentials."
    if row.iqn in failures:
        return "failed", failures[row.iqn]
    if not row.wanted:
        return "pending", "It is to be removed; Apply does that."
    if not row.is_applied:
        return "pending", "It was changed; Apply brings that into force."
    if differences := found.differences_of(row.iqn):
        more = len(differences) - _SHOWN_DIFFERENCES
        texts = [one.text for one in differences[:_SHOWN_DIFFERENCES]] + ([f"And {more} more."] if more > 0 else [])
        return "drifted", " ".join(texts)
    return "in-sync", ""


def _luns(target: Target, devices: Mapping[str, Device], names: Mapping[str, str]) -> tuple[LunView, ...]:
    found = []
    for lun in target.luns:
        device = devices[lun.device]
        name = names.get(device.repository, device.name) if device.repository else device.path
        found.append(LunView(lun.number, name, device.path, lun.read_only, device.identity.naa))
    return tuple(found)


def _foreign(iqn: str, foreign: Foreign, sessions: int) -> TargetView:
    text = "Others made it. BAMS shows it and never changes it; ImportTargets takes it over."
    if foreign.reason:
        text = f"Others made it, and BAMS cannot take it over: {foreign.reason}"
    devices = {device.name: device for device in foreign.devices}
    target = foreign.target or Target(iqn)
    luns = tuple(
        LunView(lun.number, devices[lun.device].path, devices[lun.device].path, lun.read_only, "")
        for lun in target.luns
        if lun.device in devices
    )
    return TargetView(target, target_path(iqn), "foreign", text, luns, sessions=sessions, owned=False)
