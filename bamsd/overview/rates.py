"""From counters to rates. Pure but for what it remembers of the round before."""


class Deltas:
    """How far each counter went since the round before.

    A counter that went back was set to zero by a reboot or by a device that came anew: how much it counted in between
    is not known, so that round has no value. The same holds for a round that began long after the one before it (the
    machine slept), and for the first one.
    """

    def __init__(self) -> None:
        self._before: dict[str, int] = {}
        self._now: dict[str, int] = {}
        self._at_s: float | None = None
        self.elapsed_s: float | None = None
        """Seconds since the round before; None when nothing can be said of them."""

    def begin(self, now_s: float, longest_s: float) -> None:
        """A new round at this moment of a clock that nobody sets, and that also counts while the machine sleeps."""
        elapsed = None if self._at_s is None else now_s - self._at_s
        self.elapsed_s = elapsed if elapsed is not None and 0 < elapsed <= longest_s else None
        self._before, self._now, self._at_s = self._now, {}, now_s

    def of(self, name: str, count: int | None, *, new_is_zero: bool = False) -> int | None:
        """What was counted since the round before. ``new_is_zero``: one that was not there before began at zero."""
        if count is None:
            return None
        self._now[name] = count
        before = self._before.get(name, 0 if new_is_zero else None)
        if self.elapsed_s is None or before is None or count < before:
            return None
        return count - before

    def rate(self, name: str, count: int | None) -> float | None:
        """The same, a second."""
        counted = self.of(name, count)
        return None if counted is None or self.elapsed_s is None else counted / self.elapsed_s
