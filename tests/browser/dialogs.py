"""A dialog of the page: where it is, what opens it, what fills it in, the verb on its button, and why it is refused."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from playwright.async_api import Page, expect

from tests.browser.browsing import Step, dialog, go, press
from tests.browser.obstacles import Obstacle, nothing_in_the_way

Between = Callable[[], Awaitable[object]]


async def nothing(page: Page) -> None:
    """What is filled in already is enough."""


@dataclass(frozen=True)
class Refusal:
    """Why the daemon refuses what a dialog asks for."""

    words: str
    """Of what the person then reads."""
    obstacle: Obstacle = nothing_in_the_way
    fill: Step | None = None
    """What is typed, when it is not what the dialog is filled in with otherwise."""
    is_late: bool = False
    """The obstacle comes after the plan was shown."""


@dataclass(frozen=True)
class Way:
    place: str
    opened: Step
    verb: str
    fill: Step = nothing
    has_form: bool = True
    """Else it asks for its plan as soon as it is open."""
    is_job: bool = True
    """Else the daemon does it at once, and without a plan."""
    refusals: Sequence[Refusal] = ()


async def at_once() -> None:
    """Nothing happens between."""


async def ask(page: Page, way: Way, between: Between = at_once) -> None:
    """Open the dialog and fill it in, up to where it asks for its plan; do something just before that."""
    await go(page, "settings")  # so that what was chosen before, and what was known then, is forgotten
    await go(page, way.place)
    if way.has_form:
        await way.opened(page)
        await expect(dialog(page)).to_be_visible()
        await way.fill(page)
        await between()
        await press(page, way.verb)
    else:
        await between()
        await way.opened(page)
        await expect(dialog(page)).to_be_visible()
