"""Which target stack this host has. Chosen once: targets never move to the other stack by themselves."""

from collections.abc import Sequence
from typing import Literal

from bamsd.core.store import Store
from bamsd.iscsi.stack import Stack

Setting = Literal["auto", "scst", "lio"]

_KEY = "iscsi_stack"


class Stacks:
    """``known`` in the order of preference: SCST before LIO, which every kernel has."""

    def __init__(self, store: Store, known: Sequence[Stack], setting: Setting = "auto") -> None:
        self.setting = setting
        self._store = store
        self._known = known
        self._remembered = ""

    @property
    def preferred(self) -> Stack:
        wanted = self._remembered if self.setting == "auto" else self.setting
        return next((stack for stack in self._known if stack.name == wanted), self._known[-1])

    async def open(self) -> None:
        self._remembered = await self._store.recall(_KEY)

    async def remember(self, stack: Stack, *, in_use: bool) -> None:
        """Targets are on this stack now. While SCST is stopped for a moment they must not come up on LIO."""
        name = stack.name if in_use else ""
        if name != self._remembered:
            await self._store.remember(_KEY, name)
            self._remembered = name

    def choose(self) -> Stack:
        """For a thread. What the configuration says, else where the targets are, else what the host has."""
        if self.setting != "auto" or self._remembered:
            return self.preferred
        return next((stack for stack in self._known if not stack.absence()), self._known[-1])
