"""The planner on a small stack of its own: order, what is made anew, effects, and words."""

from collections.abc import Mapping

from bamsd.iscsi.models import Secret, Session
from bamsd.iscsi.objects import Change, Key, Kind, Objects, Op, Write
from bamsd.iscsi.plan import Planner

KINDS = (
    Kind("device", "device {0}", creation_only=frozenset({"path"}), pausing=frozenset({"set:size"})),
    Kind("target", "target {0}", disconnecting=frozenset({"remove"})),
    Kind("user", "user {1} of {0}", depth=2, inside="target", goes_with_parent=True, removed_last=True),
    Kind("group", "group {1} of {0}", depth=2, inside="target", goes_with_parent=True, pausing=frozenset({"add"})),
    Kind(
        "lun",
        "LUN {2} of {0} for {1}",
        depth=3,
        inside="group",
        references={"device": "device"},
        disconnecting=frozenset({"remove"}),
    ),
    Kind("enabled", "log-in to {0}", inside="target", goes_with_parent=True, disconnecting=frozenset({"remove"})),
)
SESSION = Session("t", "host", "1", luns=(0,))


def ops(change: Change) -> tuple[Op, ...]:
    return (Write("/".join(change.key.names), change.verb),)


def concerned(change: Change, session: Session) -> bool:
    return change.key.names[0] == session.target


PLANNER = Planner(KINDS, ops, concerned)


def key(text: str) -> Key:
    kind, *names = text.split()
    return Key(kind, tuple(names))


def objects() -> Objects:
    return {
        key("device d"): {"path": "/dev/d", "size": "10"},
        key("target t"): {"alias": ""},
        key("user t joe"): {"secret": Secret("abc")},
        key("group t g"): {},
        key("lun t g 0"): {"device": "d"},
        key("enabled t"): {},
    }


def without(*names: str) -> Objects:
    return {k: v for k, v in objects().items() if k not in [key(name) for name in names]}


def changed(name: str, attributes: Mapping[str, str | Secret]) -> Objects:
    return {**objects(), key(name): attributes}


def told(wanted: Objects, present: Objects) -> list[str]:
    return [f"{c.verb} {c.key.kind} {' '.join(c.key.names)}" for c in PLANNER.changes(wanted, present)]


def test_nothing_differs() -> None:
    assert told(objects(), objects()) == []


def test_all_is_made_from_the_outside_in_and_enabled_last() -> None:
    assert told(objects(), {}) == [
        "add device d",
        "add target t",
        "add user t joe",
        "add group t g",
        "add lun t g 0",
        "add enabled t",
    ]


def test_what_vanishes_with_its_parent_needs_no_step() -> None:
    assert told({}, objects()) == ["remove lun t g 0", "remove target t", "remove device d"]


def test_removals_come_first_so_that_names_are_free() -> None:
    moved = {**without("lun t g 0"), key("lun t g 1"): {"device": "d"}}
    assert told(moved, objects()) == ["remove lun t g 0", "add lun t g 1"]


def test_a_user_goes_only_after_the_others_have_come() -> None:
    other = {**without("user t joe"), key("user t amy"): {"secret": Secret("abc")}}
    assert told(other, objects()) == ["add user t amy", "remove user t joe"]


def test_a_device_that_is_made_anew_takes_its_luns_along() -> None:
    other = changed("device d", {"path": "/dev/e", "size": "10"})
    assert told(other, objects()) == ["remove lun t g 0", "remove device d", "add device d", "add lun t g 0"]


def test_a_device_that_goes_takes_the_luns_that_move_away_along() -> None:
    wanted = {**without("device d"), key("device e"): {"path": "/dev/e"}, key("lun t g 0"): {"device": "e"}}
    assert told(wanted, objects())[:2] == ["remove lun t g 0", "remove device d"]


def test_other_attributes_are_set_in_place() -> None:
    assert told(changed("target t", {"alias": "x"}), objects()) == ["set target t"]
    [change] = PLANNER.changes(changed("device d", {"path": "/dev/d", "size": "20"}), objects())
    assert change.attributes == {"size": "20"}
    assert PLANNER.difference(change) == "device d: size is 10 instead of 20."


def test_a_session_makes_the_effect() -> None:
    removal = PLANNER.changes(without("lun t g 0"), objects())
    assert [(s.effect, s.sessions) for s in PLANNER.steps(removal, [])] == [("safe", ())]
    assert [(s.effect, s.sessions) for s in PLANNER.steps(removal, [SESSION])] == [("disconnect", (SESSION,))]
    other = Session("u", "host", "1")
    assert [s.effect for s in PLANNER.steps(removal, [other])] == ["safe"]
    grown = PLANNER.changes(changed("device d", {"path": "/dev/d", "size": "20"}), objects())
    assert [s.effect for s in PLANNER.steps(grown, [SESSION])] == ["pause"]


def test_words_for_people_have_no_secret() -> None:
    [rotation] = PLANNER.changes(changed("user t joe", {"secret": Secret("new-secret")}), objects())
    [step] = PLANNER.steps([rotation], [])
    assert step.summary == "Set a new secret of user joe of t."
    assert PLANNER.difference(rotation) == "user joe of t: secret is not the one that was set."
    assert "new-secret" not in repr(step)
    [missing] = PLANNER.changes(objects(), without("lun t g 0"))
    assert PLANNER.difference(missing) == "LUN 0 of t for g is missing in the kernel."
    [extra] = PLANNER.changes(without("lun t g 0"), objects())
    assert PLANNER.difference(extra) == "LUN 0 of t for g is in the kernel, but not wanted."
