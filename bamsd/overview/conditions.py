"""Alerts of the overview: what will be full soon. Pure."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from bamsd.overview.forecast import Forecast
from bamsd.overview.models import Space

PREFIX = "forecast/"
CALM = 1.2
"""An alert ends when the forecast is so many times beyond its limit, so that it does not come and go every hour."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A warning that should stand."""

    id: str
    summary: str
    advice: str
    object: str


def will_be_full(
    spaces: Iterable[Space], forecasts: Mapping[str, Forecast], within_days: float, standing: Set[str]
) -> dict[str, Condition]:
    """By alert id. ``standing`` are the ids of the alerts that are up already."""
    found: dict[str, Condition] = {}
    if not within_days:
        return found
    for space in spaces:
        id = PREFIX + space.series
        forecast = forecasts.get(space.series)
        limit = within_days * (CALM if id in standing else 1)
        if forecast and forecast.days is not None and forecast.days <= limit:
            found[id] = Condition(id, forecast.text, _advice(space), space.path)
    return found


def over(standing: Iterable[str], wanted: Mapping[str, Condition], spaces: Iterable[Space]) -> list[str]:
    """Alerts to clear. What cannot be read now keeps its alert."""
    silent = {PREFIX + space.series for space in spaces if not space.is_read}
    return [id for id in standing if id not in wanted and id not in silent]


def _advice(space: Space) -> str:
    if space.kind == "pool":
        return "Extend the pool in time, or delete what nobody needs: a full pool stops every repository in it."
    return "Grow the repository in time, or let Bacula prune and truncate volumes that nobody needs."
