"""Live sessions with what only time tells: since when they are seen, and how fast they read and write."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bamsd.core.clock import Clock, now_us
from bamsd.iscsi.models import Session

_LEAST_S = 0.5
"""A shorter time makes no honest rate."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A session with what only time tells. Rates are bytes a second since the look before, None when not known."""

    session: Session
    since_us: int
    base: Session
    base_us: int
    """The look that the next rate is measured from."""
    read_rate: float | None = None
    write_rate: float | None = None


class Sessions:
    """All that were live at the latest look."""

    def __init__(self, clock: Clock = now_us) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str, str], Seen] = {}

    def keep(self, sessions: Iterable[Session]) -> tuple[Seen, ...]:
        """Take the sessions of a new look. One that ended and came back is another one."""
        now = self._clock()
        fresh: dict[tuple[str, str, str], Seen] = {}
        for session in sessions:
            key = (session.target, session.initiator, session.id)
            known = self._seen.get(key)
            fresh[key] = _rated(session, known, now) if known else Seen(session, now, session, now)
        self._seen = fresh
        return tuple(fresh.values())


def _rated(session: Session, known: Seen, now: int) -> Seen:
    elapsed_s = (now - known.base_us) / 1_000_000
    if elapsed_s < _LEAST_S:
        return replace(known, session=session)

    def rate(after: int | None, before: int | None) -> float | None:
        return None if after is None or before is None else max(after - before, 0) / elapsed_s

    read = rate(session.read_bytes, known.base.read_bytes)
    return Seen(session, known.since_us, session, now, read, rate(session.written_bytes, known.base.written_bytes))
