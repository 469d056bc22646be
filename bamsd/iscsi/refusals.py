"""What an Apply is refused for before it begins, and what it says of a rest. Pure."""

from collections.abc import Iterable

from bamsd.errors import InUse, NotReady
from bamsd.iscsi.documents import lost_secrets
from bamsd.iscsi.objects import Step
from bamsd.iscsi.register import Desired
from bamsd.iscsi.stack import Performed

_NAMED_SESSIONS = 5


def refuse_lost(desired: Desired, iqn: str) -> None:
    """A target whose secret is lost would be open to everybody."""
    for row in desired.rows.values():
        if row.wanted and iqn in ("", row.iqn) and (users := lost_secrets(row.target)):
            whose = f"{' and '.join(users)} of target {row.iqn}"
            raise NotReady(f"The secret of {whose} is lost. Set it again with SetCredentials.")


def refuse_sessions(steps: Iterable[Step], *, force: bool) -> None:
    """Nobody is cut off by accident."""
    if force:
        return
    hit = {session: step for step in steps if step.effect in ("disconnect", "destroy") for session in step.sessions}
    if hit:
        named = [f"{s.initiator} on {s.target}" + (f" from {s.address}" if s.address else "") for s in hit]
        more = f" and {len(named) - _NAMED_SESSIONS} more" if len(named) > _NAMED_SESSIONS else ""
        first = next(iter(hit.values())).summary
        raise InUse(
            f"This would disturb live sessions: {', '.join(named[:_NAMED_SESSIONS])}{more}. The step is: {first} "
            "Log the initiators out first, or call with the option force."
        )


def what_is_left(performed: Performed, left: Iterable[Step], problem: str) -> str:
    """What an Apply did not do, and why, for its error."""
    reasons = [error.message for _, error in performed.failed] or ([problem] if problem else [])
    undone = [step.summary for step in left]
    said = " ".join(dict.fromkeys(reasons[:3]))
    more = f" and {len(undone) - 3} more" if len(undone) > 3 else ""
    rest = f" Not done: {' '.join(undone[:3])}{more}" if undone else ""
    return f"{said or 'The kernel took every step, but has not what was asked for.'}{rest} Apply again to finish it."
