"""CheckAuthorization of polkit, with the sender's bus name as the subject. No polkit, or no answer, is a no.

Interface: org.freedesktop.PolicyKit1.Authority, polkit reference manual.
"""

import itertools
from enum import StrEnum
from typing import Any

from bamsd.bus.caller import Caller
from bamsd.bus.connection import Connection
from bamsd.errors import BamsError, InteractiveAuthorizationRequired, NotAuthorized, TimedOut

TIMEOUT_S = 60.0

_NAME = "org.freedesktop.PolicyKit1"
_PATH = "/org/freedesktop/PolicyKit1/Authority"
_INTERFACE = "org.freedesktop.PolicyKit1.Authority"
_ALLOW_INTERACTION = 1


class Answer(StrEnum):
    YES = "yes"
    CHALLENGE = "challenge"
    NO = "no"


class Polkit:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)

    async def ask(self, caller: Caller, action: str, *, interactive: bool = False) -> Answer:
        """What polkit says of this caller. Raises when polkit does not answer."""
        cancellation = f"bamsd-{next(self._numbers)}"
        arguments: tuple[Any, ...] = (
            ["system-bus-name", {"name": caller.sender}],
            action,
            {},
            _ALLOW_INTERACTION if interactive else 0,
            cancellation,
        )
        try:
            [[allowed, challenge, _details]] = await self._connection.call(
                _NAME, _PATH, _INTERFACE, "CheckAuthorization", "(sa{sv})sa{ss}us", *arguments, timeout_s=TIMEOUT_S
            )
        except TimedOut:
            await self._withdraw(cancellation)
            raise
        if allowed:
            return Answer.YES
        return Answer.CHALLENGE if challenge else Answer.NO

    async def require(self, caller: Caller, action: str) -> None:
        """Return when the caller may do this, else raise NotAuthorized or InteractiveAuthorizationRequired."""
        try:
            answer = await self.ask(caller, action, interactive=caller.interactive)
        except TimedOut:
            raise NotAuthorized(f"{action} is not allowed: polkit did not answer within {TIMEOUT_S:.0f} s.") from None
        except BamsError as error:
            raise NotAuthorized(f"{action} is not allowed: polkit could not be asked ({error.message}).") from None
        if answer is Answer.YES:
            return
        if answer is Answer.CHALLENGE and not caller.interactive:
            raise InteractiveAuthorizationRequired(
                f"{caller.person} must authenticate for {action}. "
                "Turn on administrative access, or call again with interactive authorization allowed."
            )
        raise NotAuthorized(f"{caller.person} is not allowed to do this. It needs the polkit action {action}.")

    async def _withdraw(self, cancellation: str) -> None:
        """Take an open password dialog away, so that a late answer cannot surprise anyone."""
        try:
            await self._connection.call(
                _NAME, _PATH, _INTERFACE, "CancelCheckAuthorization", "s", cancellation, timeout_s=2.0
            )
        except BamsError:
            return
