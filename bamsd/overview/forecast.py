"""When will it be full? A straight line through the means of the last days, with its uncertainty. Pure.

Ordinary least squares of the used bytes over time. The limits come from the 95 % prediction interval of a single later
day (NIST/SEMATECH e-Handbook of Statistical Methods, chapter 4.5.1; Draper and Smith, Applied Regression Analysis,
chapter 3.2, "Inverse regression"): "low" is when its upper edge reaches the size, "high" when its lower edge does.
Means of whole days are taken because samples of one day hang together and a backup runs at the same hour every day;
a fit of single samples would look far more certain than it is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bamsd.overview.models import Space

DAY_S = 86400.0
LEAST_DAYS = 4
LEAST_HOURS_OF_DAY = 6
FARTHEST_DAYS = 365.0
"""A line through two weeks says nothing honest of more than a year."""

State = Literal["growing", "steady", "too-short", "too-noisy", "far", "full"]

# Student's t, two-sided 95 %, for 1 to 30 degrees of freedom (any table; NIST e-Handbook 1.3.6.7.2).
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Forecast:
    """``text`` says it in words. Days from now to full, and their 95 % limits, only while ``growing``.

    ``growth_per_day`` is the slope in bytes, None where there is too little to tell.
    """

    state: State
    text: str
    growth_per_day: float | None = None
    days: float | None = None
    days_low: float | None = None
    days_high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A fit: ``value = mean_value + slope * (time - mean_time)``. Times are in days, values in bytes."""

    points: int
    mean_time: float
    mean_value: float
    slope: float
    spread: float
    """Sum of squares of the times about their mean."""
    error: float
    """Standard deviation of the values about the line."""

    @property
    def certainty(self) -> float:
        """Student's t for the 95 % limits of this fit."""
        freedom = self.points - 2
        return _T[freedom - 1] if freedom <= len(_T) else _T[-1]

    def at(self, time: float) -> float:
        return self.mean_value + self.slope * (time - self.mean_time)

    def at_most(self, time: float) -> float:
        """The upper edge of the prediction interval."""
        width = math.sqrt(1 + 1 / self.points + (time - self.mean_time) ** 2 / self.spread)
        return self.at(time) + self.certainty * self.error * width


def fit(points: Sequence[tuple[float, float]]) -> Line:
    """The line of least squares through three or more points at different times."""
    count = len(points)
    mean_time = math.fsum(time for time, _ in points) / count
    mean_value = math.fsum(value for _, value in points) / count
    spread = math.fsum((time - mean_time) ** 2 for time, _ in points)
    slope = math.fsum((time - mean_time) * (value - mean_value) for time, value in points) / spread
    left = math.fsum((value - mean_value - slope * (time - mean_time)) ** 2 for time, value in points)
    return Line(count, mean_time, mean_value, slope, spread, math.sqrt(left / (count - 2)))


def reaches(line: Line, size: float) -> tuple[float, float, float] | None:
    """When the line reaches a size: lowest, likely and highest time. None when its slope is not known to be above 0.

    The edges of the prediction interval are ``at(time) ± t·error·sqrt(1 + 1/n + (time - mean_time)²/spread)``; put
    equal to the size, that is a quadratic in the time.
    """
    if line.slope <= 0:
        return None
    noise = (line.certainty * line.error) ** 2
    steep = line.slope**2 - noise / line.spread
    if steep <= 0:
        return None
    gap = size - line.mean_value
    root = math.sqrt(noise * (gap**2 / line.spread + steep * (1 + 1 / line.points)))
    low, high = ((line.slope * gap + sign * root) / steep for sign in (-1, 1))
    return line.mean_time + low, line.mean_time + gap / line.slope, line.mean_time + high


def forecast(space: Space, daily: Sequence[tuple[float, float, int]], now_s: float) -> Forecast:
    """``daily`` are time in seconds, mean of used bytes, and hours behind it, of the last days."""
    size, used = space.size_bytes, space.used_bytes
    name = space.title
    points = [(time / DAY_S, value) for time, value, hours in daily if hours >= LEAST_HOURS_OF_DAY]
    if size and used is not None and used >= size:
        return Forecast("full", f"{name} is full.")
    if not size or len(points) < LEAST_DAYS:
        return Forecast("too-short", f"{name} was not watched for {LEAST_DAYS} days yet, so its growth is not known.")
    line = fit(points)
    now = now_s / DAY_S
    found = reaches(line, size)
    if line.slope <= 0 or (found is None and line.at_most(now + FARTHEST_DAYS) < size):
        return Forecast("steady", f"{name} did not grow in the last days.", line.slope)
    if found is None:
        return Forecast("too-noisy", f"{name} changes too unevenly to tell when it will be full.", line.slope)
    low, days, high = (max(time - now, 0.0) for time in found)
    if days > FARTHEST_DAYS:
        return Forecast("far", f"{name} will not be full within a year if it grows on like this.", line.slope)
    latest = _days(high) if high <= FARTHEST_DAYS else "more than a year"
    text = f"{name} will be full in about {_days(days)} if it grows on like this ({_round(low)} to {latest})."
    return Forecast("growing", text, line.slope, days, low, high)


def _round(days: float) -> str:
    return f"{days:.0f}"


def _days(days: float) -> str:
    rounded = _round(days)
    return "1 day" if rounded == "1" else f"{rounded} days"
