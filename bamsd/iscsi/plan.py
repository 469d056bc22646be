"""The plan: what must change in the kernel so that it has what is wanted, in a safe order. Pure functions.

First everything that must go, from the inside out, then everything that comes or changes, in the order of the kinds.
So a LUN number or an address that moves from one object to another is free when it is needed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from bamsd.iscsi.models import Secret, Session
from bamsd.iscsi.objects import Attributes, Change, Concerned, Effect, Key, Kind, Objects, Ops, Step


class Planner:
    """Compares objects by the rules of one stack's kinds."""

    def __init__(self, kinds: Sequence[Kind], ops: Ops, concerned: Concerned) -> None:
        self._kinds: Mapping[str, Kind] = {kind.name: kind for kind in kinds}
        self._rank = {kind.name: rank for rank, kind in enumerate(kinds)}
        self._ops = ops
        self._concerned = concerned

    def changes(self, wanted: Objects, present: Objects) -> list[Change]:
        """What differs, in the order in which it must be done. Empty when the kernel has just what is wanted.

        ``present`` holds only what BAMS may touch.
        """
        anew = self._made_anew(wanted, present)
        gone = {key for key in present if key not in wanted} | anew
        removed = [Change("remove", key, present[key], present[key]) for key in gone if not self._goes_along(key, gone)]
        late = [change for change in removed if self._kinds[change.key.kind].removed_last]
        coming = [Change("add", key, wanted[key]) for key in wanted if key not in present or key in anew]
        for key in wanted.keys() & present.keys() - anew:
            different = {n: v for n, v in wanted[key].items() if present[key].get(n) != v}
            if different:
                coming.append(Change("set", key, different, present[key]))
        early = sorted((c for c in removed if c not in late), key=lambda c: self._order(c.key), reverse=True)
        ordered = sorted([*coming, *late], key=lambda c: (self._rank[c.key.kind], c.verb == "remove", c.key.names))
        return [*early, *ordered]

    def steps(self, changes: Iterable[Change], sessions: Sequence[Session]) -> list[Step]:
        """The changes with their sentences, effects and operations."""
        return [self._step(change, sessions) for change in changes]

    def difference(self, change: Change) -> str:
        """The change as a statement of what is wrong now, for the list of drift."""
        what = self.words(change.key)
        match change.verb:
            case "add":
                return f"{what} is missing in the kernel."
            case "remove":
                return f"{what} is in the kernel, but not wanted."
            case "set":
                return f"{what}: {', '.join(_is_wrong(change, name) for name in sorted(change.attributes))}."

    def kind(self, key: Key) -> Kind:
        return self._kinds[key.kind]

    def words(self, key: Key) -> str:
        return self._kinds[key.kind].words.format(*key.names)

    def _made_anew(self, wanted: Objects, present: Objects) -> Set[Key]:
        """What must be removed and added again, with all that hangs on it."""
        both = wanted.keys() & present.keys()
        anew = {
            key
            for key in both
            if any(present[key].get(n) != wanted[key].get(n) for n in self._kinds[key.kind].creation_only)
        }
        gone = anew | (present.keys() - wanted.keys())
        while True:
            more = {key for key in both - anew if self._depends(key, present[key], gone)}
            if not more:
                return anew
            anew |= more
            gone |= more

    def _depends(self, key: Key, attributes: Attributes, on: Set[Key]) -> bool:
        kind = self._kinds[key.kind]
        if any(Key(other, (str(attributes.get(name, "")),)) in on for name, other in kind.references.items()):
            return True
        return self._parent(key) in on

    def _parent(self, key: Key) -> Key | None:
        inside = self._kinds[key.kind].inside
        if not inside:
            return None
        return Key(inside, key.names[: self._kinds[inside].depth])

    def _goes_along(self, key: Key, gone: Set[Key]) -> bool:
        """Whether it vanishes with its parent, so that no step is needed."""
        parent = self._parent(key)
        while parent is not None and self._kinds[key.kind].goes_with_parent:
            if parent in gone:
                return True
            key, parent = parent, self._parent(parent)
        return False

    def _order(self, key: Key) -> tuple[int, tuple[str, ...]]:
        return self._rank[key.kind], key.names

    def _step(self, change: Change, sessions: Sequence[Session]) -> Step:
        kind = self._kinds[change.key.kind]
        said = {change.verb, *(f"set:{name}" for name in change.attributes if change.verb == "set")}
        hit: tuple[Session, ...] = ()
        effect: Effect = "pause" if said & kind.pausing else "safe"
        if said & kind.disconnecting:
            hit = tuple(session for session in sessions if self._concerned(change, session))
            effect = "disconnect" if hit else effect
        return Step(change, self._summary(change), effect, change.key.names[0], self._ops(change), hit)

    def _summary(self, change: Change) -> str:
        what = self.words(change.key)
        match change.verb:
            case "add":
                return f"Add {what}."
            case "remove":
                return f"Remove {what}."
            case "set":
                return f"Set {', '.join(_set(change, name) for name in sorted(change.attributes))} of {what}."


def _is_wrong(change: Change, name: str) -> str:
    value, before = change.attributes[name], change.before.get(name, "")
    if isinstance(value, Secret):
        return f"{name} is not the one that was set"
    return f"{name} is {before or 'nothing'} instead of {value or 'nothing'}"


def _set(change: Change, name: str) -> str:
    value = change.attributes[name]
    return f"a new {name}" if isinstance(value, Secret) else f"{name} to {value or 'nothing'}"


def owned(objects: Objects, is_ours: Callable[[Key], bool]) -> Objects:
    """The part of a reading that BAMS may touch."""
    return {key: attributes for key, attributes in objects.items() if is_ours(key)}
