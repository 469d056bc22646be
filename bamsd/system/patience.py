"""Ask the kernel something that may never be answered, without waiting for ever.

An ``open`` of a device whose pool is suspended does not return. Such a call gets a thread of its own: in the shared
pool of asyncio.to_thread a few of them would stop everything else.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from bamsd.errors import TimedOut

T = TypeVar("T")


class Patience:
    """Runs blocking functions with a time limit. What hangs is not asked again until it has answered."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._asking: set[str] = set()

    async def call(self, name: str, function: Callable[[], T]) -> T:
        """The function's result. ``name`` is the device for the error's text.

        Raises what the function raises, and ``TimedOut``; the thread then stays behind until the kernel answers.
        """
        if name in self._asking:
            raise TimedOut(
                f"{name} still has not answered an earlier question: check the device and its pool, then try again."
            )
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        threading.Thread(target=_answer, args=(function, loop, answer), name=f"ask {name}", daemon=True).start()
        done, _ = await asyncio.wait((answer,), timeout=self._timeout_s)
        if not done:
            self._asking.add(name)
            answer.add_done_callback(lambda late: self._late(name, late))
            raise TimedOut(
                f"{name} did not answer within {self._timeout_s:g} s: check the device and its pool, then try again."
            )
        return answer.result()

    def _late(self, name: str, answer: "asyncio.Future[T]") -> None:
        self._asking.discard(name)
        if not answer.cancelled():
            answer.exception()  # nobody is left who wants to know


def _answer(function: Callable[[], T], loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T]") -> None:
    try:
        result = function()
    except BaseException as error:
        _hand_over(loop, _set_exception, answer, error)
    else:
        _hand_over(loop, _set_result, answer, result)


def _hand_over(loop: asyncio.AbstractEventLoop, how: Callable[..., None], *args: object) -> None:
    try:
        loop.call_soon_threadsafe(how, *args)
    except RuntimeError:  # the daemon has ended meanwhile
        return


def _set_result(answer: "asyncio.Future[T]", result: T) -> None:
    if not answer.done():
        answer.set_result(result)


def _set_exception(answer: "asyncio.Future[T]", error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)
