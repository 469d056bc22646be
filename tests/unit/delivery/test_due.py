"""What is due: nothing is lost, nothing is told twice, and a condition that flaps stays quiet."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from bamsd.core.alerts import Alert
from bamsd.delivery.due import NEVER_US, Due, Pace, due
from bamsd.delivery.models import Change, Severity, Told

SECOND = 1_000_000
PACE = Pace(settle_us=10 * SECOND, quiet_us=3600 * SECOND, least="warning")
NOW = 10_000 * SECOND


def alert(id: str = "a", severity: Severity = "warning") -> Alert:
    return Alert(id, severity, f"{id} is.", "Do.", "", 5)


def told(id: str = "a", severity: Severity = "warning", *, is_over: bool, ago_s: int = 60) -> Told:
    return Told("mail", id, severity, f"{id} is.", "Do.", "", 5, is_over, NOW - ago_s * SECOND)


def ask(alerts: list[Alert], known: list[Told], changed_ago_s: int = 60, came_back: int = 0) -> Due:
    ids = {a.id for a in alerts} | {t.id for t in known}
    changed = dict.fromkeys(ids, NOW - changed_ago_s * SECOND)
    return due(alerts, {t.id: t for t in known}, changed, dict.fromkeys(ids, came_back), PACE, NOW)


def events(found: Due) -> list[tuple[str, str]]:
    return [(change.event, change.id) for change in found.changes]


def test_what_stands_is_told_once_it_has_settled() -> None:
    assert events(ask([alert()], [])) == [("raised", "a")]
    soon = ask([alert()], [], changed_ago_s=3)
    assert (soon.changes, soon.next_us) == ((), NOW + 7 * SECOND)
    assert ask([alert()], [told(is_over=False)]) == Due((), NEVER_US)


def test_the_end_is_told_of_what_was_told() -> None:
    assert events(ask([], [told(is_over=False)])) == [("cleared", "a")]
    assert ask([], [told(is_over=True)]) == Due((), NEVER_US)
    assert ask([], []) == Due((), NEVER_US)


def test_what_came_back_waits_until_it_was_quiet_for_long_enough() -> None:
    early = ask([alert()], [told(is_over=True, ago_s=600)], came_back=4)
    assert (early.changes, early.next_us) == ((), NOW + 3000 * SECOND)
    [late] = ask([alert()], [told(is_over=True, ago_s=3601)], came_back=4).changes
    assert (late.event, late.came_back) == ("raised", 4)


def test_what_became_worse_does_not_wait_and_what_became_better_is_no_news() -> None:
    assert events(ask([alert(severity="critical")], [told(is_over=False)])) == [("raised", "a")]
    assert events(ask([alert(severity="critical")], [told(is_over=True)])) == [("raised", "a")]
    assert events(ask([alert()], [told(severity="critical", is_over=False)])) == []


def test_what_is_below_the_least_severity_is_not_told_and_its_end_neither() -> None:
    assert events(ask([alert(severity="info")], [])) == []
    assert events(ask([alert(severity="info")], [told(is_over=False)])) == [("cleared", "a")]


def test_the_worst_comes_first_and_ends_come_last() -> None:
    found = ask([alert("b"), alert("c", "critical")], [told("a", is_over=False)])
    assert events(found) == [("raised", "c"), ("raised", "b"), ("cleared", "a")]


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    future = dict.fromkeys("a", NOW + 10**15)
    assert due([alert()], {}, future, {}, PACE, NOW).changes
    late = Told("mail", "a", "warning", "", "", "", 5, True, NOW + 10**15)
    assert due([alert()], {"a": late}, {}, {}, PACE, NOW).changes


@dataclass
class World:
    """One way, and conditions that come and go while time passes. What is due is told at once."""

    now: int = NOW
    standing: dict[str, Alert] = field(default_factory=dict)
    known: dict[str, Told] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    said: list[tuple[int, Change]] = field(default_factory=list)

    def turn(self, id: str, severity: Severity | None) -> None:
        before = self.standing.pop(id, None)
        if severity:
            self.standing[id] = alert(id, severity)
        if (before.severity if before else None) != severity:
            self.changed[id] = self.now

    def tell(self) -> Due:
        found = due(self.standing.values(), self.known, self.changed, {}, PACE, self.now)
        for c in found.changes:
            self.said.append((self.now, c))
            over = c.event == "cleared"
            self.known[c.id] = Told("mail", c.id, c.severity, c.summary, "", "", c.since_us, over, self.now)
        return found

    def pass_time(self, seconds: int) -> None:
        """Look when the last answer said to, and at the end."""
        end = self.now + seconds * SECOND
        while (following := self.tell().next_us) <= end:
            assert following > self.now
            self.now = following
        self.now = end
        self.tell()


SEVERITY = st.sampled_from([None, "info", "warning", "critical"])
STEPS = st.lists(st.tuples(st.sampled_from("ab"), SEVERITY, st.integers(0, 4000)), max_size=25)


@settings(deadline=None)
@given(STEPS)
def test_in_the_end_everything_that_stands_is_known_and_nothing_else(
    steps: list[tuple[str, Severity | None, int]],
) -> None:
    world = World()
    for id, severity, seconds in steps:
        world.turn(id, severity)
        world.pass_time(seconds)
    world.pass_time(8000)
    standing = {id for id, a in world.standing.items() if a.severity != "info"}
    assert {id for id, t in world.known.items() if not t.is_over} == standing
    assert world.tell() == Due((), NEVER_US)
    for id in "ab":
        told_events = [change.event for _, change in world.said if change.id == id]
        ends = [event for event in told_events if event == "cleared"]
        assert len(ends) <= len(told_events) - len(ends), "an end is told only of what was told"


@settings(deadline=None)
@given(st.lists(st.integers(0, 120), min_size=1, max_size=300))
def test_a_condition_that_flaps_is_told_twice_an_hour_at_most(pauses: list[int]) -> None:
    world = World()
    for number, seconds in enumerate(pauses):
        world.turn("a", "warning" if number % 2 == 0 else None)
        world.pass_time(seconds)
    hours = sum(pauses) / 3600
    assert len(world.said) <= 2 * (int(hours) + 1)
